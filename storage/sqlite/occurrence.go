package sqlite

import (
	"strings"

	"github.com/relance-bot/relance/storage"
)

const (
	occurrenceColumns = `trigger_id, id, flow, topic, zone, event, at, expires, state, cursor, counts`

	sqlOccurrence    = `SELECT ` + occurrenceColumns + ` FROM occurrences WHERE trigger_id = ?1 AND id = ?2`
	sqlRecent        = `SELECT ` + occurrenceColumns + ` FROM occurrences ORDER BY at DESC, trigger_id DESC, id DESC LIMIT ?1`
	sqlOccurrencesIn = `SELECT ` + occurrenceColumns + ` FROM occurrences
		WHERE state = ?1 ORDER BY at, trigger_id, id LIMIT ?2`
	sqlPutOccurrence = `INSERT INTO occurrences (` + occurrenceColumns + `)
		VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)
		ON CONFLICT (trigger_id, id) DO UPDATE SET flow = ?3, topic = ?4, zone = ?5, event = ?6, at = ?7, expires = ?8,
			state = ?9, cursor = ?10, counts = ?11`

	decisionColumns = `contact, trigger_id, occurrence, flow, topic, kind, rule, lane, vals, at, next, first_due, expires,
		event, send, mid, delivered, read`

	sqlDecision = `SELECT ` + decisionColumns + ` FROM decisions
		WHERE contact = ?1 AND trigger_id = ?2 AND occurrence = ?3`
	sqlDecisionsBySend = `SELECT ` + decisionColumns + ` FROM decisions
		WHERE send = ?1 AND send <> '' ORDER BY at, contact, trigger_id, occurrence`
	sqlDecisionsByMID = `SELECT ` + decisionColumns + ` FROM decisions
		WHERE mid_hash = ?1 AND mid_hash <> 0 AND mid = ?2 ORDER BY at, contact, trigger_id, occurrence`
	sqlPutDecision = `INSERT INTO decisions (` + decisionColumns + `, mid_hash)
		VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19)
		ON CONFLICT (contact, trigger_id, occurrence) DO UPDATE SET flow = ?4, topic = ?5, kind = ?6, rule = ?7, lane = ?8,
			vals = ?9, at = ?10, next = ?11, first_due = ?12, expires = ?13, event = ?14, send = ?15, mid = ?16,
			delivered = ?17, read = ?18, mid_hash = ?19`

	// defaultDecisions is how many Decisions returns when its query does not say.
	defaultDecisions = 100
)

func scanOccurrence(row scanner) (o storage.Occurrence, err error) {
	var at, expires int64
	err = row.Scan(&o.Trigger, &o.ID, &o.Flow, &o.Topic, &o.Zone, &o.Event, &at, &expires, &o.State, &o.Cursor, &o.Counts)
	o.At, o.Expires = instant(at), instant(expires)
	return o, err
}

func (r reader) Occurrence(trigger, id string) (storage.Occurrence, error) {
	return one(r.c, scanOccurrence, sqlOccurrence, trigger, id)
}

func (r reader) Occurrences(state string, limit int) ([]storage.Occurrence, error) {
	return many(r.c, scanOccurrence, sqlOccurrencesIn, state, bounded(limit))
}

func (r reader) RecentOccurrences(limit int) ([]storage.Occurrence, error) {
	return many(r.c, scanOccurrence, sqlRecent, bounded(limit))
}

func (t *transaction) PutOccurrence(o storage.Occurrence) error {
	return t.c.exec(sqlPutOccurrence, o.Trigger, o.ID, o.Flow, o.Topic, o.Zone, o.Event, millis(o.At), millis(o.Expires),
		o.State, o.Cursor, o.Counts)
}

func scanDecision(row scanner) (d storage.Decision, err error) {
	var at, next, firstDue, expires, delivered, read int64
	err = row.Scan(&d.Contact, &d.Trigger, &d.Occurrence, &d.Flow, &d.Topic, &d.Kind, &d.Rule, &d.Lane, &d.Values,
		&at, &next, &firstDue, &expires, &d.Event, &d.Send, &d.MID, &delivered, &read)
	d.At, d.Next, d.FirstDue, d.Expires = instant(at), instant(next), instant(firstDue), instant(expires)
	d.Delivered, d.Read = instant(delivered), instant(read)
	return d, err
}

func (r reader) Decision(contact, trigger, occurrence string) (storage.Decision, error) {
	return one(r.c, scanDecision, sqlDecision, contact, trigger, occurrence)
}

func (r reader) Decisions(q storage.DecisionQuery) ([]storage.Decision, error) {
	query, in := decisionsSQL(q)
	return many(r.c, scanDecision, query, in...)
}

// decisionsSQL spells out the filters that are set: a condition that may be off
// would keep SQLite from its indexes. A query of one contact reads that
// contact's decisions, any other walks back from the newest.
func decisionsSQL(q storage.DecisionQuery) (string, []any) {
	var b strings.Builder
	var in []any
	b.WriteString(`SELECT ` + decisionColumns + ` FROM decisions WHERE at >= ?`)
	if q.Since.IsZero() {
		in = append(in, int64(-1<<63))
	} else {
		in = append(in, millis(q.Since))
	}
	for _, filter := range []struct{ column, value string }{
		{"contact", q.Contact}, {"flow", q.Flow}, {"trigger_id", q.Trigger}, {"topic", q.Topic},
	} {
		if filter.value != "" {
			b.WriteString(` AND ` + filter.column + ` = ?`)
			in = append(in, filter.value)
		}
	}
	if len(q.Kinds) > 0 {
		b.WriteString(` AND kind IN (?` + strings.Repeat(`, ?`, len(q.Kinds)-1) + `)`)
		for _, kind := range q.Kinds {
			in = append(in, kind)
		}
	}
	b.WriteString(` ORDER BY at DESC, rowid DESC LIMIT ?`)
	limit := q.Limit
	if limit <= 0 {
		limit = defaultDecisions
	}
	return b.String(), append(in, limit)
}

func (r reader) DecisionsBySend(send string) ([]storage.Decision, error) {
	return many(r.c, scanDecision, sqlDecisionsBySend, send)
}

func (r reader) DecisionsByMID(mid string) ([]storage.Decision, error) {
	return many(r.c, scanDecision, sqlDecisionsByMID, midHash(mid), mid)
}

func (t *transaction) PutDecision(d storage.Decision) error {
	return t.c.exec(sqlPutDecision, d.Contact, d.Trigger, d.Occurrence, d.Flow, d.Topic, d.Kind, d.Rule, d.Lane, d.Values,
		millis(d.At), millis(d.Next), millis(d.FirstDue), millis(d.Expires), d.Event, d.Send, d.MID,
		millis(d.Delivered), millis(d.Read), midHash(d.MID))
}
