package bot_test

import (
	"strings"
	"testing"
	"time"

	"github.com/relance-bot/relance/bot"
	"github.com/relance-bot/relance/flows"
	"github.com/relance-bot/relance/storage"
)

func TestAStopTakesBackWhatIsHeld(t *testing.T) {
	t.Parallel()
	w := newWorld(t, flagship)
	w.subscribes("zoe", "restock", "daily")
	w.sells(back("1"), back("2"))
	w.ignore("zoe")
	w.does(w.writes("zoe", "stop"))
	w.expect("zoe", "C'est fait : je ne t'écrirai plus de moi-même.")
	w.decided("zoe", "sent lane=recurring", "skipped rule=consent")
	w.passes(9 * day)
	w.expect("zoe")
}

// Somebody stops a topic on the platform, resumes it, and then says stop: the resume comes
// last, and says when it was done.
func TestAStopHoldsAgainstAResumeThatComesLate(t *testing.T) {
	t.Parallel()
	w := newWorld(t, flagship)
	w.subscribes("zoe", "restock", "daily")
	w.does(w.switches(bot.EventStop, "zoe", "restock"))
	resumed := w.switches(bot.EventResume, "zoe", "restock")
	w.passes(time.Minute)
	w.does(w.writes("zoe", "stop"))
	w.does(resumed)
	w.stands("zoe", "restock", "stopped")
	w.ignore("zoe")
	w.sells(back("1"))
	w.expect("zoe")
}

func TestAStopTakesBackWhatWaitsInTheOutbox(t *testing.T) {
	t.Parallel()
	w := newWorld(t, flagship)
	w.subscribes("zoe", "restock", "daily")
	w.home.refuses(1, bot.ClassTransient)
	w.sells(back("1"))
	w.decided("zoe", "sent lane=recurring")
	stop := w.event(bot.EventPostback, "zoe")
	stop.Payload = flows.Payload{OptOut: "restock"}.Encode()
	w.does(stop)
	w.passes(time.Hour)
	w.expect("zoe", "C'est fait : plus de messages « Ta pointure est de retour ».")
	w.decided("zoe", "skipped rule=consent")
}

func TestAStopTakesBackARequestThatWasNotShownYet(t *testing.T) {
	t.Parallel()
	w := newWorld(t, flagship)
	w.does(w.writes("zoe", "stock"))
	w.ignore("zoe")
	w.home.answers(1, requests, bot.Outcome{Status: bot.Refused, Class: bot.ClassTransient, Code: "2"}, false)
	w.does(w.writes("zoe", "42"))
	w.does(w.writes("zoe", "stop"))
	w.passes(time.Hour)
	w.expect("zoe", "C'est fait : je ne t'écrirai plus de moi-même.")
}

func TestTheConfirmationWaitsForWhatWasClaimed(t *testing.T) {
	t.Parallel()
	w := newWorld(t, flagship)
	w.subscribes("zoe", "restock", "daily")
	w.home.swallows(1, true)
	w.sells(back("1"))
	stop := w.event(bot.EventPostback, "zoe")
	stop.Payload = flows.Payload{OptOut: "restock"}.Encode()
	w.does(stop)
	w.ignore("zoe")
	w.passes(29 * time.Second)
	w.expect("zoe")
	w.passes(2 * time.Second)
	w.expect("zoe", "C'est fait : plus de messages « Ta pointure est de retour ».")
}

func TestAMessageTakenBackLeavesNoTraceInTheCadence(t *testing.T) {
	t.Parallel()
	w := newWorld(t, flagship)
	w.does(w.writes("zoe", "stock"))
	w.does(w.taps("zoe", "42"))
	w.does(w.accepts("zoe"))
	w.passes(2 * day)
	w.home.answers(3, saying("Gazelle"), bot.Outcome{Status: bot.Refused, Class: bot.ClassTransient, Code: "2"}, false)
	w.sells(back("1"))
	w.does(w.writes("zoe", "stop"))
	w.does(w.writes("zoe", "stock"))
	w.does(w.taps("zoe", "42"))
	w.passes(time.Hour)
	w.does(w.taps("zoe", "Oui"))
	w.stands("zoe", "restock", "active")
	w.ignore("zoe")
	w.passes(time.Hour)
	w.home.heals()
	w.sells(back("2"))
	w.expect("zoe", "La Gazelle en 42 est de retour !  [Stop]")
}

