package bot_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/relance-bot/relance/bot"
)

func TestTheConditionTellsOfALaneThatIsShut(t *testing.T) {
	t.Parallel()
	w := newWorld(t, flagship, newPlatform("1", freeLane{"utility"}))
	w.subscribes("zoe", "restock", "daily")
	w.home.refuses(1, bot.ClassLane)
	w.sells(back("1"))
	w.decided("zoe", "held rule=lane next=2026-03-27 19:00")
	shut := func() []bot.ShutLane {
		c, err := w.bot.Condition(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		return c.Shut
	}
	want := []bot.ShutLane{{Page: "messenger:1", Lane: "utility", Code: "1/1", Until: w.clock.Now().Add(time.Hour)}}
	if diff := cmp.Diff(want, shut()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	w.passes(2 * time.Hour)
	if got := shut(); len(got) > 0 {
		t.Errorf("still shut: %v", got)
	}
}
