package bot_test

import (
	"testing"
	"time"

	"github.com/relance-bot/relance/bot"
	"github.com/relance-bot/relance/flows"
)

// ago gives an event an earlier time than its arrival.
func (w *world) ago(e bot.Event, d time.Duration) bot.Event {
	e.At = w.clock.Now().Add(-d)
	return e
}

// agreed is a world where zoe has said yes an hour ago.
func agreed(t *testing.T) *world {
	w := newWorld(t, flagship)
	w.does(w.writes("zoe", "stock"))
	w.does(w.taps("zoe", "42"))
	w.does(w.accepts("zoe"))
	w.passes(time.Hour)
	w.ignore("zoe")
	return w
}

func TestThePlatformsStopIsNotAnsweredAndItsResumeGivesEverythingBack(t *testing.T) {
	t.Parallel()
	w := agreed(t)
	w.does(w.switches(bot.EventStop, "zoe", "restock"))
	w.stands("zoe", "restock", "stopped")
	w.passes(time.Hour)
	w.does(w.switches(bot.EventResume, "zoe", "restock"))
	w.stands("zoe", "restock", "active")
	w.expect("zoe")
	w.passes(day)
	w.sells(back("1"))
	w.expect("zoe", "La Gazelle en 42 est de retour !  [Stop]")
}

func TestAStopThatIsOlderThanTheYesChangesNothing(t *testing.T) {
	t.Parallel()
	w := agreed(t)
	w.does(w.ago(w.switches(bot.EventStop, "zoe", "restock"), 2*time.Hour))
	w.stands("zoe", "restock", "active")
}

func TestAResumeThatIsOlderThanTheStopChangesNothing(t *testing.T) {
	t.Parallel()
	w := agreed(t)
	w.does(w.switches(bot.EventStop, "zoe", "restock"))
	w.does(w.ago(w.switches(bot.EventResume, "zoe", "restock"), 10*time.Minute))
	w.stands("zoe", "restock", "stopped")
}

func TestATapOnStopThatANewerYesHasOvertakenIsNotConfirmed(t *testing.T) {
	t.Parallel()
	w := agreed(t)
	w.sells(back("1"))
	w.ignore("zoe")
	w.does(w.ago(w.taps("zoe", "Stop"), 2*time.Hour))
	w.stands("zoe", "restock", "active")
	w.expect("zoe")
	w.does(w.ago(w.writes("zoe", "stop"), 2*time.Hour))
	w.stands("zoe", "restock", "active")
	w.expect("zoe")
	w.does(w.writes("zoe", "stop"))
	w.stands("zoe", "restock", "stopped")
	w.expect("zoe", "C'est fait : je ne t'écrirai plus de moi-même.")
}

func TestAnOlderTokenDoesNotReplaceANewerOne(t *testing.T) {
	t.Parallel()
	w := agreed(t)
	renewed := w.accepts("zoe")
	renewed.Permit.Token = "renewed"
	older := w.ago(w.accepts("zoe"), 30*time.Minute)
	older.Permit.Token = "older"
	w.does(renewed)
	w.does(older)
	w.passes(day)
	w.sells(back("1"))
	tries := w.home.all()
	if got := tries[len(tries)-1].Token; got != "renewed" {
		t.Errorf("sent with token %q, want the newer one", got)
	}
}

func TestAResumeDoesNotForgetThatTheLaneRests(t *testing.T) {
	t.Parallel()
	w := newWorld(t, flagship, newPlatform("1", tokenLane{name: "recurring", rest: 48 * time.Hour}))
	w.does(w.writes("zoe", "stock"))
	w.does(w.taps("zoe", "42"))
	w.does(w.accepts("zoe"))
	w.passes(25 * time.Hour)
	w.sells(back("1"))
	w.ignore("zoe")
	w.does(w.switches(bot.EventStop, "zoe", "restock"))
	w.does(w.switches(bot.EventResume, "zoe", "restock"))
	w.passes(day)
	w.sells(back("2"))
	w.expect("zoe")
}

func TestAnAdsAutomaticSubscriptionIsNoConsent(t *testing.T) {
	t.Parallel()
	w := newWorld(t, flagship)
	e := w.event(bot.EventOptIn, "zoe")
	e.Source, e.Permit = "ADS", &bot.Permit{Lane: "recurring", Token: "ad", Title: "Ta pointure est de retour"}
	w.does(e)
	w.stands("zoe", "restock", "")
}

func TestAnOptInIsFoundByItsTitle(t *testing.T) {
	t.Parallel()
	w := newWorld(t, flagship)
	e := w.event(bot.EventOptIn, "zoe")
	e.Source, e.Permit = "SHORTLINK", &bot.Permit{Lane: "recurring", Token: "link", Title: "Les nouveautés de la semaine"}
	w.does(e)
	w.stands("zoe", "nouveautes", "active")
	nowhere := w.event(bot.EventOptIn, "zoe")
	nowhere.Permit = &bot.Permit{Lane: "recurring", Token: "else", Title: "Something else"}
	w.does(nowhere)
	if got := w.strays(); len(got) != 1 {
		t.Errorf("strays %q, want the opt-in for no topic", got)
	}
}

