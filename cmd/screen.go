package cmd

import (
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/rivo/uniseg"

	"github.com/relance-bot/relance/bot/messenger/emulator"
)

// screen is a chat as a terminal shows it. What can be tapped is numbered; the
// numbers are those of the newest messages.
type screen struct {
	out       io.Writer
	bold, dim func(string) string
	shown     int // things in the chat that were looked at
	taps      []tappable
	broken    bool // the line of the prompt is not ended
}

// tappable is one label on the screen.
type tappable struct {
	message string // its MID
	button  emulator.ShownButton
	opens   string // a URL or a telephone number, if that is all it does
	optIn   bool   // it accepts an opt-in request
}

// screenWidth is where quick replies go on in the next line.
const screenWidth = 80

func newScreen(out io.Writer) *screen {
	return &screen{out: out, bold: style(out, "1"), dim: style(out, "2")}
}

// style wraps text in a terminal's escape codes, where that helps.
func style(w io.Writer, code string) func(string) string {
	if !colorful(w) {
		return func(s string) string { return s }
	}
	return func(s string) string { return "\x1b[" + code + "m" + s + "\x1b[0m" }
}

// prompt asks for a line.
func (s *screen) prompt() {
	fmt.Fprint(s.out, "\n"+s.bold("> "))
	s.broken = true
}

// echo writes what was read, where the terminal did not.
func (s *screen) echo(line string) {
	fmt.Fprintln(s.out, line)
	s.broken = false
}

// end leaves the cursor at the beginning of a line.
func (s *screen) end() {
	if s.broken {
		fmt.Fprintln(s.out)
	}
}

// note says something that is not the bot's.
func (s *screen) note(format string, args ...any) {
	for line := range strings.SplitSeq(fmt.Sprintf(format, args...), "\n") {
		fmt.Fprintln(s.out, s.dim(line))
	}
	s.broken = false
}

// tap is what carries a number; nil if nothing does.
func (s *screen) tap(n int) *tappable {
	if n < 1 || n > len(s.taps) {
		return nil
	}
	return &s.taps[n-1]
}

// show prints what the bot said since, and reports whether there was something.
func (s *screen) show(chat []emulator.Shown) bool {
	said := false
	for _, m := range chat[s.shown:] {
		if m.From != emulator.FromPage {
			continue
		}
		if !said {
			fmt.Fprintln(s.out)
			s.taps = nil
		}
		said = true
		s.message(m)
	}
	s.shown = len(chat)
	if said {
		s.broken = false
	}
	return said
}

func (s *screen) message(m emulator.Shown) {
	if m.Persona != "" {
		fmt.Fprintln(s.out, "  "+s.dim(m.Persona))
	}
	switch m.Kind {
	case emulator.KindText:
		s.text("  ", m.Text)
	case emulator.KindOptIn:
		fmt.Fprintf(s.out, "  ┌ %s\n  └ %s\n", s.bold(m.OptIn.Title), s.number(tappable{
			message: m.MID, button: emulator.ShownButton{Label: m.OptIn.Label}, optIn: true,
		}))
	case emulator.KindCards:
		for _, c := range m.Cards {
			s.card(m.MID, c)
		}
	default:
		s.text("  ", fmt.Sprintf("(%s) %s", m.Kind, described(m)))
	}
	for _, b := range m.Buttons {
		s.text("    ", s.number(tappable{message: m.MID, button: b}))
	}
	s.row(m.MID, m.QuickReplies)
}

func (s *screen) card(message string, c emulator.ShownCard) {
	lines := []string{s.bold(c.Title)}
	if c.Subtitle != "" {
		lines = append(lines, strings.Split(c.Subtitle, "\n")...)
	}
	for _, b := range c.Buttons {
		lines = append(lines, s.number(tappable{message: message, button: b}))
	}
	for i, line := range lines {
		edge := "│"
		switch {
		case len(lines) == 1:
			edge = "╶"
		case i == 0:
			edge = "┌"
		case i == len(lines)-1:
			edge = "└"
		}
		fmt.Fprintf(s.out, "  %s %s\n", edge, line)
	}
}

// row prints quick replies beside each other, as far as the line goes.
func (s *screen) row(message string, replies []emulator.ShownButton) {
	const indent, gap = 4, 3
	width := 0
	for i, q := range replies {
		label := s.number(tappable{message: message, button: q})
		wide := gap + uniseg.StringWidth(q.Label) + len(strconv.Itoa(len(s.taps))) + 1
		switch {
		case i == 0:
			fmt.Fprint(s.out, strings.Repeat(" ", indent))
			width = indent - gap
		case width+wide > screenWidth:
			fmt.Fprint(s.out, "\n"+strings.Repeat(" ", indent))
			width = indent - gap
		default:
			fmt.Fprint(s.out, strings.Repeat(" ", gap))
		}
		width += wide
		fmt.Fprint(s.out, label)
	}
	if len(replies) > 0 {
		fmt.Fprintln(s.out)
	}
}

// number numbers a label, so that it can be tapped.
func (s *screen) number(t tappable) string {
	text := t.button.Label
	switch {
	case t.button.URL != "":
		t.opens, text = t.button.URL, text+" ↗"
	case t.button.Type == "phone_number":
		t.opens, text = t.button.Payload, text+" ☎"
	}
	s.taps = append(s.taps, t)
	return s.bold(strconv.Itoa(len(s.taps))) + " " + text
}

// text prints lines behind an indent.
func (s *screen) text(indent, text string) {
	fmt.Fprintln(s.out, indent+strings.ReplaceAll(text, "\n", "\n"+indent))
}
