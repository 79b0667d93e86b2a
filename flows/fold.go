package flows

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// fold brings what people type to a form to compare: small letters without accents,
// without punctuation and emoji, one blank between words. An apostrophe vanishes,
// because many leave it out; a hyphen is a blank.
func fold(s string) string {
	if isFolded(s) {
		return s
	}
	var b strings.Builder
	b.Grow(len(s))
	blank := false // a blank is due before the next letter
	write := func(r rune) {
		if blank && b.Len() > 0 {
			b.WriteByte(' ')
		}
		blank = false
		b.WriteRune(r)
	}
	fast := true
	for i := 0; i < len(s) && fast; i++ {
		fast = s[i] < utf8.RuneSelf
	}
	if !fast {
		s = norm.NFKD.String(s)
	}
	for _, r := range s {
		switch {
		case r >= 'a' && r <= 'z' || r >= '0' && r <= '9':
			write(r)
		case r >= 'A' && r <= 'Z':
			write(r + 'a' - 'A')
		case r == '\'' || r == '’' || r == 'ʼ' || r == '´' || r == '`':
		case r < utf8.RuneSelf:
			blank = true
		case unicode.Is(unicode.Mn, r) || r == '\u200d' || r == '\ufe0f':
		case unicode.IsLetter(r) || unicode.IsDigit(r):
			if plain, ok := strokes[unicode.ToLower(r)]; ok {
				for _, p := range plain {
					write(p)
				}
				continue
			}
			write(unicode.ToLower(r))
		default:
			blank = true
		}
	}
	return b.String()
}

// foldsTo says whether a text, folded, is another that is folded; empty that nothing is
// left of it. Of plain letters it makes no text to find out: a reply is compared with each
// label in reach.
func foldsTo(s, folded string) (is, empty bool) {
	at, blank := 0, false // of folded: what s has given so far
	empty = true
	for i := 0; i < len(s); i++ {
		c := s[i]
		switch {
		case c >= utf8.RuneSelf:
			whole := fold(s)
			return whole == folded && whole != "", whole == ""
		case c >= 'A' && c <= 'Z':
			c += 'a' - 'A'
		case c >= 'a' && c <= 'z' || c >= '0' && c <= '9':
		case c == '\'' || c == '`':
			continue
		default:
			blank = true
			continue
		}
		if blank && !empty {
			if at >= len(folded) || folded[at] != ' ' {
				return false, false
			}
			at++
		}
		if at >= len(folded) || folded[at] != c {
			return false, false
		}
		at, blank, empty = at+1, false, false
	}
	return at == len(folded) && !empty, empty
}

// isFolded says that a text is folded as it stands: most of what people type is.
func isFolded(s string) bool {
	blank := true // in front of the first word there is none
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c >= 'a' && c <= 'z' || c >= '0' && c <= '9':
			blank = false
		case c == ' ' && !blank && i < len(s)-1:
			blank = true
		default:
			return false
		}
	}
	return true
}

// strokes are letters that no decomposition takes apart, as people type them.
var strokes = map[rune]string{
	'ß': "ss", 'æ': "ae", 'œ': "oe", 'ø': "o", 'đ': "d", 'ð': "d", 'ł': "l", 'ħ': "h", 'ı': "i", 'þ': "th", 'ŧ': "t",
}
