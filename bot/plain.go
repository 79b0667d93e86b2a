package bot

import (
	"encoding/json"
	"strconv"
	"time"
	"unicode/utf8"
)

// plain reads JSON that the runtime stored, without reflection: every turn reads several
// pieces, most of them a few bytes. It knows the form that encoding/json writes, but for
// escapes. Of anything else it says that it is odd, and whoever asked lets encoding/json
// read it.
type plain struct {
	raw []byte
	at  int
	odd bool
}

// maxPlain is how deep values may lie in each other here.
const maxPlain = 16

// readMap reads a stored object; nil for null.
func readMap(raw []byte) (m map[string]any, err error) {
	p := plain{raw: raw}
	if m, ok := p.value(0).(map[string]any); ok && p.whole() {
		return m, nil
	}
	err = json.Unmarshal(raw, &m)
	return m, err
}

// whole says that all was read, and none of it odd.
func (p *plain) whole() bool { return !p.odd && p.at == len(p.raw) }

// peek is the next byte; 0 at the end.
func (p *plain) peek() byte {
	if p.odd || p.at >= len(p.raw) {
		return 0
	}
	return p.raw[p.at]
}

// has takes the next byte if it is c.
func (p *plain) has(c byte) bool {
	if p.peek() != c {
		return false
	}
	p.at++
	return true
}

// must takes the next byte, which is to be c.
func (p *plain) must(c byte) {
	if !p.has(c) {
		p.odd = true
	}
}

// members goes through an object. Whoever asks reads the value of each key.
func (p *plain) members(yield func(key []byte) bool) {
	p.must('{')
	for more := !p.has('}'); more && !p.odd; {
		key := p.quoted()
		p.must(':')
		if p.odd || !yield(key) {
			p.odd = true
			return
		}
		if more = p.has(','); !more {
			p.must('}')
		}
	}
}

// items goes through a list. Whoever asks reads each item.
func (p *plain) items(yield func() bool) {
	p.must('[')
	for more := !p.has(']'); more && !p.odd; {
		if !yield() {
			p.odd = true
			return
		}
		if more = p.has(','); !more {
			p.must(']')
		}
	}
}

// quoted is what stands in a string.
func (p *plain) quoted() []byte {
	p.must('"')
	start, ascii := p.at, true
	for ; p.at < len(p.raw); p.at++ {
		switch c := p.raw[p.at]; {
		case c == '"':
			s := p.raw[start:p.at]
			p.at++
			p.odd = p.odd || !ascii && !utf8.Valid(s)
			return s
		case c == '\\' || c < ' ':
			p.odd = true
			return nil
		case c >= utf8.RuneSelf:
			ascii = false
		}
	}
	p.odd = true
	return nil
}

func (p *plain) text() string { return string(p.quoted()) }

func (p *plain) flag() bool {
	switch {
	case p.word("true"):
		return true
	case !p.word("false"):
		p.odd = true
	}
	return false
}

// word takes a bare word, if it is the next.
func (p *plain) word(w string) bool {
	if p.odd || len(p.raw)-p.at < len(w) || string(p.raw[p.at:p.at+len(w)]) != w {
		return false
	}
	p.at += len(w)
	return true
}

// instant is a time as encoding/json writes it.
func (p *plain) instant() (t time.Time) {
	start := p.at
	if p.quoted(); p.odd || t.UnmarshalJSON(p.raw[start:p.at]) != nil {
		p.odd = true
	}
	return t
}

// instants are the times of an object.
func (p *plain) instants() map[string]time.Time {
	out := map[string]time.Time{}
	for key := range p.members {
		out[string(key)] = p.instant()
	}
	return out
}

// maps is a list of objects.
func (p *plain) maps() []map[string]any {
	out := []map[string]any{}
	for range p.items {
		m, ok := p.value(1).(map[string]any)
		p.odd = p.odd || !ok
		out = append(out, m)
	}
	return out
}

// value is any value, as encoding/json reads it into an interface.
func (p *plain) value(depth int) any {
	switch c := p.peek(); {
	case depth > maxPlain:
	case c == '{':
		out := map[string]any{}
		for key := range p.members {
			out[string(key)] = p.value(depth + 1)
		}
		return out
	case c == '[':
		out := []any{}
		for range p.items {
			out = append(out, p.value(depth+1))
		}
		return out
	case c == '"':
		return p.text()
	case c == 't' || c == 'f':
		return p.flag()
	case c == 'n' && p.word("null"):
		return nil
	case c == '-' || digit(c):
		return p.number()
	}
	p.odd = true
	return nil
}

func digit(c byte) bool { return '0' <= c && c <= '9' }

// number reads a number; JSON knows no leading zeros, and strconv takes more than JSON.
func (p *plain) number() float64 {
	start := p.at
	p.has('-')
	if zero := p.has('0'); zero == digit(p.peek()) {
		p.odd = true
	}
	p.digits()
	if p.has('.') {
		p.odd = p.odd || !digit(p.peek())
		p.digits()
	}
	if p.has('e') || p.has('E') {
		_ = p.has('+') || p.has('-')
		p.odd = p.odd || !digit(p.peek())
		p.digits()
	}
	f, err := strconv.ParseFloat(string(p.raw[start:p.at]), 64)
	p.odd = p.odd || err != nil
	return f
}

func (p *plain) digits() {
	for digit(p.peek()) {
		p.at++
	}
}
