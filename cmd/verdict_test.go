package cmd

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/relance-bot/relance/bot"
	"github.com/relance-bot/relance/storage"
)

// restPatience is how long a trial may take to come to rest: seconds, but on a machine
// that does much else beside, what is left over of the trial as well.
const restPatience = 10 * time.Minute

// calm lets the bots come to rest and end by themselves. A reply of unknown outcome
// comes again after 30 s, so that may take a while.
func (c *trial) calm() {
	c.t.Helper()
	c.join(false)
	c.echo()
	for deadline := time.Now().Add(restPatience); ; time.Sleep(500 * time.Millisecond) {
		unrest := c.unrest()
		if unrest == "" {
			break
		}
		if time.Now().After(deadline) {
			c.t.Errorf("the bots do not come to rest: %s", unrest)
			break
		}
		c.platform.Retry() // a webhook that failed often would come again in minutes only
	}
	for _, s := range c.bots {
		if code := s.bot.terminate(c.t); code != exitFine {
			c.t.Errorf("a bot ends with %d after SIGTERM:\n%s", code, s.bot.log)
		}
		c.healthy(s.bot)
	}
}

// unrest says what will still happen in the next minutes; "" if nothing.
func (c *trial) unrest() (what string) {
	c.inspect(func(ctx context.Context, b *bot.Bot, store storage.Store) error {
		next, ok, err := b.NextDue(ctx)
		if ok && next.Before(time.Now().Add(5*time.Minute)) {
			what = fmt.Sprintf("something is due %s from now", time.Until(next))
		}
		if err != nil {
			return err
		}
		return store.Read(ctx, func(r storage.Reader) error {
			for _, state := range []string{storage.SendClaimed, storage.SendWaiting} { // perhaps by a process that is gone
				some, err := r.SendsIn(state, 10)
				if err != nil {
					return err
				}
				for _, s := range some {
					what = fmt.Sprintf("message %s is %s since %s", s.ID, s.State, s.ClaimAt)
				}
			}
			return nil
		})
	})
	if what != "" {
		return what
	}
	still := time.Now()
	time.Sleep(300 * time.Millisecond) // whoever may take a step has done so by then
	c.mu.Lock()
	defer c.mu.Unlock()
	if n := c.lagging + len(c.platform.Undelivered()); n > 0 {
		return fmt.Sprintf("%d webhooks are on their way", n)
	}
	for _, w := range c.walkers {
		if w.waits() || w.moved.After(still) {
			return fmt.Sprintf("%s, of kind %d, is at step %d since %s", w.psid, w.kind, w.step, w.moved)
		}
	}
	return ""
}

// inspect looks into what the bots have stored.
func (c *trial) inspect(f func(context.Context, *bot.Bot, storage.Store) error) {
	c.t.Helper()
	c.open(toLook, f)
}

// open opens what the bots have stored.
func (c *trial) open(use use, f func(context.Context, *bot.Bot, storage.Store) error) {
	c.t.Helper()
	printed := &output{}
	if err := newApp(c.env, printed).open(c.t.Context(), c.dir, "", use, f); err != nil {
		c.t.Fatalf("%v\n%s", err, printed)
	}
}

// verdict gathers the evidence, prints what happened, and reports every broken
// promise.
func (c *trial) verdict(faults string) *evidence {
	c.t.Helper()
	e := c.gather()
	broken := e.broken()
	var shares []string
	for _, s := range c.bots {
		shares = append(shares, fmt.Sprintf("%d/%d", s.answered, s.calls))
	}
	c.t.Logf("%s; %d starts, %d people, %d webhooks answered 200, %d of them told of an act, %d late, %d sent again, %d calls, %d messages shown, %d of them notifications, %d events; webhooks/calls of each process: %s; %d violations",
		faults, c.starts, len(e.people), c.answered, e.acts(), c.late, c.repeated, len(e.calls), e.shown(fromPage), e.shown(told), len(e.events), strings.Join(shares, " "), len(broken))
	for _, b := range broken {
		c.t.Error(b)
	}
	return e
}
