package sqlite

import (
	"cmp"
	"encoding/binary"
	"slices"
	"strings"
	"time"

	"github.com/relance-bot/relance/storage"
)

const (
	decisionColumns = `c.id, d.trigger_id, d.occurrence, d.flow, d.topic, d.kind, d.rule, d.lane, d.vals, d.at, d.next,
		d.first_due, d.expires, d.event, d.send, d.mid, d.delivered, d.read`
	ofContact = ` CROSS JOIN contacts c ON c.number = d.contact `

	sqlDecision = `SELECT ` + decisionColumns + ` FROM decisions d` + ofContact + `
		WHERE d.contact = ` + numberOf1 + ` AND d.trigger_id = ?2 AND d.occurrence = ?3`
	sqlDecisionsBySend = `SELECT ` + decisionColumns + ` FROM decisions d` + ofContact + `
		WHERE d.send = ?1 AND d.send IS NOT NULL`
	sqlDecisionsByMID = `SELECT ` + decisionColumns + ` FROM decisions d` + ofContact + `
		WHERE d.mid_hash = ?1 AND d.mid_hash > 0 AND d.mid = ?2`

	sqlPutDecision = `INSERT INTO decisions (contact, trigger_id, occurrence, flow, topic, kind, rule, lane, vals, next,
			first_due, expires, event, delivered, read, mid, mid_hash, at, send)
		VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19)
		ON CONFLICT (contact, trigger_id, occurrence) DO UPDATE SET flow = ?4, topic = ?5, kind = ?6, rule = ?7, lane = ?8,
			vals = ?9, next = ?10, first_due = ?11, expires = ?12, event = ?13, delivered = ?14, read = ?15, mid = ?16,
			mid_hash = ?17, at = ?18, send = ?19`
	// Most changes are the platform's id and what it tells later. Then no other index
	// is touched; and once there is an id, none.
	sqlAcceptDecision = `UPDATE decisions INDEXED BY decisions_contact SET flow = ?4, topic = ?5, kind = ?6, rule = ?7, lane = ?8,
			vals = ?9, next = ?10, first_due = ?11, expires = ?12, event = ?13, delivered = ?14, read = ?15, mid = ?16, mid_hash = ?17
		WHERE contact = ?1 AND trigger_id = ?2 AND occurrence = ?3 AND at = ?18 AND send IS ?19`
	sqlNoteDecision = `UPDATE decisions INDEXED BY decisions_contact SET flow = ?4, topic = ?5, kind = ?6, rule = ?7, lane = ?8,
			vals = ?9, next = ?10, first_due = ?11, expires = ?12, event = ?13, delivered = ?14, read = ?15
		WHERE contact = ?1 AND trigger_id = ?2 AND occurrence = ?3 AND mid IS ?16 AND mid_hash = ?17 AND at = ?18 AND send IS ?19`

	// defaultDecisions is how many Decisions returns when its query does not say.
	defaultDecisions = 100

	// Where something is to come, there is a number as wide as it will be.
	noTimeYet int64 = -1 << 46
	noHashYet int64 = -1 << 31
)

// scanDecision reads a decision but for its words.
func scanDecision(row scanner) (d storage.Decision, words [7]int64, err error) {
	var at, next, firstDue, expires, delivered, read int64
	var send, mid any
	err = row.Scan(&d.Contact, &words[0], &words[1], &words[2], &words[3], &words[4], &words[5], &words[6], &d.Values,
		&at, &next, &firstDue, &expires, &d.Event, &send, &mid, &delivered, &read)
	if err != nil {
		return d, words, err
	}
	if d.Send, err = unpack(send); err != nil {
		return d, words, err
	}
	d.At, d.Next, d.FirstDue, d.Expires = instant(at), instant(next), instant(firstDue), instant(expires)
	if delivered != noTimeYet {
		d.Delivered = instant(delivered)
	}
	if read != noTimeYet {
		d.Read = instant(read)
	}
	d.MID, err = unpack(mid)
	return d, words, err
}

// spelled is a decision whose words are still numbers.
type spelled struct {
	storage.Decision
	words [7]int64
}

// decisions reads the decisions a query answers with.
func (r reader) decisions(query string, in ...any) ([]storage.Decision, error) {
	found, err := many(r.c, func(row scanner) (s spelled, err error) {
		s.Decision, s.words, err = scanDecision(row)
		return s, err
	}, query, in...)
	if err != nil || len(found) == 0 {
		return nil, err
	}
	list := make([]storage.Decision, len(found))
	for i, s := range found {
		d := &list[i]
		*d = s.Decision
		for n, word := range []*string{&d.Trigger, &d.Occurrence, &d.Flow, &d.Topic, &d.Kind, &d.Rule, &d.Lane} {
			if *word, err = r.c.wordOf(s.words[n]); err != nil {
				return nil, err
			}
		}
	}
	return list, nil
}

func (r reader) Decision(contact, trigger, occurrence string) (d storage.Decision, err error) {
	in := []any{contact, nil, nil}
	for i, word := range []string{trigger, occurrence} {
		number, found, err := r.c.findWord(word)
		if err != nil {
			return d, err
		}
		if !found {
			return d, storage.ErrNotFound
		}
		in[1+i] = number
	}
	list, err := r.decisions(sqlDecision, in...)
	if err != nil {
		return d, err
	}
	if len(list) == 0 {
		return d, storage.ErrNotFound
	}
	return list[0], nil
}

