package bot_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

// What becomes of notifications, each in its own life, and how it is said in words.
func TestWhyOfEveryOutcome(t *testing.T) {
	t.Parallel()
	on := func(line string) map[string]string { return with(flagship, "bot.yaml", flagship["bot.yaml"]+line+"\n") }
	trigger := func(line string) map[string]string {
		return with(flagship, "flows/back_in_stock.yaml", strings.Replace(flagship["flows/back_in_stock.yaml"], "    topic: restock", "    topic: restock\n    "+line, 1))
	}
	yes := func(w *world) { w.subscribes("zoe", "restock", "daily") }
	outcomes := []struct {
		name  string
		files map[string]string
		page  *platform
		life  func(w *world)
	}{
		{"sent", flagship, nil, func(w *world) { yes(w); w.sells(back("1")) }},
		{"sent in the window", flagship, nil, func(w *world) { yes(w); w.does(w.writes("zoe", "bonjour")); w.sells(back("1")) }},
		{"cadence", flagship, nil, func(w *world) { yes(w); w.sells(back("1")); w.sells(back("2")) }},
		{"quiet hours", on("quiet_hours: 17:00-08:00"), nil, func(w *world) { yes(w); w.sells(back("1")) }},
		{"busy", flagship, nil, func(w *world) { yes(w); w.does(w.writes("zoe", "stock")); w.sells(back("1")) }},
		{"never agreed", flagship, nil, func(w *world) { w.does(w.writes("zoe", "bonjour")); w.sells(back("1")) }},
		{"asked, no answer", flagship, nil, func(w *world) {
			w.does(w.writes("zoe", "stock"))
			w.does(w.taps("zoe", "42"))
			w.sells(back("1"))
		}},
		{"stopped", flagship, nil, func(w *world) { yes(w); w.does(w.writes("zoe", "stop")); w.sells(back("1")) }},
		{"another shoe", flagship, nil, func(w *world) { yes(w); w.sells(named("1", "Samba")) }},
		{"left out", trigger("holdout: 99%"), nil, func(w *world) { yes(w); w.sells(back("1")) }},
		{"budget", on("budget: {max: 1, per: 24h}"), nil, func(w *world) {
			yes(w)
			w.subscribes("zoe", "nouveautes", "weekly")
			w.until(paris(w.t.(*testing.T), "2026-03-30 09:00"))
			w.sells(back("1"))
		}},
		{"something greater", rivals("10"), nil, func(w *world) {
			yes(w)
			w.subscribes("zoe", "nouveautes", "weekly")
			w.until(paris(w.t.(*testing.T), "2026-03-30 08:00"))
			w.sells(back("1"))
		}},
		{"no lane", flagship, newPlatform("1"), func(w *world) { yes(w); w.sells(back("1")) }},
		{"a lane that rests", flagship, newPlatform("1", tokenLane{name: "recurring", rest: 48 * time.Hour}), func(w *world) {
			yes(w)
			w.sells(back("1"))
			w.passes(day)
			w.sells(back("2"))
		}},
		{"too late", trigger("expires: 3h"), newPlatform("1"), func(w *world) { yes(w); w.sells(back("1")); w.passes(4 * time.Hour) }},
	}
	out := make([]string, len(outcomes))
	t.Run("lives", func(t *testing.T) {
		for i, o := range outcomes {
			t.Run(o.name, func(t *testing.T) {
				t.Parallel()
				var pages []*platform
				if o.page != nil {
					pages = append(pages, o.page)
				}
				w := newWorld(t, o.files, pages...)
				o.life(w)
				out[i] = fmt.Sprintf("%s\n%s", o.name, w.why("zoe", "back_in_stock"))
				agrees(w)
			})
		}
	})
	golden(t, "why.txt", strings.Join(out, "\n"))
}

// agrees says that the API's decisions are those that why explains.
func agrees(w *world) {
	w.t.Helper()
	ctx := context.Background()
	said, err := w.bot.Why(ctx, w.id("zoe"), "")
	if err != nil {
		w.t.Fatal(err)
	}
	listed, err := w.bot.Decisions(ctx, w.id("zoe"), "", 100)
	if err != nil {
		w.t.Fatal(err)
	}
	if diff := cmp.Diff(listed, said[:min(len(said), len(listed))], cmpopts.EquateEmpty()); diff != "" {
		w.t.Errorf("the API and why (-api +why):\n%s", diff)
	}
}

// Several held notifications go as one message, and each decision names it.
func TestWhatGoesTogetherSharesItsMessage(t *testing.T) {
	t.Parallel()
	w := newWorld(t, counting)
	w.subscribes("zoe", "restock", "daily")
	for i, model := range []string{"Gazelle", "Samba", "Spezial"} {
		w.sells(named(fmt.Sprint(i), model))
	}
	w.passes(day)
	list, err := w.bot.Decisions(context.Background(), w.id("zoe"), "", 100)
	if err != nil {
		t.Fatal(err)
	}
	sends := map[string]int{}
	for _, d := range list {
		sends[d.Send]++
	}
	if len(list) != 3 || len(sends) != 2 || sends[""] > 0 {
		t.Errorf("three notifications went in messages %v", sends)
	}
}
