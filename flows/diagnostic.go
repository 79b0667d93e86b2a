package flows

import (
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode"

	"github.com/rivo/uniseg"
)

// Severity says whether a finding stops the bot: an Error does. A Warning is something
// that will hardly do what was meant, an Info something the author may want to know.
type Severity string

const (
	Error   Severity = "error"
	Warning Severity = "warning"
	Info    Severity = "info"
)

// Diagnostic is something an author should see: where, what is wrong, and what to
// do. Columns count runes from 1 and End is behind the last rune; Line is 0 when
// the finding is about a file as a whole.
type Diagnostic struct {
	File      string   `json:"file"`
	Line      int      `json:"line"`
	Column    int      `json:"column"`
	EndLine   int      `json:"end_line"`
	EndColumn int      `json:"end_column"`
	Severity  Severity `json:"severity"`
	Code      string   `json:"code"` // one of Codes
	Message   string   `json:"message"`
	Hint      string   `json:"hint,omitempty"`
	Fix       *Fix     `json:"fix,omitempty"`    // what to write instead, if that is known
	Source    string   `json:"source,omitempty"` // the line, without its end
}

// Diagnostics are all findings about a bot, sorted by file and place.
type Diagnostics []Diagnostic

// HasErrors says whether a finding keeps the bot from starting.
func (d Diagnostics) HasErrors() bool {
	return slices.ContainsFunc(d, func(one Diagnostic) bool { return one.Severity == Error })
}

// Findings are the errors and warnings among them: what is only worth knowing is left
// to those who ask for it.
func (d Diagnostics) Findings() Diagnostics {
	return slices.DeleteFunc(slices.Clone(d), func(one Diagnostic) bool { return one.Severity == Info })
}

// JSON is the findings as a list of objects; never null.
func (d Diagnostics) JSON() ([]byte, error) {
	if d == nil {
		d = Diagnostics{}
	}
	return json.MarshalIndent(d, "", "  ")
}

// Render writes each finding in three lines and a hint.
func (d Diagnostics) Render(w io.Writer, color bool) error {
	for _, one := range d {
		if _, err := io.WriteString(w, one.Render(color)); err != nil {
			return err
		}
	}
	return nil
}

// String is the finding in three lines and a hint, without color.
func (d Diagnostic) String() string { return d.Render(false) }

