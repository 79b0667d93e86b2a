package bot

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/relance-bot/relance/storage"
)

// part is one of the things the bot has to do.
type part int

const (
	partTimers part = iota
	partInputs
	partSweeps
	partOccurrences
	partWaiting // messages whose echo did not come
	partLedger
	partOutbox // the senders' own; all others are the deciders'
	parts
)

// agenda is when each part is to be done next; zero: nothing is to be done.
type agenda [parts]time.Time

// next is the earliest time of the parts from first to last.
func (a agenda) next(first, last part) (at time.Time) {
	for _, t := range a[first : last+1] {
		at = earlier(at, t)
	}
	return at
}

// earlier is the earlier of two times, of which zero is none.
func earlier(a, b time.Time) time.Time {
	if a.IsZero() || !b.IsZero() && b.Before(a) {
		return b
	}
	return a
}

// plan is what the bot knows of its agenda. Every transaction adds to it what it
// leaves to do, so the store is asked again only for a part that was done.
type plan struct {
	mu     sync.Mutex
	at     agenda
	known  [parts]bool
	missed [parts]int // how often something was due and could not be had: others have it in hand
	still  bool       // the clock stands still: nothing is left alone for a moment
}

// add notes what a transaction leaves to do.
func (p *plan) add(left agenda) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for i, at := range left {
		if !at.IsZero() {
			p.at[i], p.missed[i] = earlier(p.at[i], at), 0
		}
	}
}

// forget lets the store be asked about a part.
func (p *plan) forget(which ...part) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, i := range which {
		p.known[i], p.missed[i] = false, 0
	}
}

// forgetAll lets the store be asked about everything.
func (p *plan) forgetAll() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.known = [parts]bool{}
}

// begun notes that a part is done now: what is left of it is not known.
func (p *plan) begun(i part) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.known[i] = false
}

// ended notes whether there was anything to do after all.
func (p *plan) ended(i part, did bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.missed[i]++; did || p.still {
		p.missed[i] = 0
	}
}

// more notes that there is certainly more to do of a part.
func (p *plan) more(i part, now time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.known[i], p.at[i] = true, now
}

// asks are the parts from first to last that are not known. What transactions leave
// from now on is added to what the store will say.
func (p *plan) asks(first, last part) (unknown []part) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for i := first; i <= last; i++ {
		if !p.known[i] {
			unknown = append(unknown, i)
			p.known[i], p.at[i] = true, time.Time{}
		}
	}
	return unknown
}

// learn takes what the store said about a part. What was due before and could not be
// had is left alone for a moment.
func (p *plan) learn(i part, at, now time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch {
	case at.IsZero() || at.After(now):
		p.missed[i] = 0
	case p.missed[i] > 0:
		at = now.Add(min(firstPause<<min(p.missed[i], 10), lastPause))
	}
	p.at[i] = earlier(p.at[i], at)
}

// now is the plan as it stands.
func (p *plan) now() agenda {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.at
}

// look brings the plan's parts from first to last up to date.
func (b *Bot) look(ctx context.Context, first, last part) (agenda, error) {
	now := b.clock.Now()
	unknown := b.plan.asks(first, last)
	if len(unknown) == 0 && !b.behind(now) {
		return b.plan.now(), nil
	}
	var a agenda
	err := b.store.Read(ctx, func(r storage.Reader) (err error) {
		a, err = b.ask(r, now, unknown...)
		return err
	})
	if err != nil {
		b.plan.forget(unknown...)
		return agenda{}, fmt.Errorf("what is due: %w", err)
	}
	for _, i := range unknown {
		b.plan.learn(i, a[i], now)
	}
	return b.plan.now(), nil
}

// ask reads parts of the agenda.
func (b *Bot) ask(r storage.Reader, now time.Time, which ...part) (a agenda, err error) {
	if b.shared != nil {
		if err := b.keepUp(r, now); err != nil {
			return a, err
		}
	}
	for _, i := range which {
		switch i {
		case partTimers:
			a[i], _, err = r.NextTimer()
		case partInputs:
			a[i], err = nextInput(r, now)
		case partSweeps:
			var next *storage.Campaign
			if next, err = b.nextSweep(r); next != nil {
				a[i] = now
			}
		case partOccurrences:
			a[i], err = b.nextOccurrence(r, now)
		case partWaiting:
			a[i], err = nextWaiting(r)
		case partLedger:
			a[i], err = nextUnsealed(r, now)
		case partOutbox:
			a[i], err = b.nextMail(r, now)
		}
		if err != nil {
			return a, err
		}
	}
	return a, nil
}

func nextInput(r storage.Reader, now time.Time) (time.Time, error) {
	pending, err := r.Pending(now, 1)
	if err != nil || len(pending) > 0 {
		return now, err
	}
	at, _, err := r.NextReady(now)
	return at, err
}

// nextOccurrence: one goes on when the page it came to has a slot again, and not
// while every page rests.
func (b *Bot) nextOccurrence(r storage.Reader, now time.Time) (time.Time, error) {
	campaign := func(trigger, id string) (storage.Campaign, error) { return campaignFrom(r, trigger, id) }
	_, at, err := b.nextRunning(r, campaign, now)
	if err != nil || at.IsZero() {
		return time.Time{}, err
	}
	return b.goesOn(at, now), nil
}

// goesOn is when an occurrence that may at a time really does.
func (b *Bot) goesOn(at, now time.Time) time.Time {
	at = latest(at, b.stalled.until(now))
	var open time.Time
	for page := range b.channels {
		open = earlier(open, b.pages.ends(page, now))
	}
	if open.After(at) {
		at = open
	}
	if b.desk.crowded() && at.Before(now.Add(time.Second)) {
		at = now.Add(time.Second) // whoever leaves the desk says so
	}
	return at
}

func nextWaiting(r storage.Reader) (time.Time, error) {
	waiting, err := r.SendsIn(storage.SendWaiting, 1)
	if err != nil || len(waiting) == 0 {
		return time.Time{}, err
	}
	return waiting[0].Ready, nil
}

func nextUnsealed(r storage.Reader, now time.Time) (time.Time, error) {
	unsealed, err := r.Unsealed(1)
	if err != nil || len(unsealed) == 0 {
		return time.Time{}, err
	}
	return now, nil
}

// nextMail: what waits for a page goes when its rest is over. If nothing does, waking
// up once for it does no harm. Whoever leaves the desk of a page that was full says so.
func (b *Bot) nextMail(r storage.Reader, now time.Time) (time.Time, error) {
	resting, _ := b.pages.closed(now)
	at, _, err := r.NextSend(slices.Concat(resting, b.desk.full()))
	for _, page := range resting {
		at = earlier(at, b.pages.ends(page, now))
	}
	return at, err
}

// NextDue is when the bot has something to do next; not after now if it has already.
// ok is false if nothing waits for a time.
func (b *Bot) NextDue(ctx context.Context) (next time.Time, ok bool, err error) {
	now := b.clock.Now()
	if b.unsettled.some() {
		return now, true, nil
	}
	err = b.store.Read(ctx, func(r storage.Reader) error {
		a, err := b.ask(r, now, partTimers, partInputs, partSweeps, partOccurrences, partWaiting, partLedger, partOutbox)
		next = a.next(partTimers, partOutbox)
		return err
	})
	if err != nil {
		return time.Time{}, false, fmt.Errorf("what is due: %w", err)
	}
	return next, !next.IsZero(), nil
}
