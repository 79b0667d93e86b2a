package sealed

import (
	"errors"
	"time"

	"github.com/relance-bot/relance/storage"
)

// reader opens what is read.
type reader struct {
	storage.Reader
	keys ring
	st   *state // nil: nothing is sealed yet
}

// place names where a value belongs: it opens nowhere else.
func place(column string, key ...string) string {
	n := len(column)
	for _, k := range key {
		n += 1 + len(k)
	}
	out := append(make([]byte, 0, n), column...)
	for _, k := range key {
		out = append(append(out, 0), k...)
	}
	return string(out)
}

// each opens every one of a list.
func each[T any](list []T, err error, open func(*T) error) ([]T, error) {
	if err != nil {
		return nil, err
	}
	for i := range list {
		if err := open(&list[i]); err != nil {
			return nil, err
		}
	}
	return list, nil
}

// work is each for what the bot is to do next for many: a value that was altered stays as it
// stands, and is no JSON. So it is wrong with one person or one message, as it is without a
// key, and keeps nobody from all the others.
func work[T any](list []T, err error, open func(*T) error) ([]T, error) {
	return each(list, err, func(it *T) error {
		if err := open(it); !errors.Is(err, errSealed) {
			return err
		}
		return nil
	})
}

// only opens one.
func only[T any](it T, err error, open func(*T) error) (T, error) {
	if err == nil {
		err = open(&it)
	}
	if err != nil {
		var none T
		return none, err
	}
	return it, nil
}

// openBytes leaves what does not open as it stands.
func (r *reader) openBytes(value *[]byte, column string, key ...string) error {
	if *value == nil {
		return nil
	}
	clear, err := r.keys.open(place(column, key...), *value)
	if err == nil {
		*value = clear
	}
	return err
}

func (r *reader) openContact(c *storage.Contact) (err error) {
	if c.FirstName, err = r.keys.openText(place("first name", c.ID), c.FirstName); err != nil {
		return err
	}
	if c.LastName, err = r.keys.openText(place("last name", c.ID), c.LastName); err != nil {
		return err
	}
	return errors.Join(r.openBytes(&c.Fields, "fields", c.ID), r.openBytes(&c.Prefs, "prefs", c.ID), r.openBytes(&c.Session, "session", c.ID))
}

func (r *reader) openInput(in *storage.Input) error {
	return r.openBytes(&in.Body, "input", in.Contact)
}

func (r *reader) openSend(s *storage.Send) error { return r.openBytes(&s.Body, "send", s.ID) }

func (r *reader) openTimer(t *storage.Timer) error {
	return r.openBytes(&t.Body, "timer", t.Contact, t.Kind, t.Key)
}

func (r *reader) openDecision(d *storage.Decision) error {
	return r.openBytes(&d.Event, "event", d.Contact, d.Trigger, d.Occurrence)
}

func (r *reader) openPermit(p *storage.Permit) (err error) {
	if p.Token, err = r.keys.openText(place("token", p.Contact, p.Lane, p.Topic), p.Token); err != nil {
		return err
	}
	return r.openBytes(&p.Body, "permit", p.Contact, p.Lane, p.Topic)
}

func (r *reader) openStray(s *storage.Stray) error { return r.openBytes(&s.Body, "stray", s.Source) }

func (r *reader) Contact(id string) (storage.Contact, error) {
	c, err := r.Reader.Contact(id)
	return only(c, err, r.openContact)
}

// ContactByField looks for the hash, and for the value itself while some may be left of
// the time before the key.
func (r *reader) ContactByField(field, value string) (storage.Contact, error) {
	c, err := storage.Contact{}, storage.ErrNotFound
	if r.st != nil {
		c, err = r.Reader.ContactByField(field, blind(r.st.index, field, value))
	}
	if errors.Is(err, storage.ErrNotFound) && (r.st == nil || r.st.mixed) {
		c, err = r.Reader.ContactByField(field, value)
	}
	return only(c, err, r.openContact)
}

func (r *reader) Contacts(after string, limit int) ([]storage.Contact, error) {
	list, err := r.Reader.Contacts(after, limit)
	return each(list, err, r.openContact)
}

func (r *reader) Inputs(contact string, limit int) ([]storage.Input, error) {
	list, err := r.Reader.Inputs(contact, limit)
	return work(list, err, r.openInput)
}

func (r *reader) Permits(contact string) ([]storage.Permit, error) {
	list, err := r.Reader.Permits(contact)
	return each(list, err, r.openPermit)
}

func (r *reader) Timers(contact string) ([]storage.Timer, error) {
	list, err := r.Reader.Timers(contact)
	return work(list, err, r.openTimer)
}

func (r *reader) Decision(contact, trigger, occurrence string) (storage.Decision, error) {
	d, err := r.Reader.Decision(contact, trigger, occurrence)
	return only(d, err, r.openDecision)
}

func (r *reader) Decisions(q storage.DecisionQuery) ([]storage.Decision, error) {
	list, err := r.Reader.Decisions(q)
	return work(list, err, r.openDecision)
}

func (r *reader) DecisionsBySend(send string) ([]storage.Decision, error) {
	list, err := r.Reader.DecisionsBySend(send)
	return work(list, err, r.openDecision)
}

func (r *reader) DecisionsByMID(contact, mid string) ([]storage.Decision, error) {
	list, err := r.Reader.DecisionsByMID(contact, mid)
	return each(list, err, r.openDecision)
}

func (r *reader) Send(id string) (storage.Send, error) {
	s, err := r.Reader.Send(id)
	return only(s, err, r.openSend)
}

func (r *reader) Sends(contact string) ([]storage.Send, error) {
	list, err := r.Reader.Sends(contact)
	return work(list, err, r.openSend)
}

func (r *reader) SendsIn(state string, limit int) ([]storage.Send, error) {
	list, err := r.Reader.SendsIn(state, limit)
	return work(list, err, r.openSend)
}

func (r *reader) SettledSends(contact string, limit int) ([]storage.Send, error) {
	list, err := r.Reader.SettledSends(contact, limit)
	return each(list, err, r.openSend)
}

func (r *reader) SendByMID(contact, mid string) (storage.Send, error) {
	s, err := r.Reader.SendByMID(contact, mid)
	return only(s, err, r.openSend)
}

func (r *reader) Salt(contact string) ([]byte, error) {
	salt, err := r.Reader.Salt(contact)
	if err == nil {
		err = r.openBytes(&salt, "salt", contact)
	}
	return salt, err
}

func (r *reader) Strays(after int64, limit int) ([]storage.Stray, error) {
	list, err := r.Reader.Strays(after, limit)
	return each(list, err, r.openStray)
}

func (r *reader) Pending(now time.Time, limit int) ([]storage.Input, error) {
	list, err := r.Reader.Pending(now, limit)
	return work(list, err, r.openInput)
}

func (r *reader) DueTimers(now time.Time, limit int) ([]storage.Timer, error) {
	list, err := r.Reader.DueTimers(now, limit)
	return work(list, err, r.openTimer)
}

func (r *reader) Orphans(limit int) ([]storage.Send, error) {
	list, err := r.Reader.Orphans(limit)
	return work(list, err, r.openSend)
}
