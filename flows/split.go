package flows

import (
	"math"
	"strings"
	"unicode"

	"github.com/rivo/uniseg"
)

// split takes as many sentences from the front of a text as are no longer than n together,
// and returns them and the rest. Where the first sentence alone is longer, it ends in front
// of a word; where a word is, between whole characters as people see them; and where one of
// those is, as a letter with a thousand accents, within it. Characters are counted as the
// platform counts them: an emoji of several, or a letter with its accent beside it, is as
// many as Unicode writes it with.
func (l textLimit) split(s string, n int) (head, rest string) {
	s = strings.TrimSpace(s)
	if l.size(s) <= n {
		return s, ""
	}
	end := 0
	for left, state := s, -1; left != ""; {
		var sentence string
		sentence, left, state = uniseg.FirstSentenceInString(left, state)
		stop := end + len(sentence)
		if l.size(strings.TrimRightFunc(s[:stop], unicode.IsSpace)) > n {
			break
		}
		end = stop
	}
	if end == 0 {
		word, whole := within(s, n, l.size)
		switch {
		case word > 0:
			end = word
		case whole > 0:
			end = whole
		default:
			end = runesWithin(s, n, l.size)
		}
	}
	return strings.TrimSpace(s[:end]), strings.TrimSpace(s[end:])
}

// mostParts is how many messages one text may become where the turn has said little; what
// is longer is cut.
const mostParts = 8

// most is how long the text of a message may be. What is no text has limits of its own.
func (l textLimit) most(msg *Message) int {
	switch {
	case msg.Kind != Text:
		return math.MaxInt
	case len(msg.Buttons) > 0:
		return l.buttons
	}
	return l.plain
}

// fits says whether the text of a message needs no splitting.
func (l textLimit) fits(msg *Message) bool {
	most := l.most(msg)
	return len(msg.Text) <= most || l.size(msg.Text) <= most
}

// parts splits the text of a message that is longer than the platform takes into n at most,
// the last of which is cut. Buttons and quick replies are for the last part.
func (l textLimit) parts(msg *Message, n int) []string {
	var out []string
	most := l.most(msg)
	for rest := msg.Text; rest != ""; {
		if len(out) == n-1 {
			return append(out, cutBy(rest, most, l.size))
		}
		var head string
		head, rest = l.split(rest, most)
		out = append(out, head)
	}
	return out
}
