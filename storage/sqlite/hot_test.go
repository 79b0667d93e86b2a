package sqlite

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/relance-bot/relance/storage"
)

// BenchmarkHot is the two paths that most of what a bot does takes, written as the
// runtime writes them: a webhook that gets its reply at once, in the transaction that
// settles replies of before; and a notification, in chunks. People come in no order.
func BenchmarkHot(b *testing.B) {
	const people = 20_000
	a := audience{people}
	s := a.store(b)
	n := 0 // of all items, so that ids do not come twice

	run := func(name string, group int, do func(from, to int) (func(tx storage.Tx) error, storage.Need)) {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			first := n
			n += b.N
			b.ResetTimer()
			before := cpuTime()
			for from := first; from < n; from += group {
				f, needs := do(from, min(n, from+group))
				if err := s.Write(context.Background(), f, needs); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64((cpuTime()-before).Nanoseconds())/float64(b.N), "cpu-ns/op")
		})
	}
	person := func(i int) string { return a.person(i * 7919 % people) }
	persons := func(from, to int) (need storage.Need) {
		for i := from; i < to; i++ {
			need.Contacts = append(need.Contacts, person(i))
		}
		return need
	}
	known := func(tx storage.Tx, id string) (c storage.Contact, consents []storage.Consent, err error) {
		if c, err = tx.Contact(id); err != nil {
			return c, nil, err
		}
		if consents, err = tx.Consents(id); err != nil {
			return c, nil, err
		}
		_, err = tx.Permits(id)
		return c, consents, err
	}

	var replied []string
	run("webhook", 32, func(from, to int) (func(tx storage.Tx) error, storage.Need) {
		return func(tx storage.Tx) error {
			now := benchNow.Add(time.Duration(from) * time.Millisecond)
			for i := from; i < to; i++ {
				if fresh, err := tx.Once("messenger:"+messageID(i), now); err != nil || !fresh {
					return fmt.Errorf("fresh %v: %w", fresh, err)
				}
				c, _, err := known(tx, person(i))
				if err != nil {
					return err
				}
				c.LastAct, c.Program = now, "33c8b132118775dfd227aacaf38deb924d15fcf6a83ac317d1ad9abc1cb08a53"
				c.Session = []byte(`{"s":[{"f":[{"f":"menu","s":"1"}],"w":{"k":"answer"}}]}`)
				if err := tx.PutContact(c); err != nil {
					return err
				}
				if err := tx.PutSend(storage.Send{
					ID: sendID(i), Contact: c.ID, Page: roomPage, State: storage.SendClaimed, Ready: now, At: now, ClaimAt: now,
					Lane: "window", Body: make([]byte, 400),
				}); err != nil {
					return err
				}
			}
			for _, id := range replied {
				if err := tx.AcceptSend(storage.Send{ID: id, State: storage.SendSent, MID: messageID(0)}); err != nil {
					return err
				}
			}
			replied = replied[:0]
			for i := from; i < to; i++ {
				replied = append(replied, sendID(i))
			}
			return nil
		}, persons(from, to)
	})

	var decided []notification
	run("notification", 200, func(from, to int) (func(tx storage.Tx) error, storage.Need) {
		return func(tx storage.Tx) error {
			done := decided
			decided = make([]notification, 0, to-from)
			for i := from; i < to; i++ {
				c, _, err := known(tx, person(i))
				if err != nil {
					return err
				}
				at := benchNow.Add(time.Duration(i) * time.Millisecond)
				one := notification{
					send: storage.Send{
						ID: sendID(i), Contact: c.ID, Page: roomPage, State: storage.SendClaimed, Ready: at, At: at, ClaimAt: at, Bulk: true,
						Topic: "restock", Lane: "recurring", Body: make([]byte, 500),
					},
					decision: storage.Decision{
						Contact: c.ID, Trigger: "back_in_stock#0", Occurrence: fmt.Sprint("hot-", i/people), Flow: "back_in_stock",
						Topic: "restock", Kind: "sent", Lane: "recurring", Values: []byte(`{"refused":{"utility":"no template"}}`),
						At: at, FirstDue: benchNow, Expires: benchNow.Add(time.Hour), Send: sendID(i),
					},
				}
				if err := tx.PutNotification(one.send, []storage.Decision{one.decision}); err != nil {
					return err
				}
				if err := tx.NoteSent(c.ID, "restock", at, 1<<30); err != nil {
					return err
				}
				decided = append(decided, one)
			}
			for i, one := range done {
				one.decision.MID = messageID(from + i)
				if err := tx.AcceptNotification(one.send.ID, []storage.Decision{one.decision}); err != nil {
					return err
				}
			}
			return nil
		}, persons(from, to)
	})
}
