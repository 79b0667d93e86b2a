package flows

import (
	"slices"
	"testing"
	"testing/fstest"
)

// polyglot is a bot in French that also speaks English, Brazilian and Dutch.
func polyglot(t *testing.T) *Program {
	t.Helper()
	p, _, found := Load(fstest.MapFS{
		"bot.yaml": {Data: []byte(shopBot + "stop_words: [fiche-moi la paix]\n")},
		"flows/a.yaml": {Data: []byte(`triggers:
  - keywords: [pointure]
steps:
  - opt_in: restock
  - say: Bonjour {{ contact.first_name ?? "toi" }}
`)},
		"locales/en.yaml":    {Data: []byte("Ta pointure: Your size\n'Bonjour {{ contact.first_name ?? \"toi\" }}': 'Hello {{ contact.first_name ?? \"you\" }}'\npointure: [size, Sizes]\nrelance.stop: Enough\n")},
		"locales/pt_BR.yaml": {Data: []byte("Ta pointure: Seu número\n")},
		"locales/nl.yaml":    {Data: []byte("relance.no_thanks: Nee, bedankt\n")},
	})
	if found.HasErrors() {
		t.Fatal(found)
	}
	return p
}

func TestTheLanguageOfAPerson(t *testing.T) {
	t.Parallel()
	p := polyglot(t)
	for locale, want := range map[string]string{
		"": "fr", "fr_FR": "fr", "fr_CA": "fr", "en_US": "en", "en-GB": "en", "EN": "en", "pt_BR": "pt-BR", "pt_PT": "pt-BR", "nl_BE": "nl",
		"de_DE": "fr", "fb_LT": "fr", "en_PI": "en", "zh_CN": "fr", "not a locale": "fr",
	} {
		if got := p.Language(Contact{Locale: locale}); got != want {
			t.Errorf("%q: got %s, want %s", locale, got, want)
		}
	}
}

// TestALanguageWrittenInTwoWaysIsNotTheOther: the languages of templates are chosen so, too.
func TestALanguageWrittenInTwoWaysIsNotTheOther(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		has          []string
		wanted, want string
	}{
		{[]string{"zh-CN", "zh-TW"}, "zh_HK", "zh-TW"},
		{[]string{"zh-CN"}, "zh_TW", ""},
		{[]string{"zh"}, "zh_TW", ""},
		{[]string{"zh"}, "zh_CN", "zh"},
		{[]string{"zh-TW"}, "zh", ""},
		{[]string{"sr"}, "sr_RS", "sr"},
		{[]string{"sr-Latn"}, "sr_RS", ""},
		{[]string{"sr", "sr-Latn"}, "sr_Latn_RS", "sr-Latn"},
		{[]string{"sr-Cyrl"}, "sr", "sr-Cyrl"},
		{[]string{"en-GB", "en-US"}, "en_AU", "en-US"},
		{[]string{"en-GB", "en"}, "en_AU", "en"},
		{[]string{"en_GB", "de_DE"}, "en-au", "en_GB"},
		{[]string{"pt-BR"}, "pt_PT", "pt-BR"},
		{nil, "fr", ""},
	} {
		if got := fitting(c.has, c.wanted); got != c.want {
			t.Errorf("of %v %s takes %q, want %q", c.has, c.wanted, got, c.want)
		}
	}
}

func TestTextsAndTitlesInTheLanguageOfThePerson(t *testing.T) {
	t.Parallel()
	p := polyglot(t)
	for _, tt := range []struct{ got, want string }{
		{p.Text("relance.cadence.ask", "fr", nil), "À quelle fréquence ?"},
		{p.Text("relance.stopped", "fr", map[string]any{"title": "Ta pointure"}), "C'est fait : plus de messages « Ta pointure »."},
		{p.Text("relance.stopped", "en", map[string]any{"title": "Your size"}), "Done: no more messages about “Your size”."},
		{p.Text("relance.stop", "en", nil), "Enough"},
		{p.Text("relance.yes", "pt-BR", nil), "Sim"},
		{p.Text("relance.no_thanks", "nl", nil), "Nee, bedankt"},
		{p.Text("relance.yes", "nl", nil), "Yes"},
		{p.Text("relance.nothing", "fr", nil), "relance.nothing"},
		{p.Title("restock", "fr"), "Ta pointure"},
		{p.Title("restock", "en"), "Your size"},
		{p.Title("restock", "nl"), "Ta pointure"},
		{p.Title("nothing", "nl"), "nothing"},
	} {
		if tt.got != tt.want {
			t.Errorf("got %q, want %q", tt.got, tt.want)
		}
	}
}

