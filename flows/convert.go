package flows

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

// ErrUnknownEvent says that bot.yaml declares no event of that name.
var ErrUnknownEvent = errors.New("unknown event")

// ErrUnknownField says that bot.yaml declares no field of that name.
var ErrUnknownField = errors.New("unknown field")

// maxValue is the length of a text from outside, in bytes.
const maxValue = 8 << 10

// ConvertEvent brings the data of an event to the types that bot.yaml declares.
// Fields that are missing stay so, and fields that are not declared are left out,
// unless one looks like a missing one misspelt. The error names the field, never
// its value; it is ErrUnknownEvent if the event is not declared. Of a purchase, which needs no
// declaration, what is not known of it is kept as it is.
func (p *Program) ConvertEvent(name string, data map[string]any) (map[string]any, error) {
	event := p.Bot.event(name)
	if event == nil {
		return nil, fmt.Errorf("%w %q", ErrUnknownEvent, name)
	}
	out := make(map[string]any, len(event.Data))
	if name == EventPurchase && !slices.ContainsFunc(p.Bot.Events, func(e EventType) bool { return e.Name == name }) {
		for given, v := range data {
			out[given] = v
		}
	}
	var missing []string
	for i := range event.Data {
		f := &event.Data[i]
		v, ok := data[f.Name]
		if !ok || v == nil {
			missing = append(missing, f.Name)
			continue
		}
		if v, ok = f.accept(v); !ok {
			return nil, fmt.Errorf("%s must be %s", f.Name, f.describe())
		}
		out[f.Name] = v
	}
	for given := range data {
		if slices.ContainsFunc(event.Data, func(f Field) bool { return f.Name == given }) {
			continue
		}
		if meant := nearest(given, missing); meant != "" {
			return nil, fmt.Errorf("event %s has no %.60q: did you mean %s?", name, given, meant)
		}
	}
	return out, nil
}

// ConvertField brings a value to the type and bounds of a contact's field. nil
// stays nil. The error does not hold the value; it is ErrUnknownField if the field
// is not declared.
func (p *Program) ConvertField(name string, v any) (any, error) {
	f := p.Bot.field(name)
	if f == nil {
		return nil, fmt.Errorf("%w %.60q", ErrUnknownField, name)
	}
	if v == nil {
		return nil, nil
	}
	out, ok := f.accept(v)
	if !ok {
		return nil, fmt.Errorf("%s must be %s", name, f.describe())
	}
	return out, nil
}

// ConvertInterest brings an interest to the types that its topic declares. The
// error names the field, never its value.
func (p *Program) ConvertInterest(topic string, about map[string]any) (map[string]any, error) {
	t, ok := p.Topic(topic)
	if !ok {
		return nil, fmt.Errorf("there is no topic %.60q", topic)
	}
	out := make(map[string]any, len(about))
	for name, v := range about {
		i := slices.IndexFunc(t.Interest, func(f Field) bool { return f.Name == name })
		if i < 0 {
			return nil, fmt.Errorf("topic %s has no interest %.60q", topic, name)
		}
		if out[name], ok = t.Interest[i].accept(v); !ok {
			return nil, fmt.Errorf("%s must be %s", name, t.Interest[i].describe())
		}
	}
	return out, nil
}

// accept is a value as the field keeps it; ok is false if it is not of its type, or
// out of its bounds. Texts are read as other types are written in YAML and URLs.
func (f *Field) accept(v any) (out any, ok bool) {
	if n, number := asNumber(v); number {
		v = n
	}
	text, isText := v.(string)
	if isText && len(text) > maxValue {
		return nil, false
	}
	switch f.Type {
	case "number":
		n, number := v.(float64)
		if isText {
			n, number = parseNumber(strings.TrimSpace(text))
		}
		if !number || !isFinite(n) || !f.within(n) {
			return nil, false
		}
		return n, true
	case "boolean":
		if b, is := v.(bool); is {
			return b, true
		}
		return text == "true", text == "true" || text == "false"
	case "date":
		return dateValue(text)
	case "time":
		return timeValue(text)
	case "list":
		if len(f.Of) > 0 {
			return f.records(v)
		}
		return listValue(v)
	case "choice":
		return f.option(scalarText(v))
	case "image":
		return text, isLink(text)
	case "location":
		place, is := v.(map[string]any)
		return place, is
	}
	text, ok = scalarText(v), scalarText(v) != ""
	if f.Type == "email" { // nobody's provider tells capitals apart, and people type them as it comes
		text = strings.ToLower(text)
	}
	return text, ok && f.within(float64(runes(text)))
}

// within checks a number, or the length of a text, against the field's bounds.
func (f *Field) within(n float64) bool {
	return (f.Min == nil || n >= *f.Min) && (f.Max == nil || n <= *f.Max)
}

// option is the option a text means.
func (f *Field) option(text string) (any, bool) {
	if text == "" {
		return nil, false
	}
	if len(f.Options) == 0 || slices.Contains(f.Options, text) {
		return text, true
	}
	for _, o := range f.Options {
		if folded := fold(o); folded != "" && folded == fold(text) {
			return o, true
		}
	}
	return nil, false
}

// scalarText is a single value as text, "" if it is none.
func scalarText(v any) string {
	switch x := v.(type) {
	case string:
		return x
	case float64:
		return plainNumber(x)
	case bool:
		if x {
			return "true"
		}
		return "false"
	}
	return ""
}

// dateValue reads a date, or the date of an instant as it is written.
func dateValue(text string) (any, bool) {
	if _, err := time.Parse(time.RFC3339, text); err == nil {
		text = text[:len(time.DateOnly)]
	}
	if _, err := time.Parse(time.DateOnly, text); err != nil {
		return nil, false
	}
	return text, true
}

// timeValue reads a time of day, with or without seconds.
func timeValue(text string) (any, bool) {
	for _, layout := range []string{"15:04", "15:04:05"} {
		if t, err := time.Parse(layout, text); err == nil {
			return t.Format("15:04"), true
		}
	}
	return nil, false
}

// listValue takes a list of single values; one value is a list of one.
func listValue(v any) (any, bool) {
	list, ok := normal(v).([]any)
	if !ok {
		if scalarText(v) == "" {
			return nil, false
		}
		return []any{v}, true
	}
	for _, item := range list {
		if scalarText(item) == "" && item != "" {
			return nil, false
		}
	}
	return list, true
}

// describe names what a field takes, with its bounds.
func (f *Field) describe() string {
	switch f.Type {
	case "number":
		switch {
		case f.Min != nil && f.Max != nil:
			return "a number from " + plainNumber(*f.Min) + " to " + plainNumber(*f.Max)
		case f.Min != nil:
			return "a number from " + plainNumber(*f.Min) + " on"
		case f.Max != nil:
			return "a number up to " + plainNumber(*f.Max)
		}
		return "a number"
	case "boolean":
		return "true or false"
	case "date":
		return "a date as 2026-03-27"
	case "time":
		return "a time as 18:00"
	case "choice":
		if len(f.Options) > 0 {
			return "one of " + strings.Join(f.Options, ", ")
		}
	case "email":
		return "an e-mail address"
	case "phone":
		return "a telephone number"
	case "list":
		return "a list"
	case "image":
		return "a picture"
	case "location":
		return "a place"
	}
	return "a text"
}
