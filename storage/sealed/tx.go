package sealed

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/relance-bot/relance/storage"
)

// tx seals what is written and opens what is read. What neither it nor reader names
// goes through as it is.
type tx struct {
	storage.Tx
	r reader
}

func (t *tx) sealBytes(value []byte, column string, key ...string) []byte {
	if value == nil {
		return nil
	}
	return t.r.keys.seal(place(column, key...), value)
}

func (t *tx) PutContact(c storage.Contact) error {
	c.FirstName = t.r.keys.sealText(place("first name", c.ID), c.FirstName)
	c.LastName = t.r.keys.sealText(place("last name", c.ID), c.LastName)
	c.Fields = t.sealBytes(c.Fields, "fields", c.ID)
	c.Prefs = t.sealBytes(c.Prefs, "prefs", c.ID)
	c.Session = t.sealBytes(c.Session, "session", c.ID)
	return t.Tx.PutContact(c)
}

func (t *tx) PutUnique(contact, field, value string) error {
	if value == "" {
		return t.Tx.PutUnique(contact, field, "")
	}
	if t.r.st.mixed {
		switch c, err := t.ContactByField(field, value); {
		case err == nil && c.ID != contact:
			return fmt.Errorf("field %s: %w", field, storage.ErrTaken)
		case err != nil && !errors.Is(err, storage.ErrNotFound):
			return err
		}
	}
	return t.Tx.PutUnique(contact, field, blind(t.r.st.index, field, value))
}

func (t *tx) Enqueue(in storage.Input) (int64, error) {
	in.Body = t.sealBytes(in.Body, "input", in.Contact)
	return t.Tx.Enqueue(in)
}

func (t *tx) PutInput(in storage.Input) error {
	in.Body = t.sealBytes(in.Body, "input", in.Contact)
	return t.Tx.PutInput(in)
}

func (t *tx) PutPermit(p storage.Permit) error {
	p.Token = t.r.keys.sealText(place("token", p.Contact, p.Lane, p.Topic), p.Token)
	p.Body = t.sealBytes(p.Body, "permit", p.Contact, p.Lane, p.Topic)
	return t.Tx.PutPermit(p)
}

func (t *tx) PutTimer(timer storage.Timer) error {
	timer.Body = t.sealBytes(timer.Body, "timer", timer.Contact, timer.Kind, timer.Key)
	return t.Tx.PutTimer(timer)
}

func (t *tx) PutDecision(d storage.Decision) error {
	d.Event = t.sealBytes(d.Event, "event", d.Contact, d.Trigger, d.Occurrence)
	return t.Tx.PutDecision(d)
}

func (t *tx) PutNotification(s storage.Send, carried []storage.Decision) error {
	s.Body = t.sealBytes(s.Body, "send", s.ID)
	return t.Tx.PutNotification(s, t.sealEvents(carried))
}

func (t *tx) AcceptNotification(id string, carried []storage.Decision) error {
	return t.Tx.AcceptNotification(id, t.sealEvents(carried))
}

func (t *tx) sealEvents(list []storage.Decision) []storage.Decision {
	list = slices.Clone(list)
	for i := range list {
		d := &list[i]
		d.Event = t.sealBytes(d.Event, "event", d.Contact, d.Trigger, d.Occurrence)
	}
	return list
}

func (t *tx) PutSend(s storage.Send) error {
	s.Body = t.sealBytes(s.Body, "send", s.ID)
	return t.Tx.PutSend(s)
}

func (t *tx) AcceptSend(s storage.Send) error {
	s.Body = t.sealBytes(s.Body, "send", s.ID)
	return t.Tx.AcceptSend(s)
}

func (t *tx) PutStray(s storage.Stray) error {
	s.Body = t.sealBytes(s.Body, "stray", s.Source)
	return t.Tx.PutStray(s)
}

func (t *tx) PutSalt(contact string, salt []byte) error {
	return t.Tx.PutSalt(contact, t.sealBytes(salt, "salt", contact))
}

func (t *tx) ClaimSends(now time.Time, limit int, skip []string) ([]storage.Send, error) {
	list, err := t.Tx.ClaimSends(now, limit, skip)
	return work(list, err, t.r.openSend)
}

func (t *tx) Contact(id string) (storage.Contact, error) { return t.r.Contact(id) }

func (t *tx) ContactByField(field, value string) (storage.Contact, error) {
	return t.r.ContactByField(field, value)
}

func (t *tx) Contacts(after string, limit int) ([]storage.Contact, error) {
	return t.r.Contacts(after, limit)
}

func (t *tx) Inputs(contact string, limit int) ([]storage.Input, error) {
	return t.r.Inputs(contact, limit)
}

func (t *tx) Permits(contact string) ([]storage.Permit, error) { return t.r.Permits(contact) }

func (t *tx) Timers(contact string) ([]storage.Timer, error) { return t.r.Timers(contact) }

func (t *tx) Decision(contact, trigger, occurrence string) (storage.Decision, error) {
	return t.r.Decision(contact, trigger, occurrence)
}

func (t *tx) Decisions(q storage.DecisionQuery) ([]storage.Decision, error) { return t.r.Decisions(q) }

func (t *tx) DecisionsBySend(send string) ([]storage.Decision, error) {
	return t.r.DecisionsBySend(send)
}

func (t *tx) DecisionsByMID(contact, mid string) ([]storage.Decision, error) {
	return t.r.DecisionsByMID(contact, mid)
}

func (t *tx) Send(id string) (storage.Send, error) { return t.r.Send(id) }

func (t *tx) Sends(contact string) ([]storage.Send, error) { return t.r.Sends(contact) }

func (t *tx) SendsIn(state string, limit int) ([]storage.Send, error) {
	return t.r.SendsIn(state, limit)
}

func (t *tx) SettledSends(contact string, limit int) ([]storage.Send, error) {
	return t.r.SettledSends(contact, limit)
}

func (t *tx) SendByMID(contact, mid string) (storage.Send, error) { return t.r.SendByMID(contact, mid) }

func (t *tx) Salt(contact string) ([]byte, error) { return t.r.Salt(contact) }

func (t *tx) Strays(after int64, limit int) ([]storage.Stray, error) { return t.r.Strays(after, limit) }

func (t *tx) Pending(now time.Time, limit int) ([]storage.Input, error) {
	return t.r.Pending(now, limit)
}

func (t *tx) DueTimers(now time.Time, limit int) ([]storage.Timer, error) {
	return t.r.DueTimers(now, limit)
}

func (t *tx) Orphans(limit int) ([]storage.Send, error) { return t.r.Orphans(limit) }
