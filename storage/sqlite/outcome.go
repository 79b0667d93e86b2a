package sqlite

import (
	"strings"
	"time"

	"github.com/relance-bot/relance/storage"
)

const (
	outcomeColumns = `number, contact, kind, name, value, flow, step, at, input, topic, trigger_id, occurrence, lane, variant,
		locale, currency, amount`

	sqlPutOutcome = `INSERT INTO outcomes (contact, kind, name, value, flow, step, at, input, topic, trigger_id, occurrence, lane,
			variant, locale, currency, amount)
		VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16)
		ON CONFLICT (contact, kind, name, input) DO NOTHING`
	sqlGrowOutcome   = `UPDATE outcomes SET value = value + ?5 WHERE contact = ?1 AND kind = ?2 AND name = ?3 AND input = ?4`
	sqlCountOutcomes = `SELECT kind, name, count(DISTINCT contact), count(*) FROM outcomes
		WHERE trigger_id = ?1 AND occurrence = ?2 AND trigger_id <> '' GROUP BY kind, name ORDER BY kind, name`
	sqlCountTrigger = `SELECT kind, name, count(DISTINCT contact), count(*) FROM outcomes
		WHERE trigger_id = ?1 AND trigger_id <> '' GROUP BY kind, name ORDER BY kind, name`
	sqlPruneOutcomes = `DELETE FROM outcomes WHERE number IN (SELECT number FROM outcomes WHERE at < ?1 ORDER BY at LIMIT ?2)`
)

func scanOutcome(row scanner) (o storage.Outcome, err error) {
	var at int64
	err = row.Scan(&o.ID, &o.Contact, &o.Kind, &o.Name, &o.Value, &o.Flow, &o.Step, &at, &o.Input, &o.Topic, &o.Trigger,
		&o.Occurrence, &o.Lane, &o.Variant, &o.Locale, &o.Currency, &o.Amount)
	o.At = instant(at)
	return o, err
}

// Outcomes spells out the filters that are set, as Decisions does.
func (r reader) Outcomes(q storage.OutcomeQuery) ([]storage.Outcome, error) {
	var b strings.Builder
	var in []any
	b.WriteString(`SELECT ` + outcomeColumns + ` FROM outcomes WHERE at >= ?`)
	if q.Since.IsZero() {
		in = append(in, int64(-1<<63))
	} else {
		in = append(in, millis(q.Since))
	}
	for _, f := range [...]struct{ column, value string }{
		{"contact", q.Contact}, {"kind", q.Kind}, {"name", q.Name}, {"trigger_id", q.Trigger}, {"occurrence", q.Occurrence},
	} {
		if f.value != "" {
			b.WriteString(` AND ` + f.column + ` = ?`)
			in = append(in, f.value)
		}
	}
	limit := q.Limit
	if limit <= 0 {
		limit = 100
	}
	b.WriteString(` ORDER BY at DESC, number DESC LIMIT ?`)
	return many(r.c, scanOutcome, b.String(), append(in, limit)...)
}

func (t *transaction) PutOutcome(o storage.Outcome) error {
	return t.c.exec(sqlPutOutcome, o.Contact, o.Kind, o.Name, o.Value, o.Flow, o.Step, millis(o.At), o.Input, o.Topic, o.Trigger,
		o.Occurrence, o.Lane, o.Variant, o.Locale, o.Currency, o.Amount)
}

func (t *transaction) AddOutcome(o storage.Outcome) (first bool, err error) {
	n, err := t.c.change(sqlGrowOutcome, o.Contact, o.Kind, o.Name, o.Input, o.Value)
	if err != nil || n > 0 {
		return false, err
	}
	return true, t.PutOutcome(o)
}

func (r reader) CountOutcomes(trigger, occurrence string) ([]storage.OutcomeCount, error) {
	scan := func(row scanner) (n storage.OutcomeCount, err error) {
		err = row.Scan(&n.Kind, &n.Name, &n.People, &n.Outcomes)
		return n, err
	}
	if occurrence == "" {
		return many(r.c, scan, sqlCountTrigger, trigger)
	}
	return many(r.c, scan, sqlCountOutcomes, trigger, occurrence)
}

func (t *transaction) PruneOutcomes(before time.Time, limit int) (int, error) {
	n, err := t.c.change(sqlPruneOutcomes, millis(before), bounded(limit))
	return int(n), err
}
