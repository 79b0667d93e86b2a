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

// A letter's memory is another's once it is settled: nothing may look into it any more.
func TestNothingKnowsALetterOnceItIsSettled(t *testing.T) {
	t.Parallel()
	for name, o := range map[string]bot.Outcome{
		"accepted":   {Status: bot.Accepted},
		"not known":  {Status: bot.Unknown, Code: "timeout"},
		"refused":    {Status: bot.Refused, Class: bot.ClassWindow, Code: "10"},
		"put off":    {Status: bot.Refused, Class: bot.ClassTransient, Code: "2"},
		"of nobody":  {Status: bot.Refused, Class: bot.ClassUnreachable, Code: "551"},
		"of no page": {Status: bot.Refused, Class: bot.ClassToken, Code: "190"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			page := newPlatform("1", tokenLane{name: "recurring"})
			page.together = 3
			w := newWorld(t, flagship, page)
			people := []string{"ann", "bob", "cyd", "zoe"}
			for _, person := range people {
				w.subscribes(person, "restock", "daily")
			}
			event := map[string]any{"model": "Gazelle", "size": 42.0}
			for _, person := range people {
				if _, _, err := w.bot.TurnOutlives(w.id(person), w.trigger("back_in_stock"), event); err != nil {
					t.Fatal(err)
				}
				if o.Status != bot.Accepted {
					page.answers(1, func(d bot.Delivery) bool { return d.Person == person }, o, false)
				}
			}
			if outlive, of, err := w.bot.LettersOutlive(t.Context()); err != nil || of != 4 || outlive > 0 {
				t.Errorf("%d letters of %d are still known, %v", outlive, of, err)
			}
		})
	}
}
