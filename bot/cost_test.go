package bot_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/relance-bot/relance/bot"
	"github.com/relance-bot/relance/flows"
)

// paidLane is a lane of which each message has a price.
type paidLane struct{ tokenLane }

func (l paidLane) Open(f bot.LaneFacts) bot.LaneAnswer {
	a := l.tokenLane.Open(f)
	if a.Open {
		a.Price, a.Currency = 0.014, "USD"
	}
	return a
}

// newPaid is a world in which Zoé hears of the 42 by either of two lanes.
func newPaid(t *testing.T, lanes ...bot.Lane) *world {
	w := newWorld(t, flagship, newPlatform("1", lanes...))
	w.meets("zoe", flows.Contact{FirstName: "Zoé"})
	for _, lane := range lanes {
		s := bot.Subscription{
			Topic: "restock", Cadence: "daily", At: w.clock.Now(), Wording: "restock", Interest: map[string]any{"model": "Gazelle", "size": 42.0},
			Permit: &bot.Permit{Lane: lane.Name(), Token: "token-" + lane.Name()},
		}
		if err := w.bot.Import(context.Background(), w.id("zoe"), s); err != nil {
			t.Fatal(err)
		}
	}
	w.settle()
	return w
}

// cost is what the message that arrived has cost, and why it says so.
func (w *world) cost() string {
	w.t.Helper()
	w.does(w.receipt("zoe", w.last("zoe").mid))
	s, err := w.bot.Stats(context.Background(), bot.StatsQuery{})
	if err != nil || s.Total.Delivered != 1 {
		w.t.Fatalf("%d delivered (%v), want one", s.Total.Delivered, err)
	}
	return fmt.Sprint(s.Total.Cost)
}

func TestAMessageCostsWhatTheLaneDoesThatItWentBy(t *testing.T) {
	t.Parallel()
	free, paid := tokenLane{name: "recurring"}, paidLane{tokenLane{name: "marketing"}}
	for name, tc := range map[string]struct {
		lanes []bot.Lane
		after func(w *world)
		want  string
	}{
		"the paid one took it":                  {[]bot.Lane{paid, free}, func(*world) {}, "[{USD 0.014}]"},
		"the paid one refused it":               {[]bot.Lane{paid, free}, func(w *world) { w.home.refuses(1, bot.ClassTooSoon) }, "[]"},
		"the paid one took it after another":    {[]bot.Lane{free, paid}, func(w *world) { w.home.refuses(1, bot.ClassTooSoon) }, "[{USD 0.014}]"},
		"the free one took it":                  {[]bot.Lane{free, paid}, func(*world) {}, "[]"},
		"an answer was lost, and its echo came": {[]bot.Lane{paid, free}, func(w *world) { w.home.swallows(1, true) }, "[{USD 0.014}]"},
	} {
		w := newPaid(t, tc.lanes...)
		tc.after(w)
		w.sells(back("1"))
		w.does(w.echo(w.last("zoe")))
		if got := w.cost(); got != tc.want {
			t.Errorf("%s: it cost %s, want %s", name, got, tc.want)
		}
	}
}

// TestAMessageThatWaitedCostsWhatTheLaneDoesThatIsOpenThen: the one it was to go by closed
// while the Page could not send.
func TestAMessageThatWaitedCostsWhatTheLaneDoesThatIsOpenThen(t *testing.T) {
	t.Parallel()
	closed := false
	paid := paidLane{tokenLane{name: "marketing", shut: func(bot.LaneFacts) bool { return closed }}}
	w := newPaid(t, paid, tokenLane{name: "recurring"})
	w.home.refuses(1, bot.ClassToken)
	w.sells(back("1"))
	closed = true
	w.jump(time.Hour) // so long that the rules are asked again
	w.settle()
	w.decided("zoe", "sent lane=recurring")
	if got := w.cost(); got != "[]" {
		t.Errorf("it cost %s, though the lane is free", got)
	}
}

// lateLane is a paid lane that tells later, by the token, what became of a message.
type lateLane struct{ paidLane }

func (lateLane) Traits() bot.LaneTraits  { return bot.LaneTraits{Late: true} }
func (lateLane) Asks(bot.LaneFacts) bool { return true }

// TestAReadThatNamesATokenAloneIsItsOwners, as a delivery is: the platform knows some people by
// nothing else.
func TestAReadThatNamesATokenAloneIsItsOwners(t *testing.T) {
	t.Parallel()
	w := newPaid(t, lateLane{paidLane{tokenLane{name: "marketing"}}})
	w.sells(back("1"))
	w.jump(time.Minute)
	for _, kind := range []bot.EventKind{bot.EventDelivery, bot.EventRead} {
		for _, token := range []string{"of somebody else", "token-marketing"} {
			e := w.event(kind, "")
			e.Permit, e.Watermark = &bot.Permit{Lane: "marketing", Token: token}, w.clock.Now()
			w.does(e)
			delivered, read := w.seenBoth("zoe")
			if got := map[bot.EventKind]bool{bot.EventDelivery: delivered, bot.EventRead: read}[kind]; got != (token == "token-marketing") {
				t.Errorf("a %s of the token %q: noted %v", kind, token, got)
			}
		}
	}
}
