package storagetest

import (
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/relance-bot/relance/storage"
)

// outcomes lists what a query finds, without the numbers the backend gave.
func outcomes(t tester, s *store, q storage.OutcomeQuery) []storage.Outcome {
	t.Helper()
	found := get(t, s, func(r storage.Reader) ([]storage.Outcome, error) { return r.Outcomes(q) })
	for i := range found {
		if found[i].ID <= 0 || i > 0 && found[i].ID == found[i-1].ID {
			t.Fatalf("outcome %d has the number %d", i, found[i].ID)
		}
		found[i].ID = 0
	}
	return found
}

var outcomeCases = []testCase{
	{"an outcome comes back as it was put", func(t *testing.T, s *store) {
		want := storage.Outcome{
			Contact: "messenger:1:2", Kind: "goal", Name: "acheté 👟", Value: 129.9, Flow: "promo/monday", Step: "paid", At: at(1), Input: "m_1",
			Topic: "restock", Trigger: "promo/monday.1", Occurrence: "restock#881", Lane: "recurring", Variant: "warm", Locale: "fr", Currency: "EUR", Amount: -12990,
		}
		s.write(t, func(tx storage.Tx) error { return tx.PutOutcome(want) })
		same(t, "outcomes", outcomes(t, s, storage.OutcomeQuery{}), []storage.Outcome{want})
	}},
	{"a value may be anything a number can be", func(t *testing.T, s *store) {
		values := []float64{0, 42, -1.5, 0.1, math.MaxFloat64, math.SmallestNonzeroFloat64, 1 << 53}
		s.write(t, func(tx storage.Tx) error {
			var errs []error
			for i, v := range values {
				errs = append(errs, tx.PutOutcome(storage.Outcome{Contact: "a", Kind: "goal", Name: "g", Value: v, At: at(-i), Input: string(rune('a' + i))}))
			}
			return all(errs...)
		})
		var got []float64
		for _, o := range outcomes(t, s, storage.OutcomeQuery{}) {
			got = append(got, o.Value)
		}
		same(t, "values", got, values)
	}},
	{"the same outcome of the same input is kept once", func(t *testing.T, s *store) {
		long := strings.Repeat("m", 3000)
		put := func(contact, kind, name, input string, value float64) {
			s.write(t, func(tx storage.Tx) error {
				return tx.PutOutcome(storage.Outcome{Contact: contact, Kind: kind, Name: name, Input: input, Value: value, At: at(0)})
			})
		}
		put("a", "goal", "g", long+"1", 1)
		put("a", "goal", "g", long+"1", 2) // the first counts
		put("a", "goal", "g", long+"2", 3)
		put("a", "goal", "h", long+"1", 4)
		put("a", "click", "g", long+"1", 5)
		put("b", "goal", "g", long+"1", 6)
		s.write(t, func(tx storage.Tx) error {
			o := storage.Outcome{Contact: "c", Kind: "goal", Name: "g", Input: "1", Value: 7, At: at(0)}
			return all(tx.PutOutcome(o), tx.PutOutcome(o))
		})
		var got []float64
		for _, o := range outcomes(t, s, storage.OutcomeQuery{}) {
			got = append(got, o.Value)
		}
		same(t, "values", got, []float64{7, 6, 5, 4, 3, 1})
	}},
	{"outcomes are found by whose, what and when, newest first", func(t *testing.T, s *store) {
		s.write(t, func(tx storage.Tx) error {
			return all(
				tx.PutOutcome(storage.Outcome{Contact: "a", Kind: "goal", Name: "bought", Step: "3", At: at(3), Input: "1", Trigger: "t", Occurrence: "p"}),
				tx.PutOutcome(storage.Outcome{Contact: "a", Kind: "goal", Name: "asked", Step: "1", At: at(1), Input: "1"}),
				tx.PutOutcome(storage.Outcome{Contact: "b", Kind: "goal", Name: "bought", Step: "2", At: at(2), Input: "1", Trigger: "t", Occurrence: "o"}),
				tx.PutOutcome(storage.Outcome{Contact: "b", Kind: "click", Name: "bought", Step: "4", At: at(4), Input: "1"}),
			)
		})
		for _, c := range []struct {
			q    storage.OutcomeQuery
			want []string
		}{
			{storage.OutcomeQuery{}, []string{"4", "3", "2", "1"}},
			{storage.OutcomeQuery{Contact: "a"}, []string{"3", "1"}},
			{storage.OutcomeQuery{Contact: "A"}, nil},
			{storage.OutcomeQuery{Kind: "goal"}, []string{"3", "2", "1"}},
			{storage.OutcomeQuery{Name: "bought"}, []string{"4", "3", "2"}},
			{storage.OutcomeQuery{Contact: "b", Kind: "goal", Name: "bought"}, []string{"2"}},
			{storage.OutcomeQuery{Trigger: "t"}, []string{"3", "2"}},
			{storage.OutcomeQuery{Trigger: "t", Occurrence: "o"}, []string{"2"}},
			{storage.OutcomeQuery{Occurrence: "p"}, []string{"3"}},
			{storage.OutcomeQuery{Since: at(2)}, []string{"4", "3", "2"}},
			{storage.OutcomeQuery{Limit: 2}, []string{"4", "3"}},
		} {
			got := ids(outcomes(t, s, c.q), func(o storage.Outcome) string { return o.Step })
			if diff := cmp.Diff(c.want, got, cmpopts.EquateEmpty()); diff != "" {
				t.Errorf("%+v (-want +got):\n%s", c.q, diff)
			}
		}
	}},
	{"a hundred outcomes are enough for whoever says no limit", func(t *testing.T, s *store) {
		s.write(t, func(tx storage.Tx) error {
			var errs []error
			for i := range 120 {
				errs = append(errs, tx.PutOutcome(storage.Outcome{Contact: "a", Kind: "goal", Input: fmt.Sprint(i), At: at(i)}))
			}
			return all(errs...)
		})
		same(t, "without", len(outcomes(t, s, storage.OutcomeQuery{Contact: "a"})), 100)
		same(t, "with", len(outcomes(t, s, storage.OutcomeQuery{Contact: "a", Limit: 1000})), 120)
	}},
	{"a transaction sees the outcomes it put, and what is undone leaves none", func(t *testing.T, s *store) {
		s.write(t, func(tx storage.Tx) error {
			err1 := tx.PutOutcome(storage.Outcome{Contact: "a", Kind: "goal", Name: "g", At: at(0)})
			found, err2 := tx.Outcomes(storage.OutcomeQuery{Contact: "a"})
			same(t, "found", len(found), 1)
			return all(err1, err2)
		})
		s.refuse(t, storage.ErrTaken, func(tx storage.Tx) error {
			return all(tx.PutOutcome(storage.Outcome{Contact: "a", Kind: "goal", Name: "h", At: at(0)}), storage.ErrTaken)
		})
		same(t, "outcomes", len(outcomes(t, s, storage.OutcomeQuery{})), 1)
	}},
}
