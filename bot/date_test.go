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

	"github.com/relance-bot/relance/bot"
	"github.com/relance-bot/relance/flows"
)

// birthdays writes to people on their birthday, at ten.
var birthdays = map[string]string{
	"bot.yaml": `
name: Fern & Fig
locale: en
timezone: Europe/Paris
fields:
  birthday: date
topics:
  nouveautes: {title: Birthdays}
  restock: {title: Other}
channels:
  messenger:
    notifications: [recurring]
`,
	"flows/birthday.yaml": birthdayAt(""),
	"flows/hello.yaml": `
triggers:
  - keywords: [born]
steps:
  - ask: When were you born?
    save: contact.birthday
  - opt_in: nouveautes
  - opt_in: restock
`,
}

// birthdayAt is the flow with more keys of its trigger.
func birthdayAt(keys string) string {
	return "triggers:\n  - date: contact.birthday\n    yearly: true\n    topic: nouveautes\n" + keys + "steps:\n  - say: Happy birthday!\n"
}

const happy = "Happy birthday!  [Stop]"

// born gives a person a birthday and a zone.
func (w *world) born(person, birthday, zone string) {
	w.t.Helper()
	w.meets(person, flows.Contact{Fields: map[string]any{"birthday": birthday}, Timezone: zone})
	w.settle()
}

func TestABirthdayComesRoundWherePeopleLive(t *testing.T) {
	t.Parallel()
	w := newWorld(t, birthdays)
	for person, born := range map[string]string{"zoe": "1990-03-29", "max": "1985-03-30", "kim": "", "joe": "2027-03-29"} {
		w.subscribes(person, "nouveautes", "daily")
		if born != "" {
			w.born(person, born, "")
		}
	}
	w.subscribes("eva", "nouveautes", "daily")
	w.born("eva", "1990-03-29", "America/New_York")
	w.until(paris(t, "2026-03-29 09:59"))
	w.expect("zoe")
	w.until(paris(t, "2026-03-29 10:00"))
	w.expect("zoe", happy)
	w.expect("eva")
	w.until(local(t, "2026-03-29 10:00", "America/New_York"))
	w.expect("eva", happy)
	w.expect("max")
	w.until(paris(t, "2026-04-20 12:00"))
	w.expect("max", happy)
	w.expect("kim")
	w.expect("joe")
	w.until(paris(t, "2027-04-20 12:00"))
	w.expect("zoe", happy)
	w.expect("joe", happy)
	if got := w.fires("zoe"); !slices.Equal(got, []string{"2026-03-29 sent", "2027-03-29 sent"}) {
		t.Errorf("zoe: %q", got)
	}
	if got := w.fires("kim"); len(got) > 0 {
		t.Errorf("kim, whose birthday nobody knows: %q", got)
	}
}

func TestABirthdayInAnHourThatTheClocksSkip(t *testing.T) {
	t.Parallel()
	w := newWorld(t, with(birthdays, "flows/birthday.yaml", birthdayAt("    at: \"02:30\"\n")))
	w.subscribes("zoe", "nouveautes", "daily")
	w.born("zoe", "1990-03-29", "") // the clocks go from two to three that night
	w.until(paris(t, "2026-03-29 01:59"))
	w.expect("zoe")
	w.until(paris(t, "2026-03-29 03:00"))
	w.expect("zoe", happy)
	w.until(paris(t, "2026-03-31 12:00"))
	w.expect("zoe")
}

func TestWhoMovesIsCongratulatedExactlyOnce(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, from, to, at string }{
		{"west, when it went out at home already", "Asia/Tokyo", "America/New_York", "2026-03-30 03:30"},
		{"east, past the time it goes out there", "America/New_York", "Asia/Tokyo", "2026-03-30 04:00"},
		{"across the date line, to where the day is nearly over", "Pacific/Honolulu", "Pacific/Kiritimati", "2026-03-30 05:00"},
		{"across the date line, back into the day before", "Pacific/Kiritimati", "Pacific/Honolulu", "2026-03-30 02:30"},
		{"from the bot's own zone", "", "Asia/Tokyo", "2026-03-30 03:30"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, birthdays)
			w.subscribes("zoe", "nouveautes", "daily")
			w.born("zoe", "1990-03-30", c.from)
			w.until(paris(t, c.at))
			w.lives("zoe", c.to)
			w.until(paris(t, "2026-04-04 12:00"))
			if got := w.fires("zoe"); !slices.Equal(got, []string{"2026-03-30 sent"}) {
				t.Errorf("%q, want the one birthday, sent", got)
			}
			w.expect("zoe", happy)
		})
	}
}

