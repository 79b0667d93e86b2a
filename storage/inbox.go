package storage

import (
	"errors"
	"time"
)

// ErrTaken is returned when a value that must be unique belongs to another.
var ErrTaken = errors.New("taken")

// Input is one item of a contact's inbox: something that happened to them.
type Input struct {
	Contact string
	Seq     int64  // set by Enqueue; rises within a contact
	Kind    string // the bot's word for it; storage does not read it
	Body    []byte // JSON
	At      time.Time
	// Ready is the earliest instant it may be handled; zero is at once. An input
	// that is not ready holds back the later ones of its contact.
	Ready   time.Time
	Attempt int
}

// InboxReader finds what has happened to people and is not handled yet.
type InboxReader interface {
	// Pending returns the first input of each contact whose first input is ready,
	// oldest first: by Ready, or At where Ready is zero, then by Seq.
	Pending(now time.Time, limit int) ([]Input, error)
	// Inputs returns a contact's inputs in order.
	Inputs(contact string, limit int) ([]Input, error)
	// NextReady is when the next input will be ready, of those that stand first and
	// are not ready yet. ok is false if there is none.
	NextReady(now time.Time) (at time.Time, ok bool, err error)
}

// InboxWriter keeps what happens to people, once and in order.
type InboxWriter interface {
	// Enqueue puts an input at the end of its contact's inbox. No seq is given
	// twice, not even after its input is gone.
	Enqueue(Input) (seq int64, err error)
	// PutInput rewrites an input's Body, Ready and Attempt; ErrNotFound if it is
	// gone.
	PutInput(Input) error
	DeleteInput(contact string, seq int64) error
	// Once records key and reports whether it is new. It is how a webhook or an
	// event that comes twice is dropped.
	Once(key string, at time.Time) (fresh bool, err error)
	// ForgetOnce removes up to limit of the keys recorded before t, and says how many.
	ForgetOnce(before time.Time, limit int) (n int, err error)
}
