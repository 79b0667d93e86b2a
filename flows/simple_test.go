package flows

import (
	"reflect"
	"strings"
	"testing"
)

// What is taken apart when it is compiled says what the machine of expr would say.
func TestSimpleExpressionsAreThoseOfTheMachine(t *testing.T) {
	t.Parallel()
	dialect := newDialect()
	evaluate := func(source string, e *env) any {
		code := dialect.compile(source)
		v, err := (&expression{source: source, code: code}).value(e)
		if err != nil {
			t.Errorf("%s: %v", source, err)
		}
		return v
	}
	e := newEnv(&Program{}, &World{Contact: Contact{FirstName: "Zoé", Fields: map[string]any{"size": 42.5}}}, "en")
	e.cause = &cause{Topic: "restock", Interest: map[string]any{"n": 1.0}}
	e.set = map[string]any{"empty": "", "no": false, "list": []any{}, "of": map[string]any{"x": "y", "z": nil}}
	for _, name := range []string{"contact.first_name", "contact.last_name", "contact.size", "contact.nothing", "empty", "no", "list", "of", "of.x", "of.z", "of.x.y", "of?.x", "event", "event.x", "topic", "interest.n", "missing", "missing.x"} {
		for _, instead := range []string{"", ` ?? "you"`, ` ?? ''`, " ?? 7", " ?? -7", " ?? 1.5", " ?? false", " ?? nil", ` ?? "a" ?? "b"`, ` ?? contact.size`, ` ?? missing ?? "a"`} {
			source := name + instead
			if got, want := evaluate(source, e), evaluate("true ? ("+source+") : 0", e); !reflect.DeepEqual(got, want) {
				t.Errorf("%s is %#v, computed it is %#v", source, got, want)
			}
		}
	}
	if dialect.compile(`contact.first_name ?? "you"`).prog != nil {
		t.Error("a name with a default is compiled")
	}
}

func TestTagsAreComparedAsTheyAreWritten(t *testing.T) {
	t.Parallel()
	tags := []string{"", "fr", "FR", "fr_FR", "fr-fr", "fr_CA", "en-GB", "en_gb", "zh_TW", "zh-Hant-TW", "zh_Hant_TW", "pt", "pt_BR", "-", "_", "fr_", "fr-", "f", "\u212aa", "ka", "fr__FR", "fr-_FR"}
	for _, a := range tags {
		if got, want := primary(a), base(hyphened(a)); got != want {
			t.Errorf("the language of %q is %q, want %q", a, got, want)
		}
		for _, b := range tags {
			if got, want := alike(a, b), strings.EqualFold(hyphened(a), hyphened(b)); got != want {
				t.Errorf("%q and %q are alike: %v, want %v", a, b, got, want)
			}
		}
	}
}
