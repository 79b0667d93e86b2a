package bot_test

import (
	"strings"
	"testing"

	"github.com/relance-bot/relance/bot"
)

// The notifications of a campaign are decided one after the other in the memory of one turn:
// what is left of one of them must not look into it.
func TestNothingThatANotificationLeavesKnowsItsTurn(t *testing.T) {
	t.Parallel()
	const quiet, flow = "bot.yaml", "flows/back_in_stock.yaml"
	for name, c := range map[string]struct {
		files map[string]string
		size  float64
		kind  string
		url   string
	}{
		"a message":         {files: flagship, size: 42, kind: bot.DecisionSent},
		"one with a link":   {files: with(flagship, flow, notifies(`say: En {{ event.size }}`, `    buttons: [{label: Voir, open: "https://foulee.example"}]`)), size: 42, kind: bot.DecisionSent},
		"a question":        {files: with(flagship, flow, notifies(`ask: Tu la veux ?`, `    save: wanted`)), size: 42, kind: bot.DecisionSent},
		"nobody's interest": {files: flagship, size: 41, kind: "missed"},
		"a night": {
			files: with(flagship, quiet, flagship[quiet]+"quiet_hours: 17:00-08:00\n"), size: 42, kind: bot.DecisionHeld,
		},
		"a flow that says nothing": {
			files: with(flagship, flow, notifies(`set: {x: "{{ event.size }}"}`)), size: 42, kind: bot.DecisionSkipped,
		},
		"a session that grows too large": {
			files: with(flagship, flow, notifies(`ask: Tu la veux ?`, `    save: wanted`)), size: 42, kind: bot.DecisionSent,
			url: strings.Repeat("x", 20_000),
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, c.files)
			w.subscribes("zoe", "restock", "daily")
			w.subscribes("zoe", "nouveautes", "weekly")
			event := map[string]any{"model": "Gazelle", "size": c.size, "url": c.url}
			kind, outlives, err := w.bot.TurnOutlives(w.id("zoe"), w.trigger("back_in_stock"), event)
			if err != nil || kind != c.kind {
				t.Fatalf("%s, %v, want %s", kind, err, c.kind)
			}
			if outlives {
				t.Error("something still knows the turn")
			}
		})
	}
}

// notifies is a flow that an event starts, of one step.
func notifies(step ...string) string {
	return "triggers:\n  - event: restock\n    topic: restock\nsteps:\n  - " + strings.Join(step, "\n") + "\n"
}
