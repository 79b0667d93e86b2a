package flows

import (
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/go-cmp/cmp"
)

// The types that a developer's handler of these tests takes and gives.
type (
	stockQuery struct {
		Size  float64   `json:"size"`
		Model string    `json:"model,omitempty"`
		Skip  string    `json:"-"`
		At    time.Time `json:"at,omitzero"`
	}
	shopOf struct {
		City string    `json:"city"`
		Next time.Time `json:"next"`
	}
	located struct{ Shop *shopOf }

	rated[T any] struct {
		Of T `json:"of"`
	}
	stockFind struct {
		located
		Left   int            `json:"left"`
		Model  string         `json:"model,omitempty"`
		Open   bool           `json:"open,omitempty"`
		Shops  []shopOf       `json:"shops"`
		ID     int64          `json:"id,string"`
		Prices map[string]int `json:"prices"`
		Deal   rated[shopOf]  `json:"deal"`
		Other  any            `json:"other"`
	}
)

func signature(t *testing.T, name string, in, out reflect.Type) Signature {
	t.Helper()
	s, err := SignatureOf(name, in, out)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// The uses of what a Go function takes and gives are checked as those of an endpoint.
func TestCallsAreCheckedAgainstGoTypes(t *testing.T) {
	t.Parallel()
	find := signature(t, "stock.find", reflect.TypeFor[stockQuery](), reflect.TypeFor[stockFind]())
	for _, tt := range []struct{ with, then, want string }{
		{`{size: 42}`, `say: "{{ stock.left }} {{ stock.id }}"`, ""},
		{`{size: "{{ contact.size }}", model: Tern}`, `say: "{{ first(stock.shops).city ?? 0 }} {{ stock.Shop.city ?? 0 }}"`, ""},
		{`{size: 42}`, `if: stock.open and stock.other == 1 and stock.prices.any == 2`, ""},
		{`{}`, `say: "{{ stock.left }}"`, `takes size, and is not given it`},
		{`{size: 42, at: "2026-03-27"}`, `say: "{{ stock.left }}"`, `"2026-03-27" does not fit: at takes a moment`},
		{`{size: 42, at: "2026-03-27T18:00:00+01:00"}`, `say: "{{ stock.left }}"`, ""},
		{`{size: large}`, `say: "{{ stock.left }}"`, `"large" does not fit: size takes a number`},
		{`{size: "{{ contact.first_name }}"}`, `say: "{{ stock.left }}"`, `size takes a number, this is a text`},
		{`{size: 42, colour: red}`, `say: "{{ stock.left }}"`, `takes no "colour"`},
		{`{size: 42}`, `say: "{{ stock.deal.fo }}"`, `rated has no "fo"`},
		{`{size: 42}`, `say: "{{ stock.lfet }}"`, `what stock.find returns has no "lfet"`},
		{`{size: 42}`, `say: "{{ stock.model }}"`, `stock.model may be empty`},
		{`{size: 42}`, `say: "{{ stock.Shop.city }}"`, `stock.Shop.city may be empty`},
		{`{size: 42}`, `say: "{{ stock.shops }}"`, `is a list of records`},
		{`{size: 42}`, `if: stock.left == "no"`, `stock.left is a number`},
	} {
		then := tt.then
		if strings.HasPrefix(then, "if:") {
			then += "\n    then: [{end: true}]"
		}
		_, _, found := Load(fstest.MapFS{
			"bot.yaml":     {Data: []byte("name: Fern\nfields: {size: number}\nhandlers: {stock.find: {post: 'https://fern.example'}}\n")},
			"flows/a.yaml": {Data: []byte("triggers: [{start: true}]\nsteps:\n  - call: stock.find\n    with: " + tt.with + "\n    save: stock\n  - " + then + "\n")},
		}, find)
		found = slices.DeleteFunc(found, func(d Diagnostic) bool { return d.Severity == Info })
		if got := fmt.Sprint(found); tt.want == "" && len(found) > 0 || !strings.Contains(got, tt.want) {
			t.Errorf("with %s, %s: want %q in\n%s", tt.with, tt.then, tt.want, got)
		}
	}
}

// Types of somebody's own, which read and write themselves by their pointers as most do.
type (
	shade      int // reads and writes the name of a colour
	price      struct{ cents int64 }
	identified struct {
		ID   int    `json:"id"`
		Name string `json:"name"`
	}
	ownForms struct {
		ID string `json:"id"`
		identified
		Shade shade  `json:"shade"`
		Order int64  `json:"order,string"`
		Price *price `json:"price"`
	}
)

func (*shade) UnmarshalText([]byte) error     { return nil }
func (*price) UnmarshalJSON([]byte) error     { return nil }
func (p *price) MarshalJSON() ([]byte, error) { return fmt.Append(nil, p.cents), nil }

func TestCheckRefusesNothingThatEncodingJSONReadsAndWrites(t *testing.T) {
	t.Parallel()
	own := signature(t, "own", reflect.TypeFor[ownForms](), reflect.TypeFor[ownForms]())
	for _, tt := range []struct{ with, then, want string }{
		{`{id: a, name: n, shade: red, order: "9007199254740993", price: 12.5}`, `say: "{{ upper(own.id) }} {{ own.name }} {{ own.order }} {{ own.price ?? 0 }}"`, ""},
		{`{id: a, name: n, shade: "{{ 1 + 1 }}", order: "1", price: 12.5}`, `say: Hello`, `shade takes a text, this is a number`},
		{`{id: a, name: n, shade: red, order: "{{ 1 + 1 }}", price: 12.5}`, `say: Hello`, `order takes a text, this is a number`},
	} {
		_, _, found := Load(fstest.MapFS{
			"bot.yaml":     {Data: []byte("name: Fern\n")},
			"flows/a.yaml": {Data: []byte("triggers: [{start: true}]\nsteps:\n  - call: own\n    with: " + tt.with + "\n    save: own\n    on_error: [{end: true}]\n  - " + tt.then + "\n")},
		}, own)
		if got := fmt.Sprint(found); tt.want == "" && len(found) > 0 || !strings.Contains(got, tt.want) {
			t.Errorf("with %s, %s: want %q in\n%s", tt.with, tt.then, tt.want, got)
		}
	}
}

func TestTypesThatCannotBeHandlers(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name    string
		in, out reflect.Type
		want    string
	}{
		{"stock.find", reflect.TypeFor[*stockQuery](), reflect.TypeFor[[]string](), ""},
		{"stock.find", reflect.TypeFor[map[string]any](), reflect.TypeFor[struct{}](), ""},
		{"Stock", reflect.TypeFor[struct{}](), reflect.TypeFor[int](), "cannot be the name"},
		{"stock.find", reflect.TypeFor[string](), reflect.TypeFor[int](), "a struct is needed"},
		{"stock.find", reflect.TypeFor[struct{}](), reflect.TypeFor[chan int](), "no form in JSON"},
		{"stock.find", reflect.TypeFor[struct{ F func() }](), reflect.TypeFor[int](), "no form in JSON"},
		{"stock.find", reflect.TypeFor[struct{ S fmt.Stringer }](), reflect.TypeFor[int](), "no form in JSON"},
		{"stock.find", reflect.TypeFor[struct{}](), reflect.TypeFor[fmt.Stringer](), ""},
		{"stock.find", reflect.TypeFor[struct{}](), reflect.TypeFor[map[int]string](), ""},
		{"stock.find", reflect.TypeFor[struct{}](), reflect.TypeFor[map[[2]int]string](), "no form in JSON"},
		{"stock.find", reflect.TypeFor[struct{ M map[bool]int }](), reflect.TypeFor[int](), "no form in JSON"},
		{"stock.find", reflect.TypeFor[struct{ size float64 }](), reflect.TypeFor[int](), "capital letter"},
		{"stock.find", reflect.TypeFor[struct{ _ struct{} }](), reflect.TypeFor[*struct{ left int }](), "capital letter"},
		{"stock.find", reflect.TypeFor[time.Time](), reflect.TypeFor[time.Time](), "a struct is needed"},
		{"stock.find", reflect.TypeFor[price](), reflect.TypeFor[price](), ""},
	} {
		_, err := SignatureOf(tt.name, tt.in, tt.out)
		if (err == nil) != (tt.want == "") || err != nil && !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s %s %s: %v, want %q", tt.name, tt.in, tt.out, err, tt.want)
		}
	}
}

