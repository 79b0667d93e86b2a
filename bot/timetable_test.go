package bot_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/relance-bot/relance/flows"
	"github.com/relance-bot/relance/storage"
)

const news = "Les nouveautés de la semaine 👟  [Stop]"

// lives gives a person a time zone.
func (w *world) lives(person, zone string) {
	w.t.Helper()
	w.meets(person, flows.Contact{Timezone: zone})
	w.settle()
}

// fires are what was decided about a person's schedules: "2026-03-30T09:00 sent".
func (w *world) fires(person string) []string {
	w.t.Helper()
	list, err := w.bot.Decisions(context.Background(), w.id(person), "", 1000)
	if err != nil {
		w.t.Fatal(err)
	}
	var out []string
	for _, d := range list {
		text := d.Occurrence + " " + d.Kind
		if d.Rule != "" {
			text += " " + d.Rule
		}
		out = append(out, text)
	}
	slices.Sort(out)
	return out
}

func TestAScheduleGoesAtNineWhereverPeopleLive(t *testing.T) {
	t.Parallel()
	w := newWorld(t, flagship)
	for person, zone := range map[string]string{"zoe": "", "kim": "Asia/Tokyo", "joe": "America/New_York"} {
		w.subscribes(person, "nouveautes", "weekly")
		w.lives(person, zone)
	}
	w.until(local(t, "2026-03-30 08:59", "Asia/Tokyo"))
	w.expect("kim")
	w.until(local(t, "2026-03-30 09:00", "Asia/Tokyo"))
	w.expect("kim", news)
	w.expect("zoe")
	w.until(paris(t, "2026-03-30 09:00"))
	w.expect("zoe", news)
	w.expect("joe")
	w.until(local(t, "2026-03-30 09:00", "America/New_York"))
	w.expect("joe", news)
	w.passes(6 * day)
	for _, person := range []string{"zoe", "kim", "joe"} {
		if got := w.fires(person); !slices.Equal(got, []string{"2026-03-30T09:00 sent"}) {
			t.Errorf("%s: %q", person, got)
		}
	}
}

func TestWhoSubscribesInANewZoneHasASchedule(t *testing.T) {
	t.Parallel()
	w := newWorld(t, flagship)
	w.until(paris(t, "2026-03-30 12:00"))
	w.meets("kim", flows.Contact{Timezone: "Australia/Lord_Howe"})
	w.subscribes("kim", "nouveautes", "weekly")
	w.until(local(t, "2026-04-06 09:00", "Australia/Lord_Howe"))
	w.expect("kim", news)
}

func TestAScheduleConcernsThoseWhoHadSaidYesWhenItFired(t *testing.T) {
	t.Parallel()
	w := newWorld(t, flagship)
	w.until(paris(t, "2026-03-30 08:59"))
	w.down()
	w.clock.Set(paris(t, "2026-03-30 09:30"))
	w.open()
	w.subscribes("zoe", "nouveautes", "weekly")
	w.passes(day)
	w.expect("zoe")
}

func TestAfterDowntimeOnlyTheNewestFireGoes(t *testing.T) {
	t.Parallel()
	w := newWorld(t, with(flagship, "flows/monday.yaml", strings.NewReplacer("0 9 * * MON", "0 9 * * *").Replace(flagship["flows/monday.yaml"])))
	w.subscribes("zoe", "nouveautes", "weekly")
	w.down()
	w.clock.Set(paris(t, "2026-03-30 14:59"))
	w.open()
	w.settle()
	w.expect("zoe", news)
	want := []string{"2026-03-28T09:00 skipped expired", "2026-03-29T09:00 skipped expired", "2026-03-30T09:00 sent"}
	if diff := cmp.Diff(want, w.fires("zoe")); diff != "" {
		t.Errorf("fires (-want +got):\n%s", diff)
	}
}

func TestAfterLongDowntimeEverythingIsAccountedFor(t *testing.T) {
	t.Parallel()
	w := newWorld(t, with(flagship, "flows/monday.yaml", strings.NewReplacer("0 9 * * MON", "0 9 * * *").Replace(flagship["flows/monday.yaml"])))
	w.subscribes("zoe", "nouveautes", "weekly")
	w.down()
	w.clock.Set(paris(t, "2026-04-02 15:01"))
	w.open()
	w.settle()
	w.expect("zoe")
	want := []string{
		"2026-03-28T09:00 skipped expired", "2026-03-29T09:00 skipped expired", "2026-03-30T09:00 skipped expired",
		"2026-03-31T09:00 skipped expired", "2026-04-01T09:00 skipped expired", "2026-04-02T09:00 skipped expired",
	}
	if diff := cmp.Diff(want, w.fires("zoe")); diff != "" {
		t.Errorf("fires (-want +got):\n%s", diff)
	}
}

