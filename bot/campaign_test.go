package bot_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/relance-bot/relance/bot"
	"github.com/relance-bot/relance/flows"
	"github.com/relance-bot/relance/storage"
)

// campaign is how far one is; no two of its counts may contradict each other, nor what is
// stored of each person.
func (w *world) campaign(id string) bot.CampaignView {
	w.t.Helper()
	v, err := w.bot.Campaign(context.Background(), id)
	if err != nil {
		w.t.Fatal(err)
	}
	recount := map[string]int{}
	w.read(func(r storage.Reader) error {
		list, err := r.Decisions(storage.DecisionQuery{Trigger: v.Trigger, Limit: 100_000})
		for _, d := range list {
			if strings.HasSuffix(id, "@"+d.Occurrence) {
				if recount[d.Kind]++; strings.Contains(string(d.Values), `"cancelled"`) {
					recount["cancelled"]++
				}
			}
		}
		return err
	})
	skipped := recount["skipped"] - recount["cancelled"]
	for kind, n := range map[string]int{"sent": v.Sent, "held": v.Held, "failed": v.Failed, "unknown": v.Unknown} {
		if n != recount[kind] {
			w.t.Errorf("%s: counts %d %s, decisions say %d", id, n, kind, recount[kind])
		}
	}
	if v.Skipped != skipped || v.Cancelled < recount["cancelled"] {
		w.t.Errorf("%s: counts %d skipped and %d cancelled, decisions say %d and %d", id, v.Skipped, v.Cancelled, skipped, recount["cancelled"])
	}
	return v
}

// twice is how many people the platform shows more than one message.
func (w *world) twice() (n int) {
	seen := map[string]int{}
	for _, made := range w.home.all() {
		if seen[made.Person]++; made.shown && seen[made.Person] == 2 {
			n++
		}
	}
	return n
}

func by(why string) bot.Order { return bot.Order{By: "Maud", Why: why} }

// steer does one of pause, resume and cancel.
func (w *world) steer(verb, id string) (before, after bot.CampaignView, err error) {
	ctx := context.Background()
	switch verb {
	case "pause":
		return w.bot.PauseCampaign(ctx, id, by("a wrong price"))
	case "resume":
		return w.bot.ResumeCampaign(ctx, id, by("mended"))
	}
	return w.bot.CancelCampaign(ctx, id, by("sold out"))
}

func (w *world) steers(verb, id string) (before, after bot.CampaignView) {
	w.t.Helper()
	before, after, err := w.steer(verb, id)
	if err != nil {
		w.t.Fatal(err)
	}
	return before, after
}

// summary is the counts that are not 0.
func summary(v bot.CampaignView) string {
	var out []string
	for _, c := range []struct {
		name string
		n    int
	}{
		{"to come", v.ToCome}, {"queued", v.Queued}, {"sent", v.Sent}, {"unknown", v.Unknown}, {"held", v.Held}, {"skipped", v.Skipped}, {"failed", v.Failed},
		{"cancelled", v.Cancelled}, {"missed", v.Missed}, {"gone", v.Gone},
	} {
		if c.n != 0 {
			out = append(out, fmt.Sprintf("%d %s", c.n, c.name))
		}
	}
	return fmt.Sprintf("%s: %d people: %s", v.State, v.People, strings.Join(out, ", "))
}

func TestACampaignCountsEverybodyOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t, rated("20/s"))
	w.crowd(100, "restock")
	w.write(func(tx storage.Tx) error { // ten snooze
		for i := range 10 {
			list, err := tx.Consents(w.id(person(i)))
			if err != nil {
				return err
			}
			list[0].Status, list[0].SnoozedUntil = bot.StatusSnoozed, w.clock.Now().Add(day)
			if err := tx.PutConsent(list[0]); err != nil {
				return err
			}
		}
		return nil
	})
	const id = "back_in_stock@1"
	w.sells(back("1"))
	w.passes(2 * time.Second)
	before, after := w.steers("pause", id)
	if before.State != bot.CampaignRunning || summary(after) != strings.Replace(summary(before), "running", "paused", 1) || before.People != 100 {
		t.Errorf("from %s to %s", summary(before), summary(after))
	}
	if before.Left <= 0 || before.Rate != 20 || after.By != "Maud" || after.Why != "a wrong price" {
		t.Errorf("%v seconds left at %v/s, by %q: %q", before.Left, before.Rate, after.By, after.Why)
	}
	w.passes(day) // those who snooze are decided again, and held for the pause
	if got := w.campaign(id); got.Rules["held:paused"] != 10 || got.Sent != after.Sent {
		t.Errorf("a day later: %s, %v", summary(got), got.Rules)
	}
	if text := w.why(person(3), ""); !strings.Contains(text, "Held: the campaign is paused.") {
		t.Errorf("why: %s", text)
	}
	w.crash()
	w.steers("resume", id)
	w.passes(2 * time.Second)
	if got := w.campaign(id); got.Held != 0 || got.State != bot.CampaignRunning {
		t.Errorf("resumed: %s", summary(got))
	}
	_, cut := w.steers("cancel", id)
	w.passes(time.Minute)
	got := w.campaign(id)
	if cut.Sent != got.Sent || got.People != 100 || got.Sent+got.Cancelled != 100 || got.Cancelled == 0 || got.Counted {
		t.Errorf("%s, and as it was cancelled %s", summary(got), summary(cut))
	}
	if n := len(w.home.all()); n != got.Sent || w.twice() > 0 {
		t.Errorf("%d messages for %d people, %d twice", n, got.Sent, w.twice())
	}
	if text := w.why(person(99), ""); !strings.Contains(text, "Not sent: the campaign was cancelled.") {
		t.Errorf("why: %s", text)
	}
	list, err := w.bot.Campaigns(context.Background(), "", 0)
	if diff := cmp.Diff([]bot.CampaignView{got}, list); diff != "" || err != nil {
		t.Errorf("%v, list (-want +got):\n%s", err, diff)
	}
	if byFlow, err := w.bot.Campaign(context.Background(), "back_in_stock"); err != nil || byFlow.ID != id {
		t.Errorf("by its flow: %v, %v", byFlow.ID, err)
	}
	if _, _, err := w.steer("pause", "back_in_stock@2"); !errors.Is(err, bot.ErrNoCampaign) {
		t.Errorf("pausing nothing: %v", err)
	}
	if _, _, err := w.bot.PauseCampaign(context.Background(), id, by("one\ntwo")); !errors.Is(err, bot.ErrOrder) {
		t.Errorf("a reason of two lines: %v", err)
	}
}

// A campaign is paused, resumed and cancelled, and the process dies at every write of
// that, and of what follows.
func TestACampaignSteeredAcrossCrashesCountsEverybodyOnce(t *testing.T) {
	t.Parallel()
	const people, id = 60, "back_in_stock@1"
	for _, after := range []bool{false, true} {
		for dies := 1; ; dies++ {
			w := newWorld(t, rated("10/s"))
			var life *mortal
			w.wrap = func(s storage.Store) storage.Store { life = &mortal{Store: s}; return life }
			w.crash()
			w.crowd(people, "restock")
			w.sells(back("1"))
			w.passes(time.Second)
			life.killSoon(dies, after)
			killed := false
			again := func(do func() error) {
				t.Helper()
				err := do()
				if err == nil {
					return
				}
				if dead, _ := life.killed(); !dead || killed {
					t.Fatalf("write %d: %v", dies, err)
				}
				killed = true
				w.crash()
				if err := do(); err != nil {
					t.Fatalf("write %d, again: %v", dies, err)
				}
			}
			settle := func() error { return w.bot.Settle(context.Background()) }
			for _, verb := range []string{"pause", "resume", "cancel"} {
				again(func() error { _, _, err := w.steer(verb, id); return err })
				again(settle)
				w.jump(500 * time.Millisecond)
				again(settle)
			}
			w.passes(time.Minute)
			got := w.campaign(id)
			if got.People != people || got.Sent+got.Unknown+got.Cancelled != people || w.twice() > 0 || got.Counted {
				t.Fatalf("dead at write %d (after: %v): %s, %d twice", dies, after, summary(got), w.twice())
			}
			if !killed {
				if dies < 8 {
					t.Errorf("only %d writes", dies)
				}
				break
			}
		}
	}
}

