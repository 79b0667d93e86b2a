package storage

import "time"

// Occurrence is one firing of a trigger: a cursor over the active consents of
// its topic.
type Occurrence struct {
	Trigger string // flows.Trigger.ID
	ID      string // "2026-03-30T09:00 Europe/Paris", "restock-881"
	Flow    string
	Topic   string
	Zone    string // of a schedule; "" for an event
	Event   []byte // JSON object; nil for a schedule
	At      time.Time
	Expires time.Time
	// Campaign is what all occurrences of one wall time have in common: the ID without
	// the zone. Of an event it is the ID.
	Campaign string
	State    string // running, paused, done, cancelled, failed
	Cursor   string // the last contact decided, or the one before who was erased; empty once it is over
	Counts   []byte // JSON object: passed, missed, …
}

// Decision is what became of one notification: one contact, one trigger, one
// occurrence. A held one is decided again and rewritten.
type Decision struct {
	Contact    string
	Trigger    string
	Occurrence string
	Flow       string
	Topic      string
	Kind       string // sent, held, skipped, failed, unknown
	Rule       string
	Lane       string
	Values     []byte // what the rule saw, JSON object
	At         time.Time
	Next       time.Time // of a held one
	FirstDue   time.Time
	Expires    time.Time
	Event      []byte // JSON; nil for a schedule
	Send       string // id of the message that carried it
	MID        string // the platform's id for it
	Delivered  time.Time
	Read       time.Time
}

// DecisionQuery filters decisions; empty fields do not filter. Newest first: by At,
// and of the same At the one that was put, or accepted, first last.
type DecisionQuery struct {
	Contact, Flow, Trigger, Topic string
	Kinds                         []string
	Since                         time.Time // At not before
	Limit                         int       // 0: 100
}

// OccurrenceReader finds firings of triggers, and what was decided for whom.
type OccurrenceReader interface {
	Occurrence(trigger, id string) (Occurrence, error)
	// Occurrences returns those in a state, oldest first.
	Occurrences(state string, limit int) ([]Occurrence, error)
	// PeekOccurrences returns the same and hands none out: in a Write those that another
	// process has in hand are among them, as it found them, and stay with it.
	PeekOccurrences(state string, limit int) ([]Occurrence, error)
	// RecentOccurrences returns those of any state, newest first.
	RecentOccurrences(limit int) ([]Occurrence, error)
	Decision(contact, trigger, occurrence string) (Decision, error)
	Decisions(DecisionQuery) ([]Decision, error)
	// DecisionsBySend returns the decisions that one message carried, oldest first;
	// DecisionsByMID the same of a contact, by the platform's id. None for "".
	DecisionsBySend(send string) ([]Decision, error)
	DecisionsByMID(contact, mid string) ([]Decision, error)
}

// OccurrenceWriter keeps firings of triggers and decisions.
type OccurrenceWriter interface {
	PutOccurrence(Occurrence) error
	// PutDecision keeps what was decided. One that is put again for the same Send, without
	// a MID, may keep the one it has: it came after the decision was read.
	PutDecision(Decision) error
	// PruneDecisions removes up to limit of the decisions older than t that are not
	// held, the oldest first, and says how many.
	PruneDecisions(before time.Time, limit int) (n int, err error)
	// PruneOccurrences removes up to limit of the occurrences older than t that are done,
	// cancelled or failed, the oldest first, and says how many. Campaigns that have none left go
	// with them.
	PruneOccurrences(before time.Time, limit int) (n int, err error)
}