// Types that name each other many times are looked at once for each depth.
func TestTypesThatNameThemselvesManyTimes(t *testing.T) {
	t.Parallel()
	type web struct {
		A, B, C, D, E, F, G, H, I, J, K, L, M, N, O, P, Q, R, S, T, U, V, W, X, Y, Z *web
		AA, BB, CC, DD, EE, FF, GG, HH, II, JJ, KK, LL, MM, NN, OO, PP, QQ, RR, SS   []web
	}
	s := signature(t, "web", reflect.TypeFor[web](), reflect.TypeFor[web]())
	if len(s.in) != 45 || len(s.out.fields["A"].fields["SS"].elem.fields) != 45 {
		t.Errorf("takes %d values", len(s.in))
	}
}

// The fields that encoding/json itself reads of a struct are those that a flow may give.
func TestFieldsAreThoseOfEncodingJSON(t *testing.T) {
	t.Parallel()
	type (
		Left   struct{ Name, Both string }
		Right  struct{ Both string }
		Tagged struct {
			Own string `json:"Both"`
		}
		low    struct{ Deep string }
		Deeper struct{ low }
		Torn   struct {
			Left
			Right
		}
		Mended struct {
			Left
			Right
			Tagged
		}
		Covered struct {
			Left
			Right
			Both int
		}
		Buried struct {
			Deeper
			Deep int `json:",omitempty"`
		}
		Skipped struct {
			Left `json:"-"`
		}
		Named struct {
			Left `json:"left"`
			low
		}
		Pointed struct {
			*Right
			*Tagged
		}
	)
	for _, in := range []any{Torn{}, Mended{}, Covered{}, Buried{Deep: 1}, Skipped{}, Named{}, Pointed{&Right{}, &Tagged{}}} {
		text, err := json.Marshal(in)
		if err != nil {
			t.Fatal(err)
		}
		var want map[string]any
		if err := json.Unmarshal(text, &want); err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, p := range signature(t, "f", reflect.TypeOf(in), reflect.TypeFor[int]()).in {
			got = append(got, p.name)
		}
		slices.Sort(got)
		if d := cmp.Diff(slices.Sorted(maps.Keys(want)), got); d != "" {
			t.Errorf("%T: encoding/json against what with: may give:\n%s", in, d)
		}
	}
}

