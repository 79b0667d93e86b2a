package bot_test

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/relance-bot/relance/bot"
	"github.com/relance-bot/relance/flows"
	"github.com/relance-bot/relance/storage"
)

func TestAStopWordEndsACallAtOnce(t *testing.T) {
	t.Parallel()
	for _, before := range [][]string{nil, {"said one", "said two"}, slices.Repeat([]string{"said one"}, 300)} {
		t.Run(fmt.Sprintf("behind %d", len(before)), func(t *testing.T) {
			t.Parallel()
			h := newBlocking()
			a := newShop(t, h.find)
			a.comes(a.writes("zoe", "stock"))
			<-h.began
			for _, text := range before {
				a.comes(a.writes("zoe", text))
			}
			time.Sleep(50 * time.Millisecond) // they are looked at, and wait
			a.comes(a.writes("zoe", "stop"))
			a.sees("zoe", "I look.", stopped)
			a.comes(a.writes("zoe", "said three"))
			a.sees("zoe", "I look.", stopped, "You said three.")
			close(h.going)
			a.idle()
			a.sees("zoe", "I look.", stopped, "You said three.") // the late result is ignored
			if got := a.asked("zoe"); got != nil {
				t.Errorf("the flow went on: %v", got)
			}
			if n := a.callTimers("zoe"); n > 0 {
				t.Errorf("%d calls are left in the store", n)
			}
		})
	}
}

// stopped is what somebody sees who has stopped everything.
const stopped = "Done: I won't write to you on my own any more."

// TestAnOccurrenceThatAStopOvertakesEndsInADecision lets news come while a handler is
// asked, and the person stop, which goes before the news. Whoever was in its audience
// when it came has a decision in the end, and nobody else has one.
func TestAnOccurrenceThatAStopOvertakesEndsInADecision(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name   string
		model  string
		agrees bool
		named  bool // the shop names the person
		stops  bool
		leaves string // a topic that they withdraw elsewhere
		want   []string
	}{
		{"they stop", "Gazelle", true, false, true, "", []string{"skipped rule=consent"}},
		{"they stop, and the shop meant them", "Gazelle", true, true, true, "", []string{"skipped rule=consent"}},
		{"they stop, and it is about another model", "Samba", true, true, true, "", nil},
		{"they stop, and had never agreed", "Gazelle", false, true, true, "", nil},
		{"they do not stop", "Gazelle", true, false, false, "", []string{"sent lane=window"}},
		{"they withdraw elsewhere", "Gazelle", true, false, false, "restock", []string{"skipped rule=consent"}},
		{"they withdraw everything elsewhere", "Gazelle", true, false, false, bot.AllTopics, []string{"skipped rule=consent"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			h := newBlocking()
			w := newWorld(t, with(flagship, "flows/look.yaml", "triggers:\n  - keywords: [look]\nsteps:\n  - call: find\n  - say: Found.\n",
				"bot.yaml", flagship["bot.yaml"]+"\nhandlers: {find: {post: \"https://hobnail.example/find\"}}\n"))
			if tt.agrees {
				w.subscribes("zoe", "restock", "daily")
			} else {
				w.meets("zoe", flows.Contact{FirstName: "Zoe"})
			}
			w.setup = func(b *bot.Bot) { bot.Handle(b, "find", h.find) }
			a := newAliveOn(w)
			a.comes(a.writes("zoe", "look"))
			<-h.began
			e := back("1")
			if e.Data["model"] = tt.model; tt.named {
				e.Contact = a.id("zoe")
			}
			if _, _, err := a.bot.Events(context.Background(), []bot.ShopEvent{e}); err != nil {
				t.Fatal(err)
			}
			soon(t, "the news wait for zoe", func() bool { return a.waitsFor("zoe", "notify") })
			if tt.stops {
				a.comes(a.writes("zoe", "stop"))
				soon(t, "zoe has stopped", func() bool { return !a.waitsFor("zoe", "event") && a.callTimers("zoe") == 0 })
			}
			if tt.leaves != "" {
				a.withdraws("zoe", bot.Withdrawal{Topic: tt.leaves})
			}
			close(h.going)
			a.idle()
			soon(t, "the news have their turn", func() bool { return !a.waitsFor("zoe", "notify") })
			a.decided("zoe", tt.want...)
		})
	}
}

// waitsFor says whether an input of a kind waits in a person's inbox.
func (w *world) waitsFor(person, kind string) (waits bool) {
	w.t.Helper()
	w.read(func(r storage.Reader) error {
		inputs, err := r.Inputs(w.id(person), 10)
		waits = slices.ContainsFunc(inputs, func(in storage.Input) bool { return in.Kind == kind })
		return err
	})
	return waits
}