func TestTheFrameworkTextsOfTheContract(t *testing.T) {
	t.Parallel()
	want := map[string][2]string{
		"relance.cadence.ask":      {"À quelle fréquence ?", "How often?"},
		"relance.cadence.daily":    {"Chaque jour", "Every day"},
		"relance.cadence.weekly":   {"Chaque semaine", "Every week"},
		"relance.cadence.monthly":  {"Chaque mois", "Every month"},
		"relance.no_thanks":        {"Non merci", "No thanks"},
		"relance.stop":             {"Stop", "Stop"},
		"relance.stopped":          {"C'est fait : plus de messages « {{ title }} ».", "Done: no more messages about “{{ title }}”."},
		"relance.stopped_all":      {"C'est fait : je ne t'écrirai plus de moi-même.", "Done: I won't write to you on my own any more."},
		"relance.ask_again":        {"Je peux t'écrire à propos de « {{ title }} » ?", "May I write to you about “{{ title }}”?"},
		"relance.yes":              {"Oui", "Yes"},
		"relance.no":               {"Non", "No"},
		"relance.ask_later":        {"Je ne peux le demander qu'une fois par semaine. Réécris-moi dans quelques jours.", "I can only ask for that once a week. Write to me again in a few days."},
		"relance.ask_pointer":      {"Touche la demande plus haut pour dire oui.", "Tap the request above to say yes."},
		"relance.interest_dropped": {"C'est fait : je n'y veille plus.", "Done: I no longer watch that."},
	}
	for _, language := range shippedLanguages {
		out := &reporter{sources: make(map[string]*source)}
		texts, stop := ownTexts(language, newDialect(), out)
		if len(out.list) > 0 {
			t.Errorf("%s:\n%v", language, out.sorted())
		}
		if len(texts) != len(textKeys) {
			t.Errorf("%s has %d texts of %d", language, len(texts), len(textKeys))
		}
		if !slices.Contains(stop, "stop") {
			t.Errorf("%s does not know the word stop", language)
		}
		for _, k := range textKeys {
			text := texts[k.key]
			_, agreed := want[k.key]
			switch {
			case text == nil:
				t.Errorf("%s lacks %s", language, k.key)
			case !agreed:
			case language == "fr" && text.source != want[k.key][0], language == "en" && text.source != want[k.key][1]:
				t.Errorf("%s in %s is %q", k.key, language, text.source)
			case len(k.names) > 0 && len(text.parts) < 2:
				t.Errorf("%s in %s names no %s", k.key, language, k.names)
			case len(k.names) == 0 && k.key != "relance.cadence.ask" && runes(text.source) > 20 && (k.key == "relance.stop" || k.key == "relance.yes" || k.key == "relance.no" || k.key == "relance.no_thanks"):
				t.Errorf("%s in %s is longer than a label", k.key, language)
			}
		}
	}
}

func TestStopWordsOfEveryLanguageOfTheBot(t *testing.T) {
	t.Parallel()
	p := polyglot(t)
	for word, want := range map[string]bool{
		"STOP": true, "Arrête !": true, "désabonner": true, "unsubscribe": true, "parar": true, "Fiche moi la paix": true,
		"stoppen": false, "arrête de dire ça": false, "": false,
	} {
		if got := p.isStopWord(fold(word)); got != want {
			t.Errorf("%q: got %v", word, got)
		}
	}
}

func TestKeywordsAreKnownInEveryLanguage(t *testing.T) {
	t.Parallel()
	p := polyglot(t)
	if got := p.Triggers[0].words; !slices.Equal(got, []string{"pointure", "size", "sizes"}) {
		t.Errorf("got %v", got)
	}
}

func TestATextIsTranslatedAndFilled(t *testing.T) {
	t.Parallel()
	p := polyglot(t)
	say := p.flows["a"].first.next.do.(*sayStep).texts[0]
	for language, want := range map[string]string{"fr": "Bonjour toi", "en": "Hello you", "nl": "Bonjour toi"} {
		if got, err := say.text(newEnv(p, &World{}, "fr"), language); err != nil || got != want {
			t.Errorf("%s: got %q, %v", language, got, err)
		}
	}
}

// TestAnAngryOrPoliteStopIsNoAnswer is of what was saved as an answer before: as the person's name.
func TestAnAngryOrPoliteStopIsNoAnswer(t *testing.T) {
	t.Parallel()
	p, _, found := Load(fstest.MapFS{"bot.yaml": {Data: []byte(shopBot)}, "flows/a.yaml": {Data: []byte("triggers: [{start: true}]\nsteps:\n  - say: Salut\n")}})
	if found.HasErrors() {
		t.Fatal(found)
	}
	for text, want := range map[string]bool{
		"STOP STOP STOP !!!":      true,
		"arrête, arrête":          true,
		"stop arrête":             true,
		"please stop":             true,
		"Stop, s'il vous plaît !": true,
		"Ne m’écrivez plus.":      true,
		"stpo":                    true,
		"stop it 🙏":               true,
		"stop ou encore":          false,
		"plus plus":               false,
		"don't stop":              false,
		"bus stop":                false,
		"ne t'arrête pas":         false,
	} {
		if got := p.IsStop(Input{Kind: InMessage, Text: text}); got != want {
			t.Errorf("%q is a stop: %v, want %v", text, got, want)
		}
	}
}
