package bot

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/relance-bot/relance/flows"
)

// A Channel is one messaging platform, at the edge: it turns requests of the
// platform into events and messages into requests. It keeps nothing and decides
// nothing about consent; what it knows of the platform's law it tells through its
// lanes.
//
// bot/messenger is one; channeltest holds what every channel must do. bot.yaml knows those
// of this module by their types: a bot on a channel of somebody's own leaves channels: out,
// and is given the channel by Config.Channels. Its lanes are then those that it tells of,
// and no check looks at what it cannot show.
type Channel interface {
	// Name is the first part of contact ids: "messenger".
	Name() string

	// Page is the id of the account this channel speaks for.
	Page() string

	// Verify checks that a request body comes from the platform. It returns
	// ErrSignature if not. It says nothing about what the body holds. The header is the
	// server's again when it returns.
	Verify(header http.Header, body []byte) error

	// Parse reads a verified body. Events that are not understood come back with
	// Kind Unknown, never as an error; ErrBody means that it is no such body at all.
	Parse(body []byte, now time.Time) ([]Event, error)

	// Lanes are the mechanisms that can carry a message here, by name, without
	// "window", which every channel has.
	Lanes() []Lane

	// Send delivers one message and says what became of it. It must return by the
	// time ctx ends, with Unknown if the request may have reached the platform.
	Send(ctx context.Context, d Delivery) Outcome
}

// BatchChannel is a Channel that can hand several messages to its platform in one
// request, in no order. The bot gives it notifications of different people; replies
// always go by Send.
type BatchChannel interface {
	Channel

	// BatchSize is how many messages one request may carry.
	BatchSize() int

	// SendBatch delivers at most BatchSize messages and returns one Outcome for each,
	// in their order. Otherwise it is as Send: a message the request may have
	// delivered and the answer says nothing of is Unknown, and so are all if it says
	// something of more or fewer than were sent. The batch is the bot's again once it
	// returns.
	SendBatch(ctx context.Context, batch []Delivery) []Outcome
}

// PersonaChannel is a Channel whose platform must be told of a persona before a
// message goes in its name.
type PersonaChannel interface {
	Channel

	// CreatePersona makes a persona and returns the platform's id of it. The bot keeps
	// the id as long as the platform takes it.
	CreatePersona(ctx context.Context, p flows.Persona) (id string, err error)
}

// AskingChannel is a Channel that says by itself whether its platform shows a request for
// consent to somebody, where the account has no lanes. Others are taken to show it.
type AskingChannel interface {
	Channel

	// Asks is as TraitLane's.
	Asks(LaneFacts) bool
}

// Errors of Verify and Parse.
var (
	ErrSignature = errors.New("signature missing or wrong")
	ErrBody      = errors.New("not a webhook body")
)

// Delivery is one message on its way to one person.
type Delivery struct {
	ID       string    // ours; goes out as the message's metadata and comes back in its echo
	Person   string    // the platform's id of the person; empty for a private reply
	Lane     string    // "window", or the name of the lane that carries it
	Token    string    // the permit's token, for lanes that need one
	Language string    // of the person, for texts the platform adds
	At       time.Time // by the bot's clock: the platform's forms differ by date
	Zone     string    // of the person, with an opt-in request
	// Asks is, of an opt-in request, the lane whose permit it asks for; empty: the
	// channel's usual one.
	Asks    string
	Message flows.Message
	Persona flows.Persona // with Message.Persona
	// PersonaID is the platform's name for Persona, if it has one; see PersonaChannel.
	PersonaID string
	// FileID is the platform's name for the file of a Message that is Fixed, if it keeps
	// that; see Outcome.FileID.
	FileID string

	// Comment, if it is not empty, is the id of the comment that the message is the
	// private reply to: whoever wrote it gets the message, on the lane "window".
	Comment string

	// Control, if it is not empty, stands in place of Message: who has the conversation
	// from here on, or what else is done without a word. It may be done twice. A channel whose platform knows no such thing
	// accepts it and does nothing.
	Control Control
	Note    string // with ControlPass, for the people who have it then
}

