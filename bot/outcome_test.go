package bot_test

import (
	"context"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/relance-bot/relance/bot"
)

var goals = with(flagship, "flows/goals.yaml", `
triggers:
  - keywords: [acheter]
steps:
  - split: ton
    variants:
      - {name: chaud, steps: [{say: Merci toi !}]}
      - {name: froid, steps: [{say: Merci.}]}
  - track: achat
    value: 12.5
  - track: achat
    value: 99
  - track: merci
`)

func (w *world) export(person string) bot.Export {
	w.t.Helper()
	export, err := w.bot.Export(context.Background(), w.id(person))
	if err != nil {
		w.t.Fatal(err)
	}
	return export
}

func TestOneActReachesAGoalOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t, goals)
	buy := w.writes("zoe", "acheter")
	w.does(buy)
	w.does(buy) // the platform brings it again
	w.crash()
	w.does(buy)
	export := w.export("zoe")
	if diff := cmp.Diff([]bot.OutcomeView{
		{Kind: "goal", Name: "merci", Flow: "goals", Step: "4"},
		{Kind: "goal", Name: "achat", Value: 12.5, Flow: "goals", Step: "2"},
		{Kind: "variant", Name: "ton", Variant: "chaud", Flow: "goals", Step: "1"},
	}, export.Outcomes, cmpopts.IgnoreFields(bot.OutcomeView{}, "At")); diff != "" {
		t.Errorf("outcomes (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(map[string]string{"ton": "chaud"}, export.Preferences.Variants); diff != "" {
		t.Errorf("variants (-want +got):\n%s", diff)
	}
	w.does(w.writes("zoe", "acheter")) // another act reaches it again
	reached, err := w.bot.Outcomes(context.Background(), w.id("zoe"), bot.OutcomeGoal, "achat")
	if err != nil || len(reached) != 2 {
		t.Errorf("reached %v (%v), want it twice", reached, err)
	}
	w.forgets("zoe")
	w.gone("zoe")
}
