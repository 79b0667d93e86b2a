package sqlite

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"github.com/relance-bot/relance/storage"
)

const (
	decisionColumns = `page, person, trigger_id, occurrence, flow, topic, kind, rule, lane, vals, at, next, first_due, expires,
		event, send, mid, delivered, read`

	sqlDecision = `SELECT ` + decisionColumns + ` FROM decisions
		WHERE page = ?1 AND person = ?2 AND trigger_id = ?3 AND occurrence = ?4`
	sqlDecisionsBySend = `SELECT ` + decisionColumns + ` FROM decisions
		WHERE send = ?1 AND send IS NOT NULL`
	sqlDecisionsByMID = `SELECT ` + decisionColumns + ` FROM decisions INDEXED BY decisions_contact
		WHERE page = ?1 AND person = ?2 AND mid = ?3`

	sqlPutDecision = `INSERT INTO decisions (page, person, trigger_id, occurrence, flow, topic, kind, rule, lane, vals, next,
			first_due, expires, event, delivered, read, mid, at, send)
		VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19)
		ON CONFLICT (page, person, trigger_id, occurrence) DO UPDATE SET ` + setDecision + `, at = ?18, send = ?19`
	setDecision = `flow = ?5, topic = ?6, kind = ?7, rule = ?8, lane = ?9, vals = ?10, next = ?11, first_due = ?12,
			expires = ?13, event = ?14, delivered = ?15, read = ?16, mid = ?17`
	// What the platform tells later touches no index.
	sqlNoteDecision = `UPDATE decisions INDEXED BY decisions_contact SET ` + setDecision + `
		WHERE page = ?1 AND person = ?2 AND trigger_id = ?3 AND occurrence = ?4 AND at = ?18 AND send IS ?19`
	sqlAcceptDecision = `UPDATE decisions INDEXED BY decisions_contact SET mid = ?5
		WHERE page = ?1 AND person = ?2 AND trigger_id = ?3 AND occurrence = ?4`

	// defaultDecisions is how many Decisions returns when its query does not say.
	defaultDecisions = 100

	// Where a time is to come, there is a number as wide as it will be.
	noTimeYet int64 = -1 << 46
)

// numbered is a decision as its row has it: with numbers for words, the page and those of
// wordsOf.
type numbered struct {
	storage.Decision
	page   int64
	person any
	words  [7]int64
}

// wordsOf are the words of a decision.
func wordsOf(d *storage.Decision) [7]*string {
	return [...]*string{&d.Trigger, &d.Occurrence, &d.Flow, &d.Topic, &d.Kind, &d.Rule, &d.Lane}
}

func scanDecision(row scanner) (d numbered, err error) {
	var at, next, firstDue, expires, delivered, read int64
	var send, mid any
	words := &d.words
	err = row.Scan(&d.page, &d.person, &words[0], &words[1], &words[2], &words[3], &words[4], &words[5], &words[6], &d.Values,
		&at, &next, &firstDue, &expires, &d.Event, &send, &mid, &delivered, &read)
	if err != nil {
		return d, err
	}
	if d.Send, err = unpack(send); err != nil {
		return d, err
	}
	d.At, d.Next, d.FirstDue, d.Expires = instant(at), instant(next), instant(firstDue), instant(expires)
	if delivered != noTimeYet {
		d.Delivered = instant(delivered)
	}
	if read != noTimeYet {
		d.Read = instant(read)
	}
	d.MID, err = unpack(mid)
	return d, err
}

// decisions reads the decisions a query answers with.
func (r reader) decisions(query string, in ...any) ([]storage.Decision, error) {
	found, err := many(r.c, scanDecision, query, in...)
	if err != nil || len(found) == 0 {
		return nil, err
	}
	list := make([]storage.Decision, len(found))
	for i := range found {
		n := &found[i]
		page, err := r.c.wordOf(n.page)
		if err != nil {
			return nil, err
		}
		n.Contact = contactOf(page, n.person)
		if list[i], err = r.spell(n); err != nil {
			return nil, err
		}
	}
	return list, nil
}

// numbers are those of a decision's words.
func (t *transaction) numbers(d *storage.Decision) (words [7]int64, err error) {
	for i, word := range wordsOf(d) {
		if words[i], err = t.word(*word); err != nil {
			return words, err
		}
	}
	return words, nil
}

// spell is a decision with its words.
func (r reader) spell(n *numbered) (d storage.Decision, err error) {
	d = n.Decision
	for i, word := range wordsOf(&d) {
		if *word, err = r.c.wordOf(n.words[i]); err != nil {
			return d, err
		}
	}
	return d, nil
}

