package bot_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/relance-bot/relance/bot"
	"github.com/relance-bot/relance/flows"
	"github.com/relance-bot/relance/storage"
)

func TestFiresOfOnePerson(t *testing.T) {
	t.Parallel()
	w := newWorld(t, with(flagship, "bot.yaml", flagship["bot.yaml"]+"quiet_hours: 21:00-08:00\n"))
	w.lives("zoe", "America/New_York")
	w.subscribes("zoe", "nouveautes", "monthly")
	w.lives("max", "Asia/Tokyo")
	for person, want := range map[string][]string{
		"zoe": {
			"2026-03-30T09:00 America/New_York sent: would go on the recurring lane",
			"2026-04-06T09:00 America/New_York sent: would go on the recurring lane",
		},
		"max": {"2026-03-30T09:00 Asia/Tokyo skipped: Not sent: they never said yes to “Les nouveautés de la semaine”."},
	} {
		fires, err := w.bot.FiresFor(context.Background(), w.id(person), w.clock.Now(), len(want))
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, f := range fires {
			got = append(got, f.Local+" "+f.Zone+" "+f.Verdict+": "+f.Note)
		}
		if strings.Join(got, "\n") != strings.Join(want, "\n") {
			t.Errorf("%s has %q, want %q", person, got, want)
		}
	}
	w.until(local(t, "2026-03-30 09:01", "America/New_York"))
	fires, err := w.bot.FiresFor(context.Background(), w.id("zoe"), w.clock.Now(), 1)
	if err != nil {
		t.Fatal(err)
	}
	if len(fires) != 1 || fires[0].Verdict != "sent" { // April is another month
		t.Errorf("after the one of March: %+v", fires)
	}
	w.until(local(t, "2026-04-06 09:01", "America/New_York"))
	fires, err = w.bot.FiresFor(context.Background(), w.id("zoe"), w.clock.Now(), 1)
	if err != nil {
		t.Fatal(err)
	}
	if len(fires) != 1 || fires[0].Verdict != "skipped" || !strings.Contains(fires[0].Note, "they agreed to one message a month") {
		t.Errorf("after the one of April: %+v", fires)
	}
}

// foreseen are a person's coming fires, as relance next --contact prints them.
func (w *world) foreseen(person string, n int) (out []string) {
	w.t.Helper()
	fires, err := w.bot.FiresFor(context.Background(), w.id(person), w.clock.Now(), n)
	if err != nil {
		w.t.Fatal(err)
	}
	for _, f := range fires {
		out = append(out, f.Local+" "+f.Verdict+": "+f.Note)
	}
	return out
}

func TestTheForecastForSomebodyKnowsTheirOwnNight(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		hours, quiet, want string
	}{
		{"0 22 * * MON", `{"quiet":{"from":0,"to":0}}`, "2026-03-30T22:00 sent: would go on the recurring lane"},
		{"0 9 * * MON", `{"quiet":{"from":480,"to":600}}`,
			"2026-03-30T09:00 held: Held: it fell into their quiet hours, 08:00 to 10:00. Next chance: Monday 30 March 10:00."},
	} {
		w := newWorld(t, with(flagship, "bot.yaml", flagship["bot.yaml"]+"quiet_hours: 21:00-03:00\n",
			"flows/monday.yaml", strings.Replace(flagship["flows/monday.yaml"], "0 9 * * MON", test.hours, 1)))
		w.subscribes("zoe", "nouveautes", "weekly")
		w.settle()
		w.write(func(tx storage.Tx) error {
			zoe, err := tx.Contact(w.id("zoe"))
			zoe.Prefs = []byte(test.quiet)
			return errors.Join(err, tx.PutContact(zoe))
		})
		w.until(paris(t, "2026-03-30 07:00"))
		if diff := cmp.Diff([]string{test.want}, w.foreseen("zoe", 1)); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
	}
}

// Who moves west comes to nine o'clock once more, and a campaign may have been cancelled
// before it comes to them.
func TestTheForecastForSomebodyPromisesNothingThatWasDecided(t *testing.T) {
	t.Parallel()
	files := with(flagship, "bot.yaml", strings.Replace(flagship["bot.yaml"], "cadence: [weekly, monthly]", "cadence: [daily, weekly, monthly]", 1))
	w := newWorld(t, files)
	for _, person := range []string{"kim", "joe"} {
		w.subscribes(person, "nouveautes", "daily")
		w.lives(person, "Asia/Tokyo")
	}
	w.lives("joe", "America/New_York")
	w.until(local(t, "2026-03-30 09:00", "Asia/Tokyo"))
	w.expect("kim", news)
	w.lives("kim", "America/New_York") // where it is Sunday
	if got, want := w.foreseen("kim", 1), "2026-03-30T09:00 sent: Sent on "; !strings.HasPrefix(got[0], want) {
		t.Errorf("kim, who was told: %q, want %q", got, want)
	}
	campaigns, err := w.bot.Campaigns(context.Background(), "", 1)
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := w.bot.CancelCampaign(context.Background(), campaigns[0].ID, bot.Order{By: "test"}); err != nil {
		t.Fatal(err)
	}
	w.settle()
	if got, want := w.foreseen("joe", 1), []string{"2026-03-30T09:00 skipped: Not sent: the campaign was cancelled."}; !slices.Equal(got, want) {
		t.Errorf("joe, whose campaign was cancelled: %q, want %q", got, want)
	}
	w.passes(day)
	w.expect("kim")
	w.expect("joe")
}

func TestTheForecastForSomebodySaysWhoseDayItIs(t *testing.T) {
	t.Parallel()
	w := newWorld(t, birthdays)
	w.subscribes("zoe", "nouveautes", "daily")
	w.meets("zoe", flows.Contact{Fields: map[string]any{"birthday": "1990-05-12"}})
	w.settle()
	want := []string{"2026-03-28T10:00 skipped: Not sent: it was for those whose contact.birthday is 28 March of any year, and theirs is 12 May 1990.; for contact.birthday on 28 March"}
	if diff := cmp.Diff(want, w.foreseen("zoe", 1)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
