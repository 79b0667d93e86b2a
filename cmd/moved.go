package cmd

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"time"

	"github.com/relance-bot/relance/storage"
	"github.com/relance-bot/relance/storage/transfer"
)

// moved says, in the file, that what it keeps was moved, and in the database it went to that
// it came there.
type moved struct {
	ID   string    `json:"id"`
	At   time.Time `json:"at"`
	To   string    `json:"to"`
	Done bool      `json:"done"` // false in a file: whether the other one has it is not known
}

const metaMoved = "moved"

// movedOf is the mark of a store; nil without one.
func movedOf(ctx context.Context, store storage.Store) (m *moved, err error) {
	err = store.Read(ctx, func(r storage.Reader) error {
		raw, err := r.Meta(metaMoved)
		if errors.Is(err, storage.ErrNotFound) || err == nil && len(raw) == 0 {
			return nil
		}
		if err != nil {
			return err
		}
		return json.Unmarshal(raw, &m)
	})
	return m, err
}

// value is the mark as it is kept; of nil, that there is none.
func (m *moved) value() (v storage.NamedValue, err error) {
	v.Key = metaMoved
	if m != nil {
		v.Value, err = json.Marshal(m)
	}
	return v, err
}

func (m *moved) note(ctx context.Context, store storage.Store) error {
	v, err := m.value()
	if err != nil {
		return err
	}
	return store.Write(ctx, func(tx storage.Tx) error { return tx.SetMeta(v.Key, v.Value) })
}

// movedError refuses a file that was moved.
type movedError struct {
	file string
	*moved
}

func (m *movedError) Error() string {
	if !m.Done {
		return fmt.Sprintf("%s was on its way to PostgreSQL (%s) on %s, and whether it arrived is not known: run the same 'relance move' again, or 'relance move --give-up' if that database is lost for good", m.file, m.To, instant(m.At))
	}
	return fmt.Sprintf("%s was moved to PostgreSQL (%s) on %s, and people may have said stop since then: set RELANCE_DATABASE to that database", m.file, m.To, instant(m.At))
}

// stays refuses a database that was moved elsewhere.
func (d database) stays(ctx context.Context, store storage.Store) error {
	if d.file == "" {
		return nil
	}
	m, err := movedOf(ctx, store)
	if err == nil && m != nil {
		err = &movedError{filepath.Base(d.file), m}
	}
	return err
}

// mover moves what one store keeps to another.
type mover struct {
	*app
	file, to   string
	from, into storage.Store
}

// move marks the file before anything can be kept elsewhere, and takes the mark away only
// if it is known that nothing was: at no time may two bots start.
func (m *mover) move(ctx context.Context) error {
	before, err := movedOf(ctx, m.from)
	if err != nil {
		return err
	}
	if before != nil {
		if before.Done || before.To != m.to {
			return &movedError{m.file, before}
		}
		arrived, err := m.arrived(ctx, before)
		if err != nil {
			return err
		}
		if arrived {
			return m.done(ctx, before, "It had arrived already.\n")
		}
	}
	mark := &moved{ID: rand.Text(), At: m.clock.Now().UTC(), To: m.to}
	if err := mark.note(ctx, m.from); err != nil {
		return fmt.Errorf("marking %s: %w", m.file, err)
	}
	fmt.Fprintln(m.stdout, "moving: this takes about a minute for each million people")
	there := *mark
	there.Done = true
	value, err := there.value()
	if err != nil {
		return err
	}
	tally, err := transfer.Move(ctx, m.from.Abilities().Dumper, m.into.Abilities().Loader, value)
	switch {
	case errors.Is(err, storage.ErrInDoubt):
		return m.doubted(mark, err)
	case err != nil:
		return m.brokeOff(err)
	}
	return m.done(ctx, mark, tallied(tally))
}

// arrived says whether what was on its way is there. It looks twice: the first look may have
// to wait for the server to keep it, or to drop it, and sees what there was before that.
func (m *mover) arrived(ctx context.Context, mark *moved) (bool, error) {
	_, err := movedOf(ctx, m.into)
	if err != nil {
		return false, err
	}
	there, err := movedOf(ctx, m.into)
	return there != nil && there.ID == mark.ID, err
}

// done notes that all of it is there.
func (m *mover) done(ctx context.Context, mark *moved, what string) error {
	mark.Done = true
	if err := mark.note(ctx, m.from); err != nil {
		return fmt.Errorf("it has arrived, but %s could not be marked: run the same 'relance move' again: %w", m.file, err)
	}
	fmt.Fprint(m.stdout, what)
	return nil
}

// doubted is a move of which it is not known whether it was kept. Somebody who has cancelled it
// is told too.
func (m *mover) doubted(mark *moved, err error) error {
	ctx, cancel := context.WithTimeout(context.Background(), moveWaits)
	defer cancel()
	switch arrived, unknown := m.arrived(ctx, mark); {
	case unknown != nil:
		return fmt.Errorf("%w; until it is, %s is refused: run the same 'relance move' again", err, m.file)
	case arrived:
		return m.done(ctx, mark, "It has arrived.\n")
	}
	return m.brokeOff(err)
}

// brokeOff is a move of which nothing was kept.
func (m *mover) brokeOff(err error) error {
	if errors.Is(err, storage.ErrOccupied) {
		err = errors.New("that database is not empty, or in use: make a new one for this bot (createdb shop), and stop what uses it")
	}
	if unmarked := (*moved)(nil).note(context.Background(), m.from); unmarked != nil {
		return fmt.Errorf("%w; %s could not be unmarked: %w", err, m.file, unmarked)
	}
	return fmt.Errorf("%w. Nothing was moved", err)
}

// tallied says what was moved, in the words of those who run a bot.
func tallied(t transfer.Tally) string {
	var parts []string
	for _, kind := range []struct{ name, one, many string }{
		{"Contact", "person", "people"}, {"Subscription", "consent", "consents"}, {"Permit", "permit", "permits"},
		{"Entry", "entry of the consent ledger", "entries of the consent ledger"}, {"Decision", "decision", "decisions"},
		{"Send", "message", "messages"}, {"Input", "input that waits", "inputs that wait"}, {"Timer", "timer", "timers"},
	} {
		switch n := t[kind.name].N; n {
		case 0:
		case 1:
			parts = append(parts, "1 "+kind.one)
		default:
			parts = append(parts, fmt.Sprintf("%d %s", n, kind.many))
		}
	}
	if len(parts) == 0 {
		parts = append(parts, "nobody yet")
	}
	return "moved: " + strings.Join(parts, ", ") + ", and what belongs to them.\nEach record was read back from PostgreSQL, and is the same.\n"
}
