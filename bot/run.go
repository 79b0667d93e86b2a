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
// recorded as unknown. storage.ErrClosed if somebody has closed the store: nothing can be
// done any more.
func (b *Bot) Run(ctx context.Context) error {
	if !b.running.CompareAndSwap(false, true) {
		return errors.New("the bot runs already")
	}
	defer b.running.Store(false)
	b.over = make(chan struct{})
	defer b.senders.Wait() // none is left for the next Run, whose end is another
	defer close(b.over)
	ctx, end := context.WithCancel(ctx)
	defer end()
	b.plan.forgetAll()
	b.desk.admit()
	b.handOver(b.handed.take())
	b.tasks.Go(func() { b.sendLoop(ctx) })
	b.calls.open(ctx, b)
	b.notices.open(ctx, b)
	if b.shared != nil {
		b.tasks.Go(func() { b.watch(ctx) })
	}
	closed := b.decideLoop(ctx)
	end()
	b.calls.close()
	b.notices.close()
	b.tasks.Wait()
	b.desk.close()
	if closed != nil {
		return closed
	}
	for b.unsettled.some() { // what came too late to be settled in passing
		if _, err := b.resettle(context.WithoutCancel(ctx)); err != nil {
			b.log.Error("what became of some messages could not be stored: it is unknown", "error", err)
			break
		}
	}
	return nil
}

// decideLoop does whatever is to be decided, and then sleeps until something
// arrives or comes due, until ctx ends. The error is storage.ErrClosed.
func (b *Bot) decideLoop(ctx context.Context) error {
	var tidied time.Time
	for ctx.Err() == nil {
		worked, next, err := b.decide(ctx)
		if err != nil {
			if errors.Is(err, storage.ErrClosed) && ctx.Err() == nil {
				return err
			}
			b.plan.forgetAll()
			b.trouble(ctx, err)
			continue
		}
		if b.fault.Swap(nil) != nil {
			b.log.Info("the store works again", "failed", b.faults.Swap(0))
		}
		if now := b.clock.Now(); now.Sub(tidied) >= tidyEvery || now.Before(tidied) {
			tidied = now
			b.tidyAll(ctx, now)
		}
		if !worked {
			if tidy := tidied.Add(tidyEvery); next.IsZero() || next.After(tidy) {
				next = tidy // also where nothing ever happens
			}
			b.sleep(ctx, b.work, next)
		}
	}
	return nil
}

// decide does one round of everything but sending. It says whether there was
// anything, and when there will be something next.
func (b *Bot) decide(ctx context.Context) (worked bool, next time.Time, err error) {
	if worked, err = b.resettle(ctx); err != nil {
		return worked, time.Time{}, err
	}
	if err := b.hurried(ctx); err != nil {
		return worked, time.Time{}, err
	}
	a, err := b.look(ctx, partTimers, partLedger)
	if err != nil {
		return worked, time.Time{}, err
	}
	if err := b.refillAll(ctx); err != nil {
		return worked, time.Time{}, err
	}
	now := b.clock.Now()
	for _, step := range []struct {
		part part
		do   func(context.Context) (bool, error)
	}{
		{partTimers, b.timers}, {partInputs, b.turns}, {partSweeps, b.sweeps}, {partOccurrences, b.occurrences}, {partWaiting, b.overdue}, {partLedger, b.seal},
	} {
		if due := a[step.part]; due.IsZero() || due.After(now) {
			continue
		}
		b.plan.begun(step.part)
		did, err := step.do(ctx)
		if err != nil {
			return worked, time.Time{}, err
		}
		b.plan.ended(step.part, did)
		worked = worked || did
	}
	return worked, b.plan.now().next(partTimers, partLedger), nil
}

// sendLoop claims what waits in the outbox and may be sent, while there are places for
// it.
func (b *Bot) sendLoop(ctx context.Context) {
	for ctx.Err() == nil {
		if len(b.desk.full()) == len(b.channels) { // whoever leaves a place raises mail
			b.sleep(ctx, b.mail, time.Time{})
			continue
		}
		worked, next, err := b.claim(ctx, min(b.desk.free(), claimBatch))
		if err != nil {
			b.plan.forget(partOutbox)
			b.trouble(ctx, err)
			continue
		}
		if !worked {
			b.sleep(ctx, b.mail, next)
		}
	}
}

// trouble waits a moment after the store failed. Of the tries that fail in a row the log
// tells the first, the second, the fourth, the eighth …
func (b *Bot) trouble(ctx context.Context, err error) {
	if ctx.Err() != nil {
		return
	}
	b.fault.Store(&err)
	if times := b.faults.Add(1); times&(times-1) == 0 {
		b.log.Error("the store fails, trying again", "error", err, "times", times)
	}
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
	_, err := b.SettleNext(ctx)
	return err
}

// SettleNext is Settle, and says when there is something to do next; zero if nothing
// waits for a time. It spares whoever drives a bot for long a NextDue after each step.
func (b *Bot) SettleNext(ctx context.Context) (next time.Time, err error) {
	if b.running.Load() {
		return next, errors.New("the bot runs by itself")
	}
	b.plan.still = true
	defer func() { b.plan.still = false }()
	b.desk.admit()
	defer b.desk.shut()
	for {
		b.plan.forgetAll()
		if _, err := b.look(ctx, partTimers, partOutbox); err != nil { // all at once
			return next, err
		}
		worked, _, err := b.decide(ctx)
		if err != nil {
			return next, err
		}
		claimed, _, err := b.claim(ctx, min(b.desk.free(), claimBatch))
		if err != nil {
			return next, err
		}
		sent := b.deliverHanded(ctx)
		called, err := b.callHanded(ctx)
		if err != nil {
			return next, err
		}
		told, err := b.postHanded(ctx)
		if err != nil {
			return next, err
		}
		if !worked && !claimed && !sent && !called && !told {
			return b.plan.now().next(partTimers, partOutbox), nil
		}
		if err := ctx.Err(); err != nil {
			return next, err
		}
	}
}

// Idle waits until a running bot has nothing left to do now.
func (b *Bot) Idle(ctx context.Context) error {
	for quiet := 0; quiet < 3; {
		b.plan.forgetAll()
		b.work.raise()
		b.mail.raise()
		busy := b.desk.busy() || b.asked.Load() > 0 || b.calls.busy() || b.notices.some()
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

// tidyAll does what is to be done now and then. What fails is done the next time.
func (b *Bot) tidyAll(ctx context.Context, now time.Time) {
	for _, part := range []struct {
		name string
		tidy func() error
	}{
		{"store", func() error { return b.tidy(ctx, now) }},
		{"schedules", func() error { return b.tidySchedules(ctx) }},
		{"programs", func() error { return b.tidyPrograms(ctx, now) }},
	} {
		if err := part.tidy(); err != nil && ctx.Err() == nil {
			b.log.Warn("tidying the "+part.name, "error", err)
		}
	}
	b.reseal(ctx, now)
	b.retainBeside(ctx, now)
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
			strays, err2 := tx.PruneStrays(now.Add(-strayRetention), tidyBatch)
			err = errors.Join(err, err2)
			more = max(keys, sends, strays) == tidyBatch
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
