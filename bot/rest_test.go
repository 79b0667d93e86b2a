package bot_test

import (
	"testing"
	"time"

	"github.com/relance-bot/relance/bot"
	"github.com/relance-bot/relance/storage"
)

func TestADeadTokenKeepsEverything(t *testing.T) {
	t.Parallel()
	w := newWorld(t, flagship)
	for _, person := range []string{"ann", "bob", "cyd"} {
		w.subscribes(person, "restock", "daily")
	}
	w.home.refuses(always, bot.ClassToken)
	w.does(w.writes("zoe", "bonjour"))
	w.sells(back("1"))
	w.does(w.writes("max", "bonjour"))
	w.passes(30 * time.Minute)
	w.crash()
	w.passes(30 * time.Minute)
	for _, gap := range gaps(w.home.all()) {
		if gap < 10*time.Second {
			t.Fatalf("two tries within %v, want at most one in 10 s", gap)
		}
	}
	if n := len(w.home.all()); n < 100 {
		t.Errorf("%d probes in an hour, want one about every 10 s", n)
	}
	w.home.heals()
	w.passes(15 * time.Second)
	for _, person := range []string{"zoe", "max"} {
		w.expect(person, "Bonjour !")
	}
	for _, person := range []string{"ann", "bob", "cyd"} {
		w.expect(person, "La Gazelle en 42 est de retour !  [Stop]")
		w.decided(person, "sent lane=recurring")
	}
}

func TestAMessageAcceptedWhileTheTokenDiesEndsNoPause(t *testing.T) {
	t.Parallel()
	w := newWorld(t, flagship)
	// Two are on their way at once; the platform takes the one and refuses the other.
	w.home.answers(always, func(d bot.Delivery) bool { return d.Person != "zoe" }, bot.Outcome{Status: bot.Refused, Class: bot.ClassToken, Code: "190"}, false)
	w.does(w.writes("ann", "bonjour"), w.writes("bob", "bonjour"), w.writes("zoe", "bonjour"))
	for range 8 {
		w.passes(time.Second)
		w.does(w.writes("cyd", "bonjour"))
	}
	if n := len(w.home.all()); n > 3 {
		t.Errorf("%d tries within 10 s of the refusal, want none after the three that were on their way", n)
	}
}

func TestNotificationsThatWaitedForThePageKeepTheRules(t *testing.T) {
	t.Parallel()
	w := newWorld(t, with(flagship, "bot.yaml", flagship["bot.yaml"]+"quiet_hours: 21:00-08:00\n"))
	w.subscribes("zoe", "restock", "daily")
	w.home.refuses(always, bot.ClassToken)
	w.sells(back("1"))
	w.passes(5 * time.Hour) // to 23:00
	w.home.heals()
	w.passes(time.Hour)
	w.expect("zoe")
	w.decided("zoe", "held rule=quiet_hours next=2026-03-28 08:00")
	w.passes(9 * time.Hour)
	w.expect("zoe", "La Gazelle en 42 est de retour !  [Stop]")
}

func TestABarredPageRests(t *testing.T) {
	t.Parallel()
	w := newWorld(t, flagship)
	w.subscribes("max", "restock", "daily")
	w.home.answers(1, anything, bot.Outcome{Status: bot.Refused, Class: bot.ClassPage, Code: "368", RetryAfter: 2 * time.Hour}, false)
	w.does(w.writes("zoe", "bonjour"))
	w.sells(back("1"))
	w.passes(119 * time.Minute)
	if n := len(w.home.all()); n != 1 {
		t.Fatalf("%d tries of a barred page, want 1", n)
	}
	w.passes(2 * time.Minute)
	w.expect("zoe", "Bonjour !")
	w.expect("max", "La Gazelle en 42 est de retour !  [Stop]")
}

