package storagetest

import (
	"bytes"
	"fmt"
	"testing"

	"github.com/relance-bot/relance/storage"
)

func meta(key string) func(r storage.Reader) ([]byte, error) {
	return func(r storage.Reader) ([]byte, error) { return r.Meta(key) }
}

func program(hash string) func(r storage.Reader) ([]byte, error) {
	return func(r storage.Reader) ([]byte, error) { return r.Program(hash) }
}

var metaCases = []testCase{
	{"a named value comes back, and the newest counts", func(t *testing.T, s *store) {
		missing(t, s, meta("k"))
		s.write(t, func(tx storage.Tx) error { return tx.SetMeta("k", []byte("one")) })
		same(t, "value", string(get(t, s, meta("k"))), "one")
		s.write(t, func(tx storage.Tx) error {
			return all(tx.SetMeta("k", []byte("two")), tx.SetMeta("K", []byte("other")))
		})
		same(t, "value", string(get(t, s, meta("k"))), "two")
	}},
	{"a named value may be empty and is then there", func(t *testing.T, s *store) {
		s.write(t, func(tx storage.Tx) error { return all(tx.SetMeta("nil", nil), tx.SetMeta("empty", []byte{})) })
		same(t, "nil", len(get(t, s, meta("nil"))), 0)
		same(t, "empty", len(get(t, s, meta("empty"))), 0)
	}},
	{"a named value holds any bytes", func(t *testing.T, s *store) {
		want := bytes.Repeat([]byte{0, 1, 0xff, '\''}, 50_000)
		s.write(t, func(tx storage.Tx) error { return tx.SetMeta("k", want) })
		if !bytes.Equal(get(t, s, meta("k")), want) {
			t.Error("the bytes changed")
		}
	}},
	{"a program is found by its hash", func(t *testing.T, s *store) {
		sources := bytes.Repeat([]byte("steps:\n"), 100_000)
		s.write(t, func(tx storage.Tx) error {
			return all(tx.PutProgram("h1", sources, at(0)), tx.PutProgram("h2", []byte("{}"), at(1)))
		})
		if !bytes.Equal(get(t, s, program("h1")), sources) {
			t.Error("the sources changed")
		}
		missing(t, s, program("h3"))
	}},
	{"putting a program again changes nothing", func(t *testing.T, s *store) {
		s.write(t, func(tx storage.Tx) error {
			return all(tx.PutProgram("h", []byte("{}"), at(0)), tx.PutProgram("h", []byte("{}"), at(9)))
		})
		same(t, "sources", string(get(t, s, program("h"))), "{}")
	}},
	{"a program's time is the newest it was put at", func(t *testing.T, s *store) {
		s.write(t, func(tx storage.Tx) error {
			return all(tx.PutProgram("b", []byte("{}"), at(5)), tx.PutProgram("a", []byte("{}"), at(1)))
		})
		s.write(t, func(tx storage.Tx) error {
			return all(tx.PutProgram("b", []byte("{}"), at(3)), tx.PutProgram("a", []byte("{}"), at(4)))
		})
		same(t, "programs", get(t, s, storage.Reader.Programs), []storage.Program{{Hash: "a", At: at(4)}, {Hash: "b", At: at(5)}})
	}},
	{"a program is removed unless it was put again meanwhile", func(t *testing.T, s *store) {
		s.write(t, func(tx storage.Tx) error {
			return all(tx.PutProgram("old", []byte("{}"), at(0)), tx.PutProgram("again", []byte("{}"), at(0)),
				tx.PutProgram("new", []byte("{}"), at(9)))
		})
		s.write(t, func(tx storage.Tx) error {
			err := all(tx.PutProgram("again", []byte("{}"), at(9)), tx.DeleteProgram("old", at(9)), tx.DeleteProgram("again", at(9)),
				tx.DeleteProgram("new", at(9)), tx.DeleteProgram("none", at(9)))
			left, readErr := tx.Programs()
			same(t, "seen by the transaction itself", left, []storage.Program{{Hash: "again", At: at(9)}, {Hash: "new", At: at(9)}})
			return all(err, readErr)
		})
		missing(t, s, program("old"))
		same(t, "again", string(get(t, s, program("again"))), "{}")
		s.write(t, func(tx storage.Tx) error { return tx.PutProgram("old", []byte("[]"), at(10)) })
		same(t, "old", string(get(t, s, program("old"))), "[]")
	}},
	{"strays are listed in order, a chunk at a time", func(t *testing.T, s *store) {
		s.write(t, func(tx storage.Tx) error {
			var errs []error
			for n := range 5 {
				errs = append(errs, tx.PutStray(storage.Stray{
					At: at(n), Source: "messenger", Reason: fmt.Sprint("kind ", n), Body: []byte(`{"é":1}`),
				}))
			}
			return all(errs...)
		})
		strays := func(after int64, limit int) []storage.Stray {
			return get(t, s, func(r storage.Reader) ([]storage.Stray, error) { return r.Strays(after, limit) })
		}
		first := strays(0, 3)
		rest := strays(first[2].ID, 3)
		same(t, "reasons", ids(append(first, rest...), func(s storage.Stray) string { return s.Reason }),
			[]string{"kind 0", "kind 1", "kind 2", "kind 3", "kind 4"})
		same(t, "one of them", rest[0],
			storage.Stray{ID: rest[0].ID, At: at(3), Source: "messenger", Reason: "kind 3", Body: []byte(`{"é":1}`)})
		same(t, "after the last", strays(rest[1].ID, 3), nil)
	}},
}
