package storagetest

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"sync"
	"testing"

	"github.com/relance-bot/relance/storage"
)

// errOnPurpose is what the functions of failing writes return.
var errOnPurpose = errors.New("on purpose")

// group makes the store gather one group of writes: it holds the store inside a
// first write until all fs wait behind it, as far as that can be seen from
// outside, and returns their errors in order.
func group(t *testing.T, s *store, fs ...func(tx storage.Tx) error) []error {
	t.Helper()
	entered, leave := make(chan struct{}), make(chan struct{})
	first := make(chan error, 1)
	go func() {
		first <- s.Write(context.Background(), func(storage.Tx) error {
			close(entered)
			<-leave
			return nil
		})
	}()
	<-entered
	errs := make([]error, len(fs))
	var writers, started sync.WaitGroup
	for i, f := range fs {
		started.Add(1)
		writers.Go(func() {
			started.Done()
			errs[i] = s.Write(context.Background(), f)
		})
	}
	started.Wait()
	close(leave)
	if err := <-first; err != nil {
		t.Fatalf("the write that held the store: %v", err)
	}
	writers.Wait()
	return errs
}

// names keeps contacts of those ids.
func names(tx storage.Tx, list ...string) error {
	for _, id := range list {
		if err := tx.PutContact(storage.Contact{ID: id}); err != nil {
			return err
		}
	}
	return nil
}

func kept(t tester, s *store) []string {
	t.Helper()
	return ids(get(t, s, func(r storage.Reader) ([]storage.Contact, error) { return r.Contacts("", 10_000) }),
		func(c storage.Contact) string { return c.ID })
}

