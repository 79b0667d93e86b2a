package bot_test

import (
	"context"
	"strconv"
	"testing"
	"time"

	"github.com/relance-bot/relance/bot"
	"github.com/relance-bot/relance/storage"
)

func TestAReplyOfUnknownOutcomeIsSentOnceMoreUnderTheSameID(t *testing.T) {
	t.Parallel()
	w := newWorld(t, flagship)
	w.home.swallows(2, false)
	w.does(w.writes("zoe", "bonjour"))
	w.passes(29 * time.Second)
	if n := len(w.home.all()); n != 1 {
		t.Fatalf("%d tries after 29 s, want 1", n)
	}
	w.passes(2 * time.Second)
	w.passes(10 * time.Minute)
	tries := w.home.all()
	if len(tries) != 2 || tries[0].ID != tries[1].ID {
		t.Fatalf("tries %v, want two with one id", tries)
	}
}

func TestAnEchoCancelsTheResend(t *testing.T) {
	t.Parallel()
	for _, crash := range []bool{false, true} {
		w := newWorld(t, flagship)
		w.home.swallows(1, true)
		w.does(w.writes("zoe", "bonjour"))
		if crash {
			w.crash()
		}
		w.passes(20 * time.Second)
		w.does(w.echo(w.home.all()[0]))
		w.passes(time.Hour)
		w.expect("zoe", "Bonjour !")
	}
}

func TestAnEchoMayComeBeforeTheAnswer(t *testing.T) {
	t.Parallel()
	for _, o := range []bot.Outcome{
		{Status: bot.Accepted}, {Status: bot.Unknown}, {Status: bot.Refused, Class: bot.ClassTransient},
	} {
		w := newWorld(t, flagship)
		w.subscribes("zoe", "restock", "daily")
		w.home.onSend = func(d bot.Delivery) {
			e := w.event(bot.EventEcho, "zoe")
			e.Send, e.MID = d.ID, "early"
			w.comes(e)
		}
		w.home.answers(1, anything, o, true)
		w.sells(back("1"))
		w.home.onSend = nil
		w.passes(2 * time.Minute)
		w.expect("zoe", "La Gazelle en 42 est de retour !  [Stop]")
		w.decided("zoe", "sent lane=recurring")
	}
}

func TestALaterReplyWaitsForAnEarlierOneOfUnknownOutcome(t *testing.T) {
	t.Parallel()
	w := newWorld(t, parrot)
	w.does(w.writes("zoe", "hello"))
	w.ignore("zoe")
	w.home.swallows(1, false)
	w.does(w.writes("zoe", "one"))
	w.passes(5 * time.Second)
	w.does(w.writes("zoe", "two"))
	w.expect("zoe")
	w.passes(24 * time.Second)
	w.expect("zoe")
	w.passes(2 * time.Second)
	w.expect("zoe", "one!", "Say something.", "two!", "Say something.")
}

func TestALaterReplyWaitsNoLongerForAResend(t *testing.T) {
	t.Parallel()
	w := newWorld(t, parrot)
	w.does(w.writes("zoe", "hello"))
	w.ignore("zoe")
	w.home.answers(2, saying("one!"), bot.Outcome{Status: bot.Unknown, Code: "timeout"}, false)
	w.does(w.writes("zoe", "one"))
	w.does(w.writes("zoe", "two"))
	w.passes(31 * time.Second)
	w.expect("zoe", "Say something.", "two!", "Say something.")
}

// A reply that was sent twice, and is of unknown outcome for good, waits no more: its receipt
// was taken for that of the notification before it.
func TestTheReceiptOfAReplyGivenUpIsNotTakenForANotifications(t *testing.T) {
	t.Parallel()
	w := doubted(t)
	w.home.swallows(2, true)
	w.does(w.writes("zoe", "stop"))
	w.passes(31 * time.Second)
	w.passes(31 * time.Second)
	all := w.home.all()
	w.receives("zoe", all[len(all)-1].mid)
	w.decided("zoe", "unknown lane=recurring")
}

