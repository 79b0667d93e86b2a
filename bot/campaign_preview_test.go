package bot_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/relance-bot/relance/bot"
	"github.com/relance-bot/relance/storage"
)

var gazelle = map[string]any{"model": "Gazelle", "size": 42, "url": "https://foulee.example/g42"}

// stored is what a preview might change.
func (w *world) stored() (out []any) {
	w.read(func(r storage.Reader) error {
		contacts, err1 := r.Contacts("", 1000)
		decisions, err2 := r.Decisions(storage.DecisionQuery{Limit: 1000})
		campaigns, err3 := r.RecentCampaigns(10)
		occurrences, err4 := r.RecentOccurrences(10)
		unsealed, err5 := r.Unsealed(10)
		out = []any{contacts, decisions, campaigns, occurrences, unsealed}
		return errors.Join(err1, err2, err3, err4, err5)
	})
	return out
}

// previews asks for a whole preview, and wants nothing to change by it.
func (w *world) previews(q bot.PreviewQuery) bot.Preview {
	w.t.Helper()
	before := w.stored()
	var out bot.Preview
	for first := true; first || out.Next != ""; first = false {
		q.After = out.Next
		part, err := w.bot.PreviewCampaign(context.Background(), q)
		if err != nil {
			w.t.Fatal(err)
		}
		if first {
			out = part
		} else {
			out.Add(part)
		}
	}
	if diff := cmp.Diff(before, w.stored()); diff != "" {
		w.t.Errorf("a preview changed the store:\n%s", diff)
	}
	return out
}

func foreseen(p bot.Preview) string {
	out := []string{fmt.Sprintf("%d of %d by %v", p.Gets, p.People, p.Lanes)}
	for _, name := range p.Answers() {
		out = append(out, fmt.Sprintf("%d %s", p.Rules[name], name))
	}
	return strings.Join(append(out, fmt.Sprintf("%d missed, %d decided", p.Missed, p.Decided)), "; ")
}

func TestAPreviewForetellsACampaign(t *testing.T) {
	t.Parallel()
	files := with(rated("20/s"), "locales/en.yaml", "\"La {{ event.model }} en {{ event.size }} est de retour !\": \"The {{ event.model }} in {{ event.size }} is back!\"\n")
	w := newWorld(t, files)
	w.crowd(450, "restock")
	w.write(func(tx storage.Tx) error {
		for i := range 60 {
			list, err := tx.Consents(w.id(person(i)))
			if err != nil {
				return err
			}
			switch c := &list[0]; i / 20 {
			case 0: // had one this week
				c.LastSent = w.clock.Now().Add(-time.Hour)
			case 1:
				c.Status, c.SnoozedUntil = bot.StatusSnoozed, w.clock.Now().Add(day)
			case 2: // no permit is left
				if err := tx.DeletePermit(c.Contact, "recurring", "restock"); err != nil {
					return err
				}
			}
			if err := tx.PutConsent(list[0]); err != nil {
				return err
			}
		}
		return nil
	})
	p := w.previews(bot.PreviewQuery{Flow: "back_in_stock", Event: gazelle})
	if want := "390 of 450 by map[recurring:390]; 20 held:cadence; 20 held:consent; 20 held:lane; 0 missed, 0 decided"; foreseen(p) != want {
		t.Errorf("%s\nwant %s", foreseen(p), want)
	}
	if p.Seconds != 19.5 || p.Rate != 20 || len(p.Examples["sent"]) != 3 || len(p.Examples["held:lane"]) != 3 {
		t.Errorf("%v s at %v/s, such as %v", p.Seconds, p.Rate, p.Examples)
	}
	var samples []string
	for _, s := range p.Samples {
		samples = append(samples, s.Language+": "+s.Message.Text)
	}
	if diff := cmp.Diff([]string{"fr: La Gazelle en 42 est de retour !", "en: The Gazelle in 42 is back!"}, samples); diff != "" {
		t.Errorf("samples (-want +got):\n%s", diff)
	}
	// What it says comes true.
	w.sells(back("1"))
	w.settle()
	w.passes(3 * time.Second)
	w.steers("pause", "back_in_stock@1")
	v := w.campaign("back_in_stock@1")
	half := w.previews(bot.PreviewQuery{Campaign: "back_in_stock@1"})
	if half.Gets != v.ToCome || half.Decided+half.Gets != 450 || half.Campaign != "back_in_stock@1" {
		t.Errorf("paused: %s; %s", foreseen(half), summary(v))
	}
	w.steers("resume", "back_in_stock@1")
	w.passes(time.Minute)
	if v := w.campaign("back_in_stock@1"); v.Sent != p.Gets || fmt.Sprint(v.Rules) != fmt.Sprint(p.Rules) {
		t.Errorf("became %s %v, foretold %s", summary(v), v.Rules, foreseen(p))
	}
	for _, c := range []struct {
		q    bot.PreviewQuery
		want error
	}{
		{bot.PreviewQuery{Flow: "nothing"}, bot.ErrOrder}, {bot.PreviewQuery{Flow: "restock"}, bot.ErrOrder}, {bot.PreviewQuery{Flow: "back_in_stock"}, bot.ErrOrder},
		{bot.PreviewQuery{Flow: "back_in_stock", Event: map[string]any{"size": "wide"}}, bot.ErrOrder}, {bot.PreviewQuery{Campaign: "back_in_stock@2"}, bot.ErrNoCampaign},
	} {
		if _, err := w.bot.PreviewCampaign(context.Background(), c.q); !errors.Is(err, c.want) {
			t.Errorf("%+v: %v, want %v", c.q, err, c.want)
		}
	}
}

