package storagetest

import (
	"fmt"
	"slices"
	"testing"

	"github.com/relance-bot/relance/storage"
)

// claimed is a send that whoever puts it has claimed at once.
func claimed(id, contact string) storage.Send {
	send := waiting(id, contact)
	send.State, send.ClaimAt = storage.SendClaimed, at(0)
	return send
}

func orphans(t tester, s *store, limit int) []string {
	t.Helper()
	return ids(get(t, s, func(r storage.Reader) ([]storage.Send, error) { return r.Orphans(limit) }), sendID)
}

// claimerCases are about who has claimed a send, and about sends that are claimed
// as they are put.
var claimerCases = []testCase{
	{"a send that is put as claimed comes back as it was put, with its place and its claimer", func(t *testing.T, s *store) {
		want := storage.Send{
			ID: "s1", Contact: "a", Page: "messenger:1", State: storage.SendClaimed, Ready: at(1), Bulk: true,
			Topic: "restock", Lane: "recurring", Body: []byte(`{"text":"é"}`), At: at(2), ClaimAt: at(3),
		}
		s.write(t, func(tx storage.Tx) error { return tx.PutSend(want) })
		got := send(t, s, "s1")
		if got.Seq < 1 || got.Claimer == "" {
			t.Errorf("place %d, claimer %q, want both", got.Seq, got.Claimer)
		}
		want.Seq, want.Claimer = got.Seq, got.Claimer
		same(t, "send", got, want)
		for _, state := range unsettledStates {
			list := get(t, s, func(r storage.Reader) ([]storage.Send, error) { return r.SendsIn(state, 10) })
			same(t, state, ids(list, sendID), map[string][]string{storage.SendClaimed: {"s1"}}[state])
		}
	}},
	{"whoever claims, in whatever way, has the same name", func(t *testing.T, s *store) {
		s.write(t, func(tx storage.Tx) error {
			return puts(tx, claimed("put", "a"), waiting("taken", "b"), waiting("put again", "c"), waiting("pending", "d"))
		})
		settle(t, s, "put again", storage.SendClaimed)
		var got []storage.Send
		s.write(t, func(tx storage.Tx) (err error) {
			got, err = tx.ClaimSends(at(0), 1, nil)
			return err
		})
		same(t, "taken", ids(got, sendID), []string{"taken"})
		name := send(t, s, "put").Claimer
		if name == "" {
			t.Fatal("it has no name")
		}
		same(t, "as returned", got[0].Claimer, name)
		same(t, "taken", send(t, s, "taken").Claimer, name)
		same(t, "put again", send(t, s, "put again").Claimer, name)
		same(t, "pending", send(t, s, "pending").Claimer, "")
	}},
	{"a claimer is kept while the send stays claimed, and no longer", func(t *testing.T, s *store) {
		s.write(t, func(tx storage.Tx) error { return puts(tx, claimed("s1", "a")) })
		name := send(t, s, "s1").Claimer
		for _, state := range slices.Concat(unsettledStates, settledStates) {
			settle(t, s, "s1", storage.SendClaimed)
			same(t, "claimed again", send(t, s, "s1").Claimer, name)
			settle(t, s, "s1", state)
			want := ""
			if state == storage.SendClaimed {
				want = name
			}
			same(t, "when "+state, send(t, s, "s1").Claimer, want)
		}
	}},
	{"a claimer is what the store says, not what a send says", func(t *testing.T, s *store) {
		s.write(t, func(tx storage.Tx) error {
			liar, idle := claimed("s1", "a"), waiting("s2", "b")
			liar.Claimer, idle.Claimer = "somebody", "somebody"
			return puts(tx, liar, idle, claimed("s3", "c"))
		})
		same(t, "claimed", send(t, s, "s1").Claimer, send(t, s, "s3").Claimer)
		same(t, "pending", send(t, s, "s2").Claimer, "")
		same(t, "orphans", orphans(t, s, 10), nil)
	}},
	{"a send that is put as claimed is not claimed again, and holds back the later ones", func(t *testing.T, s *store) {
		s.write(t, func(tx storage.Tx) error { return puts(tx, claimed("s1", "a"), waiting("s2", "a"), waiting("s3", "a")) })
		same(t, "line", line(t, s, "a"), []string{"s1", "s2", "s3"})
		same(t, "claimed", claim(t, s, 60, 10), nil)
		if next, ok := nextSend(t, s); ok {
			t.Errorf("next %v, want none: one is claimed, the others are behind it", next)
		}
		settle(t, s, "s1", storage.SendSent)
		same(t, "then", claim(t, s, 60, 10), []string{"s2"})
	}},
	{"a send that is put as claimed behind others changes nothing for them", func(t *testing.T, s *store) {
		s.write(t, func(tx storage.Tx) error { return puts(tx, waiting("s1", "a"), claimed("s2", "a"), waiting("s3", "a")) })
		same(t, "line", line(t, s, "a"), []string{"s1", "s2", "s3"})
		same(t, "first", claim(t, s, 0, 10), []string{"s1"})
		settle(t, s, "s1", storage.SendSent)
		same(t, "behind the claimed one", claim(t, s, 0, 10), nil)
		settle(t, s, "s2", storage.SendSent)
		same(t, "then", claim(t, s, 0, 10), []string{"s3"})
	}},
	{"a send that is put as claimed after settled ones stands first", func(t *testing.T, s *store) {
		s.write(t, func(tx storage.Tx) error { return puts(tx, claimed("s1", "a")) })
		for i := range 3 {
			s.write(t, func(tx storage.Tx) error {
				last, err := tx.Send(fmt.Sprint("s", i+1))
				last.State = storage.SendSent
				return all(err, tx.PutSend(last), puts(tx, claimed(fmt.Sprint("s", i+2), "a")))
			})
			same(t, "line", line(t, s, "a"), []string{fmt.Sprint("s", i+2)})
		}
		settle(t, s, "s4", storage.SendPending)
		same(t, "to be resent", claim(t, s, 0, 10), []string{"s4"})
	}},
	{"what this opening claimed is no orphan", func(t *testing.T, s *store) {
		s.write(t, func(tx storage.Tx) error { return puts(tx, claimed("s1", "a"), waiting("s2", "b"), waiting("s3", "c")) })
		same(t, "claimed", claim(t, s, 0, 1), []string{"s2"})
		same(t, "orphans", orphans(t, s, 0), nil)
	}},
}

