package storagetest

import (
	"cmp"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/relance-bot/relance/storage"
)

// waiting is a send that waits for nothing but its place in the line.
func waiting(id, contact string) storage.Send {
	return storage.Send{ID: id, Contact: contact, Page: "messenger:1", State: storage.SendPending, Ready: at(0), At: at(0)}
}

// puts keeps sends in a row.
func puts(tx storage.Tx, sends ...storage.Send) error {
	for _, send := range sends {
		if err := tx.PutSend(send); err != nil {
			return err
		}
	}
	return nil
}

func sendID(s storage.Send) string { return s.ID }

func send(t tester, s *store, id string) storage.Send {
	t.Helper()
	return get(t, s, func(r storage.Reader) (storage.Send, error) { return r.Send(id) })
}

func line(t tester, s *store, contact string) []string {
	t.Helper()
	return ids(get(t, s, func(r storage.Reader) ([]storage.Send, error) { return r.Sends(contact) }), sendID)
}

// claim claims at so many seconds and returns what it got.
func claim(t tester, s *store, seconds, limit int, skip ...string) []string {
	t.Helper()
	var got []storage.Send
	s.write(t, func(tx storage.Tx) (err error) {
		got, err = tx.ClaimSends(at(seconds), limit, skip)
		return err
	})
	return ids(got, sendID)
}

// settle gives a send a new state.
func settle(t tester, s *store, id, state string) {
	t.Helper()
	s.write(t, func(tx storage.Tx) error {
		send, err := tx.Send(id)
		if err != nil {
			return err
		}
		send.State = state
		return tx.PutSend(send)
	})
}

func nextSend(t tester, s *store) (next time.Time, ok bool) {
	t.Helper()
	s.reading(t, func(r storage.Reader) (err error) {
		next, ok, err = r.NextSend()
		return err
	})
	return next, ok
}

var (
	unsettledStates = []string{storage.SendPending, storage.SendClaimed, storage.SendWaiting}
	settledStates   = []string{storage.SendSent, storage.SendUnknown, storage.SendFailed, storage.SendDropped}
)

