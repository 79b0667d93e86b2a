package bot_test

import (
	"context"
	"encoding/json"
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/relance-bot/relance/bot"
	"github.com/relance-bot/relance/storage"
)

// occurrence is what is stored of an event's fan-out.
func (w *world) occurrence(id string) (o storage.Occurrence) {
	w.t.Helper()
	w.read(func(r storage.Reader) (err error) {
		o, err = r.Occurrence(w.trigger("back_in_stock"), id)
		return err
	})
	return o
}

func TestAPausedCampaignStandsWhereItIs(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	w := newWorld(t, rated("20/s"))
	w.crowd(100, "restock")
	w.sells(back("1"))
	w.passes(2 * time.Second)
	id := w.occurrence("1")
	if err := pauses(w.bot.PauseCampaign(ctx, campaignID(id), bot.Order{By: "test"})); err != nil {
		t.Fatal(err)
	}
	w.settle()
	sent := len(w.home.all())
	w.passes(time.Hour)
	if n := len(w.home.all()); n != sent || sent == 0 || sent == 100 {
		t.Fatalf("%d messages in the pause, %d before it", n-sent, sent)
	}
	w.crash()
	w.passes(time.Minute)
	if n := len(w.home.all()); n != sent {
		t.Fatalf("a crash ended the pause: %d messages more", n-sent)
	}
	w.does(w.writes("zoe", "bonjour"))
	w.expect("zoe", "Bonjour !")
	if err := pauses(w.bot.ResumeCampaign(ctx, campaignID(id), bot.Order{By: "test"})); err != nil {
		t.Fatal(err)
	}
	w.passes(20 * time.Second)
	if n := len(w.home.all()); n != 101 {
		t.Errorf("%d messages, want one for each of 100 and a reply", n)
	}
	if o := w.occurrence("1"); o.State != "done" || counts(t, o)["sent"] != 100 {
		t.Errorf("it is %s, with %s", o.State, o.Counts)
	}
	if err := pauses(w.bot.PauseCampaign(ctx, campaignID(id), bot.Order{By: "test"})); !errors.Is(err, bot.ErrOver) {
		t.Errorf("pausing what is done: %v, want ErrOver", err)
	}
}

func TestACancelledCampaignIsOver(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	w := newWorld(t, rated("20/s"))
	w.crowd(100, "restock")
	w.sells(back("1"))
	w.passes(time.Second)
	sent := len(w.home.all())
	o := w.occurrence("1")
	for range 2 {
		if err := pauses(w.bot.CancelCampaign(ctx, campaignID(o), bot.Order{By: "test"})); err != nil {
			t.Fatal(err)
		}
	}
	w.passes(time.Minute)
	if n := len(w.home.all()); n != sent {
		t.Errorf("%d messages after the end", n-sent)
	}
	if err := pauses(w.bot.ResumeCampaign(ctx, campaignID(o), bot.Order{By: "test"})); !errors.Is(err, bot.ErrOver) {
		t.Errorf("resuming it: %v, want ErrOver", err)
	}
	if err := pauses(w.bot.CancelCampaign(ctx, o.Flow+"@another", bot.Order{By: "test"})); !errors.Is(err, bot.ErrNoCampaign) {
		t.Errorf("cancelling nothing: %v, want ErrNoCampaign", err)
	}
}

func counts(t *testing.T, o storage.Occurrence) map[string]int {
	t.Helper()
	var out map[string]int
	if err := json.Unmarshal(o.Counts, &out); err != nil {
		t.Fatal(err)
	}
	return out
}

func TestTheCountsOfAnOccurrenceAreThoseOfAllItsChunks(t *testing.T) {
	t.Parallel()
	w := newWorld(t, rated("9999/s"))
	w.crowd(700, "restock")
	w.write(func(tx storage.Tx) error { // every seventh likes another shoe
		for i := 0; i < 700; i += 7 {
			list, err := tx.Consents(w.id(person(i)))
			if err != nil {
				return err
			}
			list[0].Interests, list[0].Terms = []byte(`[{"model":"Campus","size":42}]`), [][]string{{"model=Campus", "size=42"}}
			if err := tx.PutConsent(list[0]); err != nil {
				return err
			}
		}
		return nil
	})
	w.sells(back("1"))
	w.passes(time.Minute)
	o := w.occurrence("1")
	if diff := cmp.Diff(map[string]int{"sent": 600}, counts(t, o)); diff != "" || o.State != "done" {
		t.Errorf("%s, counts (-want +got):\n%s", o.State, diff)
	}
}

func pauses(_, _ bot.CampaignView, err error) error { return err }

func campaignID(o storage.Occurrence) string { return o.Flow + "@" + o.Campaign }
