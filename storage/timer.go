package storage

import "time"

// Timer is something that waits for a time. Contact is "" for a schedule.
// Contact, Kind and Key name it: putting it again moves it.
type Timer struct {
	Contact string
	Kind    string
	Key     string
	At      time.Time
	Body    []byte // JSON or nil
}

// TimerReader finds what waits for a time.
type TimerReader interface {
	// DueTimers returns timers with At not after now, earliest first. Of one At, each
	// contact's stand together, in order of kind and key; the contacts come in an
	// order of the store's own, which stays the same.
	DueTimers(now time.Time, limit int) ([]Timer, error)
	// NextTimer is the earliest At of all. ok is false if there is none.
	NextTimer() (at time.Time, ok bool, err error)
	// Timers returns a contact's timers in order of kind and key.
	Timers(contact string) ([]Timer, error)
	// CountTimers says for each key how many timers of a kind contacts have. It looks
	// at all there are: it is for reports.
	CountTimers(kind string) (map[string]int, error)
}

// TimerWriter keeps what waits for a time.
type TimerWriter interface {
	PutTimer(Timer) error
	DeleteTimer(contact, kind, key string) error
}
