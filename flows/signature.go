package flows

import (
	"encoding"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
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
	reading, writing := typist{form: reading()}, typist{form: writing()}
	own, special := reading.special(in)
	switch {
	case special && own.kind == textKind, in == reflect.TypeFor[time.Time]():
		return s, fmt.Errorf("%s takes %s, which reads itself from a text: a struct is needed", name, in)
	case special, in.Kind() == reflect.Map && in.Key().Kind() == reflect.String, in.Kind() == reflect.Interface && in.NumMethod() == 0:
		s.open = true
	case in.Kind() == reflect.Struct:
		if unseen(in) {
			return s, fmt.Errorf("%s takes %s, %w", name, in, errUnseen)
		}
		for _, f := range jsonFields(in) {
			is, err := reading.field(f, 0)
			if err != nil {
				return s, fmt.Errorf("%s takes %s, %w", name, f.name, err)
			}
			s.in = append(s.in, parameter{name: f.name, is: is, needed: !f.optional && f.of.Kind() != reflect.Pointer})
		}
	default:
		return s, fmt.Errorf("%s takes %s: a struct is needed", name, in)
	}
	is, err := writing.typ(out, 0)
	if err == nil && unseen(out) && is.kind == objectKind {
		err = fmt.Errorf("a %s, %w", out, errUnseen)
	}
	if err != nil {
		return s, fmt.Errorf("%s gives %w", name, err)
	}
	s.silent = out.Kind() == reflect.Struct && out.NumField() == 0
	is.name = "what " + name + " returns"
	s.out = is
	return s, nil
}

var (
	errNoJSON = errors.New("which has no form in JSON")
	errUnseen = errors.New("of which JSON sees nothing: its fields must begin with a capital letter")
)

// form is a way between Go and JSON, with the methods that types of somebody's own have
// for it.
type form struct{ own, text reflect.Type }

func reading() form {
	return form{reflect.TypeFor[json.Unmarshaler](), reflect.TypeFor[encoding.TextUnmarshaler]()}
}

func writing() form {
	return form{reflect.TypeFor[json.Marshaler](), reflect.TypeFor[encoding.TextMarshaler]()}
}

// reads says whether it is from JSON to Go.
func (w form) reads() bool { return w == reading() }

// special is what a type is that has its own form; ok is false if it has none. Whether a
// writer of the pointer is asked depends on where the value stands, so that may be anything.
func (w form) special(t reflect.Type) (is typ, ok bool) {
	p := reflect.PointerTo(t)
	switch {
	case t.Kind() == reflect.Interface:
		return anyType, false
	case p.Implements(w.own):
		return anyType, true
	case t.Implements(w.text), p.Implements(w.text) && w.reads():
		return textType, true
	}
	return anyType, p.Implements(w.text)
}

// typist says what Go types are in the language, on one way. It looks at a type once for
// each depth: types that name each other, and themselves, would be looked at for ever.
type typist struct {
	form
	known map[typeAt]typ
}

// typeAt is a type at the depth where it stands.
type typeAt struct {
	of    reflect.Type
	depth int
}

// typ is what a Go type is in the language.
func (y *typist) typ(t reflect.Type, depth int) (typ, error) {
	if depth > maxTypes {
		return anyType, nil
	}
	if is, ok := y.known[typeAt{t, depth}]; ok {
		return is, nil
	}
	is, err := y.look(t, depth)
	if err == nil {
		if y.known == nil {
			y.known = map[typeAt]typ{}
		}
		y.known[typeAt{t, depth}] = is
	}
	return is, err
}

func (y *typist) look(t reflect.Type, depth int) (typ, error) {
	switch {
	case t == reflect.TypeFor[time.Time]():
		return instantType, nil
	case t == reflect.TypeFor[json.Number]():
		return numberType, nil
	case t.Kind() == reflect.Pointer:
		is, err := y.typ(t.Elem(), depth+1)
		is.empty = true
		return is, err
	}
	if is, ok := y.special(t); ok {
		return is, nil
	}
	switch t.Kind() {
	case reflect.Bool:
		return boolType, nil
	case reflect.String:
		return textType, nil
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64, reflect.Uint, reflect.Uint8, reflect.Uint16,
		reflect.Uint32, reflect.Uint64, reflect.Uintptr, reflect.Float32, reflect.Float64:
		return numberType, nil
	case reflect.Interface:
		if !y.reads() || t.NumMethod() == 0 {
			return anyType, nil
		}
	case reflect.Slice, reflect.Array:
		if t.Kind() == reflect.Slice && t.Elem().Kind() == reflect.Uint8 {
			return textType, nil
		}
		of, err := y.typ(t.Elem(), depth+1)
		return listOf(of), err
	case reflect.Map:
		if !y.names(t.Key()) {
			break
		}
		_, err := y.typ(t.Elem(), depth+1)
		return typ{kind: objectKind}, err
	case reflect.Struct:
		return y.record(t, depth)
	}
	return anyType, fmt.Errorf("a %s, %w", t, errNoJSON)
}

// names says whether keys of a map have a form in JSON, where they are texts.
func (y *typist) names(key reflect.Type) bool {
	switch key.Kind() {
	case reflect.String, reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64,
		reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64, reflect.Uintptr:
		return true
	}
	return key.Implements(y.text) || y.reads() && reflect.PointerTo(key).Implements(y.text)
}

// record is what a struct is in the language.
func (y *typist) record(t reflect.Type, depth int) (typ, error) {
	name, _, _ := strings.Cut(t.Name(), "[") // without the parameters of a generic type, and their paths
	is := typ{kind: objectKind, name: name, fields: make(map[string]typ)}
	for _, f := range jsonFields(t) {
		of, err := y.field(f, depth+1)
		if err != nil {
			return anyType, fmt.Errorf("%s, %w", f.name, err)
		}
		of.empty = of.empty || f.optional && of.kind != boolKind && of.kind != listKind
		is.fields[f.name] = of
	}
	return is, nil
}

// field is what a field of a struct is in the language.
func (y *typist) field(f jsonField, depth int) (typ, error) {
	is, err := y.typ(f.of, depth)
	if f.quoted && (is.kind == numberKind || is.kind == boolKind) {
		is = typ{kind: textKind, empty: is.empty}
	}
	return is, err
}
