package flows

import (
	"fmt"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/go-cmp/cmp"
)

// shop is a bot, a person and some saved names to evaluate expressions against.
type shop struct {
	p     *Program
	w     World
	names map[string]any
	types map[string]typ
}

const shopBot = `
name: Foulée
locale: fr
timezone: Europe/Paris
fields:
  size: {type: number, min: 35, max: 48}
  age: number
  city: text
  vip: boolean
  tags: list
  birthday: date
  slot: time
  colour: {type: choice, options: [red, blue]}
topics:
  restock: {title: Ta pointure, cadence: [daily], interest: {model: text, size: number}}
events:
  restock: {model: text, size: number, url: text}
channels:
  messenger: {notifications: [recurring]}
`

const shopShoes = `model,size,stock,price,image
Gazelle,42,3,99.90,https://foulee.example/g.png
Zèbre,42,0,120,
Gazelle,41,1,99.90,https://foulee.example/g.png
`

func newShop(t testing.TB) *shop {
	t.Helper()
	p, data, found := Load(fstest.MapFS{
		"bot.yaml":       {Data: []byte(shopBot)},
		"flows/hi.yaml":  {Data: []byte("steps:\n  - opt_in: restock\n")},
		"data/shoes.csv": {Data: []byte(shopShoes)},
		"data/shop.yaml": {Data: []byte("name: Foulée\nopen: true\nhours: {monday: 10-19}\n")},
	})
	if found.HasErrors() {
		t.Fatalf("the bench does not load:\n%v", found)
	}
	return &shop{
		p: p,
		w: World{
			Now:  time.Date(2026, 3, 27, 17, 5, 0, 0, time.UTC),
			Data: data,
			Contact: Contact{
				ID: "messenger:1:2", FirstName: "Zoé", Locale: "fr_FR", Timezone: "Europe/Paris", Channel: "messenger",
				CreatedAt: time.Date(2026, 1, 1, 23, 30, 0, 0, time.UTC),
				Fields:    map[string]any{"size": 42.0, "colour": "red", "birthday": "1990-03-01", "slot": "09:30"},
			},
		},
		names: map[string]any{"found": []any{map[string]any{"model": "Gazelle", "price": 99.9}}, "n": 3.0, "word": "stock", "nothing": nil},
		types: map[string]typ{
			"found": listOf(typ{kind: objectKind, name: "data.shoes", fields: map[string]typ{"model": textType, "price": numberType}}),
			"n":     numberType, "word": textType, "nothing": anyType, "event": anyType,
		},
	}
}

// compile decodes and checks a value; where: is a bare expression if bare.
func (b *shop) compile(text string, bare bool) (*template, *expression, Diagnostics) {
	out := &reporter{sources: make(map[string]*source)}
	d := newDecoder("flows/x.yaml", []byte("say: "+quoted(text)), out)
	d.dialect = newDialect()
	n := d.parse().get("say")
	c := &checker{bot: &b.p.Bot, data: b.w.Data, out: out}
	s := newScope()
	for name, t := range b.types {
		s.names[name] = t
	}
	if bare {
		x := d.newExpression(n, "if")
		c.expression(x, s, anyType)
		return nil, x, out.sorted()
	}
	t := d.newTemplate(n, "say")
	c.template(t, s)
	return t, nil, out.sorted()
}

func (b *shop) env() *env { return newEnv(b.p, &b.w, "fr").names(b.names) }

