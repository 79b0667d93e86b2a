package bot_test

import (
	"strings"
	"testing"
	"time"

	"github.com/relance-bot/relance/bot"
	"github.com/relance-bot/relance/storage"
)

// rivals is a shop whose news come first for the one message a day that it allows itself.
func rivals(priority string) map[string]string {
	bot := strings.Replace(flagship["bot.yaml"], "  nouveautes:\n", "  nouveautes:\n    priority: "+priority+"\n", 1)
	return with(flagship, "bot.yaml", bot+"budget: {max: 1, per: 24h}\n")
}

func TestTheGreaterTopicWinsTheBudget(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		priority      string
		at8, at9, end string // what became of restock, and of the news
	}{
		{"10", "held rule=budget next=2026-03-30 09:10", "held rule=budget next=2026-03-30 09:10 / sent lane=recurring", "sent lane=recurring / sent lane=recurring"},
		{"0", "sent lane=recurring", "sent lane=recurring / skipped rule=budget", ""},
	} {
		t.Run("priority "+test.priority, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, rivals(test.priority))
			w.subscribes("zoe", "restock", "daily")
			w.subscribes("zoe", "nouveautes", "weekly")
			w.until(paris(t, "2026-03-30 08:00"))
			w.sells(back("1"))
			check := func(want string) {
				t.Helper()
				if got := strings.Join(w.decisions("zoe"), " / "); want != "" && got != want {
					t.Errorf("at %s decided %q, want %q", w.clock.Now(), got, want)
				}
			}
			check(test.at8)
			w.until(paris(t, "2026-03-30 09:00"))
			check(test.at9)
			w.until(paris(t, "2026-03-30 09:10"))
			w.passes(day)
			check(test.end)
		})
	}
}

// coupons is rivals whose news come by an event as well.
func coupons() map[string]string {
	files := rivals("10")
	files["bot.yaml"] = strings.Replace(files["bot.yaml"], "events:\n", "events:\n  coupon: {}\n", 1)
	files["flows/coupon.yaml"] = "triggers:\n  - event: coupon\n    topic: nouveautes\nsteps:\n  - say: Un bon pour toi\n"
	return files
}

// Whoever moves an occurrence on has it in hand nearly all the time.
func TestWhatAnotherProcessIsSendingKeepsTheBudget(t *testing.T) {
	t.Parallel()
	w, lease := newShared(t, coupons())
	w.subscribes("zoe", "nouveautes", "daily")
	w.subscribes("zoe", "restock", "daily")
	lease.away.Store("coupon")
	if _, _, err := w.bot.Events(t.Context(), []bot.ShopEvent{{ID: "c1", Name: "coupon"}, back("1")}); err != nil {
		t.Fatal(err)
	}
	if err := w.bot.Settle(t.Context()); err != nil {
		t.Fatal(err)
	}
	w.expect("zoe")
	if got := w.decisions("zoe"); len(got) != 1 || !strings.HasPrefix(got[0], "held rule=budget") {
		t.Errorf("decided %q, want that it leaves the budget to what comes", got)
	}
	lease.away.Store("")
	w.passes(time.Second)
	w.expect("zoe", "Un bon pour toi  [Stop]")
}

// Where several processes share a Page whoever finds no slot of its pace comes back a
// moment later. Meanwhile a lesser topic leaves the budget to what waits.
func TestWhatWaitsForItsSlotKeepsTheBudget(t *testing.T) {
	t.Parallel()
	w, _ := newShared(t, coupons())
	w.subscribes("zoe", "nouveautes", "daily")
	w.subscribes("zoe", "restock", "daily")
	if _, _, err := w.bot.Events(t.Context(), []bot.ShopEvent{{ID: "c1", Name: "coupon"}}); err != nil {
		t.Fatal(err)
	}
	w.write(func(tx storage.Tx) error { // behind this it waits its turn
		_, err := tx.Enqueue(storage.Input{Contact: w.id("zoe"), Kind: "wake", At: w.clock.Now(), Ready: w.clock.Now().Add(time.Minute)})
		return err
	})
	w.settle()
	w.passes(time.Minute)
	w.expect("zoe") // there is no slot
	w.sells(back("1"))
	w.expect("zoe")
	w.passes(time.Second)
	w.expect("zoe", "Un bon pour toi  [Stop]")
	w.decided("zoe", "held rule=budget next=2026-03-27 18:11", "sent lane=recurring")
}
