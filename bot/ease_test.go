package bot_test

import (
	"strings"
	"testing"
	"time"

	"github.com/relance-bot/relance/bot"
)

func TestNearALimitNotificationsWaitAndRepliesGoOn(t *testing.T) {
	t.Parallel()
	w := newWorld(t, flagship)
	for _, person := range []string{"ann", "bob"} {
		w.subscribes(person, "restock", "daily")
	}
	w.home.answers(1, anything, bot.Outcome{Status: bot.Accepted, RetryAfter: 5 * time.Minute}, true)
	w.does(w.writes("zoe", "bonjour"))
	w.expect("zoe", "Bonjour !")
	w.sells(back("1"))
	w.passes(4 * time.Minute)
	w.does(w.writes("max", "bonjour"))
	w.expect("max", "Bonjour !")
	w.expect("ann")
	w.expect("bob")
	w.passes(90 * time.Second)
	for _, person := range []string{"ann", "bob"} {
		w.expect(person, "La Gazelle en 42 est de retour !  [Stop]")
		w.decided(person, "sent lane=recurring")
	}
	if n := strings.Count(w.log.String(), "near a limit"); n != 1 {
		t.Errorf("it is logged %d times, want once", n)
	}
}

func TestAPageNearItsLimitHoldsUpNoOther(t *testing.T) {
	t.Parallel()
	near, far := newPlatform("1", tokenLane{name: "recurring"}), newPlatform("2", tokenLane{name: "recurring"})
	w := newWorld(t, flagship, near, far)
	w.subscribes("ann", "restock", "daily")
	near.answers(1, anything, bot.Outcome{Status: bot.Accepted, RetryAfter: time.Hour}, true)
	w.does(w.writes("zoe", "bonjour"))
	w.home = far
	w.subscribes("max", "restock", "daily")
	w.sells(back("1"))
	w.passes(time.Second)
	w.expect("max", "La Gazelle en 42 est de retour !  [Stop]")
	w.home = near
	w.expect("ann")
	w.passes(time.Hour)
	w.expect("ann", "La Gazelle en 42 est de retour !  [Stop]")
}
