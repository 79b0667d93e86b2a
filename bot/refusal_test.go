package bot_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/relance-bot/relance/bot"
)

// gaps are the times between one try and the next.
func gaps(tries []post) []time.Duration {
	var out []time.Duration
	for i := 1; i < len(tries); i++ {
		out = append(out, tries[i].at.Sub(tries[i-1].at))
	}
	return out
}

func TestAMessageRefusedForAMomentIsTriedAgain(t *testing.T) {
	t.Parallel()
	for _, class := range []bot.Class{bot.ClassTransient, bot.ClassBackoff} {
		t.Run(class.String(), func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, flagship)
			w.subscribes("max", "restock", "daily")
			w.home.refuses(4, class)
			w.does(w.writes("zoe", "bonjour"))
			w.passes(10 * time.Minute)
			w.expect("zoe", "Bonjour !")
			waits := gaps(w.home.all())
			if len(waits) != 4 || waits[0] < 200*time.Millisecond || waits[0] > 20*time.Second || !slices.IsSorted(waits) || waits[3] < 2*waits[0] {
				t.Errorf("waited %v: want 0.2 to 20 s first, and longer each time", waits)
			}
			w.home.refuses(2, class)
			w.sells(back("1"))
			w.passes(time.Minute)
			w.expect("max", "La Gazelle en 42 est de retour !  [Stop]")
			w.decided("max", "sent lane=recurring")
		})
	}
}

func TestAMessageRefusedAgainAndAgainIsGivenUp(t *testing.T) {
	t.Parallel()
	w := newWorld(t, flagship)
	w.subscribes("max", "restock", "daily")
	w.home.answers(always, saying("Gazelle"), bot.Outcome{Status: bot.Refused, Class: bot.ClassTransient, Code: "2"}, false)
	w.home.answers(always, saying("Bonjour"), bot.Outcome{Status: bot.Refused, Class: bot.ClassTransient, Code: "2"}, false)
	w.sells(back("1"))
	w.does(w.writes("zoe", "bonjour"))
	w.passes(4 * time.Hour)
	tries := len(w.home.all())
	if tries < 8 || tries > 40 {
		t.Errorf("%d tries of two messages in 4 hours, want some, and an end", tries)
	}
	w.passes(day)
	if more := len(w.home.all()); more != tries {
		t.Errorf("%d more tries on the next day", more-tries)
	}
	w.decided("max", "failed rule=lane lane=recurring")
	w.home.heals()
	w.sells(back("2"))
	w.decided("max", "failed rule=lane lane=recurring", "sent lane=recurring")
}

func TestTheConversationDoesNotWaitForANotificationThatIsRetried(t *testing.T) {
	t.Parallel()
	w := newWorld(t, flagship)
	w.subscribes("zoe", "restock", "daily")
	w.home.answers(always, saying("Gazelle"), bot.Outcome{Status: bot.Refused, Class: bot.ClassTransient, Code: "2"}, false)
	w.sells(back("1"))
	w.passes(10 * time.Minute)
	w.does(w.writes("zoe", "bonjour"))
	w.passes(time.Second)
	w.expect("zoe", "Bonjour !")
}

func TestAClosedWindowSendsANotificationByTheNextLane(t *testing.T) {
	t.Parallel()
	w := newWorld(t, flagship)
	w.subscribes("zoe", "restock", "daily")
	w.does(w.writes("zoe", "bonjour"))
	w.ignore("zoe")
	w.home.answers(1, saying("Gazelle"), bot.Outcome{Status: bot.Refused, Class: bot.ClassWindow, Code: "10/2018278"}, false)
	w.sells(back("1"))
	w.expect("zoe", "La Gazelle en 42 est de retour !  [Stop]")
	w.decided("zoe", "sent lane=recurring")
	if tries := w.home.all(); tries[1].Lane != "window" || tries[2].Lane != "recurring" || tries[2].Token == "" || tries[1].ID != tries[2].ID {
		t.Errorf("tries %v, want the window first, then the recurring lane with its token", tries[1:])
	}
}

func TestALaneThatMustRestHoldsTheNotification(t *testing.T) {
	t.Parallel()
	w := newWorld(t, flagship)
	w.subscribes("zoe", "restock", "daily")
	w.home.answers(1, anything, bot.Outcome{Status: bot.Refused, Class: bot.ClassTooSoon, Code: "4/2018354", RetryAfter: 3 * time.Hour}, false)
	w.sells(back("1"))
	w.decided("zoe", "held rule=lane next=2026-03-27 21:00")
	w.passes(3*time.Hour + time.Second)
	w.expect("zoe", "La Gazelle en 42 est de retour !  [Stop]")
	w.decided("zoe", "sent lane=recurring")
}

