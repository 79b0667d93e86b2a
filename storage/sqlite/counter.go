package sqlite

import (
	"errors"
	"fmt"

	"github.com/relance-bot/relance/storage"
)

// Counters hand out numbers that rise and never come back. Gaps are allowed: a
// number taken by a function that fails is lost.
const (
	counterInbox = iota
	counterOutbox
	counterOpening // one for each exclusive opening of the file; it is who claims
	counters
)

var counterNames = [counters]string{"inbox", "outbox", "opening"}

const (
	sqlCounter    = `SELECT value FROM counters WHERE name = ?1`
	sqlSetCounter = `INSERT INTO counters (name, value) VALUES (?1, ?2) ON CONFLICT (name) DO UPDATE SET value = ?2`
)

// transaction is the storage.Tx of one function after another in a group.
type transaction struct {
	reader
	// counter holds the values of this group, read once and written once. Only
	// within a group can it be known that no other process counts.
	counter [counters]struct {
		value       int64
		read, dirty bool
	}
	// midRoom is how much the platform's ids take, as far as is known.
	midRoom int
	// ahead is what was read of contacts before it was asked for (ahead.go).
	ahead map[string]*ahead
	// erased says that somebody was, since the log was last emptied.
	erased bool
}

var _ storage.Tx = (*transaction)(nil)

// begin forgets what the last group knew.
func (t *transaction) begin() {
	clear(t.counter[:])
	clear(t.ahead)
}

// next takes the next number of a counter.
func (t *transaction) next(which int) (int64, error) {
	if err := t.load(which); err != nil {
		return 0, err
	}
	n := &t.counter[which]
	n.value++
	n.dirty = true
	return n.value, nil
}

// reach makes sure that a number given from outside is not given again.
func (t *transaction) reach(which int, value int64) error {
	if err := t.load(which); err != nil {
		return err
	}
	if n := &t.counter[which]; n.value < value {
		n.value, n.dirty = value, true
	}
	return nil
}

func (t *transaction) load(which int) error {
	n := &t.counter[which]
	if n.read {
		return nil
	}
	err := t.c.row(sqlCounter, args{counterNames[which]}, &n.value)
	if err != nil && !errors.Is(err, storage.ErrNotFound) {
		return fmt.Errorf("counting %s: %w", counterNames[which], err)
	}
	n.read = true
	return nil
}

// flush writes the counters back, as the last thing before the commit.
func (t *transaction) flush() error {
	for i, n := range t.counter {
		if !n.dirty {
			continue
		}
		if err := t.c.exec(sqlSetCounter, counterNames[i], n.value); err != nil {
			return fmt.Errorf("counting %s: %w", counterNames[i], err)
		}
	}
	return nil
}
