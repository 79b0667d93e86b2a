package flows

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"testing/fstest"
	"time"
	"unicode/utf8"
)

// fuzzedTurn is as long as any turn may take, on a machine that does other things too.
const fuzzedTurn = 5 * time.Second

// fuzzedBot has every kind of step that waits, and names for expressions to use.
const fuzzedBot = `
-- bot.yaml --
name: Fern & Fig
locale: en
timezone: Europe/Paris
fields:
  pot: {type: number, min: 5, max: 60}
  light: {type: choice, options: [sun, shade]}
  city: text
  member: boolean
  birthday: date
  tags: list
topics:
  restock: {title: It is back, cadence: [daily, weekly], interest: {plant: text}}
events:
  restock: {plant: text, price: number}
-- data/plants.yaml --
- {name: fern, price: 12, stock: 3}
- {name: fig, price: 40, stock: 0}
-- flows/size.yaml --
inputs: {plant: text}
triggers:
  - keywords: [size]
  - pattern: order (?P<number>[0-9]+)
  - fallback: true
steps:
  - id: first
    ask: Which pot, {{ plant ?? "friend" }}?
    save: contact.pot
    choices: [10, 20]
    check: value % 1 == 0
  - choose: And now?
    options:
      - {label: Care, go: care}
      - {label: Ask me, steps: [{opt_in: restock, about: {plant: fern}, cadence: [daily, weekly], declined: [{say: Fine}]}]}
  - wait: {event: restock, where: event.plant == plant, timeout: 2h}
    on_timeout: [{say: Nothing came.}]
-- flows/care.yaml --
steps:
  - run: size
    with: {plant: fern}
  - set: {found: "{{ filter(data.plants, .price < (contact.pot ?? 0)) }}"}
  - show: cards
    each: found
    title: "{{ item.name }}"
-- flows/back.yaml --
triggers:
  - event: restock
    topic: restock
steps:
  - say: "{{ event.plant }} is back"
`

// fuzzedWorld is a person on a day.
func fuzzedWorld(data *Data) World {
	at := time.Date(2026, 3, 27, 17, 0, 0, 0, time.UTC)
	return World{
		Now: at, WindowUntil: at.Add(24 * time.Hour), Data: data,
		Contact: Contact{ID: "messenger:1:2", FirstName: "Zoé", Locale: "fr_FR", Timezone: "Europe/Paris", Fields: map[string]any{"city": "Lyon", "pot": 12.0}},
	}
}

// turnHolds plays one input, and then the answers that may follow it.
func turnHolds(t *testing.T, p *Program, s Session, in Input, w World) {
	t.Helper()
	for range 4 {
		begun := time.Now()
		turn := p.Advance(s, in, w)
		if took := time.Since(begun); took > fuzzedTurn {
			t.Fatalf("a turn took %v", took)
		}
		messages := 0
		for _, e := range turn.Effects {
			if m, ok := e.(Say); ok {
				if messages++; utf8.RuneCountInString(m.Message.Text) > maxText {
					t.Fatalf("a text of %d characters", utf8.RuneCountInString(m.Message.Text))
				}
			}
		}
		if messages > maxMessages {
			t.Fatalf("%d messages in one turn", messages)
		}
		stored, err := turn.Session.MarshalJSON()
		if err != nil || len(stored) > maxSession {
			t.Fatalf("a session of %d bytes, error %v", len(stored), err)
		}
		if again := turn.Session.appendJSON(nil); string(stored) != string(again) {
			t.Fatalf("what was written in the turn is\n%s, and the session\n%s", stored, again)
		}
		if s, err = ParseSession(stored); err != nil {
			t.Fatalf("what is stored cannot be read: %v\n%s", err, stored)
		}
		s = s.On(p.Hash)
		in = Input{Kind: InMessage, ID: "m2", At: w.Now, Text: "20"}
	}
}

