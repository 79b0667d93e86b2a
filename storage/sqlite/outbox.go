package sqlite

import (
	"cmp"
	"encoding/json"
	"errors"
	"slices"
	"time"

	"github.com/relance-bot/relance/storage"
)

const (
	sendColumns = `id, contact, seq, page, state, ready, attempt, bulk, topic, lane, body, at, claim_at, mid, error`

	// unsettled and flight are spelled as the indexes are.
	unsettled = `state IN ('pending', 'claimed', 'waiting')`
	flight    = `state IN ('claimed', 'waiting')`

	sqlSend      = `SELECT ` + sendColumns + ` FROM outbox WHERE id = ?1`
	sqlSends     = `SELECT ` + sendColumns + ` FROM outbox WHERE contact = ?1 AND ` + unsettled + ` ORDER BY seq`
	sqlSendByMID = `SELECT ` + sendColumns + ` FROM outbox WHERE mid = ?1 AND mid <> '' ORDER BY id LIMIT 1`
	sqlSendsIn   = `SELECT ` + sendColumns + ` FROM outbox WHERE state = ?1 ORDER BY id LIMIT ?2`
	// Few are in flight at a time, and they have an index.
	sqlSendsInFlight = `SELECT ` + sendColumns + ` FROM outbox WHERE ` + flight + ` AND state = ?1 ORDER BY id LIMIT ?2`

	// The pages are few and the sends many: each step looks for the next page.
	pagesCTE = `WITH RECURSIVE pages (page) AS (
			SELECT min(page) FROM outbox WHERE head = 1 AND state = 'pending'
			UNION ALL
			SELECT (SELECT min(page) FROM outbox WHERE head = 1 AND state = 'pending' AND page > pages.page)
			FROM pages WHERE page IS NOT NULL
		) `
	sqlPages    = pagesCTE + `SELECT page FROM pages WHERE page IS NOT NULL`
	sqlNextSend = pagesCTE + `SELECT min(ready) FROM (
			SELECT (SELECT min(ready) FROM outbox
				WHERE head = 1 AND state = 'pending' AND page = pages.page AND bulk = 0) AS ready FROM pages
			UNION ALL
			SELECT (SELECT min(ready) FROM outbox
				WHERE head = 1 AND state = 'pending' AND page = pages.page AND bulk = 1) FROM pages
			UNION ALL
			SELECT ready FROM outbox WHERE ` + flight + ` AND state = 'waiting' AND head = 1
		) HAVING min(ready) IS NOT NULL`

	sqlReady = `SELECT rowid, ready, seq FROM outbox
		WHERE head = 1 AND state = 'pending' AND page = ?1 AND bulk = ?2 AND ready <= ?3 ORDER BY ready, seq LIMIT ?4`
	sqlClaim = `UPDATE outbox SET state = 'claimed', claim_at = ?1
		WHERE rowid IN (SELECT value FROM json_each(?2)) RETURNING ` + sendColumns

	sqlSendState = `SELECT rowid, contact, seq, state, head FROM outbox WHERE id = ?1`
	sqlNewSend   = `INSERT INTO outbox (` + sendColumns + `, head)
		VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16)`
	sqlSetSend = `UPDATE outbox SET page = ?2, state = ?3, ready = ?4, attempt = ?5, bulk = ?6, topic = ?7, lane = ?8,
			body = ?9, at = ?10, claim_at = ?11, mid = ?12, error = ?13, head = ?14
		WHERE rowid = ?1`
	// The head of a line, and whether it is marked as such.
	sqlLineHead = `SELECT rowid, head, seq FROM outbox WHERE contact = ?1 AND ` + unsettled + ` ORDER BY seq LIMIT 1`
	sqlSetHead  = `UPDATE outbox SET head = ?2 WHERE rowid = ?1`
	sqlLineRest = `UPDATE outbox SET head = 0 WHERE contact = ?1 AND ` + unsettled + ` AND head = 1 AND rowid <> ?2`

	sqlPruneSends = `DELETE FROM outbox WHERE at < ?1 AND state IN ('sent', 'unknown', 'failed', 'dropped')`
)

func scanSend(row scanner) (s storage.Send, err error) {
	var ready, at, claimed int64
	err = row.Scan(&s.ID, &s.Contact, &s.Seq, &s.Page, &s.State, &ready, &s.Attempt, &s.Bulk, &s.Topic, &s.Lane, &s.Body,
		&at, &claimed, &s.MID, &s.Error)
	s.Ready, s.At, s.ClaimAt = instant(ready), instant(at), instant(claimed)
	return s, err
}

func (r reader) Send(id string) (storage.Send, error) { return one(r.c, scanSend, sqlSend, id) }

func (r reader) Sends(contact string) ([]storage.Send, error) {
	return many(r.c, scanSend, sqlSends, contact)
}

func (r reader) SendsIn(state string, limit int) ([]storage.Send, error) {
	if state == storage.SendClaimed || state == storage.SendWaiting {
		return many(r.c, scanSend, sqlSendsInFlight, state, bounded(limit))
	}
	return many(r.c, scanSend, sqlSendsIn, state, bounded(limit))
}

