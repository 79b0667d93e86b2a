package bot_test

import (
	"context"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/relance-bot/relance/bot"
)

// counting tells how many events it is about.
var counting = with(flagship, "flows/back_in_stock.yaml", `
triggers:
  - event: restock
    topic: restock
    where: event.size == interest.size
steps:
  - say: "{{ len(events) }} : {{ event.model }}"
`)

func named(id, model string) bot.ShopEvent {
	e := back(id)
	e.Data["model"] = model
	return e
}

func TestHeldNotificationsGoAsOneMessage(t *testing.T) {
	t.Parallel()
	w := newWorld(t, counting)
	w.subscribes("zoe", "restock", "daily")
	w.sells(named("1", "Gazelle"))
	w.sells(named("2", "Samba"))
	w.passes(time.Minute)
	w.sells(named("3", "Spezial"))
	w.expect("zoe", "1 : Gazelle  [Stop]")
	w.decided("zoe", "sent lane=recurring", "held rule=cadence next=2026-03-28 18:00", "held rule=cadence next=2026-03-28 18:01")
	w.passes(day)
	w.expect("zoe", "2 : Spezial  [Stop]")
	w.decided("zoe", "sent lane=recurring", "sent lane=recurring", "sent lane=recurring")
	w.passes(3 * day)
	w.expect("zoe")
}

func TestHeldForQuietHoursAcrossTheSpringChange(t *testing.T) {
	t.Parallel()
	w := newWorld(t, with(flagship, "bot.yaml", flagship["bot.yaml"]+"quiet_hours: 21:00-08:00\n"))
	w.subscribes("zoe", "restock", "daily")
	w.until(paris(t, "2026-03-28 23:00"))
	w.sells(back("1"))
	w.decided("zoe", "held rule=quiet_hours next=2026-03-29 08:00")
	w.until(paris(t, "2026-03-29 07:59"))
	w.expect("zoe")
	w.until(paris(t, "2026-03-29 08:00"))
	w.expect("zoe", "La Gazelle en 42 est de retour !  [Stop]")
}

func TestHeldBecauseTheyAreInAConversation(t *testing.T) {
	t.Parallel()
	w := newWorld(t, flagship)
	w.subscribes("zoe", "restock", "daily")
	w.does(w.writes("zoe", "stock"))
	w.ignore("zoe")
	w.sells(back("1"))
	w.decided("zoe", "held rule=busy next=2026-03-27 18:10")
	w.passes(9 * time.Minute)
	w.does(w.writes("zoe", "41"))
	w.ignore("zoe")
	w.passes(2 * time.Minute)
	w.expect("zoe", "La Gazelle en 42 est de retour !  [Stop]")
	w.decided("zoe", "sent lane=window")
}

func TestHeldUntilALaneHasRested(t *testing.T) {
	t.Parallel()
	w := newWorld(t, flagship, newPlatform("1", tokenLane{name: "recurring", rest: 48 * time.Hour}))
	w.subscribes("zoe", "restock", "daily")
	w.sells(back("1"))
	w.passes(day)
	w.sells(back("2"))
	w.decided("zoe", "sent lane=recurring", "held rule=lane next=2026-03-29 19:00")
	w.passes(day)
	w.decided("zoe", "sent lane=recurring", "sent lane=recurring")
}

func TestARegionThatForbidsEveryLaneIsFinal(t *testing.T) {
	t.Parallel()
	shut := tokenLane{name: "recurring", shut: func(bot.LaneFacts) bool { return true }}
	w := newWorld(t, flagship, newPlatform("1", shut))
	w.subscribes("zoe", "restock", "daily")
	w.sells(back("1"))
	w.decided("zoe", "skipped rule=lane")
}

func TestALaneMayNeedNoPermit(t *testing.T) {
	t.Parallel()
	w := newWorld(t, flagship, newPlatform("1", freeLane{"utility"}))
	w.subscribes("zoe", "restock", "daily")
	w.sells(back("1"))
	w.decided("zoe", "sent lane=utility")
	w.expect("zoe", "La Gazelle en 42 est de retour !  [Stop]")
}

