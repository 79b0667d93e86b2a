package flows

import (
	"slices"
	"strings"

	"github.com/agnivade/levenshtein"
)

// didYouMean is a hint for a name nobody knows: the nearest of the known ones, or,
// behind lead, all of them if they are few.
func didYouMean(name string, known []string, lead string) string {
	if best := nearest(name, known); best != "" {
		return `did you mean "` + best + `"?`
	}
	all := slices.Clone(known)
	slices.Sort(all)
	all = slices.Compact(all)
	switch {
	case len(all) == 0:
		return ""
	case len(all) > 16:
		all = append(all[:16], "…")
	}
	return lead + strings.Join(all, ", ")
}

// nearest is the known name that somebody who typed name may have meant, or "".
func nearest(name string, known []string) string {
	known = slices.Sorted(slices.Values(known)) // the same answer whatever the order
	best, distance := "", 3
	folded := fold(name)
	if n := runes(folded); n <= 3 {
		distance = 2
	}
	for _, k := range known {
		d := levenshtein.ComputeDistance(folded, fold(k))
		if swapped(folded, fold(k)) {
			d = 1
		}
		if d < distance || d == distance && best != "" && k < best {
			best, distance = k, d
		}
	}
	if best != "" {
		return best
	}
	// A name with its words in another order, singular for plural, or cut short.
	for _, k := range known {
		if f := fold(k); len(folded) >= 4 && (strings.HasPrefix(f, folded) || strings.HasPrefix(folded, f) && len(f) >= 4) {
			return k
		}
	}
	return ""
}

// swapped says whether two neighbours changed places: sya for say.
func swapped(a, b string) bool {
	if len(a) != len(b) || a == b {
		return false
	}
	i := 0
	for a[i] == b[i] {
		i++
	}
	return i+1 < len(a) && a[i] == b[i+1] && a[i+1] == b[i] && a[i+2:] == b[i+2:]
}

func contains(list []string, s string) bool { return slices.Contains(list, s) }