func (r reader) SendByMID(mid string) (storage.Send, error) {
	return one(r.c, scanSend, sqlSendByMID, mid)
}

func (r reader) NextSend() (time.Time, bool, error) { return r.earliest(sqlNextSend) }

// inLine reports whether a send of this state holds back later ones.
func inLine(state string) bool {
	switch state {
	case storage.SendPending, storage.SendClaimed, storage.SendWaiting:
		return true
	}
	return false
}

func (t *transaction) PutSend(s storage.Send) error {
	var (
		row, seq       int64
		contact, state string
		head           bool
	)
	err := t.c.row(sqlSendState, args{s.ID}, &row, &contact, &seq, &state, &head)
	if errors.Is(err, storage.ErrNotFound) {
		return t.newSend(s)
	}
	if err != nil {
		return err
	}
	// A send keeps its place in the line it was put in.
	stays := inLine(s.State)
	err = t.c.exec(sqlSetSend, row, s.Page, s.State, millis(s.Ready), s.Attempt, s.Bulk, s.Topic, s.Lane, s.Body,
		millis(s.At), millis(s.ClaimAt), s.MID, s.Error, head && stays)
	if err != nil || inLine(state) == stays || (inLine(state) && !head) {
		return err
	}
	return t.settleLine(contact)
}

// newSend puts a send at the end of its contact's line, or where its Seq says.
func (t *transaction) newSend(s storage.Send) (err error) {
	if s.Seq == 0 {
		s.Seq, err = t.next(counterOutbox)
	} else {
		err = t.reach(counterOutbox, s.Seq)
	}
	if err != nil {
		return err
	}
	head, before := inLine(s.State), false
	if head {
		var row, seq int64
		var marked bool
		err := t.c.row(sqlLineHead, args{s.Contact}, &row, &marked, &seq)
		switch {
		case err == nil:
			head, before = false, s.Seq < seq
		case !errors.Is(err, storage.ErrNotFound):
			return err
		}
	}
	err = t.c.exec(sqlNewSend, s.ID, s.Contact, s.Seq, s.Page, s.State, millis(s.Ready), s.Attempt, s.Bulk, s.Topic, s.Lane,
		s.Body, millis(s.At), millis(s.ClaimAt), s.MID, s.Error, head)
	if err != nil || !before {
		return err
	}
	return t.settleLine(s.Contact)
}

// settleLine marks the head of a contact's line after a change at its front.
func (t *transaction) settleLine(contact string) error {
	var row, seq int64
	var marked bool
	err := t.c.row(sqlLineHead, args{contact}, &row, &marked, &seq)
	if errors.Is(err, storage.ErrNotFound) {
		return nil
	}
	if err != nil || marked {
		return err
	}
	if err := t.c.exec(sqlLineRest, contact, row); err != nil {
		return err
	}
	return t.c.exec(sqlSetHead, row, true)
}

// place is where a send stands among those that may go.
type place struct{ row, ready, seq int64 }

func (t *transaction) ClaimSends(now time.Time, limit int, skip []string) ([]storage.Send, error) {
	if limit <= 0 {
		return nil, nil
	}
	pages, err := many(t.c, scanText, sqlPages)
	if err != nil {
		return nil, err
	}
	pages = slices.DeleteFunc(pages, func(page string) bool { return slices.Contains(skip, page) })

	var rows []int64
	for _, bulk := range []bool{false, true} {
		found, err := t.ready(pages, bulk, now, limit-len(rows))
		if err != nil {
			return nil, err
		}
		for _, p := range found {
			rows = append(rows, p.row)
		}
	}
	if len(rows) == 0 {
		return nil, nil
	}
	list, err := json.Marshal(rows)
	if err != nil {
		return nil, err
	}
	sends, err := many(t.c, scanSend, sqlClaim, millis(now), string(list))
	if err != nil {
		return nil, err
	}
	slices.SortFunc(sends, func(a, b storage.Send) int {
		if a.Bulk != b.Bulk {
			if b.Bulk {
				return -1
			}
			return 1
		}
		return cmp.Or(a.Ready.Compare(b.Ready), cmp.Compare(a.Seq, b.Seq))
	})
	return sends, nil
}

// ready finds the sends that may go, earliest first. Each page is asked on its
// own: one that is skipped may have a long row of them.
func (t *transaction) ready(pages []string, bulk bool, now time.Time, limit int) ([]place, error) {
	if limit <= 0 {
		return nil, nil
	}
	var all []place
	for _, page := range pages {
		found, err := many(t.c, func(row scanner) (p place, err error) {
			err = row.Scan(&p.row, &p.ready, &p.seq)
			return p, err
		}, sqlReady, page, bulk, millis(now), limit)
		if err != nil {
			return nil, err
		}
		all = append(all, found...)
	}
	if len(pages) > 1 {
		slices.SortFunc(all, func(a, b place) int { return cmp.Or(cmp.Compare(a.ready, b.ready), cmp.Compare(a.seq, b.seq)) })
	}
	return all[:min(limit, len(all))], nil
}

func (t *transaction) PruneSends(before time.Time) error {
	return t.c.exec(sqlPruneSends, millis(before))
}
