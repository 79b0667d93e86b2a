package postgres

import "time"

// What another process has in hand is left for the next time. The place of a row is its
// own only within one table: in parts of a table, and on several servers, others have the
// same, so what is deleted by it is held to its age once more.
const (
	sqlPruneOutcomes = `DELETE FROM outcomes WHERE number = ANY (ARRAY (
		SELECT number FROM outcomes WHERE at < $1::bigint ORDER BY at LIMIT $2::bigint FOR UPDATE SKIP LOCKED))`
	sqlPruneOccurrences = `DELETE FROM occurrences WHERE ctid = ANY (ARRAY (
			SELECT ctid FROM occurrences WHERE at < $1::bigint AND state IN ('done', 'cancelled', 'failed')
			ORDER BY at LIMIT $2::bigint FOR UPDATE SKIP LOCKED))
		AND at < $1::bigint AND state IN ('done', 'cancelled', 'failed')`
	sqlPruneCampaigns = `WITH gone AS (DELETE FROM campaigns WHERE ctid = ANY (ARRAY (
			SELECT ctid FROM campaigns c WHERE at < $1::bigint AND NOT EXISTS (
				SELECT 1 FROM occurrences o WHERE o.trigger_id = c.trigger_id AND o.campaign = c.id)
			ORDER BY at LIMIT $2::bigint FOR UPDATE SKIP LOCKED)) RETURNING trigger_id, id)
		DELETE FROM campaign_counts n USING gone g WHERE n.trigger_id = g.trigger_id AND n.id = g.id`
	sqlPruneDecisions = `DELETE FROM decisions WHERE ctid = ANY (ARRAY (
			SELECT ctid FROM decisions WHERE at < $1::bigint AND kind <> 'held' ORDER BY at LIMIT $2::bigint FOR UPDATE SKIP LOCKED))
		AND at < $1::bigint AND kind <> 'held'`
)

func (t *transaction) PruneStrays(before time.Time, limit int) (int, error) {
	return t.prune(sqlPruneStrays, before, limit)
}

func (t *transaction) PruneOutcomes(before time.Time, limit int) (int, error) {
	return t.prune(sqlPruneOutcomes, before, limit)
}

func (t *transaction) PruneOccurrences(before time.Time, limit int) (int, error) {
	n, err := t.prune(sqlPruneOccurrences, before, limit)
	if err == nil {
		_, err = t.prune(sqlPruneCampaigns, before, limit)
	}
	return n, err
}

func (t *transaction) PruneDecisions(before time.Time, limit int) (int, error) {
	n, err := t.prune(sqlPruneDecisions, before, limit)
	for _, it := range t.decisions { // whether they are among those is not known
		if it.there && it.value.Kind != "held" && it.value.At.Before(before) {
			it.there, it.stored, it.absent = false, false, false
		}
	}
	return n, err
}

func (t *transaction) prune(query string, before time.Time, limit int) (int, error) {
	var n int64
	err := t.send(step{query: query, params: params{}.int(millis(before)).limit(limit), count: &n})
	return int(n), err
}
