package storagetest

import (
	"fmt"
	"slices"
	"testing"

	"github.com/relance-bot/relance/storage"
)

func appendEntry(tx storage.Tx, page, contact string) (int64, error) {
	return tx.Append(storage.Entry{Page: page, Contact: contact, Topic: "t", Action: "granted", At: at(0)})
}

// chain appends n entries to a page and seals them.
func chain(tx storage.Tx, page string, n int) error {
	for i := range n {
		id, err := appendEntry(tx, page, "a")
		if err != nil {
			return err
		}
		err = tx.Seal(storage.Entry{ID: id, Seq: int64(i + 1), Prev: fmt.Appendf(nil, "h%d", i), Hash: fmt.Appendf(nil, "h%d", i+1)})
		if err != nil {
			return err
		}
	}
	return nil
}

func entryHash(e storage.Entry) string { return string(e.Hash) }

func unsealed(t tester, s *store, limit int) []storage.Entry {
	t.Helper()
	return get(t, s, func(r storage.Reader) ([]storage.Entry, error) { return r.Unsealed(limit) })
}

var ledgerCases = []testCase{
	{"an entry comes back as it was appended, unsealed", func(t *testing.T, s *store) {
		want := storage.Entry{
			Page: "messenger:1", Contact: "a", Topic: "restock", Action: "granted", At: at(1),
			Body: []byte(`{"wording":"Ta pointure est de retour é"}`), Commit: []byte{0, 1, 0xff},
		}
		s.write(t, func(tx storage.Tx) (err error) {
			given := want
			given.Seq, given.Prev, given.Hash = 7, []byte("p"), []byte("h") // a seal is given by Seal alone
			want.ID, err = tx.Append(given)
			return err
		})
		same(t, "unsealed", unsealed(t, s, 10), []storage.Entry{want})
		same(t, "of the contact", get(t, s, func(r storage.Reader) ([]storage.Entry, error) { return r.Entries("a") }), []storage.Entry{want})
	}},
	{"ids of entries rise, and unsealed ones are listed by them", func(t *testing.T, s *store) {
		s.write(t, func(tx storage.Tx) error {
			var last int64
			for i := range 5 {
				id, err := appendEntry(tx, fmt.Sprint("page", 9-i), "a")
				if err != nil {
					return err
				}
				if id <= last {
					t.Errorf("id %d after %d", id, last)
				}
				last = id
			}
			return nil
		})
		list := unsealed(t, s, 3)
		same(t, "pages", ids(list, func(e storage.Entry) string { return e.Page }), []string{"page9", "page8", "page7"})
	}},
	{"a seal puts an entry in its chain and changes nothing else", func(t *testing.T, s *store) {
		want := storage.Entry{Page: "p", Contact: "a", Topic: "t", Action: "asked", At: at(1), Body: []byte("{}"), Commit: []byte("c")}
		s.write(t, func(tx storage.Tx) (err error) {
			if want.ID, err = tx.Append(want); err != nil {
				return err
			}
			return tx.Seal(storage.Entry{ID: want.ID, Page: "forged", Action: "forged", Body: []byte("forged"), Seq: 1, Prev: []byte("p"), Hash: []byte("h")})
		})
		want.Seq, want.Prev, want.Hash = 1, []byte("p"), []byte("h")
		same(t, "unsealed", unsealed(t, s, 10), nil)
		same(t, "sealed", get(t, s, func(r storage.Reader) ([]storage.Entry, error) { return r.Sealed("p", 0, 10) }), []storage.Entry{want})
	}},
	{"an entry is sealed once", func(t *testing.T, s *store) {
		var id int64
		s.write(t, func(tx storage.Tx) (err error) {
			if id, err = appendEntry(tx, "p", "a"); err != nil {
				return err
			}
			return tx.Seal(storage.Entry{ID: id, Seq: 1, Hash: []byte("first")})
		})
		s.refuse(t, storage.ErrTaken, func(tx storage.Tx) error { return tx.Seal(storage.Entry{ID: id, Seq: 2, Hash: []byte("second")}) })
		head := get(t, s, func(r storage.Reader) (storage.Entry, error) { return r.ChainHead("p") })
		same(t, "hash", entryHash(head), "first")
	}},
	{"a place in a chain is given once", func(t *testing.T, s *store) {
		s.write(t, func(tx storage.Tx) error { return all(chain(tx, "p", 2), chain(tx, "q", 1)) })
		s.refuse(t, storage.ErrTaken, func(tx storage.Tx) error {
			id, err := appendEntry(tx, "p", "a")
			if err != nil {
				return err
			}
			return tx.Seal(storage.Entry{ID: id, Seq: 2, Hash: []byte("forged")})
		})
		same(t, "chain", sealed(t, s, "p", 0, 10), []string{"h1", "h2"})
	}},
	{"an entry that does not exist cannot be sealed", func(t *testing.T, s *store) {
		s.refuse(t, storage.ErrNotFound, func(tx storage.Tx) error { return tx.Seal(storage.Entry{ID: 99, Seq: 1}) })
	}},
	{"a chain is read in order, a chunk at a time", func(t *testing.T, s *store) {
		s.write(t, func(tx storage.Tx) error {
			_, err := appendEntry(tx, "p", "unsealed")
			return all(err, chain(tx, "p", 5), chain(tx, "q", 2))
		})
		same(t, "first", sealed(t, s, "p", 0, 2), []string{"h1", "h2"})
		same(t, "rest", sealed(t, s, "p", 2, 10), []string{"h3", "h4", "h5"})
		same(t, "after the end", sealed(t, s, "p", 5, 10), nil)
		same(t, "another", sealed(t, s, "q", 0, 10), []string{"h1", "h2"})
	}},
	{"the head of a chain is its last sealed entry", func(t *testing.T, s *store) {
		head := func(page string) func(r storage.Reader) (storage.Entry, error) {
			return func(r storage.Reader) (storage.Entry, error) { return r.ChainHead(page) }
		}
		missing(t, s, head("p"))
		s.write(t, func(tx storage.Tx) error {
			_, err := appendEntry(tx, "p", "a")
			return err
		})
		missing(t, s, head("p"))
		s.write(t, func(tx storage.Tx) error { return chain(tx, "p", 3) })
		same(t, "head", entryHash(get(t, s, head("p"))), "h3")
		missing(t, s, head("q"))
	}},
	{"chains are the pages that have entries, sealed or not", func(t *testing.T, s *store) {
		s.write(t, func(tx storage.Tx) error {
			_, err1 := appendEntry(tx, "unsealed", "a")
			_, err2 := appendEntry(tx, "both", "a")
			return all(err1, err2, chain(tx, "both", 2), chain(tx, "sealed", 1))
		})
		list := get(t, s, func(r storage.Reader) ([]string, error) { return r.Chains() })
		slices.Sort(list)
		same(t, "chains", list, []string{"both", "sealed", "unsealed"})
	}},
	{"a contact's entries are theirs, in order, over all pages", func(t *testing.T, s *store) {
		s.write(t, func(tx storage.Tx) error {
			var errs []error
			for i, who := range []string{"a", "b", "a", "ab", "a"} {
				_, err := appendEntry(tx, fmt.Sprint("p", i), who)
				errs = append(errs, err)
			}
			return all(errs...)
		})
		list := get(t, s, func(r storage.Reader) ([]storage.Entry, error) { return r.Entries("a") })
		same(t, "pages", ids(list, func(e storage.Entry) string { return e.Page }), []string{"p0", "p2", "p4"})
	}},
	{"a salt is kept until the contact is erased", func(t *testing.T, s *store) {
		salt := func(r storage.Reader) ([]byte, error) { return r.Salt("a") }
		missing(t, s, salt)
		s.write(t, func(tx storage.Tx) error { return tx.PutSalt("a", []byte{0, 1, 2, 0xff}) })
		same(t, "salt", get(t, s, salt), []byte{0, 1, 2, 0xff})
		s.write(t, func(tx storage.Tx) error { return tx.Erase("a") })
		missing(t, s, salt)
	}},
}

func sealed(t tester, s *store, page string, after int64, limit int) []string {
	t.Helper()
	return ids(get(t, s, func(r storage.Reader) ([]storage.Entry, error) { return r.Sealed(page, after, limit) }), entryHash)
}
