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
		worked, next, err := b.decide(ctx)
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
			b.sleep(ctx, b.work, next)
		}
	}
}

// decide does one round of everything but sending. It says whether there was
// anything, and when there will be something next.
func (b *Bot) decide(ctx context.Context) (worked bool, next time.Time, err error) {
	a, err := b.look(ctx)
	if err != nil {
		return false, time.Time{}, err
	}
	for _, step := range []struct {
		due bool
		do  func(context.Context) (bool, error)
	}{
		{a.unsettled, b.resettle}, {a.timers, b.timers}, {a.inputs, b.turns}, {a.occurrences, b.occurrences},
		{a.overdue, b.overdue}, {a.unsealed, b.seal},
	} {
		if !step.due {
			continue
		}
		did, err := step.do(ctx)
		if err != nil {
			return worked, time.Time{}, err
		}
		worked = worked || did
	}
	return worked, a.decide, nil
}

// sendLoop claims what may be sent while there are free senders.
func (b *Bot) sendLoop(ctx context.Context) {
	free := make(chan struct{}, b.senders)
	for range b.senders {
		free <- struct{}{}
	}
	for ctx.Err() == nil {
		if len(free) == 0 { // a sender that ends raises mail
			b.sleep(ctx, b.mail, time.Time{})
			continue
		}
		letters, worked, next, err := b.claim(ctx, min(len(free), claimBatch))
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
				b.post(context.WithoutCancel(ctx), l)
				b.inflight.Add(-1)
				free <- struct{}{}
				b.mail.raise()
			}()
		}
		if !worked {
			b.sleep(ctx, b.mail, next)
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

// sleep waits for a signal, for a time unless it is zero, or for the end.
func (b *Bot) sleep(ctx context.Context, s signal, until time.Time) {
	var due <-chan struct{}
	if !until.IsZero() {
		// What is due and cannot be done yet must not keep us spinning.
		if soonest := b.clock.Now().Add(time.Millisecond); until.Before(soonest) {
			until = soonest
		}
		c, stop := b.clock.At(until)
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
		worked, _, err := b.decide(ctx)
		if err != nil {
			return err
		}
		letters, claimed, _, err := b.claim(ctx, min(b.senders, claimBatch))
		if err != nil {
			return err
		}
		for _, l := range letters {
			b.post(ctx, l)
		}
		if !worked && !claimed {
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

// tidy removes what is kept for a time only.
func (b *Bot) tidy(ctx context.Context, now time.Time) error {
	for more := true; more && ctx.Err() == nil; {
		err := b.store.Write(ctx, func(tx storage.Tx) error {
			keys, err := tx.ForgetOnce(now.Add(-onceRetention), tidyBatch)
			if err != nil {
				return err
			}
			sends, err := tx.PruneSends(now.Add(-sendRetention), tidyBatch)
			more = max(keys, sends) == tidyBatch
			return err
		})
		if err != nil {
			return err
		}
	}
	return nil
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
