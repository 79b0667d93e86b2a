package sqlite

import (
	"errors"
	"fmt"

	"github.com/relance-bot/relance/storage"
)

// Counters hand out numbers that rise and never come back. Gaps are allowed: a
// number taken by a function that fails is lost.
const (
	counterInbox = iota // one for each input, and for each that goes (inboxes.go)
	counterOutbox
	counterOpening  // one for each exclusive opening of the file; it is who claims
	counterKeys     // one for each row of the log of keys (once.go)
	counterMoved    // the last of these rows of which all keys stand in the table
	counterInflight // one for each change to the sends in flight (inflight.go)
	counters
)

var counterNames = [counters]string{"inbox", "outbox", "opening", "keys", "moved", "inflight"}

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
	// ahead is what was read of contacts before it was asked for (ahead.go).
	ahead    map[string]*ahead
	allAhead []ahead // where it stands, used again by the next group
	// keys is what is remembered of the log of keys, and lastKeys what was at the last
	// commit; keysOpen says that this group made sure of it.
	keys, lastKeys *keyLog
	keysOpen       bool
	// inflight is what is remembered of the sends in flight; inflightOpen says that this
	// group made sure of it.
	inflight     *inflight
	inflightOpen bool
	// inboxes is what is remembered of the inputs; inboxesOpen says that this group made
	// sure of it.
	inboxes     *inboxes
	inboxesOpen bool
	remembers   int   // so many inputs, at most
	row         []any // of a decision, as it is given to a statement
	// erased says that somebody was, since the log was last emptied.
	erased bool
}

var _ storage.Tx = (*transaction)(nil)

// begin forgets what the last group knew.
func (t *transaction) begin() {
	clear(t.counter[:])
	t.forgetAhead()
	if t.lastKeys.flushed {
		t.lastKeys = newKeyLog() // what became of it nobody knows
	}
	t.keys = t.lastKeys
	t.keys.undo(0)
	t.keysOpen = false
	if t.inflight.flushed {
		t.inflight = newInflight()
	}
	t.inflight.undo(0)
	t.inflightOpen = false
	t.inboxes.undo(0)
	t.inboxesOpen = false
}

// mark is where a function of the group begins, for undo.
type mark struct {
	keys    *keyLog
	fresh   int
	open    bool
	flights int
	inputs  int
}

func (t *transaction) mark() mark {
	return mark{t.keys, len(t.keys.fresh), t.keysOpen, len(t.inflight.changes), len(t.inboxes.changes)}
}

// undo forgets what a function did that is undone in the file.
func (t *transaction) undo(m mark) {
	t.c.forget()
	t.forgetAhead()
	t.keys = m.keys
	t.keys.undo(m.fresh)
	t.keysOpen = m.open
	t.inflight.undo(m.flights)
	t.inboxes.undo(m.inputs)
}

// kept is for when what was flushed is in the file.
func (t *transaction) kept() {
	t.keys.kept()
	t.lastKeys = t.keys
	if t.inflightOpen {
		t.inflight.kept(t.counter[counterInflight].value, t.counter[counterOutbox].value)
	}
	if t.inboxesOpen {
		t.inboxes.kept(t.counter[counterInbox].value)
	}
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

// flush writes the group's keys, what came in flight or left, and the counters back, as the last thing before the commit.
func (t *transaction) flush() error {
	if err := errors.Join(t.flushKeys(), t.flushInflight()); err != nil {
		return err
	}
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
