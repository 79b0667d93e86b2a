package storagetest

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/relance-bot/relance/storage"
)

// notification is claimed as it is put, for somebody who is known.
func notification(contact string) storage.Send {
	s := claimed("n "+contact, contact)
	s.Bulk, s.Topic, s.Lane, s.Body = true, "restock", "recurring", []byte(`{"text":"é"}`)
	return s
}

// notify lets a store notify people in one write: they are met, decided about, and their
// messages are claimed.
func (s *shared) notify(t tester, i int, contacts ...string) {
	t.Helper()
	s.write(t, i, func(tx storage.Tx) error {
		for _, c := range contacts {
			known, err := tx.Contact(c)
			if err != nil && !errors.Is(err, storage.ErrNotFound) {
				return err
			}
			known.ID = c
			n := notification(c)
			err = all(tx.PutContact(known), tx.PutNotification(n, []storage.Decision{announced(n)}))
			if err != nil {
				return err
			}
		}
		return nil
	}, storage.Need{Contacts: contacts})
}

func announced(n storage.Send) storage.Decision {
	return storage.Decision{Contact: n.Contact, Trigger: "monday", Occurrence: "1", Kind: "sent", At: at(0), Send: n.ID}
}

// arrive lets a store settle notifications that were accepted, and returns those that it
// found in their lines.
func (s *shared) arrive(t tester, i int, contacts ...string) (found []string) {
	t.Helper()
	s.write(t, i, func(tx storage.Tx) error {
		found = nil
		for _, c := range contacts {
			line, err := tx.Sends(c)
			if err != nil {
				return err
			}
			for _, n := range line {
				if n.ID != "n "+c || n.State != storage.SendClaimed {
					continue
				}
				found = append(found, c)
				d := announced(n)
				d.MID = "m " + c
				if err := tx.AcceptNotification(n.ID, []storage.Decision{d}); err != nil {
					return err
				}
			}
		}
		return nil
	}, storage.Need{Lines: contacts})
	return found
}

func (s *shared) mid(t tester, contact string) string {
	t.Helper()
	d := get(t, &store{Store: s.all[0]}, func(r storage.Reader) (storage.Decision, error) { return r.Decision(contact, "monday", "1") })
	return d.MID
}

