package storagetest

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/relance-bot/relance/storage"
)

// claimCases are about the outbox as a line for each contact.
var claimCases = []testCase{
	{"claiming marks a send and gives it once", func(t *testing.T, s *store) {
		s.write(t, func(tx storage.Tx) error { return puts(tx, waiting("s1", "a")) })
		var got []storage.Send
		s.write(t, func(tx storage.Tx) (err error) {
			got, err = tx.ClaimSends(at(7), 10, nil)
			return err
		})
		want := waiting("s1", "a")
		want.State, want.ClaimAt, want.Seq, want.Claimer = storage.SendClaimed, at(7), got[0].Seq, got[0].Claimer
		same(t, "claimed", got, []storage.Send{want})
		same(t, "kept", send(t, s, "s1"), want)
		same(t, "again", claim(t, s, 8, 10), nil)
	}},
	{"a send is not claimed before it is ready", func(t *testing.T, s *store) {
		s.write(t, func(tx storage.Tx) error {
			later, once := waiting("later", "a"), waiting("at once", "b")
			later.Ready, once.Ready = at(60), time.Time{}
			return puts(tx, later, once)
		})
		same(t, "a second before", claim(t, s, 59, 10), []string{"at once"})
		same(t, "at the time", claim(t, s, 60, 10), []string{"later"})
	}},
	{"only the first in a contact's line is claimed", func(t *testing.T, s *store) {
		s.write(t, func(tx storage.Tx) error {
			return puts(tx, waiting("a1", "a"), waiting("a2", "a"), waiting("b1", "b"), waiting("a3", "a"))
		})
		same(t, "claimed", claim(t, s, 0, 10), []string{"a1", "b1"})
	}},
	{"an unsettled send holds back the later ones, whatever it waits for", func(t *testing.T, s *store) {
		for _, state := range unsettledStates {
			first, second := waiting("1 "+state, state), waiting("2 "+state, state)
			first.State, first.Ready = state, never
			s.write(t, func(tx storage.Tx) error { return puts(tx, first, second) })
			same(t, "behind "+state, claim(t, s, 60, 10), nil)
		}
	}},
	{"a settled send lets the next one go", func(t *testing.T, s *store) {
		for _, state := range settledStates {
			s.write(t, func(tx storage.Tx) error { return puts(tx, waiting("1 "+state, state), waiting("2 "+state, state)) })
			same(t, "first", claim(t, s, 0, 10), []string{"1 " + state})
			same(t, "before it is "+state, claim(t, s, 0, 10), nil)
			settle(t, s, "1 "+state, state)
			same(t, "after it is "+state, claim(t, s, 0, 10), []string{"2 " + state})
		}
	}},
	{"a send that waits, or goes back to pending, stays first in its line", func(t *testing.T, s *store) {
		s.write(t, func(tx storage.Tx) error { return puts(tx, waiting("s1", "a"), waiting("s2", "a")) })
		same(t, "claimed", claim(t, s, 0, 10), []string{"s1"})
		settle(t, s, "s1", storage.SendWaiting)
		same(t, "while it waits", claim(t, s, 0, 10), nil)
		settle(t, s, "s1", storage.SendPending)
		same(t, "to be resent", claim(t, s, 0, 10), []string{"s1"})
		settle(t, s, "s1", storage.SendSent)
		same(t, "then", claim(t, s, 0, 10), []string{"s2"})
	}},
	{"a send may be withdrawn from the middle of the line", func(t *testing.T, s *store) {
		s.write(t, func(tx storage.Tx) error { return puts(tx, waiting("s1", "a"), waiting("s2", "a"), waiting("s3", "a")) })
		settle(t, s, "s2", storage.SendDropped)
		same(t, "line", line(t, s, "a"), []string{"s1", "s3"})
		same(t, "first", claim(t, s, 0, 10), []string{"s1"})
		settle(t, s, "s1", storage.SendDropped)
		same(t, "then", claim(t, s, 0, 10), []string{"s3"})
	}},
	{"replies go before bulk, and then the one that was ready first", func(t *testing.T, s *store) {
		s.write(t, func(tx storage.Tx) error {
			put := func(id string, ready int, bulk bool) error {
				send := waiting(id, id)
				send.Ready, send.Bulk = at(ready), bulk
				return tx.PutSend(send)
			}
			return all(put("bulk 1", 1, true), put("reply 9", 9, false), put("bulk 0", 0, true), put("reply 3", 3, false), put("reply 3 too", 3, false))
		})
		want := []string{"reply 3", "reply 3 too", "reply 9", "bulk 0", "bulk 1"}
		same(t, "the first four", claim(t, s, 10, 4), want[:4])
		same(t, "the rest", claim(t, s, 10, 4), want[4:])
		same(t, "none", claim(t, s, 10, 0), nil)
	}},
	{"the order of claims runs through all pages, and pages can be skipped", func(t *testing.T, s *store) {
		s.write(t, func(tx storage.Tx) error {
			for i := range 6 {
				send := waiting(fmt.Sprint("s", i), fmt.Sprint("c", i))
				send.Page, send.Ready = fmt.Sprint("page ", i%3), at(i)
				if err := tx.PutSend(send); err != nil {
					return err
				}
			}
			return nil
		})
		same(t, "without page 1", claim(t, s, 10, 3, "page 1", "page 9"), []string{"s0", "s2", "s3"})
		same(t, "without pages 1 and 2", claim(t, s, 10, 10, "page 1", "page 0", "page 2"), nil)
		same(t, "all but page 2", claim(t, s, 10, 10, "page 2"), []string{"s1", "s4"})
		same(t, "all", claim(t, s, 10, 10), []string{"s5"})
	}},
	{"senders that claim at the same time never share a send", func(t *testing.T, s *store) {
		const sends = 200
		s.write(t, func(tx storage.Tx) error {
			for i := range sends {
				if err := tx.PutSend(waiting(fmt.Sprint("s", i), fmt.Sprint("c", i))); err != nil {
					return err
				}
			}
			return nil
		})
		var mu sync.Mutex
		claimed := make(map[string]int)
		var senders sync.WaitGroup
		for range 8 {
			senders.Go(func() {
				for {
					var got []storage.Send
					err := s.Write(t.Context(), func(tx storage.Tx) (err error) {
						got, err = tx.ClaimSends(at(0), 7, nil)
						return err
					})
					if err != nil {
						t.Errorf("claiming: %v", err)
					}
					if len(got) == 0 {
						return
					}
					mu.Lock()
					for _, send := range got {
						claimed[send.ID]++
					}
					mu.Unlock()
				}
			})
		}
		senders.Wait()
		if len(claimed) != sends {
			t.Errorf("%d claimed, want %d", len(claimed), sends)
		}
		for id, n := range claimed {
			if n != 1 {
				t.Errorf("%s was claimed %d times", id, n)
			}
		}
	}},

	{"the next send is the earliest that is first in its line and pending", func(t *testing.T, s *store) {
		if _, ok := nextSend(t, s); ok {
			t.Error("an empty outbox has one")
		}
		put := func(id, contact, state string, ready int) {
			t.Helper()
			send := waiting(id, contact)
			send.State, send.Ready = state, at(ready)
			s.write(t, func(tx storage.Tx) error { return tx.PutSend(send) })
		}
		expect := func(what string, ready int) {
			t.Helper()
			if next, ok := nextSend(t, s); !ok || !next.Equal(at(ready)) {
				t.Errorf("%s: %v %v, want %v", what, next, ok, at(ready))
			}
		}
		put("a1", "a", storage.SendClaimed, 0)
		put("a2", "a", storage.SendPending, 0)
		if next, ok := nextSend(t, s); ok {
			t.Errorf("%v, want none: one is claimed, the other behind it", next)
		}
		put("b1", "b", storage.SendPending, 90)
		put("b2", "b", storage.SendPending, 0)
		expect("one is pending, one behind it", 90)
		put("c1", "c", storage.SendWaiting, 10)
		put("c2", "c", storage.SendPending, 10)
		expect("one waits for its outcome, one behind it", 90)
		put("d1", "d", storage.SendPending, 70)
		put("e1", "e", storage.SendSent, 0)
		expect("another is pending", 70)
		settle(t, s, "a1", storage.SendSent)
		expect("the one behind moved up", 0)
	}},
	{"the next send is of a page that is not skipped", func(t *testing.T, s *store) {
		s.write(t, func(tx storage.Tx) error {
			early, late := waiting("s1", "a"), waiting("s2", "b")
			early.Ready, late.Ready, late.Page, late.Bulk = at(1), at(2), "messenger:2", true
			return puts(tx, early, late)
		})
		for _, c := range []struct {
			skip []string
			want int
		}{{nil, 1}, {[]string{"messenger:1"}, 2}, {[]string{"messenger:2", "messenger:3"}, 1}} {
			if next, ok := nextSend(t, s, c.skip...); !ok || !next.Equal(at(c.want)) {
				t.Errorf("without %q: %v %v, want %v", c.skip, next, ok, at(c.want))
			}
		}
		if next, ok := nextSend(t, s, "messenger:1", "messenger:2"); ok {
			t.Errorf("%v without either page, want none", next)
		}
	}},
	{"a send that is ready at once is next", func(t *testing.T, s *store) {
		s.write(t, func(tx storage.Tx) error {
			once, bulk := waiting("s1", "a"), waiting("s2", "b")
			once.Ready, bulk.Bulk, bulk.Page = time.Time{}, true, "messenger:2"
			return puts(tx, once, bulk)
		})
		if next, ok := nextSend(t, s); !ok || next.After(at(0)) {
			t.Errorf("%v %v, want one that is ready", next, ok)
		}
	}},
}
