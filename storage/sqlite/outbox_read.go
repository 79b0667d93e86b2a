package sqlite

import (
	"cmp"
	"errors"
	"slices"

	"github.com/relance-bot/relance/storage"
)

// What is in flight (inflight.go) is found in its log by those who read a snapshot, and in
// memory by the writer.

func (r reader) Send(id string) (storage.Send, error) {
	s, err := one(r.c, scanSend, sqlSend, id)
	if !errors.Is(err, storage.ErrNotFound) {
		return s, err
	}
	found, err := r.inFlight(func(f *flight) bool { return f.id == id })
	if err == nil && len(found) == 0 {
		err = storage.ErrNotFound
	}
	if err != nil {
		return storage.Send{}, err
	}
	return found[0].Send, nil
}

// Sends has what is in flight first: nothing stood before it when it was put.
func (r reader) Sends(contact string) ([]storage.Send, error) {
	found, err := r.inFlight(func(f *flight) bool { return f.contact == contact })
	if err != nil {
		return nil, err
	}
	landed, err := many(r.c, scanSend, sqlSends, contact)
	return append(sendsOf(found), landed...), err
}

func sendsOf(list []aloft) (sends []storage.Send) {
	for i := range list {
		sends = append(sends, list[i].Send)
	}
	return sends
}

func (r reader) SendsIn(state string, limit int) ([]storage.Send, error) {
	switch state {
	case storage.SendClaimed:
		found, err := r.inFlight(func(*flight) bool { return true })
		if err != nil {
			return nil, err
		}
		return r.claimed(sendsOf(found), limit)
	case storage.SendWaiting:
		return many(r.c, scanSend, sqlWaiting, bounded(limit))
	}
	n, err := stateNumber(state)
	if err != nil {
		return nil, err
	}
	return many(r.c, scanSend, sqlSendsIn, n, bounded(limit))
}

// claimed are the claimed sends, with those in flight.
func (r reader) claimed(inFlight []storage.Send, limit int) ([]storage.Send, error) {
	list, err := many(r.c, scanSend, sqlClaimed, bounded(limit))
	if err != nil {
		return nil, err
	}
	list = append(list, inFlight...)
	slices.SortFunc(list, func(a, b storage.Send) int { return cmp.Or(a.Ready.Compare(b.Ready), cmp.Compare(a.ID, b.ID)) })
	if limit > 0 {
		list = list[:min(limit, len(list))]
	}
	return list, nil
}

func (r reader) Orphans(limit int) ([]storage.Send, error) {
	return many(r.c, scanSend, sqlOrphans, bounded(limit))
}

func (r reader) SendByMID(contact, mid string) (storage.Send, error) {
	return one(r.c, scanSend, sqlSendByMID, contact, mid)
}

func (r reader) SettledSends(contact string, limit int) ([]storage.Send, error) {
	return many(r.c, scanSend, sqlSettledSends, contact, bounded(limit))
}

func (t *transaction) Send(id string) (storage.Send, error) {
	if err := t.openInflight(); err != nil {
		return storage.Send{}, err
	}
	if f := t.inflight.byID[id]; f != nil {
		s, _, err := t.flightOf(f)
		return s, err
	}
	return one(t.c, scanSend, sqlSend, id)
}

func (t *transaction) Sends(contact string) ([]storage.Send, error) {
	if err := t.openInflight(); err != nil {
		return nil, err
	}
	landed, err := many(t.c, scanSend, sqlSends, contact)
	f := t.inflight.byContact[contact]
	if err != nil || f == nil {
		return landed, err
	}
	s, _, err := t.flightOf(f)
	return append([]storage.Send{s}, landed...), err
}

func (t *transaction) SendsIn(state string, limit int) ([]storage.Send, error) {
	if state != storage.SendClaimed {
		return t.reader.SendsIn(state, limit)
	}
	if err := t.openInflight(); err != nil {
		return nil, err
	}
	logged, err := t.inFlight(func(f *flight) bool {
		known := t.inflight.byID[f.id]
		return known != nil && known.row != nil
	})
	if err != nil {
		return nil, err
	}
	found := sendsOf(logged)
	for _, c := range t.inflight.changes { // the log has not seen them
		if !c.came || c.gone {
			continue
		}
		s, _, err := t.flightOf(c.flight)
		if err != nil {
			return nil, err
		}
		found = append(found, s)
	}
	return t.claimed(found, limit)
}
