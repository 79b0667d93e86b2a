package bot_test

import (
	"context"
	"fmt"
	"sync"

	"github.com/relance-bot/relance/storage"
)

// flaky is a store that refuses writes by a pattern, again and again: "-" is
// refused, anything else goes through.
type flaky struct {
	storage.Store

	mu      sync.Mutex
	pattern string
	at      int
}

// fails sets the pattern; "" lets everything through.
func (f *flaky) fails(pattern string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.pattern, f.at = pattern, 0
}

// Write implements storage.Store.
func (f *flaky) Write(ctx context.Context, do func(storage.Tx) error, needs ...storage.Need) error {
	f.mu.Lock()
	refuse := false
	if f.pattern != "" {
		refuse = f.pattern[f.at%len(f.pattern)] == '-'
		f.at++
	}
	f.mu.Unlock()
	if refuse {
		return fmt.Errorf("%w: disk full", storage.ErrUnavailable)
	}
	return f.Store.Write(ctx, do, needs...)
}

// mortal is a store whose process is killed at one of its writes: just before it is
// kept, or just after. From then on nothing is stored or read any more.
type mortal struct {
	storage.Store

	mu     sync.Mutex
	writes int
	dies   int // at this write, counted from 1; 0: never
	after  bool
	dead   bool
}

// Write implements storage.Store.
func (m *mortal) Write(ctx context.Context, do func(storage.Tx) error, needs ...storage.Need) error {
	m.mu.Lock()
	m.writes++
	now := m.writes == m.dies
	if now {
		m.dead = true
	}
	dead, after := m.dead, m.after
	m.mu.Unlock()
	if !dead || now && after {
		if err := m.Store.Write(ctx, do, needs...); err != nil || !dead {
			return err
		}
	}
	return errKilled
}

// Read implements storage.Store.
func (m *mortal) Read(ctx context.Context, do func(storage.Reader) error) error {
	m.mu.Lock()
	dead := m.dead
	m.mu.Unlock()
	if dead {
		return errKilled
	}
	return m.Store.Read(ctx, do)
}

// kill ends it.
func (m *mortal) kill() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.dead = true
}

// killSoon lets the process die at the n-th write from now.
func (m *mortal) killSoon(n int, after bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.dies, m.after = m.writes+n, after
}

// killed says whether it is over, and how many writes there were.
func (m *mortal) killed() (dead bool, writes int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.dead, m.writes
}
