package flows

import (
	"slices"
	"strconv"
	"strings"
)

// vocabulary is the words that may stand in front of a colon in the files of a bot.
var vocabulary = strings.Fields(`
	say show ask choose if set call wait opt_in opt_out preferences go run split track hand_over end id
	description inputs triggers steps moved then else buttons quick_replies persona typing one_of
	url each title subtitle image open name with save unless type choices check retry attempts otherwise timeout on_timeout
	options label about cadence accepted declined variants weight value note resume_after until event where
	retries on_error start keywords match pattern postback referral comment opted_in opted_out cron date idle fallback
	topic expires holdout timezone yearly offset at phone
	locale region fields topics events handlers webhooks secret quiet_hours budget baseline rate stop_words personas channels data_retention
	min max unique interest once priority pause_if opt_outs errors after post in out per picture notifications greeting ice_breakers menu`)

// known says whether a word is one of the language.
func known(word string) bool { return slices.Contains(vocabulary, word) }

// bare says whether a key holds a bare expression.
func bare(key string) bool {
	switch key {
	case "if", "unless", "where", "check", "each":
		return true
	}
	return false
}

// splitKey takes "key: value" apart; key is empty if the line has none.
func splitKey(body string) (key, value string) {
	if body == "" || strings.ContainsAny(body[:1], `"'{[&*!|>%@`+"`#") {
		return "", ""
	}
	at := colonIn(body)
	if at < 0 || strings.ContainsAny(body[:at], "{[") {
		return "", ""
	}
	return strings.TrimRight(body[:at], " "), strings.TrimLeft(body[at+1:], " ")
}

// splitQuoted splits a line whose key stands in quotes, as the texts of a locale file
// do that hold a colon. The key is empty if there is none.
func splitQuoted(body string) (key, value string) {
	if body == "" || body[0] != '"' && body[0] != '\'' {
		return "", ""
	}
	at := closing(body)
	if at < 0 || !strings.HasPrefix(body[at+1:], ": ") {
		return "", ""
	}
	return body[1:at], strings.TrimLeft(body[at+2:], " ")
}

// colonIn is the first colon that YAML takes for one behind a key, or -1.
func colonIn(s string) int {
	if at := strings.Index(s, ": "); at >= 0 {
		return at
	}
	if strings.HasSuffix(s, ":") {
		return len(s) - 1
	}
	return -1
}

// keyOf is the key of a line, behind its dashes.
func keyOf(line string) string {
	body := strings.TrimLeft(line, " ")
	for strings.HasPrefix(body, "- ") {
		body = strings.TrimLeft(body[1:], " ")
	}
	key, _ := splitKey(body)
	return key
}

// cutColumns is the line without its first n columns.
func cutColumns(line string, n int) string {
	for i := range line {
		if n <= 0 {
			return line[i:]
		}
		n--
	}
	return ""
}

func firstWord(s string) string {
	word, _, _ := strings.Cut(strings.TrimLeft(s, " "), " ")
	return word
}

// withQuoted is a line in which the text at a column (from 0) stands in quotes.
func withQuoted(line string, col int, text string) string {
	r := []rune(line)
	col = min(col, len(r))
	end := min(col+runes(text), len(r))
	return string(r[:col]) + quoted(text) + string(r[end:])
}

// quoted is a text as a quoted YAML scalar.
func quoted(s string) string {
	if strings.ContainsAny(s, `"\`) {
		return "'" + strings.ReplaceAll(s, "'", "''") + "'"
	}
	return `"` + s + `"`
}

// needsQuotes says whether a text would be misread without quotes.
func needsQuotes(s string) bool {
	return s != "" && (colonIn(s) >= 0 || strings.Contains(s, " #") || strings.ContainsAny(s[:1], "@`%*&!|>{[]},#?\"'"))
}

// closing is the index of the quote that ends the quoted text s begins with, or -1.
func closing(s string) int {
	q := s[0]
	for i := 1; i < len(s); i++ {
		switch {
		case s[i] == '\\' && q == '"':
			i++
		case s[i] == q && q == '\'' && i+1 < len(s) && s[i+1] == q:
			i++
		case s[i] == q:
			return i
		}
	}
	return -1
}

// templateAt is the {{ … }} that s begins with and the text that belongs to it: all
// of s, or, inside brackets, what stands before the comma or bracket behind it.
func templateAt(s string) string {
	end := strings.Index(s, "}}")
	if end < 0 {
		return strings.TrimRight(s, " ")
	}
	for i := end + 2; i < len(s); i++ {
		if s[i] == ',' || s[i] == ']' || s[i] == '}' {
			return strings.TrimRight(s[:i], " ")
		}
	}
	return strings.TrimRight(s, " ")
}

// closers are the brackets that close the open ones.
func closers(open []rune) string {
	var b strings.Builder
	for _, c := range slices.Backward(open) {
		if c == '[' {
			b.WriteByte(']')
		} else {
			b.WriteByte('}')
		}
	}
	return b.String()
}

func itoa(n int) string { return strconv.Itoa(n) }
