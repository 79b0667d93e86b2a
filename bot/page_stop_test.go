package bot_test

import (
	"context"
	"testing"
	"time"

	"github.com/relance-bot/relance/bot"
	"github.com/relance-bot/relance/flows"
)

// wideLane is a lane whose permits are for the whole Page.
type wideLane struct{ tokenLane }

func (wideLane) Traits() bot.LaneTraits  { return bot.LaneTraits{Wide: true} }
func (wideLane) Asks(bot.LaneFacts) bool { return true }

// newWide is a world in which zoe agrees to the news, and to the whole Page on the platform.
func newWide(t *testing.T) *world {
	w := newWorld(t, flagship, newPlatform("1", wideLane{tokenLane{name: "recurring"}}))
	w.meets("zoe", flows.Contact{FirstName: "Zoé"})
	w.takesOver("nouveautes")
	w.settle()
	return w
}

// takesOver imports a yes of zoe, of this moment; the token is the Page's.
func (w *world) takesOver(topic string) {
	w.t.Helper()
	s := bot.Subscription{Topic: topic, At: w.clock.Now(), Wording: topic, Permit: &bot.Permit{Lane: "recurring", Token: "page"}}
	if topic == "restock" {
		s.Interest = map[string]any{"model": "Gazelle", "size": 42}
	}
	if err := w.bot.Import(context.Background(), w.id("zoe"), s); err != nil {
		w.t.Fatal(err)
	}
}

// ofPage is the platform's switch for everything of the Page.
func (w *world) ofPage(kind bot.EventKind) bot.Event {
	e := w.event(kind, "zoe")
	e.Permit = &bot.Permit{Lane: "recurring", Token: "page"}
	return e
}

func TestAStopOfTheWholePageHoldsForTopicsAgreedToLater(t *testing.T) {
	t.Parallel()
	w := newWide(t)
	w.does(w.ofPage(bot.EventStop))
	w.stands("zoe", "nouveautes", bot.StatusStopped)
	w.passes(time.Hour)
	w.takesOver("restock")
	w.stands("zoe", "restock", bot.StatusStopped)
	w.settle()
	w.sells(back("1"))
	w.expect("zoe")
	w.does(w.writes("zoe", "stock")) // nor may she be asked
	w.does(w.taps("zoe", "42"))
	w.expect("zoe", "Quelle pointure cherches-tu ?  [41] [42]", "Pas de souci.")
	w.crash()
	w.passes(time.Hour)
	w.does(w.ofPage(bot.EventResume))
	w.stands("zoe", "nouveautes", bot.StatusActive)
	w.takesOver("restock")
	w.stands("zoe", "restock", bot.StatusActive)
}

func TestAYesOnThePlatformEndsItsStopOfTheWholePage(t *testing.T) {
	t.Parallel()
	w := newWide(t)
	w.does(w.ofPage(bot.EventStop))
	w.passes(time.Hour)
	yes := w.ofPage(bot.EventOptIn)
	yes.Permit.Topic = "nouveautes"
	w.does(yes)
	w.stands("zoe", "nouveautes", bot.StatusActive)
	w.takesOver("restock")
	w.stands("zoe", "restock", bot.StatusActive)
}

// The platform may tell of the stop behind the yes that followed it.
func TestAStopOfTheWholePageThatComesLateBarsNothing(t *testing.T) {
	t.Parallel()
	w := newWide(t)
	stop := w.ofPage(bot.EventStop)
	w.passes(time.Hour)
	yes := w.ofPage(bot.EventOptIn)
	yes.Permit.Topic = "nouveautes"
	w.does(yes, stop)
	w.takesOver("restock")
	w.stands("zoe", "restock", bot.StatusActive)
}

// A refusal is all that some platforms say of it.
func TestARefusalForAStopOfTheWholePageStopsEveryTopic(t *testing.T) {
	t.Parallel()
	w := newWide(t)
	w.takesOver("restock")
	w.settle()
	w.home.refuses(1, bot.ClassStopped)
	w.sells(back("1"))
	w.stands("zoe", "restock", bot.StatusStopped)
	w.stands("zoe", "nouveautes", bot.StatusStopped)
}

func TestWhoAgreesAgainIsNotUnsubscribedByTheirEarlierStop(t *testing.T) {
	t.Parallel()
	w := newWide(t)
	ends := func(d bot.Delivery) bool { return d.Control == bot.ControlUnsubscribe }
	w.home.answers(1, ends, bot.Outcome{Status: bot.Refused, Class: bot.ClassTransient, RetryAfter: time.Minute}, false)
	w.does(w.writes("zoe", "stop"))
	w.stands("zoe", "nouveautes", bot.StatusStopped)
	w.passes(10 * time.Second)
	again := w.event(bot.EventOptIn, "zoe")
	again.Permit = &bot.Permit{Lane: "recurring", Token: "page", Topic: "nouveautes"}
	w.does(again)
	w.stands("zoe", "nouveautes", bot.StatusActive)
	w.passes(time.Hour)
	if n := len(w.controls()); n != 1 {
		t.Errorf("it was tried %d times", n)
	}
	for _, made := range w.home.all() {
		if ends(made.Delivery) && made.shown {
			t.Error("the platform was told that she wants nothing any more")
		}
	}
}

func TestWhoIsForgottenInTheChatIsUnsubscribedFromThePage(t *testing.T) {
	t.Parallel()
	w := newWorld(t, settings, newPlatform("1", wideLane{tokenLane{name: "recurring"}}))
	w.meets("zoe", flows.Contact{FirstName: "Zoé"})
	w.takesOver("nouveautes")
	ends := func(d bot.Delivery) bool { return d.Control == bot.ControlUnsubscribe }
	w.home.answers(1, ends, bot.Outcome{Status: bot.Refused, Class: bot.ClassTransient, RetryAfter: time.Minute}, false)
	w.leaves("zoe")
	w.does(w.taps("zoe", "Oui, efface tout"))
	w.crash()
	w.passes(time.Hour)
	wantControls(t, w, "unsubscribe ", "unsubscribe ")
	w.gone("zoe")
	w.meets("max", flows.Contact{})
	w.leaves("max") // who gave none has none to give up
	w.does(w.taps("max", "Oui, efface tout"))
	wantControls(t, w, "unsubscribe ", "unsubscribe ")
}

// The platform shows a request once a week, and the one above was accepted before.
func TestWhoStoppedThePageIsNotPointedToARequestThatWasAccepted(t *testing.T) {
	t.Parallel()
	w := newWorld(t, flagship, newPlatform("1", wideLane{tokenLane{name: "recurring"}}))
	w.meets("zoe", flows.Contact{FirstName: "Zoé"})
	watches := func() {
		w.does(w.writes("zoe", "stock"))
		w.does(w.taps("zoe", "42"))
	}
	watches()
	w.does(w.accepts("zoe"))
	w.stands("zoe", "restock", bot.StatusActive)
	w.passes(time.Hour)
	w.does(w.writes("zoe", "stop"))
	w.ignore("zoe")
	w.passes(time.Hour)
	watches()
	w.expect("zoe", "Quelle pointure cherches-tu ?  [41] [42]", "Je ne peux le demander qu'une fois par semaine. Réécris-moi dans quelques jours.", "Pas de souci.")
	w.passes(8 * day)
	watches()
	w.ignore("zoe")
	w.does(w.accepts("zoe"))
	w.stands("zoe", "restock", bot.StatusActive)
}