func TestALighterRefusalDoesNotShortenARest(t *testing.T) {
	t.Parallel()
	w := newWorld(t, flagship)
	w.home.answers(1, anything, bot.Outcome{Status: bot.Refused, Class: bot.ClassPage, Code: "368"}, false)
	w.home.answers(1, anything, bot.Outcome{Status: bot.Refused, Class: bot.ClassBackoff, Code: "4"}, false)
	w.does(w.writes("zoe", "bonjour"), w.writes("max", "bonjour"))
	w.passes(59 * time.Minute)
	if n := len(w.home.all()); n != 2 {
		t.Errorf("%d tries within the hour, want the two that were on their way", n)
	}
}

func TestOnePageRestsAndTheOthersGoOn(t *testing.T) {
	t.Parallel()
	ill, well := newPlatform("1", tokenLane{name: "recurring"}), newPlatform("2", tokenLane{name: "recurring"})
	w := newWorld(t, flagship, ill, well)
	w.subscribes("ann", "restock", "daily")
	ill.refuses(always, bot.ClassToken)
	w.does(w.writes("ann", "bonjour"))
	w.home = well
	w.subscribes("zoe", "restock", "daily")
	well.refuses(1, bot.ClassTransient)
	w.does(w.writes("zoe", "bonjour"))
	if next, ok := w.due(); !ok || next.After(w.clock.Now().Add(time.Second)) {
		t.Errorf("due next at %s: the retry on the page that is well is forgotten", next)
	}
	w.passes(time.Second)
	w.expect("zoe", "Bonjour !")
	w.passes(time.Hour)
	w.sells(back("1"))
	w.expect("zoe", "La Gazelle en 42 est de retour !  [Stop]")
	w.home = ill
	ill.heals()
	w.passes(time.Minute)
	w.decided("ann", "sent lane=window")
}

func TestRefusalsOfWhatWasOnItsWayTogetherCountAsOne(t *testing.T) {
	t.Parallel()
	w := newWorld(t, flagship)
	people := []string{"ann", "bob", "cyd", "dan", "eve"}
	w.home.refuses(len(people), bot.ClassBackoff)
	for _, person := range people {
		w.comes(w.writes(person, "bonjour"))
	}
	w.passes(time.Second)
	for _, person := range people {
		w.expect(person, "Bonjour !")
	}
}

func TestARestThatCouldNotBeStoredIsNone(t *testing.T) {
	t.Parallel()
	w := newWorld(t, flagship)
	w.down()
	var fault *flaky
	w.wrap = func(s storage.Store) storage.Store { fault = &flaky{Store: s}; return fault }
	w.open()
	w.home.answers(1, anything, bot.Outcome{Status: bot.Refused, Class: bot.ClassPage, Code: "368"}, false)
	w.home.onSend = func(bot.Delivery) { fault.fails("-") }
	w.comes(w.writes("zoe", "bonjour"))
	_ = w.bot.Settle(t.Context())
	w.home.onSend = nil
	fault.fails("")
	w.settle() // now the refusal is stored, and the page rests
	w.does(w.writes("max", "bonjour"))
	if n := len(w.home.all()); n != 1 {
		t.Errorf("%d tries of a barred page, want 1", n)
	}
	w.crash()
	w.settle()
	if n := len(w.home.all()); n != 1 {
		t.Errorf("%d tries after a restart, want 1", n)
	}
}

func TestACampaignGoesOnWhereAPageIsWell(t *testing.T) {
	t.Parallel()
	ill, well := newPlatform("1", tokenLane{name: "recurring"}), newPlatform("2", tokenLane{name: "recurring"})
	w := newWorld(t, rated("20/s"), ill, well)
	w.crowd(50, "restock")
	w.home = well
	w.crowd(50, "restock")
	w.home = ill
	ill.refuses(always, bot.ClassToken)
	w.does(w.writes("zoe", "bonjour"))
	w.sells(back("1"))
	w.passes(time.Minute)
	if n := len(well.all()); n != 50 {
		t.Errorf("%d messages on the page that is well, want 50", n)
	}
	ill.heals()
	before := len(ill.all())
	w.passes(30 * time.Second)
	if n := len(ill.all()) - before; n != 51 {
		t.Errorf("%d messages on the other when it is well again, want 51", n)
	}
}
