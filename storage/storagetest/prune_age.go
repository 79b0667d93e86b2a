package storagetest

import (
	"errors"
	"fmt"
	"testing"

	"github.com/relance-bot/relance/storage"
)

// ageCases are about what is kept until it is old: strays, outcomes, decisions and
// occurrences.
var ageCases = []testCase{
	{"what is old can be pruned, some at a time", func(t *testing.T, s *store) {
		for name, prune := range map[string]func(tx storage.Tx, limit int) (int, error){
			"strays":      func(tx storage.Tx, limit int) (int, error) { return tx.PruneStrays(at(10), limit) },
			"outcomes":    func(tx storage.Tx, limit int) (int, error) { return tx.PruneOutcomes(at(10), limit) },
			"decisions":   func(tx storage.Tx, limit int) (int, error) { return tx.PruneDecisions(at(10), limit) },
			"occurrences": func(tx storage.Tx, limit int) (int, error) { return tx.PruneOccurrences(at(10), limit) },
		} {
			s.write(t, func(tx storage.Tx) error {
				var errs []error
				for i := 7; i < 12; i++ { // three are old
					id := fmt.Sprint("m", i)
					errs = append(errs,
						tx.PutStray(storage.Stray{At: at(i), Reason: id}),
						tx.PutOutcome(storage.Outcome{Contact: "a", Kind: "goal", Name: "g", Input: id, At: at(i)}),
						tx.PutDecision(storage.Decision{Contact: "a", Trigger: "t", Occurrence: id, Kind: "sent", MID: "mid " + id, At: at(i)}),
						tx.PutDecision(storage.Decision{Contact: "b", Trigger: "t", Occurrence: id, Kind: "held", At: at(i)}),
						tx.PutOccurrence(storage.Occurrence{Trigger: "t", ID: id, State: []string{"done", "cancelled", "failed"}[i%3], At: at(i)}),
						tx.PutOccurrence(storage.Occurrence{Trigger: "u", ID: id, State: "running", At: at(i)}),
						tx.PutOccurrence(storage.Occurrence{Trigger: "v", ID: id, State: "paused", At: at(i)}))
				}
				return errors.Join(errs...)
			})
			for _, c := range []struct{ limit, want int }{{2, 2}, {2, 1}, {0, 0}} {
				s.write(t, func(tx storage.Tx) error {
					n, err := prune(tx, c.limit)
					if n != c.want {
						t.Errorf("%s: %d are gone, want %d", name, n, c.want)
					}
					return err
				})
			}
			// The next one begins with what is left: it prunes the same number again.
			s.write(t, func(tx storage.Tx) error {
				n, err := prune(tx, 0)
				if n != 0 {
					t.Errorf("%s: %d more are gone", name, n)
				}
				return err
			})
			s.write(t, func(tx storage.Tx) error { return errors.Join(tx.Erase("a"), emptied(tx)) })
		}
		s.reading(t, func(r storage.Reader) error {
			held, err1 := r.Decisions(storage.DecisionQuery{Contact: "b"})
			running, err2 := r.Occurrences("running", 0)
			paused, err3 := r.Occurrences("paused", 0)
			if len(held) != 5 || len(running) != 5 || len(paused) != 5 {
				t.Errorf("%d held, %d running, %d paused are left, want 5 of each", len(held), len(running), len(paused))
			}
			return errors.Join(err1, err2, err3)
		})
	}},
	{"a decision that was left when others were pruned is still found by that write", func(t *testing.T, s *store) {
		s.write(t, func(tx storage.Tx) error {
			return decided(tx,
				storage.Decision{Contact: "a", Occurrence: "1", Kind: "sent"}, storage.Decision{Contact: "a", Occurrence: "2", Kind: "sent"})
		})
		s.write(t, func(tx storage.Tx) error {
			_, err := tx.Decision("a", "monday", "1")
			_, err2 := tx.Decision("a", "monday", "2")
			n, err3 := tx.PruneDecisions(at(9), 1)
			_, gone := tx.Decision("a", "monday", "1")
			_, left := tx.Decision("a", "monday", "2")
			if n != 1 || !errors.Is(gone, storage.ErrNotFound) {
				t.Errorf("%d pruned, the oldest %v, want 1, %v", n, gone, storage.ErrNotFound)
			}
			return errors.Join(err, err2, err3, left)
		})
	}},
	{"a pruned decision is found no more, by nothing", func(t *testing.T, s *store) {
		s.write(t, func(tx storage.Tx) error {
			err := tx.PutDecision(storage.Decision{Contact: "messenger:1:2", Trigger: "t", Occurrence: "o", Kind: "sent", Send: "s", MID: "m", At: at(1)})
			_, err2 := tx.PruneDecisions(at(2), 0)
			return errors.Join(err, err2)
		})
		s.reading(t, func(r storage.Reader) error {
			_, err := r.Decision("messenger:1:2", "t", "o")
			byMID, err2 := r.DecisionsByMID("messenger:1:2", "m")
			bySend, err3 := r.DecisionsBySend("s")
			if !errors.Is(err, storage.ErrNotFound) || len(byMID)+len(bySend) > 0 {
				t.Errorf("%v, %v, %v, want nothing", err, byMID, bySend)
			}
			return errors.Join(err2, err3)
		})
	}},
	{"strays are erased with their contact", func(t *testing.T, s *store) {
		s.write(t, func(tx storage.Tx) error {
			return errors.Join(
				tx.PutStray(storage.Stray{At: at(1), Reason: "hers", Contact: "messenger:1:2"}), tx.PutStray(storage.Stray{At: at(1), Reason: "nobody's"}),
				tx.PutStray(storage.Stray{At: at(1), Reason: "his", Contact: "messenger:1:22"}))
		})
		s.write(t, func(tx storage.Tx) error { return tx.Erase("messenger:1:2") })
		left := get(t, s, func(r storage.Reader) ([]storage.Stray, error) { return r.Strays(0, 0) })
		same(t, "strays", ids(left, func(s storage.Stray) string { return s.Reason + " " + s.Contact }), []string{"nobody's ", "his messenger:1:22"})
	}},
}

// emptied removes whatever strays and occurrences are done.
func emptied(tx storage.Tx) error {
	_, err := tx.PruneStrays(at(100), 0)
	_, err2 := tx.PruneOccurrences(at(100), 0)
	return errors.Join(err, err2)
}
