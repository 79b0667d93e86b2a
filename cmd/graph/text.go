package graph

import (
	"strings"
	"unicode"

	"github.com/rivo/uniseg"
)

// width is about how wide a text is, in pixels. Which font a viewer has is not known:
// this is a wide one, so that texts stay inside of their boxes.
func width(s string, size float64) float64 {
	em := 0.0
	for rest, state := s, -1; rest != ""; {
		var cluster string
		var cells int
		cluster, rest, cells, state = uniseg.FirstGraphemeClusterInString(rest, state)
		r := []rune(cluster)[0]
		switch {
		case cells > 1:
			em += 1.1
		case strings.ContainsRune("iljI.,:;'|!", r):
			em += 0.34
		case strings.ContainsRune("ft()[]{}-r \"`/\\", r):
			em += 0.41
		case strings.ContainsRune("mwMW@%—…", r):
			em += 0.96
		case unicode.IsUpper(r):
			em += 0.73
		default:
			em += 0.62
		}
	}
	return em * size
}

// plain is a text in one line, without what cannot be drawn.
func plain(s string) string {
	s = strings.Map(func(r rune) rune {
		switch {
		case r == '\n' || r == '\t' || unicode.IsSpace(r):
			return ' '
		case unicode.IsControl(r) || r == 0xfffe || r == 0xffff || r >= 0x202a && r <= 0x202e || r >= 0x2066 && r <= 0x2069:
			return -1 // marks of direction would turn what stands beside them
		}
		return r
	}, s)
	return strings.Join(strings.Fields(s), " ")
}

// cut shortens a text to a width, and shows that it did.
func cut(s string, size, most float64) string {
	if width(s, size) <= most {
		return s
	}
	short := ""
	for rest, state := s, -1; rest != ""; {
		var cluster string
		cluster, rest, _, state = uniseg.FirstGraphemeClusterInString(rest, state)
		if width(short+cluster+"…", size) > most {
			break
		}
		short += cluster
	}
	return strings.TrimRight(short, " ") + "…"
}

// wrap breaks a text into lines of a width, of which there are at most some.
func wrap(s string, size, most float64, lines int) []string {
	var out []string
	line := ""
	words := strings.Fields(plain(s))
	for i, word := range words {
		longer := word
		if line != "" {
			longer = line + " " + word
		}
		if width(longer, size) <= most {
			line = longer
			continue
		}
		if len(out) == lines-1 {
			return append(out, cut(strings.TrimLeft(line+" ", " ")+strings.Join(words[i:], " "), size, most))
		}
		if line == "" { // one word alone is too long
			out = append(out, cut(word, size, most))
			continue
		}
		out = append(out, line)
		if line = word; width(word, size) > most {
			out, line = append(out, cut(word, size, most)), ""
			if len(out) == lines {
				return out
			}
		}
	}
	if line != "" {
		out = append(out, line)
	}
	return out
}