func TestWhatExpiresWhileHeldIsSkipped(t *testing.T) {
	t.Parallel()
	w := newWorld(t, with(flagship, "flows/back_in_stock.yaml", strings.Replace(flagship["flows/back_in_stock.yaml"],
		"    topic: restock", "    topic: restock\n    expires: 3h", 1)), newPlatform("1"))
	w.subscribes("zoe", "restock", "daily")
	w.sells(back("1"))
	w.decided("zoe", "held rule=lane") // no lane but the window
	w.passes(3 * time.Hour)
	w.decided("zoe", "held rule=lane")
	w.passes(time.Second)
	w.decided("zoe", "skipped rule=lane")
	w.does(w.writes("zoe", "bonjour"))
	w.expect("zoe", "Bonjour !")
}

func TestWhatExpiresInAMessageThatWaitsIsNotToldWithTheOthers(t *testing.T) {
	t.Parallel()
	w := newWorld(t, with(counting, "flows/back_in_stock.yaml", strings.Replace(counting["flows/back_in_stock.yaml"],
		"    topic: restock", "    topic: restock\n    expires: 26h", 1)))
	w.subscribes("zoe", "restock", "daily")
	w.sells(named("1", "Gazelle"))
	w.expect("zoe", "1 : Gazelle  [Stop]")
	w.sells(named("2", "Samba"))
	w.passes(20 * time.Hour)
	w.home.refuses(always, bot.ClassToken)
	w.sells(named("3", "Spezial")) // which would take the second along
	w.passes(7 * time.Hour)
	w.home.heals()
	w.passes(time.Hour)
	w.expect("zoe", "1 : Spezial  [Stop]")
	w.decided("zoe", "sent lane=recurring", "skipped rule=expired", "sent lane=recurring")
}

// Two go as one message, which the platform does not take until the person's night has begun
// and one of them is too late: the other still goes in the morning.
func TestWhatExpiresInAMessageThatWaitsDoesNotEndTheOthers(t *testing.T) {
	t.Parallel()
	files := with(counting, "bot.yaml", counting["bot.yaml"]+"quiet_hours: 21:00-08:00\n",
		"flows/back_in_stock.yaml", strings.Replace(counting["flows/back_in_stock.yaml"], "    topic: restock", "    topic: restock\n    expires: 26h", 1))
	w := newWorld(t, files)
	w.subscribes("zoe", "restock", "daily")
	w.sells(named("1", "Gazelle"))
	w.expect("zoe", "1 : Gazelle  [Stop]")
	w.passes(time.Hour)
	w.sells(named("9", "Samba")) // at 19:00
	w.until(paris(t, "2026-03-28 18:00").Add(-time.Minute))
	w.home.refuses(always, bot.ClassToken)
	w.passes(10 * time.Minute)
	w.sells(named("3", "Spezial"))        // and takes the second along, soon after it comes
	w.until(paris(t, "2026-03-28 21:30")) // where that is too late
	w.home.heals()
	w.passes(time.Hour)
	w.expect("zoe")
	w.until(paris(t, "2026-03-29 08:00"))
	w.expect("zoe", "1 : Spezial  [Stop]")
}

// What was held may go, and waits for the page's pace, when something comes that is not
// for the same people: that is no notification, then or later.
func TestWhatConcernsSomebodyElseDoesNotWaitAlong(t *testing.T) {
	t.Parallel()
	files := rated("20/s")
	files["flows/back_in_stock.yaml"] = regexp.MustCompile(`(?m)^    where:.*\n`).ReplaceAllString(files["flows/back_in_stock.yaml"], "") // so that everybody is asked
	w := newWorld(t, files)
	for i := range 60 {
		w.subscribes(person(i), "restock", "daily")
	}
	w.sells(back("1"), back("2"))
	w.passes(time.Minute)
	w.clock.Set(w.clock.Now().Add(25 * time.Hour)) // what was held is due at once
	other := back("3")
	other.Data["size"] = 38
	w.sells(other)
	w.passes(time.Minute)
	for i := range 60 {
		w.decided(person(i), "sent lane=recurring", "sent lane=recurring")
	}
}

