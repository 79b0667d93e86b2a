package bot_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/relance-bot/relance/bot"
)

// TestCallsSurviveWhereverTheProcessDies tells the story of two calls, during which the
// person goes on writing, once for every write. Nothing is lost, nothing counts twice,
// the order stays, and a call that is made again has the id it had.
func TestCallsSurviveWhereverTheProcessDies(t *testing.T) {
	t.Parallel()
	for _, eager := range []bool{false, true} {
		t.Run(fmt.Sprintf("eager %v", eager), func(t *testing.T) {
			t.Parallel()
			calm, ids := newCaller(t, 0, false, eager)
			writes := tellCalls(calm)
			want := calm.once("zoe")
			if diff := cmp.Diff([]string{"I look.", "3 left.", "You said a.", "You said b.", "I look.", "3 left.", "You said a.", "You said b."}, want); diff != "" {
				t.Fatalf("the story without a death (-want +got):\n%s", diff)
			}
			if len(*ids) != 2 {
				t.Fatalf("%d calls without a death", len(*ids))
			}
			for dies := 1; dies <= writes; dies++ {
				for _, after := range []bool{false, true} {
					t.Run(fmt.Sprintf("%d %v", dies, after), func(t *testing.T) {
						t.Parallel()
						w, ids := newCaller(t, dies, after, eager)
						tellCalls(w)
						if w.deaths != 1 {
							t.Fatalf("the process died %d times, want once", w.deaths)
						}
						if diff := cmp.Diff(want, w.once("zoe")); diff != "" {
							t.Errorf("what zoe sees (-want +got):\n%s", diff)
						}
						if got := w.asked("zoe"); got != 2.0 {
							t.Errorf("the results counted %v times, want 2", got)
						}
						if different := slices.Compact(slices.Sorted(slices.Values(*ids))); len(different) != 2 {
							t.Errorf("%d calls have %d ids, want 2", len(*ids), len(different))
						}
						if n := w.callTimers("zoe"); n > 0 {
							t.Errorf("%d calls are left in the store", n)
						}
						if strays := w.strays(); len(strays) > 0 {
							t.Errorf("strays %q", strays)
						}
					})
				}
			}
		})
	}
}

// newCaller is a mortal world whose handler lets the person write twice while it works.
func newCaller(t *testing.T, dies int, after, eager bool) (*mortalWorld, *[]string) {
	t.Helper()
	var w *mortalWorld
	ids := &[]string{}
	said := map[string][]bot.Event{} // the same call says the same, however often it is made
	w = newMortalWith(t, warehouse, dies, after, eager, func(b *bot.Bot) {
		bot.Handle(b, "find", func(_ context.Context, c *bot.Conversation, _ find) (stockLeft, error) {
			*ids = append(*ids, c.ID())
			if said[c.ID()] == nil {
				said[c.ID()] = []bot.Event{w.writes("zoe", "said a"), w.writes("zoe", "said b")}
			}
			for _, e := range said[c.ID()] { // one that is not taken comes again with the call
				if w.receive(e) != nil {
					return stockLeft{}, errors.New("cut off")
				}
			}
			return stockLeft{Left: 3}, nil
		})
		bot.Handle(b, "other", func(context.Context, *bot.Conversation, struct{}) (struct{}, error) { return struct{}{}, nil })
	})
	return w, ids
}

func tellCalls(w *mortalWorld) int {
	for range 2 {
		w.brought(w.writes("zoe", "stock"))
		w.waits(20 * time.Second)
		w.gets("zoe", "3 left.")
		w.waits(time.Minute)
	}
	_, writes := w.life.killed()
	return writes
}
