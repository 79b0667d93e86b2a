package bot_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/relance-bot/relance/bot"
	"github.com/relance-bot/relance/storage"
)

// counted hears which campaigns pause themselves.
type counted struct {
	bot.Observer
	pauses []string
}

func (c *counted) Webhook(string)                     {}
func (c *counted) Turn(string, time.Duration)         {}
func (c *counted) Send(string, string)                {}
func (c *counted) Decision(string, string)            {}
func (c *counted) Call(string, string, time.Duration) {}
func (c *counted) Fault(string)                       {}
func (c *counted) CampaignPaused(reason string)       { c.pauses = append(c.pauses, reason) }

func TestACampaignPausesItself(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name   string
		bounds string
		class  bot.Class // of each refusal
		every  int       // so many messages
		paused bool
		reason string
		why    string
	}{
		{name: "nothing wrong", every: 0},
		{name: "every fourth goes wrong", class: bot.ClassContent, every: 4, paused: true, reason: "errors", why: "went wrong"},
		{name: "one of twenty goes wrong", class: bot.ClassContent, every: 20},
		{name: "every eighth is gone", class: bot.ClassUnreachable, every: 8, paused: true, reason: "opt_outs", why: "stopped or cannot be reached"},
		{name: "every eighth stopped on the platform", class: bot.ClassStopped, every: 8, paused: true, reason: "opt_outs", why: "stopped or cannot be reached"},
		{name: "every fourth has no permit any more", class: bot.ClassPermit, every: 4, paused: true, reason: "errors", why: "went wrong"},
		{name: "a wider bound", bounds: "{errors: 50%}", class: bot.ClassContent, every: 4},
		{name: "no bound", bounds: "{opt_outs: 100%, errors: 100%}", class: bot.ClassContent, every: 1},
		{name: "few are enough", bounds: "{after: 5}", class: bot.ClassContent, every: 2, paused: true, reason: "errors", why: "went wrong"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			files := rated("20/s")
			if c.bounds != "" {
				files = with(files, "bot.yaml", strings.Replace(files["bot.yaml"], "  restock:\n", "  restock:\n    pause_if: "+c.bounds+"\n", 1))
			}
			seen := &counted{}
			w := newWorld(t, files)
			w.adjust = func(c *bot.Config) { c.Observer = seen }
			w.crash()
			w.crowd(200, "restock")
			var sent atomic.Int64
			if c.every > 0 {
				nth := func(d bot.Delivery) bool { return sent.Add(1)%int64(c.every) == 0 }
				w.home.answers(always, nth, bot.Outcome{Status: bot.Refused, Class: c.class, Code: "1"}, false)
			}
			w.sells(back("1"))
			w.passes(time.Minute)
			got := w.campaign("back_in_stock@1")
			if paused := got.State == bot.CampaignPaused; paused != c.paused {
				t.Fatalf("%s: %s", summary(got), got.Why)
			}
			if !c.paused {
				return
			}
			if settled := got.Accepted + got.Failed + got.Refused; settled < 5 || settled > 90 || got.By != bot.ByItself || !strings.Contains(got.Why, c.why) {
				t.Errorf("after %d, by %q: %s", settled, got.By, got.Why)
			}
			if fmt.Sprint(seen.pauses) != "["+c.reason+"]" || !strings.Contains(w.log.String(), "a campaign has paused itself") {
				t.Errorf("figures: %v", seen.pauses)
			}
			w.steers("resume", "back_in_stock@1")
			w.passes(time.Minute)
			if got := w.campaign("back_in_stock@1"); got.State == bot.CampaignPaused || got.ToCome > 0 || got.Sent+got.Failed+got.Held != 200 {
				t.Errorf("resumed by hand: %s", summary(got))
			}
		})
	}
}

func TestPeopleWhoStopPauseACampaign(t *testing.T) {
	t.Parallel()
	w := newWorld(t, rated("20/s"))
	w.crowd(200, "restock")
	w.sells(back("1"))
	w.passes(4 * time.Second)
	if got := w.campaign("back_in_stock@1"); got.Accepted < 70 || got.State != bot.CampaignRunning {
		t.Fatalf("%s, %d accepted", summary(got), got.Accepted)
	}
	stopped := 0
	for _, made := range w.home.all() {
		if w.campaign("back_in_stock@1").State == bot.CampaignPaused {
			break
		}
		w.does(w.taps(made.Person, "Stop"))
		w.ignore(made.Person)
		stopped++
	}
	got := w.campaign("back_in_stock@1")
	if got.State != bot.CampaignPaused || got.OptOuts != stopped || stopped < 5 || stopped > 12 {
		t.Errorf("%d stopped: %s, %d opt-outs: %s", stopped, summary(got), got.OptOuts, got.Why)
	}
}

// broken is a store that fails with what was done on it.
type broken struct {
	storage.Store
	left int
}

var errFull = fmt.Errorf("%w: disk full", storage.ErrUnavailable)

// Write implements storage.Store.
func (b *broken) Write(ctx context.Context, do func(storage.Tx) error, needs ...storage.Need) error {
	if b.left == 0 {
		return b.Store.Write(ctx, do, needs...)
	}
	b.left--
	return b.Store.Write(ctx, func(tx storage.Tx) error {
		if err := do(tx); err != nil {
			return err
		}
		return errFull
	}, needs...)
}

// A slot of the Page's pace that was taken in a transaction which is not kept is given
// back: a notification that could not be stored for long goes as soon as it can.
func TestASlotIsGivenBackWithItsTransaction(t *testing.T) {
	t.Parallel()
	for _, rate := range []string{"1/m", "20/s"} {
		w := newWorld(t, rated(rate))
		life := &broken{}
		w.wrap = func(s storage.Store) storage.Store { life.Store = s; return life }
		w.crash()
		w.crowd(3, "restock")
		event := back("1")
		event.Contact = w.id(person(1))
		if _, _, err := w.bot.Events(context.Background(), []bot.ShopEvent{event}); err != nil {
			t.Fatal(err)
		}
		life.left = 30
		for life.left > 0 {
			if err := w.bot.Settle(context.Background()); err != nil && !errors.Is(err, storage.ErrUnavailable) {
				t.Fatal(err)
			}
		}
		w.passes(2 * time.Second)
		if n := len(w.home.all()); n != 1 {
			next, _ := w.due()
			t.Errorf("at %s: %d messages two seconds after the store was well again, the next in %s", rate, n, next.Sub(w.clock.Now()))
		}
	}
}

// What was on its way when the process was killed is of unknown outcome, and no error of
// the campaign.
func TestACrashPausesNoCampaign(t *testing.T) {
	t.Parallel()
	w := newWorld(t, rated("200/s"))
	var life *mortal
	w.wrap = func(s storage.Store) storage.Store { life = &mortal{Store: s}; return life }
	w.crash()
	w.crowd(300, "restock")
	w.sells(back("1"))
	for dies := 1; dies < 12; dies++ {
		life.killSoon(dies%3+1, true)
		w.jump(time.Second)
		_ = w.bot.Settle(context.Background()) // it dies in the middle of it
		w.crash()
	}
	w.passes(time.Minute)
	if got := w.campaign("back_in_stock@1"); got.State != bot.CampaignDone || got.Unknown < 60 || got.Sent+got.Unknown != 300 {
		t.Errorf("%s: %s", summary(got), got.Why)
	}
}