func TestAScheduleOfEveryMinuteSurvivesAYearOfDowntime(t *testing.T) {
	t.Parallel()
	w := newWorld(t, with(flagship, "flows/monday.yaml", strings.NewReplacer("0 9 * * MON", `"* * * * *"`).Replace(flagship["flows/monday.yaml"])))
	w.subscribes("zoe", "nouveautes", "weekly")
	w.down()
	w.jump(365 * day)
	w.open()
	w.settle()
	w.expect("zoe", news)
}

func TestATriggerThatIsGoneFiresNoMore(t *testing.T) {
	t.Parallel()
	w := newWorld(t, flagship)
	w.subscribes("zoe", "nouveautes", "weekly")
	w.down()
	w.files = with(flagship, "flows/monday.yaml", "")
	w.clock.Set(paris(t, "2026-03-30 09:30"))
	w.open()
	w.passes(14 * day)
	w.expect("zoe")
	w.read(func(r storage.Reader) error {
		timers, err := r.Timers("")
		if len(timers) > 0 {
			t.Errorf("timers %v are left", timers)
		}
		return err
	})
}

func TestHeldNotificationsOfATriggerThatIsGoneAreSkipped(t *testing.T) {
	t.Parallel()
	w := newWorld(t, flagship)
	w.subscribes("zoe", "restock", "daily")
	w.sells(back("1"), back("2"))
	w.ignore("zoe")
	w.down()
	w.files = with(flagship, "flows/back_in_stock.yaml", "")
	w.open()
	w.passes(2 * day)
	w.expect("zoe")
	w.decided("zoe", "sent lane=recurring", "skipped rule=removed")
}

func TestAnOccurrenceOfATriggerThatIsGoneIsOver(t *testing.T) {
	t.Parallel()
	w := newWorld(t, rated("30/m"))
	w.crowd(5, "restock")
	w.sells(back("1")) // one has it, the others wait for their slots
	w.deploys(with(w.files, "flows/back_in_stock.yaml", ""))
	w.passes(time.Hour)
	if n := len(w.home.all()); n != 1 {
		t.Errorf("%d messages, want the one of before", n)
	}
	w.read(func(r storage.Reader) error {
		running, err := r.Occurrences("running", 10)
		if len(running) > 0 {
			t.Errorf("%d occurrences still run", len(running))
		}
		return err
	})
}

func TestACronThatWasChangedFiresAtItsNewTimeOnly(t *testing.T) {
	t.Parallel()
	w := newWorld(t, flagship)
	w.subscribes("zoe", "nouveautes", "weekly")
	w.down()
	w.files = with(flagship, "flows/monday.yaml", strings.Replace(flagship["flows/monday.yaml"], "0 9 * * MON", "30 10 * * TUE", 1))
	w.open()
	w.until(paris(t, "2026-03-31 10:29"))
	w.expect("zoe")
	w.until(paris(t, "2026-03-31 10:30"))
	w.expect("zoe", news)
}

func TestATriggerThatIsGivenAZoneLeavesTheOthers(t *testing.T) {
	t.Parallel()
	w := newWorld(t, flagship)
	w.subscribes("kim", "nouveautes", "weekly")
	w.subscribes("zoe", "nouveautes", "weekly")
	w.lives("kim", "Asia/Tokyo")
	w.down()
	w.files = with(flagship, "flows/monday.yaml", strings.Replace(flagship["flows/monday.yaml"],
		"    topic: nouveautes", "    topic: nouveautes\n    timezone: Europe/Paris", 1))
	w.open()
	w.until(paris(t, "2026-03-30 08:59"))
	w.expect("kim")
	w.expect("zoe")
	w.until(paris(t, "2026-03-30 09:00"))
	w.expect("kim", news)
	w.expect("zoe", news)

	w.down()
	w.files = with(w.files, "flows/monday.yaml", strings.Replace(w.files["flows/monday.yaml"], "Europe/Paris", "America/New_York", 1))
	w.open()
	w.until(paris(t, "2026-04-06 14:59"))
	w.expect("kim")
	w.until(paris(t, "2026-04-06 15:00"))
	w.expect("kim", news)
	w.expect("zoe", news)
}

