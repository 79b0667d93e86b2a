package storagetest

import (
	"fmt"
	"testing"

	"github.com/relance-bot/relance/storage"
)

var lifeCases = []testCase{
	{"what is added to an outcome makes its value grow, and nothing else", func(t *testing.T, s *store) {
		click := storage.Outcome{
			Contact: "messenger:1:2", Kind: "clicked", Value: 1, At: at(1), Input: "send", Flow: "monday", Name: "shop", Step: "card", Topic: "restock",
			Trigger: "promo/monday.1", Occurrence: "restock#881", Lane: "recurring", Variant: "warm", Locale: "fr", Currency: "EUR", Amount: -12990,
		}
		add := func(o storage.Outcome, want bool) {
			t.Helper()
			s.write(t, func(tx storage.Tx) error {
				first, err := tx.AddOutcome(o)
				if err == nil && first != want {
					t.Errorf("first is %v, want %v", first, want)
				}
				return err
			})
		}
		add(click, true)
		later := click
		later.At, later.Flow, later.Value = at(2), "other", 2
		add(later, false)
		other := click
		other.Input = "another"
		add(other, true)
		s.write(t, func(tx storage.Tx) error { // twice in one transaction
			third := click
			third.Input = "third"
			first1, err1 := tx.AddOutcome(third)
			first2, err2 := tx.AddOutcome(third)
			if !first1 || first2 {
				t.Errorf("in one transaction: %v, %v", first1, first2)
			}
			return all(err1, err2)
		})
		s.refuse(t, storage.ErrTaken, func(tx storage.Tx) error {
			_, err := tx.AddOutcome(click)
			return all(err, storage.ErrTaken)
		})
		want := click
		want.Value = 3
		third := click
		third.Input, third.Value = "third", 2
		same(t, "outcomes", outcomes(t, s, storage.OutcomeQuery{}), []storage.Outcome{third, other, want})
	}},
	{"what is counted to an occurrence is counted by kind, name and people", func(t *testing.T, s *store) {
		s.write(t, func(tx storage.Tx) error {
			var errs []error
			for i, o := range []storage.Outcome{
				{Contact: "a", Kind: "stopped", Name: "button", Trigger: "t", Occurrence: "o"},
				{Contact: "a", Kind: "stopped", Name: "button", Trigger: "t", Occurrence: "o"},
				{Contact: "b", Kind: "stopped", Name: "keyword", Trigger: "t", Occurrence: "o"},
				{Contact: "c", Kind: "stopped", Name: "button", Trigger: "t", Occurrence: "o"},
				{Contact: "c", Kind: "clicked", Trigger: "t", Occurrence: "o"},
				{Contact: "d", Kind: "stopped", Name: "button", Trigger: "t", Occurrence: "p"},
				{Contact: "d", Kind: "stopped", Name: "button", Trigger: "u", Occurrence: "o"},
				{Contact: "e", Kind: "stopped", Name: "button"},
			} {
				o.At, o.Input = at(i), fmt.Sprint(i)
				errs = append(errs, tx.PutOutcome(o))
			}
			got, err := tx.CountOutcomes("t", "o")
			same(t, "in the transaction", len(got), 3)
			return all(append(errs, err)...)
		})
		count := func(trigger, occurrence string) []storage.OutcomeCount {
			return get(t, s, func(r storage.Reader) ([]storage.OutcomeCount, error) { return r.CountOutcomes(trigger, occurrence) })
		}
		same(t, "of the occurrence", count("t", "o"), []storage.OutcomeCount{
			{Kind: "clicked", People: 1, Outcomes: 1}, {Kind: "stopped", Name: "button", People: 2, Outcomes: 3}, {Kind: "stopped", Name: "keyword", People: 1, Outcomes: 1},
		})
		same(t, "of the trigger", count("t", ""), []storage.OutcomeCount{
			{Kind: "clicked", People: 1, Outcomes: 1}, {Kind: "stopped", Name: "button", People: 3, Outcomes: 4}, {Kind: "stopped", Name: "keyword", People: 1, Outcomes: 1},
		})
		same(t, "of nothing", len(count("", ""))+len(count("T", "o"))+len(count("t", "O")), 0)
	}},
	{"lives come contact after contact, each in order", func(t *testing.T, s *store) {
		sent := storage.Decision{
			Contact: "messenger:1:10", Trigger: "t", Occurrence: "1", Flow: "f", Topic: "restock", Kind: "sent", Lane: "recurring", Values: []byte(`{"cost":1}`),
			At: at(2), FirstDue: at(1), Send: "s1", Delivered: at(3), Read: at(4),
		}
		held := storage.Decision{Contact: "messenger:1:10", Trigger: "t", Occurrence: "0", Flow: "f", Topic: "restock", Kind: "held", Rule: "cadence", At: at(1), FirstDue: at(1)}
		full := held
		full.Next, full.Expires, full.Event = at(5), at(6), []byte(`{"model":"Gazelle"}`)
		late := storage.Outcome{Contact: "messenger:1:10", Kind: "clicked", At: at(8), Input: "1"}
		early := storage.Outcome{Contact: "messenger:1:10", Kind: "asked", At: at(7), Input: "1"}
		with := sent
		with.MID = "m_1"
		s.write(t, func(tx storage.Tx) error {
			return all(
				tx.PutContact(storage.Contact{ID: "messenger:1:10", Locale: "fr_FR", Timezone: "Europe/Paris", CreatedAt: at(0)}),
				tx.PutContact(storage.Contact{ID: "messenger:1:9", CreatedAt: at(0)}),
				tx.PutContact(storage.Contact{ID: "messenger:1:99", Locale: "en", CreatedAt: at(0)}),
				tx.PutDecision(with), tx.PutDecision(full), tx.PutOutcome(late), tx.PutOutcome(early),
				tx.PutDecision(storage.Decision{Contact: "messenger:1:11", Trigger: "t", Occurrence: "1", Kind: "sent", At: at(1)}), // of nobody
			)
		})
		want := []storage.Life{
			{Contact: "messenger:1:10", Locale: "fr_FR", Timezone: "Europe/Paris", Decisions: []storage.Decision{held, sent}, Outcomes: []storage.Outcome{early, late}},
			{Contact: "messenger:1:9"},
			{Contact: "messenger:1:99", Locale: "en"},
		}
		lives := func(after string, limit int) []storage.Life {
			found := get(t, s, func(r storage.Reader) ([]storage.Life, error) { return r.Lives(after, limit) })
			for i := range found {
				for j := range found[i].Outcomes {
					found[i].Outcomes[j].ID = 0
				}
			}
			return found
		}
		same(t, "all", lives("", 0), want)
		same(t, "the first two", lives("", 2), want[:2])
		same(t, "the rest", lives("messenger:1:9", 2), want[2:])
		same(t, "behind the last", len(lives("messenger:1:99", 2)), 0)
		s.write(t, func(tx storage.Tx) error { return tx.Erase("messenger:1:10") })
		same(t, "after one was erased", lives("", 0), want[1:])
	}},
	{"a life has all of its decisions and outcomes, however many", func(t *testing.T, s *store) {
		const n = 250
		s.write(t, func(tx storage.Tx) error {
			errs := []error{tx.PutContact(storage.Contact{ID: "a", CreatedAt: at(0)})}
			for i := range n {
				errs = append(errs,
					tx.PutDecision(storage.Decision{Contact: "a", Trigger: "t", Occurrence: fmt.Sprint(i), Kind: "sent", At: at(i)}),
					tx.PutOutcome(storage.Outcome{Contact: "a", Kind: "goal", Input: fmt.Sprint(i), At: at(i)}))
			}
			return all(errs...)
		})
		life := get(t, s, func(r storage.Reader) ([]storage.Life, error) { return r.Lives("", 1) })[0]
		same(t, "decisions and outcomes", []int{len(life.Decisions), len(life.Outcomes)}, []int{n, n})
	}},
}
