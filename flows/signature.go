package flows

import (
	"encoding"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"time"
)

// Signature is what a Go function that call: may run takes and gives, as its types
// say. Load checks with: and what is done with the result against it.
type Signature struct {
	Name string

	in     []parameter
	open   bool // it takes whatever it is given
	out    typ
	silent bool // it gives nothing
}

// parameter is one value a handler takes.
type parameter struct {
	name   string
	is     typ
	field  *Field // if it is declared in YAML: it has bounds
	needed bool
}

// maxTypes bounds how deep types inside of types are looked at.
const maxTypes = 8

// SignatureOf describes a handler by its Go types, as encoding/json reads and writes
// them. in is a struct, a pointer to one, or a map[string]any; out is anything but a
// channel or function, struct{} if there is nothing to give.
func SignatureOf(name string, in, out reflect.Type) (Signature, error) {
	s := Signature{Name: name}
	if !eventPattern().MatchString(name) {
		return s, fmt.Errorf("%q cannot be the name of a handler: it has small letters a to z, digits, _, . and -", name)
	}
	for in.Kind() == reflect.Pointer {
		in = in.Elem()
	}
	switch {
	case in.Kind() == reflect.Struct:
		for _, f := range jsonFields(in, 0) {
			is, err := f.typ(0, reading)
			if err != nil {
				return s, fmt.Errorf("%s takes %s, %w", name, f.name, err)
			}
			s.in = append(s.in, parameter{name: f.name, is: is, needed: !f.optional && f.of.Kind() != reflect.Pointer})
		}
	case in.Kind() == reflect.Map && in.Key().Kind() == reflect.String, in.Kind() == reflect.Interface && in.NumMethod() == 0:
		s.open = true
	default:
		return s, fmt.Errorf("%s takes %s: a struct is needed", name, in)
	}
	is, err := goType(out, 0, writing)
	if err != nil {
		return s, fmt.Errorf("%s gives %w", name, err)
	}
	s.silent = out.Kind() == reflect.Struct && out.NumField() == 0
	is.name = "what " + name + " returns"
	s.out = is
	return s, nil
}

// jsonField is a field of a struct, as JSON has it.
type jsonField struct {
	name     string
	of       reflect.Type
	depth    int  // how deep it is embedded
	optional bool // it is left out when it is empty
	quoted   bool
}

// typ is what the field is in the language.
func (f jsonField) typ(depth int, way form) (typ, error) {
	is, err := goType(f.of, depth, way)
	if f.quoted && (is.kind == numberKind || is.kind == boolKind) {
		is = typ{kind: textKind, empty: is.empty}
	}
	return is, err
}

// jsonFields are the fields that encoding/json knows: of those with one name the one that
// is embedded least deep.
func jsonFields(t reflect.Type, depth int) []jsonField {
	var own, embedded []jsonField
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
		if f.Anonymous && name == "" && inner.Kind() == reflect.Struct && depth < maxTypes {
			embedded = append(embedded, jsonFields(inner, depth+1)...)
			continue
		}
		if !f.IsExported() {
			continue
		}
		if name == "" {
			name = f.Name
		}
		given := strings.Split(options, ",")
		own = append(own, jsonField{
			name: name, of: f.Type, depth: depth, quoted: slices.Contains(given, "string"),
			optional: slices.Contains(given, "omitempty") || slices.Contains(given, "omitzero"),
		})
	}
	slices.SortStableFunc(embedded, func(a, b jsonField) int { return a.depth - b.depth })
	for _, f := range embedded {
		if !slices.ContainsFunc(own, func(o jsonField) bool { return o.name == f.name }) {
			own = append(own, f)
		}
	}
	return own
}

var (
	timeReflected   = reflect.TypeFor[time.Time]()
	numberReflected = reflect.TypeFor[json.Number]()
)

// form is a way between Go and JSON, with the methods that types of somebody's own have
// for it.
type form struct{ own, text reflect.Type }

var (
	reading = form{reflect.TypeFor[json.Unmarshaler](), reflect.TypeFor[encoding.TextUnmarshaler]()}
	writing = form{reflect.TypeFor[json.Marshaler](), reflect.TypeFor[encoding.TextMarshaler]()}
)

// special is what a type is that has its own form; ok is false if it has none. Whether a
// writer of the pointer is asked depends on where the value stands, so that may be anything.
func (w form) special(t reflect.Type) (is typ, ok bool) {
	p := reflect.PointerTo(t)
	switch {
	case t.Kind() == reflect.Interface:
		return anyType, false
	case p.Implements(w.own):
		return anyType, true
	case t.Implements(w.text), p.Implements(w.text) && w == reading:
		return textType, true
	}
	return anyType, p.Implements(w.text)
}

var errNoJSON = errors.New("which has no form in JSON")

// goType is what a Go type is in the language.
func goType(t reflect.Type, depth int, way form) (typ, error) {
	if depth > maxTypes {
		return anyType, nil
	}
	switch {
	case t == timeReflected:
		return instantType, nil
	case t == numberReflected:
		return numberType, nil
	case t.Kind() == reflect.Pointer:
		is, err := goType(t.Elem(), depth+1, way)
		is.empty = true
		return is, err
	}
	if is, ok := way.special(t); ok {
		return is, nil
	}
	switch t.Kind() {
	case reflect.Bool:
		return boolType, nil
	case reflect.String:
		return textType, nil
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64, reflect.Uint, reflect.Uint8, reflect.Uint16,
		reflect.Uint32, reflect.Uint64, reflect.Float32, reflect.Float64:
		return numberType, nil
	case reflect.Interface:
		return anyType, nil
	case reflect.Slice, reflect.Array:
		if t.Kind() == reflect.Slice && t.Elem().Kind() == reflect.Uint8 {
			return textType, nil
		}
		of, err := goType(t.Elem(), depth+1, way)
		return listOf(of), err
	case reflect.Map:
		if _, err := goType(t.Elem(), depth+1, way); err != nil {
			return anyType, err
		}
		return typ{kind: objectKind}, nil
	case reflect.Struct:
		is := typ{kind: objectKind, name: t.Name(), fields: make(map[string]typ)}
		for _, f := range jsonFields(t, 0) {
			of, err := f.typ(depth+1, way)
			if err != nil {
				return anyType, fmt.Errorf("%s, %w", f.name, err)
			}
			of.empty = of.empty || f.optional && of.kind != boolKind && of.kind != listKind
			is.fields[f.name] = of
		}
		return is, nil
	}
	return anyType, fmt.Errorf("a %s, %w", t, errNoJSON)
}
