// Package storagetest is the suite that every storage backend must pass. A
// backend, one of ours or a developer's own, runs it in three lines:
//
//	func TestStore(t *testing.T) {
//		storagetest.Run(t, func(t testing.TB, dir string) storage.Store { return open(t, dir) })
//	}
//
// Each case reads as a sentence about package storage, in the file of its noun,
// and gets an empty store of its own. What the comments of package storage leave
// open is settled here.
package storagetest

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/relance-bot/relance/storage"
)

// Open opens the store that belongs to dir, an empty directory of the test's
// own; a backend that keeps nothing in files may take it as a name. Opened again
// after Close, the store holds what it held. Open fails the test itself.
type Open func(t testing.TB, dir string) storage.Store

// Run runs the whole suite, in parallel.
func Run(t *testing.T, open Open) {
	for _, noun := range []struct {
		name  string
		cases []testCase
	}{
		{"contact", contactCases},
		{"inbox", inboxCases},
		{"consent", consentCases},
		{"permit", permitCases},
		{"timer", timerCases},
		{"occurrence", occurrenceCases},
		{"campaign", campaignCases},
		{"outbox", outboxCases},
		{"claim", claimCases},
		{"claimer", claimerCases},
		{"notification", carryingCases},
		{"prune", pruneCases},
		{"age", ageCases},
		{"outcome", outcomeCases},
		{"life", lifeCases},
		{"ledger", ledgerCases},
		{"meta", metaCases},
		{"again", againCases},
		{"write", writeCases},
		{"leave", leaveCases},
		{"undone", undoneCases},
		{"hostile", hostileCases},
		{"dump", dumpCases},
	} {
		t.Run(noun.name, func(t *testing.T) {
			t.Parallel()
			for _, c := range noun.cases {
				t.Run(c.name, func(t *testing.T) {
					t.Parallel()
					c.run(t, &store{Store: openClosed(t, open, t.TempDir()), open: open})
				})
			}
		})
	}
	t.Run("reopen", func(t *testing.T) {
		t.Parallel()
		for _, c := range slices.Concat(reopenCases, orphanCases) {
			t.Run(c.name, func(t *testing.T) {
				t.Parallel()
				c.run(t, open)
			})
		}
	})
	t.Run("properties", func(t *testing.T) {
		t.Parallel()
		t.Run("inputs of a contact are pending one by one in order", func(t *testing.T) {
			t.Parallel()
			inboxProperty(t, open)
		})
		t.Run("a send is never claimed before an earlier one is settled", func(t *testing.T) {
			t.Parallel()
			outboxProperty(t, open)
		})
		t.Run("what was decided stays, whatever becomes of the notification", func(t *testing.T) {
			t.Parallel()
			carryingProperty(t, open)
		})
	})
}

type testCase struct {
	name string
	run  func(t *testing.T, s *store)
}

// store is the store of one case.
type store struct {
	storage.Store
	open Open
}

// openClosed opens a store that is closed with the test.
func openClosed(t testing.TB, open Open, dir string) storage.Store {
	s := open(t, dir)
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Errorf("closing the store: %v", err)
		}
	})
	return s
}

// tester is what helpers need of a *testing.T or a *rapid.T.
type tester interface {
	Helper()
	Fatalf(format string, in ...any)
}

// write runs f and fails the test if it is not kept.
func (s *store) write(t tester, f func(tx storage.Tx) error) {
	t.Helper()
	if err := s.Write(context.Background(), f); err != nil {
		t.Fatalf("write: %v", err)
	}
}

// refuse runs f and fails the test unless it ends with that error.
func (s *store) refuse(t tester, want error, f func(tx storage.Tx) error) {
	t.Helper()
	if err := s.Write(context.Background(), f); !errors.Is(err, want) {
		t.Fatalf("write: %v, want %v", err, want)
	}
}

// reading runs f on a snapshot and fails the test if it fails.
func (s *store) reading(t tester, f func(r storage.Reader) error) {
	t.Helper()
	if err := s.Read(context.Background(), f); err != nil {
		t.Fatalf("read: %v", err)
	}
}

// get reads one thing.
func get[T any](t tester, s *store, f func(r storage.Reader) (T, error)) T {
	t.Helper()
	var v T
	s.reading(t, func(r storage.Reader) (err error) {
		v, err = f(r)
		return err
	})
	return v
}

// missing fails the test unless what f reads is not there.
func missing[T any](t tester, s *store, f func(r storage.Reader) (T, error)) {
	t.Helper()
	err := s.Read(context.Background(), func(r storage.Reader) error {
		_, err := f(r)
		return err
	})
	if !errors.Is(err, storage.ErrNotFound) {
		t.Fatalf("read: %v, want %v", err, storage.ErrNotFound)
	}
}

// all makes one error of the calls of a transaction, for writing them in a row.
func all(errs ...error) error { return errors.Join(errs...) }

// same fails the test unless both are equal. Lists may be nil for empty.
func same[T any](t tester, what string, got, want T) {
	t.Helper()
	if diff := cmp.Diff(want, got, cmpopts.EquateEmpty()); diff != "" {
		t.Fatalf("%s (-want +got):\n%s", what, diff)
	}
}

// at is a moment so many seconds into the tests' Monday morning. 09:00 in Paris.
func at(seconds int) time.Time {
	return time.Date(2026, time.March, 30, 7, 0, 0, 0, time.UTC).Add(time.Duration(seconds) * time.Second)
}

// ids reads the identity of each of a list.
func ids[T any](list []T, id func(T) string) []string {
	var out []string
	for _, v := range list {
		out = append(out, id(v))
	}
	return out
}
