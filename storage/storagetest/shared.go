package storagetest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/relance-bot/relance/storage"
)

// Process is one of several stores on one database.
type Process struct {
	storage.Store
	storage.Shared // of that store; the suite asks it
	// Kill ends it as a crash would: its connections are gone, and nothing was given
	// up.
	Kill func()
}

// OpenMany opens stores on one new database, all at once, each as a process of its
// own would. They are closed with the test, but those that were killed.
type OpenMany func(t testing.TB, n int, lease time.Duration) []Process

// RunShared runs what several stores on one database must keep between them, in
// parallel.
func RunShared(t *testing.T, open OpenMany) {
	for _, c := range sharedCases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			lease := longLease
			if c.short {
				lease = shortLease
			}
			s := &shared{all: open(t, max(c.stores, 2), lease), lease: lease}
			for i := range s.all {
				if s.all[i].Shared = s.all[i].Abilities().Shared; s.all[i].Shared == nil {
					t.Fatal("it does not say that it is shared")
				}
			}
			c.run(t, s)
		})
	}
}

const (
	longLease  = 10 * time.Second
	shortLease = 1500 * time.Millisecond
	// soon is what nothing here takes that waits for nobody.
	soon = 5 * time.Second
)

type shared struct {
	all   []Process
	lease time.Duration
}

func (s *shared) write(t tester, i int, f func(tx storage.Tx) error, needs ...storage.Need) {
	t.Helper()
	if err := s.all[i%len(s.all)].Write(context.Background(), f, needs...); err != nil {
		t.Fatalf("store %d: write: %v", i, err)
	}
}

// everywhere runs f with each store, several times at once.
func (s *shared) everywhere(times int, f func(i int)) {
	var running sync.WaitGroup
	for i := range s.all {
		for range times {
			running.Go(func() { f(i) })
		}
	}
	running.Wait()
}

// work lets all stores take work until one after the other finds none, n times in a
// row: what another has in hand is not seen.
func (s *shared) work(t *testing.T, take func(tx storage.Tx) (found int, err error)) {
	t.Helper()
	s.everywhere(2, func(i int) {
		for idle := 0; idle < 20; idle++ {
			var found int
			err := s.all[i].Write(context.Background(), func(tx storage.Tx) (err error) {
				found, err = take(tx)
				return err
			})
			if err != nil {
				t.Errorf("store %d: %v", i, err)
				return
			}
			if found > 0 {
				idle = 0
			}
		}
	})
}

// note appends a word to what is kept of a contact.
func note(tx storage.Tx, contact, word string) error {
	c, err := tx.Contact(contact)
	if err != nil && !errors.Is(err, storage.ErrNotFound) {
		return err
	}
	c.ID, c.LastName = contact, strings.TrimSpace(c.LastName+" "+word)
	return tx.PutContact(c)
}

func notes(t tester, s storage.Store, contact string) []string {
	t.Helper()
	return strings.Fields(get(t, &store{Store: s}, func(r storage.Reader) (storage.Contact, error) { return r.Contact(contact) }).LastName)
}

// hold keeps a write of a store open, in which f was run, until free is called.
func (s *shared) hold(t *testing.T, i int, f func(tx storage.Tx) error) (free func()) {
	t.Helper()
	entered, leave, ended := make(chan struct{}, 9), make(chan struct{}), make(chan error, 1)
	go func() {
		ended <- s.all[i].Write(context.Background(), func(tx storage.Tx) error {
			err := f(tx)
			entered <- struct{}{}
			<-leave
			return err
		})
	}()
	<-entered
	return func() {
		t.Helper()
		close(leave)
		if err := <-ended; err != nil {
			t.Errorf("the write that was held: %v", err)
		}
	}
}

// counted is n words, "0" and so on.
func counted(n int) (words []string) {
	for i := range n {
		words = append(words, strconv.Itoa(i))
	}
	return words
}

type sharedCase struct {
	name   string
	stores int // 0: two
	short  bool
	run    func(t *testing.T, s *shared)
}

