package flows

import (
	"bytes"
	"strings"
	"unicode/utf8"
)

// source is the text of one file. What YAML could not read is repaired before it
// is parsed again, so that one mistake does not hide the next: shown is what the
// author wrote, lines what was parsed.
type source struct {
	file     string
	shown    []string
	lines    []string
	repaired map[int]bool // lines (from 1) that differ
}

// newSource splits a text into lines, without their ends.
func newSource(file string, text []byte) *source {
	text = bytes.TrimPrefix(text, []byte("\ufeff"))
	s := strings.ReplaceAll(string(text), "\r\n", "\n")
	s = strings.ReplaceAll(s, "\r", "\n")
	lines := strings.Split(s, "\n")
	return &source{file: file, shown: lines, lines: lines}
}

// text is what is parsed.
func (s *source) text() string { return strings.Join(s.lines, "\n") }

// line is what was parsed at a line, from 1.
func (s *source) line(n int) string {
	if s == nil || n < 1 || n > len(s.lines) {
		return ""
	}
	return s.lines[n-1]
}

// repair replaces a line (from 1) in what is parsed.
func (s *source) repair(n int, fixed string) {
	if s.repaired == nil {
		s.repaired = make(map[int]bool)
		s.lines = append([]string(nil), s.lines...)
	}
	s.repaired[n] = true
	s.lines[n-1] = fixed
}

// span is the stretch of one line between two columns.
func (s *source) span(line, from, to int) Span {
	return Span{File: s.file, Start: Pos{line, from}, End: Pos{line, to}}
}

// places are the places of the runes of a scalar's text in the file, or nil where
// the source does not read like the text.
func (s *source) places(n *node) []Pos {
	if s == nil || n.kind != scalarNode {
		return nil
	}
	c := cursor{src: s, line: n.span.Start.Line, col: n.span.Start.Column}
	switch n.style {
	case singleStyle, doubleStyle:
		c.col++
	case literalStyle, foldedStyle:
		c.line, c.col = c.line+1, 1
	}
	c.load()
	out := make([]Pos, 0, len(n.text))
	for _, want := range n.text {
		place, ok := c.match(want, n.style)
		if !ok {
			return nil
		}
		out = append(out, place)
	}
	return out
}

// cursor walks the source of a scalar beside its text.
type cursor struct {
	src       *source
	line, col int
	runes     []rune
}

func (c *cursor) load() { c.runes = []rune(c.src.line(c.line)) }

// peek is the rune under the cursor; '\n' at the end of a line.
func (c *cursor) peek(ahead int) rune {
	i := c.col - 1 + ahead
	if i < 0 || i >= len(c.runes) {
		return '\n'
	}
	return c.runes[i]
}

// newline moves to the next line; false at the end of the file.
func (c *cursor) newline() bool {
	if c.line >= len(c.src.lines) {
		return false
	}
	c.line, c.col = c.line+1, 1
	c.load()
	return true
}

// match finds the next rune of the text and steps behind it.
func (c *cursor) match(want rune, style scalarStyle) (Pos, bool) {
	if want == ' ' || want == '\n' || want == '\t' {
		return c.blank(want, style), true
	}
	for {
		got := c.peek(0)
		place := Pos{c.line, c.col}
		switch {
		case style == doubleStyle && got == '\\':
			r, size := c.escape()
			if size == 1 { // the line goes on: the break is not part of the text
				if !c.newline() {
					return Pos{}, false
				}
				continue
			}
			c.col += size
			return place, r == want
		case got == want:
			c.col++
			if style == singleStyle && want == '\'' {
				c.col++ // written twice
			}
			return place, true
		case got == '\n':
			if !c.newline() {
				return Pos{}, false
			}
		case got == ' ' || got == '\t':
			c.col++
		default:
			return Pos{}, false
		}
	}
}

// blank steps over a blank or break of the text. Folding changes breaks, so the
// source may hold more of them, or none, here.
func (c *cursor) blank(want rune, style scalarStyle) Pos {
	place := Pos{c.line, c.col}
	got := c.peek(0)
	if style == doubleStyle && got == '\\' {
		if r, size := c.escape(); size > 1 && r == want {
			c.col += size
		}
		return place
	}
	if got == '\n' {
		c.newline()
	} else if got == want {
		c.col++
	}
	return place
}

// escape decodes the escape under the cursor: its rune and how many columns it takes.
func (c *cursor) escape() (rune, int) {
	code := c.peek(1)
	digits := 0
	switch code {
	case '\n':
		return 0, 1
	case 'n':
		return '\n', 2
	case 't', '\t':
		return '\t', 2
	case 'x':
		digits = 2
	case 'u':
		digits = 4
	case 'U':
		digits = 8
	case 'r':
		return '\r', 2
	case '_':
		return '\u00a0', 2
	case 'e':
		return 0x1b, 2
	case '0':
		return 0, 2
	default:
		return code, 2
	}
	var r rune
	for i := range digits {
		d := strings.IndexRune("0123456789abcdef", c.peek(2+i)|0x20)
		if d < 0 {
			return utf8.RuneError, 2
		}
		r = r<<4 | rune(d)
	}
	return r, 2 + digits
}