func TestBirthdaysInDowntimeAreAllAccountedFor(t *testing.T) {
	t.Parallel()
	w := newWorld(t, with(birthdays, "flows/birthday.yaml", birthdayAt("    expires: 36h\n")))
	for person, born := range map[string]string{"zoe": "1990-03-28", "max": "1985-03-29", "kim": "2001-03-30"} {
		w.subscribes(person, "nouveautes", "daily")
		w.born(person, born, "")
	}
	w.down()
	w.jump(paris(t, "2026-03-30 12:00").Sub(w.clock.Now()))
	w.open()
	w.settle()
	for person, want := range map[string]string{
		"zoe": "2026-03-28 skipped expired", "max": "2026-03-29 sent", "kim": "2026-03-30 sent", // one day is not the next one's concern
	} {
		if got := w.fires(person); !slices.Equal(got, []string{want}) {
			t.Errorf("%s: %q, want %q", person, got, want)
		}
	}
}

func TestABirthdayIsReadWhenItIsDue(t *testing.T) {
	t.Parallel()
	w := newWorld(t, birthdays)
	w.subscribes("zoe", "nouveautes", "daily")
	w.born("zoe", "1990-03-28", "")
	w.born("zoe", "1990-03-29", "") // corrected
	w.subscribes("max", "nouveautes", "daily")
	w.until(paris(t, "2026-03-28 11:00"))
	w.expect("zoe")
	w.born("max", "1990-03-28", "") // too late for this year
	w.until(paris(t, "2026-03-29 11:00"))
	w.expect("zoe", happy)
	w.born("zoe", "1990-03-30", "") // corrected again: another day is another birthday
	w.until(paris(t, "2026-04-01 11:00"))
	w.expect("zoe", happy)
	w.expect("max")
}

// Whatever the time of day is changed to, nobody is left out and nobody gets two.
func TestTheTimeOfABirthdayMayBeChanged(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, before, now, after, goes string }{
		{"later, before it was sent", "10:00", "2026-03-29 09:00", "18:00", "2026-03-29 18:00"},
		{"later, after it was sent", "10:00", "2026-03-29 11:00", "18:00", "2026-03-29 10:00"},
		{"earlier, and over already", "18:00", "2026-03-29 11:00", "10:00", "2026-03-29 11:00"},
		{"earlier, and to come", "18:00", "2026-03-29 11:00", "12:00", "2026-03-29 12:00"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			at := func(clock string) map[string]string {
				return with(birthdays, "flows/birthday.yaml", birthdayAt(fmt.Sprintf("    at: %q\n", clock)))
			}
			w := newWorld(t, at(c.before))
			w.subscribes("zoe", "nouveautes", "daily")
			w.born("zoe", "1990-03-29", "")
			w.until(paris(t, c.now))
			w.deploys(at(c.after))
			w.until(paris(t, "2026-04-02 12:00"))
			w.expect("zoe", happy)
			list, err := w.bot.Decisions(context.Background(), w.id("zoe"), "", 10)
			if err != nil || len(list) != 1 || !list[0].At.Equal(paris(t, c.goes)) {
				t.Errorf("decided %v (%v), want it sent at %s", list, err, c.goes)
			}
		})
	}
}

func TestANewDateTriggerFiresFromThenOn(t *testing.T) {
	t.Parallel()
	w := newWorld(t, with(birthdays, "flows/birthday.yaml", "triggers:\n  - keywords: [birthday]\nsteps:\n  - say: Soon.\n"))
	w.subscribes("zoe", "nouveautes", "daily")
	w.born("zoe", "1990-03-29", "")
	w.until(paris(t, "2026-03-29 09:00"))
	w.deploys(birthdays)
	w.until(paris(t, "2026-03-29 10:00"))
	w.expect("zoe", happy)
}

