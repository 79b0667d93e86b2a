package postgres

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"github.com/relance-bot/relance/storage"
)

const (
	decisionColumns = `contact, trigger_id, occurrence, flow, topic, kind, rule, lane, vals, at, next, first_due, expires,
		event, send, mid, delivered, read, id`

	sqlDecision = `SELECT ` + decisionColumns + ` FROM decisions
		WHERE contact = $1::text AND trigger_id = $2::text AND occurrence = $3::text
		UNION ALL ` + flyingDecision + ` WHERE u.contact = $1::text AND f.trigger_id = $2::text AND f.occurrence = $3::text`
	sqlDecisionOfAll = `SELECT ` + decisionColumns + ` FROM decisions
		WHERE contact = ANY ($1::text[]) AND trigger_id = $2::text AND occurrence = $3::text`
	sqlDecisionsBySend = `SELECT ` + decisionColumns + ` FROM decisions WHERE send = $1::text AND send <> ''
		UNION ALL ` + flyingDecision + ` WHERE u.id = $1::text ORDER BY at, contact, trigger_id, occurrence`
	// Of a contact all are sorted; a sum is no column that an index could give in order.
	sqlDecisionsByMID = `SELECT ` + decisionColumns + ` FROM decisions
		WHERE contact = $1::text AND mid = $2::text AND mid <> '' ORDER BY at + 0, trigger_id, occurrence`

	decisionRows = ` FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[],
			$9::bytea[], $10::bigint[], $11::bigint[], $12::bigint[], $13::bigint[], $14::bytea[], $15::text[], $16::text[],
			$17::bigint[], $18::bigint[])`
	decisionValues = `contact, trigger_id, occurrence, flow, topic, kind, rule, lane, vals, at, next, first_due, expires,
		event, send, mid, delivered, read`
	// Of those it is known that they are not there: their contact was locked when they were
	// looked for. ON CONFLICT would look again, and write each row twice to the log.
	sqlNewDecisions = `INSERT INTO decisions (` + decisionValues + `) SELECT *` + decisionRows
	// What is most likely there is updated, and only where it is not put: with an INSERT
	// each would be looked for twice. Who settles a message in flight writes its id without a
	// lock on the contact, so one that is there for the same message is not taken away.
	sqlSetDecisions = `WITH u AS MATERIALIZED (
			SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[],
				$9::bytea[], $10::bigint[], $11::bigint[], $12::bigint[], $13::bigint[], $14::bytea[], $15::text[], $16::text[],
				$17::bigint[], $18::bigint[]) AS u (` + decisionValues + `)
		), kept AS (
			UPDATE decisions d SET flow = u.flow, topic = u.topic, kind = u.kind, rule = u.rule, lane = u.lane,
				vals = u.vals, at = u.at, next = u.next, first_due = u.first_due, expires = u.expires, event = u.event,
				send = u.send, mid = CASE WHEN u.mid = '' AND u.send = d.send THEN d.mid ELSE u.mid END, delivered = u.delivered, read = u.read FROM u
			WHERE d.contact = u.contact AND d.trigger_id = u.trigger_id AND d.occurrence = u.occurrence
			RETURNING 1
		)
		INSERT INTO decisions (` + decisionValues + `) SELECT ` + decisionValues + ` FROM u
		WHERE (SELECT count(*) FROM kept) < (SELECT count(*) FROM u) AND NOT EXISTS (SELECT 1 FROM decisions d
			WHERE d.contact = u.contact AND d.trigger_id = u.trigger_id AND d.occurrence = u.occurrence)`
	sqlAcceptDecisions = `UPDATE decisions d SET mid = u.mid
		FROM unnest($1::text[], $2::text[], $3::text[], $4::text[]) AS u (contact, trigger_id, occurrence, mid)
		WHERE d.contact = u.contact AND d.trigger_id = u.trigger_id AND d.occurrence = u.occurrence`

	// defaultDecisions is how many Decisions returns when its query does not say.
	defaultDecisions = 100

	kindHeld = "held" // as the index has it
)

type decisionKey struct{ contact, trigger, occurrence string }

// decision is a decision with its place among those of the same time.
type decision struct {
	storage.Decision
	id       int64   // 0 if it was put blindly
	accepted bool    // all that is to be written is its MID
	flight   *flight // from which it was accepted
}

