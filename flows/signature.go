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
			is, err := goType(f.of, 0)
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
	is, err := goType(out, 0)
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
	optional bool // it is left out when it is empty
	quoted   bool
}

func jsonFields(t reflect.Type, depth int) []jsonField {
	var out []jsonField
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
			out = append(out, jsonFields(inner, depth+1)...)
			continue
		}
		if !f.IsExported() {
			continue
		}
		if name == "" {
			name = f.Name
		}
		given := strings.Split(options, ",")
		out = append(out, jsonField{
			name: name, of: f.Type, quoted: slices.Contains(given, "string"),
			optional: slices.Contains(given, "omitempty") || slices.Contains(given, "omitzero"),
		})
	}
	return out
}

var (
	timeReflected   = reflect.TypeFor[time.Time]()
	numberReflected = reflect.TypeFor[json.Number]()
	jsonWriter      = reflect.TypeFor[json.Marshaler]()
	textWriter      = reflect.TypeFor[encoding.TextMarshaler]()
)

var errNoJSON = errors.New("which has no form in JSON")

// goType is what a Go type is in the language.
func goType(t reflect.Type, depth int) (typ, error) {
	if depth > maxTypes {
		return anyType, nil
	}
	switch {
	case t == timeReflected:
		return instantType, nil
	case t == numberReflected:
		return numberType, nil
	case t.Kind() == reflect.Pointer:
		is, err := goType(t.Elem(), depth+1)
		is.empty = true
		return is, err
	case t.Implements(jsonWriter) && t.Kind() != reflect.Interface:
		return anyType, nil
	case t.Implements(textWriter) && t.Kind() != reflect.Interface:
		return textType, nil
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
		of, err := goType(t.Elem(), depth+1)
		return listOf(of), err
	case reflect.Map:
		if _, err := goType(t.Elem(), depth+1); err != nil {
			return anyType, err
		}
		return typ{kind: objectKind}, nil
	case reflect.Struct:
		is := typ{kind: objectKind, name: t.Name(), fields: make(map[string]typ)}
		for _, f := range jsonFields(t, 0) {
			of, err := goType(f.of, depth+1)
			if err != nil {
				return anyType, fmt.Errorf("%s, %w", f.name, err)
			}
			if f.quoted {
				of = typ{kind: textKind, empty: of.empty}
			}
			of.empty = of.empty || f.optional && of.kind != boolKind && of.kind != listKind
			is.fields[f.name] = of
		}
		return is, nil
	}
	return anyType, fmt.Errorf("a %s, %w", t, errNoJSON)
}
