package bot

import (
	"time"

	"github.com/relance-bot/relance/flows"
)

// Event is one thing the platform told us. Kind says which fields are set.
type Event struct {
	Kind   EventKind `json:"kind"`
	Page   string    `json:"page"`
	Person string    `json:"person,omitempty"` // empty for events about the Page
	At     time.Time `json:"at"`               // the platform's timestamp; arrival if it gave none
	// Key tells duplicates: the mid where there is one, else a hash of sender, time,
	// kind and content.
	Key string `json:"key"`

	MID         string             `json:"mid,omitempty"`
	Text        string             `json:"text,omitempty"`
	Payload     string             `json:"payload,omitempty"` // of a quick reply, a postback, an opt-in
	Label       string             `json:"label,omitempty"`   // of a postback
	Ref         string             `json:"ref,omitempty"`
	Source      string             `json:"source,omitempty"` // of a referral or opt-in: SHORTLINK, ADS …
	Attachments []flows.Attachment `json:"attachments,omitempty"`
	ReplyTo     string             `json:"reply_to,omitempty"`

	// Standby says that others have the conversation: it is theirs to answer.
	Standby bool `json:"standby,omitempty"`

	Permit *Permit `json:"permit,omitempty"` // OptIn, Stop, Resume; with a Delivery without Person: whose token it names
	// Renewed says that the platform had the permit already: who agreed goes on.
	Renewed bool `json:"renewed,omitempty"`

	Comment string `json:"comment,omitempty"` // Comment: its id
	Name    string `json:"name,omitempty"`    // Comment: of its author, whom no id of ours names

	Send      string    `json:"send,omitempty"` // Echo: the metadata, if it is one of our ids
	App       string    `json:"app,omitempty"`  // Echo, thread events: the app's id
	MIDs      []string  `json:"mids,omitempty"` // Delivery
	Watermark time.Time `json:"watermark,omitzero"`
	Emoji     string    `json:"emoji,omitempty"`

	// Reason says why a message was Undelivered, or what an Unknown event is
	// ("message_edit", "policy_enforcement"),
	// and Body keeps it as it came.
	Reason string `json:"reason,omitempty"`
	Body   []byte `json:"body,omitempty"`
}

// EventKind says what happened.
type EventKind string

const (
	EventMessage  EventKind = "message"  // opens the window
	EventPostback EventKind = "postback" // opens the window
	EventReferral EventKind = "referral" // opens the window
	EventReaction EventKind = "reaction" // opens the window, gets no reply
	EventOptIn    EventKind = "opt_in"   // a recurring-notification request was accepted, or a one-time one; Permit.Lane says which
	EventStop     EventKind = "stop"     // the platform's own switch: no more of this topic
	EventResume   EventKind = "resume"   // the platform's own switch: on again
	EventEcho     EventKind = "echo"     // a message of the Page, ours or not
	EventDelivery EventKind = "delivery"
	EventRead     EventKind = "read"
	EventTaken    EventKind = "taken"   // others have the conversation now: people in the inbox, or another app
	EventGiven    EventKind = "given"   // the conversation is ours, or nobody's
	EventComment  EventKind = "comment" // somebody wrote it under a post of the Page; Person is empty. Opens no window
	// EventUndelivered: a message that was accepted did not arrive. Permit.Token says whose
	// it was, Reason why; there is no Person.
	EventUndelivered EventKind = "undelivered"
	EventIgnored     EventKind = "ignored" // known, and nothing a bot acts on: counted, and nothing of it is kept
	EventUnknown     EventKind = "unknown" // kept as a stray, answered 200
)

// OpensWindow reports whether an act of this kind lets the Page write freely for
// 24 hours (platform rules, "what opens or renews the window"). Accepting an
// opt-in does not.
func (k EventKind) OpensWindow() bool {
	switch k {
	case EventMessage, EventPostback, EventReferral, EventReaction:
		return true
	}
	return false
}
