package bot_test

import (
	"context"
	"testing"

	"github.com/relance-bot/relance/bot"
)

// spoken is a bot that speaks in one of two tones, and the other for nobody.
func spoken(tone, other string) map[string]string {
	return with(flagship, "flows/tone.yaml", `
triggers:
  - keywords: [bonjour]
steps:
  - split: ton
    variants:
      - {name: `+tone+`, steps: [{say: Salut !}]}
      - {name: `+other+`, weight: 0, steps: [{say: Bonjour.}]}
`)
}

// TestWhoIsGivenAVariantAgainAfterItWasTakenAwayBelongsToTheOther: a change of the bot took
// the variant away, and another one brought it back.
func TestWhoIsGivenAVariantAgainAfterItWasTakenAwayBelongsToTheOther(t *testing.T) {
	t.Parallel()
	w := newWorld(t, spoken("chaud", "x"))
	hello := func() {
		w.passes(day)
		in := w.writes("zoe", "bonjour")
		w.does(in)
		w.does(in) // the platform brings it again
	}
	hello()
	w.becomes(spoken("froid", "y"))
	hello()
	w.becomes(spoken("chaud", "x"))
	hello()
	hello()
	var got []string
	given, err := w.bot.Outcomes(context.Background(), w.id("zoe"), bot.OutcomeVariant, "ton")
	for _, o := range given {
		got = append(got, o.Variant)
	}
	if len(got) != 3 || got[0] != "chaud" || got[1] != "froid" {
		t.Errorf("given, newest first: %v (%v), want chaud, froid, chaud", got, err)
	}
	list, err := w.bot.Experiments(context.Background(), bot.StatsQuery{})
	if err != nil || len(list) != 1 || len(list[0].Arms) != 1 || list[0].Arms[0].Name != "chaud" {
		t.Errorf("%+v (%v), want one person of chaud", list, err)
	}
}

// TestWhoKeepsAVariantIsCountedByThatOfAComment: a comment is anybody's until its reply says
// whose, and may be given the other variant.
func TestWhoKeepsAVariantIsCountedByThatOfAComment(t *testing.T) {
	t.Parallel()
	w := newWorld(t, commented)
	for n := range 8 {
		w.does(w.comments("zoe", n, "quelle taille ?"))
		w.passes(day)
	}
	keeps := w.export("zoe").Preferences.Variants["tone"]
	given, err := w.bot.Outcomes(context.Background(), w.id("zoe"), bot.OutcomeVariant, "tone")
	if err != nil || len(given) != 1 || given[0].Variant != keeps {
		t.Errorf("given %v (%v), want once %s, which they keep", given, err, keeps)
	}
	if goals, err := w.bot.Outcomes(context.Background(), w.id("zoe"), bot.OutcomeGoal, "answered"); err != nil || len(goals) != 8 {
		t.Errorf("%d goals (%v), want those of all comments", len(goals), err)
	}
}
