package bot

import (
	"context"
	"fmt"
	"time"

	"github.com/relance-bot/relance/storage"
)

// agenda is what there is to do now, and when there will be something next.
type agenda struct {
	now time.Time

	// What is to be decided now.
	unsettled, timers, inputs, occurrences, overdue, unsealed bool

	decide time.Time // when something is to be decided next; zero if nothing waits for a time
	send   time.Time // when something may be sent next, likewise
}

// at notes when something is to be decided, and says whether that is now.
func (a *agenda) at(t time.Time) (isDue bool) {
	a.decide = earlier(a.decide, t)
	return !t.After(a.now)
}

// earlier is the earlier of two times, of which zero is none.
func earlier(a, b time.Time) time.Time {
	if a.IsZero() || !b.IsZero() && b.Before(a) {
		return b
	}
	return a
}

// look reads the agenda.
func (b *Bot) look(ctx context.Context) (a agenda, err error) {
	now := b.clock.Now()
	err = b.store.Read(ctx, func(r storage.Reader) error {
		a = agenda{now: now}
		if b.unsettled.some() {
			a.unsettled = a.at(now)
		}
		for _, part := range []func(storage.Reader, *agenda) error{
			b.lookAtTimers, b.lookAtInputs, b.lookAtOccurrences, b.lookAtOutbox, b.lookAtLedger,
		} {
			if err := part(r, &a); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return agenda{}, fmt.Errorf("what is due: %w", err)
	}
	return a, nil
}

func (b *Bot) lookAtTimers(r storage.Reader, a *agenda) error {
	at, some, err := r.NextTimer()
	if some {
		a.timers = a.at(at)
	}
	return err
}

func (b *Bot) lookAtInputs(r storage.Reader, a *agenda) error {
	pending, err := r.Pending(a.now, 1)
	if err != nil {
		return err
	}
	if len(pending) > 0 {
		a.inputs = a.at(a.now)
	}
	at, some, err := r.NextReady(a.now)
	if some {
		a.at(at)
	}
	return err
}

// lookAtOccurrences: one goes on when the page it came to has a slot again, and not
// while every page rests.
func (b *Bot) lookAtOccurrences(r storage.Reader, a *agenda) error {
	running, err := r.Occurrences(occurrenceRunning, 1)
	if err != nil || len(running) == 0 {
		return err
	}
	at := b.stalled.until(a.now)
	var open time.Time
	for page := range b.channels {
		open = earlier(open, b.pages.ends(page, a.now))
	}
	if open.After(at) {
		at = open
	}
	a.occurrences = a.at(at)
	return nil
}

func (b *Bot) lookAtOutbox(r storage.Reader, a *agenda) error {
	waiting, err := r.SendsIn(storage.SendWaiting, 1)
	if err != nil {
		return err
	}
	if len(waiting) > 0 {
		a.overdue = a.at(waiting[0].Ready)
	}
	resting, _ := b.pages.closed(a.now)
	at, some, err := r.NextSend(resting)
	if some {
		a.send = at
	}
	if err != nil || len(resting) == 0 {
		return err
	}
	// What waits for a page goes when its rest is over. If nothing does, waking up
	// once for it does no harm.
	for _, page := range resting {
		a.send = earlier(a.send, b.pages.ends(page, a.now))
	}
	return nil
}

func (b *Bot) lookAtLedger(r storage.Reader, a *agenda) error {
	unsealed, err := r.Unsealed(1)
	if len(unsealed) > 0 {
		a.unsealed = a.at(a.now)
	}
	return err
}

// NextDue is when the bot has something to do next; not after now if it has already.
// ok is false if nothing waits for a time.
func (b *Bot) NextDue(ctx context.Context) (next time.Time, ok bool, err error) {
	a, err := b.look(ctx)
	if err != nil {
		return time.Time{}, false, err
	}
	next = earlier(a.decide, a.send)
	return next, !next.IsZero(), nil
}
