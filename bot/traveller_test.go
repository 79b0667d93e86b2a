package bot_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/relance-bot/relance/bot"
	"github.com/relance-bot/relance/flows"
)

// dawn tells people something every day at a time, for half a day at most.
func dawn(cron, more string) map[string]string {
	return map[string]string{
		"bot.yaml":         "name: Dawn\nlocale: en\ntimezone: Europe/Paris\n" + more + "topics:\n  dawn: {title: Dawn, cadence: [daily, weekly, monthly]}\n",
		"flows/dawn.yaml":  "triggers:\n  - cron: " + cron + "\n    topic: dawn\n    expires: 12h\nsteps:\n  - say: Good morning!\n",
		"flows/leave.yaml": "triggers:\n  - keywords: [leave]\nsteps:\n  - opt_out: dawn\n",
	}
}

// A leg is one thing a traveller does, at a wall time somewhere. At an instant that is
// due itself they do it before the bot does anything.
type leg struct {
	at string // "2026-03-30 08:00 Asia/Tokyo"
	do string // "lives ZONE", "agrees [CADENCE]", "stops"
}

// goes lets a traveller do what a leg says.
func (w *world) goes(person string, l leg) {
	w.t.Helper()
	at, zone, _ := strings.Cut(l.at[11:], " ")
	when := local(w.t, l.at[:11]+at, zone)
	w.until(when.Add(-time.Millisecond))
	w.clock.Set(when)
	switch verb, what, _ := strings.Cut(l.do, " "); verb {
	case "lives":
		w.meets(person, flows.Contact{Timezone: what})
	case "agrees":
		if what == "" {
			what = "daily"
		}
		err := w.bot.Import(context.Background(), w.id(person), bot.Subscription{
			Topic: "dawn", Cadence: what, At: w.clock.Now(), Wording: "Dawn", Permit: &bot.Permit{Lane: "recurring", Token: "t"},
		})
		if err != nil {
			w.t.Fatal(err)
		}
	case "stops":
		w.comes(w.writes(person, "leave"))
	default:
		w.t.Fatalf("nobody knows how to %q", l.do)
	}
	w.settle()
}