func TestAChanceBeyondItsEndIsNone(t *testing.T) {
	t.Parallel()
	w := newWorld(t, with(flagship, "flows/back_in_stock.yaml", strings.Replace(flagship["flows/back_in_stock.yaml"],
		"    topic: restock", "    topic: restock\n    expires: 3h", 1)))
	w.subscribes("zoe", "restock", "daily")
	w.sells(back("1"), back("2"))
	w.decided("zoe", "sent lane=recurring", "skipped rule=cadence")
}

func TestAnInterestOfAOnceTopicEndsWithItsFirstNotification(t *testing.T) {
	t.Parallel()
	once := with(flagship, "bot.yaml", strings.Replace(flagship["bot.yaml"], "    interest: {model: text, size: number}",
		"    interest: {model: text, size: number}\n    once: true", 1))
	t.Run("sent", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, once)
		w.subscribes("zoe", "restock", "daily")
		w.sells(back("1"))
		w.passes(2 * day)
		w.sells(back("2"))
		w.expect("zoe", "La Gazelle en 42 est de retour !  [Stop]")
		w.decided("zoe", "sent lane=recurring")
		w.stands("zoe", "restock", "active")
	})
	t.Run("unknown", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, once)
		w.subscribes("zoe", "restock", "daily")
		w.home.swallows(1, false)
		w.sells(back("1"))
		w.passes(2 * day)
		w.sells(back("2"))
		w.decided("zoe", "unknown lane=recurring")
	})
	t.Run("agreed to again before the echo comes", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, once)
		w.subscribes("zoe", "restock", "daily")
		w.home.swallows(1, true)
		w.sells(back("1"))
		w.passes(day)
		w.subscribes("zoe", "restock", "daily")
		w.does(w.echo(w.home.all()[0]))
		w.passes(day)
		w.sells(back("2"))
		w.expect("zoe", "La Gazelle en 42 est de retour !  [Stop]", "La Gazelle en 42 est de retour !  [Stop]")
	})
	t.Run("with others in one message", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, once)
		w.subscribes("zoe", "restock", "daily")
		sized := func(id string, size float64) bot.ShopEvent {
			e := back(id)
			e.Data["size"] = size
			return e
		}
		for _, size := range []float64{40, 41} {
			err := w.bot.Import(context.Background(), w.id("zoe"), bot.Subscription{
				Topic: "restock", Cadence: "daily", At: w.clock.Now(), Wording: "restock", Interest: map[string]any{"model": "Gazelle", "size": size},
			})
			if err != nil {
				t.Fatal(err)
			}
		}
		w.sells(back("1"))
		w.sells(sized("2", 40))
		w.sells(sized("3", 41))
		w.passes(2 * day) // the two are held for a day, and go as one
		w.expect("zoe", "La Gazelle en 42 est de retour !  [Stop]", "La Gazelle en 41 est de retour !  [Stop]")
		w.sells(sized("4", 40), sized("5", 41))
		w.passes(2 * day)
		w.expect("zoe")
	})
	t.Run("refused", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, once)
		w.subscribes("zoe", "restock", "daily")
		w.home.answers(1, anything, bot.Outcome{Status: bot.Refused, Class: bot.ClassTooSoon, Code: "4/2018354"}, false)
		w.sells(back("1"))
		w.passes(day)
		w.expect("zoe", "La Gazelle en 42 est de retour !  [Stop]")
	})
}

func TestABudgetCountsEveryTopicAndMergedMessagesOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t, with(counting, "bot.yaml", flagship["bot.yaml"]+"budget: {max: 2, per: 48h}\n", "flows/monday.yaml", `
triggers:
  - cron: 0 9 * * *
    topic: nouveautes
    expires: 3d
steps:
  - say: Quoi de neuf
`, "bot.yaml", strings.Replace(flagship["bot.yaml"], "cadence: [weekly, monthly]", "cadence: [daily, weekly, monthly]", 1)+"budget: {max: 2, per: 48h}\n"))
	w.subscribes("zoe", "restock", "daily")
	w.subscribes("zoe", "nouveautes", "daily")
	w.sells(named("1", "Gazelle"), named("2", "Samba")) // 18:00: the first goes
	w.passes(day)                                       // 09:00: news; 18:00: the second would be the third in 48 hours
	w.expect("zoe", "1 : Gazelle  [Stop]", "Quoi de neuf  [Stop]")
	if got := w.decisions("zoe"); got[len(got)-1] != "held rule=budget next=2026-03-29 19:00" {
		t.Errorf("%q, want the second event held for the budget until the first is 48 hours old", got)
	}
	w.passes(day + time.Minute)
	w.expect("zoe", "1 : Samba  [Stop]")
}