func TestASpringFireIsNeitherLostNorDoubled(t *testing.T) {
	t.Parallel()
	w := newWorld(t, with(flagship,
		"bot.yaml", strings.Replace(flagship["bot.yaml"], "cadence: [weekly, monthly]", "cadence: [daily, weekly, monthly]", 1),
		"flows/monday.yaml", strings.Replace(flagship["flows/monday.yaml"], "0 9 * * MON", "30 2 * * *", 1)))
	w.subscribes("zoe", "nouveautes", "daily")
	for _, at := range []string{"2026-03-28 02:30", "2026-03-29 03:00", "2026-03-30 02:30"} {
		w.until(paris(t, at).Add(-time.Second))
		w.expect("zoe")
		w.until(paris(t, at))
		w.expect("zoe", news)
	}
	w.down()
	w.clock.Set(paris(t, "2026-10-24 12:00"))
	w.open()
	w.settle()
	w.ignore("zoe")
	w.until(paris(t, "2026-10-25 12:00"))
	w.expect("zoe", news)
}

func TestOneCorruptTimerHoldsUpNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t, flagship)
	w.subscribes("zoe", "nouveautes", "weekly")
	w.write(func(tx storage.Tx) error {
		return tx.PutTimer(storage.Timer{Kind: "cron", Key: "corrupt", At: w.clock.Now(), Body: []byte("{")})
	})
	w.does(w.writes("zoe", "bonjour"))
	w.expect("zoe", "Bonjour !")
	w.until(paris(t, "2026-03-30 09:00"))
	w.expect("zoe", news)
	w.crash()
}

func TestOneCorruptOccurrenceHoldsUpNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t, flagship)
	w.subscribes("zoe", "restock", "daily")
	w.write(func(tx storage.Tx) error {
		return tx.PutOccurrence(storage.Occurrence{
			Trigger: w.program.Triggers[0].ID, ID: "corrupt", Topic: "restock", Event: []byte("{"), At: w.clock.Now(), Expires: w.clock.Now(), State: "running",
		})
	})
	w.passes(time.Minute)
	w.sells(back("1"))
	w.expect("zoe", "La Gazelle en 42 est de retour !  [Stop]")
}

func TestAFireThatWasMadeIsNotMadeAgain(t *testing.T) {
	t.Parallel()
	w := newWorld(t, flagship)
	w.subscribes("zoe", "nouveautes", "weekly")
	w.until(paris(t, "2026-03-30 09:01"))
	w.expect("zoe", news)
	w.write(func(tx storage.Tx) error { // a clock that was put back has the timer set anew
		timers, err := tx.Timers("")
		if err != nil {
			return err
		}
		timers[0].At = paris(t, "2026-03-30 09:00")
		timers[0].Body = []byte(strings.Replace(string(timers[0].Body), "2026-04-06", "2026-03-30", 1))
		return tx.PutTimer(timers[0])
	})
	w.settle()
	w.read(func(r storage.Reader) error {
		o, err := r.RecentOccurrences(1)
		if err == nil && !strings.Contains(string(o[0].Counts), `"sent":1`) {
			t.Errorf("counts %s, want those of the fire on its day", o[0].Counts)
		}
		return err
	})
	w.passes(7 * day)
	w.expect("zoe", news)
}

// TestAScheduleThatGetsAZoneOfItsOwnDoublesNothing is deployed after the fire has gone out in
// the zone of those who live there, and before it comes in the one that counts for all now: in
// another week, for them.
func TestAScheduleThatGetsAZoneOfItsOwnDoublesNothing(t *testing.T) {
	t.Parallel()
	sunday := strings.Replace(flagship["flows/monday.yaml"], "0 9 * * MON", "0 20 * * SUN", 1)
	w := newWorld(t, with(flagship, "flows/monday.yaml", sunday))
	w.subscribes("zoe", "nouveautes", "weekly")
	w.until(paris(t, "2026-03-29 21:00"))
	w.expect("zoe", news)
	w.becomes(with(flagship, "flows/monday.yaml", strings.Replace(sunday, "    topic:", "    timezone: America/New_York\n    topic:", 1)))
	w.until(paris(t, "2026-03-31 12:00"))
	w.expect("zoe")
	if got := w.fires("zoe"); !slices.Equal(got, []string{"2026-03-29T20:00 sent"}) {
		t.Errorf("%q, want the one fire of Sunday, sent", got)
	}
}

