package bot_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/relance-bot/relance/bot"
	"github.com/relance-bot/relance/flows"
	"github.com/relance-bot/relance/storage"
)

// agrees puts people with a consent straight into the store.
func (w *world) agrees(topic, zone string, people int) {
	w.t.Helper()
	w.write(func(tx storage.Tx) error {
		for i := range people {
			id := w.id(fmt.Sprintf("%s-%s-%06d", topic, strings.ReplaceAll(zone, "/", "-"), i))
			if err := tx.PutContact(storage.Contact{ID: id, Timezone: zone, CreatedAt: w.clock.Now()}); err != nil {
				return err
			}
			err := tx.PutConsent(storage.Consent{Contact: id, Topic: topic, Status: "active", ActiveSince: w.clock.Now(), ChangedAt: w.clock.Now()})
			if err != nil {
				return err
			}
		}
		return nil
	})
}

// timetable is a bot that sends news by schedules.
func timetable(head, topics string, crons ...string) map[string]string {
	files := map[string]string{"bot.yaml": "name: B\nlocale: en\ntimezone: Europe/Paris\n" + head + "topics:\n" + topics}
	for i, cron := range crons {
		files[fmt.Sprintf("flows/f%d.yaml", i)] = "triggers:\n  - " + strings.ReplaceAll(cron, "; ", "\n    ") + "\nsteps:\n  - say: News\n"
	}
	return files
}

// forecast spells the coming fires: who, from when to when, what of it fails.
func (w *world) forecast(n int, zones ...string) (out []string) {
	w.t.Helper()
	if len(zones) == 0 {
		var err error
		if zones, err = w.bot.Zones(context.Background()); err != nil {
			w.t.Fatal(err)
		}
	}
	fires, err := w.bot.Forecast(context.Background(), zones, w.clock.Now(), n)
	if err != nil {
		w.t.Fatal(err)
	}
	for _, f := range fires {
		line := fmt.Sprintf("%s %s %s", f.Flow, f.Local[5:], f.Zone)
		if l := f.Load; l != nil {
			line += fmt.Sprintf(": %d", l.People)
			if takes := l.Takes(); takes != "" {
				line += " in " + takes
			}
			for _, warning := range l.Warnings {
				line += "; " + warning
			}
		}
		out = append(out, line)
	}
	return out
}