// Processes share the pace of a campaign by way of the store, and there is one after the other.
func TestNothingIsLeftOfThePaceOfACampaignThatIsOver(t *testing.T) {
	t.Parallel()
	w, _ := newShared(t, rated("20/s"))
	w.crowd(20, "restock")
	for _, id := range []string{"1", "2"} {
		if _, _, err := w.bot.Events(context.Background(), []bot.ShopEvent{back(id)}); err != nil {
			t.Fatal(err)
		}
		if _, _, err := w.bot.ThrottleCampaign(context.Background(), "back_in_stock@"+id, 10, by("")); err != nil {
			t.Fatal(err)
		}
		w.passes(2 * day)
	}
	trigger := w.campaign("back_in_stock@2").Trigger
	w.read(func(r storage.Reader) error {
		paces := map[string]time.Time{}
		raw, err := r.Meta("pace:campaigns")
		if err != nil || json.Unmarshal(raw, &paces) != nil || len(paces) != 1 || paces[trigger+" 2"].IsZero() {
			t.Errorf("%s, %v: want the pace of the second alone", raw, err)
		}
		if raw, err := r.Meta("pace:campaign " + trigger + " 1"); !errors.Is(err, storage.ErrNotFound) {
			t.Errorf("the first has left %s, %v", raw, err)
		}
		return nil
	})
}

func TestACampaignGoesAtItsOwnPaceAndHoldsUpNoOther(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	w := newWorld(t, rated("20/s"))
	w.crowd(100, "restock")
	w.sells(back("1"))
	_, v, err := w.bot.ThrottleCampaign(ctx, "back_in_stock@1", 2, by("gently"))
	if err != nil || v.Rate != 2 || v.By != "Maud" || v.Why != "gently" {
		t.Fatalf("%v, %v/s, by %q: %q", err, v.Rate, v.By, v.Why)
	}
	if log := w.log.String(); !strings.Contains(log, "a campaign was given another rate") || !strings.Contains(log, "to=2 by=Maud") || strings.Contains(log, "gently") {
		t.Errorf("the log does not tell who throttled it:\n%s", log)
	}
	begun := len(w.home.all())
	w.passes(10 * time.Second)
	if n := len(w.home.all()) - begun; n < 19 || n > 22 {
		t.Errorf("%d messages in 10 s at 2/s", n)
	}
	w.crash()
	begun = len(w.home.all())
	w.passes(10 * time.Second)
	if n := len(w.home.all()) - begun; n < 19 || n > 22 {
		t.Errorf("%d messages in 10 s at 2/s after a crash", n)
	}
	w.until(paris(t, "2026-03-30 09:00")) // it ended meanwhile
	if _, _, err := w.bot.ThrottleCampaign(ctx, "back_in_stock@1", 0, by("")); !errors.Is(err, bot.ErrOver) {
		t.Errorf("throttling what is over: %v", err)
	}
	umlauts := bot.Order{By: strings.Repeat("ü", 200), Why: strings.Repeat("é", 200)} // in characters
	if _, _, err := w.bot.ThrottleCampaign(ctx, "back_in_stock@1", 0, umlauts); !errors.Is(err, bot.ErrOver) {
		t.Errorf("two hundred characters are refused: %v", err)
	}
	umlauts.Why += "é"
	if _, _, err := w.bot.ThrottleCampaign(ctx, "back_in_stock@1", 0, umlauts); !errors.Is(err, bot.ErrOrder) {
		t.Errorf("201 characters: %v", err)
	}
	for _, rate := range []float64{-1, 5000, 0.00001} {
		if _, _, err := w.bot.ThrottleCampaign(ctx, "back_in_stock@1", rate, by("")); !errors.Is(err, bot.ErrOrder) {
			t.Errorf("%v/s: %v", rate, err)
		}
	}
}