var sharedCases = slices.Concat([]sharedCase{
	{"inputs are handled once and in order, whoever puts and whoever takes them", 3, false, func(t *testing.T, s *shared) {
		const contacts, each = 12, 8
		contact := func(c int) string { return fmt.Sprint("contact ", c) }
		var enqueuers sync.WaitGroup
		for c := range contacts {
			enqueuers.Go(func() {
				for i := range each {
					s.write(t, c+i, func(tx storage.Tx) error { return enqueue(tx, contact(c), time.Time{}, strconv.Itoa(i)) })
				}
			})
		}
		take := func(tx storage.Tx) (int, error) {
			list, err := tx.Pending(at(0), 5)
			if err != nil {
				return 0, err
			}
			var need storage.Need
			for _, in := range list {
				need.Contacts = append(need.Contacts, in.Contact)
			}
			errs := []error{tx.Need(need)}
			for _, in := range list {
				errs = append(errs, note(tx, in.Contact, body(in)), tx.DeleteInput(in.Contact, in.Seq))
			}
			return len(list), all(errs...)
		}
		s.work(t, take)
		enqueuers.Wait()
		s.work(t, take)
		for c := range contacts {
			same(t, contact(c), notes(t, s.all[0], contact(c)), counted(each))
		}
	}},
	{"a timer fires once", 3, false, func(t *testing.T, s *shared) {
		const timers = 60
		s.write(t, 0, func(tx storage.Tx) error {
			for i := range timers {
				timer := storage.Timer{Kind: "schedule", Key: strconv.Itoa(i), At: at(i % 7)}
				if i%2 == 0 {
					timer.Contact = fmt.Sprint("contact ", i%10)
				}
				if err := tx.PutTimer(timer); err != nil {
					return err
				}
			}
			return nil
		})
		s.work(t, func(tx storage.Tx) (int, error) {
			due, err := tx.DueTimers(at(10), 4)
			errs := []error{err}
			for _, timer := range due {
				errs = append(errs, tx.DeleteTimer(timer.Contact, timer.Kind, timer.Key), enqueue(tx, "fired", time.Time{}, timer.Key))
			}
			return len(due), all(errs...)
		})
		fired := ids(inputs(t, &store{Store: s.all[0]}, "fired"), body)
		slices.SortFunc(fired, func(a, b string) int { return cmpNumbers(a, b) })
		same(t, "fired", fired, counted(timers))
	}},
	{"what all count at once is added up", 3, false, func(t *testing.T, s *shared) {
		const each = 20
		s.everywhere(3, func(i int) {
			for n := range each {
				s.write(t, i, func(tx storage.Tx) error {
					if n == 0 { // all make it, and one does
						if err := tx.MakeCampaign(storage.Campaign{Trigger: "x", ID: "1", State: "running", At: at(i)}); err != nil {
							return err
						}
					}
					return tx.AddCampaignCounts("x", "1", map[string]int{"sent": 2, "held": 1 - n%2*2})
				})
			}
		})
		same(t, "counts", get(t, &store{Store: s.all[0]}, counts("x", "1")), map[string]int{"sent": 3 * 3 * each * 2})
	}},
	{"a chain is sealed by one store at a time", 3, false, func(t *testing.T, s *shared) {
		const pages, each = 3, 25
		s.everywhere(1, func(i int) {
			for n := range pages * each {
				if n%len(s.all) != i {
					continue
				}
				s.write(t, i, func(tx storage.Tx) error {
					_, err := appendEntry(tx, fmt.Sprint("page ", n%pages), "a")
					return err
				})
			}
		})
		s.work(t, func(tx storage.Tx) (int, error) {
			list, err := tx.Unsealed(4)
			errs := []error{err}
			for _, e := range list {
				head, err := tx.ChainHead(e.Page)
				if err != nil && !errors.Is(err, storage.ErrNotFound) {
					return 0, err
				}
				e.Seq, e.Prev, e.Hash = head.Seq+1, head.Hash, strconv.AppendInt(nil, e.ID, 10)
				errs = append(errs, tx.Seal(e))
			}
			return len(list), all(errs...)
		})
		for page := range pages {
			chain := get(t, &store{Store: s.all[0]}, func(r storage.Reader) ([]storage.Entry, error) {
				return r.Sealed(fmt.Sprint("page ", page), 0, 0)
			})
			same(t, "length", len(chain), each)
			var prev []byte
			for i, e := range chain {
				if e.Seq != int64(i+1) || !bytes.Equal(e.Prev, prev) {
					t.Fatalf("page %d: entry %d has place %d after %q, want after %q", page, i, e.Seq, e.Prev, prev)
				}
				prev = e.Hash
			}
		}
	}},
	{"a named value that is read and written by all loses nothing", 3, false, func(t *testing.T, s *shared) {
		const each = 15
		s.everywhere(3, func(i int) {
			for range each {
				s.write(t, i, func(tx storage.Tx) error {
					was, err := tx.Meta("counter")
					if err != nil && !errors.Is(err, storage.ErrNotFound) {
						return err
					}
					n, _ := strconv.Atoi(string(was))
					return tx.SetMeta("counter", strconv.AppendInt(nil, int64(n+1), 10))
				})
			}
		})
		same(t, "counter", string(get(t, &store{Store: s.all[0]}, meta("counter"))), fmt.Sprint(3*3*each))
	}},
	{"a contact that is read and written by all loses nothing, said before or not", 3, false, func(t *testing.T, s *shared) {
		const each = 10
		s.everywhere(2, func(i int) {
			for n := range each {
				order := []string{"a", "b"}
				said, free := storage.Need{Contacts: []string{"a", "b"}}, storage.Need{Free: []string{"a", "b"}}
				needs := [][]storage.Need{{said}, {free}, {said}, nil}[n%4]
				if n%3 == 0 {
					slices.Reverse(order) // two stores then wait for each other
				}
				s.write(t, i, func(tx storage.Tx) error {
					return all(note(tx, order[0], "x"), note(tx, order[1], "x"))
				}, needs...)
			}
		})
		for _, contact := range []string{"a", "b"} {
			same(t, contact, len(notes(t, s.all[0], contact)), 3*2*each)
		}
	}},
	{"a key is fresh in one store", 3, false, func(t *testing.T, s *shared) {
		const keys = 40
		var mu sync.Mutex
		fresh := make(map[int]int)
		s.everywhere(2, func(i int) {
			for k := range keys {
				var first bool
				s.write(t, i, func(tx storage.Tx) (err error) {
					first, err = tx.Once(fmt.Sprint("key ", k), at(0))
					return err
				})
				if first {
					mu.Lock()
					fresh[k]++
					mu.Unlock()
				}
			}
		})
		for k := range keys {
			if fresh[k] != 1 {
				t.Errorf("key %d was fresh %d times", k, fresh[k])
			}
		}
	}},
}, dealtCases, heldCases, leaseCases, flightCases)
