package storagetest

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/relance-bot/relance/storage"
)

// enqueue puts inputs of the given bodies at the end of a contact's inbox.
func enqueue(tx storage.Tx, contact string, ready time.Time, bodies ...string) error {
	for _, body := range bodies {
		if _, err := tx.Enqueue(storage.Input{Contact: contact, Kind: "message", Body: []byte(body), At: at(0), Ready: ready}); err != nil {
			return err
		}
	}
	return nil
}

func body(in storage.Input) string { return string(in.Body) }

func inputs(t tester, s *store, contact string) []storage.Input {
	t.Helper()
	return get(t, s, func(r storage.Reader) ([]storage.Input, error) { return r.Inputs(contact, 100) })
}

func pending(t tester, s *store, seconds, limit int) []string {
	t.Helper()
	return ids(get(t, s, func(r storage.Reader) ([]storage.Input, error) { return r.Pending(at(seconds), limit) }), body)
}

func nextReady(t tester, s *store, seconds int) (at time.Time, ok bool) {
	t.Helper()
	s.reading(t, func(r storage.Reader) (err error) {
		at, ok, err = r.NextReady(atSeconds(seconds))
		return err
	})
	return at, ok
}

// atSeconds is at, where a result named at hides it.
func atSeconds(n int) time.Time { return at(n) }

// never is a readiness that no case reaches.
var never = at(1_000_000)

