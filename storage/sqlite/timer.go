package sqlite

import (
	"errors"
	"strings"
	"time"

	"github.com/relance-bot/relance/storage"
)

const (
	timerColumns = `p.word, t.person, w.word, t.at, t.body`
	timerWords   = ` CROSS JOIN words p ON p.number = t.page CROSS JOIN words w ON w.number = t.what `

	// Many may be due at one instant: contacts come in the order they have in the
	// index, so that it says where to stop.
	sqlDueTimers = `SELECT ` + timerColumns + ` FROM timers t` + timerWords + `
		WHERE t.at <= ?1 ORDER BY t.at, t.page, t.person, w.word LIMIT ?2`
	sqlNextTimer = `SELECT at FROM timers ORDER BY at LIMIT 1`
	sqlTimers    = `SELECT ` + timerColumns + ` FROM timers t` + timerWords + `
		WHERE t.page = ?1 AND t.person = ?2 ORDER BY w.word`
	sqlCountTimers = `SELECT w.word, n.n FROM (SELECT what, count(*) AS n FROM timers WHERE page <> 0 OR person <> '' GROUP BY what) n
		CROSS JOIN words w ON w.number = n.what`
	sqlPutTimer = `INSERT INTO timers (page, person, what, at, body) VALUES (?1, ?2, ?3, ?4, ?5)
		ON CONFLICT (page, person, what) DO UPDATE SET at = ?4, body = ?5`
	sqlDeleteTimer = `DELETE FROM timers WHERE page = ?1 AND person = ?2 AND what = ?3`

	// timerSeparator stands between kind and key. As it comes before every other
	// byte, what is joined is ordered by kind and then by key.
	timerSeparator = "\x00"
)

func scanTimer(row scanner) (t storage.Timer, err error) {
	var at int64
	var page, what string
	var person any
	err = row.Scan(&page, &person, &what, &at, &t.Body)
	t.Contact, t.At = contactOf(page, person), instant(at)
	t.Kind, t.Key, _ = strings.Cut(what, timerSeparator)
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

func (r reader) CountTimers(kind string) (map[string]int, error) {
	out := map[string]int{}
	_, err := many(r.c, func(row scanner) (what string, err error) {
		n := 0
		err = row.Scan(&what, &n)
		if of, key, _ := strings.Cut(what, timerSeparator); of == kind {
			out[key] = n
		}
		return what, err
	}, sqlCountTimers)
	return out, err
}

func (t *transaction) PutTimer(timer storage.Timer) error {
	if strings.Contains(timer.Kind, timerSeparator) {
		return errors.New("the kind of a timer holds a zero byte")
	}
	page, person, err := t.contact(timer.Contact)
	if err != nil {
		return err
	}
	what, err := t.word(timer.Kind + timerSeparator + timer.Key)
	if err != nil {
		return err
	}
	return t.c.exec(sqlPutTimer, page, person, what, millis(timer.At), timer.Body)
}

func (t *transaction) DeleteTimer(contact, kind, key string) error {
	page, person, found, err := t.c.findContact(contact)
	if err != nil || !found {
		return err
	}
	what, found, err := t.c.findWord(kind + timerSeparator + key)
	if err != nil || !found {
		return err
	}
	return t.c.exec(sqlDeleteTimer, page, person, what)
}
