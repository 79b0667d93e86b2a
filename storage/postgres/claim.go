package postgres

import (
	"cmp"
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
		), lanes (page, bulk) AS (
			SELECT page, bulk FROM pages CROSS JOIN (VALUES (false), (true)) AS b (bulk) WHERE page IS NOT NULL
		)`
	sqlNextSend = pagesCTE + ` SELECT min(n.ready) FROM lanes CROSS JOIN LATERAL (
			SELECT ready FROM outbox o WHERE o.head AND o.state = 1 AND o.page = lanes.page AND o.bulk = lanes.bulk ORDER BY ready LIMIT 1
		) n WHERE lanes.page <> ALL ($1::text[])`

	// Each page is asked on its own: one that is skipped may have a long row of them.
	sqlClaim = pagesCTE + `, picked (id, bulk, ready, seq) AS MATERIALIZED (
			SELECT n.id, lanes.bulk, n.ready, n.seq FROM lanes CROSS JOIN LATERAL (
				SELECT o.id, o.ready, o.seq FROM outbox o JOIN contacts c ON c.id = o.contact
				WHERE o.head AND o.state = 1 AND o.page = lanes.page AND o.bulk = lanes.bulk AND o.ready <= $1::bigint
				ORDER BY o.ready, o.seq LIMIT $2::bigint FOR NO KEY UPDATE OF o, c SKIP LOCKED
			) n WHERE lanes.page <> ALL ($3::text[])
		)
		UPDATE outbox o SET state = 2, claim_at = $1::bigint, claimer = $4::bigint
		FROM (SELECT id FROM picked ORDER BY bulk, ready, seq LIMIT $2::bigint) p
		WHERE o.id = p.id RETURNING ` + claimColumns
	claimColumns = `o.id, o.contact, o.seq, o.page, o.state, o.ready, o.attempt, o.bulk, o.topic, o.lane, o.body, o.at, o.claim_at,
		o.claimer, o.mid, o.error, o.head`

	sqlTakeFlight = `SELECT ` + claimColumns + ` FROM outbox o JOIN contacts c ON c.id = o.contact
		WHERE o.state >= 2 AND o.state <= 3 AND o.state = $1::smallint ORDER BY o.ready, o.id LIMIT $2::bigint
		FOR NO KEY UPDATE OF o, c SKIP LOCKED`
	sqlTakePending = `SELECT ` + claimColumns + ` FROM outbox o JOIN contacts c ON c.id = o.contact
		WHERE o.state = $1::smallint ORDER BY o.ready, o.id LIMIT $2::bigint FOR NO KEY UPDATE OF o, c SKIP LOCKED`

	// A process that renews its lease at this moment has its row locked, and lives.
	// A transaction of a dead one may still be open, if it was stopped in the middle of
	// an exchange; the server ends it then.
	sqlBury = `WITH dead AS (DELETE FROM processes WHERE id = ANY (ARRAY (
			SELECT id FROM processes WHERE until <= clock_timestamp() FOR UPDATE SKIP LOCKED)) RETURNING backend, started)
		SELECT pg_terminate_backend(a.pid) FROM dead JOIN pg_stat_activity a ON a.pid = dead.backend AND a.backend_start = dead.started`
	sqlTakeOrphans = `SELECT ` + claimColumns + ` FROM outbox o JOIN contacts c ON c.id = o.contact
		WHERE o.state >= 2 AND o.state <= 3 AND o.state = 2
			AND NOT EXISTS (SELECT 1 FROM processes p WHERE p.id = o.claimer) ORDER BY o.id LIMIT $1::bigint
		FOR NO KEY UPDATE OF o, c SKIP LOCKED`
)

func (r reader) NextSend(skip []string) (time.Time, bool, error) {
	return r.earliest(sqlNextSend, params{}.texts(skip))
}

func (t *transaction) NextSend(skip []string) (time.Time, bool, error) {
	if err := t.flush(); err != nil {
		return time.Time{}, false, err
	}
	return t.reader.NextSend(skip)
}

// taken notes sends that were locked with their contacts.
func (t *transaction) taken(found *[]storage.Send) func(r *row) {
	return func(r *row) {
		s := scanSend(r)
		t.lock(t.person(s.Contact))
		*found = append(*found, t.keepSend(s).value.Send)
	}
}

func (t *transaction) ClaimSends(now time.Time, limit int, skip []string) (found []storage.Send, err error) {
	if limit <= 0 {
		return nil, nil
	}
	err = t.send(step{
		query: sqlClaim, params: params{}.int(millis(now)).limit(limit).texts(skip).int(t.me), row: t.taken(&found),
	})
	slices.SortFunc(found, func(a, b storage.Send) int {
		if a.Bulk != b.Bulk {
			if b.Bulk {
				return -1
			}
			return 1
		}
		return cmp.Or(a.Ready.Compare(b.Ready), cmp.Compare(a.Seq, b.Seq))
	})
	return found, err
}

// SendsIn leaves out, of those that are not settled, what others have locked.
func (t *transaction) SendsIn(state string, limit int) (found []storage.Send, err error) {
	n, err := stateNumber(state)
	if err != nil {
		return nil, err
	}
	query := sqlTakeFlight
	switch {
	case n > lastUnsettled:
		return afresh(t, sendContact, func() ([]storage.Send, error) { return t.reader.SendsIn(state, limit) })
	case n == statePending:
		query = sqlTakePending
	case n == stateClaimed:
		if err := t.send(step{query: sqlLandAll, row: t.scanLanded}); err != nil {
			return nil, err
		}
	}
	err = t.send(step{query: query, params: params{}.small(n).limit(limit), row: t.taken(&found)})
	return found, err
}

// Orphans takes away the leases that ended before it looks: a process whose row is
// gone cannot renew it.
func (t *transaction) Orphans(limit int) (found []storage.Send, err error) {
	err = t.send(step{query: sqlBury}, step{query: sqlLandOrphans, row: t.scanLanded}, step{query: sqlTakeOrphans, params: params{}.limit(limit), row: t.taken(&found)})
	return found, err
}
