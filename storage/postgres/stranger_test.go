package postgres_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"

	"github.com/relance-bot/relance/storage"
	"github.com/relance-bot/relance/storage/postgres"
	"github.com/relance-bot/relance/storage/postgres/pgtest"
)

// TestNobodyIsLeftBehind leaves no row of a contact that is only asked for, or that
// was erased.
func TestNobodyIsLeftBehind(t *testing.T) {
	t.Parallel()
	url := pgtest.URL(t)
	s := closed(t, url, postgres.Config{})
	write(t, s, func(tx storage.Tx) error {
		_, err := tx.Contact("asked for")
		if !errors.Is(err, storage.ErrNotFound) {
			t.Errorf("%v, want %v", err, storage.ErrNotFound)
		}
		return errors.Join(tx.PutContact(storage.Contact{ID: "erased"}), tx.PutContact(storage.Contact{ID: "kept"}),
			tx.PutTimer(storage.Timer{Contact: "has a timer", Kind: "wake", At: now}), tx.PutTimer(storage.Timer{Kind: "schedule", At: now}))
	}, storage.Need{Contacts: []string{"needed"}})
	write(t, s, func(tx storage.Tx) error {
		return errors.Join(tx.Erase("erased"), tx.DeleteTimer("", "schedule", ""))
	})
	if n := query(t, url, `SELECT count(*) FROM contacts WHERE id NOT IN ('kept', 'has a timer')`); n != 0 {
		t.Errorf("%d rows are left", n)
	}
	if n := query(t, url, `SELECT count(*) FROM contacts`); n != 2 {
		t.Errorf("%d rows, want 2", n)
	}
	write(t, s, func(tx storage.Tx) error { return tx.DeleteTimer("has a timer", "wake", "") })
	if n := query(t, url, `SELECT count(*) FROM contacts`); n != 1 {
		t.Errorf("%d rows, want 1", n)
	}
}

// TestAStrangerLeavesNoRow touches people who have no row, in all ways that end with
// nothing of theirs that waits.
func TestAStrangerLeavesNoRow(t *testing.T) {
	t.Parallel()
	wrong := errors.New("on purpose")
	receipt := func(tx storage.Tx, i int) error { // as the bot takes one of a person it does not know
		_, err := tx.Once(fmt.Sprint("receipt ", i), now)
		_, missing := tx.SendByMID("stranger", "mid")
		_, err2 := tx.DecisionsByMID("stranger", "mid")
		_, unknown := tx.Contact("stranger")
		if !errors.Is(missing, storage.ErrNotFound) || !errors.Is(unknown, storage.ErrNotFound) {
			err = errors.Join(err, errors.New("somebody is known"))
		}
		return errors.Join(err, err2, tx.PutStray(storage.Stray{At: now, Source: "page", Contact: "stranger"}))
	}
	for _, c := range []struct {
		name string
		run  func(t *testing.T, all []*postgres.Store)
	}{
		{"a receipt", func(t *testing.T, all []*postgres.Store) {
			write(t, all[0], func(tx storage.Tx) error { return receipt(tx, 1) }, storage.Need{Contacts: []string{"stranger"}, Keys: []string{"receipt 1"}})
		}},
		{"receipts that processes take at once", func(t *testing.T, all []*postgres.Store) {
			var writers sync.WaitGroup
			for i := range 40 {
				writers.Go(func() {
					write(t, all[i%2], func(tx storage.Tx) error { return receipt(tx, i) }, storage.Need{Contacts: []string{"stranger"}})
				})
			}
			writers.Wait()
		}},
		{"a receipt whose write fails", func(t *testing.T, all []*postgres.Store) {
			err := all[0].Write(t.Context(), func(tx storage.Tx) error { return errors.Join(receipt(tx, 1), wrong) }, storage.Need{Contacts: []string{"stranger"}})
			if !errors.Is(err, wrong) {
				t.Errorf("%v, want %v", err, wrong)
			}
		}},
		{"a write that fails after it was sent, and others that do not", func(t *testing.T, all []*postgres.Store) {
			var writers sync.WaitGroup
			for i := range 12 {
				writers.Go(func() {
					err := all[0].Write(context.Background(), func(tx storage.Tx) error {
						_, err := tx.Timers(fmt.Sprint("stranger ", i))
						if i%2 == 0 {
							return err
						}
						err = errors.Join(err, tx.PutTimer(storage.Timer{Contact: fmt.Sprint("stranger ", i), Kind: "wake", At: now}))
						_, err2 := tx.Contacts("", 1)
						return errors.Join(err, err2, wrong)
					})
					if want := i%2 == 1; errors.Is(err, wrong) != want || !want && err != nil {
						t.Errorf("write %d: %v", i, err)
					}
				})
			}
			writers.Wait()
		}},
		{"a timer that fired", func(t *testing.T, all []*postgres.Store) {
			write(t, all[0], func(tx storage.Tx) error {
				return tx.PutTimer(storage.Timer{Contact: "stranger", Kind: "wake", At: now})
			})
			write(t, all[1], func(tx storage.Tx) error {
				due, err := tx.DueTimers(now, 10)
				if len(due) != 1 {
					t.Errorf("%d timers are due, want 1", len(due))
				}
				return errors.Join(err, tx.DeleteTimer("stranger", "wake", ""))
			})
		}},
		{"a send that was claimed and settled", func(t *testing.T, all []*postgres.Store) {
			write(t, all[0], func(tx storage.Tx) error {
				return tx.PutSend(storage.Send{ID: "s", Contact: "stranger", Page: "p", State: storage.SendPending, Ready: now, At: now})
			})
			write(t, all[1], func(tx storage.Tx) error {
				claimed, err := tx.ClaimSends(now, 10, nil)
				if len(claimed) != 1 {
					t.Errorf("%d sends are claimed, want 1", len(claimed))
				}
				return errors.Join(err, tx.DeleteSend("s"))
			})
		}},
		{"an input that was handled", func(t *testing.T, all []*postgres.Store) {
			write(t, all[0], func(tx storage.Tx) error {
				_, err := tx.Enqueue(storage.Input{Contact: "stranger", At: now})
				return err
			})
			write(t, all[1], func(tx storage.Tx) error {
				found, err := tx.Pending(now, 10)
				if len(found) != 1 {
					return fmt.Errorf("%d inputs, want 1: %w", len(found), err)
				}
				return errors.Join(err, tx.DeleteInput("stranger", found[0].Seq))
			})
		}},
		{"somebody who was put and erased", func(t *testing.T, all []*postgres.Store) {
			write(t, all[0], func(tx storage.Tx) error {
				return errors.Join(tx.PutContact(storage.Contact{ID: "stranger"}), tx.Erase("stranger"))
			})
		}},
		{"somebody whose decision and outcome are put", func(t *testing.T, all []*postgres.Store) {
			write(t, all[0], func(tx storage.Tx) error {
				return errors.Join(tx.PutDecision(storage.Decision{Contact: "stranger", Trigger: "t", At: now}),
					tx.PutOutcome(storage.Outcome{Contact: "stranger", Kind: "goal", At: now}))
			})
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			url := pgtest.URL(t)
			c.run(t, []*postgres.Store{closed(t, url, postgres.Config{}), closed(t, url, postgres.Config{})})
			if n := query(t, url, `SELECT count(*) FROM contacts`); n != 0 {
				t.Errorf("%d rows of nobody are left", n)
			}
		})
	}
}
