package flows

import (
	"reflect"
	"slices"
	"strings"
)

// jsonField is a field of a struct, as JSON has it.
type jsonField struct {
	name     string
	of       reflect.Type
	depth    int  // how deep it is embedded
	tagged   bool // its name is of its tag
	optional bool // it is left out when it is empty
	quoted   bool
}

// jsonFields are the fields that encoding/json knows: of those with one name the one that
// is embedded least deep, of several of these the only one whose tag names it, else none.
func jsonFields(t reflect.Type) (out []jsonField) {
	all := allFields(t, 0)
	for i, f := range all {
		if slices.ContainsFunc(all[:i], func(o jsonField) bool { return o.name == f.name }) {
			continue
		}
		best, alone := f, true
		for _, o := range all[i+1:] {
			switch {
			case o.name != f.name || o.hides(best) < 0:
			case o.hides(best) > 0:
				best, alone = o, true
			default:
				alone = false
			}
		}
		if alone {
			out = append(out, best)
		}
	}
	return out
}

// hides is 1 if a field is seen where another of its name is not, -1 if it is the other
// way round, and 0 if neither is seen.
func (f jsonField) hides(o jsonField) int {
	switch {
	case f.depth != o.depth:
		if f.depth < o.depth {
			return 1
		}
		return -1
	case f.tagged == o.tagged:
		return 0
	case f.tagged:
		return 1
	}
	return -1
}

// allFields are the fields of a struct, and of what is embedded in it.
func allFields(t reflect.Type, depth int) (out []jsonField) {
	for i := range t.NumField() {
		f := t.Field(i)
		tag := f.Tag.Get("json")
		if tag == "-" {
			continue
		}
		name, options, _ := strings.Cut(tag, ",")
		inner := f.Type
		if inner.Kind() == reflect.Pointer {
			inner = inner.Elem()
		}
		if f.Anonymous && name == "" && inner.Kind() == reflect.Struct {
			if depth < maxTypes {
				out = append(out, allFields(inner, depth+1)...)
			}
			continue
		}
		if !f.IsExported() {
			continue
		}
		given := strings.Split(options, ",")
		one := jsonField{
			name: name, of: f.Type, depth: depth, tagged: name != "", quoted: slices.Contains(given, "string"),
			optional: slices.Contains(given, "omitempty") || slices.Contains(given, "omitzero"),
		}
		if name == "" {
			one.name = f.Name
		}
		out = append(out, one)
	}
	return out
}

// unseen says whether a struct has fields, none of which JSON sees because of how their
// names are written.
func unseen(t reflect.Type) bool {
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	if t.Kind() != reflect.Struct {
		return false
	}
	some := false
	for i := range t.NumField() {
		f := t.Field(i)
		if f.IsExported() || f.Anonymous {
			return false
		}
		some = some || f.Name != "_"
	}
	return some
}
