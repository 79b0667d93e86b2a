package chat

import (
	"fmt"
	"strings"
	"unicode"

	"github.com/agnivade/levenshtein"
	"golang.org/x/text/unicode/norm"
)

// suggest is a hint for a word that is none of the known: the nearest of them if
// one is near, else all.
func suggest(got string, known []string) string {
	if best, ok := nearest(got, known); ok {
		return fmt.Sprintf("did you mean %q?", best)
	}
	if len(known) == 0 {
		return ""
	}
	return "one of " + strings.Join(known, ", ")
}

// nearest is the known word that got was most likely meant to be. Case and accents
// do not count; in a word of four letters or more a third of them, and one, may be
// wrong.
func nearest(got string, known []string) (string, bool) {
	got = fold(got)
	n := len([]rune(got))
	if n == 0 || n > maxName {
		return "", false
	}
	best, least := "", 1
	if n >= 4 {
		least = n/3 + 2
	}
	for _, k := range known {
		if len(k) > maxName {
			continue
		}
		if d := levenshtein.ComputeDistance(got, fold(k)); d < least {
			best, least = k, d
		}
	}
	return best, best != ""
}

// fold takes case and accents off.
func fold(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.Is(unicode.Mn, r) {
			return -1
		}
		return unicode.ToLower(r)
	}, norm.NFD.String(s))
}
