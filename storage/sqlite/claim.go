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
	// The pages are few and the sends many: each step looks for the next page.
	pagesCTE = `WITH RECURSIVE pages (page) AS (
			SELECT min(page) FROM outbox WHERE ` + going + `
			UNION ALL
			SELECT (SELECT min(page) FROM outbox WHERE ` + going + ` AND page > pages.page)
			FROM pages WHERE page IS NOT NULL
		) `
	sqlPages    = pagesCTE + `SELECT page FROM pages WHERE page IS NOT NULL`
	sqlSome     = `SELECT 1 FROM outbox WHERE ` + going + ` LIMIT 1`
	sqlNextSend = pagesCTE + `SELECT min(ready) FROM (
			SELECT (SELECT min(ready) FROM outbox
				WHERE ` + going + ` AND page = pages.page AND bulk = 0) AS ready FROM pages
				WHERE page NOT IN (SELECT value FROM json_each(?1))
			UNION ALL
			SELECT (SELECT min(ready) FROM outbox
				WHERE ` + going + ` AND page = pages.page AND bulk = 1) FROM pages
				WHERE page NOT IN (SELECT value FROM json_each(?1))
		) HAVING min(ready) IS NOT NULL`

	sqlReady = `SELECT rowid, ready, seq FROM outbox
		WHERE ` + going + ` AND page = ?1 AND bulk = ?2 AND ready <= ?3 ORDER BY ready, seq LIMIT ?4`
	sqlClaim = `UPDATE outbox SET state = 2, claim_at = ?1, claimer = ?2
		WHERE rowid IN (SELECT value FROM json_each(?3)) RETURNING ` + sendColumns
)

func (r reader) NextSend(skip []string) (time.Time, bool, error) {
	// Mostly none waits, and the question below takes a while to find that out.
	some := 0
	if err := r.c.row(sqlSome, nil, &some); errors.Is(err, storage.ErrNotFound) {
		return time.Time{}, false, nil
	} else if err != nil {
		return time.Time{}, false, err
	}
	list, err := json.Marshal(append([]string{}, skip...)) // none is [], not null
	if err != nil {
		return time.Time{}, false, err
	}
	return r.earliest(sqlNextSend, string(list))
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
	claimer, err := t.claimer(stateClaimed)
	if err != nil {
		return nil, err
	}
	sends, err := many(t.c, scanSend, sqlClaim, millis(now), claimer, string(list))
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
