package storagetest

import (
	"fmt"
	"slices"
	"testing"

	"github.com/relance-bot/relance/storage"
)

// pruneCases are about what is kept for a time only: settled sends and the keys of
// Once.
var pruneCases = []testCase{
	{"settled sends older than a time can be pruned", func(t *testing.T, s *store) {
		s.write(t, func(tx storage.Tx) error {
			for i, state := range slices.Concat(unsettledStates, settledStates) {
				old, young := waiting("old "+state, fmt.Sprint("c", i)), waiting("young "+state, fmt.Sprint("c", i))
				old.State, old.At, young.State, young.At = state, at(9), state, at(10)
				if err := puts(tx, old, young); err != nil {
					return err
				}
			}
			_, err := tx.PruneSends(at(10), 100)
			return err
		})
		left := make(map[string]bool)
		s.reading(t, func(r storage.Reader) error {
			for _, state := range slices.Concat(unsettledStates, settledStates) {
				list, err := r.SendsIn(state, 10)
				if err != nil {
					return err
				}
				for _, send := range list {
					left[send.ID] = true
				}
			}
			return nil
		})
		for _, state := range unsettledStates {
			if !left["old "+state] || !left["young "+state] {
				t.Errorf("pruned although %s", state)
			}
		}
		for _, state := range settledStates {
			if left["old "+state] || !left["young "+state] {
				t.Errorf("%s: old one left %v, young one left %v; want false, true", state, left["old "+state], left["young "+state])
			}
		}
	}},
	{"places are not given again after pruning", func(t *testing.T, s *store) {
		s.write(t, func(tx storage.Tx) error { return puts(tx, waiting("s1", "a")) })
		first := send(t, s, "s1").Seq
		settle(t, s, "s1", storage.SendSent)
		s.write(t, func(tx storage.Tx) error {
			_, err := tx.PruneSends(at(1), 100)
			return all(err, puts(tx, waiting("s2", "a")))
		})
		if second := send(t, s, "s2").Seq; second <= first {
			t.Errorf("place %d after %d", second, first)
		}
	}},

	{"a limit bounds how many sends one pruning removes, and 0 is no limit", func(t *testing.T, s *store) {
		for _, c := range []struct {
			limit int
			want  []int // removed by one pruning after the other
		}{
			{2, []int{2, 2, 1, 0}},
			{5, []int{5, 0}},
			{9, []int{5, 0}},
			{0, []int{5, 0}},
		} {
			s.write(t, func(tx storage.Tx) error {
				for i := range 5 {
					old := waiting(fmt.Sprint(c.limit, "old", i), "a")
					old.State = settledStates[i%len(settledStates)]
					if err := tx.PutSend(old); err != nil {
						return err
					}
				}
				return nil
			})
			for _, want := range c.want {
				s.write(t, func(tx storage.Tx) error {
					n, err := tx.PruneSends(at(1), c.limit)
					same(t, fmt.Sprintf("removed with a limit of %d", c.limit), n, want)
					return err
				})
			}
		}
	}},
	{"pruning holds nothing back and lets nothing go", func(t *testing.T, s *store) {
		s.write(t, func(tx storage.Tx) error {
			settled := waiting("s1", "a")
			settled.State = storage.SendSent
			return puts(tx, settled, waiting("s2", "a"), waiting("s3", "a"))
		})
		same(t, "claimed", claim(t, s, 0, 10), []string{"s2"})
		s.write(t, func(tx storage.Tx) error {
			_, err := tx.PruneSends(at(1), 0)
			return err
		})
		same(t, "line", line(t, s, "a"), []string{"s2", "s3"})
		same(t, "claimed meanwhile", claim(t, s, 0, 10), nil)
	}},

	{"a send that is deleted is gone, in whatever state it was", func(t *testing.T, s *store) {
		for _, state := range slices.Concat(unsettledStates, settledStates) {
			gone := waiting("of "+state, state)
			gone.State, gone.MID = state, "mid of "+state
			s.write(t, func(tx storage.Tx) error { return tx.PutSend(gone) })
			s.write(t, func(tx storage.Tx) error { return tx.DeleteSend(gone.ID) })
			missing(t, s, func(r storage.Reader) (storage.Send, error) { return r.Send(gone.ID) })
			missing(t, s, func(r storage.Reader) (storage.Send, error) { return r.SendByMID(state, gone.MID) })
			same(t, "line of "+state, line(t, s, state), nil)
			same(t, "in state "+state,
				get(t, s, func(r storage.Reader) ([]storage.Send, error) { return r.SendsIn(state, 10) }), nil)
		}
		same(t, "claimed", claim(t, s, 60, 10), nil)
	}},
	{"a send that is deleted lets the next of its line go", func(t *testing.T, s *store) {
		for _, state := range unsettledStates {
			first := waiting("1 "+state, state)
			first.State, first.Ready = state, never
			s.write(t, func(tx storage.Tx) error {
				return puts(tx, first, waiting("2 "+state, state), waiting("3 "+state, state))
			})
			same(t, "behind "+state, claim(t, s, 0, 10), nil)
			s.write(t, func(tx storage.Tx) error { return tx.DeleteSend(first.ID) })
			same(t, "after "+state, claim(t, s, 0, 10), []string{"2 " + state})
		}
	}},
	{"a send deleted from the middle of a line lets nothing go", func(t *testing.T, s *store) {
		s.write(t, func(tx storage.Tx) error {
			return puts(tx, waiting("s1", "a"), waiting("s2", "a"), waiting("s3", "a"), waiting("t1", "b"))
		})
		same(t, "claimed", claim(t, s, 0, 10), []string{"s1", "t1"})
		s.write(t, func(tx storage.Tx) error { return all(tx.DeleteSend("s2"), tx.DeleteSend("t1")) })
		same(t, "line", line(t, s, "a"), []string{"s1", "s3"})
		same(t, "claimed behind it", claim(t, s, 0, 10), nil)
		settle(t, s, "s1", storage.SendSent)
		same(t, "then", claim(t, s, 0, 10), []string{"s3"})
	}},
	{"a send may be settled and deleted in one write, and put again later", func(t *testing.T, s *store) {
		s.write(t, func(tx storage.Tx) error { return puts(tx, waiting("s1", "a"), waiting("s2", "a")) })
		first := send(t, s, "s1").Seq
		same(t, "claimed", claim(t, s, 0, 10), []string{"s1"})
		s.write(t, func(tx storage.Tx) error {
			sent, err := tx.Send("s1")
			sent.State = storage.SendSent
			return all(err, tx.PutSend(sent), tx.DeleteSend("s1"))
		})
		same(t, "next", claim(t, s, 0, 10), []string{"s2"})
		s.write(t, func(tx storage.Tx) error { return puts(tx, waiting("s1", "a")) })
		if again := send(t, s, "s1").Seq; again <= first {
			t.Errorf("place %d after %d", again, first)
		}
		same(t, "line", line(t, s, "a"), []string{"s2", "s1"})
	}},
	{"deleting a send that is not there does nothing", func(t *testing.T, s *store) {
		s.write(t, func(tx storage.Tx) error { return puts(tx, waiting("s1", "a")) })
		s.write(t, func(tx storage.Tx) error { return all(tx.DeleteSend("s2"), tx.DeleteSend("")) })
		same(t, "claimed", claim(t, s, 0, 10), []string{"s1"})
	}},
	{"a deletion of a write that failed did not happen", func(t *testing.T, s *store) {
		s.write(t, func(tx storage.Tx) error { return puts(tx, waiting("s1", "a"), waiting("s2", "a")) })
		s.refuse(t, errOnPurpose, func(tx storage.Tx) error { return all(tx.DeleteSend("s1"), errOnPurpose) })
		same(t, "claimed", claim(t, s, 0, 10), []string{"s1"})
	}},
	{"what a message carried is found by it after it is deleted", func(t *testing.T, s *store) {
		s.write(t, func(tx storage.Tx) error {
			return all(puts(tx, waiting("s1", "a")),
				decided(tx, storage.Decision{Contact: "a", Occurrence: "1", Kind: "sent", Send: "s1", MID: "m1"}),
				tx.DeleteSend("s1"))
		})
		for _, list := range [][]storage.Decision{
			get(t, s, func(r storage.Reader) ([]storage.Decision, error) { return r.DecisionsBySend("s1") }),
			get(t, s, func(r storage.Reader) ([]storage.Decision, error) { return r.DecisionsByMID("a", "m1") }),
		} {
			same(t, "carried", ids(list, decisionName), []string{"a/1"})
		}
	}},

	{"a limit bounds how many keys are forgotten at once, and 0 is no limit", func(t *testing.T, s *store) {
		for _, c := range []struct {
			limit int
			want  []int
		}{
			{2, []int{2, 2, 1, 0}},
			{5, []int{5, 0}},
			{0, []int{5, 0}},
		} {
			s.write(t, func(tx storage.Tx) error {
				for i := range 5 {
					if _, err := tx.Once(fmt.Sprint("key ", i), at(i)); err != nil {
						return err
					}
				}
				_, err := tx.Once("young", at(5))
				return err
			})
			for _, want := range c.want {
				s.write(t, func(tx storage.Tx) error {
					n, err := tx.ForgetOnce(at(5), c.limit)
					same(t, fmt.Sprintf("forgotten with a limit of %d", c.limit), n, want)
					return err
				})
			}
		}
		s.write(t, func(tx storage.Tx) error {
			fresh, err := tx.Once("young", at(6))
			if fresh {
				t.Error("a young key was forgotten")
			}
			return err
		})
	}},
}
