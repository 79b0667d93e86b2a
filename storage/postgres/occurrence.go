package postgres

import (
	"github.com/relance-bot/relance/storage"
)

const (
	occurrenceColumns = `trigger_id, id, flow, topic, zone, event, at, expires, state, cursor, counts, campaign`

	sqlOccurrence    = `SELECT ` + occurrenceColumns + ` FROM occurrences WHERE trigger_id = $1::text AND id = $2::text`
	sqlRecent        = `SELECT ` + occurrenceColumns + ` FROM occurrences ORDER BY at DESC, trigger_id DESC, id DESC LIMIT $1::bigint`
	sqlOccurrencesIn = `SELECT ` + occurrenceColumns + ` FROM occurrences
		WHERE state = $1::text ORDER BY at, trigger_id, id LIMIT $2::bigint`
	sqlPutOccurrences = `INSERT INTO occurrences (` + occurrenceColumns + `)
		SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::bytea[], $7::bigint[], $8::bigint[],
			$9::text[], $10::text[], $11::bytea[], $12::text[])
		ON CONFLICT (trigger_id, id) DO UPDATE SET flow = excluded.flow, topic = excluded.topic, zone = excluded.zone,
			event = excluded.event, at = excluded.at, expires = excluded.expires, state = excluded.state,
			cursor = excluded.cursor, counts = excluded.counts, campaign = excluded.campaign`

	lockRow     = ` FOR NO KEY UPDATE`
	lockSkipped = ` FOR NO KEY UPDATE SKIP LOCKED`
)

type occurrenceKey struct{ trigger, id string }

func scanOccurrence(r *row) (o storage.Occurrence) {
	o.Trigger, o.ID, o.Flow, o.Topic, o.Zone, o.Event = r.text(), r.text(), r.text(), r.text(), r.text(), r.bytes()
	o.At, o.Expires, o.State, o.Cursor, o.Counts = r.time(), r.time(), r.text(), r.text(), r.bytes()
	o.Campaign = r.text()
	return o
}

func (r reader) Occurrence(trigger, id string) (storage.Occurrence, error) {
	return single(r, scanOccurrence, sqlOccurrence, params{}.text(trigger).text(id))
}

func (r reader) Occurrences(state string, limit int) ([]storage.Occurrence, error) {
	return list(r, scanOccurrence, sqlOccurrencesIn, params{}.text(state).limit(limit))
}

func (r reader) PeekOccurrences(state string, limit int) ([]storage.Occurrence, error) {
	return r.Occurrences(state, limit)
}

func (r reader) RecentOccurrences(limit int) ([]storage.Occurrence, error) {
	return list(r, scanOccurrence, sqlRecent, params{}.limit(limit))
}

func (t *transaction) keepOccurrence(o storage.Occurrence) *item[storage.Occurrence] {
	it := t.occurrenceOf(o.Trigger, o.ID)
	it.refresh(o)
	return it
}

func (t *transaction) occurrenceOf(trigger, id string) *item[storage.Occurrence] {
	key := occurrenceKey{trigger, id}
	it, ok := t.occurs[key]
	if !ok {
		it = &item[storage.Occurrence]{}
		t.occurs[key] = it
	}
	return it
}

// Occurrence locks what it returns: who reads one in a write is about to change it.
func (t *transaction) Occurrence(trigger, id string) (storage.Occurrence, error) {
	it := t.occurs[occurrenceKey{trigger, id}]
	if !it.known() {
		o, err := one(t.c, scanOccurrence, sqlOccurrence+lockRow, params{}.text(trigger).text(id))
		if err != nil && t.c.failed != nil {
			return o, err
		}
		it = t.occurrenceOf(trigger, id)
		if err == nil {
			it.refresh(o)
		}
		it.absent = !it.stored
	}
	if !it.there {
		return storage.Occurrence{}, storage.ErrNotFound
	}
	return it.value, nil
}

// Occurrences locks what it returns and leaves out what others have locked.
func (t *transaction) Occurrences(state string, limit int) (found []storage.Occurrence, err error) {
	err = t.send(step{query: sqlOccurrencesIn + lockSkipped, params: params{}.text(state).limit(limit), row: func(r *row) {
		found = append(found, t.keepOccurrence(scanOccurrence(r)).value)
	}})
	return found, err
}

func (t *transaction) PeekOccurrences(state string, limit int) ([]storage.Occurrence, error) {
	if !t.dirtyOccurrences.empty() {
		if err := t.flush(); err != nil {
			return nil, err
		}
	}
	return t.reader.PeekOccurrences(state, limit)
}

func (t *transaction) RecentOccurrences(limit int) ([]storage.Occurrence, error) {
	if err := t.flush(); err != nil {
		return nil, err
	}
	return t.reader.RecentOccurrences(limit)
}

func (t *transaction) PutOccurrence(o storage.Occurrence) error {
	t.dirtyOccurrences.put(t, t.occurrenceOf(o.Trigger, o.ID), o, true)
	return nil
}

func (t *transaction) flushOccurrences() (steps []step) {
	kept, _ := t.dirtyOccurrences.take()
	rows := t.table()
	for _, it := range kept {
		o := &it.value
		it.stored, t.left = true, true
		rows.text(o.Trigger).text(o.ID).text(o.Flow).text(o.Topic).text(o.Zone).bytes(o.Event).time(o.At).time(o.Expires).
			text(o.State).text(o.Cursor).bytes(o.Counts).text(o.Campaign).next()
	}
	return tables(steps, sqlPutOccurrences, rows)
}
