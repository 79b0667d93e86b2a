package flows

import (
	"regexp"
	"strings"
)

// What people bring from other languages of templates and expressions.

// statement is the inside of {{ if … }} and the like.
var statement = regexp.MustCompile(`^[#%/-]?\s*(if|unless|for|each|foreach|with|range)\b\s*\S`)

// statementHint says what to write instead.
const statementHint = `write {{ CONDITION ? "one" : "other" }}, or put the texts into steps under if:`

// pipe is a single |, as filters of templates have it.
var pipe = lazily(`^\s*([^|]+?)\s*\|\s*([\p{L}_]+)\s*(?:\(\s*\))?\s*$`)

// piped is a text behind a single |.
var piped = regexp.MustCompile(`^\s*([^|]+?)\s*\|\s*("[^"]*"|'[^']*'|[0-9.]+)\s*$`)

// spaced is a name with blanks.
var spaced = lazily(`^(?:first|last|user|birth|shoe|post|zip|order|phone|full|family|given)(?: [\p{L}]+){1,2}$`)

// more and less are comparisons in words.
var (
	more = regexp.MustCompile(`^is (larger|greater|bigger|more|higher|above|over)\b`)
	less = regexp.MustCompile(`^is (smaller|less|lower|fewer|below|under)\b`)
)

// explainForeign puts in an author's words what was meant in another language; ok is
// false if nothing is known about it. from is the rune of the token that expr did
// not expect.
func explainForeign(source, token string, from int) (message, hint string, ok bool) {
	r := []rune(source)
	around := func(ahead, behind int) string {
		return string(r[min(max(from-ahead, 0), len(r)):min(from+behind, len(r))])
	}
	switch m := pipe().FindStringSubmatch(source); {
	case statement.MatchString(source):
		return "an expression is one value: " + firstWord(strings.TrimLeft(source, "#%/- ")) + " is not part of it", statementHint, true
	case m != nil && usage[m[2]] != "":
		return "a | hands nothing on here", "write " + m[2] + "(" + m[1] + ")", true
	case piped.MatchString(source):
		m := piped.FindStringSubmatch(source)
		return "a | gives no default", "write " + m[1] + " ?? " + m[2], true
	case m != nil && m[2] == "default":
		return "a | hands nothing on here", "write " + m[1] + ` ?? "…"`, true
	case around(0, 2) == "=>" || around(1, 1) == "=>":
		return "=> compares nothing", "write >=", true
	case around(0, 2) == "=<" || around(1, 1) == "=<":
		return "=< compares nothing", "write <=", true
	case around(2, 1) == "===" || around(2, 1) == "!==":
		return "two signs are enough here", "write == or !=", true
	case around(1, 1) == "<>":
		return "<> compares nothing", "write != for what is not equal", true
	case token == "," && isDigit(around(1, 0)) && isDigit(strings.TrimPrefix(around(0, 2), ",")):
		return "a comma stands in a number", "write a point: 1.5", true
	case token == "is" && more.MatchString(string(r[from:])):
		return "these words compare nothing", "write >, and what it is compared with", true
	case token == "is" && less.MatchString(string(r[from:])):
		return "these words compare nothing", "write <, and what it is compared with", true
	case token == "between":
		return "between is not part of the language", "write 3 <= contact.size and contact.size <= 5, with your name and numbers", true
	case spaced().MatchString(source):
		name := strings.ReplaceAll(fold(source), " ", "_")
		if contains(builtinFields, name) {
			return "a name has no blanks", "write contact." + name, true
		}
		return "a name has no blanks", "write it with _, as in contact." + name + ", as bot.yaml has it", true
	case token == "is" || token == "equals" || token == "eq":
		return token + " compares nothing", "write ==", true
	case from >= len(r)-1 && strings.Contains(strings.ReplaceAll(source, "??", ""), "?") && !strings.Contains(source, ":"):
		return "the second of two values is missing", `write CONDITION ? "one" : "other"`, true
	}
	return "", "", false
}

func isDigit(s string) bool { return len(s) == 1 && s[0] >= '0' && s[0] <= '9' }