func (d *decision) key() decisionKey { return decisionKey{d.Contact, d.Trigger, d.Occurrence} }

func scanDecision(r *row) (d decision) {
	d.Contact, d.Trigger, d.Occurrence, d.Flow, d.Topic = r.text(), r.text(), r.text(), r.text(), r.text()
	d.Kind, d.Rule, d.Lane, d.Values = r.text(), r.text(), r.text(), r.bytes()
	d.At, d.Next, d.FirstDue, d.Expires = r.time(), r.time(), r.time(), r.time()
	d.Event, d.Send, d.MID, d.Delivered, d.Read = r.bytes(), r.text(), r.text(), r.time(), r.time()
	d.id = r.int()
	return d
}

func scanPlainDecision(r *row) storage.Decision {
	d := scanDecision(r)
	return d.Decision
}

func decisionContact(d storage.Decision) string { return d.Contact }

func (r reader) Decision(contact, trigger, occurrence string) (storage.Decision, error) {
	return single(r, scanPlainDecision, sqlDecision, params{}.text(contact).text(trigger).text(occurrence))
}

func (r reader) Decisions(q storage.DecisionQuery) ([]storage.Decision, error) {
	query, in := decisionsSQL(q)
	return list(r, scanPlainDecision, query, in)
}

func (r reader) DecisionsBySend(send string) ([]storage.Decision, error) {
	return list(r, scanPlainDecision, sqlDecisionsBySend, params{}.text(send))
}

func (r reader) DecisionsByMID(contact, mid string) ([]storage.Decision, error) {
	return list(r, scanPlainDecision, sqlDecisionsByMID, params{}.text(contact).text(mid))
}

// decisionsSQL spells out the filters that are set. A query of one contact reads
// that contact's decisions, any other walks back from the newest.
func decisionsSQL(q storage.DecisionQuery) (string, params) {
	var b strings.Builder
	in := params{}
	next := func() string { return "$" + strconv.Itoa(len(in)+1) }
	b.WriteString(` WHERE true`)
	if !q.Since.IsZero() {
		b.WriteString(` AND at >= ` + next() + `::bigint`)
		in = in.time(q.Since)
	}
	for _, filter := range []struct{ column, value string }{
		{"contact", q.Contact}, {"flow", q.Flow}, {"trigger_id", q.Trigger}, {"topic", q.Topic},
	} {
		if filter.value != "" {
			b.WriteString(` AND ` + filter.column + ` = ` + next() + `::text`)
			in = in.text(filter.value)
		}
	}
	if len(q.Kinds) > 0 {
		b.WriteString(` AND kind = ANY (` + next() + `::text[])`)
		in = in.texts(q.Kinds)
	}
	order := ` ORDER BY at DESC, id DESC`
	if q.Contact != "" {
		order = ` ORDER BY at + 0 DESC, id DESC`
	}
	limit := ` LIMIT ` + next() + `::bigint`
	if q.Limit <= 0 {
		q.Limit = defaultDecisions
	}
	return `(SELECT ` + decisionColumns + ` FROM decisions` + b.String() + order + limit + `)
		UNION ALL SELECT * FROM (` + flyingDecision + `) f` + b.String() + ` ORDER BY at DESC, id DESC` + limit, in.int(int64(q.Limit))
}

// keepDecision notes a decision that was read.
func (t *transaction) keepDecision(d decision) *item[decision] {
	it := t.decisionOf(d.key())
	it.refresh(d)
	it.value.id = d.id
	return it
}

func (t *transaction) decisionOf(key decisionKey) *item[decision] {
	it, ok := t.decisions[key]
	if !ok {
		it = &item[decision]{}
		it.value.Contact, it.value.Trigger, it.value.Occurrence = key.contact, key.trigger, key.occurrence
		t.decisions[key] = it
		p := t.person(key.contact)
		p.decisions = append(p.decisions, it)
	}
	return it
}

