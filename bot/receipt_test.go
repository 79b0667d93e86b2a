package bot_test

import (
	"context"
	"testing"
	"time"

	"github.com/relance-bot/relance/bot"
	"github.com/relance-bot/relance/storage/postgres/pgtest"
)

// seenBoth says whether the newest notification of somebody was delivered and read.
func (w *world) seenBoth(person string) (delivered, read bool) {
	w.t.Helper()
	list, err := w.bot.Decisions(context.Background(), w.id(person), "", 1)
	if err != nil || len(list) != 1 {
		w.t.Fatalf("decisions %v (%v), want one", list, err)
	}
	return !list[0].Delivered.IsZero(), !list[0].Read.IsZero()
}

// TestAReadMayComeBeforeTheAnswer: somebody has the chat open, and the platform's answer takes
// a moment. So may a delivery that names no message.
func TestAReadMayComeBeforeTheAnswer(t *testing.T) {
	t.Parallel()
	t.Run("sqlite", func(t *testing.T) {
		t.Parallel()
		readsAtOnce(t, newWorld(t, flagship))
	})
	t.Run("postgres", func(t *testing.T) {
		t.Parallel()
		readsAtOnce(t, newWorldOn(t, pgtest.URL(t), flagship))
	})
}

// readsAtOnce is somebody whose receipts come while the platform still has the message in hand.
func readsAtOnce(t *testing.T, w *world) {
	t.Helper()
	w.subscribes("zoe", "restock", "daily")
	w.home.onSend = func(bot.Delivery) {
		delivered, read := w.event(bot.EventDelivery, "zoe"), w.event(bot.EventRead, "zoe")
		delivered.Watermark, read.Watermark = w.clock.Now(), w.clock.Now()
		w.comes(delivered, read)
	}
	w.sells(back("1"))
	w.home.onSend = nil
	at := w.clock.Now()
	w.passes(time.Minute)
	if delivered, read := w.seenBoth("zoe"); !delivered || !read {
		t.Errorf("delivered %v and read %v, want both", delivered, read)
	}
	list, err := w.bot.Decisions(context.Background(), w.id("zoe"), "", 1)
	if err != nil || !list[0].Read.Equal(at) {
		t.Errorf("read at %s (%v), want %s, when it was", list[0].Read, err, at)
	}
}

// TestAReadOfWhatWaitsIsNotLookedAtForEver: the Page may not send, and what was read is
// something else.
func TestAReadOfWhatWaitsIsNotLookedAtForEver(t *testing.T) {
	t.Parallel()
	w := newWorld(t, flagship)
	w.subscribes("zoe", "restock", "daily")
	w.home.refuses(always, bot.ClassPage)
	w.sells(back("1"))
	read := w.event(bot.EventRead, "zoe")
	read.Watermark = w.clock.Now()
	w.does(read)
	w.passes(2 * time.Minute)
	if due, ok := w.due(); ok && due.Before(w.clock.Now().Add(10*time.Minute)) {
		t.Errorf("at %s something is due at %s", w.clock.Now(), due)
	}
	if _, read := w.seenBoth("zoe"); read {
		t.Error("what was never sent was read")
	}
}

// TestAReceiptIsLookedAtAgainUntilTheAnswerIsThere: of a batch the platform answers once all
// have gone.
func TestAReceiptIsLookedAtAgainUntilTheAnswerIsThere(t *testing.T) {
	t.Parallel()
	a := newAlive(t, flagship)
	entered, release := make(chan struct{}, 10), make(chan struct{})
	a.home.onSend = func(bot.Delivery) { entered <- struct{}{}; <-release }
	a.clock.Set(a.shifted.Now())
	a.crowd(1, "restock")
	if _, _, err := a.bot.Events(context.Background(), []bot.ShopEvent{back("1")}); err != nil {
		t.Fatal(err)
	}
	<-entered
	a.clock.Set(a.shifted.Now())
	delivered, read := a.event(bot.EventDelivery, person(0)), a.event(bot.EventRead, person(0))
	delivered.MIDs, read.Watermark = []string{"m1"}, a.clock.Now() // m1 is what the platform is about to answer
	a.comes(delivered, read)
	for range 3 {
		a.shifted.Advance(2 * time.Second)
		time.Sleep(100 * time.Millisecond) // its timer is fired
	}
	close(release)
	a.idle()
	a.shifted.Advance(10 * time.Second)
	soon(t, "both are noted", func() bool {
		delivered, read := a.seenBoth(person(0))
		return delivered && read
	})
}
