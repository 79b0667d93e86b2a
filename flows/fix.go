package flows

import (
	"bytes"
	"regexp"
	"strconv"
	"strings"
)

// Fix is what to write instead of a stretch of the file, so that a finding goes away.
// Lines and columns count like those of a Diagnostic; the end may be the place behind
// the last rune of a later line, and the text may hold several lines.
type Fix struct {
	Line      int    `json:"line"`
	Column    int    `json:"column"`
	EndLine   int    `json:"end_line"`
	EndColumn int    `json:"end_column"`
	Text      string `json:"text"`
}

// Apply is a file with the fix in it. Ends of lines stay as they are; a fix of another
// file, whose lines or columns this one does not have, changes nothing.
func (f Fix) Apply(text []byte) []byte {
	from, ok := offset(text, f.Line, f.Column)
	to, also := offset(text, f.EndLine, f.EndColumn)
	if !ok || !also || to < from {
		return text
	}
	out := make([]byte, 0, len(text)+len(f.Text))
	out = append(out, text[:from]...)
	out = append(out, f.Text...)
	return append(out, text[to:]...)
}

// offset is the byte at a line and column, both from 1.
func offset(text []byte, line, column int) (int, bool) {
	at := 0
	if len(text) >= 3 && string(text[:3]) == "\ufeff" {
		at = 3 // it belongs to no line
	}
	for n := 1; n < line; n++ {
		next := bytes.IndexAny(text[at:], "\r\n")
		if next < 0 {
			return 0, false
		}
		at += next + 1
		if text[at-1] == '\r' && at < len(text) && text[at] == '\n' {
			at++
		}
	}
	for c := 1; c < column; c++ {
		if at >= len(text) || text[at] == '\n' || text[at] == '\r' {
			return 0, false
		}
		for at++; at < len(text) && text[at]&0xc0 == 0x80; at++ {
		}
	}
	return at, true
}

// finding is a finding that was just reported, or was not, because of another.
type finding struct {
	out *reporter
	at  int // in the list; -1: nowhere
}

// mend says what to write instead of a stretch. One that the file does not have, since
// it was repaired to be read, is not mended.
func (f finding) mend(at Span, text string) {
	if f.at < 0 || at.File != f.out.list[f.at].File || at.Start.Line < 1 {
		return
	}
	if src := f.out.sources[at.File]; src != nil &&
		(at.End.Line > len(src.shown) || at.End.Line >= 1 && at.End.Column > runes(src.shown[at.End.Line-1])+1) {
		return
	}
	f.out.list[f.at].Fix = &Fix{Line: at.Start.Line, Column: at.Start.Column, EndLine: at.End.Line, EndColumn: at.End.Column, Text: text}
}

// mendLine says how a whole line is to read; what stands in front of it stays.
func (f finding) mendLine(n int, trimmed string) {
	if f.at < 0 {
		return
	}
	file := f.out.list[f.at].File
	src := f.out.sources[file]
	if src == nil || n < 1 || n > len(src.shown) {
		return
	}
	line := src.shown[n-1]
	body := strings.TrimLeft(line, " ")
	f.mend(src.span(n, runes(line)-runes(body)+1, runes(line)+1), trimmed)
}

var meant = regexp.MustCompile(`^did you mean (?:"([^"\\]+)"|([\w.]+))\?`)

// mendName takes the name a hint proposes for the one that stands there: one that the
// message quotes, at the end of what is marked.
func (f finding) mendName(at Span) {
	if f.at < 0 {
		return
	}
	d := f.out.list[f.at]
	m := meant.FindStringSubmatch(d.Hint)
	if m == nil || at.Start.Line < 1 || at.Start.Line != at.End.Line {
		return
	}
	line := []rune(d.Source)
	if at.End.Column-1 > len(line) || at.Start.Column > at.End.Column {
		return
	}
	name := string(line[at.Start.Column-1 : at.End.Column-1])
	if quote := firstRune(name); len(name) > 1 && (quote == `"` || quote == "'") && strings.HasSuffix(name, quote) {
		name = name[1 : len(name)-1]
		at.Start.Column, at.End.Column = at.Start.Column+1, at.End.Column-1
	}
	if name == "" || !strings.Contains(d.Message, strconv.Quote(name)) {
		return
	}
	f.mend(at, m[1]+m[2])
}
