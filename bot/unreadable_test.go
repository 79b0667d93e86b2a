package bot_test

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/relance-bot/relance/storage"
	"github.com/relance-bot/relance/storage/sealed"
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

func TestAnAlteredValueHoldsUpNobodyElse(t *testing.T) {
	t.Parallel()
	w := newWorld(t, with(flagship, "bot.yaml", flagship["bot.yaml"]+"quiet_hours: 21:00-08:00\n"))
	w.down()
	secret, err := sealed.NewKey(make([]byte, 32))
	if err != nil {
		t.Fatal(err)
	}
	w.wrap = func(s storage.Store) storage.Store {
		s, err := sealed.Open(context.Background(), s, []sealed.Key{secret})
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	w.open()
	w.crowd(3, "restock")
	w.until(paris(t, "2026-03-27 23:00"))
	w.sells(back("1"))
	w.write(func(tx storage.Tx) error { // by another hand
		d, err := tx.Decision(w.id(person(1)), w.trigger("back_in_stock"), "1")
		strange := slices.Clone(d.Event)
		strange[len(strange)-1] ^= 1
		d.Event = strange
		_, err2 := tx.Enqueue(storage.Input{Contact: w.id(person(0)), Kind: "event", Body: strange, At: w.clock.Now()})
		return errors.Join(err, err2, tx.PutDecision(d),
			tx.PutTimer(storage.Timer{Contact: w.id(person(2)), Kind: "slot", Key: "strange", At: w.clock.Now(), Body: strange}),
			tx.PutSend(storage.Send{ID: "strange", Contact: w.id(person(2)), Page: "messenger:1", State: storage.SendPending, Body: strange}))
	})
	w.until(paris(t, "2026-03-28 09:00"))
	got, err := w.bot.Campaign(context.Background(), "back_in_stock@1")
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff("done: 3 people: 2 sent, 1 failed", summary(got)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"failed event", "failed notify", "failed notify"}, slices.Sorted(slices.Values(w.strays()))); diff != "" {
		t.Errorf("strays (-want +got):\n%s", diff)
	}
}
