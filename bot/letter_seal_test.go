package bot

import (
	"encoding/json"
	"reflect"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/relance-bot/relance/flows"
)

// Whatever stands in a message, and whatever field it gets one day, is written as
// encoding/json writes it.
func TestLettersAreSealedAsJSON(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		var l letter
		fill(t, reflect.ValueOf(&l.body).Elem(), rapid.Bool().Draw(t, "whole"))
		sameSeal(t, &l)
	})
}

// Each field stands by itself once, so that none hides behind another.
func TestEachFieldOfALetterIsSealed(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		for _, part := range []func(l *letter) reflect.Value{
			func(l *letter) reflect.Value { return reflect.ValueOf(&l.body).Elem() },
			func(l *letter) reflect.Value { return reflect.ValueOf(&l.body.Message).Elem() },
		} {
			for i := range part(&letter{}).NumField() {
				var l letter
				fill(t, part(&l).Field(i), true)
				sameSeal(t, &l)
			}
		}
	})
}

func TestALetterThatCannotBeWrittenIsNotSealed(t *testing.T) {
	t.Parallel()
	for name, body := range map[string]sendBody{
		"no JSON":    {Ends: ended{{"price": func() {}}}},
		"no year":    {Expires: time.Date(12000, 1, 1, 0, 0, 0, 0, time.UTC)},
		"no receipt": {Message: flows.Message{Receipt: &flows.Receipt{At: time.Date(12000, 1, 1, 0, 0, 0, 0, time.UTC)}}},
	} {
		l := letter{body: body}
		if err := l.seal(); err == nil || l.Body != nil {
			t.Errorf("%s: %s", name, l.Body)
		}
	}
}

func sameSeal(t *rapid.T, l *letter) {
	if err := l.seal(); err != nil {
		t.Fatal(err)
	}
	if want := string(marshal(t, l.body)); want != string(l.Body) {
		t.Fatalf("sealed as\n%s\nwant\n%s", l.Body, want)
	}
	rest := l.body
	rest.Message = flows.Message{Kind: rest.Message.Kind}
	if err := l.sealRest(); err != nil {
		t.Fatal(err)
	}
	if want := string(marshal(t, rest)); want != string(l.Body) {
		t.Fatalf("the rest as\n%s\nwant\n%s", l.Body, want)
	}
	if !json.Valid(l.Body) {
		t.Fatal("that is no JSON")
	}
}

// fill draws something for a value and all that stands in it; for everything, if whole.
func fill(t *rapid.T, v reflect.Value, whole bool) {
	if !whole && rapid.Bool().Draw(t, "left out") {
		return
	}
	switch v.Interface().(type) {
	case time.Time:
		v.Set(reflect.ValueOf(stamps.Draw(t, "time")))
		return
	case map[string]any:
		v.Set(reflect.ValueOf(objects(1).Draw(t, "object")))
		return
	}
	switch v.Kind() {
	case reflect.String:
		v.SetString(words.Draw(t, "text"))
	case reflect.Bool:
		v.SetBool(rapid.Bool().Draw(t, "flag"))
	case reflect.Uint8:
		v.SetUint(uint64(rapid.Byte().Draw(t, "byte")))
	case reflect.Int, reflect.Int64:
		v.SetInt(rapid.Int64().Draw(t, "number"))
	case reflect.Float64:
		v.SetFloat(rapid.Float64Range(-180, 180).Draw(t, "coordinate"))
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		fill(t, v.Elem(), whole)
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), rapid.IntRange(0, 2).Draw(t, "items"), 2))
		for i := range v.Len() {
			fill(t, v.Index(i), whole)
		}
	case reflect.Struct:
		for i := range v.NumField() {
			fill(t, v.Field(i), whole)
		}
	default:
		t.Fatalf("no way to fill a %s", v.Type())
	}
}
