package flows

import (
	"strings"
	"unicode/utf8"

	"github.com/rivo/uniseg"
)

// cut shortens a text to at most n characters, in front of a word, and shows that
// it did. Where hardly anything would be left, a long word is cut between whole
// characters, as people see them.
func cut(s string, n int) string { return cutBy(s, n, utf8.RuneCountInString) }

// cutBy is cut where something else counts than characters.
func cutBy(s string, n int, size func(string) int) string {
	if len(s) <= n || size(s) <= n {
		return s
	}
	word, whole := within(s, n-size("…"), size)
	if kept := strings.TrimSpace(s[:word]); kept != "" && size(kept) >= n/4 {
		return kept + "…"
	}
	return strings.TrimSpace(s[:whole]) + "…"
}

// within is how many bytes of a text to keep for it to have a size of n: up to the last
// blank that words stand before, and up to the last whole character, as people see them.
// Both are 0 if there is none so far in front.
func within(s string, n int, size func(string) int) (word, whole int) {
	used, state := 0, -1
	for rest := s; rest != ""; {
		var cluster string
		cluster, rest, _, state = uniseg.FirstGraphemeClusterInString(rest, state)
		if strings.TrimSpace(cluster) == "" {
			word = whole
		}
		if used += size(cluster); used > n {
			break
		}
		whole += len(cluster)
	}
	return word, whole
}

// runesWithin is within for what is one character as people see it: the bytes of as many
// runes as have room, and of one in any case.
func runesWithin(s string, n int, size func(string) int) int {
	end := 0
	for end < len(s) {
		_, width := utf8.DecodeRuneInString(s[end:])
		if n -= size(s[end : end+width]); n < 0 && end > 0 {
			break
		}
		end += width
	}
	return end
}
