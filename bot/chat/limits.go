package chat

import "time"

// Bounds on what a transcript may hold. They are far beyond what anyone writes by
// hand, and keep a broken file from costing more than an error message.
const (
	maxFile     = 1 << 20 // bytes of a transcript
	maxLines    = 20_000
	maxLine     = 16_000 // characters of a line; what a call returns has 8 KiB
	maxPattern  = 1_000  // characters of one /regex/
	maxName     = 100    // characters of a name: of a person, field, event …
	maxValues   = 100    // k=v of one line
	maxLabels   = 50     // labels behind one message
	maxPeople   = 200
	maxRepeat   = 1_000 // xN of "! error"
	maxFindings = 100   // diagnostics of one file; what follows is left out

	maxLeap  = 10 * 366 * 24 * time.Hour // one move of the clock
	maxAlign = 250_000                   // comparisons of expected and said lines in one block

	// patience is how long one transcript may take when Options.Timeout is zero.
	patience = time.Minute
	// contextLines stand around a difference.
	contextLines = 2
)
