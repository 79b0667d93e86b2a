package flows

import (
	"bytes"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestAProgramIsNamedByItsSources(t *testing.T) {
	t.Parallel()
	bot := fstest.MapFS{
		"bot.yaml":        {Data: []byte("name: Foulée\n")},
		"flows/a.yaml":    {Data: []byte("steps: [{say: Hello}]\n")},
		"flows/b/c.yaml":  {Data: []byte("triggers: [{start: true}]\nsteps: [{go: a}]\n")},
		"locales/fr.yaml": {Data: []byte("Hello: Bonjour\n")},
		"data/x.json":     {Data: []byte("[]")},
		"chats/a.chat":    {Data: []byte("> hi\n")},
		"README.md":       {Data: []byte("# Foulée\n")},
		"flows/.x.yaml":   {Data: []byte("no: flow\n")},
	}
	p, _, found := Load(bot)
	if len(found) > 0 {
		t.Fatal(found)
	}
	if len(p.Sources) != 4 || len(p.Hash) != 64 {
		t.Errorf("hash %s of %d sources", p.Hash, len(p.Sources))
	}
	again, found := Compile(p.Sources, nil)
	if len(found) > 0 || again.Hash != p.Hash || len(again.flows) != 3 { // with the preferences
		t.Errorf("compiled again: %v %v", again, found)
	}
	bot["data/x.json"].Data = []byte("[1]")
	if same, _, _ := Load(bot); same.Hash != p.Hash {
		t.Error("data changes the hash")
	}
	bot["flows/a.yaml"].Data = []byte("steps: [{say: Hello!}]\n")
	if other, _, _ := Load(bot); other.Hash == p.Hash {
		t.Error("a flow does not change the hash")
	}
}

func TestWhatBotYAMLSays(t *testing.T) {
	t.Parallel()
	p, _, found := Load(fstest.MapFS{
		"bot.yaml": {Data: []byte(`name: Foulée
locale: fr_FR
timezone: Europe/Paris
region: UK
fields: {size: {type: number, min: 35}, code: {type: text, unique: true}}
topics:
  restock: {title: Ta pointure, cadence: [weekly, daily], interest: {model: text, size: number}, once: true, priority: 2}
  news: {title: Nouveautés}
events: {restock: {size: number}}
handlers: {stock.find: {post: "https://foulee.example/api", in: {size: number}, timeout: 5s}}
quiet_hours: 21:00-08:30
budget: {max: 2, per: 1d}
rate: 30/m
stop_words: [arrête]
personas: {zoe: {name: Zoé, picture: "https://shop.example/zoe.png"}}
channels: {paris: {type: messenger, notifications: [recurring], greeting: Bonjour, menu: [{label: A, go: a, with: {n: 1}}, {label: Stop, opt_out: all}]}}
data_retention: 13mo
`)},
		"flows/a.yaml": {Data: []byte("inputs: {n: number}\nsteps: [{opt_in: restock, about: {size: 42}}, {opt_in: news}, {call: stock.find, with: {size: 42}}, {say: \"{{ n }}\"}]\n")},
	})
	if len(found) > 0 {
		t.Fatal(found)
	}
	low := 35.0
	want := Bot{
		Name: "Foulée", Locale: "fr-FR", Timezone: "Europe/Paris", Region: "UK",
		Fields: []Field{{Name: "size", Type: "number", Min: &low}, {Name: "code", Type: "text", Unique: true}},
		Topics: []Topic{
			{Name: "restock", Title: "Ta pointure", Cadence: []string{"weekly", "daily"}, Interest: []Field{{Name: "model", Type: "text"}, {Name: "size", Type: "number"}}, Once: true, Priority: 2},
			{Name: "news", Title: "Nouveautés", Cadence: []string{"daily"}},
		},
		Events:     []EventType{{Name: "restock", Data: []Field{{Name: "size", Type: "number"}}}},
		Handlers:   []Handler{{Name: "stock.find", Method: "POST", URL: "https://foulee.example/api", In: []Field{{Name: "size", Type: "number"}}, Timeout: 5 * time.Second, Retries: 2}},
		QuietHours: &Hours{From: 21 * 60, To: 8*60 + 30},
		Budget:     &Budget{Max: 2, Per: 24 * time.Hour},
		Rate:       0.5,
		StopWords:  []string{"arrête"},
		Personas:   map[string]Persona{"zoe": {Name: "Zoé", Picture: "https://shop.example/zoe.png"}},
		Channels: []Channel{{Name: "paris", Type: "messenger", Notifications: []string{"recurring"}, Greeting: "Bonjour",
			Menu: []Button{{Label: "A", Payload: Payload{Go: "a", With: map[string]any{"n": 1.0}}.Encode()}, {Label: "Stop", Payload: Payload{OptOut: "all"}.Encode()}}}},
		Retention: "13mo",
	}
	if diff := cmp.Diff(want, p.Bot); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
}

func TestTriggersAreCompiled(t *testing.T) {
	t.Parallel()
	p, _, found := Load(fstest.MapFS{
		"bot.yaml": {Data: []byte(shopBot)},
		"flows/back.yaml": {Data: []byte(`triggers:
  - event: restock
    topic: restock
    where: event.model == interest.model and interest.size == event.size and event.size > 40
    expires: 2d
    holdout: 10%
  - event: restock
    topic: restock
  - event: restock
    topic: restock
    where: event.model == interest.model or event.size == interest.size
  - event: restock
  - cron: 0  9 * * MON
    topic: restock
    timezone: Europe/Paris
  - cron: "@daily"
    topic: restock
  - pattern: order (?P<number>\d+)
steps: [{opt_in: restock, about: {size: 42}}, {say: "{{ number ?? 0 }}"}]
`)},
	})
	if len(found) > 0 {
		t.Fatal(found)
	}
	type view struct {
		ID, Topic, Zone string
		Expires         time.Duration
		Holdout         float64
		Terms           []Term
	}
	var got []view
	for _, tr := range p.Triggers {
		got = append(got, view{tr.ID, tr.Topic, tr.Zone, tr.Expires, tr.Holdout, tr.Terms})
	}
	model, size := Term{"model", "model"}, Term{"size", "size"}
	const hour = time.Hour
	want := []view{
		{"back/event:restock", "restock", "", 48 * hour, 0.1, []Term{model, size}},
		{"back/event:restock#2", "restock", "", 7 * 24 * hour, 0, []Term{model, size}},
		{"back/event:restock#3", "restock", "", 7 * 24 * hour, 0, nil},
		{"back/event:restock#4", "", "", 7 * 24 * hour, 0, nil},
		{"back/cron:0 9 * * MON", "restock", "Europe/Paris", 6 * hour, 0, nil},
		{"back/cron:@daily", "restock", "", 6 * hour, 0, nil},
		{`back/pattern:order (?P<number>\d+)`, "", "", 0, 0, nil},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
	if tr, ok := p.Trigger("back/cron:@daily"); !ok || tr.Value != "@daily" {
		t.Error("the trigger is not found by its id")
	}
}

func TestHostileFilesAreBounded(t *testing.T) {
	t.Parallel()
	bomb := "steps: [{say: a}]\na: &a [x,x,x,x,x,x,x,x,x]\n"
	for c := 'b'; c < 'l'; c++ {
		bomb += fmt.Sprintf("%c: &%c [%s]\n", c, c, strings.Repeat(fmt.Sprintf("*%c,", c-1), 9))
	}
	for name, text := range map[string]string{
		"yaml-bound":      bomb,
		"yaml-bound 2":    "steps: " + strings.Repeat("[", 500) + strings.Repeat("]", 500),
		"yaml-bound 3":    "a: " + strings.Repeat("{a: ", 3000) + strings.Repeat("}", 3000),
		"file-encoding":   "steps: [{say: a\x00}]\n",
		"file-encoding 2": "steps: [{say: \xff}]\n",
		"file-encoding 3": "steps: [{say: \"a\u2028b\"}]\n",
		"file-encoding 4": "\xff\xfes\x00t\x00",
		"file-size":       "steps: [{say: " + strings.Repeat("a", 30_000) + "}]\n",
		"file-size 2":     "steps:\n" + strings.Repeat("  - say: a\n", 60_000),
		"yaml-null":       "steps:\n" + strings.Repeat("  -\n", 10_000),
		"yaml-colon":      "steps:\n" + strings.Repeat("  - say: a: b: c: d\n", 5_000),
		"yaml-bracket":    strings.Repeat("a: [\n", 3_000),
		"yaml-quote":      strings.Repeat("a: \"\n", 3_001),
		"pattern":         "triggers: [{pattern: \"((a{100}){100}){100}\"}]\nsteps: [{say: a}]\n",
		"pattern 2":       "triggers: [{pattern: \"" + strings.Repeat("(", 400) + strings.Repeat(")", 400) + "\"}]\nsteps: [{say: a}]\n",
		"pattern 3":       "steps: [{if: 'contact.id matches \"((a{100}){100}){100}\"', then: [{say: a}]}]\n",
		"yaml-bound 4":    "steps: [{say: a}]\nx:\n  " + strings.Repeat("- ", 2_000) + "\n",
		"too-many":        "triggers: [{keywords: [" + strings.Repeat("a b,", 201) + "]}]\nsteps: [{say: a}]\n",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			start := time.Now()
			_, _, found := Load(fstest.MapFS{"bot.yaml": {Data: []byte("name: x\n")}, "flows/a.yaml": {Data: []byte(text)}})
			code, _, _ := strings.Cut(name, " ")
			if len(found) == 0 || !bytes.Contains([]byte(fmt.Sprint(found)), []byte("["+code+"]")) {
				t.Errorf("no %s among %d findings:\n%.500v", code, len(found), found)
			}
			if took := time.Since(start); took > 2*time.Minute { // a second or two on a machine that does nothing else
				t.Errorf("it took %v", took)
			}
		})
	}
}