// orphanCases open the store more than once.
var orphanCases = []reopenCase{
	{"what an earlier opening claimed is an orphan, in order of id", func(t *testing.T, open Open) {
		dir := t.TempDir()
		s := &store{Store: open(t, dir), open: open}
		s.write(t, func(tx storage.Tx) error {
			early, late := claimed("3 put", "c"), claimed("1 put", "d")
			early.Ready, late.Ready = at(0), at(9)
			return puts(tx, waiting("2 taken", "a"), early, late, waiting("pending", "b"))
		})
		same(t, "claimed", claim(t, s, 0, 1), []string{"2 taken"})
		closeStore(t, s)

		s = &store{Store: openClosed(t, open, dir), open: open}
		s.write(t, func(tx storage.Tx) error { return puts(tx, claimed("0 mine", "e")) })
		same(t, "claimed by this one", claim(t, s, 0, 10), []string{"pending"})
		same(t, "orphans", orphans(t, s, 0), []string{"1 put", "2 taken", "3 put"})
		same(t, "two", orphans(t, s, 2), []string{"1 put", "2 taken"})
		s.write(t, func(tx storage.Tx) error {
			list, err := tx.Orphans(10)
			same(t, "in a write", ids(list, sendID), []string{"1 put", "2 taken", "3 put"})
			for _, orphan := range list {
				if orphan.State != storage.SendClaimed || orphan.Claimer == "" {
					t.Errorf("%s: %s by %q, want it claimed by the earlier opening", orphan.ID, orphan.State, orphan.Claimer)
				}
			}
			return err
		})
	}},
	{"an orphan stays one until it is no longer claimed", func(t *testing.T, open Open) {
		for _, state := range slices.Concat(unsettledStates, settledStates) {
			dir := t.TempDir()
			s := &store{Store: open(t, dir), open: open}
			s.write(t, func(tx storage.Tx) error { return puts(tx, claimed("s1", "a"), waiting("s2", "a")) })
			was := send(t, s, "s1").Claimer
			closeStore(t, s)

			s = &store{Store: open(t, dir), open: open}
			settle(t, s, "s1", state)
			var want []string
			if state == storage.SendClaimed {
				want = []string{"s1"}
				same(t, "its claimer", send(t, s, "s1").Claimer, was)
			}
			same(t, "when "+state, orphans(t, s, 10), want)

			settle(t, s, "s1", storage.SendPending)
			same(t, "claimed again", claim(t, s, 0, 10), []string{"s1"})
			same(t, "then", orphans(t, s, 10), nil)
			if now := send(t, s, "s1").Claimer; now == was || now == "" {
				t.Errorf("claimed by %q, then by %q", was, now)
			}
			closeStore(t, s)
		}
	}},
	{"an orphan that is deleted lets the next of its line go", func(t *testing.T, open Open) {
		dir := t.TempDir()
		s := &store{Store: open(t, dir), open: open}
		s.write(t, func(tx storage.Tx) error { return puts(tx, claimed("s1", "a"), waiting("s2", "a")) })
		closeStore(t, s)

		s = &store{Store: openClosed(t, open, dir), open: open}
		same(t, "behind it", claim(t, s, 0, 10), nil)
		s.write(t, func(tx storage.Tx) error { return tx.DeleteSend("s1") })
		same(t, "orphans", orphans(t, s, 10), nil)
		same(t, "then", claim(t, s, 0, 10), []string{"s2"})
	}},
	{"an orphan is one for every opening that follows", func(t *testing.T, open Open) {
		dir := t.TempDir()
		for i := range 4 {
			s := &store{Store: open(t, dir), open: open}
			var want []string
			for earlier := range i {
				want = append(want, fmt.Sprint("s", earlier))
			}
			same(t, "orphans", orphans(t, s, 0), want)
			s.write(t, func(tx storage.Tx) error { return puts(tx, claimed(fmt.Sprint("s", i), fmt.Sprint("c", i))) })
			same(t, "orphans meanwhile", orphans(t, s, 0), want)
			closeStore(t, s)
		}
	}},
}