func TestAPermitThatIsUsedUpIsDroppedAndTheNotificationWaitsForAnother(t *testing.T) {
	t.Parallel()
	w := newWorld(t, flagship)
	w.does(w.writes("zoe", "stock"))
	w.does(w.taps("zoe", "42"))
	w.does(w.accepts("zoe"))
	w.ignore("zoe")
	w.passes(2 * day)
	w.home.answers(1, anything, bot.Outcome{Status: bot.Refused, Class: bot.ClassPermit, Code: "100"}, false)
	w.sells(back("1"))
	w.decided("zoe", "held rule=lane")
	again := w.accepts("zoe")
	again.Permit.Token = "another"
	w.does(again)
	w.decided("zoe", "sent lane=recurring")
	if tries := w.home.all(); tries[len(tries)-1].Token != "another" {
		t.Errorf("sent with token %q", tries[len(tries)-1].Token)
	}
}

func TestAStopThatOnlyARefusalTellsCounts(t *testing.T) {
	t.Parallel()
	w := newWorld(t, flagship)
	w.subscribes("zoe", "restock", "daily")
	w.home.answers(1, anything, bot.Outcome{Status: bot.Refused, Class: bot.ClassStopped, Code: "10/1893015"}, false)
	w.sells(back("1"), back("2"))
	w.stands("zoe", "restock", "stopped")
	w.decided("zoe", "failed rule=consent lane=recurring")
	w.passes(day)
	w.expect("zoe")
}

func TestNobodyUnreachableIsTriedUntilTheyWrite(t *testing.T) {
	t.Parallel()
	w := newWorld(t, flagship)
	w.subscribes("zoe", "restock", "daily")
	w.home.answers(1, anything, bot.Outcome{Status: bot.Refused, Class: bot.ClassUnreachable, Code: "551"}, false)
	w.sells(back("1"))
	w.decided("zoe", "failed rule=reachable lane=recurring")
	w.passes(2 * day)
	w.sells(back("2"))
	w.decided("zoe", "failed rule=reachable lane=recurring", "held rule=reachable")
	if n := len(w.home.all()); n != 1 {
		t.Fatalf("%d tries, want 1", n)
	}
	w.does(w.writes("zoe", "bonjour"))
	w.expect("zoe", "Bonjour !", "La Gazelle en 42 est de retour !  [Stop]")
	w.decided("zoe", "failed rule=reachable lane=recurring", "sent lane=window")
}

func TestAMessageThatCannotBeSentAsItIsFails(t *testing.T) {
	t.Parallel()
	for _, class := range []bot.Class{bot.ClassContent, bot.ClassOperator} {
		w := newWorld(t, parrot)
		w.subscribes("zoe", "restock", "daily")
		w.home.answers(1, saying("Gazelle"), bot.Outcome{Status: bot.Refused, Class: class, Code: "100"}, false)
		w.sells(back("1"))
		if got := w.decisions("zoe"); len(got) != 1 || !strings.HasPrefix(got[0], "failed") {
			t.Errorf("%s: %q, want failed", class, got)
		}
		w.home.answers(1, saying("Say something"), bot.Outcome{Status: bot.Refused, Class: class, Code: "100"}, false)
		w.does(w.writes("zoe", "hello"))
		w.does(w.writes("zoe", "one"))
		w.expect("zoe", "one!", "Say something.")
		w.passes(day)
		if n := len(w.home.all()); n != 4 {
			t.Errorf("%s: %d tries, want each message once", class, n)
		}
	}
}

// TestACampaignForWhichAPermissionIsMissingFillsNoLog: what is to be set is said once.
func TestACampaignForWhichAPermissionIsMissingFillsNoLog(t *testing.T) {
	t.Parallel()
	w := newWorld(t, flagship)
	const people = 30
	for i := range people {
		w.subscribes(fmt.Sprint("p", i), "restock", "daily")
	}
	w.home.answers(people, anything, bot.Outcome{Status: bot.Refused, Class: bot.ClassOperator, Code: "10"}, false)
	w.sells(back("1"))
	w.passes(time.Minute)
	if n := len(w.home.all()); n != people {
		t.Errorf("%d tries, want %d", n, people)
	}
	if n := strings.Count(w.log.String(), "wants a setting changed"); n != 1 {
		t.Errorf("it is logged %d times, want once", n)
	}
}