// Decision fetches what it is asked for of all contacts at hand: a chunk of an
// occurrence asks for the same of one after the other.
func (t *transaction) Decision(contact, trigger, occurrence string) (storage.Decision, error) {
	if _, err := t.with(contact, partContact|partLine); err != nil {
		return storage.Decision{}, err
	}
	key := decisionKey{contact, trigger, occurrence}
	if !t.decisions[key].known() {
		ids := []string{contact}
		for id, p := range t.persons {
			other := decisionKey{id, trigger, occurrence}
			if p.locked && p.loaded&partLine != 0 && !t.decisions[other].known() && id != contact && len(ids) < maxTogether {
				ids = append(ids, id)
			}
		}
		err := t.c.run(step{
			query: sqlDecisionOfAll, params: params{}.texts(ids).text(trigger).text(occurrence),
			row: func(r *row) { t.keepDecision(scanDecision(r)) },
		})
		if err != nil {
			return storage.Decision{}, err
		}
		for _, id := range ids {
			it := t.decisionOf(decisionKey{id, trigger, occurrence})
			it.absent = !it.stored
		}
	}
	it := t.decisions[key]
	if !it.there {
		return storage.Decision{}, storage.ErrNotFound
	}
	return it.value.Decision, nil
}

// Decisions answers from memory for the held ones of a contact.
func (t *transaction) Decisions(q storage.DecisionQuery) ([]storage.Decision, error) {
	if q.Contact == "" || len(q.Kinds) != 1 || q.Kinds[0] != kindHeld {
		if q.Contact != "" {
			if _, err := t.with(q.Contact, partContact|partLine); err != nil {
				return nil, err
			}
		}
		return afresh(t, decisionContact, func() ([]storage.Decision, error) { return t.reader.Decisions(q) })
	}
	p, err := t.with(q.Contact, partHeld)
	if err != nil {
		return nil, err
	}
	var found []*decision
	for _, it := range p.decisions {
		d := &it.value
		if it.there && d.Kind == kindHeld && (q.Flow == "" || q.Flow == d.Flow) && (q.Trigger == "" || q.Trigger == d.Trigger) &&
			(q.Topic == "" || q.Topic == d.Topic) && millis(d.At) >= max(millis(q.Since), -1<<62) {
			found = append(found, d)
		}
	}
	slices.SortFunc(found, func(a, b *decision) int { return cmp.Or(b.At.Compare(a.At), cmp.Compare(b.id, a.id)) })
	limit := q.Limit
	if limit <= 0 {
		limit = defaultDecisions
	}
	var out []storage.Decision
	for _, d := range found[:min(limit, len(found))] {
		out = append(out, d.Decision)
	}
	return out, nil
}

func (t *transaction) DecisionsByMID(contact, mid string) ([]storage.Decision, error) {
	return afresh(t, decisionContact, func() ([]storage.Decision, error) { return t.reader.DecisionsByMID(contact, mid) })
}

func (t *transaction) PutDecision(d storage.Decision) error {
	if _, err := t.with(d.Contact, partContact|partLine); err != nil {
		return err
	}
	t.putDecision(decision{Decision: d})
	return nil
}

func (t *transaction) putDecision(d decision) {
	it := t.decisionOf(d.key())
	if d.id = it.value.id; d.id == 0 {
		d.id = t.place()
	}
	t.dirtyDecisions.put(t, it, d, true)
}

func (t *transaction) flushDecisions() (steps []step) {
	kept, _ := t.dirtyDecisions.take()
	added, set, accepted := t.table(), t.table(), t.table()
	for _, it := range kept {
		d := &it.value
		rows := &set
		switch {
		case d.accepted && (d.flight == nil || !d.flight.settled):
			accepted.text(d.Contact).text(d.Trigger).text(d.Occurrence).text(d.MID).next()
			d.accepted, it.stored = false, true
			continue
		case d.accepted || !it.stored && it.absent:
			rows = &added
		}
		d.accepted, it.absent = false, false
		rows.text(d.Contact).text(d.Trigger).text(d.Occurrence).text(d.Flow).text(d.Topic).text(d.Kind).text(d.Rule).text(d.Lane).
			bytes(d.Values).time(d.At).time(d.Next).time(d.FirstDue).time(d.Expires).bytes(d.Event).text(d.Send).text(d.MID).
			time(d.Delivered).time(d.Read).next()
		it.stored = true
		if d.Send != "" {
			if carried, ok := t.carried[d.Send]; ok && !slices.Contains(carried, d.key()) {
				t.carried[d.Send] = append(carried, d.key())
			}
		}
	}
	return tables(steps, sqlSetDecisions, set, sqlNewDecisions, added, sqlAcceptDecisions, accepted)
}
