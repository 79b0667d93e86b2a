package sqlite

import (
	"errors"
	"time"

	"github.com/relance-bot/relance/storage"
)

const (
	timerColumns = `p.word, t.person, k.word, t.key, t.at, t.body`
	timerWords   = ` CROSS JOIN words p ON p.number = t.page CROSS JOIN words k ON k.number = t.kind `

	// Many may be due at one instant: contacts come in the order they have in the
	// index, so that it says where to stop.
	sqlDueTimers = `SELECT ` + timerColumns + ` FROM timers t` + timerWords + `
		WHERE t.at <= ?1 ORDER BY t.at, t.page, t.person, k.word, t.key LIMIT ?2`
	sqlNextTimer = `SELECT at FROM timers ORDER BY at LIMIT 1`
	sqlTimers    = `SELECT ` + timerColumns + ` FROM timers t` + timerWords + `
		WHERE t.page = ?1 AND t.person = ?2 ORDER BY k.word, t.key`
	sqlPutTimer = `INSERT INTO timers (page, person, kind, key, at, body) VALUES (?1, ?2, ?3, ?4, ?5, ?6)
		ON CONFLICT (page, person, kind, key) DO UPDATE SET at = ?5, body = ?6`
	sqlDeleteTimer = `DELETE FROM timers WHERE page = ?1 AND person = ?2 AND kind = ?3 AND key = ?4`
)

func scanTimer(row scanner) (t storage.Timer, err error) {
	var at int64
	var page string
	var person any
	err = row.Scan(&page, &person, &t.Kind, &t.Key, &at, &t.Body)
	t.Contact, t.At = contactOf(page, person), instant(at)
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
	page, person, found, err := r.c.findContact(contact)
	if err != nil || !found {
		return nil, err
	}
	return many(r.c, scanTimer, sqlTimers, page, person)
}

func (t *transaction) PutTimer(timer storage.Timer) error {
	page, person, err := t.contact(timer.Contact)
	if err != nil {
		return err
	}
	kind, err := t.word(timer.Kind)
	if err != nil {
		return err
	}
	return t.c.exec(sqlPutTimer, page, person, kind, timer.Key, millis(timer.At), timer.Body)
}

func (t *transaction) DeleteTimer(contact, kind, key string) error {
	page, person, found, err := t.c.findContact(contact)
	if err != nil || !found {
		return err
	}
	what, found, err := t.c.findWord(kind)
	if err != nil || !found {
		return err
	}
	return t.c.exec(sqlDeleteTimer, page, person, what, key)
}