func TestConsentIsReadAgainWhenAMessageIsClaimed(t *testing.T) {
	t.Parallel()
	w := newWorld(t, flagship)
	w.subscribes("zoe", "restock", "daily")
	w.home.refuses(1, bot.ClassTransient)
	w.sells(back("1"))
	w.write(func(tx storage.Tx) error { // nothing but the record says so
		list, err := tx.Consents(w.id("zoe"))
		if err != nil {
			return err
		}
		list[0].Status = bot.StatusStopped
		return tx.PutConsent(list[0])
	})
	w.passes(time.Hour)
	w.expect("zoe")
	w.decided("zoe", "skipped rule=consent")
}

// orders is the flagship, whose shop also tells of orders.
var orders = with(flagship, "bot.yaml", strings.Replace(flagship["bot.yaml"], "events:\n", "events:\n  shipped: {order: text}\n", 1),
	"flows/shipped.yaml", "triggers:\n  - event: shipped\nsteps:\n  - wait: 1h\n  - say: En route !\n",
	"flows/bye.yaml", "triggers:\n  - opted_out: restock\nsteps:\n  - wait: 1s\n  - say: Au revoir.\n")

func TestAnEventOfTheShopSaysNothingToWhoHasStoppedEverything(t *testing.T) {
	t.Parallel()
	w := newWorld(t, orders)
	w.subscribes("zoe", "restock", "daily")
	w.does(w.writes("zoe", "stop"))
	w.passes(time.Minute)
	w.expect("zoe", "Au revoir.") // the answer to it takes its time
	w.sells(bot.ShopEvent{ID: "1", Name: "shipped", Data: map[string]any{"order": "77"}, Contact: w.id("zoe")})
	w.passes(2 * time.Hour)
	w.expect("zoe") // the window is open, and she was told that nothing more would come
	w.crash()
	w.does(w.writes("zoe", "bonjour"))
	w.expect("zoe", "En route !")
	w.sells(bot.ShopEvent{ID: "2", Name: "shipped", Data: map[string]any{"order": "78"}, Contact: w.id("zoe")})
	w.passes(2 * time.Hour)
	w.expect("zoe", "En route !")
}

// TestARequestThatIsTriedAgainIsNotShownBehindAStop is of a request for consent that a sender has
// when the person stops, or whose outcome nobody knows then.
func TestARequestThatIsTriedAgainIsNotShownBehindAStop(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name    string
		outcome bot.Outcome
		asks    string // how she is asked when she comes back
	}{
		{"refused for the moment", bot.Outcome{Status: bot.Refused, Class: bot.ClassTransient, Code: "2"}, "(opt-in) Ta pointure est de retour  [Non merci]"},
		{"never answered", bot.Outcome{Status: bot.Unknown, Code: "timeout"}, "Je peux t'écrire à propos de « Ta pointure est de retour » ?  [Oui] [Non]"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, flagship)
			w.does(w.writes("zoe", "stock"))
			w.ignore("zoe")
			w.home.answers(1, requests, c.outcome, false)
			w.home.onSend = func(d bot.Delivery) {
				if requests(d) {
					w.home.onSend = nil
					w.comes(w.writes("zoe", "stop"))
				}
			}
			w.does(w.writes("zoe", "42"))
			w.passes(time.Hour)
			w.expect("zoe", "C'est fait : je ne t'écrirai plus de moi-même.")
			w.stands("zoe", "restock", "stopped")
			w.does(w.writes("zoe", "stock"))
			w.does(w.writes("zoe", "42"))
			w.expect("zoe", "Quelle pointure cherches-tu ?  [41] [42]", c.asks)
		})
	}
}