func TestANotificationThatSaysNothingIsSkipped(t *testing.T) {
	t.Parallel()
	w := newWorld(t, with(flagship, "flows/back_in_stock.yaml", `
triggers:
  - event: restock
    topic: restock
steps:
  - if: event.size > 45
    then:
      - say: Enfin
`))
	w.subscribes("zoe", "restock", "daily")
	w.sells(back("1"))
	w.decided("zoe", "skipped rule=silent")
}

func TestAStepAfterANotificationWaitsForThePerson(t *testing.T) {
	t.Parallel()
	w := newWorld(t, with(flagship, "flows/back_in_stock.yaml", `
triggers:
  - event: restock
    topic: restock
steps:
  - say: La revoilà !
  - say: Tu la veux ?
`))
	w.subscribes("zoe", "restock", "daily")
	w.sells(back("1"))
	w.expect("zoe", "La revoilà !  [Stop]")
	w.passes(time.Hour)
	w.crash()
	w.does(w.writes("zoe", "👍"))
	w.expect("zoe", "Tu la veux ?")
}

func TestNothingGoesInTheLastSecondsOfTheWindow(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		left time.Duration
		lane string
	}{{6 * time.Second, "window"}, {5 * time.Second, "recurring"}, {0, "recurring"}} {
		w := newWorld(t, flagship)
		w.subscribes("zoe", "restock", "daily")
		w.does(w.writes("zoe", "bonjour"))
		w.passes(day - c.left)
		w.sells(back("1"))
		w.decided("zoe", "sent lane="+c.lane)
	}
}

func TestActsFromTheFutureOrThePast(t *testing.T) {
	t.Parallel()
	w := newWorld(t, flagship)
	future, past := w.writes("zoe", "bonjour"), w.writes("max", "bonjour")
	future.At, past.At = w.clock.Now().Add(30*day), time.Date(2016, 1, 1, 0, 0, 0, 0, time.UTC)
	w.does(future, past)
	w.expect("zoe", "Bonjour !")
	w.expect("max") // the window of 2016 is closed
	w.subscribes("zoe", "restock", "daily")
	w.passes(2 * day)
	w.sells(back("1"))
	w.decided("zoe", "sent lane=recurring")
	w.does(w.writes("max", "encore"))
	w.ignore("max")
	again := w.writes("max", "de loin")
	again.At = past.At
	w.does(again)
	w.expect("max", "Bonjour !") // an old act does not close what a newer one opened
}

func TestAnUnknownNotificationCountsForTheBudget(t *testing.T) {
	t.Parallel()
	w := newWorld(t, with(counting, "bot.yaml", strings.Replace(flagship["bot.yaml"], "cadence: [weekly, monthly]", "cadence: [daily, weekly, monthly]", 1)+
		"budget: {max: 1, per: 48h}\n", "flows/monday.yaml", strings.Replace(flagship["flows/monday.yaml"], "0 9 * * MON", "0 9 * * *", 1)))
	w.subscribes("zoe", "restock", "daily")
	w.subscribes("zoe", "nouveautes", "daily")
	w.home.swallows(1, false)
	w.sells(back("1"))
	w.until(paris(t, "2026-03-28 09:00"))
	w.decided("zoe", "unknown lane=recurring", "skipped rule=budget")
}

