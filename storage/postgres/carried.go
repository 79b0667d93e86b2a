package postgres

import (
	"cmp"
	"errors"
	"slices"

	"github.com/relance-bot/relance/storage"
)

// PutNotification implements storage.OutboxWriter.
func (t *transaction) PutNotification(s storage.Send, carried []storage.Decision) error {
	for _, d := range carried {
		if err := t.PutDecision(d); err != nil {
			return err
		}
	}
	if err := t.PutSend(s); err != nil || len(carried) != 1 || t.careful {
		return err
	}
	it := t.decisionOf(decisionKey{carried[0].Contact, carried[0].Trigger, carried[0].Occurrence})
	it.absent = !it.stored
	t.sends[s.ID].value.carries = it
	return nil
}

// AcceptNotification implements storage.OutboxWriter.
func (t *transaction) AcceptNotification(id string, carried []storage.Decision) error {
	it, err := t.sendOf(id)
	if err != nil {
		return err
	}
	var f *flight
	if it != nil && it.value.inFlight() {
		if f = it.value.flight; !f.carries(carried) {
			if err := t.unseat(t.person(it.value.Contact)); err != nil {
				return err
			}
			f = nil
		}
	}
	for _, d := range carried {
		if f == nil {
			_, err := t.Decision(d.Contact, d.Trigger, d.Occurrence)
			if errors.Is(err, storage.ErrNotFound) {
				continue // whoever asks next must not be told of it
			}
			if err != nil {
				return err
			}
		}
		it := t.decisions[decisionKey{d.Contact, d.Trigger, d.Occurrence}]
		t.touch(d.Contact)
		t.putDecision(decision{Decision: d, accepted: it == nil || !it.dirty || it.value.accepted, flight: f})
	}
	if it != nil {
		t.dirtySends.put(t, it, it.value, false)
	}
	return nil
}

// fetchCarried asks for the decisions that sends carried.
func (t *transaction) fetchCarried(sends []string) step {
	for _, id := range sends {
		t.carried[id] = t.carried[id][:0]
	}
	return step{query: sqlCarriedBy, params: params{}.texts(sends), row: func(r *row) {
		d := scanDecision(r)
		t.keepDecision(d)
		t.carried[d.Send] = append(t.carried[d.Send], d.key())
	}}
}

// DecisionsBySend fetches those of all sends at hand at once.
func (t *transaction) DecisionsBySend(id string) ([]storage.Decision, error) {
	if id == "" {
		return nil, nil
	}
	it, err := t.sendOf(id)
	if err != nil {
		return nil, err
	}
	if it != nil && it.value.inFlight() {
		if err := t.unseat(t.person(it.value.Contact)); err != nil {
			return nil, err
		}
	}
	if _, ok := t.carried[id]; !ok {
		ids := []string{id}
		for other, it := range t.sends {
			if _, known := t.carried[other]; !known && it.there && !it.value.inFlight() && other != id && len(ids) < maxTogether {
				ids = append(ids, other)
			}
		}
		if err := t.c.run(t.fetchCarried(ids)); err != nil {
			return nil, err
		}
	}
	// What others have in hand is read again under the lock.
	var strangers []string
	for _, key := range t.carried[id] {
		if !t.person(key.contact).locked {
			strangers = append(strangers, key.contact)
		}
	}
	if len(strangers) > 0 {
		if err := t.load(wanted{parts: partContact, contacts: strangers}); err != nil {
			return nil, err
		}
		if err := t.c.run(t.fetchCarried([]string{id})); err != nil {
			return nil, err
		}
	}
	var found []storage.Decision
	seen := make(map[decisionKey]bool)
	add := func(it *item[decision]) {
		if key := it.value.key(); it.there && it.value.Send == id && !seen[key] {
			seen[key] = true
			found = append(found, it.value.Decision)
		}
	}
	for _, key := range t.carried[id] {
		add(t.decisions[key])
	}
	for _, it := range t.dirtyDecisions {
		add(it)
	}
	slices.SortFunc(found, func(a, b storage.Decision) int {
		return cmp.Or(a.At.Compare(b.At), cmp.Compare(a.Contact, b.Contact), cmp.Compare(a.Trigger, b.Trigger), cmp.Compare(a.Occurrence, b.Occurrence))
	})
	return found, nil
}
