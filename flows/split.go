package flows

import (
	"math"
	"strings"
	"unicode"

	"github.com/rivo/uniseg"
)

// split takes as many sentences from the front of a text as are no longer than n together,
// and returns them and the rest. Where the first sentence alone is longer, it ends in front
// of a word; where a word is, between whole characters as people see them. Characters are
// counted as the platform counts them: an emoji of several, or a letter with its accent
// beside it, is as many as Unicode writes it with.
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
		end = len(l.beforeWord(s, n))
	}
	return strings.TrimSpace(s[:end]), strings.TrimSpace(s[end:])
}

// beforeWord is the beginning of a text up to the last blank among its first n characters,
// and one more; the characters themselves where there is no blank.
func (l textLimit) beforeWord(s string, n int) string {
	end, word, used, state := 0, 0, 0, -1
	for rest := s; rest != ""; {
		var cluster string
		cluster, rest, _, state = uniseg.FirstGraphemeClusterInString(rest, state)
		if strings.TrimSpace(cluster) == "" {
			word = end
		}
		if used += l.size(cluster); used > n {
			break
		}
		end += len(cluster)
	}
	switch {
	case word > 0:
		return s[:word]
	case end > 0:
		return s[:end]
	}
	return s
}

// mostParts is how many messages one text may become; what is longer is cut.
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

// parts splits the text of a message that is longer than the platform takes. Buttons and
// quick replies are for the last part.
func (l textLimit) parts(msg *Message) []string {
	var out []string
	most := l.most(msg)
	for rest := msg.Text; rest != ""; {
		if len(out) == mostParts-1 {
			return append(out, l.cut(rest, most))
		}
		var head string
		head, rest = l.split(rest, most)
		out = append(out, head)
	}
	return out
}

// cut is a text that is no longer than n, by what counts here.
func (l textLimit) cut(s string, n int) string {
	if l.size(s) <= n {
		return s
	}
	if s = cut(s, n); l.size(s) <= n {
		return s
	}
	return strings.TrimSpace(l.beforeWord(s, n-len("…"))) + "…"
}
