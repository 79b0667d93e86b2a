package flows

import (
	"math"
	"slices"
	"strconv"
	"unicode/utf8"
)

// This file writes JSON by hand: sessions and payloads are written in every turn,
// and reflection would be the most expensive part of one. What it writes,
// encoding/json reads.

// appendJSON writes the session. The keys are those parse_session.go reads.
func (s Session) appendJSON(b []byte) []byte {
	b = append(b, '{')
	if len(s.stack) > 0 {
		b = append(b, `"s":`...)
		b = appendThreads(b, s.stack)
	}
	if len(s.beside) > 0 {
		if len(s.stack) > 0 {
			b = append(b, ',')
		}
		b = append(b, `"b":`...)
		b = appendThreads(b, s.beside)
	}
	return append(b, '}')
}

func appendThreads(b []byte, threads []thread) []byte {
	b = append(b, '[')
	for i := range threads {
		if i > 0 {
			b = append(b, ',')
		}
		b = threads[i].appendJSON(b)
	}
	return append(b, ']')
}

func (t *thread) appendJSON(b []byte) []byte {
	b = append(b, `{"f":[`...)
	for i := range t.Frames {
		if i > 0 {
			b = append(b, ',')
		}
		f := &t.Frames[i]
		b = append(b, `{"f":`...)
		b = appendString(b, f.Flow)
		if f.Step != "" {
			b = append(b, `,"s":`...)
			b = appendString(b, f.Step)
		}
		b = appendMember(b, `,"n":`, f.Names)
		b = append(b, '}')
	}
	b = append(b, ']')
	if t.Wait.For != "" {
		b = append(b, `,"w":`...)
		b = t.Wait.appendJSON(b)
	}
	if c := t.Cause; c != nil {
		b = append(b, `,"c":`...)
		b = c.appendJSON(b)
	}
	b = appendText(b, `,"p":`, t.Program)
	if t.Calls != 0 {
		b = append(b, `,"h":`...)
		b = strconv.AppendInt(b, int64(t.Calls), 10)
	}
	return append(b, '}')
}

func (w *wait) appendJSON(b []byte) []byte {
	b = append(b, `{"k":`...)
	b = appendString(b, string(w.For))
	if w.Until != 0 {
		b = append(b, `,"u":`...)
		b = strconv.AppendInt(b, w.Until, 10)
	}
	if w.Tries != 0 {
		b = append(b, `,"t":`...)
		b = strconv.AppendInt(b, int64(w.Tries), 10)
	}
	b = appendText(b, `,"r":`, w.Request)
	b = appendText(b, `,"d":`, w.Cadence)
	b = appendMember(b, `,"a":`, w.About)
	b = appendText(b, `,"q":`, w.Wording)
	b = appendText(b, `,"p":`, w.Place)
	return append(b, '}')
}

func (c *cause) appendJSON(b []byte) []byte {
	start := len(b)
	b = appendText(b, `,"g":`, c.Trigger)
	b = appendText(b, `,"t":`, c.Topic)
	b = appendMember(b, `,"e":`, c.Event)
	if len(c.Events) > 0 {
		b = append(b, `,"es":[`...)
		for i, e := range c.Events {
			if i > 0 {
				b = append(b, ',')
			}
			b = appendMap(b, e)
		}
		b = append(b, ']')
	}
	b = appendMember(b, `,"i":`, c.Interest)
	if len(b) == start {
		return append(b, '{', '}')
	}
	b[start] = '{'
	return append(b, '}')
}

// appendText writes a member whose text is not empty.
func appendText(b []byte, key, text string) []byte {
	if text == "" {
		return b
	}
	return appendString(append(b, key...), text)
}

// appendMember writes a member whose map is not empty.
func appendMember(b []byte, key string, m map[string]any) []byte {
	if len(m) == 0 {
		return b
	}
	return appendMap(append(b, key...), m)
}