func TestExpressionsHaveTheValueAnAuthorExpects(t *testing.T) {
	t.Parallel()
	b := newShop(t)
	for _, tt := range []struct {
		source string
		want   any
	}{
		{"contact.size", 42.0},
		{"contact.size == 42", true},
		{"contact.size != 42", false},
		{"contact.size > 41 and contact.size <= 42", true},
		{"contact.size in [41, 42]", true},
		{"contact.size not in [41, 42]", false},
		{"contact.size + 1", 43.0},
		{"contact.size / 4", 10.5},
		{"contact.size % 4", 2.0},
		{"-contact.size", -42.0},
		{"41 < contact.size < 43", true},
		{"contact.colour == 'red'", true},
		{"contact.vip", false},
		{"not contact.vip", true},
		{"contact.tags", []any{}},
		{"len(contact.tags) == 0", true},
		{"'x' in contact.tags", false},
		{"contact.city", nil},
		{"contact.city == nil", true},
		{"contact.city != 'Paris'", true},
		{"contact.city == 'Paris'", false},
		{"contact.city ?? 'Lyon'", "Lyon"},
		{"contact.first_name ?? 'toi'", "Zoé"},
		{"contact.last_name", nil},
		{"contact.age + 1", nil},
		{"upper(contact.city)", nil},
		{"contact.created_at", "2026-01-01T23:30:00Z"},
		{"contact.birthday < today()", true},
		{"contact.slot < '10:00'", true},
		{"contact.created_at < now()", true},
		{"today()", "2026-03-27"},
		{"now()", "2026-03-27T17:05:00Z"},
		{"len(found)", 1.0},
		{"found[0].model", "Gazelle"},
		{"first(found).price > 50", true},
		{"first([])", nil},
		{"len(data.shoes)", 3.0},
		{"filter(data.shoes, .size == contact.size && .stock > 0)", []any{
			map[string]any{"model": "Gazelle", "size": 42.0, "stock": 3.0, "price": 99.9, "image": "https://foulee.example/g.png"}}},
		{"map(filter(data.shoes, .size == 42), .model)", []any{"Gazelle", "Zèbre"}},
		{"find(data.shoes, .model == 'Zèbre').price", 120.0},
		{"find(data.shoes, .model == 'Nope').price", nil},
		{"any(data.shoes, .stock == 0)", true},
		{"all(data.shoes, .stock > 0)", false},
		{"none(data.shoes, .stock > 9)", true},
		{"count(data.shoes, .stock > 0)", 2.0},
		{"sum(data.shoes, .stock)", 4.0},
		{"min(3, 1, 2)", 1.0},
		{"max(map(data.shoes, .price))", 120.0},
		{"sort([3, 1, 2])", []any{1.0, 2.0, 3.0}},
		{"map(sortBy(data.shoes, .price, 'desc'), .model)", []any{"Zèbre", "Gazelle", "Gazelle"}},
		{"take([1, 2, 3], 2)", []any{1.0, 2.0}},
		{"last([1, 2, 3])", 3.0},
		{"lower('ÉTÉ')", "été"},
		{"trim('  a ')", "a"},
		{"split('a,b', ',')", []any{"a", "b"}},
		{"join(['a', 'b'], ' / ')", "a / b"},
		{"join(map(data.shoes, .size), ', ')", "42, 42, 41"},
		{"join([4.5, 'b', true, nil], '-')", "4,5-b-Oui-"},
		{"join(['a', 'b'])", "ab"},
		{"found[7].model", nil},
		{"contact.tags[0]", nil},
		{"(contact.tags[0] ?? 'none') + '!'", "none!"},
		{"found[7].model ?? 'none'", "none"},
		{"first([]).model ?? 'none'", "none"},
		{"find(data.shoes, .size == 99).model ?? 'none'", "none"},
		{"{a: {b: 1}}[word] ?? 'none'", "none"},
		{"found[7]?.model ?? 'none'", "none"},
		{"word[0:2]", "st"},
		{"word[0:n]", "sto"},
		{"word[n - 1.5:]", "tock"},
		{"word[0:99]", "stock"},
		{"word[4:2]", ""},
		{"word[nothing:2]", nil},
		{"[1, 2, 3][n - 2:]", []any{2.0, 3.0}},
		{"nothing[0:2]", nil},
		{"split('a,b,c', ',', n - 1)", []any{"a", "b,c"}},
		{"contact.size % 0", nil},
		{"word contains 'toc'", true},
		{"word startsWith 'st'", true},
		{"word endsWith 'x'", false},
		{"word matches '^s.*k$'", true},
		{"abs(-2)", 2.0},
		{"round(2.5)", 3.0},
		{"floor(2.9)", 2.0},
		{"ceil(2.1)", 3.0},
		{"int('42')", 42.0},
		{"float('42.5')", 42.5},
		{"int(' 42.9 ')", 42.0},
		{"int(2.9)", 2.0},
		{"int(word)", nil},
		{"int(word) ?? 1", 1.0},
		{"float('Inf')", nil},
		{"float(contact.city) ?? 0", 0.0},
		{"take([1, 2, 3], int('2'))", []any{1.0, 2.0}},
		{"take([1, 2, 3], n)", []any{1.0, 2.0, 3.0}},
		{"take([1, 2, 3], n - 1.5)", []any{1.0}},
		{"take([1], 5)", []any{1.0}},
		{"take(found, nothing)", nil},
		{"take(nothing, 2)", nil},
		{"filter(nothing, .size == 1)", nil},
		{"map(nothing, .size)", nil},
		{"sum(nothing)", nil},
		{"string(42.50)", "42.5"},
		{"string(contact.size) + '!'", "42!"},
		{"n > 2 ? 'many' : 'few'", "many"},
		{"let x = n * 2; x + 1", 7.0},
		{"data.shop.open", true},
		{"data.shop.hours.monday", "10-19"},
		{"nothing.model", nil},
		{"nothing?.model ?? 'x'", "x"},
		{"event.model", nil},
		{"0.1 + 0.2 == 0.3", false},
		{"date(contact.birthday, 'long')", "1er mars 1990"},
		{"date(contact.birthday, 'short')", "01/03/1990"},
		{"date(today(), 'weekday')", "vendredi"},
		{"date(now(), 'time')", "18:05"},
		{"date(contact.created_at, 'short')", "02/01/2026"},
		{"date(contact.slot, 'time')", "09:30"},
		{"date(contact.city, 'long')", nil},
		{"time_of_day()", "18:05"},
		{"time_of_day() > '09:00' and time_of_day() < '18:30'", true},
		{"add_days(today(), 30)", "2026-04-26"},
		{"add_days(contact.birthday, -1)", "1990-02-28"},
		{"add_days('2026-03-31', 1.9)", "2026-04-01"},
		{"add_days('2026-03-31', 1e9)", nil},
		{"add_days(contact.city, 1)", nil},
		{"money(12.5, 'EUR')", "12,50\u00a0€"},
		{"number(1234.5)", "1\u202f234,5"},
		{"plural(0, {one: 'paire', other: 'paires'})", "paire"},
		{"plural(n, {one: 'paire', other: 'paires'})", "paires"},
	} {
		t.Run(tt.source, func(t *testing.T) {
			t.Parallel()
			_, x, found := b.compile(tt.source, true)
			if found.HasErrors() {
				t.Fatalf("does not check:\n%v", found)
			}
			got, err := x.value(b.env())
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("-want +got\n%s", diff)
			}
		})
	}
}

