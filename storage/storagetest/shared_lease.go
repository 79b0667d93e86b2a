package storagetest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/relance-bot/relance/storage"
)

// heldCases are about a store that stands still in the middle of a write.
var heldCases = []sharedCase{
	{"what one has in hand is left out by the others, and who puts something waits for nobody", 0, false, func(t *testing.T, s *shared) {
		for _, known := range []bool{true, false} {
			held, free := fmt.Sprint("held ", known), fmt.Sprint("free ", known)
			s.write(t, 0, func(tx storage.Tx) error {
				var errs []error
				for _, contact := range []string{held, free} {
					if known {
						errs = append(errs, names(tx, contact))
					}
					errs = append(errs, enqueue(tx, contact, time.Time{}, contact))
				}
				return all(errs...)
			})
			release := s.hold(t, 0, func(tx storage.Tx) error { return note(tx, held, "x") })
			began := time.Now()
			s.write(t, 1, func(tx storage.Tx) error { return enqueue(tx, held, time.Time{}, "second") })
			s.write(t, 1, func(tx storage.Tx) error {
				list, err := tx.Pending(at(0), 10)
				same(t, "pending", ids(list, body), []string{free})
				return all(err, tx.DeleteInput(free, list[0].Seq))
			})
			if waited := time.Since(began); waited > soon {
				t.Errorf("the second store waited %v for the first", waited)
			}
			release()
			s.write(t, 1, func(tx storage.Tx) error {
				list, err := tx.Pending(at(0), 10)
				same(t, "pending afterwards", ids(list, body), []string{held})
				errs := []error{err}
				for _, in := range inputs(t, &store{Store: s.all[1]}, held) {
					errs = append(errs, tx.DeleteInput(in.Contact, in.Seq))
				}
				return all(errs...)
			})
		}
	}},
	{"who is wanted if nobody has them is left to whoever has, without waiting", 0, false, func(t *testing.T, s *shared) {
		s.write(t, 0, func(tx storage.Tx) error {
			return all(names(tx, "held", "free"), tx.PutConsent(storage.Consent{Contact: "held", Topic: "news", Status: "active"}),
				enqueue(tx, "held", time.Time{}, "first"))
		})
		need := storage.Need{Free: []string{"held", "free", "unknown"}}
		has := func(want ...string) {
			t.Helper()
			s.write(t, 1, func(tx storage.Tx) error {
				same(t, "in hand", slices.DeleteFunc(slices.Clone(need.Free), func(id string) bool { return !tx.Has(id) }), want)
				return nil
			}, need)
		}
		has("held", "free")
		release := s.hold(t, 0, func(tx storage.Tx) error {
			return all(note(tx, "held", "x"), tx.DeleteInput("held", inputs(t, &store{Store: s.all[1]}, "held")[0].Seq))
		})
		began := time.Now()
		has("free")
		if waited := time.Since(began); waited > soon {
			t.Errorf("the second store waited %v for the first", waited)
		}
		var once sync.Once
		letGo := func() { go once.Do(release) }
		// Who wants them all the same waits, and then sees what the other left.
		s.write(t, 1, func(tx storage.Tx) error {
			letGo()
			waiting, err := tx.Inputs("held", 1)
			same(t, "inputs", ids(waiting, body), nil)
			consents, failed := tx.Consents("held")
			same(t, "consents", len(consents), 1)
			return all(err, failed, note(tx, "held", "y"))
		}, need)
		same(t, "notes", notes(t, s.all[0], "held"), []string{"x", "y"})
		has("held", "free")
	}},
	{"timers, sends and occurrences that one has in hand are left out by the others", 0, false, func(t *testing.T, s *shared) {
		s.write(t, 0, func(tx storage.Tx) error {
			var errs []error
			for _, contact := range []string{"held", "free"} {
				unknown, lost := waiting("waits "+contact, contact), claimed("lost "+contact, contact+" too")
				unknown.State = storage.SendWaiting
				errs = append(errs, tx.PutTimer(storage.Timer{Contact: contact, Kind: "wake", At: at(0)}),
					puts(tx, unknown, lost, waiting("goes "+contact, contact+" three")),
					tx.PutOccurrence(storage.Occurrence{Trigger: contact, ID: "1", State: "running", At: at(0)}))
			}
			return all(errs...)
		})
		release := s.hold(t, 0, func(tx storage.Tx) error {
			_, err := tx.Occurrence("held", "1")
			return all(err, tx.Need(storage.Need{Contacts: []string{"held", "held too", "held three"}}))
		})
		defer release()
		began := time.Now()
		s.write(t, 1, func(tx storage.Tx) error {
			due, err1 := tx.DueTimers(at(0), 10)
			waits, err2 := tx.SendsIn(storage.SendWaiting, 10)
			lost, err3 := tx.SendsIn(storage.SendClaimed, 10)
			goes, err4 := tx.ClaimSends(at(0), 10, nil)
			running, err5 := tx.Occurrences("running", 10)
			same(t, "timers", ids(due, timerName), []string{"free/wake/"})
			same(t, "waiting", ids(waits, sendID), []string{"waits free"})
			same(t, "claimed", ids(lost, sendID), []string{"lost free"})
			same(t, "to go", ids(goes, sendID), []string{"goes free"})
			same(t, "occurrences", ids(running, func(o storage.Occurrence) string { return o.Trigger }), []string{"free"})
			return all(err1, err2, err3, err4, err5)
		})
		if waited := time.Since(began); waited > soon {
			t.Errorf("the second store waited %v for the first", waited)
		}
	}},
	{"a write that stood still for longer than the lease does not undo what others did", 0, true, func(t *testing.T, s *shared) {
		s.write(t, 0, func(tx storage.Tx) error { return note(tx, "a", "before") })
		entered, leave, ended := make(chan struct{}, 9), make(chan struct{}), make(chan error, 1)
		go func() {
			ended <- s.all[0].Write(context.Background(), func(tx storage.Tx) error {
				c, err := tx.Contact("a")
				entered <- struct{}{}
				<-leave
				c.LastName += " late"
				return all(err, tx.PutContact(c))
			})
		}()
		<-entered
		s.patiently(t, 1, func(tx storage.Tx) error { return note(tx, "a", "meanwhile") })
		close(leave)
		want := []string{"before", "meanwhile"}
		switch err := <-ended; {
		case err == nil:
			want = append(want, "late") // it was run again, and read again
		case !errors.Is(err, storage.ErrUnavailable):
			t.Errorf("the write that stood still: %v, want none or %v", err, storage.ErrUnavailable)
		}
		same(t, "kept", notes(t, s.all[1], "a"), want)
	}},
}

