package messenger

import (
	"bytes"
	"errors"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

var errIdent = errors.New("not an id")

// text reads a string as encoding/json does: what is no UTF-8 or half of a pair
// becomes U+FFFD. Null is the empty one.
func (v value) text() (string, error) {
	if v.absent() {
		return "", nil
	}
	if v[0] != '"' {
		return "", errShape
	}
	inner := v[1 : len(v)-1]
	if bytes.IndexByte(inner, '\\') < 0 && utf8.Valid(inner) {
		return string(inner), nil // the usual case, and one copy
	}
	return string(inner.unescape(make([]byte, 0, len(inner)))), nil
}

// unescape appends what a string says, given without its quotes.
func (v value) unescape(b []byte) []byte {
	for i := 0; i < len(v); {
		switch c := v[i]; {
		case c == '\\' && v[i+1] == 'u':
			r := v.hex(i + 2)
			i += 6
			if utf16.IsSurrogate(r) {
				pair := utf8.RuneError
				if i+5 < len(v) && v[i] == '\\' && v[i+1] == 'u' {
					pair = utf16.DecodeRune(r, v.hex(i+2))
				}
				if r = pair; r != utf8.RuneError {
					i += 6
				}
			}
			b = utf8.AppendRune(b, r)
		case c == '\\':
			c = v[i+1]
			if short := bytes.IndexByte([]byte("bfnrt"), c); short >= 0 {
				c = "\b\f\n\r\t"[short]
			}
			b = append(b, c)
			i += 2
		case c < utf8.RuneSelf:
			b = append(b, c)
			i++
		default:
			r, size := utf8.DecodeRune(v[i:])
			b = utf8.AppendRune(b, r)
			i += size
		}
	}
	return b
}

// hex reads four hexadecimal digits.
func (v value) hex(i int) (r rune) {
	for _, c := range v[i : i+4] {
		switch {
		case c <= '9':
			c -= '0'
		default:
			c = c | 0x20 - 'a' + 10
		}
		r = r<<4 | rune(c)
	}
	return r
}

// flag reads a boolean. Null is false.
func (v value) flag() (bool, error) {
	switch {
	case v.absent():
		return false, nil
	case v[0] == 't', v[0] == 'f':
		return v[0] == 't', nil
	}
	return false, errShape
}

// ident reads an id: the platform writes strings, and wrote numbers in its time.
// Null is none.
func (v value) ident() (string, error) {
	switch {
	case len(v) > maxID:
		return "", errIdent
	case v.absent():
		return "", nil
	case v[0] == '"':
		s, err := v.text()
		return clean(s, maxID), err
	}
	for _, c := range v {
		if c < '0' || c > '9' {
			return "", errIdent
		}
	}
	return string(v), nil
}

// says reports whether a value is a plain word, written as it is. One with a backslash
// is never: that would be read as something else.
func (v value) says(word string) bool {
	return len(v) == len(word)+2 && v[0] == '"' && string(v[1:len(v)-1]) == word && strings.IndexByte(word, '\\') < 0
}

// identOf is ident, of what is likely to be an id that is known already: most are the
// Page's, again and again.
func (v value) identOf(known string) (string, error) {
	if known != "" && v.says(known) {
		return known, nil
	}
	return v.ident()
}

// idents reads a list of ids, the first max of it. Null is none.
func (v value) idents(max int) (ids []string, err error) {
	if _, err := v.list(); err != nil {
		return nil, err
	}
	for item := range v.items {
		if len(ids) == max {
			break
		}
		id, err := item.ident()
		if err != nil {
			return nil, err
		}
		ids = append(ids, id)
	}
	return ids, nil
}

// identIn reads an id that stands in an object. Null is none.
func (v value) identIn(name string) (string, error) {
	field, err := v.field(name)
	if err != nil {
		return "", err
	}
	return field.ident()
}

// textIn reads a text that stands in an object. Null is the empty one.
func (v value) textIn(name string) (string, error) {
	field, err := v.field(name)
	if err != nil {
		return "", err
	}
	return field.text()
}

// field is a field of an object, absent if it or the object is.
func (v value) field(name string) (found value, err error) {
	if !v.isObject() && !v.absent() {
		return nil, errShape
	}
	for n, field := range v.fields {
		if string(n) == name {
			found = field
		}
	}
	return found, nil
}

// word is a text of at most maxWord bytes.
func (v value) word() (string, error) {
	s, err := v.text()
	return clean(s, maxWord), err
}

// list is the value itself, if it is a list or null.
func (v value) list() (value, error) {
	if v.isList() || v.absent() {
		return v, nil
	}
	return nil, errShape
}

// decimal reads a number.
func (v value) decimal() (float64, error) {
	if v.absent() {
		return 0, nil
	}
	if v[0] != '-' && (v[0] < '0' || v[0] > '9') {
		return 0, errShape
	}
	return strconv.ParseFloat(string(v), 64)
}