func TestConditionsThatFailAreFalse(t *testing.T) {
	t.Parallel()
	b := newShop(t)
	for source, want := range map[string]bool{
		"contact.size > 41":                     true,
		"contact.age > 18":                      false,
		"contact.age < 18":                      false,
		"not (contact.age > 18)":                false, // it fails, and what fails does not hold
		"contact.city contains 'P'":             false,
		"nothing":                               false,
		"contact.vip or contact.size == 42":     true,
		"contact.vip and contact.age > 1":       false,
		"event.size == contact.size":            false,
		"any(found, .price > contact.age)":      false,
		"contact.age == nil or contact.age > 1": true,
	} {
		_, x, found := b.compile(source, true)
		if found.HasErrors() {
			t.Fatalf("%s:\n%v", source, found)
		}
		if got := x.truth(b.env()); got != want {
			t.Errorf("%s: got %v", source, got)
		}
	}
}

func TestTemplatesReadAsPeopleWrite(t *testing.T) {
	t.Parallel()
	b := newShop(t)
	for source, want := range map[string]string{
		"Plus de {{ contact.size }} pour le moment, {{ contact.first_name ?? 'désolé' }}.": "Plus de 42 pour le moment, Zoé.",
		"{{ contact.size + 0.5 }}":                                   "42,5",
		"{{ contact.size / 3 }}":                                     "14",
		"{{ 0.1 + 0.2 }}":                                            "0,3",
		"{{ 2026000 }}":                                              "2026000",
		"[{{ contact.city }}]":                                       "[]",
		"né le {{ contact.birthday }}":                               "né le 1er mars 1990",
		"né le {{ contact.birthday ?? 'un jour' }}":                  "né le 1er mars 1990",
		"à {{ contact.slot }}":                                       "à 09:30",
		"depuis {{ contact.created_at }}":                            "depuis 2 janvier 2026",
		"{{ contact.vip }}":                                          "Non",
		"{{ map(data.shoes, .model) }}":                              "Gazelle, Zèbre, Gazelle",
		"{{ n }} {{ plural(n, {one: 'paire', other: 'paires'}) }} !": "3 paires !",
		"a {{ '}}' }} b":                                             "a }} b",
		"{{ {a: {b: 'c'}}.a.b }}":                                    "c",
		"{{ money(first(found).price, 'EUR') }}":                     "99,90\u00a0€",
		"[{{ contact.size / 0 }}]":                                   "[]",
		"[{{ 0 / 0 }}, {{ -1 / 0 }}]":                                "[, ]",
		"[{{ money(contact.size / 0, 'EUR') }}]":                     "[]",
		"[{{ number(contact.size / 0) }}{{ string(0 / 0) }}]":        "[]",
		"[{{ [1 / 0, 2] }}]":                                         "[, 2]",
		"aucun {{":                                                   "",
	} {
		tpl, _, found := b.compile(source, false)
		if want == "" {
			if !found.HasErrors() {
				t.Errorf("%s: no error", source)
			}
			continue
		}
		if found.HasErrors() {
			t.Fatalf("%s:\n%v", source, found)
		}
		got, err := tpl.text(b.env(), "fr")
		if err != nil || got != want {
			t.Errorf("%s: got %q, %v, want %q", source, got, err, want)
		}
	}
}

