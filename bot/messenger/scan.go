package messenger

import (
	"bytes"
	"errors"
)

// value is one JSON value, without blanks around it, in a text that valid has
// passed. What is read here is never checked again: this only finds its way in it, in
// one pass and without copies.
type value []byte

// errShape says that a value is of another kind than was looked for.
var errShape = errors.New("a value of another kind")

// whole is the value of a text that valid has passed.
func whole(text []byte) value { return value(bytes.Trim(text, " \t\r\n")) }

func (v value) isObject() bool { return len(v) > 0 && v[0] == '{' }

func (v value) isList() bool { return len(v) > 0 && v[0] == '[' }

// absent is null, or no value at all.
func (v value) absent() bool { return len(v) == 0 || v[0] == 'n' }

// fields are the names and values of an object, in their order; none of what is no
// object. A name that stands twice comes twice.
func (v value) fields(yield func(name []byte, field value) bool) {
	if !v.isObject() {
		return
	}
	for i := v.blank(1); v[i] != '}'; {
		end := v.end(i)
		name := v[i+1 : end-1]
		if bytes.IndexByte(name, '\\') >= 0 {
			name = name.unescape(nil)
		}
		i = v.blank(v.blank(end) + 1) // past the colon
		end = v.end(i)
		if !yield(name, v[i:end]) {
			return
		}
		if i = v.blank(end); v[i] == ',' {
			i = v.blank(i + 1)
		}
	}
}

// items are the values of a list; none of what is no list.
func (v value) items(yield func(item value) bool) {
	if !v.isList() {
		return
	}
	for i := v.blank(1); v[i] != ']'; {
		end := v.end(i)
		if !yield(v[i:end]) {
			return
		}
		if i = v.blank(end); v[i] == ',' {
			i = v.blank(i + 1)
		}
	}
}

// blank is the first place from i on that is not blank.
func (v value) blank(i int) int {
	for v[i] == ' ' || v[i] == '\n' || v[i] == '\t' || v[i] == '\r' {
		i++
	}
	return i
}

// end is where the value that begins at i ends.
func (v value) end(i int) int {
	switch v[i] {
	case '"':
		return v.endText(i)
	case '{', '[':
		for depth := 0; ; i++ {
			switch v[i] {
			case '"':
				i = v.endText(i) - 1
			case '{', '[':
				depth++
			case '}', ']':
				if depth--; depth == 0 {
					return i + 1
				}
			}
		}
	}
	for i < len(v) && v[i] != ',' && v[i] != '}' && v[i] != ']' && v[i] > ' ' {
		i++
	}
	return i
}

// endText is where the string that begins at i ends.
func (v value) endText(i int) int {
	for i++; v[i] != '"'; i++ {
		if v[i] == '\\' {
			i++
		}
	}
	return i + 1
}

// compact appends a value without the blanks between its parts.
func (v value) compact(b []byte) []byte {
	for i := 0; i < len(v); {
		switch v[i] {
		case ' ', '\n', '\t', '\r':
			i++
		case '"':
			end := v.endText(i)
			b = append(b, v[i:end]...)
			i = end
		default:
			b = append(b, v[i])
			i++
		}
	}
	return b
}
