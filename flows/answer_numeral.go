package flows

import (
	"slices"
	"strings"
)

// numerals are the whole numbers to a hundred as a language writes them, folded and
// without blanks. Spellings of one number stand in one word with bars between.
type numerals struct {
	low   []string // from zero to nineteen
	tens  []string // from twenty to a hundred
	and   string   // may stand between the tens and what follows
	first bool     // what follows stands in front: zweiundvierzig
	// score lets sixty and eighty go on to nineteen: soixante-douze.
	score bool
	// elided drops the last vowel of the tens in front of another: ventuno.
	elided bool
}

// typedNumeral reads a whole number to a hundred in words, if they are all of the
// message: "quarante-deux", "forty two".
func typedNumeral(text string, tags ...string) (any, bool) {
	if len(text) > maxPhrase {
		return nil, false
	}
	for _, v := range tonguesOf(tags) {
		heard := slices.DeleteFunc(strings.Fields(fold(text)), func(w string) bool { return slices.Contains(v.fillers, w) })
		if n := v.numerals.read(strings.Join(heard, "")); n >= 0 {
			return float64(n), true
		}
	}
	return nil, false
}

// read is the number that a word stands for; -1 if it is none.
func (v *numerals) read(word string) int {
	if n := numbered(v.low, word); n >= 0 {
		return n
	}
	for i, spellings := range v.tens {
		n := 10 * (i + 2)
		for tens := range strings.SplitSeq(spellings, "|") {
			if word == tens {
				return n
			}
			if n == 100 {
				continue
			}
			for _, rest := range v.beside(word, tens) {
				u := numbered(v.low, strings.TrimPrefix(rest, v.and))
				if u >= 1 && u <= 9 || u >= 10 && v.score && (n == 60 || n == 80) {
					return n + u
				}
			}
		}
	}
	return -1
}

// beside is what stands beside the tens in a word, if they are in it.
func (v *numerals) beside(word, tens string) []string {
	if v.first {
		if rest, ok := strings.CutSuffix(word, v.and+tens); ok {
			return []string{rest}
		}
		return nil
	}
	var out []string
	if rest, ok := strings.CutPrefix(word, tens); ok {
		out = append(out, rest)
	}
	if rest, ok := strings.CutPrefix(word, tens[:len(tens)-1]); ok && v.elided && rest != "" && strings.ContainsAny(rest[:1], "aeiou") {
		out = append(out, rest)
	}
	return out
}

// numbered is the place of a word in a list of spellings; -1 if it is not there.
func numbered(list []string, word string) int {
	return slices.IndexFunc(list, func(spellings string) bool {
		for one := range strings.SplitSeq(spellings, "|") {
			if word != "" && one == word {
				return true
			}
		}
		return false
	})
}
