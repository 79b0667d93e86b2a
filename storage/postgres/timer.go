package postgres

import (
	"cmp"
	"slices"
	"time"

	"github.com/relance-bot/relance/storage"
)

const (
	timerColumns = `contact, kind, key, at, body`

	sqlDueTimers = `SELECT ` + timerColumns + ` FROM timers
		WHERE at <= $1::bigint ORDER BY at, contact, kind, key LIMIT $2::bigint`
	sqlTakeTimers = `SELECT t.contact, t.kind, t.key, t.at, t.body FROM timers t JOIN contacts c ON c.id = t.contact
		WHERE t.at <= $1::bigint ORDER BY t.at, t.contact, t.kind, t.key LIMIT $2::bigint
		FOR NO KEY UPDATE OF t, c SKIP LOCKED`
	sqlNextTimer = `SELECT min(at) FROM timers`
	sqlTimers    = `SELECT ` + timerColumns + ` FROM timers WHERE contact = $1::text ORDER BY kind, key`

	sqlPutTimers = `INSERT INTO timers (` + timerColumns + `)
		SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::bigint[], $5::bytea[])
		ON CONFLICT (contact, kind, key) DO UPDATE SET at = excluded.at, body = excluded.body`
	sqlDeleteTimers = `DELETE FROM timers t USING unnest($1::text[], $2::text[], $3::text[]) AS u (contact, kind, key)
		WHERE t.contact = u.contact AND t.kind = u.kind AND t.key = u.key`
)

type timerKey struct{ kind, key string }

func scanTimer(r *row) (t storage.Timer) {
	t.Contact, t.Kind, t.Key, t.At, t.Body = r.text(), r.text(), r.text(), r.time(), r.bytes()
	return t
}

func (r reader) DueTimers(now time.Time, limit int) ([]storage.Timer, error) {
	return list(r, scanTimer, sqlDueTimers, params{}.int(millis(now)).limit(limit))
}

func (r reader) NextTimer() (time.Time, bool, error) { return r.earliest(sqlNextTimer, nil) }

func (r reader) Timers(contact string) ([]storage.Timer, error) {
	return list(r, scanTimer, sqlTimers, params{}.text(contact))
}

// DueTimers locks what it returns, and the contacts, and leaves out what others
// have locked.
func (t *transaction) DueTimers(now time.Time, limit int) (due []storage.Timer, err error) {
	err = t.send(step{query: sqlTakeTimers, params: params{}.int(millis(now)).limit(limit), row: func(r *row) {
		timer := scanTimer(r)
		t.person(timer.Contact).locked = true
		t.keepTimer(timer)
		due = append(due, timer)
	}})
	return due, err
}

func (t *transaction) NextTimer() (time.Time, bool, error) {
	if err := t.flush(); err != nil {
		return time.Time{}, false, err
	}
	return t.reader.NextTimer()
}

func (t *transaction) Timers(contact string) (found []storage.Timer, err error) {
	p, err := t.with(contact, partTimers)
	if err != nil {
		return nil, err
	}
	for _, it := range p.timers {
		if it.there {
			found = append(found, it.value)
		}
	}
	slices.SortFunc(found, func(a, b storage.Timer) int {
		return cmp.Or(cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Key, b.Key))
	})
	return found, nil
}

func (p *person) timerOf(kind, key string) *item[storage.Timer] {
	k := timerKey{kind, key}
	it, ok := p.timers[k]
	if !ok {
		it = &item[storage.Timer]{value: storage.Timer{Contact: p.id, Kind: kind, Key: key}}
		if p.timers == nil {
			p.timers = make(map[timerKey]*item[storage.Timer])
		}
		p.timers[k] = it
	}
	return it
}

func (t *transaction) keepTimer(timer storage.Timer) {
	t.person(timer.Contact).timerOf(timer.Kind, timer.Key).refresh(timer)
}

func (t *transaction) PutTimer(timer storage.Timer) error {
	t.dirtyTimers.put(t, t.touch(timer.Contact).timerOf(timer.Kind, timer.Key), timer, true)
	return nil
}

func (t *transaction) DeleteTimer(contact, kind, key string) error {
	p := t.touch(contact)
	it := p.timerOf(kind, key)
	if !it.there && !it.dirty && p.loaded&partTimers != 0 {
		return nil // there is none
	}
	t.dirtyTimers.put(t, it, it.value, false)
	return nil
}

func (t *transaction) flushTimers() (steps []step) {
	kept, gone := t.dirtyTimers.take()
	var put, deleted table
	for _, it := range gone {
		deleted.text(it.value.Contact).text(it.value.Kind).text(it.value.Key).next()
		it.stored = false
	}
	for _, it := range kept {
		it.stored, t.left = true, true
		put.text(it.value.Contact).text(it.value.Kind).text(it.value.Key).time(it.value.At).bytes(it.value.Body).next()
	}
	return tables(steps, sqlDeleteTimers, deleted, sqlPutTimers, put)
}