// Render is the finding in three lines and a hint.
func (d Diagnostic) Render(color bool) string {
	paint := func(code, s string) string {
		if !color {
			return s
		}
		return "\x1b[" + code + "m" + s + "\x1b[0m"
	}
	tone := "31;1"
	switch d.Severity {
	case Warning:
		tone = "33;1"
	case Info:
		tone = "34;1"
	}
	place := d.File
	if d.Line > 0 {
		place = fmt.Sprintf("%s:%d:%d", d.File, d.Line, d.Column)
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%s: %s: %s %s\n", paint("1", place), paint(tone, string(d.Severity)), printable(d.Message), paint("2", "["+d.Code+"]"))
	if d.Line > 0 {
		line, offset, width := d.excerpt()
		fmt.Fprintf(&b, "%5d | %s\n", d.Line, line)
		fmt.Fprintf(&b, "      | %s%s\n", strings.Repeat(" ", offset), paint(tone, "^"+strings.Repeat("~", width-1)))
	}
	if d.Hint != "" {
		fmt.Fprintf(&b, "   %s %s\n", paint("36", "hint:"), printable(d.Hint))
	}
	return b.String()
}

// The widest line shown whole, and how much of a longer one stands before the place.
const (
	widestLine = 160
	leadIn     = 60
)

// excerpt is the line as shown, and the offset and width of the mark below it, in
// columns of a terminal.
func (d Diagnostic) excerpt() (line string, offset, width int) {
	all := []rune(d.Source)
	from := min(max(d.Column-1, 0), len(all))
	to := len(all)
	if d.EndLine == d.Line {
		to = min(max(d.EndColumn-1, from), len(all))
	}
	before, marked, after := shown(all[:from]), shown(all[from:to]), shown(all[to:])
	if uniseg.StringWidth(before+marked+after) > widestLine {
		if r := []rune(before); len(r) > leadIn {
			before = "…" + string(r[len(r)-leadIn:])
		}
		if r := []rune(marked); len(r) > widestLine-leadIn {
			marked, after = string(r[:widestLine-leadIn])+"…", ""
		}
		if r := []rune(after); len(r) > leadIn {
			after = string(r[:leadIn]) + "…"
		}
	}
	return strings.TrimRight(before+marked+after, " "), uniseg.StringWidth(before), max(uniseg.StringWidth(marked), 1)
}

// shown is source text as a terminal can show it: a tab as four blanks.
func shown(r []rune) string { return printable(strings.ReplaceAll(string(r), "\t", "    ")) }

// printable replaces what would move a terminal's cursor.
func printable(s string) string {
	return strings.Map(func(r rune) rune {
		if r == '\u00a0' || r == '\u202f' || unicode.IsGraphic(r) || r == '\u200d' {
			return r
		}
		return '\ufffd'
	}, s)
}

// reporter collects the findings about a bot's files.
type reporter struct {
	sources map[string]*source
	list    Diagnostics
}

// report adds a finding. What stands on a line that had to be repaired before it
// could be read is not trusted: its columns moved, and one mistake is one finding.
func (r *reporter) report(severity Severity, code string, at Span, hint, message string) finding {
	src := r.sources[at.File]
	if src != nil && src.repaired[at.Start.Line] {
		return finding{r, -1}
	}
	return r.force(severity, code, at, hint, message)
}

// force adds a finding about a repaired line.
func (r *reporter) force(severity Severity, code string, at Span, hint, message string) finding {
	d := Diagnostic{
		File: at.File, Line: at.Start.Line, Column: at.Start.Column, EndLine: at.End.Line, EndColumn: at.End.Column,
		Severity: severity, Code: code, Message: oneLine(message), Hint: oneLine(hint),
	}
	if src := r.sources[at.File]; src != nil && d.Line >= 1 && d.Line <= len(src.shown) {
		d.Source = src.shown[d.Line-1]
	}
	r.list = append(r.list, d)
	f := finding{r, len(r.list) - 1}
	f.mendName(at)
	return f
}

// oneLine is what a finding quotes of a text of several lines.
func oneLine(s string) string {
	if !strings.Contains(s, "\n") {
		return s
	}
	lines := strings.Split(s, "\n")
	for i := range lines {
		lines[i] = strings.TrimSpace(lines[i])
	}
	return strings.TrimSpace(strings.Join(lines, " "))
}

// failed says whether a file has errors.
func (r *reporter) failed(file string) bool {
	return slices.ContainsFunc(r.list, func(d Diagnostic) bool { return d.Severity == Error && d.File == file })
}

// raised makes an error of the warning of a code that was given last, if it is about
// this place.
func (r *reporter) raised(at Span, code string) bool {
	if len(r.list) == 0 {
		return false
	}
	last := &r.list[len(r.list)-1]
	if last.Code != code || last.File != at.File || last.Line != at.Start.Line || last.Column != at.Start.Column {
		return false
	}
	last.Severity = Error
	return true
}

// sorted is all findings by file and place, each once.
func (r *reporter) sorted() Diagnostics {
	slices.SortStableFunc(r.list, func(a, b Diagnostic) int {
		return cmpChain(strings.Compare(a.File, b.File), a.Line-b.Line, a.Column-b.Column,
			strings.Compare(string(a.Severity), string(b.Severity)), strings.Compare(a.Code, b.Code), strings.Compare(a.Message, b.Message))
	})
	r.list = slices.CompactFunc(r.list, func(a, b Diagnostic) bool {
		return a.File == b.File && a.Line == b.Line && a.Column == b.Column && a.Code == b.Code && a.Message == b.Message
	})
	return r.list
}

// cmpChain is the first comparison that tells.
func cmpChain(results ...int) int {
	for _, r := range results {
		if r != 0 {
			return r
		}
	}
	return 0
}