func TestAMessageThatWaitedCountsOnTheDayItGoes(t *testing.T) {
	t.Parallel()
	w := newWorld(t, flagship)
	w.subscribes("zoe", "restock", "daily")
	w.until(paris(t, "2026-03-27 23:59").Add(59*time.Second + 900*time.Millisecond))
	w.home.answers(1, anything, bot.Outcome{Status: bot.Refused, Class: bot.ClassTransient, Code: "2"}, false)
	w.sells(back("1"))
	w.passes(time.Second) // it goes at midnight
	w.expect("zoe", "La Gazelle en 42 est de retour !  [Stop]")
	w.until(paris(t, "2026-03-28 12:00"))
	w.sells(back("2"))
	w.expect("zoe")
}

func TestANotificationThatIsRetriedDoesNotStandInItsOwnWay(t *testing.T) {
	t.Parallel()
	w := newWorld(t, with(flagship, "bot.yaml", flagship["bot.yaml"]+"budget: {max: 1, per: 24h}\n"),
		newPlatform("1", tokenLane{name: "recurring", rest: 48 * time.Hour}))
	w.subscribes("zoe", "restock", "monthly")
	w.home.answers(6, anything, bot.Outcome{Status: bot.Refused, Class: bot.ClassTransient, Code: "2"}, false)
	w.sells(back("1"))
	w.passes(10 * time.Minute)
	w.expect("zoe", "La Gazelle en 42 est de retour !  [Stop]")
	w.decided("zoe", "sent lane=recurring")
}

func TestMergedNotificationsCountOnceForTheBudget(t *testing.T) {
	t.Parallel()
	w := newWorld(t, with(counting, "bot.yaml", flagship["bot.yaml"]+"budget: {max: 3, per: 96h}\n"))
	w.subscribes("zoe", "restock", "daily")
	w.sells(named("1", "Gazelle"), named("2", "Samba"), named("3", "Spezial"))
	w.passes(day + time.Minute)
	w.sells(named("4", "Forum"))
	w.passes(day)
	w.expect("zoe", "1 : Gazelle  [Stop]", "2 : Spezial  [Stop]", "1 : Forum  [Stop]")
}

// pauses lets a person pause everything until they say so.
func (w *world) pauses(person string) {
	w.t.Helper()
	w.does(w.writes(person, "réglages"))
	w.does(w.taps(person, "Pause"))
	w.does(w.taps(person, "Jusqu'à nouvel ordre"))
	w.does(w.taps(person, "Terminé"))
	w.ignore(person)
}

func TestWhatComesInAPauseWithoutAnEndGoesWhenThePersonResumes(t *testing.T) {
	t.Parallel()
	w := newWorld(t, settings)
	w.subscribes("zoe", "restock", "daily")
	w.pauses("zoe")
	w.sells(back("1"))
	w.decided("zoe", "held rule=consent")
	if got := w.why("zoe", ""); !strings.Contains(got, "until they say so. It goes as soon as that changes") {
		t.Errorf("why: %s", got)
	}
	if until := w.consent("zoe", "restock").SnoozedUntil; !until.IsZero() {
		t.Errorf("paused until %s, want no end", until)
	}
	receipt, err := w.bot.Receipt(context.Background(), w.id("zoe"))
	if err != nil {
		t.Fatal(err)
	}
	pause := receipt.Topics[0].Entries[len(receipt.Topics[0].Entries)-1]
	if !slices.Contains(pause.Behind(), bot.ReceiptFact{Name: "until", Value: "they say so"}) {
		t.Errorf("behind %q stands %v", pause.Says, pause.Behind())
	}
	w.passes(2 * day)
	w.crash()
	w.expect("zoe")
	w.does(w.writes("zoe", "réglages"))
	w.does(w.taps("zoe", "Reprendre"))
	w.ignore("zoe")
	w.does(w.taps("zoe", "Terminé"))
	w.passes(15 * time.Minute)
	w.expect("zoe", "C'est tout bon. À bientôt !", "La Gazelle en 42 est de retour !  [Stop]")
	w.pauses("zoe")
	w.passes(day)
	w.sells(back("2"))
	w.passes(8 * day) // it expires
	w.decided("zoe", "sent lane=window", "skipped rule=consent")
	w.expect("zoe")
}
