package chat

import (
	"context"
	"strings"
)

// Script is a transcript taken apart, line by line, so that nothing of how it was
// written is lost. Parse makes one.
type Script struct {
	File string // for messages

	mark  string // the byte order mark, if the file has one
	lines []line
}

// line is one line as written, and what it asks for.
type line struct {
	text string
	end  string    // "\n", "\r\n", or "" behind the last line
	do   statement // nil: blank, comment, or not understood
}

// statement is what one line asks for. There is one type for each form of line.
type statement interface {
	// String is the line as we would write it.
	String() string
	// play does it. An error means that the transcript cannot go on; an
	// expectation that does not hold is recorded by the player and is no error.
	play(ctx context.Context, p *player, at int) error
}

// Format gives the transcript back as it was written, byte for byte.
func (s *Script) Format() []byte {
	var b strings.Builder
	b.WriteString(s.mark)
	for _, l := range s.lines {
		b.WriteString(l.text)
		b.WriteString(l.end)
	}
	return []byte(b.String())
}

// indent is the blanks a line begins with.
func (l line) indent() string {
	return l.text[:len(l.text)-len(strings.TrimLeft(l.text, " \t"))]
}
