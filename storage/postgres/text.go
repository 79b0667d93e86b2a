package postgres

import (
	"strings"
	"unicode/utf8"
)

// PostgreSQL takes no text with a NUL or with bytes that are not UTF-8, and people
// send both. escape stands before the two hexadecimal digits of such a byte, and of
// itself; it sorts below all that is kept as it is.
const escape = '\x01'

const hexadecimal = "0123456789abcdef"

// escaped is how a string is kept.
func escaped(s string) string {
	if plain(s) {
		return s
	}
	var b strings.Builder
	for len(s) > 0 {
		r, n := utf8.DecodeRuneInString(s)
		if c := s[0]; r == utf8.RuneError && n == 1 || c <= escape {
			b.Write([]byte{escape, hexadecimal[c>>4], hexadecimal[c&15]})
		} else {
			b.WriteString(s[:n])
		}
		s = s[n:]
	}
	return b.String()
}

// plain says that a string is kept as it is.
func plain(s string) bool {
	ascii := true
	for i := range len(s) {
		if s[i] <= escape {
			return false
		}
		ascii = ascii && s[i] < utf8.RuneSelf
	}
	return ascii || utf8.ValidString(s)
}

// unescaped is the string that was kept.
func unescaped(kept []byte) string {
	s := string(kept)
	i := strings.IndexByte(s, escape)
	if i < 0 {
		return s
	}
	var b strings.Builder
	for ; i >= 0 && i+2 < len(s); i = strings.IndexByte(s, escape) {
		b.WriteString(s[:i])
		b.WriteByte(byte(strings.IndexByte(hexadecimal, s[i+1])<<4 | strings.IndexByte(hexadecimal, s[i+2])))
		s = s[i+3:]
	}
	b.WriteString(s)
	return b.String()
}
