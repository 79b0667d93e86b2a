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

// strokes are letters that no decomposition takes apart, as people type them.
var strokes = map[rune]string{
	'ß': "ss", 'æ': "ae", 'œ': "oe", 'ø': "o", 'đ': "d", 'ð': "d", 'ł': "l", 'ħ': "h", 'ı': "i", 'þ': "th", 'ŧ': "t",
}
