package flows

import (
	"errors"
	"math"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
)

func TestEventsAreConvertedOnArrival(t *testing.T) {
	t.Parallel()
	p := newShop(t).p
	for _, tt := range []struct {
		name string
		data map[string]any
		want map[string]any
		err  string
	}{
		{"as declared", map[string]any{"model": "Gazelle", "size": 42.0, "url": "https://x.example"}, map[string]any{"model": "Gazelle", "size": 42.0, "url": "https://x.example"}, ""},
		{"texts become numbers", map[string]any{"model": "Gazelle", "size": "42"}, map[string]any{"model": "Gazelle", "size": 42.0}, ""},
		{"numbers become texts", map[string]any{"model": 990.0}, map[string]any{"model": "990"}, ""},
		{"what is not declared is left out", map[string]any{"model": "Gazelle", "warehouse": 7.0}, map[string]any{"model": "Gazelle"}, ""},
		{"nil is missing", map[string]any{"model": nil}, map[string]any{}, ""},
		{"a number that is none", map[string]any{"size": "large"}, nil, "size must be a number"},
		{"a list", map[string]any{"model": []any{"a"}}, nil, "model must be a text"},
		{"not a number", map[string]any{"size": math.NaN()}, nil, "size must be a number"},
		{"misspelt", map[string]any{"modle": "Gazelle"}, nil, "did you mean model?"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got, err := p.ConvertEvent("restock", tt.data)
			if tt.err != "" {
				if err == nil || !strings.Contains(err.Error(), tt.err) || strings.Contains(err.Error(), "large") {
					t.Fatalf("got %v, want %q", err, tt.err)
				}
				return
			}
			if diff := cmp.Diff(tt.want, got); err != nil || diff != "" {
				t.Errorf("%v -want +got\n%s", err, diff)
			}
		})
	}
	if _, err := p.ConvertEvent("restok", nil); !errors.Is(err, ErrUnknownEvent) {
		t.Errorf("got %v", err)
	}
}

func TestFieldsAreConverted(t *testing.T) {
	t.Parallel()
	p, _, found := Load(fstest.MapFS{
		"bot.yaml": {Data: []byte(`name: x
fields:
  size: {type: number, min: 35, max: 48}
  code: {type: text, min: 2, max: 4}
  vip: boolean
  colour: {type: choice, options: [Rouge, Bleu]}
  birthday: date
  slot: time
  tags: list
`)},
		"flows/a.yaml": {Data: []byte("steps: [{say: Hello}]\n")},
	})
	if found.HasErrors() {
		t.Fatal(found)
	}
	for _, tt := range []struct {
		field    string
		in, want any // want nil: refused
	}{
		{"size", 42.0, 42.0}, {"size", 42, 42.0}, {"size", "42.5", 42.5}, {"size", " 42 ", 42.0}, {"size", 34.0, nil}, {"size", "49", nil}, {"size", true, nil}, {"size", "0x2a", nil},
		{"code", "ab", "ab"}, {"code", "a", nil}, {"code", "abcde", nil}, {"code", 42.0, "42"}, {"code", "", nil},
		{"vip", true, true}, {"vip", "false", false}, {"vip", "yes", nil}, {"vip", 1.0, nil},
		{"colour", "Rouge", "Rouge"}, {"colour", "ROUGE !", "Rouge"}, {"colour", "Vert", nil},
		{"birthday", "1990-03-01", "1990-03-01"}, {"birthday", "1990-03-01T10:00:00Z", "1990-03-01"}, {"birthday", "1990-02-30", nil}, {"birthday", "1/3/1990", nil},
		{"slot", "9:30", "09:30"}, {"slot", "09:30:15", "09:30"}, {"slot", "25:00", nil},
		{"tags", []any{"a", 1.0}, []any{"a", 1.0}}, {"tags", "a", []any{"a"}}, {"tags", []any{map[string]any{}}, nil},
	} {
		got, err := p.ConvertField(tt.field, tt.in)
		if diff := cmp.Diff(tt.want, got); diff != "" || (err != nil) != (tt.want == nil) {
			t.Errorf("%s %v: %v -want +got\n%s", tt.field, tt.in, err, diff)
		}
	}
	if v, err := p.ConvertField("size", nil); v != nil || err != nil {
		t.Errorf("nil: got %v, %v", v, err)
	}
	if _, err := p.ConvertField("sise", 42.0); !errors.Is(err, ErrUnknownField) {
		t.Errorf("unknown field: got %v", err)
	}
}