func TestAFlowThatIsTooLargeIsOneMistake(t *testing.T) {
	t.Parallel()
	large := []byte("steps:\n" + strings.Repeat("  - say: a\n", 60_000))
	alone := fstest.MapFS{"bot.yaml": {Data: []byte("name: x\n")}, "flows/a.yaml": {Data: large}}
	among := fstest.MapFS{"bot.yaml": alone["bot.yaml"], "flows/a.yaml": alone["flows/a.yaml"], "flows/b.yaml": {Data: []byte("triggers: [{start: true}]\nsteps: [{go: a}]\n")}}
	for name, folder := range map[string]fstest.MapFS{"alone": alone, "among others": among} {
		_, _, found := Load(folder)
		if len(found) != 1 || found[0].Code != "file-size" || found[0].File != "flows/a.yaml" || !strings.Contains(found[0].Hint, "split it") {
			t.Errorf("%s: %d findings, want only that it is too large:\n%v", name, len(found), found)
		}
	}
}

func TestABOMAndWindowsLineEndsAreFine(t *testing.T) {
	t.Parallel()
	_, _, found := Load(fstest.MapFS{
		"bot.yaml":     {Data: []byte("\ufeffname: x\r\nlocale: fr\r\n")},
		"flows/a.yaml": {Data: []byte("\ufeffsteps:\r\n  - say: |\r\n      Bonjour\r\n      toi\r\n  - go: b\r\n")},
	})
	if len(found) != 1 || found[0].Line != 5 || found[0].Column != 9 || found[0].Source != "  - go: b" {
		t.Errorf("got %v", found)
	}
}

