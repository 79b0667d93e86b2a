package bot

import (
	"maps"
	"slices"
	"time"

	"github.com/relance-bot/relance/flows"
)

// Statuses of a consent.
const (
	StatusNone    = "" // nothing happened between the person and the topic yet
	StatusAsked   = "asked"
	StatusActive  = "active"
	StatusSnoozed = "snoozed"
	StatusStopped = "stopped"
)

// Who stopped a consent. After the platform's own stop nothing that we say or
// ask counts, only what the person does on the platform.
const (
	ByPerson   = "person"
	ByPlatform = "platform"
)

// Sources of a change.
const (
	SourceButton    = "button"
	SourceKeyword   = "keyword"
	SourcePlatform  = "platform" // the platform's own request, stop or resume
	SourceAPI       = "api"
	SourceConsole   = "console"
	SourceRetention = "retention" // data_retention is over
	SourceLink      = "link"      // the platform's opt-in behind a link
	SourceImport    = "import"    // given elsewhere before; see Bot.ImportRows
	SourceStep      = "step"
)

const (
	maxRequests  = 10  // opt-in requests remembered for one consent
	maxInterests = 100 // of one consent; the oldest goes first

	// maxInterestBytes bounds them all together: what a person types may stand in
	// them.
	maxInterestBytes = 16 << 10

	// askEvery is how often the platform lets the same title be shown to one person.
	askEvery = 7 * 24 * time.Hour
)

// Consent is what stands between one contact and one topic. It is a value:
// Apply makes the next one, and nothing in it is shared with the one before.
type Consent struct {
	Contact, Topic string
	Status         string // "", asked, active, snoozed, stopped
	Cadence        string // daily, weekly, monthly; empty: the topic's first
	Interests      []map[string]any
	ActiveSince    time.Time // of the present run, snoozes included; zero without one
	SnoozedUntil   time.Time
	ChangedAt      time.Time // the platform's time of the last yes, stop or resume
	LastSent       time.Time // the last notification that went out, or may have
	Carrier        int64     // marks the token that it went by, if that rests since then; else 0

	StoppedBy string           // ByPerson, ByPlatform; empty unless stopped
	Cleared   []map[string]any // interests the last stop cleared; the platform's resume restores them
	Requests  []Request        // opt-in requests shown, newest last

	// What late changes are judged by: each part of a consent remembers the newest
	// act that decided it.
	StoppedAt time.Time            // the newest stop, even one that a newer yes has overtaken
	Ended     bool                 // the last stop ended a consent, and did not merely refuse one
	CadenceAt time.Time            // the newest choice of a cadence
	SnoozedAt time.Time            // the newest snooze
	AgreedAt  map[string]time.Time // the newest yes to each interest, by its key
	DroppedAt map[string]time.Time // the newest no to interests that have no newer yes
}

// Request is one opt-in request that a person was shown.
type Request struct {
	ID       string         `json:"id"`
	Title    string         `json:"title"` // as shown; the platform counts by it
	Cadence  string         `json:"cadence,omitempty"`
	About    map[string]any `json:"about,omitempty"`
	Flow     string         `json:"flow,omitempty"`
	Step     string         `json:"step,omitempty"`
	Image    string         `json:"image,omitempty"`
	Locale   string         `json:"locale,omitempty"`
	Program  string         `json:"program,omitempty"`
	At       time.Time      `json:"at"`
	Declined bool           `json:"declined,omitempty"`
}

// Action is what happens to a consent; it is also the ledger's word for it.
type Action string

const (
	Asked      Action = "asked"
	Declined   Action = "declined" // the person tapped "no thanks" under a request
	Granted    Action = "granted"
	Watched    Action = "watched"   // one interest more
	Unwatched  Action = "unwatched" // one interest less; the consent stays
	CadenceSet Action = "cadence"
	Snoozed    Action = "snoozed" // a zero Until ends a snooze
	Stopped    Action = "stopped"
	Resumed    Action = "resumed" // the platform's own switch, on again
	Erased     Action = "erased"  // of the ledger only: the person was forgotten
)

// Change is one thing that happens to a consent.
type Change struct {
	Action Action
	// At is when the person acted by the platform's clock. What a flow does in a turn
	// has the time of the act that the turn answers, so that two acts keep their
	// order however late their turns run; only what no act caused has our time.
	At      time.Time
	Cadence string         // Asked, Granted, CadenceSet
	About   map[string]any // Asked, Granted, Watched, Unwatched
	Until   time.Time      // Snoozed

	// Request is, of Asked and Declined, the request; of Granted, the request that
	// was accepted, whose interest and cadence then count.
	Request string
	Source  string // SourceButton and its neighbours

	// What proves it: the wording shown (of Asked, the title), the label or word
	// that did it, and where.
	Wording, Button, Image, Locale, Flow, Step, Program string
	// Input names the input that proves it.
	Input string
}

// ActiveAt reports whether notifications may be sent under this consent. A
// snooze ends by itself.
func (c Consent) ActiveAt(now time.Time) bool {
	return c.Status == StatusActive ||
		c.Status == StatusSnoozed && !now.Before(c.SnoozedUntil)
}

// Standing tells the flows where the person stands, and how they may be asked.
// title is the topic's as this person would see it; permitHeld says that the
// platform gave a permit that can carry the topic, needsPermit that no lane does
// without one.
//
// Only requests of this topic are known here. Where two topics share a title, the
// platform counts them together and may refuse a request that this allows.
func (c Consent) Standing(title string, permitHeld, needsPermit bool, now time.Time) flows.Standing {
	c = c.awake(now)
	s := flows.Standing{
		Status:    c.Status,
		Cadence:   c.Cadence,
		Interests: cloneInterests(c.Interests),
		Since:     c.ActiveSince,
		Until:     c.SnoozedUntil,
	}
	switch {
	case c.Status == StatusActive:
	case c.Status == StatusStopped && c.StoppedBy == ByPlatform:
		s.Asking = flows.AskNot
	case !c.shownWithin(title, now):
	case permitHeld || !needsPermit:
		s.Asking = flows.AskOurselves
	default:
		s.Asking = flows.AskPointer
	}
	return s
}

// shownWithin reports whether a request of that title was shown too recently to
// be shown again.
func (c Consent) shownWithin(title string, now time.Time) bool {
	return slices.ContainsFunc(c.Requests, func(r Request) bool {
		return r.Title == title && now.Before(r.At.Add(askEvery))
	})
}

// Request finds a request by its id.
func (c Consent) Request(id string) (Request, bool) {
	for _, r := range c.Requests {
		if r.ID == id {
			return r, true
		}
	}
	return Request{}, false
}

// endOf is when a snooze is over that was asked for until then: the zero time if only the
// person ends it.
func endOf(until time.Time) time.Time {
	if until.Before(flows.UntilUndone()) {
		return until
	}
	return time.Time{}
}

// awake is c with a snooze that is over taken off.
func (c Consent) awake(now time.Time) Consent {
	if c.Status == StatusSnoozed && c.ActiveAt(now) {
		c.Status = StatusActive
		c.SnoozedUntil = time.Time{}
	}
	return c
}

// clone is c with nothing shared.
func (c Consent) clone() Consent {
	c.Interests = cloneInterests(c.Interests)
	c.Cleared = cloneInterests(c.Cleared)
	c.Requests = slices.Clone(c.Requests)
	c.AgreedAt, c.DroppedAt = maps.Clone(c.AgreedAt), maps.Clone(c.DroppedAt)
	return c
}
