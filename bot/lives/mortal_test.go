package lives

import (
	"context"
	"errors"
	"sync"

	"github.com/relance-bot/relance/storage"
)

// errKilled is what a store says once its process is dead.
var errKilled = errors.New("the process was killed")

// mortal is a store whose process is killed at one of its writes: just before it is
// kept, or just after. From then on nothing is stored or read any more.
type mortal struct {
	storage.Store

	mu     sync.Mutex
	writes int
	dies   int // at this write, counted from 1; 0: never
	kept   bool
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
	dead, kept := m.dead, m.kept
	m.mu.Unlock()
	if !dead || now && kept {
		if err := m.Store.Write(ctx, do, needs...); err != nil || !dead {
			return err
		}
	}
	return errKilled
}

// Read implements storage.Store.
func (m *mortal) Read(ctx context.Context, do func(storage.Reader) error) error {
	if m.killed() {
		return errKilled
	}
	return m.Store.Read(ctx, do)
}

// killSoon lets the process die at the n-th write from now; never, if that is over.
func (m *mortal) killSoon(n int, kept bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.dies, m.kept = m.writes+n, kept
}

// kill ends it.
func (m *mortal) kill() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.dead = true
}

func (m *mortal) killed() bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.dead
}
