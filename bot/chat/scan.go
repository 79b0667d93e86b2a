package chat

import (
	"strings"
	"unicode"
)

// scanner reads one line from left to right. Places are rune offsets.
type scanner struct {
	p    *parser
	line []rune
	num  int // 1-based
	pos  int
}

// word is one part of a line between blanks: plain, "quoted", or key=value.
type word struct {
	text       string // the value; quotes taken off, ⏎ turned into a line break
	key        string // empty if the word has none
	from, to   int
	unfinished bool // a quote that nobody closes; reported already
}

func blank(r rune) bool { return unicode.IsSpace(r) }

func (s *scanner) skip() {
	for s.pos < len(s.line) && blank(s.line[s.pos]) {
		s.pos++
	}
}

// done reports whether nothing but blanks is left.
func (s *scanner) done() bool {
	s.skip()
	return s.pos == len(s.line)
}

// rest takes all that is left, without the blanks around it.
func (s *scanner) rest() (text []rune, from int) {
	s.skip()
	from, to := s.pos, len(s.line)
	for to > from && blank(s.line[to-1]) {
		to--
	}
	s.pos = len(s.line)
	return s.line[from:to], from
}

// word takes the next word; ok is false at the end of the line.
func (s *scanner) word() (w word, ok bool) {
	if s.done() {
		return word{from: s.pos, to: s.pos}, false
	}
	return s.until(blank), true
}

// until takes one word that ends before the first rune, outside quotes, that stop
// accepts.
func (s *scanner) until(stop func(rune) bool) word {
	w := word{from: s.pos}
	value := s.pos
	for i := s.pos; i < len(s.line) && !stop(s.line[i]); i++ {
		if s.line[i] == '=' {
			if isName(string(s.line[s.pos:i])) {
				w.key, value = string(s.line[s.pos:i]), i+1
			}
			break
		}
	}
	s.pos = value
	if value < len(s.line) && s.line[value] == '"' {
		w.text, w.unfinished = s.quoted()
		if end := s.pos; s.pos < len(s.line) && !stop(s.line[s.pos]) && !blank(s.line[s.pos]) && !w.unfinished {
			for s.pos < len(s.line) && !stop(s.line[s.pos]) {
				s.pos++
			}
			s.errorf("chat-value", end, s.pos, `inside quotes a quote is written \"`, "text behind a closing quote")
			w.unfinished = true
		}
	} else {
		for s.pos < len(s.line) && !stop(s.line[s.pos]) {
			s.pos++
		}
		w.text = broken(strings.TrimRightFunc(string(s.line[value:s.pos]), unicode.IsSpace))
	}
	w.to = s.pos
	return w
}

// quoted takes a quoted text, of which \" and \\ are the only escapes.
func (s *scanner) quoted() (text string, unfinished bool) {
	var b strings.Builder
	start := s.pos
	for s.pos++; s.pos < len(s.line); s.pos++ {
		switch r := s.line[s.pos]; {
		case r == '"':
			s.pos++
			return broken(b.String()), false
		case r == '\\' && s.pos+1 < len(s.line) && (s.line[s.pos+1] == '"' || s.line[s.pos+1] == '\\'):
			s.pos++
			b.WriteRune(s.line[s.pos])
		default:
			b.WriteRune(r)
		}
	}
	s.errorf("chat-value", start, s.pos, `close it with "`, "a quote that is not closed")
	return b.String(), true
}

// end reports what stands behind the last thing a line can hold.
func (s *scanner) end() {
	rest, from := s.rest()
	if len(rest) == 0 {
		return
	}
	hint := "take it out, or quote a value that has blanks"
	if rest[0] == '#' {
		hint = "a comment stands on a line of its own"
	}
	s.errorf("chat-line", from, from+len(rest), hint, "%q is too much here", clip(string(rest)))
}

// isName reports whether s can name a field, an event, a topic or a handler.
func isName(s string) bool {
	for i, r := range s {
		switch {
		case unicode.IsLetter(r), r == '_':
		case i > 0 && (unicode.IsDigit(r) || r == '.' || r == '-'):
		default:
			return false
		}
	}
	return s != "" && len(s) <= maxName
}

// broken turns the sign of a line break into one.
func broken(s string) string { return strings.ReplaceAll(s, "⏎", "\n") }

// quote writes a value so that the scanner reads it back: in quotes only where it
// must be. stops are runes that would end it.
func quote(s, stops string) string {
	s = strings.ReplaceAll(s, "\n", "⏎")
	if s != "" && s[0] != '"' && !strings.ContainsFunc(s, func(r rune) bool { return blank(r) || strings.ContainsRune(stops, r) }) {
		return s
	}
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(s) + `"`
}

// clip shortens a text for a message.
func clip(s string) string {
	const most = 40
	if r := []rune(s); len(r) > most {
		return string(r[:most-1]) + "…"
	}
	return s
}
