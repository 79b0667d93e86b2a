package flows

import (
	"embed"
	"strings"
)

//go:embed texts/*.yaml
var shipped embed.FS

// shippedLanguages are those the framework's own texts and formats exist in.
var shippedLanguages = []string{"en", "fr", "es", "de", "pt", "it"}

// textKeys are the framework's own texts in the order of the reference, with the
// names each may use.
var textKeys = []struct {
	key   string
	names []string
}{
	{"relance.cadence.ask", nil},
	{"relance.cadence.daily", nil},
	{"relance.cadence.weekly", nil},
	{"relance.cadence.monthly", nil},
	{"relance.no_thanks", nil},
	{"relance.stop", nil},
	{"relance.stopped", []string{"title"}},
	{"relance.stopped_all", nil},
	{"relance.ask_again", []string{"title"}},
	{"relance.yes", nil},
	{"relance.no", nil},
	{"relance.ask_pointer", nil},
	{"relance.interest_dropped", nil},
}

// OwnText is one of the framework's own texts, which a locale file may override.
type OwnText struct {
	Key     string   // relance.stopped
	English string   // as it is shipped
	Names   []string // what may stand in its {{ }}
}

// OwnTexts are all of them, in the order of the reference.
func OwnTexts() []OwnText {
	english, _ := ownTexts("en", newDialect(), &reporter{sources: make(map[string]*source)})
	out := make([]OwnText, len(textKeys))
	for i, t := range textKeys {
		out[i] = OwnText{Key: t.key, English: english[t.key].source, Names: t.names}
	}
	return out
}

// ownText reports whether a key is one of the framework's, and the names it may use.
func ownText(key string) (names []string, ok bool) {
	for _, t := range textKeys {
		if t.key == key {
			return t.names, true
		}
	}
	return nil, false
}

// ownTexts reads the framework's texts in a language, and its stop words. Other
// languages have none.
func ownTexts(language string, dialect *dialect, out *reporter) (texts map[string]*template, stop []string) {
	file := "texts/" + base(language) + ".yaml"
	source, err := shipped.ReadFile(file)
	if err != nil {
		return nil, nil
	}
	d := newDecoder("relance/"+file, source, out)
	d.dialect = dialect
	f := d.fields(d.parse(), "file of texts")
	for _, w := range f.words("stop_words") {
		stop = append(stop, w.text)
	}
	texts = make(map[string]*template)
	c := &checker{bot: &Bot{}, out: out, foreign: true}
	for _, s := range f.settings("texts") {
		s.value.kept = false
		texts[s.name.text] = s.value
		c.template(s.value, textScope(s.name.text))
	}
	f.finish()
	return texts, stop
}

// textScope is the names a framework text may use.
func textScope(key string) *scope {
	s := newScope()
	names, _ := ownText(key)
	for _, name := range names {
		s.names[name] = textType
	}
	return s
}

// Text is one of the framework's own texts (relance.*) in a language, with the
// names it may use filled in: relance.stopped takes title. It is the key itself if
// there is no such text.
func (p *Program) Text(key, language string, vars map[string]any) string {
	t := p.texts[language][key]
	if t == nil {
		t = p.texts["en"][key]
	}
	if t == nil {
		return key
	}
	text, err := t.fill(newEnv(p, &World{}, language).names(vars))
	if err != nil {
		return strings.TrimSpace(t.source)
	}
	return text
}