func (r reader) Decisions(q storage.DecisionQuery) ([]storage.Decision, error) {
	query, in, err := r.decisionsSQL(q)
	if err != nil || query == "" {
		return nil, err
	}
	return r.decisions(query, in...)
}

// decisionsSQL spells out the filters that are set: a condition that may be off
// would keep SQLite from its indexes. A query of one contact reads that
// contact's decisions, any other walks back from the newest. It is "" if a filter
// is a word that nothing has.
func (r reader) decisionsSQL(q storage.DecisionQuery) (string, []any, error) {
	var b strings.Builder
	var in []any
	b.WriteString(`SELECT ` + decisionColumns + ` FROM decisions d INDEXED BY `)
	if q.Contact != "" {
		b.WriteString(`decisions_contact` + ofContact + `WHERE d.contact = (SELECT number FROM contacts WHERE id = ?) AND d.at >= ?`)
		in = append(in, q.Contact)
	} else {
		b.WriteString(`decisions_at` + ofContact + `WHERE d.at >= ?`)
	}
	if q.Since.IsZero() {
		in = append(in, int64(-1<<63))
	} else {
		in = append(in, millis(q.Since))
	}
	for _, filter := range []struct{ column, word string }{
		{"flow", q.Flow}, {"trigger_id", q.Trigger}, {"topic", q.Topic},
	} {
		if filter.word == "" {
			continue
		}
		number, found, err := r.c.findWord(filter.word)
		if err != nil || !found {
			return "", nil, err
		}
		b.WriteString(` AND d.` + filter.column + ` = ?`)
		in = append(in, number)
	}
	if len(q.Kinds) > 0 {
		b.WriteString(` AND d.kind IN (?` + strings.Repeat(`, ?`, len(q.Kinds)-1) + `)`)
		for _, kind := range q.Kinds {
			number, found, err := r.c.findWord(kind)
			if err != nil {
				return "", nil, err
			}
			if !found {
				number = -1
			}
			in = append(in, number)
		}
	}
	b.WriteString(` ORDER BY d.at DESC, d.number DESC LIMIT ?`)
	limit := q.Limit
	if limit <= 0 {
		limit = defaultDecisions
	}
	return b.String(), append(in, limit), nil
}

func (r reader) DecisionsBySend(send string) ([]storage.Decision, error) {
	if send == "" {
		return nil, nil
	}
	return oldestFirst(r.decisions(sqlDecisionsBySend, pack(send)))
}

func (r reader) DecisionsByMID(mid string) ([]storage.Decision, error) {
	if mid == "" {
		return nil, nil
	}
	return oldestFirst(r.decisions(sqlDecisionsByMID, shortHash(mid), pack(mid)))
}

// oldestFirst puts the decisions of one message in order.
func oldestFirst(list []storage.Decision, err error) ([]storage.Decision, error) {
	slices.SortFunc(list, func(a, b storage.Decision) int {
		return cmp.Or(a.At.Compare(b.At), cmp.Compare(a.Contact, b.Contact), cmp.Compare(a.Trigger, b.Trigger),
			cmp.Compare(a.Occurrence, b.Occurrence))
	})
	return list, err
}

// shortHash is what the index of decisions holds for the platform's id: always as
// wide, and enough to tell apart all but a few, which are then compared.
func shortHash(mid string) int64 {
	return int64(binary.BigEndian.Uint32(digest(mid))>>1 | 1<<30)
}

func (t *transaction) PutDecision(d storage.Decision) error {
	contact, err := t.number(d.Contact)
	if err != nil {
		return err
	}
	in := make([]any, 0, 19)
	in = append(in, contact)
	for _, word := range [...]string{d.Trigger, d.Occurrence, d.Flow, d.Topic, d.Kind, d.Rule, d.Lane} {
		number, err := t.word(word)
		if err != nil {
			return err
		}
		in = append(in, number)
	}
	mid, hash := pack(d.MID), int64(0)
	delivered, read := millis(d.Delivered), millis(d.Read)
	if d.MID != "" {
		hash = shortHash(d.MID)
		if packed, ok := mid.([]byte); ok {
			t.midRoom = len(packed)
		}
	}
	if d.Send != "" {
		if d.MID == "" {
			mid, hash = make([]byte, t.midRoom), noHashYet
		}
		delivered, read = orRoom(d.Delivered), orRoom(d.Read)
	}
	in = append(in, d.Values, millis(d.Next), millis(d.FirstDue), millis(d.Expires), d.Event, delivered, read,
		mid, hash, millis(d.At), pack(d.Send))

	// One the platform has an id for is most likely there already.
	for _, query := range [...]string{sqlNoteDecision, sqlAcceptDecision} {
		if d.MID == "" || query == sqlNoteDecision && d.Delivered.IsZero() && d.Read.IsZero() {
			continue
		}
		if n, err := t.c.change(query, in...); err != nil || n > 0 {
			return err
		}
	}
	return t.c.exec(sqlPutDecision, in...)
}

// orRoom is a time, or room for one to come.
func orRoom(t time.Time) int64 {
	if t.IsZero() {
		return noTimeYet
	}
	return millis(t)
}