// A webhook that failed is repeated, and then the yes behind a link comes after the stop
// that followed it.
func TestALateYesByALinkDoesNotUndoAStopOfEverything(t *testing.T) {
	t.Parallel()
	w := newWorld(t, flagship)
	yes := w.event(bot.EventOptIn, "zoe")
	yes.Source, yes.Permit = "SHORTLINK", &bot.Permit{Lane: "recurring", Token: "link", Title: "Les nouveautés de la semaine"}
	w.does(w.writes("zoe", "stop"))
	w.does(w.ago(yes, time.Minute))
	w.stands("zoe", "nouveautes", "stopped")
	w.does(w.ago(w.writes("zoe", "arrête"), time.Hour)) // later still comes an older stop
	again := w.event(bot.EventOptIn, "ann")
	again.Permit = yes.Permit
	w.does(w.ago(w.writes("ann", "stop"), time.Hour))
	w.does(w.ago(again, time.Minute))
	w.stands("ann", "nouveautes", "active")
}

func TestARequestThatIsAcceptedAfterAStopStillCounts(t *testing.T) {
	t.Parallel()
	w := agreed(t)
	w.does(w.writes("zoe", "stop"))
	w.passes(time.Minute)
	again := w.accepts("zoe")
	w.does(again)
	w.stands("zoe", "restock", "active")
}

func TestTwoYesesGiveHeldNotificationsOneChance(t *testing.T) {
	t.Parallel()
	w := newWorld(t, flagship, newPlatform("1", tokenLane{name: "recurring"}))
	w.subscribes("zoe", "restock", "daily")
	w.home.answers(1, anything, bot.Outcome{Status: bot.Refused, Class: bot.ClassPermit, Code: "100"}, false)
	w.sells(back("1"))
	w.decided("zoe", "held rule=lane")
	e := w.event(bot.EventOptIn, "zoe")
	e.Permit = &bot.Permit{Lane: "recurring", Token: "new", Title: "Ta pointure est de retour"}
	w.does(e)
	w.expect("zoe", "La Gazelle en 42 est de retour !  [Stop]")
	w.decided("zoe", "sent lane=recurring")
}

func TestAResumeThatChangesNothingStartsNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t, with(flagship, "flows/again.yaml", `
triggers:
  - opted_in: restock
steps:
  - say: Content de te revoir !
`))
	w.does(w.writes("zoe", "stock"))
	w.does(w.taps("zoe", "42"))
	w.does(w.accepts("zoe"))
	w.ignore("zoe")
	w.passes(time.Hour)
	w.does(w.ago(w.switches(bot.EventResume, "zoe", "restock"), 2*time.Hour))
	w.does(w.switches(bot.EventResume, "zoe", "restock"))
	w.expect("zoe")
	w.does(w.switches(bot.EventStop, "zoe", "restock"))
	w.passes(time.Minute)
	w.does(w.switches(bot.EventResume, "zoe", "restock"))
	w.expect("zoe", "Content de te revoir !")
}

func TestAnOptInIsFoundByTheTitleThatWasShown(t *testing.T) {
	t.Parallel()
	w := newWorld(t, with(flagship, "locales/en.yaml", "Ta pointure est de retour: Your size is back\n"))
	w.meets("zoe", flows.Contact{Locale: "en_US"})
	w.does(w.writes("zoe", "stock"))
	w.does(w.taps("zoe", "42"))
	w.expect("zoe", "Quelle pointure cherches-tu ?  [41] [42]", "(opt-in) Your size is back  [No thanks]")
	w.meets("zoe", flows.Contact{Locale: "fr_FR"})
	e := w.event(bot.EventOptIn, "zoe") // by the platform's link, or a payload that was lost
	e.Permit = &bot.Permit{Lane: "recurring", Token: "t", Title: "Your size is back"}
	w.does(e)
	w.stands("zoe", "restock", "active")
}

func TestAPermitWithoutConsentFreesWhatWasHeld(t *testing.T) {
	t.Parallel()
	w := newWorld(t, flagship)
	w.subscribes("zoe", "restock", "daily")
	w.home.answers(1, anything, bot.Outcome{Status: bot.Refused, Class: bot.ClassPermit, Code: "100"}, false)
	w.sells(back("1"))
	w.decided("zoe", "held rule=lane")
	e := w.event(bot.EventOptIn, "zoe")
	e.Source, e.Permit = "ADS", &bot.Permit{Lane: "recurring", Token: "ad", Title: "Ta pointure est de retour"}
	w.does(e)
	w.decided("zoe", "sent lane=recurring")
}
