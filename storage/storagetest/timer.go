package storagetest

import (
	"fmt"
	"slices"
	"testing"

	"github.com/relance-bot/relance/storage"
)

func timerName(t storage.Timer) string { return t.Contact + "/" + t.Kind + "/" + t.Key }

func dueTimers(t tester, s *store, seconds, limit int) []string {
	t.Helper()
	return ids(get(t, s, func(r storage.Reader) ([]storage.Timer, error) { return r.DueTimers(at(seconds), limit) }), timerName)
}

var timerCases = []testCase{
	{"a timer comes back as it was put", func(t *testing.T, s *store) {
		want := storage.Timer{Contact: "a", Kind: "wait", Key: "step 3", At: at(60), Body: []byte(`{"é":"👟"}`)}
		s.write(t, func(tx storage.Tx) error { return tx.PutTimer(want) })
		same(t, "timers", get(t, s, func(r storage.Reader) ([]storage.Timer, error) { return r.Timers("a") }), []storage.Timer{want})
	}},
	{"a timer without a body has none", func(t *testing.T, s *store) {
		s.write(t, func(tx storage.Tx) error {
			return tx.PutTimer(storage.Timer{Kind: "schedule", Key: "monday", At: at(0)})
		})
		list := get(t, s, func(r storage.Reader) ([]storage.Timer, error) { return r.Timers("") })
		if len(list) != 1 || list[0].Body != nil {
			t.Errorf("%v, want one without a body", list)
		}
	}},
	{"timers of contacts are counted by key, for one kind", func(t *testing.T, s *store) {
		s.write(t, func(tx storage.Tx) error {
			err := all(
				tx.PutTimer(storage.Timer{Contact: "messenger:1:7", Kind: "held", Key: "a", At: at(1)}),
				tx.PutTimer(storage.Timer{Contact: "messenger:1:8", Kind: "held", Key: "a", At: at(2)}),
				tx.PutTimer(storage.Timer{Contact: "messenger:1:8", Kind: "held", Key: "b", At: at(2)}),
				tx.PutTimer(storage.Timer{Contact: "messenger:1:8", Kind: "wait", Key: "a", At: at(2)}),
				tx.PutTimer(storage.Timer{Contact: "", Kind: "held", Key: "a", At: at(2)}),
				tx.PutTimer(storage.Timer{Contact: "messenger:1:9", Kind: "held", Key: "gone", At: at(2)}),
				tx.DeleteTimer("messenger:1:9", "held", "gone"),
			)
			n, readErr := tx.CountTimers("held")
			same(t, "as its transaction sees it", n, map[string]int{"a": 2, "b": 1})
			return all(err, readErr)
		})
		held := get(t, s, func(r storage.Reader) (map[string]int, error) { return r.CountTimers("held") })
		same(t, "held", held, map[string]int{"a": 2, "b": 1})
		none := get(t, s, func(r storage.Reader) (map[string]int, error) { return r.CountTimers("none") })
		same(t, "none", none, map[string]int{})
	}},
	{"timers are due at their time, not before", func(t *testing.T, s *store) {
		s.write(t, func(tx storage.Tx) error { return tx.PutTimer(storage.Timer{Contact: "a", Kind: "wait", At: at(60)}) })
		same(t, "a second before", dueTimers(t, s, 59, 10), nil)
		same(t, "at the time", dueTimers(t, s, 60, 10), []string{"a/wait/"})
		same(t, "later", dueTimers(t, s, 1000, 10), []string{"a/wait/"})
	}},
	{"due timers come earliest first, and a contact's of one instant together, by kind and key", func(t *testing.T, s *store) {
		s.write(t, func(tx storage.Tx) error {
			return all(
				tx.PutTimer(storage.Timer{Contact: "b", Kind: "wait", Key: "1", At: at(5)}),
				tx.PutTimer(storage.Timer{Contact: "a", Kind: "wait", Key: "2", At: at(5)}),
				tx.PutTimer(storage.Timer{Contact: "a", Kind: "wait", Key: "1", At: at(5)}),
				tx.PutTimer(storage.Timer{Contact: "a", Kind: "held", Key: "3", At: at(5)}),
				tx.PutTimer(storage.Timer{Contact: "", Kind: "schedule", Key: "monday", At: at(5)}),
				tx.PutTimer(storage.Timer{Contact: "z", Kind: "wait", Key: "1", At: at(4)}),
				tx.PutTimer(storage.Timer{Contact: "a", Kind: "wait", Key: "9", At: at(6)}),
			)
		})
		all := dueTimers(t, s, 10, 10)
		same(t, "sorted", slices.Sorted(slices.Values(all)),
			[]string{"/schedule/monday", "a/held/3", "a/wait/1", "a/wait/2", "a/wait/9", "b/wait/1", "z/wait/1"})
		same(t, "the first", all[0], "z/wait/1")
		same(t, "the last", all[6], "a/wait/9")
		from := slices.Index(all, "a/held/3")
		same(t, "of one contact", all[from:min(from+3, len(all))], []string{"a/held/3", "a/wait/1", "a/wait/2"})
		for limit := range all {
			same(t, fmt.Sprint("the first ", limit+1), dueTimers(t, s, 10, limit+1), all[:limit+1])
		}
	}},
	{"putting a timer again moves it", func(t *testing.T, s *store) {
		s.write(t, func(tx storage.Tx) error {
			return all(tx.PutTimer(storage.Timer{Contact: "a", Kind: "wait", At: at(5), Body: []byte("1")}),
				tx.PutTimer(storage.Timer{Contact: "a", Kind: "wait", At: at(50), Body: []byte("2")}))
		})
		same(t, "due at the old time", dueTimers(t, s, 5, 10), nil)
		same(t, "timers", get(t, s, func(r storage.Reader) ([]storage.Timer, error) { return r.Timers("a") }),
			[]storage.Timer{{Contact: "a", Kind: "wait", At: at(50), Body: []byte("2")}})
	}},
	{"a deleted timer is gone, and only it", func(t *testing.T, s *store) {
		s.write(t, func(tx storage.Tx) error {
			return all(tx.PutTimer(storage.Timer{Contact: "a", Kind: "wait", Key: "1", At: at(5)}),
				tx.PutTimer(storage.Timer{Contact: "a", Kind: "wait", Key: "2", At: at(5)}),
				tx.PutTimer(storage.Timer{Contact: "a", Kind: "held", Key: "1", At: at(5)}),
				tx.PutTimer(storage.Timer{Contact: "b", Kind: "wait", Key: "1", At: at(5)}),
				tx.DeleteTimer("a", "wait", "1"), tx.DeleteTimer("a", "wait", "unknown"))
		})
		same(t, "left", dueTimers(t, s, 5, 10), []string{"a/held/1", "a/wait/2", "b/wait/1"})
	}},
	{"the next timer is the earliest of all", func(t *testing.T, s *store) {
		s.write(t, func(tx storage.Tx) error {
			if _, ok, err := tx.NextTimer(); ok || err != nil {
				t.Errorf("an empty store has a timer: %v %v", ok, err)
			}
			err := all(tx.PutTimer(storage.Timer{Contact: "a", Kind: "wait", At: at(70)}),
				tx.PutTimer(storage.Timer{Kind: "schedule", Key: "monday", At: at(60)}))
			next, ok, err2 := tx.NextTimer()
			if !ok || !next.Equal(at(60)) {
				t.Errorf("%v %v, want %v", next, ok, at(60))
			}
			return all(err, err2)
		})
	}},
	{"timers of a contact are its own, by kind and key", func(t *testing.T, s *store) {
		s.write(t, func(tx storage.Tx) error {
			return all(tx.PutTimer(storage.Timer{Contact: "a", Kind: "wait", Key: "2", At: at(1)}),
				tx.PutTimer(storage.Timer{Contact: "a", Kind: "wait", Key: "1", At: at(9)}),
				tx.PutTimer(storage.Timer{Contact: "a", Kind: "held", Key: "é", At: at(5)}),
				tx.PutTimer(storage.Timer{Contact: "ab", Kind: "wait", Key: "1", At: at(5)}))
		})
		list := get(t, s, func(r storage.Reader) ([]storage.Timer, error) { return r.Timers("a") })
		same(t, "timers", ids(list, timerName), []string{"a/held/é", "a/wait/1", "a/wait/2"})
	}},
}
