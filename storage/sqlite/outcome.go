package sqlite

import (
	"strings"
	"time"

	"github.com/relance-bot/relance/storage"
)

const (
	outcomeColumns = `number, contact, kind, name, value, flow, step, at, input`

	sqlPutOutcome = `INSERT INTO outcomes (contact, kind, name, value, flow, step, at, input)
		VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8) ON CONFLICT (contact, kind, name, input) DO NOTHING`
	sqlPruneOutcomes = `DELETE FROM outcomes WHERE number IN (SELECT number FROM outcomes WHERE at < ?1 ORDER BY at LIMIT ?2)`
)

func scanOutcome(row scanner) (o storage.Outcome, err error) {
	var at int64
	err = row.Scan(&o.ID, &o.Contact, &o.Kind, &o.Name, &o.Value, &o.Flow, &o.Step, &at, &o.Input)
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
	for _, f := range [...]struct{ column, value string }{{"contact", q.Contact}, {"kind", q.Kind}, {"name", q.Name}} {
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
	return t.c.exec(sqlPutOutcome, o.Contact, o.Kind, o.Name, o.Value, o.Flow, o.Step, millis(o.At), o.Input)
}

func (t *transaction) PruneOutcomes(before time.Time, limit int) (int, error) {
	n, err := t.c.change(sqlPruneOutcomes, millis(before), bounded(limit))
	return int(n), err
}
