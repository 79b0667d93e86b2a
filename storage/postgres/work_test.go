package postgres_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/relance-bot/relance/storage"
	"github.com/relance-bot/relance/storage/postgres"
	"github.com/relance-bot/relance/storage/postgres/pgtest"
)

// What a bot does to its store, for benchmarks and to count round trips.

const (
	page       = "messenger:104857600000000"
	turnBatch  = 64
	chunk      = 200
	settleSize = 256
)

var now = time.UnixMilli(1_790_000_000_000).UTC()

func contactID(i int) string { return fmt.Sprintf("%s:%016d", page, i) }

func sendID(run, i int) string { return fmt.Sprintf("%011d-%011d", run, i) }

func write(t testing.TB, s *postgres.Store, f func(tx storage.Tx) error, needs ...storage.Need) {
	t.Helper()
	if err := s.Write(context.Background(), f, needs...); err != nil {
		t.Fatal(err)
	}
}

// fill puts n contacts with an active consent and a permit each.
func fill(t testing.TB, s *postgres.Store, n int) {
	t.Helper()
	for from := 0; from < n; from += 2000 {
		var need storage.Need
		for i := from; i < min(n, from+2000); i++ {
			need.Contacts = append(need.Contacts, contactID(i))
		}
		write(t, s, func(tx storage.Tx) error {
			var errs []error
			for i := from; i < min(n, from+2000); i++ {
				errs = append(errs, tx.PutContact(storage.Contact{
					ID: contactID(i), FirstName: "Zoé", Locale: "fr_FR", Timezone: "Europe/Paris",
					Fields: []byte(`{"size":42}`), CreatedAt: now, LastAct: now,
				}), tx.PutConsent(storage.Consent{
					Contact: contactID(i), Topic: "restock", Status: "active", Cadence: "weekly",
					Interests: []byte(`[{"model":"Gazelle","size":42}]`), ActiveSince: now, ChangedAt: now,
				}), tx.PutPermit(storage.Permit{
					Contact: contactID(i), Lane: "recurring", Topic: "restock", Token: fmt.Sprintf("token-%032d", i), UpdatedAt: now,
				}))
			}
			return errors.Join(errs...)
		}, need)
	}
}

func openFilled(t testing.TB, n int) *postgres.Store {
	t.Helper()
	s := open(t, pgtest.URL(t), postgres.Config{})
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	fill(t, s, n)
	return s
}

// webhooks lets n webhooks arrive at once, each from another contact, so that they
// share commits.
func webhooks(t testing.TB, s *postgres.Store, run, from, n int) {
	t.Helper()
	ended := make(chan error, n)
	entered, leave := make(chan struct{}), make(chan struct{})
	go func() { // a write that holds the queue until all have arrived
		ended <- s.Write(context.Background(), func(storage.Tx) error {
			close(entered)
			<-leave
			return nil
		})
	}()
	<-entered
	for i := range n {
		key := fmt.Sprintf("%s:m_%064d", page, run*1_000_000+i)
		go func() {
			ended <- s.Write(context.Background(), func(tx storage.Tx) error {
				fresh, err := tx.Once(key, now)
				if err != nil || !fresh {
					return fmt.Errorf("fresh %v: %w", fresh, err)
				}
				_, err = tx.Enqueue(storage.Input{Contact: contactID(from + i), Kind: "message", Body: []byte(`{"text":"stock ?"}`), At: now})
				return err
			}, storage.Need{Keys: []string{key}})
		}()
	}
	for i := 0; postgres.Waiting(s) < n && i < 10_000; i++ {
		time.Sleep(100 * time.Microsecond)
	}
	close(leave)
	for range n + 1 {
		if err := <-ended; err != nil {
			t.Fatal(err)
		}
	}
}

// turns handles a batch of inputs: who wrote gets an answer, which is claimed at
// once.
func turns(tx storage.Tx, run int) (int, error) {
	inputs, err := tx.Pending(now, turnBatch)
	if err != nil {
		return 0, err
	}
	var need storage.Need
	for _, in := range inputs {
		need.Contacts = append(need.Contacts, in.Contact)
	}
	if err := tx.Need(need); err != nil {
		return 0, err
	}
	for i, in := range inputs {
		c, err := readAll(tx, in.Contact)
		if err != nil {
			return 0, err
		}
		c.LastAct = now
		c.Session = []byte(`{"stack":[{"flow":"restock","step":3,"waits":"answer"}],"names":{"found":[]},"v":1}`)
		id := sendID(run, i)
		err = errors.Join(tx.PutContact(c), tx.PutSend(storage.Send{
			ID: id, Contact: in.Contact, Page: page, State: storage.SendClaimed, Ready: now, At: now, ClaimAt: now, Lane: "window",
			Body: []byte(`{"message":{"text":"Quelle pointure cherches-tu ?","quick_replies":[{"title":"39"},{"title":"40"},{"title":"41"}]}}`),
		}), tx.PutTimer(storage.Timer{Contact: in.Contact, Kind: "wake", Key: "session", At: now.Add(time.Hour)}),
			tx.DeleteInput(in.Contact, in.Seq))
		if err != nil {
			return 0, err
		}
	}
	return len(inputs), nil
}

