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
	Payload     string             `json:"payload,omitempty"` // of a quick reply or a postback; of an opt-in flows.OptIn.Request, as it went out
	Label       string             `json:"label,omitempty"`   // of a postback
	Ref         string             `json:"ref,omitempty"`
	Source      string             `json:"source,omitempty"` // of a referral or opt-in: SHORTLINK, ADS …
	Attachments []flows.Attachment `json:"attachments,omitempty"`
	ReplyTo     string             `json:"reply_to,omitempty"`
	Ad          string             `json:"ad,omitempty"`      // Referral, or with a message or postback: the ad they came by
	Product     string             `json:"product,omitempty"` // likewise: the product they looked at
	Edits       int                `json:"edits,omitempty"`   // Edited: how often the message was changed by now
	Ratings     []Rating           `json:"ratings,omitempty"` // Feedback
	// Action is what was done: warning, block or unblock of a Policy; the status of a
	// Template; linked or unlinked of a Link; the type of a Lead.
	Action string `json:"action,omitempty"`

	// Standby says that others have the conversation: it is theirs to answer.
	Standby bool `json:"standby,omitempty"`

	Permit *Permit `json:"permit,omitempty"` // OptIn, Stop, Resume; with a Delivery or Read without Person: whose token it names
	// Renewed says that the platform had the permit already: who agreed goes on.
	Renewed bool `json:"renewed,omitempty"`

	Comment string `json:"comment,omitempty"` // Comment: its id
	Name    string `json:"name,omitempty"`    // Comment: of its author, whom no id of ours names; Template: its own

	Send      string    `json:"send,omitempty"` // Echo: the metadata, if it is one of our ids
	App       string    `json:"app,omitempty"`  // Echo, thread events: the app's id
	MIDs      []string  `json:"mids,omitempty"` // Delivery
	Watermark time.Time `json:"watermark,omitzero"`
	Emoji     string    `json:"emoji,omitempty"`

	// Reason says why a message was Undelivered, what is odd about a Message
	// ("attachment": one is not what it says it is), or what an Unknown event is
	// ("malformed", "optin_status"). Body is how that came, and what is only Kept.
	Reason string `json:"reason,omitempty"`
	Body   []byte `json:"body,omitempty"`
}

// Rating is one answer of a person to a question of the platform's feedback form, or
// their thumb on a message.
type Rating struct {
	Question string `json:"question"` // its id; "response" for a thumb
	Type     string `json:"type"`     // csat, nps, ces, free_form; response for a thumb
	Value    string `json:"value"`    // "4", or "Good bot response" as the platform writes it
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

	EventEdited   EventKind = "edited"   // a message of the person reads otherwise now: Text. Opens no window; a stop word in it counts
	EventFeedback EventKind = "feedback" // Ratings, which become outcomes
	// EventPolicy is about the Page: the platform warns it, bars it from sending, or lets it
	// send again.
	EventPolicy EventKind = "policy"

	// What is known and of no consequence for a conversation is kept for whoever looks into
	// it, under its kind.
	EventUnsent    EventKind = "unsent"    // a message of the person is gone
	EventUnreacted EventKind = "unreacted" // a reaction was taken off
	EventLink      EventKind = "link"      // Action: an account of the shop's was linked or unlinked
	EventAsked     EventKind = "asked"     // App would like to have the conversation
	EventRoles     EventKind = "roles"     // the roles of apps on the Page changed
	EventLead      EventKind = "lead"      // a lead ad's form, complete or not
	EventOrder     EventKind = "order"     // a cart the person sent; Text is their note
	EventCoupon    EventKind = "coupon"    // a coupon was used; Payload is ours
	EventGame      EventKind = "game"      // a game was played
	EventTemplate  EventKind = "template"  // about the Page: the approval of Name is now Action

	EventIgnored EventKind = "ignored" // known, and nothing a bot acts on: counted, and nothing of it is kept
	EventUnknown EventKind = "unknown" // kept as a stray, answered 200
)

// Kept reports whether nothing follows from an event of this kind, and it is kept with
// its Body.
func (k EventKind) Kept() bool {
	switch k {
	case EventUnsent, EventUnreacted, EventLink, EventAsked, EventRoles, EventLead, EventOrder, EventCoupon, EventGame, EventTemplate:
		return true
	}
	return false
}

// AboutPage reports whether an event of this kind may be about the Page as a whole:
// then it names no person.
func (k EventKind) AboutPage() bool {
	switch k {
	case EventPolicy, EventRoles, EventTemplate, EventComment, EventUndelivered, EventIgnored, EventUnknown:
		return true
	}
	return false
}

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
