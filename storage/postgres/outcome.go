package postgres

import (
	"strconv"
	"strings"

	"github.com/relance-bot/relance/storage"
)

const (
	outcomeValues = `contact, kind, name, value, flow, step, at, input, topic, trigger_id, occurrence, lane, variant, locale,
		currency, amount`
	outcomeColumns = `number, ` + outcomeValues

	sqlPutOutcomes = `INSERT INTO outcomes (` + outcomeValues + `, digest)
		SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::double precision[], $5::text[], $6::text[], $7::bigint[],
			$8::text[], $9::text[], $10::text[], $11::text[], $12::text[], $13::text[], $14::text[], $15::text[], $16::bigint[],
			$17::bytea[])
		ON CONFLICT (contact, digest) DO NOTHING`
	sqlGrowOutcome = `UPDATE outcomes o SET value = o.value + u.value
		FROM unnest($1::text[], $2::bytea[], $3::double precision[]) AS u (contact, digest, value)
		WHERE o.contact = u.contact AND o.digest = u.digest`
	sqlCountOutcomes = `SELECT kind, name, count(DISTINCT contact), count(*) FROM outcomes
		WHERE trigger_id = $1::text AND trigger_id <> '' AND ($2::text = '' OR occurrence = $2::text)
		GROUP BY kind, name ORDER BY kind, name`

	defaultOutcomes = 100
)

func scanOutcome(r *row) (o storage.Outcome) {
	o.ID, o.Contact, o.Kind, o.Name, o.Value = r.int(), r.text(), r.text(), r.text(), r.float()
	o.Flow, o.Step, o.At, o.Input = r.text(), r.text(), r.time(), r.text()
	o.Topic, o.Trigger, o.Occurrence, o.Lane = r.text(), r.text(), r.text(), r.text()
	o.Variant, o.Locale, o.Currency, o.Amount = r.text(), r.text(), r.text(), r.int()
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
	for _, filter := range [...]struct{ column, value string }{
		{"contact", q.Contact}, {"kind", q.Kind}, {"name", q.Name}, {"trigger_id", q.Trigger}, {"occurrence", q.Occurrence},
	} {
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
	rows := t.table()
	for _, it := range kept {
		o := &it.value
		d := outcomeDigest(o)
		rows.text(o.Contact).text(o.Kind).text(o.Name).float(o.Value).text(o.Flow).text(o.Step).time(o.At).text(o.Input).
			text(o.Topic).text(o.Trigger).text(o.Occurrence).text(o.Lane).text(o.Variant).text(o.Locale).text(o.Currency).
			int(o.Amount).bytes(d[:]).next()
		it.stored = true
	}
	return tables(nil, sqlPutOutcomes, rows)
}

// outcomeDigest is what an outcome is known by among those of its contact.
func outcomeDigest(o *storage.Outcome) digest {
	return digestOf(strings.Join([]string{o.Kind, o.Name, o.Input}, "\x00"))
}

// AddOutcome holds the contact's lock, so that of two that are the first one is.
func (t *transaction) AddOutcome(o storage.Outcome) (first bool, err error) {
	if _, err := t.with(o.Contact, partContact); err != nil {
		return false, err
	}
	d := outcomeDigest(&o)
	var row table
	row.text(o.Contact).bytes(d[:]).float(o.Value).next()
	var n int64
	if err := t.send(step{query: sqlGrowOutcome, params: row.params(), count: &n}); err != nil || n > 0 {
		return false, err
	}
	return true, t.PutOutcome(o)
}

func (r reader) CountOutcomes(trigger, occurrence string) ([]storage.OutcomeCount, error) {
	return list(r, func(r *row) storage.OutcomeCount {
		return storage.OutcomeCount{Kind: r.text(), Name: r.text(), People: int(r.int()), Outcomes: int(r.int())}
	}, sqlCountOutcomes, params{}.text(trigger).text(occurrence))
}

// CountOutcomes sees what the transaction wrote. Nobody is locked for a sum.
func (t *transaction) CountOutcomes(trigger, occurrence string) ([]storage.OutcomeCount, error) {
	if err := t.flush(); err != nil {
		return nil, err
	}
	return t.reader.CountOutcomes(trigger, occurrence)
}