// Whoever moves, or agrees late, is told of each fire once, or it is said why not.
func TestTravellersAreNeitherMissedNorToldTwice(t *testing.T) {
	t.Parallel()
	nine := dawn("0 9 * * *", "")
	patient := dawn("0 9 * * *", "")
	patient["flows/dawn.yaml"] = strings.Replace(patient["flows/dawn.yaml"], "12h", "100h", 1)
	for _, c := range []struct {
		name  string
		files map[string]string
		legs  []leg
		until string
		want  []string // each fire that was decided about, and when it went
	}{
		{"east across the fire, hours after it", nine, []leg{
			{"2026-03-29 12:00 America/New_York", "lives America/New_York"},
			{"2026-03-29 12:00 America/New_York", "agrees"},
			{"2026-03-30 08:00 America/New_York", "lives Europe/Athens"},
		}, "2026-03-31 12:00 Europe/Athens", []string{
			"2026-03-30T09:00 sent Mon 15:00", "2026-03-31T09:00 sent Tue 09:00",
		}},
		{"west, when they were told already", nine, []leg{
			{"2026-03-29 12:00 Europe/Paris", "agrees"},
			{"2026-03-30 09:30 Europe/Paris", "lives America/New_York"},
		}, "2026-03-31 12:00 America/New_York", []string{
			"2026-03-30T09:00 sent Mon 03:00", "2026-03-31T09:00 sent Tue 09:00",
		}},
		{"in the instant of the fire, west", nine, []leg{
			{"2026-03-29 12:00 Europe/Paris", "agrees"},
			{"2026-03-30 09:00 Europe/Paris", "lives America/New_York"},
		}, "2026-03-30 12:00 America/New_York", []string{"2026-03-30T09:00 sent Mon 09:00"}},
		{"in the instant of the fire, east", nine, []leg{
			{"2026-03-29 12:00 Europe/Paris", "agrees"},
			{"2026-03-30 09:00 Europe/Paris", "lives Asia/Tokyo"},
		}, "2026-03-30 20:00 Asia/Tokyo", []string{"2026-03-30T09:00 sent Mon 16:00"}},
		{"to where it is the instant of the fire", nine, []leg{
			{"2026-03-29 12:00 Europe/Paris", "agrees"},
			{"2026-03-30 09:00 Europe/Athens", "lives Europe/Athens"},
		}, "2026-03-30 20:00 Europe/Athens", []string{"2026-03-30T09:00 sent Mon 09:00"}},
		{"over the date line to yesterday", nine, []leg{
			{"2026-03-29 12:00 Pacific/Apia", "lives Pacific/Apia"},
			{"2026-03-29 12:00 Pacific/Apia", "agrees"},
			{"2026-03-31 10:00 Pacific/Apia", "lives Pacific/Pago_Pago"}, // where it is Monday again
		}, "2026-04-01 12:00 Pacific/Pago_Pago", []string{
			"2026-03-30T09:00 sent Sun 09:00", "2026-03-31T09:00 sent Mon 09:00", "2026-04-01T09:00 sent Wed 09:00",
		}},
		{"over the date line to tomorrow", nine, []leg{
			{"2026-03-28 12:00 Pacific/Pago_Pago", "lives Pacific/Pago_Pago"},
			{"2026-03-28 12:00 Pacific/Pago_Pago", "agrees"},
			{"2026-03-30 08:00 Pacific/Pago_Pago", "lives Pacific/Apia"}, // where Monday is over
		}, "2026-03-31 12:00 Pacific/Apia", []string{
			"2026-03-29T09:00 sent Mon 09:00", "2026-03-30T09:00 skipped expired Tue 08:00", "2026-03-31T09:00 sent Tue 09:00",
		}},
		{"over the date line to this evening", nine, []leg{
			{"2026-03-28 12:00 Pacific/Pago_Pago", "lives Pacific/Pago_Pago"},
			{"2026-03-28 12:00 Pacific/Pago_Pago", "agrees"},
			{"2026-03-29 20:00 Pacific/Pago_Pago", "lives Pacific/Apia"}, // Monday, 20:00; and what they had was on Monday there
		}, "2026-03-31 12:00 Pacific/Apia", []string{
			"2026-03-29T09:00 sent Mon 09:00", "2026-03-30T09:00 skipped cadence Mon 20:00", "2026-03-31T09:00 sent Tue 09:00",
		}},

		{"from the hour that the clocks leave out", dawn("30 2 * * *", ""), []leg{
			{"2026-03-28 12:00 Europe/Paris", "agrees"},
			{"2026-03-29 03:10 Europe/Paris", "lives Europe/London"}, // 02:10 there
		}, "2026-03-29 12:00 Europe/London", []string{"2026-03-29T02:30 sent Sun 02:00"}},
		{"into the hour that the clocks leave out", dawn("30 2 * * *", ""), []leg{
			{"2026-03-28 12:00 Europe/London", "lives Europe/London"},
			{"2026-03-28 12:00 Europe/London", "agrees"},
			{"2026-03-29 02:10 Europe/London", "lives Europe/Paris"}, // 03:10 there
		}, "2026-03-29 12:00 Europe/Paris", []string{"2026-03-29T02:30 sent Sun 03:10"}},
		{"away and back within the hour that comes twice", dawn("30 2 * * *", ""), []leg{
			{"2026-10-24 12:00 Europe/Paris", "agrees"},
			{"2026-10-25 03:45 Europe/Athens", "lives Europe/Athens"}, // 02:45 in Paris, the first time
			{"2026-10-25 03:10 Europe/London", "lives Europe/Paris"},
		}, "2026-10-25 12:00 Europe/Paris", []string{"2026-10-25T02:30 sent Sun 02:30"}},

		{"while it is held for the night, west", dawn("0 9 * * *", "quiet_hours: 21:00-09:30\n"), []leg{
			{"2026-03-29 12:00 Europe/Paris", "agrees"},
			{"2026-03-30 09:10 Europe/Paris", "lives America/New_York"},
		}, "2026-03-30 20:00 America/New_York", []string{"2026-03-30T09:00 sent Mon 09:30"}},
		{"while it is held for the night, too far", dawn("0 9 * * *", "quiet_hours: 21:00-09:30\n"), []leg{
			{"2026-03-29 12:00 Europe/Paris", "agrees"},
			{"2026-03-30 09:10 Europe/Paris", "lives Pacific/Honolulu"}, // its morning comes after it has expired
		}, "2026-03-31 08:00 Pacific/Honolulu", []string{"2026-03-30T09:00 skipped quiet_hours Sun 21:10"}},
		{"while it is held for the night, into the day", dawn("0 9 * * *", "quiet_hours: 21:00-09:30\n"), []leg{
			{"2026-03-29 12:00 Europe/Paris", "agrees"},
			{"2026-03-30 09:10 Europe/Paris", "lives Asia/Tokyo"},
		}, "2026-03-30 20:00 Asia/Tokyo", []string{"2026-03-30T09:00 sent Mon 16:10"}},

		{"agreeing in the instant of the fire", nine, []leg{{"2026-03-30 09:00 Europe/Paris", "agrees"}},
			"2026-03-30 20:00 Europe/Paris", []string{"2026-03-30T09:00 sent Mon 09:00"}},
		{"agreeing after it", nine, []leg{{"2026-03-30 09:01 Europe/Paris", "agrees"}}, "2026-03-30 20:00 Europe/Paris", nil},
		{"agreeing after it, and moving to where it is still to come", nine, []leg{
			{"2026-03-30 09:01 Europe/Paris", "agrees"},
			{"2026-03-30 12:00 Europe/Paris", "lives America/New_York"},
		}, "2026-03-30 20:00 America/New_York", []string{"2026-03-30T09:00 sent Mon 09:00"}},
		{"agreeing before it, and moving to where it was before they agreed", nine, []leg{
			{"2026-03-30 08:00 America/New_York", "lives America/New_York"},
			{"2026-03-30 08:00 America/New_York", "agrees"},
			{"2026-03-30 08:30 America/New_York", "lives Europe/Athens"}, // 15:30; nine o'clock was 02:00 in New York
		}, "2026-03-30 20:00 Europe/Athens", []string{"2026-03-30T09:00 skipped consent Mon 15:30"}},
		{"stopping and coming back after it", nine, []leg{
			{"2026-03-29 12:00 Europe/Paris", "agrees"},
			{"2026-03-30 09:10 Europe/Paris", "stops"},
			{"2026-03-30 09:20 Europe/Paris", "agrees"},
			{"2026-03-30 09:30 Europe/Paris", "lives America/New_York"},
		}, "2026-03-30 20:00 America/New_York", []string{"2026-03-30T09:00 sent Mon 03:00"}},
		{"a week's rhythm becomes a day's while one is held", patient, []leg{
			{"2026-04-01 12:00 Europe/Paris", "agrees weekly"},
			{"2026-04-03 10:00 Europe/Paris", "agrees daily"}, // Friday's waits for Monday
		}, "2026-04-03 12:00 Europe/Paris", []string{"2026-04-02T09:00 sent Thu 09:00", "2026-04-03T09:00 sent Fri 10:00"}},
		{"a day's rhythm becomes a week's while one is held", patient, []leg{
			{"2026-04-01 12:00 Europe/Paris", "agrees daily"},
			{"2026-04-02 12:00 Europe/Paris", "agrees weekly"},
		}, "2026-04-06 12:00 Europe/Paris", []string{
			"2026-04-02T09:00 sent Thu 09:00", "2026-04-03T09:00 sent Mon 09:00", "2026-04-04T09:00 sent Mon 09:00",
			"2026-04-05T09:00 sent Mon 09:00", "2026-04-06T09:00 skipped cadence Mon 09:00",
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, c.files)
			w.meets("zoe", flows.Contact{FirstName: "Zoe"})
			for _, l := range c.legs {
				w.goes("zoe", l)
			}
			zone := c.until[17:]
			w.until(local(t, c.until[:16], zone))
			if diff := cmp.Diff(c.want, w.told("zoe", zone)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			said := 0
			for _, made := range w.home.shown("zoe") {
				if made.Message.Text == "Good morning!" {
					said++
				}
			}
			if sent := strings.Count(strings.Join(c.want, "\n"), " sent "); said > sent || sent > 0 && said == 0 {
				t.Errorf("they were told %d times, for %d fires", said, sent)
			}
		})
	}
}

