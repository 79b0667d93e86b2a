package flows

import "time"

// Input is one thing that happened to a contact.
type Input struct {
	Kind InputKind `json:"kind"`
	// ID names the input; it seeds the choices of one_of and names what the turn
	// makes (requests, calls), so that a repeated turn makes the same.
	ID string    `json:"id"`
	At time.Time `json:"at"` // the platform's time of a person's act; else when it was put in the inbox

	Text        string       `json:"text,omitempty"`    // InMessage, InComment
	Payload     string       `json:"payload,omitempty"` // InMessage (of a quick reply), InPostback
	Label       string       `json:"label,omitempty"`   // InPostback: the button's label, if known
	Ref         string       `json:"ref,omitempty"`     // InReferral; also with a message or postback
	Attachments []Attachment `json:"attachments,omitempty"`

	Topic   string `json:"topic,omitempty"`   // InAccepted, InRefused, InOptedIn, InOptedOut, InWithdraw, InNotify
	Request string `json:"request,omitempty"` // InAccepted, InRefused
	Source  string `json:"source,omitempty"`  // InOptedIn, InOptedOut, InWithdraw: platform, api, console, link

	Trigger  string           `json:"trigger,omitempty"`  // InNotify, InEvent, InIdle, InComment: Trigger.ID
	Name     string           `json:"name,omitempty"`     // InEvent, InNotify: the event's name
	Event    map[string]any   `json:"event,omitempty"`    // InEvent; InNotify: the newest
	Events   []map[string]any `json:"events,omitempty"`   // InNotify: all, oldest first
	Interest map[string]any   `json:"interest,omitempty"` // InNotify: the first that matched

	Call   string `json:"call,omitempty"`   // InResult: the call's id
	Result any    `json:"result,omitempty"` // InResult
	Error  string `json:"error,omitempty"`  // InResult: why it failed, CallTimeout and the like
}

// InputKind says what happened.
type InputKind string

const (
	InMessage  InputKind = "message"   // a person wrote, or tapped a quick reply
	InPostback InputKind = "postback"  // a person tapped a button, a card, the menu or Get Started
	InReferral InputKind = "referral"  // a person came by a link
	InComment  InputKind = "comment"   // somebody wrote a comment that a trigger is for: start its flow, whose first message is the private reply
	InReaction InputKind = "reaction"  // opens the window; starts nothing
	InAccepted InputKind = "accepted"  // the platform's opt-in request was accepted, and consent given
	InRefused  InputKind = "refused"   // the platform did not show an opt-in request; World says how to ask instead
	InOptedIn  InputKind = "opted_in"  // consent was given in another way
	InOptedOut InputKind = "opted_out" // the platform says that consent was withdrawn
	InWithdraw InputKind = "withdraw"  // consent is to be withdrawn, as they said outside of the chat; no Topic: all
	InEvent    InputKind = "event"     // an event without topic names this contact
	InNotify   InputKind = "notify"    // a notification passed every rule: start its flow
	InIdle     InputKind = "idle"      // the person has been silent for as long as a trigger says
	InResumed  InputKind = "resumed"   // the people who had the conversation gave it back
	InWake     InputKind = "wake"      // Session.Wake has come
	InResult   InputKind = "result"    // a handler's result
)

// Attachment is something a person sent that is not text.
type Attachment struct {
	Kind string  `json:"kind"` // image, video, audio, file, location, sticker, template, fallback, other
	URL  string  `json:"url,omitempty"`
	Lat  float64 `json:"lat,omitempty"`
	Lon  float64 `json:"lon,omitempty"`
}