var writeCases = []testCase{
	{"a write is seen by what is read after it", func(t *testing.T, s *store) {
		s.write(t, func(tx storage.Tx) error { return names(tx, "a") })
		same(t, "kept", kept(t, s), []string{"a"})
	}},
	{"a write sees what it wrote itself", func(t *testing.T, s *store) {
		s.write(t, func(tx storage.Tx) error {
			if err := names(tx, "a", "b"); err != nil {
				return err
			}
			list, err := tx.Contacts("", 10)
			same(t, "inside", len(list), 2)
			return err
		})
	}},
	{"a write that fails leaves nothing, and its error is returned", func(t *testing.T, s *store) {
		s.write(t, func(tx storage.Tx) error { return all(names(tx, "a"), enqueue(tx, "a", at(0), "1")) })
		s.refuse(t, errOnPurpose, func(tx storage.Tx) error {
			return all(names(tx, "b"), tx.Erase("a"), tx.SetMeta("k", nil), tx.PutSend(waiting("s", "a")), errOnPurpose)
		})
		same(t, "kept", kept(t, s), []string{"a"})
		same(t, "inputs", len(inputs(t, s, "a")), 1)
		missing(t, s, meta("k"))
		same(t, "sends", line(t, s, "a"), nil)
	}},
	{"an answer such as not found does not undo a write", func(t *testing.T, s *store) {
		s.write(t, func(tx storage.Tx) error {
			if _, err := tx.Contact("nobody"); !errors.Is(err, storage.ErrNotFound) {
				t.Errorf("%v, want %v", err, storage.ErrNotFound)
			}
			if err := all(names(tx, "a", "b"), tx.PutUnique("a", "n", "1")); err != nil {
				return err
			}
			if err := tx.PutUnique("b", "n", "1"); !errors.Is(err, storage.ErrTaken) {
				t.Errorf("%v, want %v", err, storage.ErrTaken)
			}
			return nil
		})
		same(t, "kept", kept(t, s), []string{"a", "b"})
	}},
	{"a write that fails does not disturb the others of its group", func(t *testing.T, s *store) {
		errs := group(t, s,
			func(tx storage.Tx) error { return names(tx, "a") },
			func(tx storage.Tx) error { return all(names(tx, "lost"), tx.SetMeta("shared", nil), errOnPurpose) },
			func(tx storage.Tx) error { return names(tx, "b") },
			func(tx storage.Tx) error { return all(tx.Erase("a"), tx.Erase("b"), errOnPurpose) },
			func(tx storage.Tx) error { return names(tx, "c") },
		)
		for i, err := range errs {
			if want := i%2 == 1; errors.Is(err, errOnPurpose) != want || !want && err != nil {
				t.Errorf("write %d: %v", i, err)
			}
		}
		same(t, "kept", kept(t, s), []string{"a", "b", "c"})
		missing(t, s, meta("shared"))
	}},
	{"writes that fail after they read what they wrote leave nothing, however many of a group do", func(t *testing.T, s *store) {
		lost := func(tx storage.Tx) error {
			err := names(tx, "lost")
			_, err2 := tx.Contacts("", 10)
			return all(err, err2, errOnPurpose)
		}
		errs := group(t, s, lost, lost, func(tx storage.Tx) error { return names(tx, "a") }, lost, lost)
		for i, err := range errs {
			if want := i != 2; errors.Is(err, errOnPurpose) != want || !want && err != nil {
				t.Errorf("write %d: %v", i, err)
			}
		}
		s.write(t, func(tx storage.Tx) error { return names(tx, "b") })
		same(t, "kept", kept(t, s), []string{"a", "b"})
	}},
	{"a panic is the error of its own write only", func(t *testing.T, s *store) {
		panicky := func(storage.Tx) error { panic("on purpose") }
		errs := group(t, s,
			func(tx storage.Tx) error { return names(tx, "a") },
			func(tx storage.Tx) error { return all(names(tx, "lost"), panicky(tx)) },
			func(tx storage.Tx) error { return names(tx, "b") },
		)
		if errs[0] != nil || errs[1] == nil || errs[2] != nil {
			t.Errorf("errors %v, want only the second", errs)
		}
		if s.Write(context.Background(), panicky) == nil {
			t.Error("a write alone panicked and was kept")
		}
		s.write(t, func(tx storage.Tx) error { return names(tx, "c") })
		same(t, "kept", kept(t, s), []string{"a", "b", "c"})
	}},
	{"many writers at once lose nothing", func(t *testing.T, s *store) {
		const writers, each = 32, 20
		var all sync.WaitGroup
		for range writers {
			all.Go(func() {
				for range each {
					err := s.Write(context.Background(), func(tx storage.Tx) error {
						was, err := tx.Meta("counter")
						if err != nil && !errors.Is(err, storage.ErrNotFound) {
							return err
						}
						n, _ := strconv.Atoi(string(was))
						return tx.SetMeta("counter", strconv.AppendInt(nil, int64(n+1), 10))
					})
					if err != nil {
						t.Errorf("write: %v", err)
					}
				}
			})
		}
		all.Wait()
		same(t, "counter", string(get(t, s, meta("counter"))), fmt.Sprint(writers*each))
	}},
	{"writes of one caller are kept in the order they returned", func(t *testing.T, s *store) {
		var writers sync.WaitGroup
		for w := range 8 {
			writers.Go(func() {
				for i := range 10 {
					if err := s.Write(context.Background(), func(tx storage.Tx) error {
						return enqueue(tx, fmt.Sprint("c", w), at(0), fmt.Sprint(i))
					}); err != nil {
						t.Errorf("write: %v", err)
					}
				}
			})
		}
		writers.Wait()
		for w := range 8 {
			same(t, "inputs", ids(inputs(t, s, fmt.Sprint("c", w)), body), []string{"0", "1", "2", "3", "4", "5", "6", "7", "8", "9"})
		}
	}},
	{"a write may be large", func(t *testing.T, s *store) {
		s.write(t, func(tx storage.Tx) error {
			for i := range 5000 {
				if err := names(tx, fmt.Sprintf("c%05d", i)); err != nil {
					return err
				}
			}
			return nil
		})
		same(t, "kept", len(kept(t, s)), 5000)
	}},
	{"a contact that a write needed or read is in its hands", func(t *testing.T, s *store) {
		s.write(t, func(tx storage.Tx) error {
			err := tx.Need(storage.Need{Contacts: []string{"needed"}})
			_, err2 := tx.Consents("read")
			if !tx.Has("needed") || !tx.Has("read") {
				t.Errorf("needed %v, read %v", tx.Has("needed"), tx.Has("read"))
			}
			return all(err, err2)
		})
	}},
	{"a write that changes nothing is fine", func(t *testing.T, s *store) {
		s.write(t, func(storage.Tx) error { return nil })
	}},

	{"a read is one snapshot, whatever is written meanwhile", func(t *testing.T, s *store) {
		s.write(t, func(tx storage.Tx) error { return names(tx, "a") })
		s.reading(t, func(r storage.Reader) error {
			before, err := r.Contacts("", 10)
			if err != nil {
				return err
			}
			written := make(chan error)
			go func() {
				written <- s.Write(context.Background(), func(tx storage.Tx) error { return all(names(tx, "b"), tx.Erase("a")) })
			}()
			if err := <-written; err != nil {
				return err
			}
			after, err := r.Contacts("", 10)
			same(t, "the same read", after, before)
			return err
		})
		same(t, "the next read", kept(t, s), []string{"b"})
	}},
	{"a read does not wait for a write, and does not see it before it is kept", func(t *testing.T, s *store) {
		s.write(t, func(tx storage.Tx) error {
			if err := names(tx, "a"); err != nil {
				return err
			}
			read := make(chan error)
			go func() {
				read <- s.Read(context.Background(), func(r storage.Reader) error {
					list, err := r.Contacts("", 10)
					if len(list) > 0 {
						t.Errorf("saw %v", list)
					}
					return err
				})
			}()
			return <-read
		})
		same(t, "kept", kept(t, s), []string{"a"})
	}},
	{"reads run side by side", func(t *testing.T, s *store) {
		s.write(t, func(tx storage.Tx) error { return names(tx, "a", "b", "c") })
		var readers sync.WaitGroup
		for range 16 {
			readers.Go(func() {
				for range 10 {
					err := s.Read(context.Background(), func(r storage.Reader) error {
						list, err := r.Contacts("", 10)
						if len(list) != 3 {
							t.Errorf("%d contacts, want 3", len(list))
						}
						return err
					})
					if err != nil {
						t.Errorf("read: %v", err)
					}
				}
			})
		}
		readers.Wait()
	}},
	{"the error of a read is returned, and the next one is fine", func(t *testing.T, s *store) {
		for range 20 {
			err := s.Read(context.Background(), func(storage.Reader) error { return errOnPurpose })
			if !errors.Is(err, errOnPurpose) {
				t.Fatalf("%v, want %v", err, errOnPurpose)
			}
		}
		same(t, "kept", kept(t, s), nil)
	}},

	{"a store that can take a write says so, and the check leaves nothing", func(t *testing.T, s *store) {
		for range 3 {
			if err := s.Check(context.Background()); err != nil {
				t.Errorf("check: %v", err)
			}
		}
		same(t, "kept", kept(t, s), nil)
	}},
	{"a check that nobody waits for any more ends", func(t *testing.T, s *store) {
		s.write(t, func(storage.Tx) error {
			ctx, cancel := context.WithCancel(context.Background())
			cancel()
			if err := s.Check(ctx); err == nil {
				t.Error("the check succeeded while the store was held")
			}
			return nil
		})
		if err := s.Check(context.Background()); err != nil {
			t.Errorf("check: %v", err)
		}
	}},
}