// told is what was decided about a person, in order, and when by the clocks of a zone.
func (w *world) told(person, zone string) (out []string) {
	w.t.Helper()
	list, err := w.bot.Decisions(context.Background(), w.id(person), "", 1000)
	if err != nil {
		w.t.Fatal(err)
	}
	loc, err := time.LoadLocation(zone)
	if err != nil {
		w.t.Fatal(err)
	}
	for _, d := range list {
		what := d.Kind
		if d.Rule != "" {
			what += " " + d.Rule
		}
		out = append(out, fmt.Sprintf("%s %s %s", d.Occurrence, what, d.At.In(loc).Format("Mon 15:04")))
	}
	slices.Sort(out)
	return out
}

// What concerns those who agreed when it fired concerns nobody who comes while it runs,
// and everybody who then moves into its way, or out of it.
func TestWhoComesOrGoesWhileACampaignRuns(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, person string
		before, then func(w *world)
		want         []string
	}{
		{"agreeing ahead of its cursor", "zoe", nil, func(w *world) { w.subscribes("zoe", "nouveautes", "weekly") }, nil},
		{"stopping ahead of it", "p000029", nil, func(w *world) { w.does(w.writes("p000029", "stop")) }, nil},
		{"stopping and agreeing again", "p000029", nil, func(w *world) {
			w.does(w.writes("p000029", "stop"))
			w.passes(time.Second)
			w.subscribes("p000029", "nouveautes", "weekly")
		}, nil},
		{"moving into its way, told already where they came from", "zoe", func(w *world) {
			w.lives("zoe", "Europe/Athens")
			w.subscribes("zoe", "nouveautes", "weekly")
		}, func(w *world) { w.lives("zoe", "Europe/Paris") }, []string{"2026-03-30T09:00 sent"}},
		{"moving into its way, from where it was to come", "zoe", func(w *world) {
			w.lives("zoe", "Europe/London")
			w.subscribes("zoe", "nouveautes", "weekly")
		}, func(w *world) { w.lives("zoe", "Europe/Paris") }, []string{"2026-03-30T09:00 sent"}},
		{"moving behind its cursor", "a", func(w *world) {
			w.lives("a", "Europe/London")
			w.subscribes("a", "nouveautes", "weekly")
		}, func(w *world) { w.lives("a", "Europe/Paris") }, []string{"2026-03-30T09:00 sent"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, with(rated("1/s"), "flows/monday.yaml", flagship["flows/monday.yaml"]))
			w.crowd(30, "nouveautes")
			if c.before != nil {
				c.before(w)
			}
			w.until(paris(t, "2026-03-30 09:00").Add(5 * time.Second)) // five of thirty have it
			c.then(w)
			w.until(paris(t, "2026-03-31 12:00"))
			if diff := cmp.Diff(c.want, w.fires(c.person)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			if got := w.fires("p000028"); !slices.Equal(got, []string{"2026-03-30T09:00 sent"}) {
				t.Errorf("somebody else has %q", got)
			}
		})
	}
}

