package sqlite

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"github.com/relance-bot/relance/storage"
)

// BenchmarkPath is what the four paths of the runtime cost for each item, many
// items to a Write: a webhook taken in, a turn, a notification decided, and the
// outcome of each kind of message.
func BenchmarkPath(b *testing.B) {
	const people, group = 20_000, 256
	a := audience{people}
	s := a.store(b)
	n := 0 // of all items, so that ids do not come twice

	run := func(name string, prepare, do func(tx storage.Tx, from, to int) error) {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			var used time.Duration
			first := n
			n += b.N
			b.ResetTimer()
			for from := first; from < n; from += group {
				to := min(n, from+group)
				if prepare != nil {
					b.StopTimer()
					mustWrite(b, s, func(tx storage.Tx) error { return prepare(tx, from, to) })
					b.StartTimer()
				}
				before := cpuTime()
				mustWrite(b, s, func(tx storage.Tx) error { return do(tx, from, to) })
				used += cpuTime() - before
			}
			b.ReportMetric(float64(used.Nanoseconds())/float64(b.N), "cpu-ns/op")
		})
	}
	each := func(do func(tx storage.Tx, i int) error) func(tx storage.Tx, from, to int) error {
		return func(tx storage.Tx, from, to int) error {
			for i := from; i < to; i++ {
				if err := do(tx, i); err != nil {
					return err
				}
			}
			return nil
		}
	}
	person := func(i int) string { return a.person(i * 7919 % people) }
	webhook := each(func(tx storage.Tx, i int) error {
		if _, err := tx.Once("messenger:"+messageID(i), benchNow); err != nil {
			return err
		}
		_, err := enqueue(tx, person(i))
		return err
	})
	reply := func(i int) storage.Send {
		return storage.Send{
			ID: sendID(i), Contact: person(i), Page: roomPage, State: storage.SendClaimed, Ready: benchNow, At: benchNow,
			ClaimAt: benchNow, Lane: "window",
			Body: []byte(`{"message":{"text":"Quelle pointure cherches-tu ?","quick_replies":[{"title":"39"},{"title":"40"},{"title":"41"}]}}`),
		}
	}

	run("webhook", nil, webhook)
	mustWrite(b, s, func(tx storage.Tx) error { // what is left of it would only be in the way
		for {
			list, err := tx.Pending(benchNow, 1000)
			if err != nil || len(list) == 0 {
				return err
			}
			for _, in := range list {
				if err := tx.DeleteInput(in.Contact, in.Seq); err != nil {
					return err
				}
			}
		}
	})

	run("turn", webhook, func(tx storage.Tx, from, to int) error {
		list, err := tx.Pending(benchNow, to-from)
		if err != nil || len(list) == 0 {
			return errors.Join(err, missing(len(list), to-from))
		}
		for i, in := range list {
			if err := readAll(tx, in.Contact); err != nil {
				return err
			}
			c, err := tx.Contact(in.Contact)
			if err != nil {
				return err
			}
			c.Session = fmt.Appendf(nil, `{"stack":[{"flow":"restock","step":%d,"waits":"answer"}],"names":{"found":[]},"v":1}`, i)
			if err := tx.PutContact(c); err != nil {
				return err
			}
			send := reply(from + i)
			send.Contact = in.Contact
			if err := tx.PutSend(send); err != nil {
				return err
			}
			if err := tx.DeleteInput(in.Contact, in.Seq); err != nil {
				return err
			}
			if err := tx.DeleteSend(send.ID); err != nil { // so that no line grows
				return err
			}
		}
		return nil
	})

	run("reply put and settled", nil, func(tx storage.Tx, from, to int) error {
		for i := from; i < to; i++ {
			if err := tx.PutSend(reply(i)); err != nil {
				return err
			}
		}
		for i := from; i < to; i++ {
			send, err := tx.Send(sendID(i))
			if err != nil {
				return err
			}
			send.State, send.MID = storage.SendSent, messageID(i)
			if err := tx.PutSend(send); err != nil {
				return err
			}
		}
		return nil
	})

	after := ""
	var decided []notification
	run("notification decided", each(func(tx storage.Tx, i int) error { return tx.DeleteSend(sendID(i - group)) }),
		func(tx storage.Tx, from, to int) error {
			ids, err := tx.Subscribers(storage.Subscribers{Topic: "restock", After: after, Limit: to - from})
			if err != nil {
				return err
			}
			if after = ""; len(ids) == to-from {
				after = ids[len(ids)-1]
			}
			for i, id := range ids {
				if err := readAll(tx, id); err != nil {
					return err
				}
				if _, err := decide(tx, id, from+i, fmt.Sprint("restock-", from/people)); err != nil {
					return err
				}
			}
			return nil
		})
	run("notification settled", func(tx storage.Tx, from, to int) error {
		decided = decided[:0]
		for i := from; i < to; i++ {
			one, err := decide(tx, person(i), i, fmt.Sprint("settled-", i/people))
			if err != nil {
				return err
			}
			decided = append(decided, one)
		}
		return nil
	}, func(tx storage.Tx, from, _ int) error {
		for i, one := range decided {
			if err := accept(tx, one, from+i); err != nil {
				return err
			}
		}
		return nil
	})
}

func missing(got, want int) error {
	if got == want {
		return nil
	}
	return fmt.Errorf("%d to do, want %d", got, want)
}

// readAll reads what a turn knows of a person.
func readAll(tx storage.Tx, id string) error {
	_, err1 := tx.Contact(id)
	_, err2 := tx.Inputs(id, 1)
	_, err3 := tx.Consents(id)
	_, err4 := tx.Permits(id)
	_, err5 := tx.Timers(id)
	_, err6 := tx.Sends(id)
	_, err7 := tx.Decisions(storage.DecisionQuery{Contact: id, Kinds: []string{"held"}, Limit: 20})
	return errors.Join(err1, err2, err3, err4, err5, err6, err7)
}

// store is a store that has these people, as a bot has it open.
func (a audience) store(b *testing.B) *Store {
	b.Helper()
	path := filepath.Join(b.TempDir(), "bench.db")
	reopened(b, path, a.fill)
	s, err := Open(context.Background(), path, Config{Exclusive: true})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = s.Close() })
	return s
}
