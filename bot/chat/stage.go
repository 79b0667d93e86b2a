package chat

import (
	"context"
	"encoding/json"
	"time"
)

// A Stage is one bot with a storage, a platform and a clock of its own, for one
// transcript. The player calls it from one goroutine.
//
// A method that makes something happen returns when everything that follows from
// it, at the stage's present time, has happened too: turns stored, calls returned,
// messages shown. Everything goes through the stage's real storage, so that what
// the bot knows is saved and read again between any two lines.
//
// An error means that the line cannot be played (no such label, an event that is
// refused …). Its text is shown to the author.
type Stage interface {
	Clock
	People
	World
	Records

	// Close ends the bot and removes what it stored.
	Close() error
}

// Clock is the time of a stage, and the process that lives in it. It stands still
// between calls.
type Clock interface {
	Now() time.Time
	// AdvanceTo moves the clock to t, which is not before Now. Everything that
	// comes due on the way, t included, happens at its own time, in order.
	AdvanceTo(ctx context.Context, t time.Time) error
	// Crash kills the bot as it stands and starts it again from storage.
	Crash(ctx context.Context) error
	// Down stops the bot, moves the clock to t, and starts the bot again; then what
	// came due meanwhile happens.
	Down(ctx context.Context, t time.Time) error
	// Deploy stops the bot and starts that of another folder in its place, on what is
	// stored. A folder that is not absolute is one within the bot's own, or above it.
	Deploy(ctx context.Context, folder string) error
}

// People are those who talk to the bot.
type People interface {
	// Person returns the id of the person with this first name, made when first
	// asked for; attrs then set declared fields, locale, timezone and last_name,
	// as they do when the person exists. An empty name is someone whose name nobody knows.
	Person(ctx context.Context, name string, attrs map[string]string) (id string, err error)
	// Zone is the time zone the bot has for a person; the bot's own if it has
	// none, or if id is empty.
	Zone(ctx context.Context, id string) (*time.Location, error)
	// Given lets a person have agreed to a topic before, with all that the platform
	// gives for it.
	Given(ctx context.Context, id string, a Agreement) error
	// Act lets a person do something.
	Act(ctx context.Context, id string, act Act) error
	// Said is all the bot ever showed a person, in order.
	Said(ctx context.Context, id string) ([]Said, error)
}

// Explainer is a Stage that can say why somebody was shown nothing.
type Explainer interface {
	// Why says in a sentence what became of the newest notification that was due for a
	// person at since or later; empty if none was.
	Why(ctx context.Context, id string, since time.Time) (string, error)
}

// Caller is a Stage that can say why a call of a handler failed that no line prepared so.
type Caller interface {
	// FailedCalls are a sentence for each since it was asked last.
	FailedCalls() []string
}

// Noticer is a Stage that hears of what goes wrong in its bot.
type Noticer interface {
	// Notices are a sentence for each thing that went wrong, once.
	Notices() []string
}

// Agreement is a consent that stands before the transcript begins.
type Agreement struct {
	Topic    string
	Cadence  string            // empty: the topic's first
	Interest map[string]string // as written; converted to the types the topic declares
}

// World is the shop and the platform.
type World interface {
	// Event is one of the shop's events, with data as written: it is converted to
	// the declared types on arrival. id names the person it is for; empty: everyone
	// it concerns.
	Event(ctx context.Context, name string, data map[string]string, id string) error
	// Answer is what the next call of a handler returns, JSON.
	Answer(ctx context.Context, handler string, result json.RawMessage) error
	// Fail lets the next call of a handler fail. problem is what the flow is told: one of
	// flows.CallFailed and the like.
	Fail(ctx context.Context, handler, problem string) error
	// Unasked are the handlers for which Answer or Fail prepared what no call has come
	// to yet, each as often as it did.
	Unasked(ctx context.Context) ([]string, error)
	// Refuse lets the platform refuse the next sends with an error.
	Refuse(ctx context.Context, code, subcode, times int) error
	// Timeout lets the platform take the next send without ever answering it. It
	// echoes it only at Echo.
	Timeout(ctx context.Context) error
	// TakeOver lets people of the Page take a person's conversation, and HandBack lets
	// them give it back to the bot.
	TakeOver(ctx context.Context, id string) error
	HandBack(ctx context.Context, id string) error
	// Echo brings the echoes that Timeout kept back.
	Echo(ctx context.Context) error
}

// Records are what is stored about a person.
type Records interface {
	// Field is the value of a declared field (or locale, timezone …) in words; a
	// list is joined by ", "; empty if it is not set. An unknown field is an error.
	Field(ctx context.Context, id, name string) (string, error)
	// Consent is where the person stands with a topic; an unknown topic is an error.
	Consent(ctx context.Context, id, topic string) (Consent, error)
	// Decision is the latest decision about a notification to the person.
	Decision(ctx context.Context, id string) (Decision, error)
	// Step is where their session waits, as flow#id; empty if it does not.
	Step(ctx context.Context, id string) (string, error)
	// Goal reports whether the person reached a goal; an unknown goal is an error.
	Goal(ctx context.Context, id, name string) (bool, error)
}

// Consent is what stands between a person and a topic.
type Consent struct {
	Status  string // asked, active, snoozed, stopped; empty: none
	Cadence string // daily, weekly, monthly; empty while only asked
}

// Decision is what became of a notification.
type Decision struct {
	Kind string // sent, held, skipped, failed, unknown; empty: there is none
	Rule string // which rule said no; empty if it was sent
	Lane string // what carried it; empty if nothing did
}

// Factory makes the stage for one transcript. Stages of several transcripts are
// used at once.
type Factory func(ctx context.Context, s Setup) (Stage, error)
