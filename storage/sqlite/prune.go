package sqlite

import "time"

const (
	sqlPruneDecisions = `DELETE FROM decisions WHERE number IN (SELECT number FROM decisions
		WHERE at < ?1 AND kind <> ?3 ORDER BY at LIMIT ?2)`
	sqlPruneOccurrences = `DELETE FROM occurrences WHERE rowid IN (SELECT rowid FROM occurrences
		WHERE at < ?1 AND state IN ('done', 'cancelled', 'failed') ORDER BY at LIMIT ?2)`
	sqlPruneCampaigns = `DELETE FROM campaigns WHERE rowid IN (SELECT rowid FROM campaigns c WHERE at < ?1
		AND NOT EXISTS (SELECT 1 FROM occurrences o WHERE o.trigger_id = c.trigger_id AND o.campaign = c.id) ORDER BY at LIMIT ?2)`
)

func (t *transaction) PruneDecisions(before time.Time, limit int) (int, error) {
	held, err := t.word("held")
	if err != nil {
		return 0, err
	}
	n, err := t.c.change(sqlPruneDecisions, millis(before), bounded(limit), held)
	return int(n), err
}

func (t *transaction) PruneOccurrences(before time.Time, limit int) (int, error) {
	n, err := t.c.change(sqlPruneOccurrences, millis(before), bounded(limit))
	if err != nil {
		return int(n), err
	}
	return int(n), t.c.exec(sqlPruneCampaigns, millis(before), bounded(limit))
}