// doubted is somebody to whom a notification of unknown outcome went, that did not arrive.
func doubted(t *testing.T) *world {
	w := newWorld(t, flagship)
	w.subscribes("zoe", "restock", "daily")
	w.home.swallows(1, false)
	w.sells(back("1"))
	w.passes(time.Minute)
	return w
}

func (w *world) receives(person, mid string) {
	e := w.event(bot.EventDelivery, person)
	e.MIDs, e.Watermark = []string{mid}, w.clock.Now()
	w.does(e)
}

// Of a reply that was sent twice the platform has two ids, of which the answer tells one.
func TestTheReceiptOfAReplysFirstTryIsNotTakenForANotifications(t *testing.T) {
	t.Parallel()
	for what, o := range map[string]bot.Outcome{
		"accepted": {Status: bot.Accepted}, "refused": {Status: bot.Refused, Class: bot.ClassContent},
		"shown already": {Status: bot.Refused, Class: bot.ClassAskedSoon},
	} {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			w := doubted(t)
			w.home.swallows(1, true)
			w.home.answers(1, anything, o, false)
			w.does(w.writes("zoe", "stop"))
			first := w.home.all()[len(w.home.all())-1]
			w.passes(31 * time.Second)
			w.receives("zoe", first.mid)
			w.decided("zoe", "unknown lane=recurring")
		})
	}
}

func TestTheReceiptOfWhatOthersWroteIsNotTakenForANotifications(t *testing.T) {
	t.Parallel()
	w := doubted(t)
	e := w.event(bot.EventEcho, "zoe")
	e.MID = "of the page's people"
	w.does(e)
	w.receives("zoe", e.MID)
	w.decided("zoe", "unknown lane=recurring")
}

func TestANotificationOfUnknownOutcomeIsNeverRepeated(t *testing.T) {
	t.Parallel()
	w := newWorld(t, flagship)
	w.subscribes("zoe", "restock", "daily")
	w.home.swallows(1, false)
	w.sells(back("1"))
	w.decided("zoe", "unknown lane=recurring")
	w.crash()
	w.passes(time.Hour)
	w.sells(back("2"))
	w.decided("zoe", "unknown lane=recurring", "held rule=cadence next=2026-03-28 19:00")
	w.passes(3 * day)
	if n := len(w.home.all()); n != 2 {
		t.Fatalf("%d messages, want the first try and the second event", n)
	}
}

func TestAnEchoSettlesAnUnknownNotification(t *testing.T) {
	t.Parallel()
	for _, later := range []time.Duration{time.Second, time.Hour, 2 * day} {
		w := newWorld(t, flagship)
		w.subscribes("zoe", "restock", "daily")
		w.home.swallows(1, true)
		w.sells(back("1"))
		w.passes(later)
		w.does(w.echo(w.home.all()[0]))
		w.decided("zoe", "sent lane=recurring")
	}
}

func TestAReceiptSettlesAnUnknownNotification(t *testing.T) {
	t.Parallel()
	w := newWorld(t, flagship)
	w.subscribes("zoe", "restock", "daily")
	w.home.swallows(1, true)
	w.sells(back("1"))
	w.passes(time.Minute)
	w.does(w.receipt("zoe", w.home.all()[0].mid))
	w.decided("zoe", "sent lane=recurring")
	list, err := w.bot.Decisions(context.Background(), w.id("zoe"), "", 1)
	if err != nil || len(list) != 1 || list[0].Delivered.IsZero() {
		t.Errorf("decision %v (%v), want a time of delivery", list, err)
	}
}

func TestAReceiptOfAnotherMessageSettlesNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t, flagship)
	w.subscribes("zoe", "restock", "daily")
	early := w.receipt("zoe", "of a person at the inbox")
	early.Watermark = w.clock.Now().Add(-time.Minute)
	w.home.swallows(1, false)
	w.sells(back("1"))
	w.does(early)
	w.decided("zoe", "unknown lane=recurring")

	w.home.swallows(1, false)
	w.does(w.writes("max", "bonjour"))
	w.does(w.receipt("max", "of a person at the inbox"))
	w.passes(31 * time.Second)
	w.expect("max", "Bonjour !") // a reply is sent again all the same: better twice than never
}

