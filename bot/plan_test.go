package bot_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/relance-bot/relance/bot"
)

// plans says what it would mean to deploy other files, beside the bot that runs.
func (w *world) plans(files map[string]string) bot.DeployPlan {
	w.t.Helper()
	program, data := load(w.t, files)
	c := w.config(data)
	c.Program = program
	b, err := bot.Inspect(c)
	if err != nil {
		w.t.Fatal(err)
	}
	plan, err := b.Plan(context.Background())
	if err != nil {
		w.t.Fatal(err)
	}
	return plan
}

// spellPlan writes the steps and held notifications of a plan as lines.
func spellPlan(p bot.DeployPlan) (out []string) {
	out = append(out, fmt.Sprintf("%d of %d", p.Within, p.People))
	for _, s := range p.Steps {
		out = append(out, fmt.Sprintf("%d at %s#%s, %s: %s %s", s.People, s.Flow, s.Step, s.Change, s.Outcome, s.To))
	}
	for _, h := range p.Held {
		out = append(out, fmt.Sprintf("%d held of %s: %q", h.People, h.Trigger, h.Flow))
	}
	for _, id := range p.Gone {
		out = append(out, "gone "+id)
	}
	for _, id := range p.New {
		out = append(out, "new "+id)
	}
	return out
}

func TestAPlanSaysWhatBecomesOfEverybody(t *testing.T) {
	t.Parallel()
	files := with(flagship, "flows/talk.yaml", `
triggers:
  - keywords: [parlons]
steps:
  - id: age
    ask: Ton âge ?
    type: number
    save: age
  - id: ville
    ask: Ta ville ?
    save: ville
  - say: "{{ age }} ans, {{ ville }}."
`, "flows/pause.yaml", `
triggers:
  - keywords: [pause]
steps:
  - wait: 20d
  - say: Fini.
`)
	w := newWorld(t, files)
	w.subscribes("held", "restock", "daily")
	w.sells(back("1"), back("2"))
	w.does(w.writes("ann", "parlons"), w.writes("bob", "parlons"), w.writes("eve", "parlons"), w.writes("max", "pause"), w.writes("sue", "?"))
	w.does(w.writes("ann", "40"), w.writes("zoe", "stock"))

	same := spellPlan(w.plans(files))
	if diff := cmp.Diff([]string{"5 of 7", `1 held of back_in_stock/event:restock: "back_in_stock"`}, same); diff != "" {
		t.Errorf("of the same bot (-want +got):\n%s", diff)
	}

	changed := with(files, "flows/talk.yaml", `
moved: {ville: rue}
triggers:
  - keywords: [parlons]
steps:
  - id: age
    ask: Quel âge as-tu ?
    type: number
    save: age
  - id: rue
    ask: Ta rue ?
    save: rue
  - say: "{{ age }} ans, {{ rue }}."
`, "flows/restock.yaml", flagship["flows/restock.yaml"]+"  - say: Voilà.\n")
	delete(changed, "flows/pause.yaml")
	delete(changed, "flows/back_in_stock.yaml")
	want := []string{
		"5 of 7",
		"1 at pause#1, flow gone: finishes as it began ",
		"1 at restock#1, flow changed: finishes as it began ",
		"2 at talk#age, step changed: finishes as it began ",
		"1 at talk#ville, step gone: goes over talk#rue",
		`1 held of back_in_stock/event:restock: ""`,
		"gone back_in_stock/event:restock", "gone pause/keywords:pause",
	}
	if diff := cmp.Diff(want, spellPlan(w.plans(changed))); diff != "" {
		t.Errorf("of a changed bot (-want +got):\n%s", diff)
	}

	// What was lost can only be gone on with by its id.
	for _, person := range []string{"ann", "bob", "max", "zoe"} {
		w.damage(person, "lost", nil)
	}
	want = []string{
		"5 of 7",
		"1 at pause#1, flow gone: ends ",
		"1 at restock#1, : ends ",
		"1 at talk#age, : goes on in the new ",
		"1 at talk#age, step changed: finishes as it began ",
		"1 at talk#ville, step gone: goes over talk#rue",
	}
	if diff := cmp.Diff(want, spellPlan(w.plans(changed))[:len(want)]); diff != "" {
		t.Errorf("with a lost program (-want +got):\n%s", diff)
	}

	// The plan is what then happens.
	w.deploys(changed)
	w.does(w.writes("ann", "rue de la Paix"), w.writes("bob", "41"), w.writes("eve", "42"))
	w.expect("ann", "Ton âge ?", "Ta ville ?", "40 ans, rue de la Paix.")
	w.expect("bob", "Ton âge ?", "Ta rue ?")
	w.expect("eve", "Ton âge ?", "Ta ville ?")
}
