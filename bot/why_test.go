package bot_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/relance-bot/relance/storage"
)

// why are the explanations about a person, one to a line.
func (w *world) why(person, flow string) string {
	w.t.Helper()
	list, err := w.bot.Why(context.Background(), w.id(person), flow)
	if err != nil {
		w.t.Fatal(err)
	}
	var b strings.Builder
	for _, e := range list {
		fmt.Fprintf(&b, "%s: %s\n", e.Flow, e.Text)
	}
	return b.String()
}

func TestWhyTellsWhoWasNotInTheAudience(t *testing.T) {
	t.Parallel()
	w := newWorld(t, flagship)
	w.subscribes("zoe", "restock", "daily")
	w.does(w.writes("max", "bonjour"))
	w.sells(named("1", "Samba"))
	if got := w.why("zoe", ""); !strings.Contains(got, "back_in_stock: Not sent: nothing they asked for") {
		t.Errorf("zoe watches another shoe, but: %s", got)
	}
	if got := w.why("max", "back_in_stock"); !strings.Contains(got, "Not sent: they have not agreed") && !strings.Contains(got, "Not sent") {
		t.Errorf("max never agreed, but: %s", got)
	}
	if got := w.why("max", "monday"); got != "" {
		t.Errorf("nothing was due of monday, but: %s", got)
	}
}

func TestWhyKnowsTheNewestOccurrencesHoweverManyThereWere(t *testing.T) {
	t.Parallel()
	w := newWorld(t, flagship)
	w.does(w.writes("max", "bonjour"))
	w.write(func(tx storage.Tx) error {
		for i := range 250 {
			at := w.clock.Now().Add(-time.Duration(1000-i) * time.Hour)
			err := tx.PutOccurrence(storage.Occurrence{
				Trigger: w.trigger("monday"), ID: fmt.Sprintf("old-%d", i), Flow: "monday", Topic: "nouveautes", At: at, Expires: at, State: "done",
			})
			if err != nil {
				return err
			}
		}
		return nil
	})
	w.passes(time.Minute)
	w.sells(back("1"))
	if got := w.why("max", "back_in_stock"); !strings.Contains(got, "Not sent") {
		t.Errorf("the event of today is missing: %q", got)
	}
}
