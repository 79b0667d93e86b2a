package storage

import "time"

// Send is one message decided and committed, until its outcome is settled.
type Send struct {
	ID      string // unique; it goes out in the message's metadata
	Contact string
	Seq     int64  // order within the contact; set by PutSend when 0
	Page    string // CHANNEL:PAGE
	State   string // see SendPending and its neighbours
	Ready   time.Time
	Attempt int
	Bulk    bool   // a notification: yields to replies
	Topic   string // of a notification or an opt-in request
	Lane    string
	Body    []byte // JSON: the message and how to address it
	At      time.Time
	ClaimAt time.Time
	// Claimer is the process that claimed it, or of a store of one process the opening.
	// The store sets it when State becomes SendClaimed, and keeps it as long as that is so.
	Claimer string
	MID     string // the platform's id, once accepted
	Error   string // class and code of the last refusal
}

// States of a Send. It begins as SendPending. Once settled it is kept for echoes
// and receipts until PruneSends.
const (
	SendPending = "pending" // waits for Ready, and for earlier ones of its contact
	SendClaimed = "claimed" // a sender has it; after a crash its outcome is unknown
	SendWaiting = "waiting" // outcome unknown, may still be resent or echo; holds back later ones
	SendSent    = "sent"
	SendUnknown = "unknown" // outcome unknown for good; holds nothing back
	SendFailed  = "failed"
	SendDropped = "dropped" // withdrawn before it was claimed
)

// OutboxReader finds messages on their way, and those that were sent.
type OutboxReader interface {
	Send(id string) (Send, error)
	// Sends returns a contact's sends that are not settled (pending, claimed,
	// waiting), in order.
	Sends(contact string) ([]Send, error)
	// SendsIn returns the sends in a state, those with the earliest Ready first and
	// then in order of id.
	SendsIn(state string, limit int) ([]Send, error)
	// Orphans returns claimed sends whose claimer is gone: it ended, or lost its lease.
	// They come in order of id.
	Orphans(limit int) ([]Send, error)
	// SendByMID is the newest settled send of a contact that the platform knows by that
	// id. ErrNotFound for "".
	SendByMID(contact, mid string) (Send, error)
	// SettledSends returns a contact's sends that are settled, the newest first.
	SettledSends(contact string, limit int) ([]Send, error)
	// NextSend is the earliest Ready of the pending sends that stand first in their
	// contact's line. Pages in skip are left. ok is false if there is none.
	NextSend(skip []string) (at time.Time, ok bool, err error)
}

// OutboxWriter keeps messages on their way, and hands them out in line.
type OutboxWriter interface {
	// PutSend keeps a send under its ID; a State that is none of those above is an error.
	// One that is there already keeps its Contact and Seq. ErrTaken if a new one asks for a
	// Seq its contact has given. A new one may be claimed at once by whoever puts it.
	PutSend(Send) error
	// AcceptSend is PutSend for one that was claimed and is sent now, with its MID, without
	// an Error, and with what is still needed of its Body; else it is as it is stored. It costs
	// less.
	AcceptSend(Send) error
	// PutNotification is PutSend of a new send that is claimed by whoever puts it, and
	// PutDecision of what it carries: new decisions of its contact, with its ID as their Send
	// and without a MID. Both are there at once for whoever asks, but cost less if
	// AcceptNotification is all that follows.
	PutNotification(s Send, carried []Decision) error
	// AcceptNotification is DeleteSend, and gives what it carried its MID. All else of those
	// decisions is given as it was put, and stays as it is stored. None is made that is not
	// there any more.
	AcceptNotification(id string, carried []Decision) error
	// ClaimSends takes pending sends that are ready and first in their contact's
	// line (no earlier one pending, claimed or waiting), replies before bulk, then
	// by Ready, and of one Ready as they were put; marks them claimed at now and returns
	// them. Pages in skip are left. A limit of 0 takes none.
	ClaimSends(now time.Time, limit int, skip []string) ([]Send, error)
	// DeleteSend removes a send whose outcome is known and that nothing asks for any
	// more. If it was not settled, that settles it: the next of its line may go.
	DeleteSend(id string) error
	// PruneSends removes up to limit of the settled sends older than t, and says how
	// many.
	PruneSends(before time.Time, limit int) (n int, err error)
}
