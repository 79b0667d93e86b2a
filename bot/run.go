package bot

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/relance-bot/relance/storage"
)

// Run works until ctx ends: it decides what comes in and what comes due, and
// sends what was decided. When it returns everything it had begun is settled or
// recorded as unknown.
func (b *Bot) Run(ctx context.Context) error {
	if !b.running.CompareAndSwap(false, true) {
		return errors.New("the bot runs already")
	}
	defer b.running.Store(false)
	b.tasks.Add(1)
	go func() {
		defer b.tasks.Done()
		b.sendLoop(ctx)
	}()
	b.decideLoop(ctx)
	b.tasks.Wait()
	return nil
}

// decideLoop does whatever is to be decided, and then sleeps until something
// arrives or comes due.
func (b *Bot) decideLoop(ctx context.Context) {
	var tidied time.Time
	for ctx.Err() == nil {
		worked, err := b.decide(ctx)
		if err != nil {
			b.trouble(ctx, err)
			continue
		}
		b.fault.Store(nil)
		if now := b.clock.Now(); now.Sub(tidied) >= tidyEvery {
			tidied = now
			if err := b.tidy(ctx, now); err != nil {
				b.log.Warn("tidying the store", "error", err)
			}
		}
		if !worked {
			b.sleep(ctx, b.work)
		}
	}
}

// decide does one round of everything but sending.
func (b *Bot) decide(ctx context.Context) (worked bool, err error) {
	for _, step := range []func(context.Context) (bool, error){b.timers, b.turns, b.occurrences, b.overdue, b.seal} {
		did, err := step(ctx)
		if err != nil {
			return worked, err
		}
		worked = worked || did
	}
	return worked, nil
}

// sendLoop claims what may be sent while there are free senders.
func (b *Bot) sendLoop(ctx context.Context) {
	free := make(chan struct{}, b.senders)
	for range b.senders {
		free <- struct{}{}
	}
	for ctx.Err() == nil {
		letters, err := b.claim(ctx, min(len(free), claimBatch))
		if err != nil {
			b.trouble(ctx, err)
			continue
		}
		for _, l := range letters {
			<-free
			b.inflight.Add(1)
			b.tasks.Add(1)
			go func() {
				defer b.tasks.Done()
				if err := b.post(context.WithoutCancel(ctx), l); err != nil {
					b.log.Error("a message is not settled; it is unknown after a restart", "error", err)
				}
				b.inflight.Add(-1)
				free <- struct{}{}
				b.mail.raise()
			}()
		}
		if len(letters) == 0 {
			b.sleep(ctx, b.mail)
		}
		for len(free) == 0 && ctx.Err() == nil { // every sender is busy
			b.sleep(ctx, b.mail)
		}
	}
}

// trouble waits a moment after the store failed.
func (b *Bot) trouble(ctx context.Context, err error) {
	if ctx.Err() != nil {
		return
	}
	b.fault.Store(&err)
	b.log.Error("the store fails, trying again", "error", err)
	select {
	case <-ctx.Done():
	case <-time.After(time.Second):
	}
}

// sleep waits for a signal, for what comes due next, or for the end.
func (b *Bot) sleep(ctx context.Context, s signal) {
	var due <-chan struct{}
	if next, ok, err := b.NextDue(ctx); err == nil && ok {
		if soonest := b.clock.Now().Add(time.Millisecond); next.Before(soonest) {
			next = soonest
		}
		c, stop := b.clock.At(next)
		defer stop()
		due = c
	}
	select {
	case <-ctx.Done():
	case <-s:
	case <-due:
	}
}

// Settle does, on this goroutine, everything that is due now and all that follows
// from it. It is for a bot that is not running.
func (b *Bot) Settle(ctx context.Context) error {
	if b.running.Load() {
		return errors.New("the bot runs by itself")
	}
	for {
		worked, err := b.decide(ctx)
		if err != nil {
			return err
		}
		letters, err := b.claim(ctx, claimBatch)
		if err != nil {
			return err
		}
		for _, l := range letters {
			if err := b.post(ctx, l); err != nil {
				return err
			}
		}
		if !worked && len(letters) == 0 {
			return nil
		}
		if err := ctx.Err(); err != nil {
			return err
		}
	}
}

// Idle waits until a running bot has nothing left to do now.
func (b *Bot) Idle(ctx context.Context) error {
	for quiet := 0; quiet < 3; {
		b.work.raise()
		b.mail.raise()
		busy := b.inflight.Load() > 0
		if !busy {
			next, ok, err := b.NextDue(ctx)
			if err != nil {
				return err
			}
			busy = ok && !next.After(b.clock.Now())
		}
		if quiet++; busy {
			quiet = 0
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(2 * time.Millisecond):
		}
	}
	return nil
}

// NextDue is when the bot has something to do next; the past if it has now. ok is
// false if nothing waits for a time.
func (b *Bot) NextDue(ctx context.Context) (next time.Time, ok bool, err error) {
	now := b.clock.Now()
	err = b.store.Read(ctx, func(r storage.Reader) error {
		next, ok = time.Time{}, false
		note := func(at time.Time) {
			if !ok || at.Before(next) {
				next, ok = at, true
			}
		}
		if pending, err := r.Pending(now, 1); err != nil {
			return err
		} else if len(pending) > 0 {
			note(now)
		}
		if at, some, err := r.NextReady(now); err != nil {
			return err
		} else if some {
			note(at)
		}
		if at, some, err := r.NextTimer(); err != nil {
			return err
		} else if some {
			note(at)
		}
		if at, some, err := r.NextSend(); err != nil {
			return err
		} else if some {
			note(b.pages.opens(at, now))
		}
		if running, err := r.Occurrences(occurrenceRunning, 1); err != nil {
			return err
		} else if len(running) > 0 {
			note(b.pace.opens(now))
		}
		if unsealed, err := r.Unsealed(1); err != nil {
			return err
		} else if len(unsealed) > 0 {
			note(now)
		}
		return nil
	})
	if err != nil {
		return time.Time{}, false, fmt.Errorf("what is due next: %w", err)
	}
	return next, ok, nil
}

// tidy removes what is kept for a time only.
func (b *Bot) tidy(ctx context.Context, now time.Time) error {
	return b.store.Write(ctx, func(tx storage.Tx) error {
		if err := tx.ForgetOnce(now.Add(-onceRetention)); err != nil {
			return err
		}
		return tx.PruneSends(now.Add(-sendRetention))
	})
}

// Working reports what keeps the bot from deciding, for /readyz.
func (b *Bot) Working() error {
	if !b.running.Load() {
		return errors.New("the bot does not run")
	}
	if fault := b.fault.Load(); fault != nil {
		return fmt.Errorf("the store fails: %w", *fault)
	}
	return nil
}
