package postgres

import (
	"cmp"
	"slices"
	"time"

	"github.com/relance-bot/relance/storage"
)

const (
	timerColumns = `contact, kind, key, at, body`

	// Timers of contacts and of nobody are two ranges.
	sqlDueTimers = `SELECT ` + timerColumns + ` FROM timers
		WHERE contact <> '' AND at <= $1::bigint ORDER BY at, contact, kind, key LIMIT $2::bigint`
	sqlDueSchedules = `SELECT ` + timerColumns + ` FROM timers
		WHERE contact = '' AND at <= $1::bigint ORDER BY at, kind, key LIMIT $2::bigint`
	sqlTakeTimers = `SELECT t.contact, t.kind, t.key, t.at, t.body, c.known FROM timers t JOIN contacts c ON c.id = t.contact
		WHERE t.contact <> '' AND t.at <= $1::bigint ORDER BY t.at, t.contact, t.kind, t.key LIMIT $2::bigint
		FOR NO KEY UPDATE OF t, c SKIP LOCKED`
	sqlNextTimer = `SELECT least((SELECT at FROM timers WHERE contact = '' ORDER BY at LIMIT 1),
		(SELECT at FROM timers WHERE contact <> '' ORDER BY at LIMIT 1))`
	sqlTimers = `SELECT ` + timerColumns + ` FROM timers WHERE contact = $1::text ORDER BY kind, key`

	sqlCountTimers = `SELECT key, count(*) FROM timers WHERE contact <> '' AND kind = $1::text GROUP BY key`

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
	in := params{}.int(millis(now)).limit(limit)
	schedules, err := list(r, scanTimer, sqlDueSchedules, in)
	if err != nil {
		return nil, err
	}
	timers, err := list(r, scanTimer, sqlDueTimers, in)
	if err != nil {
		return nil, err
	}
	return earliestFirst(append(schedules, timers...), limit), nil
}

func earliestFirst(timers []storage.Timer, limit int) []storage.Timer {
	slices.SortFunc(timers, func(a, b storage.Timer) int {
		return cmp.Or(a.At.Compare(b.At), cmp.Compare(a.Contact, b.Contact), cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Key, b.Key))
	})
	if limit > 0 && len(timers) > limit {
		timers = timers[:limit]
	}
	return timers
}

func (r reader) NextTimer() (time.Time, bool, error) { return r.earliest(sqlNextTimer, nil) }

func (r reader) Timers(contact string) ([]storage.Timer, error) {
	return list(r, scanTimer, sqlTimers, params{}.text(contact))
}

func (r reader) CountTimers(kind string) (map[string]int, error) {
	out := map[string]int{}
	_, err := list(r, func(row *row) (key string) {
		key = row.text()
		out[key] = int(row.int())
		return key
	}, sqlCountTimers, params{}.text(kind))
	return out, err
}

func (t *transaction) CountTimers(kind string) (map[string]int, error) {
	if err := t.flush(); err != nil {
		return nil, err
	}
	return t.reader.CountTimers(kind)
}

// DueTimers locks what it returns, and the contacts, and leaves out what others
// have locked.
func (t *transaction) DueTimers(now time.Time, limit int) (due []storage.Timer, err error) {
	in := params{}.int(millis(now)).limit(limit)
	keep := func(r *row) storage.Timer {
		timer := scanTimer(r)
		t.keepTimer(timer)
		due = append(due, timer)
		return timer
	}
	err = t.send(step{query: sqlDueSchedules + lockSkipped, params: in, row: func(r *row) { keep(r) }},
		step{query: sqlTakeTimers, params: in, row: func(r *row) { t.take(keep(r).Contact, r.bool()) }})
	return earliestFirst(due, limit), err
}

func (t *transaction) NextTimer() (time.Time, bool, error) {
	if err := t.flush(); err != nil {
		return time.Time{}, false, err
	}
	return t.reader.NextTimer()
}

// Timers reads those of nobody anew each time: other processes change them too.
func (t *transaction) Timers(contact string) (found []storage.Timer, err error) {
	if contact == nobody {
		if err := t.flush(); err != nil {
			return nil, err
		}
		return t.reader.Timers(nobody)
	}
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
	if !it.there && !it.dirty && p.loaded&partTimers != 0 && contact != nobody {
		return nil // there is none
	}
	t.dirtyTimers.put(t, it, it.value, false)
	return nil
}

func (t *transaction) flushTimers() (steps []step) {
	kept, gone := t.dirtyTimers.take()
	put, deleted := t.table(), t.table()
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