func TestAThreadThatAnotherAppHasIsGivenTime(t *testing.T) {
	t.Parallel()
	w := newWorld(t, flagship)
	w.subscribes("zoe", "restock", "daily")
	w.home.answers(1, saying("Gazelle"), bot.Outcome{Status: bot.Refused, Class: bot.ClassThread, Code: "10/2018300"}, false)
	w.sells(back("1"))
	if got := w.decisions("zoe"); len(got) != 1 || !strings.HasPrefix(got[0], "held rule=thread next=") {
		t.Errorf("%q, want held rule=thread with a next chance", got)
	}
	w.passes(day)
	w.expect("zoe", "La Gazelle en 42 est de retour !  [Stop]")
}

func TestARefusedNotificationDoesNotCountForCadence(t *testing.T) {
	t.Parallel()
	w := newWorld(t, flagship)
	w.subscribes("zoe", "restock", "monthly")
	w.home.answers(1, anything, bot.Outcome{Status: bot.Refused, Class: bot.ClassContent, Code: "100"}, false)
	w.sells(back("1"))
	w.sells(back("2"))
	w.expect("zoe", "La Gazelle en 42 est de retour !  [Stop]")
}

func TestARetryIntoAnotherDayDoesNotForgetWhatWasDecidedSince(t *testing.T) {
	t.Parallel()
	w := newWorld(t, flagship)
	w.until(paris(t, "2026-03-27 23:59").Add(50 * time.Second))
	w.subscribes("zoe", "restock", "daily")
	w.home.answers(4, saying("Gazelle"), bot.Outcome{Status: bot.Refused, Class: bot.ClassTransient, Code: "2"}, false)
	w.sells(back("1")) // tried until 00:00:07
	w.until(paris(t, "2026-03-28 00:00").Add(2 * time.Second))
	w.sells(back("2"))
	w.until(paris(t, "2026-03-28 23:00"))
	w.expect("zoe", "La Gazelle en 42 est de retour !  [Stop]")
	w.passes(2 * day)
	w.expect("zoe", "La Gazelle en 42 est de retour !  [Stop]")
}

func TestARefusedNotificationLetsItsLaneRestNoLonger(t *testing.T) {
	t.Parallel()
	w := newWorld(t, flagship, newPlatform("1", tokenLane{name: "recurring", rest: 48 * time.Hour}))
	w.subscribes("zoe", "restock", "daily")
	w.home.answers(1, anything, bot.Outcome{Status: bot.Refused, Class: bot.ClassContent, Code: "100"}, false)
	w.sells(back("1"))
	w.sells(back("2"))
	w.expect("zoe", "La Gazelle en 42 est de retour !  [Stop]")
}

func TestAnEchoProvesWhatARefusalDenied(t *testing.T) {
	t.Parallel()
	w := newWorld(t, flagship)
	w.subscribes("zoe", "restock", "daily")
	w.home.answers(1, anything, bot.Outcome{Status: bot.Refused, Class: bot.ClassContent, Code: "100"}, true)
	w.sells(back("1"))
	w.decided("zoe", "failed rule=render lane=recurring")
	w.passes(time.Minute)
	w.does(w.echo(w.home.all()[0]))
	w.decided("zoe", "sent lane=recurring")
	w.sells(back("2"))
	w.decided("zoe", "sent lane=recurring", "held rule=cadence next=2026-03-28 18:01")
}

func TestAStopOnThePlatformIsNoNewerThanTheMessageThatMetIt(t *testing.T) {
	t.Parallel()
	w := newWorld(t, flagship)
	w.subscribes("zoe", "restock", "daily")
	w.home.answers(1, anything, bot.Outcome{Status: bot.Refused, Class: bot.ClassStopped, Code: "10/1893015"}, false)
	w.home.onSend = func(bot.Delivery) { w.jump(5 * time.Second) }
	w.sells(back("1"))
	w.home.onSend = nil
	w.stands("zoe", "restock", "stopped")
	// She switched it on again while the platform refused; that comes late.
	w.does(w.ago(w.switches(bot.EventResume, "zoe", "restock"), 2*time.Second))
	w.stands("zoe", "restock", "active")
}

func TestAReplyIsTriedAgainWhenThePersonIsBack(t *testing.T) {
	t.Parallel()
	w := newWorld(t, parrot)
	w.does(w.writes("zoe", "hello"))
	w.ignore("zoe")
	w.home.answers(6, saying("one!"), bot.Outcome{Status: bot.Refused, Class: bot.ClassTransient, Code: "2"}, false)
	w.does(w.writes("zoe", "one"))
	w.passes(2 * time.Minute)
	w.expect("zoe")
	w.home.heals()
	w.does(w.writes("zoe", "two"))
	w.expect("zoe", "one!", "Say something.", "two!", "Say something.")
}