// TestAReceiptOfBeforeItWasSentSettlesNothing lets a reply come twice whose first answer
// was lost, and a notification wait behind it: what reached the person then was the reply.
func TestAReceiptOfBeforeItWasSentSettlesNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t, flagship)
	w.subscribes("zoe", "restock", "daily")
	w.home.swallows(1, true)
	w.does(w.writes("zoe", "bonjour"))
	w.passes(time.Second)
	w.sells(back("1"))
	w.passes(time.Second)
	receipt := w.receipt("zoe", w.home.all()[0].mid)
	w.home.answers(1, saying("Gazelle"), bot.Outcome{Status: bot.Unknown, Code: "timeout"}, false)
	w.passes(time.Minute)
	w.does(receipt)
	w.decided("zoe", "unknown lane=window")
}

// TestAReceiptOfAReplyThatIsToComeAgainSettlesNothingElse lets a notification get lost, and
// then a reply arrive whose answer is lost: until it is sent again it is nobody's guess.
func TestAReceiptOfAReplyThatIsToComeAgainSettlesNothingElse(t *testing.T) {
	t.Parallel()
	w := newWorld(t, flagship)
	w.subscribes("zoe", "restock", "daily")
	w.home.swallows(1, false)
	w.sells(back("1"))
	w.passes(time.Minute)
	w.home.swallows(1, true)
	w.home.refuses(1, bot.ClassToken)
	w.does(w.writes("zoe", "stop"))
	receipt := w.receipt("zoe", w.home.all()[1].mid)
	w.passes(31 * time.Second)
	w.does(receipt)
	w.decided("zoe", "unknown lane=recurring")
}

func TestAChannelThatPanicsLeavesTheOutcomeUnknown(t *testing.T) {
	t.Parallel()
	w := newWorld(t, flagship)
	w.subscribes("zoe", "restock", "daily")
	w.home.onSend = func(bot.Delivery) { panic("oh no") }
	w.comes(w.writes("max", "bonjour"))
	w.sells(back("1"))
	w.home.onSend = nil
	w.passes(time.Minute)
	w.expect("max", "Bonjour !")
	w.expect("zoe")
	w.decided("zoe", "unknown lane=recurring")
}

func TestAnOutcomeThatCouldNotBeStoredIsStoredLater(t *testing.T) {
	t.Parallel()
	w := newWorld(t, flagship)
	w.down()
	var fault *flaky
	w.wrap = func(s storage.Store) storage.Store { fault = &flaky{Store: s}; return fault }
	w.open()
	w.home.onSend = func(bot.Delivery) { fault.fails("-") }
	w.comes(w.writes("zoe", "bonjour"))
	_ = w.bot.Settle(context.Background())
	w.home.onSend = nil
	fault.fails("")
	w.settle()
	w.does(w.writes("zoe", "encore"))
	w.passes(time.Minute)
	w.expect("zoe", "Bonjour !", "Bonjour !")
}

func TestADeliveryAndAReadAreKeptWithTheDecision(t *testing.T) {
	t.Parallel()
	w := newWorld(t, flagship)
	w.subscribes("zoe", "restock", "daily")
	w.sells(back("1"))
	w.passes(time.Minute)
	delivered, read := w.event(bot.EventDelivery, "zoe"), w.event(bot.EventRead, "zoe")
	delivered.MIDs = []string{w.home.all()[0].mid}
	read.Watermark = w.clock.Now()
	w.does(delivered, read)
	list, err := w.bot.Decisions(context.Background(), w.id("zoe"), "", 1)
	if err != nil || len(list) != 1 || list[0].Delivered.IsZero() || list[0].Read.IsZero() {
		t.Errorf("decision %v (%v), want both times", list, err)
	}
}

