package bot_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/relance-bot/relance/bot"
)

// policy is what the platform does about the Page's conduct.
func (w *world) policy(action string) bot.Event {
	e := w.event(bot.EventPolicy, "")
	e.Action, e.Text = action, "The Page sends what it should not."
	return e
}

func TestAPageThatThePlatformBarsRestsUntilItMaySendAgain(t *testing.T) {
	t.Parallel()
	w := newWorld(t, flagship)
	w.subscribes("max", "restock", "daily")
	w.does(w.policy("warning"))
	w.does(w.writes("ann", "bonjour"))
	w.expect("ann", "Bonjour !") // a warning stops nothing
	w.does(w.policy("block"))
	w.does(w.writes("zoe", "bonjour"))
	w.sells(back("1"))
	w.passes(30 * time.Minute)
	w.crash()
	w.passes(20 * time.Minute)
	w.expect("zoe")
	w.expect("max")
	w.does(w.policy("unblock"))
	w.passes(2 * time.Second)
	w.expect("zoe", "Bonjour !")
	w.passes(10 * time.Minute) // the notification has a place at the end of the hour
	w.expect("max", "La Gazelle en 42 est de retour !  [Stop]")
	if diff := cmp.Diff([]string{"policy", "policy", "policy"}, w.strays()); diff != "" {
		t.Errorf("what is kept (-want +got):\n%s", diff)
	}
	log := w.log.String()
	if !strings.Contains(log, "level=ERROR") || !strings.Contains(log, "bars the page") || strings.Contains(log, "should not") {
		t.Errorf("the log says it wrongly:\n%s", log)
	}
}

func TestAPageThatIsNeverLetGoIsTriedAfterAnHour(t *testing.T) {
	t.Parallel()
	w := newWorld(t, flagship)
	w.does(w.policy("block"))
	w.does(w.writes("zoe", "bonjour"))
	w.passes(59 * time.Minute)
	w.expect("zoe")
	w.passes(2 * time.Minute)
	w.expect("zoe", "Bonjour !")
}

func TestAStopThatIsEditedIntoAMessageCounts(t *testing.T) {
	t.Parallel()
	w := newWorld(t, flagship)
	w.subscribes("zoe", "restock", "daily")
	w.does(w.writes("zoe", "bonjour"))
	w.expect("zoe", "Bonjour !")
	edited := func(person, text string) bot.Event {
		e := w.event(bot.EventEdited, person)
		e.MID, e.Text, e.Edits = "m_1", text, 1
		return e
	}
	w.does(edited("zoe", "stock")) // a keyword: what was said is answered once
	w.stands("zoe", "restock", "active")
	w.does(edited("zoe", "stop"))
	w.stands("zoe", "restock", "stopped")
	w.expect("zoe") // an edit opens no window
	w.does(edited("max", "stop"))
	if known := w.known(); len(known) != 1 {
		t.Errorf("%d people are known, want nobody by an edit: %v", len(known), known)
	}
	if diff := cmp.Diff([]string{"edited"}, w.strays()); diff != "" {
		t.Errorf("what is kept (-want +got):\n%s", diff)
	}
}

func TestWhatPeopleRateIsAnOutcomeOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t, flagship)
	w.does(w.writes("zoe", "bonjour"))
	form := w.event(bot.EventFeedback, "zoe")
	form.Ratings = []bot.Rating{
		{Question: "visit", Type: "csat", Value: "4"}, {Question: "visit", Type: bot.RatingText, Value: "Clothilde"}, {Question: "response", Type: "response", Value: "Good"},
	}
	w.does(form)
	w.does(form)
	w.crash()
	w.does(form)
	var got []string
	for _, o := range w.outcomes(bot.OutcomeRated) {
		got = append(got, fmt.Sprint(o.Name, " ", o.Variant, " ", o.Value))
	}
	if diff := cmp.Diff([]string{"response Good 0", "visit 4 4"}, got); diff != "" {
		t.Errorf("outcomes (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"feedback"}, w.strays()); diff != "" {
		t.Errorf("what they wrote is for people to read (-want +got):\n%s", diff)
	}
	w.forgets("zoe")
	w.gone("zoe")
}

func TestWhatHasNoConsequenceIsKeptUnderItsKind(t *testing.T) {
	t.Parallel()
	w := newWorld(t, flagship)
	w.does(w.writes("zoe", "bonjour"))
	w.expect("zoe", "Bonjour !")
	kinds := []bot.EventKind{
		bot.EventUnsent, bot.EventUnreacted, bot.EventLink, bot.EventAsked, bot.EventRoles, bot.EventLead, bot.EventOrder, bot.EventCoupon,
		bot.EventGame, bot.EventTemplate,
	}
	var want []string
	for _, kind := range kinds {
		person := "zoe"
		if kind.AboutPage() {
			person = ""
		}
		w.does(w.event(kind, person))
		want = append(want, string(kind))
	}
	if diff := cmp.Diff(want, w.strays()); diff != "" {
		t.Errorf("what is kept (-want +got):\n%s", diff)
	}
	w.expect("zoe") // nothing of it is answered
}

func TestNoEchoIsAnswered(t *testing.T) {
	t.Parallel()
	w := newWorld(t, flagship)
	w.does(w.writes("zoe", "bonjour"))
	w.expect("zoe", "Bonjour !")
	for i, app := range []string{"", "263902037430900", "1517776481860111"} {
		for j, text := range []string{"stock", "bonjour", "stop"} { // keywords of the bot, and a stop
			e := w.event(bot.EventEcho, "zoe")
			e.App, e.Text, e.MID = app, text, fmt.Sprint("echo-", i, j)
			e.Key = "echo:" + e.MID
			w.does(e)
		}
	}
	w.passes(time.Hour)
	w.expect("zoe")
	if n := len(w.home.all()); n != 1 {
		t.Errorf("%d messages were sent, want the one that answers the person", n)
	}
}

// TestAQuestionThatWasNotShownWaitsForNoAnswer is of a stop that is only overheard: what its flow
// asks cannot be said then.
func TestAQuestionThatWasNotShownWaitsForNoAnswer(t *testing.T) {
	t.Parallel()
	w := newWorld(t, with(flagship, "flows/bye.yaml", "triggers:\n  - opted_out: restock\nsteps:\n  - ask: Pourquoi ?\n    save: why\n  - say: Merci.\n"))
	w.subscribes("zoe", "restock", "daily")
	w.does(w.writes("zoe", "bonjour"))
	w.ignore("zoe")
	stop := w.event(bot.EventEdited, "zoe")
	stop.MID, stop.Text, stop.Edits = "m_1", "stop", 1
	w.does(stop)
	w.stands("zoe", "restock", "stopped")
	w.expect("zoe")
	w.does(w.writes("zoe", "bonjour"))
	w.expect("zoe", "Pourquoi ?")
	w.does(w.writes("zoe", "trop cher"))
	w.expect("zoe", "Merci.")
}