// brokenSeeds are the files of the broken bots of a name, as seeds.
func brokenSeeds(f *testing.F, pattern string) {
	f.Helper()
	files, err := filepath.Glob("testdata/broken/*/" + pattern)
	if err != nil || len(files) == 0 {
		f.Fatal("no seeds", err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(text)
	}
}

// findingsHold checks what is promised of every finding, its fix too.
func findingsHold(t *testing.T, bot fstest.MapFS, found Diagnostics) {
	t.Helper()
	for _, d := range found {
		if d.Line < 0 || d.Line > 0 && (d.Column < 1 || d.EndLine < d.Line || d.EndLine == d.Line && d.EndColumn < d.Column) || d.Message == "" || d.Hint == "" {
			t.Fatalf("odd finding: %+v", d)
		}
		if !utf8.ValidString(d.Render(true)) {
			t.Fatalf("it cannot be shown: %+v", d)
		}
		if d.Fix == nil {
			continue
		}
		text := bot[d.File].Data
		fixed := d.Fix.Apply(text)
		if string(fixed) == string(text) {
			t.Fatalf("a fix that changes nothing: %+v", *d.Fix)
		}
	}
}

func FuzzBotFile(f *testing.F) {
	brokenSeeds(f, "bot.yaml")
	f.Fuzz(func(t *testing.T, text []byte) {
		bot := fstest.MapFS{"bot.yaml": {Data: text}, "flows/a.yaml": {Data: []byte("triggers: [{keywords: [a]}]\nsteps: [{say: Hello}]\n")}}
		begun := time.Now()
		_, _, found := Load(bot)
		if took := time.Since(begun); took > fuzzedTurn {
			t.Fatalf("it took %v", took)
		}
		findingsHold(t, bot, found)
	})
}

func FuzzFlowFile(f *testing.F) {
	brokenSeeds(f, "flows/*.yaml")
	f.Fuzz(func(t *testing.T, text []byte) {
		bot := fstest.MapFS{"bot.yaml": {Data: []byte(shopBot)}, "flows/a.yaml": {Data: text}}
		begun := time.Now()
		p, data, found := Load(bot)
		if took := time.Since(begun); took > fuzzedTurn {
			t.Fatalf("it took %v", took)
		}
		findingsHold(t, bot, found)
		if p != nil {
			in := Input{Kind: InPostback, ID: "m1", At: fuzzedWorld(data).Now, Payload: Payload{Go: "a"}.Encode()}
			turnHolds(t, p, Session{}, in, fuzzedWorld(data))
		}
	})
}

// FuzzTemplate compiles a text with {{ }}, and a condition, and lets a person read what
// comes of them.
func FuzzTemplate(f *testing.F) {
	for _, seed := range []string{
		"{{ contact.city ?? 'town' }}", "Hello {{ upper(contact.city) }}, {{ money(12.5, 'EUR') }}", "{{ len(filter(data.plants, .price > 3)) }}",
		"{{ sum(map(data.plants, .price)) }}", "{{ join(map(data.plants, .name), ', ') }}", "{{ plural(2, {one: 'plant', other: 'plants'}) }}",
		"{{ date(today(), 'long') }} {{ contact.birthday ?? now() }}", "{{ let x = 3; x + 1 }}", "{{ contact.city matches '^(a+)+$' }}", "{{ {a: [1, 2]}.a }}",
		"contact.pot > 3 and not contact.member", "any(data.plants, .name startsWith 'f')", "contact.light in ['sun', 'shade']", "split(contact.city, '')", "1 / 0", "9e999", "-1 % 0",
		"{{ sort(map(data.plants, .name))[0:1] }}", "{{ string(1e21) + string(0.1 + 0.2) }}", "{{ first(sortBy(data.plants, .price)).name }}", "{{ 'a' * 3 }}", "}} {{", "{{ {{ }} }}",
	} {
		f.Add(seed)
	}
	p, _ := compileTalk(f, fuzzedBot)
	f.Fuzz(func(t *testing.T, text string) {
		quoted, err := json.Marshal(text)
		if err != nil {
			t.Skip()
		}
		bot := fstest.MapFS{
			"bot.yaml":         {Data: p.Sources["bot.yaml"]},
			"data/plants.yaml": {Data: []byte("- {name: fern, price: 12, stock: 3}\n- {name: fig, price: 40, stock: 0}\n")},
			"flows/a.yaml":     {Data: []byte("steps:\n  - say: " + string(quoted) + "\n  - set: {saved: " + string(quoted) + "}\n  - if: " + string(quoted) + "\n    then: [{say: Yes}]\n  - say: \"{{ saved ?? 1 }}\"\n")},
		}
		begun := time.Now()
		p, data, found := Load(bot)
		if p == nil { // a text need not be a condition, nor a condition a text
			bot["flows/a.yaml"].Data = []byte("steps:\n  - say: " + string(quoted) + "\n")
			p, data, _ = Load(bot)
		}
		if took := time.Since(begun); took > 2*fuzzedTurn {
			t.Fatalf("it took %v", took)
		}
		findingsHold(t, fstest.MapFS{"flows/a.yaml": {Data: []byte("steps:\n  - say: " + string(quoted) + "\n  - set: {saved: " + string(quoted) + "}\n  - if: " + string(quoted) + "\n    then: [{say: Yes}]\n  - say: \"{{ saved ?? 1 }}\"\n")}}, found)
		if p == nil {
			return
		}
		w := fuzzedWorld(data)
		turnHolds(t, p, Session{}, Input{Kind: InPostback, ID: "m1", At: w.Now, Payload: Payload{Go: "a"}.Encode()}, w)
	})
}

// FuzzSession reads a session that somebody may have changed in the database, and goes
// on with it.
func FuzzSession(f *testing.F) {
	p, data := compileTalk(f, fuzzedBot)
	w := fuzzedWorld(data)
	s := Session{}
	for i, text := range []string{"size", "12", "Ask me", "size", "Care", "30"} {
		turn := p.Advance(s, Input{Kind: InMessage, ID: "m" + strconv.Itoa(i), At: w.Now, Text: text}, w)
		s = turn.Session.On(p.Hash)
		stored, err := s.MarshalJSON()
		if err != nil {
			f.Fatal(err)
		}
		f.Add(stored, "20")
	}
	f.Add([]byte(`{"s":[{"f":[{"f":"size","s":"1"},{"f":"care","s":"9"}],"w":{"k":"answer","u":-5}}],"b":[{"f":[{"f":"gone","s":"x"}],"w":{"k":"act"}}]}`), "Care")
	f.Fuzz(func(t *testing.T, stored []byte, text string) {
		s, err := ParseSession(stored)
		if err != nil {
			return
		}
		for _, in := range []Input{
			{Kind: InMessage, ID: "m1", At: w.Now, Text: text},
			{Kind: InWake, ID: "w1", At: w.Now},
			{Kind: InAccepted, ID: "a1", At: w.Now, Topic: "restock", Request: text},
			{Kind: InEvent, ID: "e1", At: w.Now, Trigger: "back/event:restock", Name: "restock", Event: map[string]any{"plant": text}},
		} {
			turnHolds(t, p, s.On(p.Hash), in, w)
		}
	})
}

// FuzzPayload taps a button that anybody may have written.
func FuzzPayload(f *testing.F) {
	p, data := compileTalk(f, fuzzedBot)
	w := fuzzedWorld(data)
	for _, one := range []Payload{
		{Start: true}, {Go: "size"}, {Go: "size#first", With: map[string]any{"plant": "fern", "x": []any{1.5, nil, map[string]any{"a": true}}}}, {Go: "gone"},
		{OptOut: "restock"}, {OptOut: "all"}, {Flow: "size", Step: "first", Choice: "10"}, {Flow: "size", Step: "2", Choice: 1.0},
	} {
		f.Add(one.Encode())
	}
	f.Add(`relance:{"go":"size","with":{"plant":{"a":[[[[[[[[[[[[[[1]]]]]]]]]]]]]]}}}`)
	f.Fuzz(func(t *testing.T, text string) {
		if one, ok := DecodePayload(text); ok {
			again, ok := DecodePayload(one.Encode())
			if !ok && utf8.RuneCountInString(one.Encode()) <= maxPayload {
				t.Fatalf("%q is written as %q, which is none", text, one.Encode())
			}
			if ok && again.Encode() != one.Encode() {
				t.Fatalf("%q, the second time %q", one.Encode(), again.Encode())
			}
		}
		turnHolds(t, p, Session{}, Input{Kind: InPostback, ID: "m1", At: w.Now, Payload: text, Label: strings.ToValidUTF8(text, "")}, w)
	})
}
