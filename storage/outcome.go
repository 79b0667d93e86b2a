package storage

import "time"

// Outcome is something that came of a conversation, for the figures: what its
// decisions do not tell. There are few for each person, and none for a message that was
// merely sent.
type Outcome struct {
	ID      int64 // rises; set by PutOutcome
	Contact string
	Kind    string  // goal, asked, granted, declined, stopped, clicked, purchased, rated, variant
	Name    string  // of the goal or split; how it came about
	Value   float64 // what it is worth, or how often it happened; 0 if nobody said
	Flow    string
	Step    string // empty if no single step is behind it
	At      time.Time
	Input   string // names what brought it about

	Topic string
	// Trigger and Occurrence are those of the notification that it is counted to, and
	// Lane what carried that; empty if it is counted to none.
	Trigger, Occurrence, Lane string
	Variant                   string // that was given, of a variant; the answer, of what was rated
	Locale                    string // the language it was said in
	Currency                  string // ISO 4217; empty without an amount
	Amount                    int64  // in the currency's smallest unit; below zero for money given back
}

// OutcomeQuery filters outcomes; empty fields do not filter. Newest first: by At, and
// of the same At the one that was put first last.
type OutcomeQuery struct {
	Contact, Kind, Name string
	Trigger, Occurrence string
	Since               time.Time // At not before
	Limit               int       // 0: 100
}

// OutcomeCount is how much of one kind and name was counted to an occurrence.
type OutcomeCount struct {
	Kind, Name string
	People     int
	Outcomes   int
}

// Life is what the figures look at of one contact.
type Life struct {
	Contact  string
	Locale   string // as it stands with the contact
	Timezone string
	// Decisions in the order of At, and of the same At as they were put first. What the
	// figures do not look at is left out: Event, Next, Expires and MID.
	Decisions []Decision
	// Outcomes in the order of At, and of the same At of ID.
	Outcomes []Outcome
}

// OutcomeReader finds what came of conversations.
type OutcomeReader interface {
	Outcomes(OutcomeQuery) ([]Outcome, error)
	// CountOutcomes counts what is counted to an occurrence of a trigger, in order of
	// kind and name. With no occurrence it is all of the trigger's; none for no trigger.
	CountOutcomes(trigger, occurrence string) ([]OutcomeCount, error)
	// Lives returns what is kept of contacts in order of id, after the given one (""
	// from the start).
	Lives(after string, limit int) ([]Life, error)
}

// OutcomeWriter keeps what came of conversations.
type OutcomeWriter interface {
	// PutOutcome keeps an outcome. Of one contact, kind, name and input the first is
	// kept: an input that is handled again brings nothing about twice.
	PutOutcome(Outcome) error
	// AddOutcome is PutOutcome for what is counted: if there is one already its Value
	// grows by the new one's, and nothing else of it changes. first says that there was
	// none.
	AddOutcome(Outcome) (first bool, err error)
	// PruneOutcomes removes up to limit of the outcomes older than t, the oldest first, and
	// says how many.
	PruneOutcomes(before time.Time, limit int) (n int, err error)
}