// flightCases are about notifications that are claimed as they are put, whoever else wants
// something of their contacts meanwhile.
var flightCases = []sharedCase{
	{"notifications on their way are seen by all, and settled by who has them", 0, false, func(t *testing.T, s *shared) {
		s.notify(t, 0, "a", "b", "c")
		for i := range s.all {
			one := &store{Store: s.all[i]}
			got := send(t, one, "n a")
			if got.Seq < 1 || got.Claimer != s.all[0].Claimer() {
				t.Errorf("place %d, claimer %q, want %q", got.Seq, got.Claimer, s.all[0].Claimer())
			}
			want := notification("a")
			want.Seq, want.Claimer = got.Seq, got.Claimer
			same(t, "send", got, want)
			same(t, "line", line(t, one, "b"), []string{"n b"})
			same(t, "claimed", ids(get(t, one, func(r storage.Reader) ([]storage.Send, error) { return r.SendsIn(storage.SendClaimed, 0) }), sendID),
				[]string{"n a", "n b", "n c"})
			same(t, "orphans", orphans(t, one, 0), nil)
		}
		same(t, "settled", s.arrive(t, 0, "a", "b", "c"), []string{"a", "b", "c"})
		same(t, "settled twice", s.arrive(t, 0, "a", "b", "c"), nil)
		same(t, "line", line(t, &store{Store: s.all[1]}, "b"), nil)
		same(t, "id", s.mid(t, "b"), "m b")
	}},
	{"of notifications that went together some are settled, some go back, and some stay", 0, false, func(t *testing.T, s *shared) {
		s.notify(t, 0, "a", "b", "c", "d")
		s.write(t, 0, func(tx storage.Tx) error {
			line, err := tx.Sends("b")
			if err != nil {
				return err
			}
			line[0].State = storage.SendPending
			return all(tx.DeleteSend("n a"), tx.PutSend(line[0]))
		}, storage.Need{Lines: []string{"a", "b"}})
		one := &store{Store: s.all[1]}
		same(t, "line of a", line(t, one, "a"), nil)
		same(t, "claimed", claim(t, one, 0, 9), []string{"n b"})
		same(t, "state of c", send(t, one, "n c").State, storage.SendClaimed)
		same(t, "settled", s.arrive(t, 0, "c", "d"), []string{"c", "d"})
	}},
	{"a function that fails leaves notifications on their way", 0, false, func(t *testing.T, s *shared) {
		s.notify(t, 0, "a", "b")
		failed := errors.New("failed")
		err := s.all[0].Write(context.Background(), func(tx storage.Tx) error {
			_, err := tx.Consents("b") // more than the line
			return all(err, tx.DeleteSend("n a"), tx.DeleteSend("n b"), failed)
		}, storage.Need{Lines: []string{"a", "b"}})
		if !errors.Is(err, failed) {
			t.Errorf("error %v, want %v", err, failed)
		}
		same(t, "line", line(t, &store{Store: s.all[1]}, "a"), []string{"n a"})
		same(t, "settled", s.arrive(t, 0, "a", "b"), []string{"a", "b"})
	}},
	{"a reply waits behind a notification that is on its way in another store", 0, false, func(t *testing.T, s *shared) {
		s.notify(t, 0, "a", "b")
		s.write(t, 1, func(tx storage.Tx) error { return tx.PutSend(waiting("reply", "a")) })
		one := &store{Store: s.all[1]}
		same(t, "line", line(t, one, "a"), []string{"n a", "reply"})
		same(t, "claimed", claim(t, one, 0, 9), nil)
		same(t, "settled", s.arrive(t, 0, "a", "b"), []string{"a", "b"})
		same(t, "claimed", claim(t, one, 0, 9), []string{"reply"})
	}},
	{"who is erased has nothing on its way, and the others have", 0, false, func(t *testing.T, s *shared) {
		s.notify(t, 0, "a", "b", "c")
		s.write(t, 1, func(tx storage.Tx) error { return tx.Erase("b") })
		same(t, "claimed", ids(get(t, &store{Store: s.all[1]}, func(r storage.Reader) ([]storage.Send, error) {
			return r.SendsIn(storage.SendClaimed, 0)
		}), sendID), []string{"n a", "n c"})
		same(t, "settled", s.arrive(t, 0, "a", "b", "c"), []string{"a", "c"})
	}},
	{"who is notified and erased in one write has nothing on its way", 0, false, func(t *testing.T, s *shared) {
		s.write(t, 0, func(tx storage.Tx) error {
			err := all(tx.PutContact(storage.Contact{ID: "a"}), tx.PutSend(notification("a")))
			_, more := tx.Entries("a") // so it is flushed
			return all(err, more, tx.Erase("a"))
		})
		same(t, "line", line(t, &store{Store: s.all[1]}, "a"), nil)
	}},
	{"a notification on its way in another store is found by its id", 0, false, func(t *testing.T, s *shared) {
		s.notify(t, 0, "a", "b")
		s.write(t, 1, func(tx storage.Tx) error {
			got, err := tx.Send("n b")
			if err != nil {
				return err
			}
			same(t, "claimer", got.Claimer, s.all[0].Claimer())
			return tx.DeleteSend("n b") // its echo was faster
		}, storage.Need{Sends: []string{"n b"}})
		same(t, "settled", s.arrive(t, 0, "a", "b"), []string{"a"})
	}},
	{"what was on its way in a store that is gone is found", 0, false, func(t *testing.T, s *shared) {
		s.notify(t, 0, "a", "b")
		if err := s.all[0].Close(); err != nil {
			t.Fatal(err)
		}
		same(t, "orphans", orphans(t, &store{Store: s.all[1]}, 0), []string{"n a", "n b"})
		found, err := s.orphans(1)
		if err != nil {
			t.Fatal(err)
		}
		same(t, "taken", found, []string{"n a", "n b"})
		same(t, "orphans", orphans(t, &store{Store: s.all[1]}, 0), nil)
	}},
	{"every notification is settled once, whatever others put behind it meanwhile", 3, false, func(t *testing.T, s *shared) {
		const rounds, together = 40, 12
		var mu sync.Mutex
		settled := map[string]int{}
		var running sync.WaitGroup
		names := func(i, round int) (out []string) {
			for n := range together {
				out = append(out, fmt.Sprint(i, " ", round, " ", n))
			}
			return out
		}
		put := make(chan string, len(s.all)*rounds*together)
		for i := range s.all {
			running.Go(func() {
				for round := range rounds {
					people := names(i, round)
					s.notify(t, i, people...)
					for _, c := range people {
						put <- c
					}
					got := s.arrive(t, i, people...)
					mu.Lock()
					for _, c := range got {
						settled[c]++
					}
					mu.Unlock()
				}
			})
			running.Go(func() {
				for range rounds {
					contact := <-put
					s.write(t, i+1, func(tx storage.Tx) error {
						_, err := tx.Decision(contact, "monday", "1")
						return all(err, tx.PutSend(waiting("reply "+contact, contact)))
					})
					mu.Lock()
					settled["reply "+contact] = 0
					mu.Unlock()
				}
			})
		}
		running.Wait()
		for idle := time.Now(); time.Since(idle) < soon; {
			got := claim(t, &store{Store: s.all[0]}, 0, 20)
			for _, id := range got {
				settled[id]++
				settle(t, &store{Store: s.all[0]}, id, storage.SendSent)
			}
			if len(got) == 0 {
				break
			}
		}
		same(t, "settled", len(settled), len(s.all)*rounds*(together+1))
		for id, n := range settled {
			if n != 1 {
				t.Errorf("%q was settled %d times", id, n)
			}
		}
		for i := range s.all {
			for round := range rounds {
				for _, c := range names(i, round) {
					same(t, "line", line(t, &store{Store: s.all[0]}, c), nil)
					same(t, "id", s.mid(t, c), "m "+c)
				}
			}
		}
	}},
}