// TestADeliveryThatNamesNoMessageIsOfAllBeforeIt leaves the ids out, as the platform may.
func TestADeliveryThatNamesNoMessageIsOfAllBeforeIt(t *testing.T) {
	t.Parallel()
	w := newWorld(t, flagship)
	w.subscribes("zoe", "restock", "daily")
	w.sells(back("1"))
	w.passes(day)
	delivered := w.event(bot.EventDelivery, "zoe")
	delivered.Watermark = w.clock.Now()
	w.passes(time.Minute)
	w.sells(back("2"))
	w.does(delivered)
	list, err := w.bot.Decisions(context.Background(), w.id("zoe"), "", 2)
	if err != nil || len(list) != 2 || list[1].Delivered.IsZero() || !list[0].Delivered.IsZero() {
		t.Errorf("decisions %v (%v), want the first delivered and not the second", list, err)
	}
	if strays := w.strays(); len(strays) > 0 {
		t.Errorf("strays %q", strays)
	}
}

// TestADeliveryThatOvertakesOneOfItsAnswersIsLookedAtAgain tells of two messages, of which the
// platform has not answered the second yet.
func TestADeliveryThatOvertakesOneOfItsAnswersIsLookedAtAgain(t *testing.T) {
	t.Parallel()
	w := newWorld(t, flagship)
	w.eager = true
	w.crash()
	w.subscribes("zoe", "restock", "daily")
	w.sells(back("1"))
	w.passes(day)
	w.home.onSend = func(bot.Delivery) {
		delivered := w.event(bot.EventDelivery, "zoe")
		delivered.MIDs, delivered.Watermark = []string{w.home.all()[0].mid, "m2"}, w.clock.Now()
		w.comes(delivered)
	}
	w.sells(back("2"))
	w.passes(time.Minute)
	list, err := w.bot.Decisions(context.Background(), w.id("zoe"), "", 2)
	if err != nil || len(list) != 2 || list[1].Delivered.IsZero() || list[0].Delivered.IsZero() {
		t.Errorf("decisions %v (%v), want both delivered", list, err)
	}
}

// TestWhoLooksAfterLongHasReadItAll lets a month of messages be read at once.
func TestWhoLooksAfterLongHasReadItAll(t *testing.T) {
	t.Parallel()
	w := newWorld(t, flagship)
	w.subscribes("zoe", "restock", "daily")
	const days = 30
	for day := range days {
		w.sells(back(strconv.Itoa(day)))
		w.passes(24 * time.Hour)
	}
	read := w.event(bot.EventRead, "zoe")
	read.Watermark = w.clock.Now()
	w.does(read)
	list, err := w.bot.Decisions(context.Background(), w.id("zoe"), "", 100)
	if err != nil {
		t.Fatal(err)
	}
	sent, seen := 0, 0
	for _, d := range list {
		if d.Kind != bot.DecisionSent {
			continue
		}
		if sent++; !d.Read.IsZero() {
			seen++
		}
	}
	if sent < 25 || seen != sent {
		t.Errorf("%d messages were sent, and %d read", sent, seen)
	}
}

func TestADeliveryMayComeBeforeTheAnswer(t *testing.T) {
	t.Parallel()
	for _, strange := range []bool{false, true} {
		w := newWorld(t, flagship)
		w.subscribes("zoe", "restock", "daily")
		w.home.onSend = func(d bot.Delivery) {
			e := w.event(bot.EventDelivery, "zoe")
			e.MIDs = []string{"m1"} // what the platform is about to answer
			if strange {
				e.MIDs[0] = "of another app"
			}
			w.comes(e)
		}
		w.sells(back("1"))
		w.home.onSend = nil
		w.passes(time.Minute)
		list, err := w.bot.Decisions(context.Background(), w.id("zoe"), "", 1)
		if err != nil || len(list) != 1 || list[0].Delivered.IsZero() != strange {
			t.Errorf("decision %v (%v)", list, err)
		}
		if n := len(w.strays()); (n == 1) != strange {
			t.Errorf("strays %q", w.strays())
		}
	}
}

func TestOfTwoMessagesThatMayBeMeantAReceiptSettlesNeither(t *testing.T) {
	t.Parallel()
	w := newWorld(t, flagship)
	w.subscribes("zoe", "restock", "daily")
	w.home.swallows(1, false)
	w.sells(back("1"))
	w.passes(time.Minute)
	w.home.swallows(1, true)
	w.does(w.writes("zoe", "bonjour"))
	w.does(w.receipt("zoe", w.home.all()[1].mid)) // of the reply, in truth
	w.decided("zoe", "unknown lane=recurring")
}