// The same for an event, which knows no zones.
func TestWhoComesWhileAnEventRuns(t *testing.T) {
	t.Parallel()
	w := newWorld(t, rated("1/s"))
	w.crowd(30, "restock")
	w.sells(back("1"))
	w.passes(5 * time.Second)
	w.subscribes("zoe", "restock", "daily")
	w.lives("p000029", "Pacific/Apia")
	w.lives("p000002", "Pacific/Pago_Pago") // who was told
	w.passes(time.Minute)
	for person, want := range map[string][]string{"zoe": nil, "p000029": {"1 sent"}, "p000002": {"1 sent"}} {
		if got := w.fires(person); !slices.Equal(got, want) {
			t.Errorf("%s has %q, want %q", person, got, want)
		}
	}
}

// A birthday belongs to a day, wherever that day is.
func TestBirthdaysOverTheDateLine(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, from, at, to string
		want               []string
	}{
		{"back into the day before", "Pacific/Apia", "2026-03-30 11:00", "Pacific/Pago_Pago", []string{"2026-03-30 sent"}},
		{"out of it before ten, into the day after", "Pacific/Pago_Pago", "2026-03-30 09:00", "Pacific/Apia", []string{"2026-03-30 skipped expired"}},
		{"into it late, from the day before", "Pacific/Pago_Pago", "2026-03-29 20:00", "Pacific/Apia", []string{"2026-03-30 sent"}},
		{"out of it after ten, into the day after", "Pacific/Pago_Pago", "2026-03-30 10:30", "Pacific/Apia", []string{"2026-03-30 sent"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, birthdays)
			w.subscribes("zoe", "nouveautes", "daily")
			w.born("zoe", "1990-03-30", c.from)
			w.until(local(t, c.at, c.from))
			w.lives("zoe", c.to)
			w.until(paris(t, "2026-04-04 12:00"))
			if diff := cmp.Diff(c.want, w.fires("zoe")); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// A silence lasts as long wherever they are.
func TestASilenceKnowsNoZones(t *testing.T) {
	t.Parallel()
	w := newWorld(t, with(flagship, "flows/idle.yaml", "triggers:\n  - idle: 20h\nsteps:\n  - say: Encore là ?\n"))
	w.does(w.writes("zoe", "bonjour"))
	w.ignore("zoe")
	w.passes(10 * time.Hour)
	w.lives("zoe", "Pacific/Apia")
	w.passes(10*time.Hour - time.Second)
	w.lives("zoe", "Pacific/Pago_Pago")
	w.expect("zoe")
	w.passes(time.Second)
	w.expect("zoe", "Encore là ?")
	w.lives("zoe", "Pacific/Apia")
	w.passes(2 * day)
	w.expect("zoe")
}