// readAll reads what a turn reads.
func readAll(tx storage.Tx, contact string) (storage.Contact, error) {
	c, err := tx.Contact(contact)
	_, err1 := tx.Consents(contact)
	_, err2 := tx.Permits(contact)
	_, err3 := tx.Inputs(contact, 1)
	_, err4 := tx.Timers(contact)
	_, err5 := tx.Sends(contact)
	_, err6 := tx.Decisions(storage.DecisionQuery{Contact: contact, Kinds: []string{"held"}, Limit: 100})
	return c, errors.Join(err, err1, err2, err3, err4, err5, err6)
}

// decide decides a chunk of an occurrence: everyone gets the message, which is
// claimed at once.
func decide(tx storage.Tx, run int) (int, error) {
	running, err := tx.Occurrences("running", 1)
	if err != nil || len(running) == 0 {
		return 0, err
	}
	o := running[0]
	people, err := tx.Subscribers(storage.Subscribers{Topic: o.Topic, After: o.Cursor, Limit: chunk})
	if err := errors.Join(err, tx.Need(storage.Need{Contacts: people})); err != nil {
		return 0, err
	}
	for i, contact := range people {
		if _, err := readAll(tx, contact); err != nil {
			return 0, err
		}
		if _, err := tx.Decision(contact, o.Trigger, o.ID); !errors.Is(err, storage.ErrNotFound) {
			return 0, fmt.Errorf("decided before: %w", err)
		}
		consents, err := tx.Consents(contact)
		if err != nil {
			return 0, err
		}
		id := sendID(run, i)
		d := notified(contact, id)
		d.Occurrence = o.ID
		err = errors.Join(tx.NoteSent(contact, consents[0].Topic, now, 1<<30), tx.PutNotification(storage.Send{
			ID: id, Contact: contact, Page: page, State: storage.SendClaimed, Ready: now, At: now, ClaimAt: now, Bulk: true,
			Topic: o.Topic, Lane: "recurring", Body: []byte(`{"message":{"text":"La Gazelle est de retour en 42, Zoé !"},"token":"token-00000000000000000000000000000001"}`),
		}, []storage.Decision{d}))
		if err != nil {
			return 0, err
		}
	}
	o.Cursor = ""
	if len(people) > 0 {
		o.Cursor = people[len(people)-1]
	}
	return len(people), tx.PutOccurrence(o)
}

// settle settles messages that were accepted: notifications of an occurrence are gone, and
// their decisions, which the sender knows, have the platform's ids; answers, of none, are kept.
func settle(tx storage.Tx, run, from, n int, occurrence string) error {
	for i := range n {
		line, err := tx.Sends(contactID(from + i))
		if err != nil || len(line) == 0 {
			return errors.Join(err, errors.New("nothing to settle"))
		}
		s := line[0]
		s.MID = fmt.Sprintf("m_%064d", run*1_000_000+i)
		if occurrence != "" {
			d := notified(s.Contact, s.ID)
			d.Occurrence, d.MID = occurrence, s.MID
			err = tx.AcceptNotification(s.ID, []storage.Decision{d})
		} else {
			s.State = storage.SendSent
			err = tx.PutSend(s)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// notified is the decision that a message carries.
func notified(contact, send string) storage.Decision {
	return storage.Decision{
		Contact: contact, Trigger: "monday#1", Occurrence: "2026-03-30", Flow: "monday", Topic: "restock", Kind: "sent", Rule: "cadence",
		Lane: "recurring", Values: []byte(`{"cadence":"weekly","last":"2026-03-23","permit":"recurring"}`), At: now, FirstDue: now,
		Expires: now.Add(time.Hour), Send: send,
	}
}

func settled(from, n int) (need storage.Need) {
	for i := range n {
		need.Lines = append(need.Lines, contactID(from+i))
	}
	return need
}