// Outcome is what became of a Delivery.
type Outcome struct {
	Status Status
	MID    string // the platform's id of the message, when Accepted
	// Person is who got a private reply, when Accepted, if the platform said so.
	Person string
	Class  Class // when Refused
	// Code is the platform's code for logs and operators: "10/2018278". It carries
	// nothing of the request.
	Code string
	// RetryAfter is the earliest the platform allows another try; 0 if it did not say.
	RetryAfter time.Duration
	// Tell says that those who run the bot must look into a refusal, whatever its Class.
	Tell bool
	// PersonaGone says that the message went without Delivery.PersonaID, which the
	// platform does not know any more.
	PersonaGone bool
	// FileID is what the platform calls the file of the message, when Accepted, if it keeps
	// it: the next message that shows the same may go with Delivery.FileID.
	FileID string
	// FileGone says that the message went by the file's address, because the platform does
	// not know Delivery.FileID any more.
	FileGone bool
}

// Status of an Outcome.
type Status int

const (
	Accepted Status = iota
	Refused         // certainly not delivered
	Unknown         // may have been delivered: time-out, connection cut after the request, nonsense answer
)

// Class says what a refusal means for the message, the person and the Page.
type Class int

const (
	ClassNone        Class = iota
	ClassTransient         // try again shortly, a few times
	ClassBackoff           // rate limit: slow down, try again later
	ClassWindow            // outside the allowed window on this lane: try the next lane
	ClassTooSoon           // the lane must rest for this person: NextEligible later
	ClassPermit            // the token is invalid or used up: drop the permit, try the next lane
	ClassStopped           // the person stopped this topic on the platform
	ClassUnreachable       // the person cannot be reached until they write
	ClassAskedSoon         // this opt-in title was shown within the week
	ClassAskBarred         // the Page may not ask for opt-ins for a time
	ClassThread            // another app controls the thread
	ClassPage              // the Page is barred or paused for a time: pause it
	ClassToken             // the access token is dead: pause the Page until a good one is given
	ClassOperator          // a person must change a setting
	ClassContent           // this message cannot be sent as it is
	ClassLane              // the lane is closed for the whole Page for a time: try the next lane
)

// String is the class as logs and metrics name it.
func (c Class) String() string {
	names := [...]string{
		"none", "transient", "backoff", "window", "too_soon", "permit", "stopped", "unreachable",
		"asked_soon", "ask_barred", "thread", "page", "token", "operator", "content", "lane",
	}
	if c < 0 || int(c) >= len(names) {
		return "none"
	}
	return names[c]
}

// Lane is a platform mechanism that carries one message outside the window.
type Lane interface {
	Name() string
	// Open says whether the lane may carry a message now. It is pure, and keeps nothing of
	// what it is given.
	Open(LaneFacts) LaneAnswer
}

// LaneFacts is what a lane may know.
type LaneFacts struct {
	Now          time.Time
	Region       string // the Page's
	PersonRegion string
	Zone         *time.Location
	Permit       *Permit // the one for this topic on this lane, or for the whole Page; nil: none
	// Template says that the message is one the platform approved before.
	Template bool
}

// LaneAnswer is a lane's word on one message.
type LaneAnswer struct {
	Open bool
	// Why is, if not, a short fixed word: "no permit", "region" and "person_region" (the
	// law of the Page's or the person's), "not yet" and "ended" (the platform did not have
	// it then),
	// "rest", "expired", "used", "content" (it carries other messages), "shut" (for the
	// whole Page, for a time), "not set up", "by hand" (it is for people who write).
	Why  string
	Next time.Time // when the platform's rest ends; zero if time does not help
	// Price is what one message is likely to cost, in Currency (ISO 4217); 0: nothing,
	// or nobody said.
	Price    float64
	Currency string
}

// Permit is what the platform gave us to carry a topic to a person.
type Permit struct {
	Lane      string
	Topic     string // empty: the whole Page
	Token     string
	Title     string
	Frequency string // daily, weekly, monthly as the platform keeps it; empty in later forms
	Zone      string // the zone of the platform's calendar weeks and months
	ExpiresAt time.Time
	LastSent  time.Time
	// NextEligible is the earliest next message, if the platform said so.
	NextEligible time.Time
	// Spare are further tokens, where each carries one message; the oldest first.
	Spare []SpareToken
}

// SpareToken is a token that waits for the one before it to be used.
type SpareToken struct {
	Token     string    `json:"token"`
	ExpiresAt time.Time `json:"expires_at,omitzero"`
}
