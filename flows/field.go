package flows

import (
	"slices"
	"strings"
)

// contactFields reads fields:.
func (d *decoder) contactFields(f *fields) []Field {
	var out []Field
	for _, p := range f.entries("fields", "field") {
		if contains(builtinFields, p.key.text) {
			d.errorf("field", p.key.span, "delete it: it may be used without being declared", "every contact has %q already", p.key.text)
			continue
		}
		if field, ok := d.field(p, fieldTypes); ok {
			out = append(out, field)
		}
	}
	if len(out) > maxFields {
		d.errorf("field", f.at("fields"), "delete some", "there are more than %d fields", maxFields)
	}
	return out
}

// entries are the pairs of a map of names, each name checked.
func (f *fields) entries(key, what string) []pair {
	n := f.find(key)
	if n == nil {
		return nil
	}
	if n.kind != mapNode {
		if f.d.uncolon(n) {
			return nil
		}
		hint := "write each " + what + " as name: value, one to a line"
		if n.kind == listNode && len(n.items) > 0 && n.items[0].kind == scalarNode && n.items[0].text != "" {
			hint += ": " + n.items[0].text + map[string]string{"topic": ": {title: …}", "field": ": text", "input": ": text"}[what]
		}
		f.d.errorf("shape", n.span, hint, "%q takes names with values, this is %s", key, n.describe())
		return nil
	}
	var out []pair
	for _, p := range n.pairs {
		if f.what == "bot.yaml" && f.d.tooFarRight(p, what) {
			continue
		}
		pattern := namePattern
		if key == "events" || key == "handlers" {
			pattern = eventPattern()
		}
		if !pattern.MatchString(p.key.text) {
			f.d.errorf("name", p.key.span, "use small letters a to z, digits and _", "%q cannot be the name of a %s", p.key.text, what)
		}
		out = append(out, p)
	}
	return out
}

// slipped reports a key of a topic or channel that stands beside it instead of in it.
func (d *decoder) slipped(in *node, p pair, what string, keys ...string) bool {
	if !contains(keys, p.key.text) || p.value.kind == mapNode && !p.value.inline {
		return false
	}
	if in.hollow {
		return true // said already
	}
	if len(in.pairs) > 1 && !slices.ContainsFunc(in.pairs, func(q pair) bool { return !contains(keys, q.key.text) }) {
		in.hollow = true
		d.errorf("key-missing", p.key.span, "put a name and a colon into a line of its own above it, as in main:, and indent these lines by two more blanks", "the %s has no name", what)
		return true
	}
	line := p.key.span.Start.Line
	found := d.errorf("yaml-indent", p.key.span, "indent it by two more blanks", "%q belongs to a %s and stands too far to the left", p.key.text, what)
	if p.value.kind == scalarNode || p.value.inline {
		found.mend(d.src.span(line, 1, p.key.span.Start.Column), strings.Repeat(" ", p.key.span.Start.Column+1))
	}
	return true
}

// tooFarRight reports a key of bot.yaml itself that stands among the names of another,
// unless what it has is what such a name has: a field may be called rate.
func (d *decoder) tooFarRight(p pair, what string) bool {
	file, _ := ConstructOf(PlaceFile, "bot")
	if !slices.ContainsFunc(file.Keys, func(k Key) bool { return k.Name == p.key.text }) || p.value.broken {
		return false
	}
	part, _ := ConstructOf(PlacePart, what)
	if slices.ContainsFunc(part.Keys, func(k Key) bool { return k.Name == p.key.text }) {
		return false // it is one of those, and too far to the left
	}
	own := []string{"title", "type", "name", "picture", "post", "get", "put", "patch", "delete", "url", "text"}
	typed := func(n *node) bool { return n.kind == scalarNode && contains(fieldTypes, n.text) }
	switch {
	case typed(p.value) || p.value.kind == mapNode && len(p.value.pairs) == 0:
		return false
	case slices.ContainsFunc(p.value.pairs, func(q pair) bool {
		return contains(own, q.key.text) || what == "event" && (typed(q.value) || q.value.kind == mapNode)
	}):
		return false
	}
	d.errorf("yaml-indent", p.key.span, "let it begin at the left edge, and move what belongs to it with it", "%q is a key of bot.yaml, and no %s: it stands too far to the right", p.key.text, what)
	return true
}

// field reads one declared field: {type: number, min: 35}, or its type alone.
func (d *decoder) field(p pair, types []string) (Field, bool) {
	field := Field{Name: p.key.text, Type: "text"}
	if p.value.broken {
		return field, true
	}
	if p.value.kind == scalarNode {
		w := d.word(p.value, p.key.text)
		if !slices.Contains(types, w.text) {
			d.errorf("value-unknown", w.span, didYouMean(w.text, types, "it can be "), "unknown type %q", w.text)
			return field, true
		}
		field.Type = w.text
		if field.Type == "choice" {
			d.errorf("key-missing", w.span, "write {type: choice, options: [a, b]}", "a choice needs options")
		}
		return field, true
	}
	f := d.fields(p.value, "field")
	if f.n.broken {
		return field, false
	}
	if !f.has("type") {
		d.errorf("key-missing", p.key.span, "add type: and one of "+strings.Join(types, ", "), "the field %q has no type", p.key.text)
	}
	field.Type = f.oneOf("type", "text", types...)
	d.bounds(f, &field)
	field.Unique = f.boolean("unique", false)
	for _, w := range f.words("options") {
		if slices.Contains(field.Options, w.text) {
			d.errorf("value-twice", w.span, "delete one of the two", "the option %q stands here twice", w.text)
			continue
		}
		field.Options = append(field.Options, w.text)
	}
	switch {
	case f.has("options") && field.Type != "choice":
		d.errorf("key-unknown", f.key("options"), "write type: choice, or delete it", "only a choice has options")
	case !f.has("options") && field.Type == "choice":
		d.errorf("key-missing", f.at("type"), "add options: [a, b]", "a choice needs options")
	}
	f.finish()
	return field, true
}

// bounds reads min and max.
func (d *decoder) bounds(f *fields, field *Field) {
	for _, key := range []string{"min", "max"} {
		if !f.has(key) {
			continue
		}
		v, ok := f.number(key)
		switch {
		case !ok:
			continue
		case field.Type != "number" && field.Type != "text":
			d.errorf("key-unknown", f.key(key), "delete it", "a %s has no %s", field.Type, key)
			continue
		case key == "min":
			field.Min = &v
		default:
			field.Max = &v
		}
	}
	if field.Min != nil && field.Max != nil && *field.Min > *field.Max {
		d.errorf("number", f.at("min"), "swap the two", "min is larger than max")
	}
}

// typeMap reads name: type maps: interest:, an event, a handler's in: and out:.
func (d *decoder) typeMap(n *node, what string) []Field {
	if n == nil || n.broken {
		return nil
	}
	if n.kind != mapNode {
		d.errorf("shape", n.span, "write {model: text, size: number}", "%s takes names with their types, this is %s", what, n.describe())
		return nil
	}
	var out []Field
	for _, p := range n.pairs {
		if !namePattern.MatchString(p.key.text) {
			d.errorf("name", p.key.span, "use small letters a to z, digits and _", "%q cannot be a name", p.key.text)
		}
		if field, ok := d.field(p, dataTypes); ok {
			out = append(out, field)
		}
	}
	return out
}