// Whoever never told their zone is taken to live in the bot's.
func TestABotWhoseZoneMovesEastMissesNoFire(t *testing.T) {
	t.Parallel()
	helsinki := with(flagship, "bot.yaml", strings.Replace(flagship["bot.yaml"], "timezone: Europe/Paris", "timezone: Europe/Helsinki", 1))
	for name, change := range map[string]func(w *world){
		"while it runs": func(w *world) { w.becomes(helsinki) },
		"at a start":    func(w *world) { w.down(); w.files = helsinki; w.open() },
	} {
		for _, neighbour := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s, with somebody there: %t", name, neighbour), func(t *testing.T) {
				t.Parallel()
				w := newWorld(t, flagship)
				w.subscribes("zoe", "nouveautes", "weekly")
				if neighbour {
					w.meets("aino", flows.Contact{Timezone: "Europe/Helsinki"})
					w.subscribes("aino", "nouveautes", "weekly")
				}
				w.until(paris(t, "2026-03-30 08:30")) // half past nine in Helsinki
				w.ignore("aino")
				w.expect("zoe")
				change(w)
				w.settle()
				w.expect("zoe", news)
				w.passes(day)
				w.expect("zoe")
				w.expect("aino")
				w.passes(6 * day)
				w.expect("zoe", news)
			})
		}
	}
}

// Everybody has the fires of Monday at nine once, whatever zone the schedule is moved to.
func TestAScheduleThatIsMovedEastMissesNoFire(t *testing.T) {
	t.Parallel()
	in := func(zone string) map[string]string {
		if zone == "" {
			return flagship
		}
		return with(flagship, "flows/monday.yaml", strings.Replace(flagship["flows/monday.yaml"], "    topic:", "    timezone: "+zone+"\n    topic:", 1))
	}
	for _, test := range []struct{ name, from, to, down, at string }{
		{"from one zone to another", "America/New_York", "Europe/Paris", "", "10:00"},
		{"from one zone to each person's", "America/New_York", "", "", "10:00"},
		{"from each person's zone to one", "", "Europe/Helsinki", "", "08:30"},
		{"at a start", "America/New_York", "Europe/Paris", "08:00", "10:00"},
		{"at a start behind the fire", "Europe/Paris", "Europe/Helsinki", "08:50", "09:10"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, in(test.from))
			w.subscribes("zoe", "nouveautes", "weekly")
			w.lives("zoe", "Europe/Paris")
			if test.down == "" {
				w.until(paris(t, "2026-03-30 "+test.at))
				w.expect("zoe")
				w.becomes(in(test.to))
			} else {
				w.until(paris(t, "2026-03-30 "+test.down))
				w.expect("zoe")
				w.down()
				w.clock.Set(paris(t, "2026-03-30 "+test.at))
				w.files = in(test.to)
				w.open()
			}
			w.settle()
			w.expect("zoe", news)
			w.passes(day)
			w.expect("zoe")
			w.passes(6 * day)
			w.expect("zoe", news)
		})
	}
}

// A machine is given a new table of zones while a schedule waits for its fire.
func TestAFireFollowsItsZoneWhoseRulesHaveChanged(t *testing.T) {
	t.Parallel()
	for _, shift := range []time.Duration{time.Hour, -time.Hour} {
		w := newWorld(t, flagship)
		w.subscribes("zoe", "nouveautes", "weekly")
		w.settle()
		w.write(func(tx storage.Tx) error {
			timers, err := tx.Timers("")
			for _, timer := range timers {
				timer.At = timer.At.Add(shift)
				err = errors.Join(err, tx.PutTimer(timer))
			}
			return err
		})
		w.down()
		w.open()
		w.until(paris(t, "2026-03-30 08:59"))
		w.expect("zoe")
		w.until(paris(t, "2026-03-30 09:00"))
		w.expect("zoe", news)
	}
}
