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
	{"relance.ask_later", nil},
	{"relance.interest_dropped", nil},
	{"relance.preferences.ask", nil},
	{"relance.preferences.else", nil},
	{"relance.preferences.noted", []string{"what"}},
	{"relance.preferences.back", nil},
	{"relance.preferences.done", nil},
	{"relance.preferences.closed", nil},
	{"relance.preferences.left", nil},
	{"relance.preferences.topics", nil},
	{"relance.preferences.topics.ask", nil},
	{"relance.preferences.more", nil},
	{"relance.preferences.topic.on", []string{"title", "cadence"}},
	{"relance.preferences.topic.off", []string{"title"}},
	{"relance.preferences.topic.snoozed", []string{"title", "until"}},
	{"relance.preferences.topic.silent", []string{"title"}},
	{"relance.preferences.on", nil},
	{"relance.preferences.off", nil},
	{"relance.preferences.granted", []string{"title", "cadence"}},
	{"relance.preferences.kept", nil},
	{"relance.preferences.barred", nil},
	{"relance.preferences.way", []string{"word"}},
	{"relance.preferences.pause", nil},
	{"relance.preferences.resume", nil},
	{"relance.preferences.resumed", nil},
	{"relance.preferences.snooze.ask", nil},
	{"relance.preferences.snooze.day", nil},
	{"relance.preferences.snooze.week", nil},
	{"relance.preferences.snooze.month", nil},
	{"relance.preferences.snooze.open", nil},
	{"relance.preferences.snoozed", []string{"until"}},
	{"relance.preferences.silent", nil},
	{"relance.preferences.quiet", nil},
	{"relance.preferences.quiet.now", []string{"from", "to"}},
	{"relance.preferences.quiet.never", nil},
	{"relance.preferences.quiet.ask", nil},
	{"relance.preferences.quiet.lost", nil},
	{"relance.preferences.quiet.none", nil},
	{"relance.preferences.zone", nil},
	{"relance.preferences.zone.ask", []string{"time", "place"}},
	{"relance.preferences.zone.set", []string{"time"}},
	{"relance.preferences.zone.lost", nil},
	{"relance.preferences.language", nil},
	{"relance.preferences.language.ask", nil},
	{"relance.preferences.know", nil},
	{"relance.preferences.know.title", nil},
	{"relance.preferences.know.name", []string{"name"}},
	{"relance.preferences.know.language", []string{"language"}},
	{"relance.preferences.know.zone", []string{"place"}},
	{"relance.preferences.know.field", []string{"name", "value"}},
	{"relance.preferences.know.since", []string{"date"}},
	{"relance.preferences.know.agreed", []string{"date"}},
	{"relance.preferences.know.none", nil},
	{"relance.preferences.forget", nil},
	{"relance.preferences.forget.ask", nil},
	{"relance.preferences.forget.yes", nil},
	{"relance.preferences.forgotten", nil},
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
	switch {
	case t == nil:
		return key
	case t.parts == nil:
		return t.source
	}
	text, err := t.fill(newEnv(p, &World{}, language).names(vars))
	if err != nil {
		return strings.TrimSpace(t.source)
	}
	return text
}