func TestTwoProcessesCongratulateOnce(t *testing.T) {
	t.Parallel()
	w, _ := newShared(t, birthdays)
	for _, person := range []string{"zoe", "max", "kim"} {
		w.subscribes(person, "nouveautes", "daily")
		w.born(person, "1990-03-28", "")
	}
	other, _ := w.fellow(0, birthdays)
	for _, p := range []*world{w, other} {
		p.clock.Set(paris(t, "2026-03-28 10:00"))
	}
	for range 3 {
		other.settle()
		w.settle()
	}
	for _, person := range []string{"zoe", "max", "kim"} {
		w.expect(person, happy)
	}
}

func TestWhySaysWhoseDayItWas(t *testing.T) {
	t.Parallel()
	w := newWorld(t, birthdays)
	w.subscribes("zoe", "nouveautes", "daily")
	w.subscribes("max", "nouveautes", "daily")
	w.born("zoe", "1990-05-12", "")
	w.until(paris(t, "2026-03-30 12:00"))
	for person, want := range map[string]string{
		"zoe": "birthday: Not sent: it was for those whose contact.birthday is 30 March of any year, and theirs is 12 May 1990.\n",
		"max": "birthday: Not sent: it goes by their contact.birthday, which is not known.\n",
	} {
		if got := w.why(person, ""); got != want {
			t.Errorf("%s: %s, want %s", person, got, want)
		}
	}
}

func TestFiresOfADateSayWhomTheyAreFor(t *testing.T) {
	t.Parallel()
	program, _ := load(t, with(birthdays, "flows/birthday.yaml", birthdayAt("    offset: -3d\n    at: \"02:30\"\n")))
	fires, err := bot.Fires(program, []string{"Europe/Paris"}, paris(t, "2026-03-28 12:00"), 2)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, f := range fires {
		got = append(got, f.Local+" "+f.Note)
	}
	if diff := cmp.Diff([]string{
		"2026-03-29T02:30 for contact.birthday on 1 April; the clocks skip 02:30: goes at 03:00; the clocks went forward by 1 h before it (now CEST)",
		"2026-03-30T02:30 for contact.birthday on 2 April",
	}, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// tellBirthday is a story of a birthday, of somebody who was silent, and of a stop.
func tellBirthday(w *mortalWorld) int {
	w.alive(func() error {
		return errors.Join(
			w.bot.Meet(context.Background(), w.id("zoe"), flows.Contact{FirstName: "Zoé", Fields: map[string]any{"birthday": "1990-03-29"}}),
			w.bot.Import(context.Background(), w.id("zoe"), subscription(w.clock.Now(), "nouveautes")),
			w.bot.Import(context.Background(), w.id("zoe"), bot.Subscription{Topic: "restock", At: w.clock.Now(), Wording: "restock"}),
		)
	})
	w.waits(2 * day) // past the birthday
	w.brought(w.writes("zoe", "thanks"))
	w.gets("zoe", "Hello")
	w.waits(21 * time.Hour) // past the silence
	w.brought(w.writes("zoe", "stop"))
	w.waits(2 * day)
	_, writes := w.life.killed()
	return writes
}

var silences = with(birthdays, "flows/idle.yaml", "triggers:\n  - idle: 20h\nsteps:\n  - say: Are you still there?\n",
	"flows/fallback.yaml", "triggers:\n  - fallback: true\nsteps:\n  - say: Hello\n")

func TestDatesAndSilencesAreNeitherLostNorDoubledWhereverTheProcessDies(t *testing.T) {
	t.Parallel()
	calm := newMortal(t, silences, 0, false, false)
	writes := tellBirthday(calm)
	want, decided := calm.once("zoe"), calm.decisions("zoe")
	if len(want) != 4 || !strings.HasPrefix(want[0], "Happy birthday!") || want[2] != "Are you still there?" {
		t.Fatalf("the story without a death: %q", want)
	}
	everyDeath(t, silences, false, writes, tellBirthday, want, decided)
}