// What is put into an address stays where it is put.
func TestRequestsOfHandlers(t *testing.T) {
	t.Parallel()
	p, _, found := Load(fstest.MapFS{
		"bot.yaml": {Data: []byte(`name: Fern
fields: {city: text}
handlers:
  find: {post: "https://fern.example/find", in: {plant: text, n: number}, out: {left: number}}
  own: {put: "https://fern.example/own#x", in: {plant: text}, body: {pflanze: "{{ plant }}", who: "{{ contact.id }}", n: 3}, headers: {X-Shop: $SHOP}}
  get: {get: "https://fern.example/{{ plant }}/of/{{ contact.id }}?n={{ n }}&m=1", in: {plant: text, n: number, tags: list}}
  city: {delete: "https://fern.example/{{ contact.city ?? 'none' }}"}
`)},
		"flows/a.yaml": {Data: []byte("steps: [{say: Hello}]\n")},
	})
	if found.HasErrors() {
		t.Fatal(found)
	}
	w := World{Contact: Contact{ID: "messenger:1:2"}}
	for _, tt := range []struct {
		handler string
		with    map[string]any
		want    Request
		err     string
	}{
		{"find", map[string]any{"plant": "fern", "n": 2.0}, Request{"POST", "https://fern.example/find", []byte(`{"n":2,"plant":"fern"}`)}, ""},
		{"find", nil, Request{"POST", "https://fern.example/find", []byte(`{}`)}, ""},
		{"own", map[string]any{"plant": `f"`}, Request{"PUT", "https://fern.example/own#x", []byte(`{"n":3,"pflanze":"f\"","who":"messenger:1:2"}`)}, ""},
		{"get", map[string]any{"plant": "a/../b?c#d&e", "n": 2.0, "tags": []any{"x y", "z"}},
			Request{Method: "GET", URL: "https://fern.example/a%2F..%2Fb%3Fc%23d%26e/of/messenger%3A1%3A2?n=2&m=1&tags=x+y&tags=z"}, ""},
		{"get", map[string]any{"plant": "fern"}, Request{Method: "GET", URL: "https://fern.example/fern/of/messenger%3A1%3A2?n=&m=1"}, ""},
		{"get", map[string]any{"n": 2.0}, Request{}, "plant is empty"},
		{"get", map[string]any{"plant": ".."}, Request{}, "plant is empty"},
		{"city", nil, Request{Method: "DELETE", URL: "https://fern.example/none"}, ""},
		{"nobody", nil, Request{}, "no such handler"},
	} {
		got, err := p.Request(tt.handler, tt.with, w)
		if (err == nil) != (tt.err == "") || err != nil && !strings.Contains(err.Error(), tt.err) {
			t.Errorf("%s %v: %v, want %q", tt.handler, tt.with, err, tt.err)
		}
		if diff := cmp.Diff(tt.want, got); diff != "" {
			t.Errorf("%s %v (-want +got):\n%s", tt.handler, tt.with, diff)
		}
	}
	if h, ok := p.Handler("own"); !ok || h.Headers[0] != (Header{Name: "X-Shop", Env: "SHOP"}) {
		t.Errorf("own is %+v", h)
	}
}
