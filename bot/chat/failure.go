package chat

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"unicode"
)

// Failure is one thing in which a bot and a transcript differ.
type Failure struct {
	File    string     `json:"file"`
	Line    int        `json:"line"` // 1-based
	Message string     `json:"message"`
	Diff    []DiffLine `json:"diff"` // with the lines around it
	Hint    string     `json:"hint,omitempty"`
	// Broken means that the line could not be played: what follows it was not.
	Broken bool `json:"broken,omitempty"`
}

// DiffLine is one line of a failure.
type DiffLine struct {
	Op   Op     `json:"op"`
	Line int    `json:"line,omitempty"` // 1-based; 0 for a line the transcript does not have
	Text string `json:"text"`
}

// Op says where a line of a diff stands.
type Op string

const (
	Kept     Op = " " // in the transcript, and right or not looked at
	Expected Op = "-" // in the transcript, but it is not so
	Actual   Op = "+" // what is so instead
	Stuck    Op = ">" // the line that could not be played
	Skipped  Op = "…" // lines left out
)

// Render writes the failure with its place, the lines around it and a hint. color
// is for terminals.
func (f Failure) Render(w io.Writer, color bool) error {
	paint := func(code, s string) string {
		if !color || code == "" {
			return s
		}
		return "\x1b[" + code + "m" + s + "\x1b[0m"
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%s %s\n", paint("1", fmt.Sprintf("%s:%d:", f.File, f.Line)), paint("31;1", printable(f.Message)))
	for _, d := range f.Diff {
		number, tone := "", ""
		if d.Line > 0 {
			number = fmt.Sprint(d.Line)
		}
		switch d.Op {
		case Expected, Stuck:
			tone = "31"
		case Actual:
			tone = "32"
		case Kept, Skipped:
			tone = "2"
		}
		b.WriteString(paint(tone, strings.TrimRight(fmt.Sprintf("%s%4s | %s", d.Op, number, printable(d.Text)), " ")) + "\n")
	}
	if f.Hint != "" {
		fmt.Fprintf(&b, "   %s %s\n", paint("36", "hint:"), printable(f.Hint))
	}
	if f.Broken {
		b.WriteString("   the rest of the transcript was not played\n")
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// printable replaces what would move the cursor of a terminal.
func printable(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\t':
			return ' '
		case unicode.IsControl(r):
			return '\ufffd'
		}
		return r
	}, s)
}

// String is the failure without color.
func (f Failure) String() string {
	var b strings.Builder
	_ = f.Render(&b, false) // a builder takes everything
	return b.String()
}

// move follows the failure's lines to where an update puts them.
func (f *Failure) move(e edits) {
	shift := e.shift(f.Line - 1)
	f.Line += shift
	for i := range f.Diff {
		f.Diff[i].Line += shift
	}
}

// excerpt is a line that could not be played, and those before it, unless an
// update may be about to change them.
func (p *player) excerpt(at int) []DiffLine {
	var out []DiffLine
	from := at - contextLines
	if p.update {
		from = at
	}
	for i := max(0, from); i <= min(at, len(p.script.lines)-1); i++ {
		out = append(out, DiffLine{Kept, i + 1, p.script.lines[i].text})
	}
	if len(out) > 0 {
		out[len(out)-1].Op = Stuck
	}
	return out
}

// diff shows edits with the lines around them.
func (p *player) diff(e edits) []DiffLine {
	var out []DiffLine
	added := func(texts []string) {
		for _, t := range texts {
			out = append(out, DiffLine{Op: Actual, Text: t})
		}
	}
	if top := e[-1]; top != nil {
		added(top.after)
	}
	changed := slices.Sorted(maps.Keys(e))
	last := -1 // the line shown before
	for k, at := range changed {
		from, to := at-contextLines, at+contextLines
		if k+1 < len(changed) {
			to = min(to, changed[k+1]-1)
		}
		if k > 0 && from > last+1 {
			out = append(out, DiffLine{Op: Skipped})
		}
		for i := max(from, last+1, 0); i <= min(to, len(p.script.lines)-1); i++ {
			text := p.script.lines[i].text
			if i != at {
				out = append(out, DiffLine{Kept, i + 1, text})
				continue
			}
			added(e[at].before)
			op := Kept
			if e[at].drop {
				op = Expected
			}
			out = append(out, DiffLine{op, i + 1, text})
			added(e[at].after)
		}
		last = max(last, to)
	}
	return out
}
