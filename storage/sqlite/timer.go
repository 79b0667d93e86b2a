package sqlite

import (
	"errors"
	"time"

	"github.com/relance-bot/relance/storage"
)

const (
	timerColumns = `contact, kind, key, at, body`

	sqlDueTimers = `SELECT ` + timerColumns + ` FROM timers
		WHERE at <= ?1 ORDER BY at, contact, kind, key LIMIT ?2`
	sqlNextTimer = `SELECT min(at) FROM timers HAVING min(at) IS NOT NULL`
	sqlTimers    = `SELECT ` + timerColumns + ` FROM timers WHERE contact = ?1 ORDER BY kind, key`
	sqlPutTimer  = `INSERT INTO timers (` + timerColumns + `) VALUES (?1, ?2, ?3, ?4, ?5)
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
	return t.c.exec(sqlPutTimer, timer.Contact, timer.Kind, timer.Key, millis(timer.At), timer.Body)
}

func (t *transaction) DeleteTimer(contact, kind, key string) error {
	return t.c.exec(sqlDeleteTimer, contact, kind, key)
}
