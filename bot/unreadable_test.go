package bot_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/relance-bot/relance/storage"
)

// spoils makes a person one whom nobody can decide about.
func (w *world) spoils(person string) {
	w.t.Helper()
	w.write(func(tx storage.Tx) error {
		c, err := tx.Contact(w.id(person))
		c.Fields = []byte("{")
		return errors.Join(err, tx.PutContact(c))
	})
}

func TestAHeldNotificationThatCannotBeDecidedIsNotHeldForEver(t *testing.T) {
	t.Parallel()
	w := newWorld(t, with(flagship, "bot.yaml", flagship["bot.yaml"]+"quiet_hours: 21:00-08:00\n"))
	w.crowd(3, "restock")
	w.until(paris(t, "2026-03-27 23:00"))
	w.sells(back("1"))
	if got := w.campaign("back_in_stock@1"); got.Held != 3 {
		t.Fatal(summary(got))
	}
	w.spoils(person(1))
	w.until(paris(t, "2026-03-28 09:00"))
	if diff := cmp.Diff("done: 3 people: 2 sent, 1 failed", summary(w.campaign("back_in_stock@1"))); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	w.read(func(r storage.Reader) error {
		d, err := r.Decision(w.id(person(1)), w.trigger("back_in_stock"), "1")
		if d.Kind != "failed" || d.Rule != "fault" {
			t.Errorf("it is %s, by the rule %q", d.Kind, d.Rule)
		}
		return err
	})
	w.passes(30 * time.Hour)
}

func TestWhoCannotBeReadDoesNotStopTheSweepOfACampaign(t *testing.T) {
	t.Parallel()
	w := newWorld(t, rated("20/s"))
	w.crowd(100, "restock")
	w.sells(back("1"))
	w.passes(time.Second)
	w.spoils(person(97))
	w.steers("cancel", "back_in_stock@1")
	w.passes(time.Minute)
	got, err := w.bot.Campaign(context.Background(), "back_in_stock@1")
	if err != nil {
		t.Fatal(err)
	}
	if got.People != 100 || got.Sent+got.Cancelled != 99 || got.Failed != 1 || got.Counted {
		t.Errorf("%s, still counting: %v", summary(got), got.Counted)
	}
	w.does(w.writes("zoe", "bonjour"))
	w.expect("zoe", "Bonjour !")
}