func TestWrongExpressionsSayWhatIsWrongAndWhere(t *testing.T) {
	t.Parallel()
	b := newShop(t)
	for _, tt := range []struct{ source, marked, want string }{
		{"contact.sise == 42", "sise", `contacts have no field "sise" [field-unknown] did you mean "size"?`},
		{"size == 42", "size", `unknown name "size" [name-unknown] did you mean contact.size?`},
		{"fund", "fund", `unknown name "fund" [name-unknown] did you mean "found"?`},
		{"Paris == contact.city", "Paris", `unknown name "Paris" [name-unknown] if it is a text, put it in quotes: "Paris"`},
		{"contact.size == '42'", "contact.size == '42'", `contact.size is a number and '42' is a text: they can never be equal [type] write 42 without quotes`},
		{"contact.city == 42", "contact.city == 42", `contact.city is a text and 42 is a number: they can never be equal [type] write "42" in quotes`},
		{"contact.colour == 'blau'", "'blau'", `"blau" is none of the options [type] did you mean "blue"?`},
		{"contact.size + 'x'", "contact.size + 'x'", `+ adds two numbers or joins two texts [type]`},
		{"contact.size * 'x'", "'x'", `'x' must be a number here, and is a text [type]`},
		{"sum(map(data.shoes, .model))", "map(data.shoes, .model)", "map(data.shoes, .model) must be a list of numbers here, and holds texts [type]"},
		{"sum(data.shoes, .model)", ".model", ".model must be a number here, and is a text [type]"},
		{"max(map(data.shoes, .model))", "map(data.shoes, .model)", "map(data.shoes, .model) must be a list of numbers here, and holds texts [type]"},
		{"join(data.shoes, ', ')", "data.shoes", `data.shoes is a list of records, and join takes texts or numbers [type] say what of each: join(map(data.shoes, .name), ", ")`},
		{"contact.vip > 1", "contact.vip > 1", `contact.vip is true or false and 1 is a number`},
		{"contact.size and true", "contact.size", `a condition must be true or false, and contact.size is a number [type] compare it, as in contact.size != nil`},
		{"not found", "found", `[type] compare its length: len(found) > 0`},
		{"found.model", "model", `found is a list and has no .model [type] map(found, .model) is that of all, first(found).model that of one`},
		{"found[0].colour", "colour", `data.shoes has no "colour" [name-unknown]`},
		{"filter(data.shoes, .sise == 42)", "sise", `data.shoes has no "sise" [name-unknown] did you mean "size"?`},
		{"filter(data.shose, true)", "shose", `unknown table "shose" [data-unknown] did you mean "shoes"?`},
		{"filter(found, .price)", ".price", `a condition must be true or false, and .price is a number`},
		{"contact.tags contains 'x'", "contact.tags contains 'x'", `looks into texts [type] write 'x' in contact.tags`},
		{"'x' in contact.city", "contact.city", `in looks into a list, and contact.city is a text [type] write contact.city contains 'x'`},
		{"contact.size = 42", "=", `a single = compares nothing [expression-syntax] write == to compare`},
		{"contact.size == 42 & true", "&", `a single & means nothing here`},
		{"contact.size == 42 AND true", "AND", `AND must be written in small letters`},
		{"contact.size ==", "", `the expression ends too soon`},
		{"contact.size > 40 contact.vip", "contact", `did not expect "contact" here`},
		{"(contact.size > 40", "", `the expression ends too soon`},
		{"contact.city == “Paris”", "“", `a curly quote stands here [expression-syntax] use straight quotes`},
		{"contact.size ?? 0 > 40", ">", `?? beside another operator needs brackets`},
		{"1..10", "1..10", `ranges (..) are not part of the language`},
		{"lenn(found)", "lenn", `unknown function "lenn" [function-unknown] did you mean len(list)?`},
		{"reduce(found, 1)", "reduce(found, 1)", `unknown function "reduce"`},
		{"repeat('x', 1000)", "repeat", `unknown function "repeat"`},
		{"toJSON(found)", "toJSON", `unknown function "toJSON"`},
		{"word.upper()", "word.upper()", `values have no functions of their own`},
		{"date(contact.birthday, 'full')", "'full'", `unknown layout "full"`},
		{"money(1, 'euro')", "'euro'", `"euro" is not a currency`},
		{"money(1)", "money(1)", `money takes other arguments [function] write money(12.5, "EUR")`},
		{"plural(1, {one: 'a'})", "{", `plural needs the form "other"`},
		{"word matches '['", "'['", `the pattern cannot be read`},
		{"null", "null", `unknown name "null" [name-unknown] write nil`},
		{"contact", "contact", `contact is a person: name one of their fields`},
		{"item.model", "item", `"item" means nothing here [name-unknown] item is known beside each:`},
		{"$env", "$env", `this is not part of the language`},
		{"filter(data.shoes, any(data.shoes, any(data.shoes, true)))", "", `more than 2 lists are gone through in one another`},
	} {
		t.Run(tt.source, func(t *testing.T) {
			t.Parallel()
			_, _, found := b.compile(tt.source, true)
			if len(found) != 1 {
				t.Fatalf("%d findings, want 1:\n%v", len(found), found)
			}
			d := found[0]
			if got := fmt.Sprintf("%s [%s] %s", d.Message, d.Code, d.Hint); !strings.Contains(got, tt.want) {
				t.Errorf("got  %s\nwant %s", got, tt.want)
			}
			line := []rune(d.Source)
			if got := string(line[d.Column-1 : d.EndColumn-1]); tt.marked != "" && got != tt.marked {
				t.Errorf("marked %q, want %q", got, tt.marked)
			}
		})
	}
}

