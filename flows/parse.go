package flows

import (
	"encoding/json"
	"strconv"
	"unicode/utf8"
)

// This file reads JSON by hand: every turn reads a session, and every tap a payload,
// and reflection would be the most expensive part of it. What it takes, encoding/json
// takes, and means the same by it.

// maxInside is how deep lists and objects may lie in each other, as encoding/json has it.
const maxInside = 10_000

// reader reads one JSON text. What is wrong makes it stop: from then on it reads nothing
// more, and failed is set. Texts it gives are parts of the one it reads.
type reader struct {
	text   string
	at     int
	deep   int
	failed bool
}

func (r *reader) fail() { r.failed, r.at = true, len(r.text) }

// peek is the next byte that is no blank, 0 behind the last.
func (r *reader) peek() byte {
	for ; r.at < len(r.text); r.at++ {
		switch c := r.text[r.at]; c {
		case ' ', '\t', '\r', '\n':
		default:
			return c
		}
	}
	return 0
}

// take goes behind a byte, if it is the next.
func (r *reader) take(c byte) bool {
	if r.peek() != c {
		return false
	}
	r.at++
	return true
}

// word goes behind a word, if it is the next.
func (r *reader) word(w string) bool {
	if r.peek() != w[0] || len(r.text)-r.at < len(w) || r.text[r.at:r.at+len(w)] != w {
		return false
	}
	r.at += len(w)
	return true
}

// end says whether all of the text was read, and it was in order.
func (r *reader) end() bool { return r.peek() == 0 && r.at == len(r.text) && !r.failed }

// object reads an object and has each member read by whoever asked. null counts as none:
// then the result is false.
func (r *reader) object(member func(key string)) bool {
	return r.inside('{', '}', func() {
		key := r.string()
		if !r.take(':') {
			r.fail()
			return
		}
		member(key)
	})
}

// list is object for a list.
func (r *reader) list(item func()) bool { return r.inside('[', ']', item) }

func (r *reader) inside(open, shut byte, item func()) bool {
	if r.word("null") {
		return false
	}
	if r.deep++; r.deep > maxInside || !r.take(open) {
		r.fail()
		return false
	}
	for first := true; !r.take(shut); first = false {
		if !first && !r.take(',') || open == '{' && r.peek() != '"' {
			r.fail()
			return false
		}
		if item(); r.failed {
			return false
		}
	}
	r.deep--
	return true
}

// string reads a text; null is an empty one.
func (r *reader) string() string {
	if r.word("null") {
		return ""
	}
	if !r.take('"') {
		r.fail()
		return ""
	}
	start, plain := r.at, true
	for ; r.at < len(r.text); r.at++ {
		switch c := r.text[r.at]; {
		case c == '"':
			s := r.text[start:r.at]
			r.at++
			if plain || utf8.ValidString(s) && !hasEscape(s) {
				return s
			}
			return r.unescaped(r.text[start-1 : r.at])
		case c == '\\':
			plain = false
			r.at++ // what is behind it ends nothing
		case c < ' ':
			r.fail()
			return ""
		case c >= utf8.RuneSelf:
			plain = false
		}
	}
	r.fail()
	return ""
}

func hasEscape(s string) bool {
	for i := 0; i < len(s); i++ {
		if s[i] == '\\' {
			return true
		}
	}
	return false
}

// unescaped is a text, with its quotes, that holds a \ or what is not UTF-8. Few do.
func (r *reader) unescaped(quoted string) (s string) {
	if json.Unmarshal([]byte(quoted), &s) != nil {
		r.fail()
	}
	return s
}

// integer reads a whole number; null is 0.
func (r *reader) integer() int64 {
	if r.word("null") {
		return 0
	}
	n, err := strconv.ParseInt(r.digits(), 10, 64)
	if err != nil {
		r.fail()
	}
	return n
}

// truth reads true or false; null is false.
func (r *reader) truth() bool {
	switch {
	case r.word("true"):
		return true
	case !r.word("false") && !r.word("null"):
		r.fail()
	}
	return false
}

// digits is the number that comes next, as it is written.
func (r *reader) digits() string {
	r.peek()
	start := r.at
	some := func() bool {
		from := r.at
		for r.at < len(r.text) && r.text[r.at] >= '0' && r.text[r.at] <= '9' {
			r.at++
		}
		return r.at > from
	}
	is := func(a, b byte) bool {
		if r.at < len(r.text) && (r.text[r.at] == a || r.text[r.at] == b) {
			r.at++
			return true
		}
		return false
	}
	is('-', '-')
	ok := is('0', '0') || some()
	if ok && is('.', '.') {
		ok = some()
	}
	if ok && is('e', 'E') {
		is('+', '-')
		ok = some()
	}
	if !ok {
		r.fail()
		return ""
	}
	return r.text[start:r.at]
}

// value reads anything: nil, bool, float64, string, []any or map[string]any.
func (r *reader) value() any {
	switch c := r.peek(); c {
	case '{':
		return r.values()
	case '[':
		out := []any{}
		r.list(func() { out = append(out, r.value()) })
		return out
	case '"':
		return r.string()
	case 't', 'f':
		return r.truth()
	case 'n':
		if !r.word("null") {
			r.fail()
		}
		return nil
	}
	n, err := strconv.ParseFloat(r.digits(), 64)
	if err != nil {
		r.fail()
	}
	return n
}

// values reads an object of anything; null is nil.
func (r *reader) values() map[string]any {
	out := map[string]any{}
	if !r.object(func(key string) { out[key] = r.value() }) {
		return nil
	}
	return out
}