var inboxCases = []testCase{
	{"an input comes back as it was put", func(t *testing.T, s *store) {
		want := storage.Input{
			Contact: "a", Kind: "message", Body: []byte(`{"text":"ça va 👟"}`), At: at(1), Ready: at(2), Attempt: 3,
		}
		s.write(t, func(tx storage.Tx) (err error) {
			want.Seq, err = tx.Enqueue(want)
			return err
		})
		if want.Seq < 1 {
			t.Errorf("seq %d, want a positive number", want.Seq)
		}
		same(t, "inputs", inputs(t, s, "a"), []storage.Input{want})
	}},
	{"a contact's inputs keep the order they came in", func(t *testing.T, s *store) {
		s.write(t, func(tx storage.Tx) error {
			return all(enqueue(tx, "a", time.Time{}, "1"), enqueue(tx, "b", time.Time{}, "x"), enqueue(tx, "a", time.Time{}, "2", "3"))
		})
		s.write(t, func(tx storage.Tx) error { return enqueue(tx, "a", time.Time{}, "4") })
		list := inputs(t, s, "a")
		same(t, "bodies", ids(list, body), []string{"1", "2", "3", "4"})
		if !slices.IsSortedFunc(list, func(a, b storage.Input) int { return int(a.Seq - b.Seq) }) {
			t.Errorf("numbers do not rise: %v", list)
		}
		same(t, "limited", len(get(t, s, func(r storage.Reader) ([]storage.Input, error) { return r.Inputs("a", 2) })), 2)
		same(t, "of nobody", inputs(t, s, "nobody"), nil)
	}},
	{"numbers are not given twice", func(t *testing.T, s *store) {
		seen := make(map[int64]bool)
		for range 3 {
			s.write(t, func(tx storage.Tx) error {
				seq, err := tx.Enqueue(storage.Input{Contact: "a"})
				if seen[seq] {
					t.Errorf("%d was given before", seq)
				}
				seen[seq] = true
				return all(err, tx.DeleteInput("a", seq))
			})
		}
	}},
	{"only the first input of each contact is pending", func(t *testing.T, s *store) {
		s.write(t, func(tx storage.Tx) error {
			return all(enqueue(tx, "a", time.Time{}, "a1", "a2"), enqueue(tx, "b", time.Time{}, "b1", "b2"))
		})
		same(t, "pending", pending(t, s, 0, 10), []string{"a1", "b1"})
	}},
	{"an input that is not ready holds back the later ones of its contact only", func(t *testing.T, s *store) {
		s.write(t, func(tx storage.Tx) error {
			return all(enqueue(tx, "a", at(60), "a1"), enqueue(tx, "a", time.Time{}, "a2"), enqueue(tx, "b", time.Time{}, "b1"))
		})
		same(t, "before", pending(t, s, 59, 10), []string{"b1"})
		same(t, "at the time", pending(t, s, 60, 10), []string{"b1", "a1"})
	}},
	{"an input that was ready long ago is ready", func(t *testing.T, s *store) {
		s.write(t, func(tx storage.Tx) error {
			return all(enqueue(tx, "a", time.Unix(0, 0), "1970"), enqueue(tx, "b", time.Unix(-1_000_000, 0), "before"))
		})
		same(t, "pending", len(pending(t, s, 0, 10)), 2)
	}},
	{"an input without a time to be ready is ready, whatever the clock says", func(t *testing.T, s *store) {
		s.write(t, func(tx storage.Tx) error {
			_, err := tx.Enqueue(storage.Input{Contact: "a", Body: []byte("early"), At: at(3600)})
			return err
		})
		same(t, "pending", pending(t, s, 0, 10), []string{"early"})
	}},
	{"pending inputs come oldest first", func(t *testing.T, s *store) {
		s.write(t, func(tx storage.Tx) error {
			return all(enqueue(tx, "c", time.Time{}, "1"), enqueue(tx, "a", time.Time{}, "2"), enqueue(tx, "b", time.Time{}, "3"))
		})
		same(t, "all", pending(t, s, 0, 10), []string{"1", "2", "3"})
		same(t, "two", pending(t, s, 0, 2), []string{"1", "2"})
	}},
	{"an input whose wait is over stands among the fresh ones by its age", func(t *testing.T, s *store) {
		s.write(t, func(tx storage.Tx) error {
			fresh := func(contact, body string, seconds int) error {
				_, err := tx.Enqueue(storage.Input{Contact: contact, Body: []byte(body), At: at(seconds)})
				return err
			}
			return all(fresh("a", "came at 10", 10), fresh("b", "came at 30", 30), enqueue(tx, "c", at(20), "ready at 20"))
		})
		same(t, "pending", pending(t, s, 40, 10), []string{"came at 10", "ready at 20", "came at 30"})
		same(t, "the first two", pending(t, s, 40, 2), []string{"came at 10", "ready at 20"})
	}},
	{"when the first input is deleted the next one is pending", func(t *testing.T, s *store) {
		s.write(t, func(tx storage.Tx) error { return enqueue(tx, "a", time.Time{}, "1", "2", "3") })
		list := inputs(t, s, "a")
		s.write(t, func(tx storage.Tx) error { return tx.DeleteInput("a", list[0].Seq) })
		same(t, "pending", pending(t, s, 0, 10), []string{"2"})
		s.write(t, func(tx storage.Tx) error {
			return all(tx.DeleteInput("a", list[1].Seq), tx.DeleteInput("a", list[2].Seq))
		})
		same(t, "pending", pending(t, s, 0, 10), nil)
		s.write(t, func(tx storage.Tx) error { return enqueue(tx, "a", time.Time{}, "4") })
		same(t, "pending", pending(t, s, 0, 10), []string{"4"})
	}},
	{"an input may be deleted from the middle of the line", func(t *testing.T, s *store) {
		s.write(t, func(tx storage.Tx) error { return enqueue(tx, "a", time.Time{}, "1", "2", "3") })
		list := inputs(t, s, "a")
		s.write(t, func(tx storage.Tx) error { return tx.DeleteInput("a", list[1].Seq) })
		same(t, "pending", pending(t, s, 0, 10), []string{"1"})
		s.write(t, func(tx storage.Tx) error { return tx.DeleteInput("a", list[0].Seq) })
		same(t, "pending", pending(t, s, 0, 10), []string{"3"})
	}},
	{"an input stands first within the transaction that put it, whatever that asked before", func(t *testing.T, s *store) {
		s.write(t, func(tx storage.Tx) error {
			must := func(err error) {
				t.Helper()
				if err != nil {
					t.Fatal(err)
				}
			}
			first := func(contact string, want ...string) {
				t.Helper()
				found, err := tx.Inputs(contact, 1)
				must(err)
				same(t, "first of "+contact, ids(found, body), want)
			}
			must(tx.Need(storage.Need{Contacts: []string{"a", "b"}}))
			first("a")
			must(enqueue(tx, "a", time.Time{}, "1"))
			first("b") // asks the database, if what was put is not in mind
			first("a", "1")
			must(enqueue(tx, "a", time.Time{}, "2"))
			first("b")
			first("a", "1")
			list, err := tx.Inputs("a", 2)
			must(err)
			must(tx.DeleteInput("a", list[0].Seq))
			first("b")
			first("a", "2")
			return tx.DeleteInput("a", list[1].Seq)
		})
		same(t, "left", ids(inputs(t, s, "a"), body), nil)
	}},
	{"deleting an input that is gone does nothing", func(t *testing.T, s *store) {
		s.write(t, func(tx storage.Tx) error { return enqueue(tx, "a", time.Time{}, "1") })
		seq := inputs(t, s, "a")[0].Seq
		s.write(t, func(tx storage.Tx) error { return all(tx.DeleteInput("a", seq+1), tx.DeleteInput("b", seq)) })
		same(t, "pending", pending(t, s, 0, 10), []string{"1"})
	}},
	{"an input may be put off, with what was learned", func(t *testing.T, s *store) {
		s.write(t, func(tx storage.Tx) error { return enqueue(tx, "a", time.Time{}, "1", "2") })
		in := inputs(t, s, "a")[0]
		in.Body, in.Ready, in.Attempt = []byte("1, again"), at(30), 1
		given := in
		given.Kind, given.At = "another", at(99) // neither is rewritten
		s.write(t, func(tx storage.Tx) error { return tx.PutInput(given) })
		same(t, "meanwhile", pending(t, s, 0, 10), nil)
		same(t, "then", pending(t, s, 30, 10), []string{"1, again"})
		same(t, "the input", inputs(t, s, "a")[0], in)
		in.Ready = time.Time{}
		s.write(t, func(tx storage.Tx) error { return tx.PutInput(in) })
		same(t, "brought forward", pending(t, s, 0, 10), []string{"1, again"})
	}},
	{"putting an input that is gone is refused", func(t *testing.T, s *store) {
		s.refuse(t, storage.ErrNotFound, func(tx storage.Tx) error { return tx.PutInput(storage.Input{Contact: "a", Seq: 1}) })
		same(t, "inputs", inputs(t, s, "a"), nil)
	}},
	{"the next ready input is the earliest that is first in its line and not ready yet", func(t *testing.T, s *store) {
		if _, ok := nextReady(t, s, 0); ok {
			t.Error("an empty inbox has one")
		}
		s.write(t, func(tx storage.Tx) error {
			return all(enqueue(tx, "a", time.Time{}, "now"), enqueue(tx, "b", at(90), "90"), enqueue(tx, "b", at(30), "30"), enqueue(tx, "c", at(60), "60"))
		})
		if next, ok := nextReady(t, s, 0); !ok || !next.Equal(at(60)) {
			t.Errorf("%v %v, want %v", next, ok, at(60))
		}
		if next, ok := nextReady(t, s, 60); !ok || !next.Equal(at(90)) {
			t.Errorf("%v %v, want %v", next, ok, at(90))
		}
		if next, ok := nextReady(t, s, 90); ok {
			t.Errorf("%v, want none: all are ready", next)
		}
	}},
	{"an input holds any bytes, up to 1 MiB and more", func(t *testing.T, s *store) {
		want := bytes.Repeat([]byte{0, 0xff, '"', '\\'}, 300_000)
		s.write(t, func(tx storage.Tx) error {
			_, err := tx.Enqueue(storage.Input{Contact: "a", Body: want})
			return err
		})
		if !bytes.Equal(inputs(t, s, "a")[0].Body, want) {
			t.Error("the bytes changed")
		}
	}},

	{"a key is fresh once", func(t *testing.T, s *store) {
		s.write(t, func(tx storage.Tx) error {
			first, err1 := tx.Once("m_1", at(0))
			second, err2 := tx.Once("m_1", at(1))
			other, err3 := tx.Once("M_1", at(1))
			if !first || second || !other {
				t.Errorf("fresh: %v, %v, another key %v; want true, false, true", first, second, other)
			}
			return all(err1, err2, err3)
		})
		s.write(t, func(tx storage.Tx) error {
			fresh, err := tx.Once("m_1", at(2))
			if fresh {
				t.Error("fresh again in a later write")
			}
			return err
		})
	}},
	{"a key of a write that failed is still fresh", func(t *testing.T, s *store) {
		s.refuse(t, errOnPurpose, func(tx storage.Tx) error {
			_, err := tx.Once("m_1", at(0))
			return all(err, errOnPurpose)
		})
		s.write(t, func(tx storage.Tx) error {
			fresh, err := tx.Once("m_1", at(0))
			if !fresh {
				t.Error("not fresh")
			}
			return err
		})
	}},
	{"a thousand keys are told apart", func(t *testing.T, s *store) {
		s.write(t, func(tx storage.Tx) error {
			for i := range 1000 {
				if fresh, err := tx.Once(fmt.Sprint("m_", i), at(0)); !fresh || err != nil {
					return fmt.Errorf("key %d: fresh %v, %w", i, fresh, err)
				}
			}
			return nil
		})
	}},
	{"long keys are told apart to their last character", func(t *testing.T, s *store) {
		long := strings.Repeat("k", 5000)
		s.write(t, func(tx storage.Tx) error {
			one, err1 := tx.Once(long+"1", at(0))
			two, err2 := tx.Once(long+"2", at(0))
			again, err3 := tx.Once(long+"1", at(0))
			if !one || !two || again {
				t.Errorf("fresh: %v, %v, again %v; want true, true, false", one, two, again)
			}
			return all(err1, err2, err3)
		})
	}},
	{"keys recorded before a time can be forgotten", func(t *testing.T, s *store) {
		s.write(t, func(tx storage.Tx) error {
			_, err1 := tx.Once("old", at(9))
			_, err2 := tx.Once("new", at(10))
			_, err := tx.ForgetOnce(at(10), 100)
			return all(err1, err2, err)
		})
		s.write(t, func(tx storage.Tx) error {
			old, err1 := tx.Once("old", at(11))
			fresh, err2 := tx.Once("new", at(11))
			if !old || fresh {
				t.Errorf("fresh: old %v, new %v; want true, false", old, fresh)
			}
			return all(err1, err2)
		})
	}},
}
