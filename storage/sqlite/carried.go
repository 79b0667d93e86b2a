package sqlite

import (
	"errors"
	"slices"
	"time"

	"github.com/relance-bot/relance/storage"
)

// The decisions that a notification carries stand with it in the log while it is in flight
// (inflight.go). They get their rows, with the platform's id, when it is accepted, or when it
// lands. Those who read a snapshot find them in the log; in a transaction, whoever asks for
// them, or puts one, lands them.

// PutNotification implements storage.OutboxWriter.
func (t *transaction) PutNotification(s storage.Send, carried []storage.Decision) error {
	if err := t.openInflight(); err != nil {
		return err
	}
	if s.State == storage.SendClaimed && s.Seq == 0 && t.inflight.byID[s.ID] == nil {
		may, err := t.mayFly(&s)
		if err != nil {
			return err
		}
		if may {
			return t.fly(&s, carried)
		}
	}
	for i := range carried {
		if err := t.PutDecision(carried[i]); err != nil {
			return err
		}
	}
	return t.PutSend(s)
}

// AcceptNotification implements storage.OutboxWriter.
func (t *transaction) AcceptNotification(id string, carried []storage.Decision) error {
	if err := t.openInflight(); err != nil {
		return err
	}
	f := t.inflight.byID[id]
	if f == nil || f.carries == 0 || f.carries != len(carried) {
		if err := t.landCarrying(id); err != nil {
			return err
		}
		for i := range carried {
			if err := t.acceptDecision(&carried[i]); err != nil {
				return err
			}
		}
		return t.DeleteSend(id)
	}
	if err := t.leave(f); err != nil {
		return err
	}
	for i := range carried {
		if err := t.insertDecision(&carried[i]); err != nil {
			return err
		}
	}
	return nil
}

// landCarrying lands a send in flight that carries something.
func (t *transaction) landCarrying(id string) error {
	if f := t.inflight.byID[id]; f != nil && f.carries > 0 {
		return t.land(f)
	}
	return nil
}

// carried are the decisions that stand in the log, of those who are wanted.
func (r reader) carried(wanted func(f *flight) bool) (list []storage.Decision, err error) {
	found, err := r.inFlight(func(f *flight) bool { return f.carries > 0 && wanted(f) })
	if err != nil {
		return nil, err
	}
	for i := range found {
		for j := range found[i].carried {
			d, err := r.spell(&found[i].carried[j])
			if err != nil {
				return nil, err
			}
			list = append(list, d)
		}
	}
	return list, nil
}

func (r reader) carriedTo(contact string) ([]storage.Decision, error) {
	return r.carried(func(f *flight) bool { return f.contact == contact })
}

func (r reader) Decision(contact, trigger, occurrence string) (storage.Decision, error) {
	d, err := r.storedDecision(contact, trigger, occurrence)
	if !errors.Is(err, storage.ErrNotFound) {
		return d, err
	}
	list, err := r.carriedTo(contact)
	if err != nil {
		return d, err
	}
	i := slices.IndexFunc(list, func(d storage.Decision) bool { return d.Trigger == trigger && d.Occurrence == occurrence })
	if i < 0 {
		return d, storage.ErrNotFound
	}
	return list[i], nil
}

func (r reader) Decisions(q storage.DecisionQuery) ([]storage.Decision, error) {
	stored, err := r.storedDecisions(q)
	if err != nil {
		return nil, err
	}
	list, err := r.carried(func(f *flight) bool { return q.Contact == "" || f.contact == q.Contact })
	if err != nil {
		return nil, err
	}
	list = slices.DeleteFunc(list, func(d storage.Decision) bool {
		return q.Flow != "" && d.Flow != q.Flow || q.Trigger != "" && d.Trigger != q.Trigger || q.Topic != "" && d.Topic != q.Topic ||
			len(q.Kinds) > 0 && !slices.Contains(q.Kinds, d.Kind) || !q.Since.IsZero() && millis(d.At) < millis(q.Since)
	})
	if len(list) == 0 {
		return stored, nil
	}
	slices.Reverse(list) // the newest first
	list = append(list, stored...)
	slices.SortStableFunc(list, func(a, b storage.Decision) int { return b.At.Compare(a.At) })
	return list[:min(len(list), limitOf(q))], nil
}

func (r reader) DecisionsBySend(send string) ([]storage.Decision, error) {
	if send == "" {
		return nil, nil
	}
	list, err := r.storedBySend(send)
	if err == nil && len(list) == 0 {
		list, err = r.carried(func(f *flight) bool { return f.id == send })
	}
	return list, err
}

func (r reader) Lives(after string, limit int) ([]storage.Life, error) {
	carried, err := r.carried(func(*flight) bool { return true })
	if err != nil {
		return nil, err
	}
	of := make(map[string][]storage.Decision)
	for _, d := range carried {
		d.Event, d.Next, d.Expires = nil, time.Time{}, time.Time{}
		of[d.Contact] = append(of[d.Contact], d)
	}
	return r.lives(after, limit, of)
}

func (t *transaction) Decision(contact, trigger, occurrence string) (storage.Decision, error) {
	if err := t.landContact(contact); err != nil {
		return storage.Decision{}, err
	}
	return t.storedDecision(contact, trigger, occurrence)
}

func (t *transaction) Decisions(q storage.DecisionQuery) ([]storage.Decision, error) {
	land := func() error { return t.landContact(q.Contact) }
	if q.Contact == "" {
		land = t.landAll
	}
	if err := land(); err != nil {
		return nil, err
	}
	return t.storedDecisions(q)
}

func (t *transaction) DecisionsBySend(send string) ([]storage.Decision, error) {
	if err := t.openInflight(); err != nil {
		return nil, err
	}
	if err := t.landCarrying(send); err != nil {
		return nil, err
	}
	return t.storedBySend(send)
}

func (t *transaction) Lives(after string, limit int) ([]storage.Life, error) {
	if err := t.landAll(); err != nil {
		return nil, err
	}
	return t.lives(after, limit, nil)
}
