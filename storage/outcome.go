package storage

import "time"

// Outcome is something that came of a conversation, for the figures.
type Outcome struct {
	ID      int64 // rises; set by PutOutcome
	Contact string
	Kind    string  // goal
	Name    string  // of the goal
	Value   float64 // what it is worth; 0 if nobody said
	Flow    string
	Step    string // empty if no single step is behind it
	At      time.Time
	Input   string // names the input that brought it about
}

// OutcomeQuery filters outcomes; empty fields do not filter. Newest first: by At, and
// of the same At the one that was put first last.
type OutcomeQuery struct {
	Contact, Kind, Name string
	Since               time.Time // At not before
	Limit               int       // 0: 100
}

type OutcomeReader interface {
	Outcomes(OutcomeQuery) ([]Outcome, error)
}

type OutcomeWriter interface {
	// PutOutcome keeps an outcome. Of one contact, kind, name and input the first is
	// kept: an input that is handled again brings nothing about twice.
	PutOutcome(Outcome) error
	// PruneOutcomes removes up to limit of the outcomes older than t, and says how many.
	PruneOutcomes(before time.Time, limit int) (n int, err error)
}
