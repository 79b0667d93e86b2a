package bot

import (
	"sync"
	"time"
)

// pace spreads the notifications of one page over time. Slots for them come at
// regular intervals; those nobody used are kept for a moment, so that a few may go
// at once, and never more than a second of them.
type pace struct {
	every time.Duration // from one slot to the next
	ahead time.Duration // how far ahead of its time a slot may be used

	mu   sync.Mutex
	next time.Time // of the first slot that is not taken
}

// newPace is a pace of so many messages a second.
func newPace(rate float64) *pace {
	p := &pace{every: time.Duration(float64(time.Second) / rate)}
	p.ahead = max(0, min(paceAhead, time.Second)-p.every)
	return p
}

// free is how many slots may be used now.
func (p *pace) free(now time.Time) int {
	p.mu.Lock()
	defer p.mu.Unlock()
	early := max(0, p.next.Sub(now))
	if early > p.ahead {
		return 0
	}
	return int((p.ahead-early)/max(p.every, 1)) + 1
}

// opens is when a slot may be used: now if one is free.
func (p *pace) opens(now time.Time) time.Time {
	p.mu.Lock()
	defer p.mu.Unlock()
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

// reserve takes one slot, and says when it may be used: not before from.
func (p *pace) reserve(from time.Time) time.Time {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.next.Before(from) {
		p.next = from
	}
	at := p.next.Add(-p.ahead)
	p.next = p.next.Add(p.every)
	if at.Before(from) {
		return from
	}
	return at
}
