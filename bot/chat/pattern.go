package chat

import (
	"errors"
	"fmt"
	"regexp"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// pattern is a text as a transcript expects it: exactly, with … for any text, and
// with /regex/ for what that matches.
type pattern struct {
	source string // as written
	plain  string // visible(source): a text that looks like this matches always
	also   *regexp.Regexp
}

// errPattern is the mistake of a /regex/ that cannot be compiled.
var errPattern = errors.New("not a regular expression")

// compile reads a pattern. A text that is one /regex/ as a whole may match
// anywhere, as in other tools; with more around it, the whole text must match.
func compile(source string) (pattern, error) {
	p := pattern{source: source, plain: visible(source)}
	runes := []rune(p.plain)
	if n := len(runes); n > 2 && runes[0] == '/' && runes[n-1] == '/' && !closesBefore(runes, n-1) {
		re, err := regex(string(runes[1 : n-1]))
		p.also = re
		return p, err
	}
	var b strings.Builder
	special := false
	for i := 0; i < len(runes); i++ {
		if runes[i] == '…' {
			b.WriteString(".*")
			special = true
			continue
		}
		if end := inlineEnd(runes, i); end > 0 {
			// What only looks like a /regex/ stays text: "et/ou (1 /2( /".
			if inner := string(runes[i+1 : end]); valid(inner) {
				b.WriteString("(?:" + spread(inner) + ")")
				special = true
				i = end
				continue
			}
		}
		b.WriteString(regexp.QuoteMeta(string(runes[i])))
	}
	if special {
		// The parts are valid by themselves; together they may be too large.
		re, err := regexp.Compile("(?s)^(?:" + b.String() + ")$")
		if err != nil {
			return p, fmt.Errorf("%w: %s", errPattern, reason(err))
		}
		p.also = re
	}
	return p, nil
}

// match reports whether a visible text is what the pattern expects.
func (p pattern) match(text string) bool {
	return text == p.plain || p.also != nil && p.also.MatchString(text)
}

// inlineEnd is the place of the slash that closes a /regex/ opened at i, 0 if
// there is none. The slashes of 1/2, et/ou and https:// open nothing.
func inlineEnd(runes []rune, i int) int {
	if runes[i] != '/' || i+1 == len(runes) || runes[i+1] == '/' || blank(runes[i+1]) {
		return 0
	}
	if i > 0 && !blank(runes[i-1]) && !strings.ContainsRune(`("'«“‘`, runes[i-1]) {
		return 0
	}
	for j := i + 2; j < len(runes) && j-i <= maxPattern; j++ {
		if runes[j] != '/' || runes[j-1] == '\\' || blank(runes[j-1]) {
			continue
		}
		if j+1 == len(runes) || !(unicode.IsLetter(runes[j+1]) || unicode.IsDigit(runes[j+1]) || runes[j+1] == '/') {
			return j
		}
	}
	return 0
}

// closesBefore reports whether a /regex/ that begins the text ends before the last
// slash: "/a+/ ou /b+/" is two.
func closesBefore(runes []rune, last int) bool {
	end := inlineEnd(runes, 0)
	return end > 0 && end < last
}

func valid(inner string) bool {
	_, err := regex(inner)
	return err == nil
}

// regex compiles the inside of slashes. A dot matches a line break too, since a
// transcript shows a message as one line.
func regex(inner string) (*regexp.Regexp, error) {
	if len([]rune(inner)) > maxPattern {
		return nil, fmt.Errorf("%w: longer than %d characters", errPattern, maxPattern)
	}
	re, err := regexp.Compile("(?s)" + spread(inner))
	if err != nil {
		return nil, fmt.Errorf("%w: %s", errPattern, reason(err))
	}
	return re, nil
}

// spread lets \n in a regex stand for a break, which visible texts show as ⏎, and
// takes the backslash off a slash.
func spread(inner string) string {
	return strings.NewReplacer(`\\`, `\\`, `\n`, `⏎`, `\/`, `/`).Replace(inner)
}

// reason is what regexp says is wrong, without its preamble and ours.
func reason(err error) string {
	text := strings.TrimPrefix(err.Error(), "error parsing regexp: ")
	return strings.Replace(text, "`(?s)", "`", 1)
}

// exactly writes a pattern that matches just this text, for texts that would be
// read as something else if they stood there plainly.
func exactly(text string) string {
	text = regexp.QuoteMeta(text)
	// Brackets would look like labels, a bare slash like the end.
	return "/^" + strings.NewReplacer(`\[`, `\x5b`, `\]`, `\x5d`, "/", `\/`).Replace(text) + "$/"
}

// visible is a text as a reader of a transcript sees it: one line, breaks as ⏎,
// every kind of blank as a blank (a no-break space cannot be seen, nor typed on
// most keyboards), accents composed, no blanks around it or around a break.
func visible(s string) string {
	s = strings.ReplaceAll(s, "\r\n", "\n")
	s = strings.Map(func(r rune) rune {
		switch {
		case r == '\n', r == '\r', r == '\v', r == '\f', r == '\u0085', r == '\u2028', r == '\u2029':
			return '⏎'
		case r == '\t', unicode.Is(unicode.Zs, r):
			return ' '
		case unicode.IsControl(r), r == '\ufeff':
			return -1
		}
		return r
	}, s)
	s = norm.NFC.String(strings.ToValidUTF8(s, "\ufffd"))
	if strings.Contains(s, " ⏎") || strings.Contains(s, "⏎ ") {
		lines := strings.Split(s, "⏎")
		for i := range lines {
			lines[i] = strings.Trim(lines[i], " ")
		}
		s = strings.Join(lines, "⏎")
	}
	return strings.Trim(s, " ")
}
