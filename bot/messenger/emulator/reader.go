package emulator

import (
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"unicode/utf8"
)

// reader takes a request apart and keeps the first thing that is wrong with it.
// After that every method returns a zero value, so that callers read on as if all
// were well and look at refusal once.
type reader struct {
	refusal *Refusal
}

// object is a JSON object of the request with its path, for messages.
type object struct {
	path   string
	fields map[string]any
}

func (o object) at(key string) string {
	if o.path == "" {
		return key
	}
	return o.path + "[" + key + "]"
}

func (o object) has(key string) bool {
	_, ok := o.fields[key]
	return ok
}

// fail records the first refusal.
func (r *reader) fail(refusal *Refusal) {
	if r.refusal == nil {
		r.refusal = refusal
	}
}

// wrong records that the parameter at path breaks a rule of the Send API.
func (r *reader) wrong(path, message, why string, args ...any) {
	r.fail(wrong(fmt.Sprintf("Param %s %s", path, message), why, args...))
}

// only refuses every field that is not in known.
func (r *reader) only(o object, known ...string) {
	var strange []string
	for key := range o.fields {
		if !slices.Contains(known, key) {
			strange = append(strange, key)
		}
	}
	if len(strange) > 0 {
		slices.Sort(strange)
		r.wrong(o.at(strange[0]), "is not known", "The emulator knows no field %q; here it knows %s.",
			o.at(strange[0]), strings.Join(known, ", "))
	}
}

// object reads a nested object.
func (r *reader) object(o object, key string) object {
	fields, ok := o.fields[key].(map[string]any)
	if !ok {
		r.wrong(o.at(key), "must be an object", "%s is missing or not an object.", o.at(key))
	}
	return object{o.at(key), fields}
}

// list reads a list of objects with at least low and at most high items.
func (r *reader) list(o object, key string, low, high int, what string) []object {
	items, ok := o.fields[key].([]any)
	switch {
	case !ok:
		r.wrong(o.at(key), "must be an array", "%s is missing or not a list.", o.at(key))
	case len(items) < low || len(items) > high:
		r.wrong(o.at(key), fmt.Sprintf("must have between %d and %d elements", low, high),
			"The message has %d %s; the platform allows %d to %d.", len(items), what, low, high)
		return nil
	}
	out := make([]object, 0, len(items))
	for i, item := range items {
		path := fmt.Sprintf("%s[%d]", o.at(key), i)
		fields, ok := item.(map[string]any)
		if !ok {
			r.wrong(path, "must be an object", "%s is not an object.", path)
		}
		out = append(out, object{path, fields})
	}
	return out
}

// text reads an optional text of at most limit characters.
func (r *reader) text(o object, key string, limit int) string {
	v, there := o.fields[key]
	if !there {
		return ""
	}
	text, ok := v.(string)
	switch n := utf8.RuneCountInString(text); {
	case !ok:
		r.wrong(o.at(key), "must be a string", "%s is not a text.", o.at(key))
	case n > limit:
		r.wrong(o.at(key), fmt.Sprintf("must have at most %d characters", limit),
			"“%s” has %d characters; the platform allows %d for %s.", begin(text), n, limit, o.at(key))
	}
	return text
}

// needed is text for a field that must be there and not empty.
func (r *reader) needed(o object, key string, limit int) string {
	text := r.text(o, key, limit)
	if strings.TrimSpace(text) == "" {
		r.wrong(o.at(key), "must be a non-empty string", "%s is missing or empty.", o.at(key))
	}
	return text
}

// choice reads an optional text that must be one of the options.
func (r *reader) choice(o object, key string, options ...string) string {
	text := r.text(o, key, maxWritten)
	if o.has(key) && !slices.Contains(options, text) {
		r.wrong(o.at(key), "must be one of {"+strings.Join(options, ", ")+"}",
			"%s is %q; the platform knows %s.", o.at(key), begin(text), strings.Join(options, ", "))
	}
	return text
}

// flag reads an optional boolean.
func (r *reader) flag(o object, key string) bool {
	switch v := o.fields[key].(type) {
	case nil, bool:
		b, _ := v.(bool)
		return b
	}
	r.wrong(o.at(key), "must be a boolean", "%s is neither true nor false.", o.at(key))
	return false
}

// address reads an optional web address.
func (r *reader) address(o object, key string) string {
	text := r.text(o, key, maxAddress)
	if o.has(key) && !webAddress(text) {
		r.wrong(o.at(key), "must be a valid URL", "%s is %q; it must be a full http or https address.", o.at(key), begin(text))
	}
	return text
}

// id reads a text or number that names something.
func (r *reader) id(o object, key string) string {
	if n, ok := o.fields[key].(json.Number); ok {
		return n.String()
	}
	return r.needed(o, key, maxAddress)
}

// webAddress reports whether text is an absolute http or https URL with a host.
func webAddress(text string) bool {
	u, err := url.Parse(text)
	return err == nil && (u.Scheme == "http" || u.Scheme == "https") && u.Host != ""
}

// begin shortens a text for a message about it.
func begin(text string) string {
	const most = 40
	if utf8.RuneCountInString(text) <= most {
		return text
	}
	return string([]rune(text)[:most]) + "…"
}
