package sqlite

import (
	"errors"
	"time"

	"github.com/relance-bot/relance/storage"
)

const (
	timerColumns = `c.id, w.word, t.key, t.at, t.body`

	// Many may be due at one instant: of those, contacts come in order of their
	// numbers, so that the index says where to stop.
	sqlDueTimers = `SELECT ` + timerColumns + ` FROM timers t
		CROSS JOIN contacts c ON c.number = t.contact CROSS JOIN words w ON w.number = t.kind
		WHERE t.at <= ?1 ORDER BY t.at, t.contact, w.word, t.key LIMIT ?2`
	sqlNextTimer = `SELECT min(at) FROM timers HAVING min(at) IS NOT NULL`
	sqlTimers    = `SELECT ` + timerColumns + ` FROM contacts c
		CROSS JOIN timers t ON t.contact = c.number CROSS JOIN words w ON w.number = t.kind
		WHERE c.id = ?1 ORDER BY w.word, t.key`
	sqlPutTimer = `INSERT INTO timers (contact, kind, key, at, body) VALUES (?1, ?2, ?3, ?4, ?5)
		ON CONFLICT (contact, kind, key) DO UPDATE SET at = ?4, body = ?5`
	sqlDeleteTimer = `DELETE FROM timers WHERE contact = ?1 AND kind = ?2 AND key = ?3`
)

func scanTimer(row scanner) (t storage.Timer, err error) {
	var at int64
	err = row.Scan(&t.Contact, &t.Kind, &t.Key, &at, &t.Body)
	t.At = instant(at)
	return t, err
}

func (r reader) DueTimers(now time.Time, limit int) ([]storage.Timer, error) {
	return many(r.c, scanTimer, sqlDueTimers, millis(now), bounded(limit))
}

func (r reader) NextTimer() (time.Time, bool, error) { return r.earliest(sqlNextTimer) }

// earliest reads the one time a query answers with, if it answers.
func (r reader) earliest(query string, in ...any) (at time.Time, ok bool, err error) {
	var ms int64
	err = r.c.row(query, in, &ms)
	if errors.Is(err, storage.ErrNotFound) {
		return time.Time{}, false, nil
	}
	return instant(ms), err == nil, err
}

func (r reader) Timers(contact string) ([]storage.Timer, error) {
	return many(r.c, scanTimer, sqlTimers, contact)
}

func (t *transaction) PutTimer(timer storage.Timer) error {
	contact, err := t.number(timer.Contact)
	if err != nil {
		return err
	}
	kind, err := t.word(timer.Kind)
	if err != nil {
		return err
	}
	return t.c.exec(sqlPutTimer, contact, kind, timer.Key, millis(timer.At), timer.Body)
}

func (t *transaction) DeleteTimer(contact, kind, key string) error {
	of, found, err := t.c.find(contact)
	if err != nil || !found {
		return err
	}
	what, found, err := t.c.findWord(kind)
	if err != nil || !found {
		return err
	}
	return t.c.exec(sqlDeleteTimer, of, what, key)
}
