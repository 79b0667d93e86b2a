package bot

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/relance-bot/relance/storage"
)

// pace spreads the notifications of one page over time. Slots for them come at
// regular intervals; those nobody used are kept for a moment, so that a few may go
// at once, and never more than a second of them.
//
// Where several processes share a page each takes its slots from the store, a block of
// a quarter of a second at a time.
type pace struct {
	every  time.Duration // from one slot to the next
	ahead  time.Duration // how far ahead of its time a slot may be used
	second int           // how many a second has; at least 1

	mu     sync.Mutex
	next   time.Time // of the first slot that is not taken; shared: when the next who waits comes back
	shared bool      // slots come in blocks
	block  int       // slots left of the block
	until  time.Time // when they lapse
	closed time.Time // when the next block can be had
	wanted bool      // somebody found no slot
}

// newPace is a pace of so many messages a second.
func newPace(rate float64, shared bool) *pace {
	p := &pace{every: time.Duration(float64(time.Second) / rate), second: max(1, int(rate)), shared: shared}
	p.ahead = max(0, min(paceAhead, time.Second)-p.every)
	return p
}

// free is how many slots may be used now.
func (p *pace) free(now time.Time) int {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.shared {
		return p.left(now)
	}
	early := max(0, p.next.Sub(now))
	if early > p.ahead {
		return 0
	}
	return int((p.ahead-early)/max(p.every, 1)) + 1
}

// left is what is left of the block; the lock is held.
func (p *pace) left(now time.Time) int {
	if now.After(p.until) {
		p.block = 0
	}
	p.wanted = p.wanted || p.block == 0
	return p.block
}

// opens is when a slot may be used: now if one is free.
func (p *pace) opens(now time.Time) time.Time {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.shared {
		if p.block > 0 || p.closed.Before(now) {
			return now
		}
		return p.closed
	}
	if at := p.next.Add(-p.ahead); at.After(now) {
		return at
	}
	return now
}

// take uses n slots now.
func (p *pace) take(now time.Time, n int) {
	for range n {
		p.reserve(now)
	}
}

// reserve takes one slot, and says when it may be used: not before from. It is not
// taken, and to be asked for again then, if others have all there are.
func (p *pace) reserve(from time.Time) (at time.Time, taken bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.shared {
		if p.left(from) > 0 {
			p.block--
			return from, true
		}
		// Those who wait come back one after another, not all at once.
		for _, soonest := range []time.Time{from.Add(paceAhead / 4), p.closed} {
			if p.next.Before(soonest) {
				p.next = soonest
			}
		}
		at = p.next
		p.next = p.next.Add(p.every)
		return at, false
	}
	if p.next.Before(from) {
		p.next = from
	}
	at = p.next.Add(-p.ahead)
	p.next = p.next.Add(p.every)
	if at.Before(from) {
		at = from
	}
	return at, true
}

// give gives a slot back that was reserved for what was not kept. Others may have
// reserved later ones meanwhile: then the last of those is free again.
func (p *pace) give(taken bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.shared && taken {
		p.block++
		return
	}
	p.next = p.next.Add(-p.every)
}

// asks says whether a block is wanted that may be had now.
func (p *pace) asks(now time.Time) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.shared && p.wanted && p.left(now) == 0 && !p.closed.After(now)
}

// paceRow is where the processes keep when the next slot of a pace is free. Those of all
// campaigns stand in one row, so that nothing is left of the ones that are over.
type paceRow struct {
	key      string
	campaign string // empty: the pace is a page's
}

func (row paceRow) read(tx *txn) (next time.Time, all map[string]time.Time, err error) {
	raw, err := tx.Meta(row.key)
	if errors.Is(err, storage.ErrNotFound) {
		return next, nil, nil
	}
	switch {
	case err != nil || len(raw) == 0:
	case row.campaign == "":
		err = json.Unmarshal(raw, &next)
	default:
		err = json.Unmarshal(raw, &all)
		next = all[row.campaign]
	}
	return next, all, err
}

func (row paceRow) write(tx *txn, next time.Time, all map[string]time.Time) error {
	var value any = next
	if row.campaign != "" {
		kept := map[string]time.Time{row.campaign: next}
		for name, at := range all {
			if name != row.campaign && at.After(tx.now) { // those that are over begin anew, if ever
				kept[name] = at
			}
		}
		value = kept
	}
	raw, err := json.Marshal(value)
	if err != nil {
		return err
	}
	return tx.SetMeta(row.key, raw)
}

// refill takes the next block of slots of a page from the store, if others have left
// one.
func (b *Bot) refill(ctx context.Context, page string) error {
	return b.refillPace(ctx, paceRow{key: "pace:" + page}, b.paces[page])
}

// refillPace is refill for the pace of a row.
func (b *Bot) refillPace(ctx context.Context, row paceRow, p *pace) error {
	var granted int
	var now, next time.Time
	err := b.write(ctx, func(tx *txn) error {
		granted, now = 0, tx.now
		var all map[string]time.Time
		var err error
		if next, all, err = row.read(tx); err != nil {
			return err
		}
		if next.Before(now) || next.After(now.Add(time.Second+max(paceAhead, p.every))) {
			next = now // nobody takes slots that far ahead: some clock was wrong
		}
		if next.Sub(now) > p.ahead {
			return nil
		}
		granted = max(1, int(paceAhead/max(p.every, 1)))
		next = next.Add(time.Duration(granted) * p.every)
		return row.write(tx, next, all)
	})
	if err != nil {
		return fmt.Errorf("taking slots of %s: %w", row.key, err)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.closed = next.Add(-p.ahead)
	if granted > 0 {
		p.block, p.until, p.wanted = granted, now.Add(max(paceAhead, p.every)), false
	}
	return nil
}

// refillAll takes the blocks that are wanted.
func (b *Bot) refillAll(ctx context.Context) error {
	now := b.clock.Now()
	for page, p := range b.paces {
		if !p.asks(now) {
			continue
		}
		if err := b.refill(ctx, page); err != nil {
			return err
		}
	}
	for name, p := range b.throttles.all(now) {
		if !p.asks(now) {
			continue
		}
		if err := b.refillPace(ctx, paceRow{key: "pace:campaigns", campaign: name}, p); err != nil {
			return err
		}
	}
	return nil
}
