package flows

import "time"

// World is what a turn may know beside its session and input. The same world,
// session and input give the same turn.
type World struct {
	Now     time.Time
	Contact Contact
	// WindowUntil is when the Page may no longer write freely; zero if the person
	// never acted. The act that this turn is about counts already.
	WindowUntil time.Time
	// Hushed says that the person has stopped everything and done nothing since: until they
	// do, the Page may not write freely about what others have caused.
	Hushed bool
	// Topics says where the person stands with a topic; nil: with all alike, there is no
	// consent. It is asked of the topics that the turn comes upon, and says the same
	// whenever it is asked.
	Topics Topics
	Data   *Data
	// Programs are the older programs that the session runs on, by hash (see
	// Session.Programs); nil if it runs on today's alone. What began with one that is
	// missing here, because it is lost or compiles no more, goes on in today's where
	// the author named its step by an id, and ends with a Fault where not.
	Programs map[string]*Program
	// Variants are those of splits that this person was given, by the split's name.
	Variants map[string]string
	// First says that the person never wrote before this input.
	First bool
	// FirstChoice makes one_of and split take their first, as transcripts do.
	FirstChoice bool
	Seed        uint64 // part of what one_of and split choose by
	// Trace hears of every place the turn ran, in order; nil: nobody listens.
	Trace func(Mark)
}

// Contact is a person, as flows see them.
type Contact struct {
	ID, FirstName, LastName string
	Locale                  string // as the platform or the person gave it ("fr_FR"); empty if unknown
	Timezone                string // IANA name; empty if unknown
	Channel                 string
	CreatedAt               time.Time
	Fields                  map[string]any
	Quiet                   *Hours // their own quiet hours: nil the bot's, from a time to the same none
}

// Standing is where a contact stands with a topic, and how it may be asked for.
type Standing struct {
	Status    string // "", asked, active, snoozed, stopped
	Cadence   string
	Interests []map[string]any
	Asking    Asking
	Since     time.Time // when a consent that is active or snoozed began
	Until     time.Time // of a snoozed one: when it ends
	// Unheld says that the person agrees, and that the platform's permit without which
	// no lane carries it is gone: asking again gets another.
	Unheld bool
}

// Topics says where a contact stands with the topic of a name: the zero Standing where
// there is nothing between them.
type Topics interface {
	Standing(topic string) Standing
}

// Standings are Topics that are known beforehand, by name.
type Standings map[string]Standing

// Standing is that of a topic.
func (s Standings) Standing(topic string) Standing { return s[topic] }

// Asking says how an opt_in step may ask.
type Asking string

const (
	// AskPlatform: send the platform's request. It is the zero value, except that
	// an active consent is never asked for.
	AskPlatform Asking = ""
	// AskOurselves: the platform will not let us ask now, but a yes in our own
	// words is consent at once, because a permit is held or none is needed.
	AskOurselves Asking = "ourselves"
	// AskPointer: as AskOurselves, but a yes only points to the earlier request,
	// and consent begins when that is accepted.
	AskPointer Asking = "pointer"
	// AskLater: as AskPointer, but the earlier request was accepted, and what that gave is
	// given up: only time helps.
	AskLater Asking = "later"
	// AskNot: the platform's own stop holds until the platform's own resume.
	AskNot Asking = "not"
)

// Turn is what Advance decided.
type Turn struct {
	Session Session
	Effects []Effect
}
