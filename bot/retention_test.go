package bot_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/relance-bot/relance/bot"
	"github.com/relance-bot/relance/storage"
)

const month = 31 * day

// remembering is the flagship with a data_retention.
func remembering() map[string]string {
	return with(flagship, "bot.yaml", flagship["bot.yaml"]+"data_retention: 13mo\n")
}

func (w *world) retains() {
	w.t.Helper()
	if err := w.bot.Retain(context.Background()); err != nil {
		w.t.Fatal(err)
	}
}

func TestWhoWasSilentForTooLongIsErased(t *testing.T) {
	t.Parallel()
	w := newWorld(t, remembering())
	w.does(w.writes("adam", "bonjour"))
	w.subscribes("zoe", "restock", "daily")
	w.subscribes("paul", "restock", "daily")
	w.does(w.writes("paul", "stop"))
	w.sells(back("1"))
	w.jump(12 * month)
	w.does(w.writes("eve", "bonjour"))
	w.retains()
	if _, err := w.bot.Contact(context.Background(), w.id("adam")); err != nil {
		t.Errorf("after 12 months: %v", err)
	}
	w.jump(2 * month)
	w.retains()
	w.gone("adam")
	w.gone("paul")
	w.stands("zoe", "restock", "active")
	w.read(func(r storage.Reader) error {
		_, err := r.Contact(w.id("eve"))
		decisions, err2 := r.Decisions(storage.DecisionQuery{})
		for _, d := range decisions {
			if d.Kind != bot.DecisionHeld {
				t.Errorf("a decision of %v is left", d.At)
			}
		}
		zoe, err3 := r.Entries(w.id("zoe"))
		if len(zoe) == 0 {
			t.Error("the proof of an active consent is gone")
		}
		return errors.Join(err, err2, err3)
	})
	w.settle()
	chains, err := w.bot.VerifyLedger(context.Background(), nil)
	if err != nil || len(chains) != 1 || len(chains[0].Findings) > 0 {
		t.Errorf("ledger %v (%v), want one whole chain", chains, err)
	}
}

func TestRetentionGoesOnWhereItEnded(t *testing.T) {
	t.Parallel()
	w := newWorld(t, remembering())
	for _, person := range []string{"adam", "bea", "cleo", "dora"} {
		w.does(w.writes(person, "bonjour"))
	}
	w.jump(14 * month)
	left := func(beat time.Duration) {
		w.write(func(tx storage.Tx) error {
			now, err := w.clock.Now().Add(-beat).MarshalText()
			return errors.Join(err, tx.SetMeta("retention", []byte(`{"begun":"`+string(now)+`","beat":"`+string(now)+`","after":"`+w.id("bea")+`"}`)))
		})
	}
	left(time.Minute) // another process has it in hand
	w.retains()
	for _, person := range []string{"adam", "bea", "cleo", "dora"} {
		if _, err := w.bot.Contact(context.Background(), w.id(person)); err != nil {
			t.Errorf("%s: %v", person, err)
		}
	}
	left(time.Hour) // it is gone
	w.retains()
	w.gone("cleo")
	w.gone("dora")
	if _, err := w.bot.Contact(context.Background(), w.id("adam")); err != nil {
		t.Errorf("adam was looked at twice: %v", err)
	}
	w.retains() // not due yet
	w.jump(2 * day)
	w.retains()
	w.gone("adam")
	w.gone("bea")
}

func TestRetentionSpans(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC)
	for span, want := range map[string]string{"30d": "2026-10-23", "8w": "2026-09-27", "13mo": "2025-10-22", "2y": "2024-11-22", "": ""} {
		got, ok := bot.RetentionBefore(span, now)
		if ok != (want != "") || ok && got.Format(time.DateOnly) != want {
			t.Errorf("%q: %v, %v, want %s", span, got, ok, want)
		}
	}
}

func TestRetentionErasesNothingEarlyAtTheEndOfAMonth(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ span, now, want string }{
		{"1mo", "2026-03-31", "2026-02-28"},
		{"13mo", "2027-03-30", "2026-02-28"},
		{"1mo", "2026-05-31", "2026-04-30"},
		{"6mo", "2026-02-28", "2025-08-28"},
		{"12mo", "2026-03-31", "2025-03-31"},
		{"1y", "2028-02-29", "2027-02-28"},
		{"4y", "2028-02-29", "2024-02-29"},
	} {
		before, ok := bot.RetentionBefore(test.span, local(t, test.now+" 10:30", "UTC"))
		if got := before.Format("2006-01-02 15:04"); !ok || got != test.want+" 10:30" {
			t.Errorf("%s on %s keeps what is since %s, want %s 10:30", test.span, test.now, got, test.want)
		}
	}
}

func TestStraysOfAPersonGoWithThem(t *testing.T) {
	t.Parallel()
	w := newWorld(t, flagship)
	w.does(w.writes("zoe", "bonjour"))
	for _, person := range []string{"zoe", "ghost"} {
		e := w.event(bot.EventUnknown, person)
		e.Reason, e.Body = "message_edit", []byte(`{"text":"Sesamöffnedich"}`)
		w.does(e)
	}
	strays := func() (n int) {
		w.read(func(r storage.Reader) error {
			list, err := r.Strays(0, 0)
			n = len(list)
			return err
		})
		return n
	}
	if n := strays(); n != 2 {
		t.Fatalf("%d strays, want 2", n)
	}
	w.forgets("zoe")
	if err := w.bot.Forget(context.Background(), w.id("ghost")); !errors.Is(err, bot.ErrUnknownContact) {
		t.Errorf("forgetting somebody who never spoke: %v", err)
	}
	if n := strays(); n != 0 {
		t.Errorf("%d strays are left", n)
	}
}
