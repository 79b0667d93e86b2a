package bot

import (
	"sync"
	"time"
)

// Clock tells the time and wakes whoever waits for one. The runtime reads no
// other clock, so that a bot can be tried with the time moved at will.
type Clock interface {
	Now() time.Time
	// At returns a channel that is closed at t, and a function that gives the
	// waiting up.
	At(t time.Time) (due <-chan struct{}, stop func())
}

// SystemClock is the machine's clock.
type SystemClock struct{}

// Now implements Clock.
func (SystemClock) Now() time.Time { return time.Now() }

// At implements Clock.
func (SystemClock) At(t time.Time) (<-chan struct{}, func()) {
	due := make(chan struct{})
	timer := time.AfterFunc(time.Until(t), func() { close(due) })
	return due, func() { timer.Stop() }
}

// ShiftedClock runs beside another clock, some way ahead of it. Moving it on
// wakes everybody whose time has come.
type ShiftedClock struct {
	base Clock

	mu      sync.Mutex
	offset  time.Duration
	waiting map[*shiftedWait]struct{}
}

type shiftedWait struct {
	t    time.Time
	due  chan struct{}
	stop func()
}

// NewShiftedClock returns a clock that shows what base shows until it is moved.
func NewShiftedClock(base Clock) *ShiftedClock {
	return &ShiftedClock{base: base, waiting: map[*shiftedWait]struct{}{}}
}

// Now implements Clock.
func (c *ShiftedClock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.base.Now().Add(c.offset)
}

// Offset is how far the clock is ahead of its base.
func (c *ShiftedClock) Offset() time.Duration {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.offset
}

// Begin sets how far the clock is ahead of its base, or behind it, before anybody looks
// at it.
func (c *ShiftedClock) Begin(offset time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.offset = offset
}

// Advance moves the clock on by d; it never goes back.
func (c *ShiftedClock) Advance(d time.Duration) {
	if d <= 0 {
		return
	}
	c.mu.Lock()
	c.offset += d
	now := c.base.Now().Add(c.offset)
	var due []*shiftedWait
	for w := range c.waiting {
		if !w.t.After(now) {
			due = append(due, w)
			delete(c.waiting, w)
		}
	}
	c.mu.Unlock()
	for _, w := range due {
		w.stop()
		close(w.due)
	}
}

// At implements Clock.
func (c *ShiftedClock) At(t time.Time) (<-chan struct{}, func()) {
	c.mu.Lock()
	defer c.mu.Unlock()
	w := &shiftedWait{t: t, due: make(chan struct{})}
	base, stop := c.base.At(t.Add(-c.offset))
	gone := make(chan struct{})
	w.stop = sync.OnceFunc(func() { stop(); close(gone) })
	c.waiting[w] = struct{}{}
	go func() {
		select {
		case <-base:
			if c.forget(w) {
				close(w.due)
			}
		case <-gone:
		}
	}()
	return w.due, func() { c.forget(w); w.stop() }
}

// forget takes w out and reports whether it was still waiting.
func (c *ShiftedClock) forget(w *shiftedWait) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	_, ok := c.waiting[w]
	delete(c.waiting, w)
	return ok
}

// ManualClock stands still until it is set. Nobody may wait for it: it is for a
// bot that is driven by Settle.
type ManualClock struct {
	mu  sync.Mutex
	now time.Time
}

// NewManualClock returns a clock that stands at t.
func NewManualClock(t time.Time) *ManualClock { return &ManualClock{now: t} }

// Now implements Clock.
func (c *ManualClock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

// Set moves the clock to t.
func (c *ManualClock) Set(t time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = t
}

// At implements Clock with a channel that is closed only if t has come already.
func (c *ManualClock) At(t time.Time) (<-chan struct{}, func()) {
	due := make(chan struct{})
	if !t.After(c.Now()) {
		close(due)
	}
	return due, func() {}
}
