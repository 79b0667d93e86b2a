package emulator

import (
	"context"
	"errors"
	"sync"
	"time"
)

// Bounds of live mode.
const (
	maxFlying = 16              // webhooks under way at once, each of another person
	lookAgain = 1 * time.Second // the clock may have been moved without a Wake
)

// ErrRunning is returned by a second Run.
var ErrRunning = errors.New("emulator: already running")

// Run delivers webhooks in the background until ctx ends, and returns nil then,
// after every delivery under way has come back. While it runs, acts return before
// their webhooks are delivered.
func (p *Platform) Run(ctx context.Context) error {
	p.mu.Lock()
	if p.live {
		p.mu.Unlock()
		return ErrRunning
	}
	p.live = true
	p.mu.Unlock()

	var flying sync.WaitGroup
	defer func() {
		flying.Wait()
		p.mu.Lock()
		p.live = false
		p.mu.Unlock()
	}()
	slots := make(chan struct{}, maxFlying)
	for {
		select {
		case slots <- struct{}{}:
		case <-ctx.Done():
			return nil
		}
		h := p.await(ctx)
		if h == nil {
			return nil
		}
		flying.Go(func() {
			p.try(ctx, h)
			<-slots
			p.Wake()
		})
	}
}

// await returns the next webhook that may go, marked as under way; nil when ctx
// ends first.
func (p *Platform) await(ctx context.Context) *hook {
	for ctx.Err() == nil {
		if h := p.take(); h != nil {
			return h
		}
		timer := time.NewTimer(p.pause())
		select {
		case <-p.wake:
		case <-timer.C:
		case <-ctx.Done():
		}
		timer.Stop()
	}
	return nil
}

// pause is how long nothing will be due, as far as we know.
func (p *Platform) pause() time.Duration {
	p.mu.Lock()
	defer p.mu.Unlock()
	if due, ok := p.nextDue(); ok && due.After(p.cfg.Now()) {
		return min(lookAgain, due.Sub(p.cfg.Now()))
	}
	return lookAgain
}

// Wake tells Run and the phones that the clock was moved.
func (p *Platform) Wake() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.poke()
	p.changed()
}