// appendValue writes a value as plain made it.
func appendValue(b []byte, v any) []byte {
	switch v := v.(type) {
	case bool:
		return strconv.AppendBool(b, v)
	case float64:
		return appendNumber(b, v)
	case string:
		return appendString(b, v)
	case []any:
		b = append(b, '[')
		for i, item := range v {
			if i > 0 {
				b = append(b, ',')
			}
			b = appendValue(b, item)
		}
		return append(b, ']')
	case map[string]any:
		return appendMap(b, v)
	}
	return append(b, "null"...)
}

// appendMap writes the members in the order of their keys.
func appendMap(b []byte, m map[string]any) []byte {
	var few [8]string
	keys := few[:0]
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	b = append(b, '{')
	for i, k := range keys {
		if i > 0 {
			b = append(b, ',')
		}
		b = appendString(b, k)
		b = append(b, ':')
		b = appendValue(b, m[k])
	}
	return append(b, '}')
}

func appendNumber(b []byte, f float64) []byte {
	switch {
	case !isFinite(f):
		return append(b, "null"...)
	case f == math.Trunc(f) && math.Abs(f) < 1e15:
		return strconv.AppendInt(b, int64(f), 10)
	}
	return strconv.AppendFloat(b, f, 'g', -1, 64)
}

// appendString writes a JSON string; what is not UTF-8 becomes U+FFFD.
func appendString(b []byte, s string) []byte {
	const hex = "0123456789abcdef"
	b = append(b, '"')
	start := 0
	for i := 0; i < len(s); {
		c := s[i]
		if c >= utf8.RuneSelf {
			r, size := utf8.DecodeRuneInString(s[i:])
			if r == utf8.RuneError && size == 1 {
				b = append(append(b, s[start:i]...), "\uFFFD"...)
				start = i + 1
			}
			i += size
			continue
		}
		if c >= ' ' && c != '"' && c != '\\' {
			i++
			continue
		}
		b = append(b, s[start:i]...)
		switch c {
		case '"', '\\':
			b = append(b, '\\', c)
		case '\n':
			b = append(b, '\\', 'n')
		default:
			b = append(b, '\\', 'u', '0', '0', hex[c>>4], hex[c&15])
		}
		i++
		start = i
	}
	return append(append(b, s[start:]...), '"')
}

// plain makes of a value what JSON gives back: nil, bool, float64, string, []any
// or map[string]any. What has no such form, or lies too deep, becomes nil. A text is as
// long as a template's at most: one that is added to itself doubles with every step.
func plain(v any) any { return plainAt(v, 0) }

func plainAt(v any, depth int) any {
	if depth > maxNesting {
		return nil
	}
	switch v := v.(type) {
	case nil, bool:
		return v
	case string:
		return clip(v, maxTemplate)
	case float64:
		if !isFinite(v) {
			return nil
		}
		return v
	case float32:
		return plainAt(float64(v), depth)
	case int:
		return float64(v)
	case int64:
		return float64(v)
	case int32:
		return float64(v)
	case []any:
		out := make([]any, len(v))
		for i, item := range v {
			out[i] = plainAt(item, depth+1)
		}
		return out
	case []string:
		out := make([]any, len(v))
		for i, item := range v {
			out[i] = item
		}
		return out
	case []map[string]any:
		out := make([]any, len(v))
		for i, item := range v {
			out[i] = plainAt(item, depth+1)
		}
		return out
	case map[string]any:
		return plainMap(v, depth)
	}
	return nil
}

// isPlain says whether plain would only make a copy of a value.
func isPlain(v any, depth int) bool {
	switch v := v.(type) {
	case bool, string:
		return depth <= maxNesting
	case float64:
		return depth <= maxNesting && isFinite(v)
	case []any:
		for _, item := range v {
			if item != nil && !isPlain(item, depth+1) {
				return false
			}
		}
		return depth <= maxNesting
	case map[string]any:
		for _, item := range v {
			if !isPlain(item, depth+1) {
				return false
			}
		}
		return depth <= maxNesting
	}
	return false
}

// plainMap copies a map with plain values; members without a value are left out.
func plainMap(m map[string]any, depth int) map[string]any {
	out := make(map[string]any, len(m))
	for k, item := range m {
		if item = plainAt(item, depth+1); item != nil {
			out[k] = item
		}
	}
	return out
}
