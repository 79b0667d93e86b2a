package postgres

import (
	"strconv"
	"strings"

	"github.com/relance-bot/relance/storage"
)

const (
	outcomeColumns = `number, contact, kind, name, value, flow, step, at, input`

	sqlPutOutcomes = `INSERT INTO outcomes (contact, kind, name, value, flow, step, at, input, digest)
		SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::double precision[], $5::text[], $6::text[], $7::bigint[],
			$8::text[], $9::bytea[])
		ON CONFLICT (contact, digest) DO NOTHING`

	defaultOutcomes = 100
)

func scanOutcome(r *row) (o storage.Outcome) {
	o.ID, o.Contact, o.Kind, o.Name, o.Value = r.int(), r.text(), r.text(), r.text(), r.float()
	o.Flow, o.Step, o.At, o.Input = r.text(), r.text(), r.time(), r.text()
	return o
}

func outcomeContact(o storage.Outcome) string { return o.Contact }

// Outcomes spells out the filters that are set, as Decisions does.
func (r reader) Outcomes(q storage.OutcomeQuery) ([]storage.Outcome, error) {
	var b strings.Builder
	in := params{}
	next := func() string { return "$" + strconv.Itoa(len(in)+1) }
	b.WriteString(`SELECT ` + outcomeColumns + ` FROM outcomes WHERE true`)
	if !q.Since.IsZero() {
		b.WriteString(` AND at >= ` + next() + `::bigint`)
		in = in.time(q.Since)
	}
	for _, filter := range [...]struct{ column, value string }{{"contact", q.Contact}, {"kind", q.Kind}, {"name", q.Name}} {
		if filter.value != "" {
			b.WriteString(` AND ` + filter.column + ` = ` + next() + `::text`)
			in = in.text(filter.value)
		}
	}
	limit := q.Limit
	if limit <= 0 {
		limit = defaultOutcomes
	}
	b.WriteString(` ORDER BY at DESC, number DESC LIMIT ` + next() + `::bigint`)
	return list(r, scanOutcome, b.String(), in.limit(limit))
}

func (t *transaction) Outcomes(q storage.OutcomeQuery) ([]storage.Outcome, error) {
	if q.Contact != "" {
		if _, err := t.with(q.Contact, partContact); err != nil {
			return nil, err
		}
	}
	return afresh(t, outcomeContact, func() ([]storage.Outcome, error) { return t.reader.Outcomes(q) })
}

func (t *transaction) PutOutcome(o storage.Outcome) error {
	t.touch(o.Contact)
	t.dirtyOutcomes.put(t, &item[storage.Outcome]{}, o, true)
	return nil
}

func (t *transaction) flushOutcomes() []step {
	kept, _ := t.dirtyOutcomes.take()
	var rows table
	for _, it := range kept {
		o := &it.value
		d := digestOf(strings.Join([]string{o.Kind, o.Name, o.Input}, "\x00"))
		rows.text(o.Contact).text(o.Kind).text(o.Name).float(o.Value).text(o.Flow).text(o.Step).time(o.At).text(o.Input).bytes(d[:]).next()
		it.stored = true
	}
	return tables(nil, sqlPutOutcomes, rows)
}
