package flows

import (
	"strings"
	"time"
)

// duration reads 30m, 20h, 3d, 2w, or several: 1h30m.
func (f *fields) duration(key string, def time.Duration) time.Duration {
	n := f.scalar(key, "a duration")
	if n == nil {
		return def
	}
	if v, ok := parseDuration(n.text); ok {
		return v
	}
	if key == "wait" {
		if until := strings.TrimPrefix(strings.ToLower(n.text), "until "); until != strings.ToLower(n.text) {
			f.d.errorf("duration", n.span, `write wait: {until: "09:00"} with the time or the date`, "%q is not a duration", n.text)
			return def
		}
	}
	if short := spelledOut(n.text); short != "" {
		f.d.errorf("duration", n.span, "write "+key+": "+short, "%q is not a duration", n.text).mend(n.span, short)
		return def
	}
	hint := "write a number and s, m, h, d or w: 30m, 20h, 3d, 2w"
	if v, ok := parseNumber(n.text); ok && v == float64(int(v)) && v > 0 {
		hint = "say of what: " + n.text + "s are seconds, " + n.text + "m minutes, " + n.text + "h hours, " + n.text + "d days"
	}
	f.d.errorf("duration", n.span, hint, "%q is not a duration", n.text)
	return def
}

// integer reads a whole number.
func (f *fields) integer(key string, def int) int {
	n := f.scalar(key, "a number")
	if n == nil {
		return def
	}
	v, ok := parseNumber(n.text)
	if !ok || v != float64(int(v)) {
		f.d.errorf("number", n.span, "write digits alone, without quotes or units", "%q takes a whole number, not %q", key, n.text)
		return def
	}
	return int(v)
}

// number reads a number; ok is false if the key is not there or wrong.
func (f *fields) number(key string) (v float64, ok bool) {
	n := f.scalar(key, "a number")
	if n == nil {
		return 0, false
	}
	v, ok = parseNumber(n.text)
	if !ok {
		f.d.errorf("number", n.span, "write digits alone, with a point for decimals", "%q takes a number, not %q", key, n.text)
	}
	return v, ok
}

// boolean reads true or false.
func (f *fields) boolean(key string, def bool) bool {
	n := f.scalar(key, "true or false")
	if n == nil {
		return def
	}
	switch n.text {
	case "true":
		return true
	case "false":
		return false
	}
	hint := "write true or false"
	switch {
	case contains(plainTrue, key):
		hint = "write " + key + ": true"
	case contains([]string{"yes", "on", "ja", "oui"}, strings.ToLower(n.text)):
		hint = "write true"
	case contains([]string{"no", "off", "nein", "non"}, strings.ToLower(n.text)):
		hint = "write false"
	}
	if _, ok := parseDuration(n.text); ok && key == "hand_over" {
		hint = "write hand_over: true, and below it resume_after: " + n.text
	}
	f.d.errorf("boolean", n.span, hint, "%q takes true or false, not %q", key, n.text)
	return def
}

// list is the items of a list.
func (f *fields) list(key string) []*node {
	n := f.find(key)
	if n == nil {
		return nil
	}
	if n.kind != listNode {
		hint := "write one item to a line behind a dash, or [a, b]"
		if n.kind == scalarNode {
			hint = "write " + key + ": [" + n.text + "]"
		}
		if n.kind == mapNode && !n.inline {
			hint = "put a dash in front: - " + strings.TrimSpace(f.d.src.line(n.span.Start.Line))
		}
		if n.kind == mapNode && n.inline {
			hint = "put brackets around it: " + key + ": [{…}]"
			if text := f.d.src.line(n.span.Start.Line); strings.HasSuffix(text, "}") && n.span.Start.Column <= runes(text) {
				hint = "put brackets around it: " + key + ": [" + cutColumns(text, n.span.Start.Column-1) + "]"
			}
		}
		found := f.d.errorf("shape", n.span, hint, "%q takes a list, this is %s", key, n.describe())
		if n.kind == scalarNode {
			found.mend(n.span, n.listed())
		} else if len(n.pairs) == 1 && !n.inline {
			found.mendLine(n.span.Start.Line, "- "+strings.TrimSpace(f.d.src.line(n.span.Start.Line)))
		}
		return nil
	}
	return n.items
}

// words are the items of a list of literal names.
func (f *fields) words(key string) []word {
	var out []word
	for _, n := range f.list(key) {
		if n.broken {
			continue
		}
		if n.kind != scalarNode {
			f.d.errorf("shape", n.span, "if it holds a colon or brackets, put it in quotes", "%q is a list of words, this is %s", key, n.describe())
			continue
		}
		if w := f.d.word(n, key); w.text != "" {
			out = append(out, w)
		}
	}
	return out
}

// oneOf reads one of some names.
func (f *fields) oneOf(key string, def string, allowed ...string) string {
	n := f.scalar(key, "one of "+strings.Join(allowed, ", "))
	if n == nil {
		return def
	}
	for _, a := range allowed {
		if n.text == a {
			return a
		}
	}
	f.d.errorf("value-unknown", n.span, didYouMean(n.text, allowed, "it can be "), "%q cannot be %q", key, n.text)
	return def
}
