package flows

// Severity says whether a finding stops the bot.
type Severity string

const (
	Error   Severity = "error"
	Warning Severity = "warning"
)

// Diagnostic is something an author should see, with its place, what is wrong and what to do.
// Columns count runes from 1; End is behind the last rune.
type Diagnostic struct {
	File      string   `json:"file"`
	Line      int      `json:"line"`
	Column    int      `json:"column"`
	EndLine   int      `json:"end_line"`
	EndColumn int      `json:"end_column"`
	Severity  Severity `json:"severity"`
	Code      string   `json:"code"`
	Message   string   `json:"message"`
	Hint      string   `json:"hint,omitempty"`
	Source    string   `json:"source,omitempty"` // the line, without its end
}

// Diagnostics are all findings about a bot, sorted by file and place.
type Diagnostics []Diagnostic
