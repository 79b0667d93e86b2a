package sqlite

import "github.com/relance-bot/relance/storage"

const (
	occurrenceColumns = `trigger_id, id, flow, topic, zone, event, at, expires, state, cursor, counts, campaign`

	sqlOccurrence    = `SELECT ` + occurrenceColumns + ` FROM occurrences WHERE trigger_id = ?1 AND id = ?2`
	sqlRecent        = `SELECT ` + occurrenceColumns + ` FROM occurrences ORDER BY at DESC, trigger_id DESC, id DESC LIMIT ?1`
	sqlOccurrencesIn = `SELECT ` + occurrenceColumns + ` FROM occurrences
		WHERE state = ?1 ORDER BY at, trigger_id, id LIMIT ?2`
	sqlPutOccurrence = `INSERT INTO occurrences (` + occurrenceColumns + `)
		VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)
		ON CONFLICT (trigger_id, id) DO UPDATE SET flow = ?3, topic = ?4, zone = ?5, event = ?6, at = ?7, expires = ?8,
			state = ?9, cursor = ?10, counts = ?11, campaign = ?12`
)

func scanOccurrence(row scanner) (o storage.Occurrence, err error) {
	var at, expires int64
	err = row.Scan(&o.Trigger, &o.ID, &o.Flow, &o.Topic, &o.Zone, &o.Event, &at, &expires, &o.State, &o.Cursor, &o.Counts, &o.Campaign)
	o.At, o.Expires = instant(at), instant(expires)
	return o, err
}

func (r reader) Occurrence(trigger, id string) (storage.Occurrence, error) {
	return one(r.c, scanOccurrence, sqlOccurrence, trigger, id)
}

func (r reader) Occurrences(state string, limit int) ([]storage.Occurrence, error) {
	return many(r.c, scanOccurrence, sqlOccurrencesIn, state, bounded(limit))
}

func (r reader) PeekOccurrences(state string, limit int) ([]storage.Occurrence, error) {
	return r.Occurrences(state, limit)
}

func (r reader) RecentOccurrences(limit int) ([]storage.Occurrence, error) {
	return many(r.c, scanOccurrence, sqlRecent, bounded(limit))
}

func (t *transaction) PutOccurrence(o storage.Occurrence) error {
	return t.c.exec(sqlPutOccurrence, o.Trigger, o.ID, o.Flow, o.Topic, o.Zone, o.Event, millis(o.At), millis(o.Expires),
		o.State, o.Cursor, o.Counts, o.Campaign)
}