func TestASlowCampaignLetsALaterOneByIt(t *testing.T) {
	t.Parallel()
	w := newWorld(t, rated("20/s"))
	w.crowd(60, "restock")
	w.until(paris(t, "2026-03-30 08:59"))
	w.crowdOf("nouveautes", 60)
	w.sells(back("1"))
	if _, _, err := w.bot.ThrottleCampaign(context.Background(), "back_in_stock", 0.1, by("")); err != nil {
		t.Fatal(err)
	}
	w.until(paris(t, "2026-03-30 09:01"))
	first, second := w.campaign("back_in_stock@1"), w.campaign("monday@2026-03-30T09:00")
	if first.Sent > 40 || first.State != bot.CampaignRunning || second.Sent == 0 || second.State != bot.CampaignDone {
		t.Errorf("the slow one: %s; the other: %s", summary(first), summary(second))
	}
}

// crowdOf lets people of their own subscribe.
func (w *world) crowdOf(topic string, n int) {
	w.t.Helper()
	for i := range n {
		w.subscribes(fmt.Sprintf("reader%d", i), topic, "weekly")
	}
}

func TestACampaignIsOneInAllZones(t *testing.T) {
	t.Parallel()
	w := newWorld(t, flagship)
	zones := []string{"Pacific/Auckland", "Europe/Paris", "America/New_York"}
	for i, zone := range zones {
		for n := range 3 {
			who := fmt.Sprintf("p%d%d", i, n)
			w.subscribes(who, "nouveautes", "weekly")
			w.lives(who, zone)
			w.meets(who, flows.Contact{Fields: map[string]any{"size": 42}})
		}
	}
	const id = "monday@2026-03-30T09:00"
	w.until(local(t, "2026-03-30 09:30", zones[0]))
	before, paused := w.steers("pause", id)
	if before.Sent != 3 || before.ToCome != 6 || before.State != bot.CampaignRunning {
		t.Errorf("after Auckland: %s", summary(before))
	}
	w.until(local(t, "2026-03-30 09:30", zones[1])) // Paris comes to a campaign that is paused
	if got := w.campaign(id); got.Sent != 3 || got.ToCome != 6 || summary(got) != summary(paused) {
		t.Errorf("after Paris: %s", summary(got))
	}
	w.steers("resume", id)
	w.settle()
	if got := w.campaign(id); got.Sent != 6 || got.ToCome != 3 || got.State != bot.CampaignRunning {
		t.Errorf("resumed: %s", summary(got))
	}
	w.steers("cancel", id)
	w.until(local(t, "2026-03-30 12:00", zones[2]))
	if got := w.campaign(id); got.Sent != 6 || got.Cancelled != 3 || got.People != 9 || len(w.home.all()) != 6 {
		t.Errorf("after New York: %s, %d messages", summary(got), len(w.home.all()))
	}
}

// Whoever waits in the outbox when a campaign is paused is not claimed.
func TestAPauseReachesWhatWaitsInTheOutbox(t *testing.T) {
	t.Parallel()
	w := newWorld(t, rated("100/s"))
	w.crowd(20, "restock")
	w.home.answers(always, saying("Gazelle"), bot.Outcome{Status: bot.Refused, Class: bot.ClassTransient, Code: "2"}, false)
	w.sells(back("1"))
	w.settle()
	_, v := w.steers("pause", "back_in_stock@1")
	if v.Sent == 0 {
		t.Fatal("nothing is in the outbox")
	}
	tries := len(w.home.all())
	w.home.heals()
	w.passes(time.Hour)
	got := w.campaign("back_in_stock@1")
	if n := len(w.home.all()); n != tries || got.Sent != 0 || got.Held+got.ToCome != 20 {
		t.Errorf("%d more tries; %s", n-tries, summary(got))
	}
	w.steers("resume", "back_in_stock@1")
	w.passes(time.Minute)
	if got := w.campaign("back_in_stock@1"); got.Sent != 20 || got.State != bot.CampaignDone {
		t.Errorf("resumed: %s", summary(got))
	}
}