var outboxCases = []testCase{
	{"a send comes back as it was put, with its place", func(t *testing.T, s *store) {
		want := storage.Send{
			ID: "s1", Contact: "a", Page: "messenger:1", State: storage.SendWaiting, Ready: at(1), Attempt: 2, Bulk: true,
			Topic: "restock", Lane: "recurring", Body: []byte(`{"text":"é👟"}`), At: at(2), ClaimAt: at(3), MID: "m1", Error: "transient 613",
		}
		s.write(t, func(tx storage.Tx) error { return tx.PutSend(want) })
		got := send(t, s, "s1")
		if got.Seq < 1 {
			t.Errorf("seq %d, want a positive number", got.Seq)
		}
		want.Seq = got.Seq
		same(t, "send", got, want)
	}},
	{"an unknown send is not found", func(t *testing.T, s *store) {
		s.write(t, func(tx storage.Tx) error { return tx.PutSend(waiting("s1", "a")) })
		missing(t, s, func(r storage.Reader) (storage.Send, error) { return r.Send("s2") })
		missing(t, s, func(r storage.Reader) (storage.Send, error) { return r.SendByMID("m2") })
		missing(t, s, func(r storage.Reader) (storage.Send, error) { return r.SendByMID("") })
	}},
	{"a state that does not exist is refused", func(t *testing.T, s *store) {
		s.write(t, func(tx storage.Tx) error {
			bad := waiting("s1", "a")
			bad.State = "sending"
			if err := tx.PutSend(bad); err == nil {
				t.Error("it was kept")
			}
			return nil
		})
	}},
	{"a contact's sends keep the order they were put in", func(t *testing.T, s *store) {
		s.write(t, func(tx storage.Tx) error { return puts(tx, waiting("z", "a"), waiting("x", "b"), waiting("y", "a")) })
		s.write(t, func(tx storage.Tx) error { return puts(tx, waiting("a", "a")) })
		same(t, "line", line(t, s, "a"), []string{"z", "y", "a"})
	}},
	{"a send put again keeps its place", func(t *testing.T, s *store) {
		s.write(t, func(tx storage.Tx) error { return puts(tx, waiting("s1", "a"), waiting("s2", "a")) })
		s.write(t, func(tx storage.Tx) error {
			again := waiting("s1", "a")
			again.Body = []byte("new")
			return tx.PutSend(again)
		})
		same(t, "line", line(t, s, "a"), []string{"s1", "s2"})
		same(t, "body", string(send(t, s, "s1").Body), "new")
	}},
	{"a send may be given its place", func(t *testing.T, s *store) {
		with := func(id, contact string, seq int64) storage.Send {
			send := waiting(id, contact)
			send.Seq = seq
			return send
		}
		s.write(t, func(tx storage.Tx) error {
			return puts(tx, with("third", "a", 30), with("first", "a", 10), with("second", "a", 20), with("other", "b", 10))
		})
		same(t, "line", line(t, s, "a"), []string{"first", "second", "third"})
		same(t, "claimed", claim(t, s, 0, 10), []string{"first", "other"})
		s.write(t, func(tx storage.Tx) error { return tx.PutSend(waiting("last", "a")) })
		same(t, "line", line(t, s, "a"), []string{"first", "second", "third", "last"})
		s.refuse(t, storage.ErrTaken, func(tx storage.Tx) error { return tx.PutSend(with("double", "a", 20)) })
	}},
	{"sends of a contact are those that are not settled", func(t *testing.T, s *store) {
		s.write(t, func(tx storage.Tx) error {
			for _, state := range slices.Concat(unsettledStates, settledStates) {
				send := waiting("is "+state, "a")
				send.State = state
				if err := tx.PutSend(send); err != nil {
					return err
				}
			}
			return nil
		})
		same(t, "line", line(t, s, "a"), []string{"is pending", "is claimed", "is waiting"})
		same(t, "of nobody", line(t, s, "nobody"), nil)
	}},
	{"sends are listed by state, in order of id", func(t *testing.T, s *store) {
		s.write(t, func(tx storage.Tx) error {
			for i, state := range slices.Concat(unsettledStates, settledStates) {
				for _, id := range []string{"c", "a", "b"} {
					send := waiting(fmt.Sprint(id, i), fmt.Sprint("contact ", id, i))
					send.State = state
					if err := tx.PutSend(send); err != nil {
						return err
					}
				}
			}
			return nil
		})
		for i, state := range slices.Concat(unsettledStates, settledStates) {
			list := get(t, s, func(r storage.Reader) ([]storage.Send, error) { return r.SendsIn(state, 2) })
			same(t, state, ids(list, sendID), []string{fmt.Sprint("a", i), fmt.Sprint("b", i)})
		}
	}},
	{"a send is found by the platform's id", func(t *testing.T, s *store) {
		s.write(t, func(tx storage.Tx) error { return puts(tx, waiting("s1", "a"), waiting("s2", "a")) })
		s.write(t, func(tx storage.Tx) error {
			sent, err := tx.Send("s1")
			sent.State, sent.MID = storage.SendSent, "m_é"
			return all(err, tx.PutSend(sent))
		})
		same(t, "found", get(t, s, func(r storage.Reader) (storage.Send, error) { return r.SendByMID("m_é") }).ID, "s1")
	}},

	{"claiming marks a send and gives it once", func(t *testing.T, s *store) {
		s.write(t, func(tx storage.Tx) error { return puts(tx, waiting("s1", "a")) })
		var got []storage.Send
		s.write(t, func(tx storage.Tx) (err error) {
			got, err = tx.ClaimSends(at(7), 10, nil)
			return err
		})
		want := waiting("s1", "a")
		want.State, want.ClaimAt, want.Seq = storage.SendClaimed, at(7), got[0].Seq
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

	{"the next send is the earliest that is first in its line and pending or waiting", func(t *testing.T, s *store) {
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
		put("c1", "c", storage.SendWaiting, 80)
		expect("one waits for its outcome", 80)
		put("d1", "d", storage.SendPending, 70)
		put("e1", "e", storage.SendSent, 0)
		expect("another is pending", 70)
		settle(t, s, "a1", storage.SendSent)
		expect("the one behind moved up", 0)
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

	{"settled sends older than a time can be pruned", func(t *testing.T, s *store) {
		s.write(t, func(tx storage.Tx) error {
			for i, state := range slices.Concat(unsettledStates, settledStates) {
				old, young := waiting("old "+state, fmt.Sprint("c", i)), waiting("young "+state, fmt.Sprint("c", i))
				old.State, old.At, young.State, young.At = state, at(9), state, at(10)
				if err := puts(tx, old, young); err != nil {
					return err
				}
			}
			return tx.PruneSends(at(10))
		})
		left := make(map[string]bool)
		s.reading(t, func(r storage.Reader) error {
			for _, state := range slices.Concat(unsettledStates, settledStates) {
				list, err := r.SendsIn(state, 10)
				if err != nil {
					return err
				}
				for _, send := range list {
					left[send.ID] = true
				}
			}
			return nil
		})
		for _, state := range unsettledStates {
			if !left["old "+state] || !left["young "+state] {
				t.Errorf("pruned although %s", state)
			}
		}
		for _, state := range settledStates {
			if left["old "+state] || !left["young "+state] {
				t.Errorf("%s: old one left %v, young one left %v; want false, true", state, left["old "+state], left["young "+state])
			}
		}
	}},
	{"places are not given again after pruning", func(t *testing.T, s *store) {
		s.write(t, func(tx storage.Tx) error { return puts(tx, waiting("s1", "a")) })
		first := send(t, s, "s1").Seq
		settle(t, s, "s1", storage.SendSent)
		s.write(t, func(tx storage.Tx) error { return all(tx.PruneSends(at(1)), puts(tx, waiting("s2", "a"))) })
		if second := send(t, s, "s2").Seq; second <= first {
			t.Errorf("place %d after %d", second, first)
		}
	}},
	{"a message of 1 MiB goes through the outbox", func(t *testing.T, s *store) {
		big := waiting("s1", "a")
		big.Body = make([]byte, 1<<20)
		s.write(t, func(tx storage.Tx) error { return tx.PutSend(big) })
		same(t, "size", len(send(t, s, "s1").Body), 1<<20)
	}},
}

// outboxProperty drives an outbox at random beside a model of it: a list per
// contact. Whatever happens, what is claimed is what stands first in its line,
// pending and ready, in the order of claims.
func outboxProperty(t *testing.T, open Open) {
	s := &store{Store: openClosed(t, open, t.TempDir()), open: open}
	round := 0
	rapid.Check(t, func(rt *rapid.T) {
		round++
		type item struct {
			id, page, state string
			ready           int
			bulk            bool
		}
		model := make(map[string][]*item) // unsettled ones, in order
		pages := []string{fmt.Sprint("page ", round, " x"), fmt.Sprint("page ", round, " y")}
		contacts := []string{fmt.Sprint(round, " a"), fmt.Sprint(round, " b"), fmt.Sprint(round, " c"), fmt.Sprint(round, " d")}
		now, n := 0, 0
		order := make(map[string]int) // by id
		pick := func(rt *rapid.T, states ...string) (string, int) {
			contact := rapid.SampledFrom(contacts).Draw(rt, "contact")
			var found []int
			for i, it := range model[contact] {
				if slices.Contains(states, it.state) {
					found = append(found, i)
				}
			}
			if len(found) == 0 {
				rt.Skip("nothing to pick")
			}
			return contact, rapid.SampledFrom(found).Draw(rt, "index")
		}
		change := func(rt *rapid.T, it *item) {
			s.write(rt, func(tx storage.Tx) error {
				send, err := tx.Send(it.id)
				send.State, send.Ready = it.state, at(it.ready)
				return all(err, tx.PutSend(send))
			})
		}
		rt.Repeat(map[string]func(*rapid.T){
			"put": func(rt *rapid.T) {
				n++
				contact := rapid.SampledFrom(contacts).Draw(rt, "contact")
				it := &item{
					id: fmt.Sprintf("%d-%d", round, n), page: rapid.SampledFrom(pages).Draw(rt, "page"), state: storage.SendPending,
					ready: rapid.SampledFrom([]int{now, now, now + 10}).Draw(rt, "ready"), bulk: rapid.Bool().Draw(rt, "bulk"),
				}
				s.write(rt, func(tx storage.Tx) error {
					return tx.PutSend(storage.Send{
						ID: it.id, Contact: contact, Page: it.page, State: it.state, Ready: at(it.ready), Bulk: it.bulk, At: at(now),
					})
				})
				model[contact] = append(model[contact], it)
				order[it.id] = n
			},
			"claim": func(rt *rapid.T) {
				limit := rapid.IntRange(1, 4).Draw(rt, "limit")
				var skip []string
				if rapid.Bool().Draw(rt, "skip") {
					skip = pages[:1]
				}
				var want []*item
				for _, contact := range contacts {
					line := model[contact]
					if len(line) > 0 && line[0].state == storage.SendPending && line[0].ready <= now && !slices.Contains(skip, line[0].page) {
						want = append(want, line[0])
					}
				}
				rank := func(it *item) int {
					if it.bulk {
						return 1
					}
					return 0
				}
				slices.SortFunc(want, func(a, b *item) int {
					return cmp.Or(rank(a)-rank(b), a.ready-b.ready, order[a.id]-order[b.id])
				})
				want = want[:min(limit, len(want))]
				same(rt, "claimed", claim(rt, s, now, limit, skip...), ids(want, func(it *item) string { return it.id }))
				for _, it := range want {
					it.state = storage.SendClaimed
				}
			},
			"settle": func(rt *rapid.T) {
				contact, i := pick(rt, storage.SendClaimed, storage.SendWaiting)
				it := model[contact][i]
				it.state = rapid.SampledFrom(settledStates[:3]).Draw(rt, "state")
				change(rt, it)
				model[contact] = slices.Delete(model[contact], i, i+1)
			},
			"withdraw": func(rt *rapid.T) {
				contact, i := pick(rt, storage.SendPending)
				it := model[contact][i]
				it.state = storage.SendDropped
				change(rt, it)
				model[contact] = slices.Delete(model[contact], i, i+1)
			},
			"keep waiting": func(rt *rapid.T) {
				contact, i := pick(rt, storage.SendClaimed, storage.SendWaiting)
				it := model[contact][i]
				it.state = rapid.SampledFrom([]string{storage.SendPending, storage.SendWaiting}).Draw(rt, "state")
				it.ready = now + rapid.IntRange(0, 5).Draw(rt, "delay")
				change(rt, it)
			},
			"wait": func(rt *rapid.T) { now += rapid.IntRange(1, 10).Draw(rt, "seconds") },
			"": func(rt *rapid.T) {
				next := -1
				for _, contact := range contacts {
					same(rt, "line", line(rt, s, contact), ids(model[contact], func(it *item) string { return it.id }))
					if l := model[contact]; len(l) > 0 && l[0].state != storage.SendClaimed && (next < 0 || l[0].ready < next) {
						next = l[0].ready
					}
				}
				got, ok := nextSend(rt, s)
				if ok != (next >= 0) || ok && !got.Equal(at(next)) {
					rt.Fatalf("next send %v %v, want %d s", got, ok, next)
				}
			},
		})
		s.write(rt, func(tx storage.Tx) error {
			var errs []error
			for _, contact := range contacts {
				errs = append(errs, tx.Erase(contact))
			}
			return all(errs...)
		})
	})
}