func TestHostileExpressionsAreBounded(t *testing.T) {
	t.Parallel()
	b := newShop(t)
	for _, source := range []string{
		strings.Repeat("(", 1000) + "1" + strings.Repeat(")", 1000),
		strings.Repeat("1+", 600) + "1",
		strings.Repeat("!", 600) + "true",
		"[" + strings.Repeat("1,", 700) + "1]",
		strings.Repeat("x", 3000),
	} {
		if _, _, found := b.compile(source, true); !found.HasErrors() {
			t.Errorf("%.20s…: no error", source)
		}
	}
}

func BenchmarkCondition(b *testing.B) {
	bench := newShop(b)
	_, x, found := bench.compile("contact.size == 42 && contact.city != 'Lyon'", true)
	if found.HasErrors() {
		b.Fatal(found)
	}
	e := bench.env()
	b.ReportAllocs()
	for b.Loop() {
		if !x.truth(e) {
			b.Fatal("false")
		}
	}
}

func BenchmarkInterpolation(b *testing.B) {
	bench := newShop(b)
	tpl, _, found := bench.compile("Plus de {{ contact.size }} pour le moment, {{ contact.first_name ?? 'désolé' }}.", false)
	if found.HasErrors() {
		b.Fatal(found)
	}
	e := bench.env()
	b.ReportAllocs()
	for b.Loop() {
		if _, err := tpl.text(e, "fr"); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkTurnEnv(b *testing.B) {
	bench := newShop(b)
	tpl, _, _ := bench.compile("Plus de {{ contact.size }} pour le moment, {{ contact.first_name ?? 'désolé' }}.", false)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := tpl.text(bench.env(), "fr"); err != nil {
			b.Fatal(err)
		}
	}
}
