package flows

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

// What is written when a bot is loaded is what would be made for each person.
func TestRepliesArePreparedAsTheyAreMade(t *testing.T) {
	t.Parallel()
	p, data := compileTalk(t, `
-- bot.yaml --
name: Test
locale: en_GB
-- locales/fr.yaml --
Small: Petit
-- flows/size.yaml --
triggers:
  - keywords: [size]
steps:
  - id: list
    ask: "Which size?"
    choices: [39, 40.5, Small, "007", true]
    save: a
  - id: map
    ask: "Which size?"
    choices:
      Small: S
      "For {{ contact.first_name }}": 42
    save: b
  - id: own
    ask: "Which size?"
    choices: [39, "{{ contact.first_name }}"]
    save: c
`)
	w := World{Data: data, Contact: Contact{FirstName: "Zoé", Locale: "fr_FR"}}
	for id, want := range map[string]bool{"list": true, "map": true, "own": false} {
		st := p.flows["size"].steps[id]
		a := st.do.(*askStep)
		prepared := true
		for _, c := range a.choices.fixed {
			prepared = prepared && c.payload != ""
		}
		if prepared != want {
			t.Errorf("%s: prepared is %v", id, prepared)
		}
		m := &machine{p: p, w: w}
		m.speak(p)
		e := m.see(nil)
		options, err := a.choices.options(m, e, a.of)
		if err != nil {
			t.Fatal(err)
		}
		got, err := a.choices.replies(m, st, e, a.of)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(st.replies(options), got); diff != "" {
			t.Errorf("%s: -made +prepared\n%s", id, diff)
		}
	}
}