func TestTheForecastOfFires(t *testing.T) {
	t.Parallel()
	const news, both = "  news: {title: News}\n", "  news: {title: News}\n  tips: {title: Tips}\n"
	for _, c := range []struct {
		name  string
		files map[string]string
		where map[string]int // "topic zone": people
		n     int
		want  []string
	}{
		{
			"each zone by itself", timetable("rate: 10/s\n", news, "cron: 0 9 * * MON; topic: news"),
			map[string]int{"news Europe/Paris": 1200, "news ": 600, "news Asia/Tokyo": 50}, 1,
			[]string{"f0 03-30T09:00 Asia/Tokyo: 50 in 5 s", "f0 03-30T09:00 Europe/Paris: 1800 in 3 min"},
		},
		{
			"two at once go one after the other", timetable("rate: 10/s\n", both, "cron: 0 9 * * MON; topic: news", "cron: 0 9 * * MON; topic: tips"),
			map[string]int{"news Europe/Paris": 1200, "tips Europe/Paris": 600}, 1,
			[]string{
				"f0 03-30T09:00 Europe/Paris: 1200 in 2 min",
				"f1 03-30T09:00 Europe/Paris: 600 in 1 min; begins at 09:02, when what fired before it is done",
			},
		},
		{
			"it expires first", timetable("rate: 1/s\n", news, "cron: 0 9 * * MON; topic: news; expires: 10m"),
			map[string]int{"news Europe/Paris": 900}, 1,
			[]string{"f0 03-30T09:00 Europe/Paris: 900 in 15 min; cannot finish: at 1/s it takes until 09:15, and it expires at 09:10: 300 of at most 900 come too late"},
		},
		{
			"into the night", timetable("rate: 30/m\nquiet_hours: 21:00-08:00\n", news, "cron: 50 20 * * MON; topic: news; expires: 24h"),
			map[string]int{"news Europe/Paris": 900}, 1,
			[]string{"f0 03-30T20:50 Europe/Paris: 900 in 30 min; runs into the quiet hours at 21:00: 600 of at most 900 wait until Tue 08:00"},
		},
		{
			"into a night that is too long", timetable("rate: 30/m\nquiet_hours: 21:00-08:00\n", news, "cron: 50 20 * * MON; topic: news; expires: 2h"),
			map[string]int{"news Europe/Paris": 900}, 1,
			[]string{"f0 03-30T20:50 Europe/Paris: 900 in 30 min; runs into the quiet hours at 21:00: 600 of at most 900 never get it, because it expires before they end"},
		},
		{
			"one instant for all zones", timetable("rate: 10/s\nquiet_hours: 21:00-08:00\n", news, "cron: 0 9 * * MON; topic: news; timezone: Europe/Paris; expires: 4h"),
			map[string]int{"news Europe/Paris": 100, "news America/New_York": 30, "news America/Los_Angeles": 20}, 1,
			[]string{"f0 03-30T09:00 Europe/Paris: 150 in 15 s; it is night where 50 of at most 150 live: they get it in their morning, but for 50 people, for whom it expires before"},
		},
		{
			"an hour that is too full", timetable("rate: 30/m\n", both, "cron: 0 9 * * MON; topic: news", "cron: 30 9 * * MON; topic: tips"),
			map[string]int{"news Europe/Paris": 900, "tips Europe/Paris": 1200}, 1,
			[]string{
				"f0 03-30T09:00 Europe/Paris: 900 in 30 min; the hour is too full: what is due in it is for up to 2,100 people, which takes 1 h 10 min at 30/m",
				"f1 03-30T09:30 Europe/Paris: 1200 in 40 min; the hour is too full: what is due in it is for up to 2,100 people, which takes 1 h 10 min at 30/m",
			},
		},
		{
			"whose day it is nobody counts", with(timetable("rate: 1/s\nfields: {born: {type: date}}\n", news, "date: contact.born; yearly: true; topic: news")),
			map[string]int{"news Europe/Paris": 1000}, 1,
			[]string{"f0 03-28T10:00 Europe/Paris: 1000"},
		},
		{
			"nobody agrees", timetable("", news, "cron: 0 9 * * MON; topic: news"), nil, 1, []string{"f0 03-30T09:00 Europe/Paris: 0"},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, c.files)
			for who, n := range c.where {
				topic, zone, _ := strings.Cut(who, " ")
				w.agrees(topic, zone, n)
			}
			if diff := cmp.Diff(c.want, w.forecast(c.n)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// What others than the zones asked for get comes before them all the same.
func TestTheForecastOfOneZoneKnowsTheOthers(t *testing.T) {
	t.Parallel()
	w := newWorld(t, timetable("rate: 30/m\n", "  news: {title: News}\n", "cron: 0 9 * * MON; topic: news"))
	w.agrees("news", "Europe/Athens", 1860) // an hour before, for an hour and two minutes
	w.agrees("news", "Europe/Paris", 30)
	want := []string{"f0 03-30T09:00 Europe/Paris: 30 in 1 min; begins at 09:02, when what fired before it is done"}
	if diff := cmp.Diff(want, w.forecast(1, "Europe/Paris")); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// The forecast walks through so many fires at most; those behind them have none.
func TestTheForecastIsBounded(t *testing.T) {
	t.Parallel()
	w := newWorld(t, timetable("", "  news: {title: News}\n", "cron: '* * * * *'; topic: news", "cron: 0 9 1 1 *; topic: news"))
	w.agrees("news", "Europe/Paris", 3)
	got := w.forecast(2)
	want := []string{
		"f0 03-27T18:01 Europe/Paris: 3 in 1 s", "f0 03-27T18:02 Europe/Paris: 3 in 1 s",
		"f1 01-01T09:00 Europe/Paris", "f1 01-01T09:00 Europe/Paris",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// What the forecast says of a fire that is too large is what happens.
func TestTheForecastComesTrue(t *testing.T) {
	t.Parallel()
	w := newWorld(t, timetable("rate: 1/s\n", "  news: {title: News}\n", "cron: 0 9 * * MON; topic: news; expires: 30s"))
	for i := range 50 {
		w.subscribes(fmt.Sprintf("p%02d", i), "news", "daily")
	}
	fires, err := w.bot.Forecast(context.Background(), []string{"Europe/Paris"}, w.clock.Now(), 1)
	if err != nil {
		t.Fatal(err)
	}
	w.until(paris(t, "2026-03-30 10:00"))
	got := map[string]int{}
	list, err := w.bot.Decisions(context.Background(), "", "f0", 100)
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range list {
		got[d.Kind]++
	}
	l := fires[0].Load
	if off := got[bot.DecisionSkipped] - l.Late; off < -1 || off > 1 || l.People != 50 || got[bot.DecisionSent]+got[bot.DecisionSkipped] != 50 {
		t.Errorf("it said %+v, and it became %v", *l, got)
	}
	var last time.Time
	for _, made := range w.home.all() {
		if made.Message.Kind == flows.Text && made.at.After(last) {
			last = made.at
		}
	}
	if late := last.Sub(l.Begins); late > 31*time.Second {
		t.Errorf("the last went %s after it began", late)
	}
}

func TestGrouped(t *testing.T) {
	t.Parallel()
	for n, want := range map[int]string{0: "0", 999: "999", 1000: "1,000", 1234567: "1,234,567", -1000: "-1,000", -999: "-999"} {
		if got := bot.Grouped(n); got != want {
			t.Errorf("%d is %q, want %q", n, got, want)
		}
	}
}

// TestACostPerClickOfAYenAndAHalfIsSaidToBeTwo: whose currency has no cents has small sums too.
func TestACostPerClickOfAYenAndAHalfIsSaidToBeTwo(t *testing.T) {
	t.Parallel()
	for want, m := range map[string]bot.MoneyPer{
		"1.50 JPY": {Currency: "JPY", Amount: 1.5}, "-0.40 JPY": {Currency: "JPY", Amount: -0.4}, "0 JPY": {Currency: "JPY"}, "1250 JPY": {Currency: "JPY", Amount: 1249.6},
		"0.0466 USD": {Currency: "USD", Amount: 0.04657}, "0.47 USD": {Currency: "USD", Amount: 0.4657}, "0.00466 KWD": {Currency: "KWD", Amount: 0.004657}, "29.50 EUR": {Currency: "EUR", Amount: 29.499},
	} {
		if got := bot.FormatMoneyPer([]bot.MoneyPer{m}); len(got) != 1 || got[0] != want {
			t.Errorf("%v is %q, want %q", m, got, want)
		}
	}
}

// A campaign is one wall time in all zones: where it has begun it may have been throttled.
func TestTheForecastKnowsTheThrottleOfACampaignThatHasBegunElsewhere(t *testing.T) {
	t.Parallel()
	w := newWorld(t, timetable("rate: 40/s\n", "  news: {title: News}\n", "cron: 0 9 * * MON; topic: news"))
	w.agrees("news", "Asia/Tokyo", 1)
	w.agrees("news", "Europe/Paris", 7200)
	w.crash()                             // now Tokyo has its schedule
	w.until(paris(t, "2026-03-30 03:00")) // it is ten there
	w.write(func(tx storage.Tx) error {
		list, err := tx.RecentCampaigns(1)
		if err != nil || len(list) != 1 {
			return fmt.Errorf("%d campaigns, %w", len(list), err)
		}
		list[0].Rate = 1
		return tx.PutCampaign(list[0])
	})
	if got, want := w.forecast(1)[0], "f0 03-30T09:00 Europe/Paris: 7200 in 2 h"; got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}
