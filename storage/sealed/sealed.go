// Package sealed keeps what is personal in a store under a secret key. It wraps any
// backend, which then sees sealed values where the bot sees what it wrote:
//
//	bot ── storage.Store ──► sealed ── storage.Store ──► sqlite, postgres
//
// Sealed (AES-256-GCM, a random nonce for each value, bound to its place so that no
// value can be moved to another row) are a contact's names, fields, preferences and
// session, the bodies of inputs, sends, timers, strays, the events of decisions, a
// permit's token and body, and the salts: without the salt nobody reads what is
// personal in the ledger. Unique fields are found by a keyed hash.
//
// In clear stands what the store itself works with: ids (the platform's, unreadable to
// others), topics, cadences, interests and their index, times, zones and locales,
// states, rules and counts; and what is about nobody: programs, occurrences, figures.
//
// The id of its key stands in front of each value. Values are read with the key that
// they name and written with the first. [Store.Reseal] writes the old ones anew.
package sealed

import (
	"context"
	"errors"
	"sync/atomic"

	"github.com/relance-bot/relance/storage"
)

// ErrKey is wrapped by the errors that say a key is missing or another one.
var ErrKey = errors.New("RELANCE_SECRET_KEY is not the key of this database")

// Store seals what goes into another store.
type Store struct {
	inner storage.Store
	keys  ring
	state atomic.Pointer[state] // nil until something was sealed
}

// state is what was noted in the store about its keys.
type state struct {
	index []byte // what blind works with; the same for ever
	mixed bool   // values of the time before the key may be left
	noted bool   // our first key stands there as the one that seals
}

// Open puts keys over a store, or returns the store itself if there are none. It
// changes nothing before the first write. ErrKey if the store holds values that these
// keys cannot read; the store is not closed then.
func Open(ctx context.Context, inner storage.Store, keys []Key) (storage.Store, error) {
	s := &Store{inner: inner, keys: keys}
	err := inner.Read(ctx, func(r storage.Reader) error {
		noted, err := readRecord(r)
		if err != nil || noted == nil {
			return err
		}
		st, err := noted.admit(s.keys)
		s.state.Store(st)
		return err
	})
	if err != nil {
		return nil, err
	}
	if len(keys) == 0 {
		return inner, nil
	}
	return s, nil
}

// Write implements storage.Store. The first one notes the key.
func (s *Store) Write(ctx context.Context, f func(tx storage.Tx) error, needs ...storage.Need) error {
	now := s.state.Load()
	if now != nil && now.noted {
		return s.inner.Write(ctx, func(inner storage.Tx) error {
			return f(&tx{inner, reader{inner, s.keys, now}})
		}, needs...)
	}
	err := s.inner.Write(ctx, func(inner storage.Tx) error {
		st, err := note(inner, s.keys)
		if err != nil {
			return err
		}
		now = st
		return f(&tx{inner, reader{inner, s.keys, st}})
	}, needs...)
	if err == nil {
		s.state.Store(now)
	}
	return err
}

// Read implements storage.Store.
func (s *Store) Read(ctx context.Context, f func(r storage.Reader) error) error {
	st := s.state.Load()
	return s.inner.Read(ctx, func(r storage.Reader) error {
		if st == nil { // another process may have begun
			noted, err := readRecord(r)
			if err == nil && noted != nil {
				st, err = noted.admit(s.keys)
			}
			if err != nil {
				return err
			}
		}
		return f(&reader{r, s.keys, st})
	})
}

// Check implements storage.Store.
func (s *Store) Check(ctx context.Context) error { return s.inner.Check(ctx) }

// Close implements storage.Store.
func (s *Store) Close() error { return s.inner.Close() }

// Abilities implements storage.Store. A copy is sealed like the store. What it keeps is
// told, and taken, by the store below: sealed, and by who needs no key.
func (s *Store) Abilities() storage.Abilities {
	a := s.inner.Abilities()
	a.Resealer, a.Dumper, a.Loader = s, nil, nil
	return a
}