func cmpNumbers(a, b string) int {
	x, _ := strconv.Atoi(a)
	y, _ := strconv.Atoi(b)
	return x - y
}

// patiently writes, again and again while someone holds what it needs.
func (s *shared) patiently(t *testing.T, i int, f func(tx storage.Tx) error) {
	t.Helper()
	for deadline := time.Now().Add(10 * s.lease); ; {
		err := s.all[i].Write(context.Background(), f)
		if err == nil {
			return
		}
		if !errors.Is(err, storage.ErrUnavailable) || time.Now().After(deadline) {
			t.Fatalf("store %d: write: %v", i, err)
		}
	}
}

// orphans takes the orphans that a store finds now, and settles them.
func (s *shared) orphans(i int) (found []string, err error) {
	err = s.all[i].Write(context.Background(), func(tx storage.Tx) error {
		list, err := tx.Orphans(0)
		errs := []error{err}
		for _, o := range list {
			o.State, o.Attempt = storage.SendSent, o.Attempt+1
			errs = append(errs, tx.PutSend(o))
		}
		found = ids(list, sendID)
		return all(errs...)
	})
	return found, err
}

// leaseCases are about what a store leaves to others: work, and what it has claimed
// when it ends.
var leaseCases = []sharedCase{
	{"what one has left wakes the others", 3, false, func(t *testing.T, s *shared) {
		for {
			s.write(t, 0, func(tx storage.Tx) error { return enqueue(tx, "a", time.Time{}, "1") })
			select {
			case <-s.all[1].Wakes():
			case <-time.After(soon):
				t.Fatal("the second store was not woken")
			}
			select {
			case <-s.all[2].Wakes():
				return
			case <-time.After(soon): // its first signal may have come as it began to listen
			}
		}
	}},
	{"a send is claimed by one store, under its own name", 3, false, func(t *testing.T, s *shared) {
		const sends = 120
		s.write(t, 0, func(tx storage.Tx) error {
			for i := range sends {
				if err := tx.PutSend(waiting(fmt.Sprint("s", i), fmt.Sprint("c", i))); err != nil {
					return err
				}
			}
			return nil
		})
		var mu sync.Mutex
		claimedBy := make(map[string]int) // by send
		claimers := make(map[string]int)
		s.everywhere(2, func(i int) {
			for idle := 0; idle < 20; idle++ {
				var got []storage.Send
				s.write(t, i, func(tx storage.Tx) (err error) {
					got, err = tx.ClaimSends(at(0), 7, nil)
					return err
				})
				mu.Lock()
				for _, send := range got {
					idle = 0
					claimedBy[send.ID]++
					if was, ok := claimers[send.Claimer]; ok && was != i {
						t.Errorf("stores %d and %d both claim as %q", was, i, send.Claimer)
					}
					claimers[send.Claimer] = i
				}
				mu.Unlock()
			}
		})
		same(t, "claimed", len(claimedBy), sends)
		for id, n := range claimedBy {
			if n != 1 {
				t.Errorf("%s was claimed %d times", id, n)
			}
		}
	}},
	{"sends keep their order, whichever store puts them", 3, false, func(t *testing.T, s *shared) {
		var want []string
		for i := range 12 {
			id := fmt.Sprint("s", i)
			s.write(t, i, func(tx storage.Tx) error { return puts(tx, waiting(id, "a")) })
			want = append(want, id)
		}
		same(t, "line", line(t, &store{Store: s.all[0]}, "a"), want)
		for i, id := range want {
			one := &store{Store: s.all[i%3]}
			same(t, "first", claim(t, one, 0, 10), []string{id})
			settle(t, one, id, storage.SendSent)
		}
	}},
	{"a store that is closed gives up what it claimed at once", 3, false, func(t *testing.T, s *shared) {
		s.write(t, 0, func(tx storage.Tx) error { return puts(tx, claimed("s1", "a"), claimed("s2", "b")) })
		found, err := s.orphans(1)
		same(t, "orphans before", found, nil)
		if err := all(err, s.all[0].Close()); err != nil {
			t.Fatal(err)
		}
		if s.all[0].Holds() {
			t.Error("it holds its lease after it was closed")
		}
		found, err = s.orphans(1)
		same(t, "orphans", found, []string{"s1", "s2"})
		if err != nil {
			t.Fatal(err)
		}
	}},
	{"what a crashed store claimed is recovered once, and not before its lease ended", 3, true, func(t *testing.T, s *shared) {
		const sends = 30
		s.write(t, 0, func(tx storage.Tx) error {
			for i := range sends {
				if err := tx.PutSend(claimed(fmt.Sprint("s", i), fmt.Sprint("c", i))); err != nil {
					return err
				}
			}
			return nil
		})
		for i, p := range s.all {
			if !p.Holds() {
				t.Errorf("store %d does not hold its lease", i)
			}
		}
		s.all[0].Kill()
		killed := time.Now()
		recovered := make([]int, len(s.all))
		var searchers sync.WaitGroup
		for i := 1; i < len(s.all); i++ {
			searchers.Go(func() {
				for time.Since(killed) < 4*s.lease {
					still := s.all[0].Holds()
					found, err := s.orphans(i)
					if err != nil {
						t.Errorf("store %d: %v", i, err)
					}
					// Asked before, it may have said yes rightly; now it must say no.
					if len(found) > 0 && still && s.all[0].Holds() {
						t.Error("a store lost its claims while it held its lease")
					}
					recovered[i] += len(found)
				}
			})
		}
		searchers.Wait()
		if got := recovered[1] + recovered[2]; got != sends {
			t.Errorf("%d orphans were recovered, want %d", got, sends)
		}
		if s.all[0].Holds() {
			t.Error("it holds its lease long after it was killed")
		}
		for i := range sends {
			same(t, "recovered", send(t, &store{Store: s.all[1]}, fmt.Sprint("s", i)).Attempt, 1)
		}
	}},
}
