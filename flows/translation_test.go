package flows

import (
	"strings"
	"testing"
	"testing/fstest"

	"pgregory.net/rapid"
)

// Whatever people are to read, its entry in a locale file is that very text.
func TestEntriesAreTheirTexts(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.OneOf(
			rapid.StringMatching(`[a-zA-Zé :#"'\\{}\[\]\-?,.!&*|>%@~=<\n]{1,60}`),
			rapid.Map(rapid.StringMatching(`[a-z "':]{1,20}`), func(s string) string { return strings.Repeat(s+"x", 60) }),
		).Draw(t, "text") + "a"
		u := Untranslated{Text: text, At: Span{File: "flows/a.yaml", Start: Pos{3, 5}}}
		for _, behind := range []string{"\n", " Hello\n"} {
			entry := strings.TrimSuffix(u.Entry(), "\n") + behind
			out := &reporter{sources: make(map[string]*source)}
			d := newDecoder("locales/en.yaml", []byte("first: Erster\n\n"+entry+"\nlast: Letzter\n"), out)
			d.dialect = newDialect()
			l := d.decodeLocale("en")
			got, ok := l.texts[text]
			if !ok || len(l.texts) != 3 || (got.value != nil) != (behind != "\n") {
				t.Fatalf("%q is written\n%s\nand read as %v\n%v", text, entry, l.texts, out.list)
			}
		}
	})
}

func TestTranslationsSayWhatIsMissing(t *testing.T) {
	t.Parallel()
	p, _, found := Load(fstest.MapFS{
		"bot.yaml":           {Data: []byte("name: x\nlocale: en\ntopics: {news: {title: The news}}\n")},
		"flows/b.yaml":       {Data: []byte("triggers: [{start: true}]\nsteps:\n  - say: Second\n  - opt_in: news\n")},
		"flows/a.yaml":       {Data: []byte("triggers: [{keywords: [hello]}]\nsteps:\n  - say: First\n  - say: Third\n")},
		"locales/fr.yaml":    {Data: []byte("First: Premier\nSecond:\nGone: Parti\nhello: [salut]\nrelance.yes: Ouais\n")},
		"locales/en-GB.yaml": {Data: []byte("First: Firstly\n")},
	})
	if found.HasErrors() {
		t.Fatal(found)
	}
	for _, tr := range p.Translations() {
		var missing []string
		for _, m := range tr.Missing {
			if m.Empty {
				m.Text += " (empty)"
			}
			missing = append(missing, m.Text)
		}
		got := strings.Join(missing, ", ")
		for _, s := range tr.Stale {
			got += "; stale: " + s.Text + " on " + itoa(s.Line)
		}
		want := map[string]string{"fr": "The news, Third, Second (empty); stale: Gone on 3", "en-GB": ""}[tr.Language]
		if got != want {
			t.Errorf("%s: %q, want %q", tr.Language, got, want)
		}
	}
}