func FuzzLoad(f *testing.F) {
	files, _ := filepath.Glob("testdata/check/*.txt")
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		for _, chunk := range strings.Split("\n"+string(text), "\n=== ")[1:] {
			_, body, _ := strings.Cut(chunk, "\n")
			f.Add([]byte(wantMark.ReplaceAllString(body, "")))
		}
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		bot := fstest.MapFS{"bot.yaml": {Data: []byte(shopBot)}, "flows/a.yaml": {Data: text}, "locales/en.yaml": {Data: text}, "data/x.yaml": {Data: text}}
		start := time.Now()
		p, _, found := Load(bot)
		if took := time.Since(start); took > 5*time.Second {
			t.Fatalf("it took %v", took)
		}
		if (p == nil) != found.HasErrors() {
			t.Fatalf("program %v, findings %v", p, found)
		}
		for _, d := range found {
			if d.Line < 0 || d.Line > 0 && (d.Column < 1 || d.EndLine < d.Line || d.EndLine == d.Line && d.EndColumn < d.Column || d.Message == "") {
				t.Fatalf("odd place: %+v", d)
			}
			_ = d.String()
		}
		if p != nil {
			if _, found := Compile(p.Sources, nil); found.HasErrors() && !strings.Contains(string(text), "data") {
				t.Fatalf("the same sources do not compile again: %v", found)
			}
		}
	})
}

func BenchmarkLoad(b *testing.B) {
	for _, flows := range []int{3, 200} {
		b.Run(fmt.Sprint(flows), func(b *testing.B) {
			bot := fstest.MapFS{"bot.yaml": {Data: []byte(shopBot)}, "data/shoes.csv": {Data: []byte(shopShoes)}}
			for i := range flows {
				bot[fmt.Sprintf("flows/f%d.yaml", i)] = &fstest.MapFile{Data: fmt.Appendf(nil, `description: Flow %[1]d
triggers:
  - keywords: [mot%[1]d, autre%[1]d]
steps:
  - ask: Quelle pointure cherches-tu %[1]d ?
    save: contact.size
    choices: [39, 40, 41, 42, 43]
  - set:
      found: "{{ filter(data.shoes, .size == contact.size && .stock > %[1]d) }}"
  - if: len(found) > %[1]d
    then:
      - say: Plus de {{ contact.size + %[1]d }} pour le moment, {{ contact.first_name ?? "désolé" }}.
      - opt_in: restock
        about: {model: Gazelle, size: "{{ contact.size }}"}
        accepted:
          - say: C'est noté %[1]d ! Je t'écris dès que le {{ contact.size }} revient.
`, i)}
			}
			for b.Loop() {
				if _, _, found := Load(bot); len(found) > 0 {
					b.Fatal(found)
				}
			}
		})
	}
}

// shut is a folder that is there, of which nothing may be read.
type shut struct{}

func (shut) Open(name string) (fs.File, error) {
	return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrPermission}
}

func TestABotThatMayNotBeReadIsNotCalledMissing(t *testing.T) {
	_, _, problems := Load(shut{})
	var out strings.Builder
	if err := problems.Findings().Render(&out, false); err != nil {
		t.Fatal(err)
	}
	if said := out.String(); strings.Contains(said, "no bot.yaml") || !strings.Contains(said, "bot.yaml: error: the file cannot be read") || !strings.Contains(said, "permissions") {
		t.Errorf("it says:\n%s", said)
	}
}
