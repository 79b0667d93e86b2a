package bot

import (
	"sync"
	"time"
)

// pace spreads notifications over time: at most rate a second, and never more
// than one second of them at once.
type pace struct {
	rate float64

	mu   sync.Mutex
	next time.Time // when the last slot that was taken is over
}

// open is how many messages may be decided now.
func (p *pace) open(now time.Time) int {
	p.mu.Lock()
	defer p.mu.Unlock()
	ahead := p.next.Sub(now).Seconds()
	if ahead < 0 {
		ahead = 0
	}
	burst := p.rate
	if burst < 1 {
		burst = 1
	}
	return int(burst - ahead*p.rate + 1e-9)
}

// take uses n slots.
func (p *pace) take(now time.Time, n int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.next.Before(now) {
		p.next = now
	}
	p.next = p.next.Add(time.Duration(float64(n) / p.rate * float64(time.Second)))
}

// opens is when there will be a slot again; not after now if there is one.
func (p *pace) opens(now time.Time) time.Time {
	if p.open(now) > 0 {
		return now
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	slot := time.Duration(float64(time.Second) / p.rate)
	burst := time.Second
	if slot > burst {
		burst = slot
	}
	return p.next.Add(slot - burst).Add(time.Millisecond)
}
