package postgres_test

import (
	"fmt"
	"testing"

	"github.com/relance-bot/relance/storage"
	"github.com/relance-bot/relance/storage/postgres"
	"github.com/relance-bot/relance/storage/postgres/pgtest"
)

// TestFlights: a campaign's messages are rows of flights by the fifty, none of the outbox,
// and are settled in one exchange; what another process asks for is in the outbox then.
func TestFlights(t *testing.T) {
	t.Parallel()
	url := pgtest.URL(t)
	s := closed(t, url, postgres.Config{})
	const people = 120
	fill(t, s, people)
	write(t, s, func(tx storage.Tx) error {
		return tx.PutOccurrence(storage.Occurrence{Trigger: "monday#1", ID: "2026-03-30", Flow: "monday", Topic: "restock", State: "running", At: now})
	})
	write(t, s, func(tx storage.Tx) error {
		n, err := decide(tx, 1)
		if n != people {
			return fmt.Errorf("%d are notified, want %d: %w", n, people, err)
		}
		return err
	})
	rows := func(what string, flights, sends int) {
		t.Helper()
		if n := query(t, url, "SELECT count(*) FROM flights"); n != flights {
			t.Errorf("%s: %d rows of flights, want %d", what, n, flights)
		}
		if n := query(t, url, "SELECT count(*) FROM outbox"); n != sends {
			t.Errorf("%s: %d rows of the outbox, want %d", what, n, sends)
		}
	}
	rows("put", 3, 0)
	before := s.Exchanges()
	write(t, s, func(tx storage.Tx) error { return settle(tx, 1, 0, 50, "2026-03-30") }, settled(0, 50))
	if n := s.Exchanges() - before; n != 1 {
		t.Errorf("%d exchanges to settle what went together, want 1", n)
	}
	rows("settled", 2, 0)

	other := closed(t, url, postgres.Config{})
	write(t, other, func(tx storage.Tx) error {
		_, err := tx.Sends(contactID(50))
		return err
	})
	rows("looked at", 1, 50)
	write(t, s, func(tx storage.Tx) error { return settle(tx, 1, 50, 70, "2026-03-30") }, settled(50, 70))
	rows("all settled", 0, 0)
	if n := query(t, url, "SELECT count(*) FROM decisions WHERE mid <> ''"); n != people {
		t.Errorf("%d decisions have the platform's id, want %d", n, people)
	}
}

// TestAFlightLandsWhereSomethingWasDecidedBefore is about a notification that should have been
// new: its row stood in the way of all whose notifications went with it.
func TestAFlightLandsWhereSomethingWasDecidedBefore(t *testing.T) {
	t.Parallel()
	url := pgtest.URL(t)
	s := closed(t, url, postgres.Config{})
	fill(t, s, 2)
	d := notified(contactID(0), "before")
	write(t, s, func(tx storage.Tx) error { return tx.PutDecision(d) })
	d.Send = "again"
	write(t, s, func(tx storage.Tx) error {
		return tx.PutNotification(storage.Send{
			ID: d.Send, Contact: d.Contact, Page: page, State: storage.SendClaimed, Ready: now, At: now, ClaimAt: now, Bulk: true, Topic: d.Topic, Lane: d.Lane,
		}, []storage.Decision{d})
	})
	write(t, closed(t, url, postgres.Config{}), func(tx storage.Tx) error {
		line, err := tx.Sends(d.Contact)
		if err == nil && len(line) != 1 {
			t.Errorf("%d sends in the line, want 1", len(line))
		}
		return err
	})
	if n := query(t, url, "SELECT count(*) FROM flights"); n != 0 {
		t.Errorf("%d rows of flights, want 0", n)
	}
}
