package postgres_test

import (
	"testing"

	"github.com/relance-bot/relance/storage"
)

// TestExchanges counts the round trips of what a bot does most.
func TestExchanges(t *testing.T) {
	t.Parallel()
	s := openFilled(t, 1000)
	count := func(what string, want int64, f func()) {
		t.Helper()
		before := s.Exchanges()
		f()
		if n := s.Exchanges() - before; n > want {
			t.Errorf("%s: %d round trips, want at most %d", what, n, want)
		}
	}
	batch := func(what string, want int64, f func(tx storage.Tx) (int, error), size int) {
		t.Helper()
		count(what, want, func() {
			write(t, s, func(tx storage.Tx) error {
				n, err := f(tx)
				if n != size {
					t.Errorf("%s: %d, want %d", what, n, size)
				}
				return err
			})
		})
	}
	count("64 webhooks", 2, func() { webhooks(t, s, 1, 0, turnBatch) })
	batch("64 turns", 3, func(tx storage.Tx) (int, error) { return turns(tx, 1) }, turnBatch)
	count("64 answers settled", 2, func() {
		write(t, s, func(tx storage.Tx) error { return settle(tx, 1, 0, turnBatch, "") }, settled(0, turnBatch))
	})
	write(t, s, func(tx storage.Tx) error {
		return tx.PutOccurrence(storage.Occurrence{Trigger: "monday#1", ID: "2026-03-30", Flow: "monday", Topic: "restock", State: "running", At: now})
	})
	batch("200 subscribers", 5, func(tx storage.Tx) (int, error) { return decide(tx, 2) }, chunk)
	count("200 notifications settled", 2, func() {
		write(t, s, func(tx storage.Tx) error { return settle(tx, 2, 0, chunk, "2026-03-30") }, settled(0, chunk))
	})
	count("a write that does nothing", 0, func() { write(t, s, func(storage.Tx) error { return nil }) })
	count("64 new people", 2, func() { webhooks(t, s, 3, 5000, turnBatch) })
	// The rows of new people are made aside, then locked.
	batch("64 turns of new people", 4, func(tx storage.Tx) (int, error) {
		list, err := tx.Pending(now, turnBatch)
		if err != nil {
			return 0, err
		}
		for _, in := range list {
			if err := tx.PutContact(storage.Contact{ID: in.Contact}); err != nil {
				return 0, err
			}
			if err := tx.DeleteInput(in.Contact, in.Seq); err != nil {
				return 0, err
			}
		}
		return len(list), nil
	}, turnBatch)
}
