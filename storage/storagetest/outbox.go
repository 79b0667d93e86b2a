package storagetest

import (
	"fmt"
	"slices"
	"testing"
	"time"

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

func nextSend(t tester, s *store, skip ...string) (next time.Time, ok bool) {
	t.Helper()
	s.reading(t, func(r storage.Reader) (err error) {
		next, ok, err = r.NextSend(skip)
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
		missing(t, s, func(r storage.Reader) (storage.Send, error) { return r.SendByMID("a", "m2") })
		missing(t, s, func(r storage.Reader) (storage.Send, error) { return r.SendByMID("a", "") })
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
			return puts(tx, with("third", "a", 30), with("first", "a", 10), with("second", "a", 20), with("other", "b", 11))
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
	{"sends are listed by state, in order of Ready", func(t *testing.T, s *store) {
		s.write(t, func(tx storage.Tx) error {
			for _, state := range unsettledStates {
				for i, id := range []string{"late", "early", "middle"} {
					send := waiting(state+" "+id, state+" of "+id)
					send.State, send.Ready = state, at([]int{9, 1, 5}[i])
					if err := tx.PutSend(send); err != nil {
						return err
					}
				}
			}
			return nil
		})
		for _, state := range unsettledStates {
			list := get(t, s, func(r storage.Reader) ([]storage.Send, error) { return r.SendsIn(state, 2) })
			same(t, state, ids(list, sendID), []string{state + " early", state + " middle"})
		}
	}},
	{"sends are listed by state, and then in order of id", func(t *testing.T, s *store) {
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
		same(t, "found", get(t, s, func(r storage.Reader) (storage.Send, error) { return r.SendByMID("a", "m_é") }).ID, "s1")
		missing(t, s, func(r storage.Reader) (storage.Send, error) { return r.SendByMID("b", "m_é") })
	}},
	{"of several sends with one id of the platform the newest that is settled is found", func(t *testing.T, s *store) {
		s.write(t, func(tx storage.Tx) error {
			var list []storage.Send
			for i, state := range []string{storage.SendSent, storage.SendSent, storage.SendWaiting, storage.SendPending} {
				one := waiting(fmt.Sprint("s", i), "a")
				one.State, one.MID = state, "m"
				list = append(list, one)
			}
			return puts(tx, list...)
		})
		same(t, "found", get(t, s, func(r storage.Reader) (storage.Send, error) { return r.SendByMID("a", "m") }).ID, "s1")
	}},
	{"a send that is accepted keeps everything but its claim and its body, and lets the next of its line go", func(t *testing.T, s *store) {
		s.write(t, func(tx storage.Tx) error {
			full := waiting("s3", "b")
			full.At, full.Attempt, full.Bulk, full.Topic, full.Lane, full.Error = at(-1), 2, true, "restock", "recurring", "transient 613"
			return puts(tx, waiting("s1", "a"), waiting("s2", "a"), full)
		})
		same(t, "claimed", claim(t, s, 0, 10), []string{"s1", "s3"})
		for _, id := range []string{"s1", "s3"} {
			want := send(t, s, id)
			want.State, want.Claimer, want.MID, want.Error, want.Body = storage.SendSent, "", "m_"+id, "", []byte("what is left")
			s.write(t, func(tx storage.Tx) error { return tx.AcceptSend(want) })
			same(t, "accepted", send(t, s, id), want)
			same(t, "found", get(t, s, func(r storage.Reader) (storage.Send, error) { return r.SendByMID(want.Contact, want.MID) }).ID, id)
		}
		same(t, "line", line(t, s, "a"), []string{"s2"})
		same(t, "nothing of b's", line(t, s, "b"), nil)
		same(t, "claimed after that", claim(t, s, 0, 10), []string{"s2"})
	}},

	{"the place of a send is told in its write as it is kept", func(t *testing.T, s *store) {
		var told []int64
		places := func(r storage.Reader) ([]int64, error) {
			line, err := r.Sends("a")
			var seqs []int64
			for _, one := range line {
				seqs = append(seqs, one.Seq)
			}
			return seqs, err
		}
		s.write(t, func(tx storage.Tx) error {
			err1 := puts(tx, waiting("s1", "a"), waiting("s2", "a"))
			_, err2 := tx.Decisions(storage.DecisionQuery{}) // some backends write first what was put
			err3 := puts(tx, waiting("s3", "a"))
			var err4 error
			told, err4 = places(tx)
			return all(err1, err2, err3, err4)
		})
		same(t, "places", get(t, s, places), told)
	}},
	{"settled sends are found by their contact, the newest first", func(t *testing.T, s *store) {
		s.write(t, func(tx storage.Tx) error {
			in := func(state, id, contact string) storage.Send {
				n := waiting(id, contact)
				n.State = state
				return n
			}
			return puts(tx, in(storage.SendUnknown, "z", "a"), in(storage.SendFailed, "m", "a"), in(storage.SendWaiting, "may be resent", "a"),
				waiting("pending", "a"), in(storage.SendDropped, "y", "a"), in(storage.SendSent, "x", "b"))
		})
		found := func(limit int) func(r storage.Reader) ([]storage.Send, error) {
			return func(r storage.Reader) ([]storage.Send, error) { return r.SettledSends("a", limit) }
		}
		same(t, "settled", ids(get(t, s, found(9)), sendID), []string{"y", "m", "z"})
		s.write(t, func(tx storage.Tx) error {
			given, err1 := tx.Send("may be resent")
			given.State = storage.SendSent
			err2 := tx.PutSend(given)
			now, err3 := found(2)(tx)
			same(t, "the newest two", ids(now, sendID), []string{"y", "may be resent"})
			return all(err1, err2, err3)
		})
	}},
	{"a message of 1 MiB goes through the outbox", func(t *testing.T, s *store) {
		big := waiting("s1", "a")
		big.Body = make([]byte, 1<<20)
		s.write(t, func(tx storage.Tx) error { return tx.PutSend(big) })
		same(t, "size", len(send(t, s, "s1").Body), 1<<20)
	}},
}