// storedDecision is what a row of decisions has of one.
func (r reader) storedDecision(contact, trigger, occurrence string) (d storage.Decision, err error) {
	page, person, found, err := r.c.findContact(contact)
	if err != nil {
		return d, err
	}
	if !found {
		return d, storage.ErrNotFound
	}
	in := []any{page, person}
	for _, word := range []string{trigger, occurrence} {
		number, found, err := r.c.findWord(word)
		if err != nil {
			return d, err
		}
		if !found {
			return d, storage.ErrNotFound
		}
		in = append(in, number)
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

// storedDecisions are the decisions of a query that have rows.
func (r reader) storedDecisions(q storage.DecisionQuery) ([]storage.Decision, error) {
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
	b.WriteString(`SELECT ` + decisionColumns + ` FROM decisions INDEXED BY `)
	if q.Contact != "" {
		page, person, found, err := r.c.findContact(q.Contact)
		if err != nil || !found {
			return "", nil, err
		}
		b.WriteString(`decisions_contact WHERE page = ? AND person = ? AND at >= ?`)
		in = append(in, page, person)
	} else {
		b.WriteString(`decisions_at WHERE at >= ?`)
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
		b.WriteString(` AND ` + filter.column + ` = ?`)
		in = append(in, number)
	}
	if len(q.Kinds) > 0 {
		b.WriteString(` AND kind IN (?` + strings.Repeat(`, ?`, len(q.Kinds)-1) + `)`)
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
	b.WriteString(` ORDER BY at DESC, number DESC LIMIT ?`)
	return b.String(), append(in, limitOf(q)), nil
}

func limitOf(q storage.DecisionQuery) int {
	if q.Limit <= 0 {
		return defaultDecisions
	}
	return q.Limit
}

func (r reader) storedBySend(send string) ([]storage.Decision, error) {
	if send == "" {
		return nil, nil
	}
	return oldestFirst(r.decisions(sqlDecisionsBySend, r.c.pack(send)))
}

func (r reader) DecisionsByMID(contact, mid string) ([]storage.Decision, error) {
	if mid == "" {
		return nil, nil
	}
	page, person, found, err := r.c.findContact(contact)
	if err != nil || !found {
		return nil, err
	}
	return oldestFirst(r.decisions(sqlDecisionsByMID, page, person, r.c.pack(mid)))
}

// oldestFirst puts the decisions of one message in order.
func oldestFirst(list []storage.Decision, err error) ([]storage.Decision, error) {
	slices.SortFunc(list, func(a, b storage.Decision) int {
		return cmp.Or(a.At.Compare(b.At), cmp.Compare(a.Contact, b.Contact), cmp.Compare(a.Trigger, b.Trigger),
			cmp.Compare(a.Occurrence, b.Occurrence))
	})
	return list, err
}

func (t *transaction) PutDecision(d storage.Decision) error {
	if err := t.landContact(d.Contact); err != nil {
		return err
	}
	in, err := t.decisionRow(&d)
	if err != nil {
		return err
	}
	// One the platform has an id for is most likely there already.
	if d.MID != "" {
		if n, err := t.c.change(sqlNoteDecision, in...); err != nil || n > 0 {
			return err
		}
	}
	return t.c.exec(sqlPutDecision, in...)
}

// insertDecision puts a decision that most likely has no row.
func (t *transaction) insertDecision(d *storage.Decision) error {
	in, err := t.decisionRow(d)
	if err != nil {
		return err
	}
	return t.c.exec(sqlPutDecision, in...)
}

// decisionRow is what is given to the statements that put a decision.
func (t *transaction) decisionRow(d *storage.Decision) ([]any, error) {
	page, person, err := t.contact(d.Contact)
	if err != nil {
		return nil, err
	}
	words, err := t.numbers(d)
	if err != nil {
		return nil, err
	}
	in := append(t.row[:0], page, person)
	for _, word := range words {
		in = append(in, word)
	}
	delivered, read := millis(d.Delivered), millis(d.Read)
	if d.Send != "" {
		delivered, read = orRoom(d.Delivered), orRoom(d.Read)
	}
	t.row = append(in, d.Values, millis(d.Next), millis(d.FirstDue), millis(d.Expires), d.Event, delivered, read,
		t.c.pack(d.MID), millis(d.At), t.c.pack(d.Send))
	return t.row, nil
}

// acceptDecision gives a decision that has a row its MID.
func (t *transaction) acceptDecision(d *storage.Decision) error {
	page, person, err := t.contact(d.Contact)
	if err != nil {
		return err
	}
	trigger, err := t.word(d.Trigger)
	if err != nil {
		return err
	}
	occurrence, err := t.word(d.Occurrence)
	if err != nil {
		return err
	}
	return t.c.exec(sqlAcceptDecision, page, person, trigger, occurrence, t.c.pack(d.MID))
}

// orRoom is a time, or room for one to come.
func orRoom(t time.Time) int64 {
	if t.IsZero() {
		return noTimeYet
	}
	return millis(t)
}
