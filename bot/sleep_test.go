package bot_test

import (
	"context"
	"testing"
	"time"

	"github.com/relance-bot/relance/bot"
	"github.com/relance-bot/relance/flows"
)

// quiet counts what the bot asks of its store within a while.
func (a *alive) quiet(d time.Duration) int64 {
	before := a.traffic.writes.Load() + a.traffic.reads.Load()
	time.Sleep(d)
	return a.traffic.writes.Load() + a.traffic.reads.Load() - before
}

func TestABotThatWaitsSleeps(t *testing.T) {
	t.Parallel()
	t.Run("nothing to do", func(t *testing.T) {
		t.Parallel()
		a := newAlive(t, flagship)
		a.idle()
		if n := a.quiet(300 * time.Millisecond); n > 20 {
			t.Errorf("the store was asked %d times in 0.3 s", n)
		}
	})
	t.Run("every sender is busy", func(t *testing.T) {
		t.Parallel()
		page := newPlatform("1")
		release := make(chan struct{})
		page.onSend = func(bot.Delivery) { <-release }
		a := newAlive(t, rated("1/s"), page) // one sender
		t.Cleanup(func() { close(release) })
		for _, person := range []string{"ann", "bob", "cyd"} {
			e := a.writes(person, "bonjour")
			e.At = a.shifted.Now()
			a.comes(e)
		}
		time.Sleep(100 * time.Millisecond)
		if n := a.quiet(300 * time.Millisecond); n > 30 {
			t.Errorf("the store was asked %d times in 0.3 s", n)
		}
	})
	t.Run("the page rests", func(t *testing.T) {
		t.Parallel()
		page := newPlatform("1")
		page.refuses(always, bot.ClassToken)
		a := newAlive(t, flagship, page)
		e := a.writes("zoe", "bonjour")
		e.At = a.shifted.Now()
		a.comes(e)
		a.idle()
		if n := a.quiet(300 * time.Millisecond); n > 20 {
			t.Errorf("the store was asked %d times in 0.3 s", n)
		}
	})
	t.Run("one page rests and another is busy", func(t *testing.T) {
		t.Parallel()
		ill, well := newPlatform("1"), newPlatform("2")
		ill.refuses(always, bot.ClassToken)
		a := newAlive(t, flagship, ill, well)
		e := a.writes("zoe", "bonjour")
		e.At = a.shifted.Now()
		other := e
		other.Page, other.Person, other.Key = "2", "max", "other"
		a.comes(e, other)
		a.idle()
		if n := a.quiet(300 * time.Millisecond); n > 20 {
			t.Errorf("the store was asked %d times in 0.3 s", n)
		}
		if n := len(well.all()); n != 1 {
			t.Errorf("%d messages on the page that is well, want 1", n)
		}
	})
}

func TestASleepingBotNoticesWhatIsImported(t *testing.T) {
	t.Parallel()
	a := newAlive(t, flagship)
	a.idle()
	time.Sleep(50 * time.Millisecond)
	if err := a.bot.Meet(context.Background(), a.id("zoe"), flows.Contact{FirstName: "Zoé"}); err != nil {
		t.Fatal(err)
	}
	if err := a.bot.Import(context.Background(), a.id("zoe"), bot.Subscription{Topic: "nouveautes", At: a.shifted.Now(), Wording: "nouveautes"}); err != nil {
		t.Fatal(err)
	}
	soon(t, "the ledger is sealed", func() bool {
		chains, err := a.bot.VerifyLedger(context.Background(), nil)
		return err == nil && len(chains) == 1 && chains[0].Unsealed == 0
	})
}

func TestASleepingBotNoticesThatSomebodyMoves(t *testing.T) {
	t.Parallel()
	a := newAlive(t, flagship)
	ctx := context.Background()
	if err := a.bot.Meet(ctx, a.id("zoe"), flows.Contact{Timezone: "America/New_York"}); err != nil {
		t.Fatal(err)
	}
	if err := a.bot.Import(ctx, a.id("zoe"), subscription(a.shifted.Now(), "nouveautes")); err != nil {
		t.Fatal(err)
	}
	a.idle()
	a.shifted.Advance(local(t, "2026-03-30 10:00", "Asia/Tokyo").Sub(a.shifted.Now()))
	a.idle()
	time.Sleep(50 * time.Millisecond)
	if err := a.bot.Meet(ctx, a.id("zoe"), flows.Contact{Timezone: "Asia/Tokyo"}); err != nil {
		t.Fatal(err)
	}
	soon(t, "Monday's fire goes", func() bool { return len(a.home.shown("zoe")) == 1 })
}

func TestTheClockIsMovedWhileTheBotSleeps(t *testing.T) {
	t.Parallel()
	a := newAlive(t, flagship)
	if err := a.bot.Meet(context.Background(), a.id("zoe"), flows.Contact{FirstName: "Zoé"}); err != nil {
		t.Fatal(err)
	}
	if err := a.bot.Import(context.Background(), a.id("zoe"), bot.Subscription{
		Topic: "nouveautes", At: a.shifted.Now(), Wording: "nouveautes", Permit: &bot.Permit{Lane: "recurring", Token: "t"},
	}); err != nil {
		t.Fatal(err)
	}
	a.idle()
	a.shifted.Advance(2*day + 14*time.Hour)
	a.idle()
	a.expect("zoe", news)
}
