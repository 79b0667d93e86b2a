package flows

import (
	"slices"
	"testing"
	"testing/fstest"
)

func TestALabelIsKnownByWhatItWithdraws(t *testing.T) {
	t.Parallel()
	p, _, found := Load(fstest.MapFS{
		"bot.yaml": {Data: []byte("name: B\nlocale: fr\ntopics:\n  news: {title: Les nouvelles}\n  shoes: {title: Les chaussures}\n")},
		"flows/a.yaml": {Data: []byte(`
triggers: [{keywords: [a]}]
steps:
  - say: Un
    buttons: [{label: J'arrête, opt_out: news}, {label: Encore, go: b}]
  - if: contact.first_name == "Zoé"
    then:
      - show: cards
        title: Deux
        subtitle: Trois
        buttons: [{label: Plus de chaussures, opt_out: shoes}]
`)},
		"flows/b.yaml":    {Data: []byte("triggers: [{keywords: [b]}]\nsteps:\n  - say: Quatre\n    quick_replies: [{label: Plus rien, opt_out: all}, {label: J'ARRÊTE !, opt_out: shoes}]\n")},
		"locales/en.yaml": {Data: []byte("J'arrête: Enough\n")},
	})
	if found.HasErrors() {
		t.Fatal(found)
	}
	for label, want := range map[string][]string{
		"J’arrête":           {"news", "shoes"},
		"enough!":            {"news"},
		"Plus de chaussures": {"shoes"},
		"Plus rien":          {"all"},
		"Stop":               {"news", "shoes"}, // what a notification is given
		"Encore":             nil,
		"👍":                  nil,
		"":                   nil,
	} {
		if got := p.Withdraws(label); !slices.Equal(got, want) {
			t.Errorf("%q withdraws %q, want %q", label, got, want)
		}
	}
}