func TestAPreviewOfAScheduleIsOfItsNextFire(t *testing.T) {
	t.Parallel()
	w := newWorld(t, with(flagship, "bot.yaml", flagship["bot.yaml"]+"quiet_hours: 21:00-08:00\n"))
	for i, zone := range []string{"Pacific/Auckland", "Europe/Paris", "America/New_York"} {
		who := fmt.Sprint("p", i)
		w.subscribes(who, "nouveautes", "weekly")
		w.lives(who, zone)
	}
	p := w.previews(bot.PreviewQuery{Flow: "monday"})
	if want := "3 of 3 by map[recurring:3]; 0 missed, 0 decided"; foreseen(p) != want || !p.At.Equal(paris(t, "2026-03-30 09:00")) {
		t.Errorf("%s at %s, want %s", foreseen(p), p.At, want)
	}
}

func TestATrialIsSentOnceAndCountsForNothing(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	w := newWorld(t, flagship)
	try := func(person string) bot.Trial {
		t.Helper()
		out, err := w.bot.TryCampaign(ctx, bot.TrialQuery{Flow: "back_in_stock", Event: gazelle, Contact: w.id(person)})
		if err != nil {
			t.Fatal(err)
		}
		w.settle()
		return out
	}
	// Without consent the window carries it, and only that.
	w.does(w.writes("tom", "bonjour"))
	w.ignore("tom")
	if out := try("tom"); !out.Sent || out.Lane != bot.LaneWindow || out.Message == nil {
		t.Errorf("within the window: %+v", out)
	}
	w.expect("tom", "La Gazelle en 42 est de retour !  [Stop]")
	w.passes(25 * time.Hour)
	if out := try("tom"); out.Sent || !strings.Contains(out.Why, "more than 24 hours ago, and they never said yes") {
		t.Errorf("when the window is closed: %+v", out)
	}
	// With consent and a permit a lane carries it, and the campaign that follows does
	// not know of it but for the platform's own rest.
	w.subscribes("zoe", "restock", "weekly")
	w.passes(25 * time.Hour)
	if out := try("zoe"); !out.Sent || out.Lane != "recurring" {
		t.Errorf("by consent: %+v", out)
	}
	w.expect("zoe", "La Gazelle en 42 est de retour !  [Stop]")
	if sent := w.consent("zoe", "restock").LastSent; !sent.IsZero() {
		t.Errorf("her cadence counts it: %s", sent)
	}
	w.decided("zoe")
	if got := w.export("zoe"); len(got.Decisions) != 0 {
		t.Errorf("figures: %v", got.Decisions)
	}
	w.does(w.taps("zoe", "Stop"))
	w.stands("zoe", "restock", bot.StatusStopped)
	w.ignore("zoe")
	w.passes(25 * time.Hour)
	if out := try("zoe"); out.Sent || !strings.Contains(out.Why, "they stopped") {
		t.Errorf("after a stop: %+v", out)
	}
	w.expect("zoe")
	if list, err := w.bot.Campaigns(ctx, "back_in_stock", 0); err != nil || len(list) != 0 {
		t.Errorf("campaigns: %v, %v", list, err)
	}
	if _, err := w.bot.TryCampaign(ctx, bot.TrialQuery{Flow: "back_in_stock", Event: gazelle, Contact: w.id("nobody")}); !errors.Is(err, bot.ErrUnknownContact) {
		t.Errorf("a trial for nobody: %v", err)
	}
}
