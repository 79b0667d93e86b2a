package postgres

import (
	"context"
	"slices"

	"github.com/relance-bot/relance/storage"
)

// prefetch is what all functions of a group need.
func (t *transaction) prefetch(group []*task) error {
	var w wanted
	for _, r := range group {
		// When a group is run again because it and another process waited for each other,
		// it locks what it then knows of in the order of all.
		w.contacts = append(w.contacts, r.met...)
		for _, n := range r.Needs {
			w.add(n)
		}
	}
	return t.load(w)
}

// wanted is what is to be locked and fetched at once.
type wanted struct {
	parts    part // of contacts, and of those that are free
	contacts []string
	free     []string // if nobody else has them
	lines    []string // of whom it is the sends alone
	sends    []string // by their ids, with the lines of their contacts
	keys     []digest
}

// add wants what a function says it needs.
func (w *wanted) add(n storage.Need) {
	w.parts = partTurn
	w.contacts = append(w.contacts, n.Contacts...)
	w.free = append(w.free, n.Free...)
	w.lines = append(w.lines, n.Lines...)
	w.sends = append(w.sends, n.Sends...)
	for _, key := range n.Keys {
		w.keys = append(w.keys, digestOf(key))
	}
}

const (
	// The rows of contacts come in the order in which they are locked, the same for
	// everyone.
	sqlLock        = `SELECT ` + contactColumns + ` FROM contacts WHERE id = ANY ($1::text[]) ORDER BY id FOR NO KEY UPDATE`
	sqlLockSenders = `SELECT ` + contactColumns + ` FROM contacts
		WHERE id IN (SELECT unnest($1::text[]) UNION SELECT contact FROM outbox WHERE id = ANY ($2::text[]))
		ORDER BY id FOR NO KEY UPDATE`
	// What others have is left to them, so this waits for nobody. It goes behind the
	// locks that are waited for: whoever waits should have as little as can be.
	sqlLockFree = `SELECT ` + contactColumns + ` FROM contacts WHERE id = ANY ($1::text[]) ORDER BY id FOR NO KEY UPDATE SKIP LOCKED`
	// A lock that nobody has is made where a transaction that is still open cannot
	// hold it up.
	sqlPlaceholders = `INSERT INTO contacts (id, known) SELECT u.id, false FROM unnest($1::text[]) AS u (id)
		WHERE NOT EXISTS (SELECT 1 FROM contacts c WHERE c.id = u.id) ON CONFLICT DO NOTHING`

	sqlFirstInputs = `SELECT i.* FROM unnest($1::text[]) AS u (contact) CROSS JOIN LATERAL (
			SELECT ` + inputColumns + ` FROM inbox WHERE inbox.contact = u.contact ORDER BY seq LIMIT 1
		) i`
	sqlConsentsOf = `SELECT ` + consentColumns + `, terms FROM consents WHERE contact = ANY ($1::text[])`
	sqlPermitsOf  = `SELECT ` + permitColumns + ` FROM permits WHERE contact = ANY ($1::text[])`
	sqlTimersOf   = `SELECT ` + timerColumns + ` FROM timers WHERE contact = ANY ($1::text[])`
	sqlLinesOf    = `SELECT ` + sendColumns + ` FROM outbox WHERE contact = ANY ($1::text[]) AND ` + unsettled
	sqlHeldOf     = `SELECT ` + decisionColumns + ` FROM decisions WHERE contact = ANY ($1::text[]) AND kind = 'held'`
	sqlSaltsOf    = `SELECT contact, salt FROM salts WHERE contact = ANY ($1::text[])`

	sqlSendsOf     = `SELECT ` + sendColumns + ` FROM outbox WHERE id = ANY ($1::text[])`
	sqlSendLinesOf = `SELECT ` + sendColumns + ` FROM outbox
		WHERE contact = ANY (ARRAY (SELECT contact FROM outbox WHERE id = ANY ($1::text[]))) AND ` + unsettled
	sqlCarriedBy = `SELECT ` + decisionColumns + ` FROM decisions WHERE send = ANY ($1::text[]) AND send <> ''`
)

// load locks contacts and fetches parts of them, of others only their lines, sends
// with the lines of their contacts, and what is known of keys: in one exchange, or in
// three if a contact has no row yet.
func (t *transaction) load(w wanted) error {
	want := w.parts
	ids := t.lacking(want, w.contacts)
	whole := among(ids)
	lines := slices.DeleteFunc(t.lacking(partLine, w.lines), func(id string) bool { return whole(id) || t.ride(id) })
	sends := slices.DeleteFunc(slices.Clone(w.sends), func(id string) bool { return t.sends[id].known() })
	keys := slices.DeleteFunc(w.keys, func(d digest) bool { return t.keys[d] != nil })
	free := slices.DeleteFunc(t.lacking(want, w.free), whole)
	if len(ids)+len(lines)+len(sends)+len(keys)+len(free) == 0 {
		return nil
	}
	all := slices.Concat(ids, lines)
	slices.Sort(all)

	var steps []step
	if len(keys) > 0 {
		steps = append(steps, t.fetchKeys(keys), take(&t.inboxNumbers, sqlInboxNumbers, len(keys)))
	}
	if len(sends) > 0 {
		steps = append(steps,
			step{query: sqlLandSends, params: params{}.texts(sends), row: t.scanLanded},
			step{query: sqlLockSenders, params: params{}.texts(all).texts(sends), row: t.scanLocked})
	} else if len(all) > 0 {
		steps = append(steps, step{query: sqlLock, params: params{}.texts(all), row: t.scanLocked})
	}
	if len(free) > 0 {
		steps = append(steps, step{query: sqlLockFree, params: params{}.texts(free), row: t.scanLocked})
	}
	known := slices.Concat(ids, free)
	parts := t.missing(want, known)
	var aloft flyers
	if len(lines)+len(sends) > 0 || parts&partLine != 0 {
		steps = append(steps, aloft.look(t, slices.Concat(known, lines), sends))
	}
	steps = append(steps, t.fetchParts(parts, known, lines)...)
	var found []string
	if len(sends) > 0 {
		in := params{}.texts(sends)
		steps = append(steps,
			step{query: sqlSendsOf, params: in, row: func(r *row) { found = append(found, t.keepSend(scanSend(r)).value.Contact) }},
			step{query: sqlSendLinesOf, params: in, row: func(r *row) { t.keepSend(scanSend(r)) }})
	}
	if err := t.c.run(steps...); err != nil {
		return err
	}

	if len(aloft.rows) > 0 {
		landing := append(t.land(aloft.rows), t.fetchParts(0, nil, aloft.contacts)...)
		if err := t.c.run(landing...); err != nil {
			return err
		}
	}
	for _, id := range sends {
		if t.sends[id] == nil {
			t.sends[id] = &item[send]{value: send{Send: storage.Send{ID: id}}}
		}
		t.sends[id].absent = !t.sends[id].stored
	}
	t.loaded(want, slices.DeleteFunc(free, func(id string) bool { return !t.Has(id) })) // others keep theirs
	strangers := t.loaded(want, ids)
	alone := t.loaded(partLine, lines)
	alone = append(alone, t.loaded(partLine, found)...) // a send may be without a row of its contact
	if len(strangers)+len(alone) == 0 {
		return nil
	}
	both := slices.Concat(strangers, alone)
	slices.Sort(both)
	if err := t.w.placeholders(slices.Compact(both)); err != nil {
		return err
	}
	return t.load(wanted{parts: want, contacts: strangers, lines: alone})
}

// among says whether an id is one of those, which are sorted.
func among(sorted []string) func(id string) bool {
	return func(id string) bool {
		_, there := slices.BinarySearch(sorted, id)
		return there
	}
}

// loaded notes that parts of contacts were fetched, and returns those who have no row
// that could be locked.
func (t *transaction) loaded(parts part, ids []string) (strangers []string) {
	for _, id := range ids {
		if p := t.person(id); p.locked {
			p.loaded |= parts
		} else {
			p.stranger = true
			strangers = append(strangers, id)
		}
	}
	return strangers
}

// missing are the parts that some of the contacts lack.
func (t *transaction) missing(want part, ids []string) (parts part) {
	for _, id := range ids {
		p := t.persons[id]
		if p == nil || !p.locked {
			return want
		}
		parts |= want &^ p.loaded
	}
	return parts
}

// lacking are the contacts that are not locked or lack a part, in order, once.
func (t *transaction) lacking(want part, contacts []string) []string {
	var ids []string
	for _, id := range contacts {
		if p := t.persons[id]; p == nil || !p.locked || p.loaded&want != want {
			ids = append(ids, id)
		}
	}
	slices.Sort(ids)
	return slices.Compact(ids)
}

// lock notes that a person is locked. Numbers that were taken before are not used
// for what is put after: another process may have put something in between.
func (t *transaction) lock(p *person) {
	if !p.locked {
		p.locked = true
		t.ledgerNumbers = t.ledgerNumbers[:0]
	}
}

// take notes that a contact's row is locked, which says whether anybody is known.
func (t *transaction) take(id string, known bool) *person {
	p := t.person(id)
	t.lock(p)
	p.stranger = !known
	return p
}

// strangers are those whose row stands for the lock alone, in order.
func (t *transaction) strangers() (ids []string) {
	for id, p := range t.persons {
		if p.stranger && !p.contact.there {
			ids = append(ids, id)
		}
	}
	slices.Sort(ids)
	return ids
}

// scanLocked notes that a contact is locked.
func (t *transaction) scanLocked(r *row) {
	c, known := scanContact(r)
	p := t.take(c.ID, known)
	p.loaded |= partContact
	if known {
		p.contact.refresh(c)
	}
	p.zone = c.Timezone
}

// fetchParts are the statements that fetch parts of contacts. The lock comes before
// them, so they see what the last holder of it left; of who could not be locked nothing
// is kept. Of lines it is those alone.
func (t *transaction) fetchParts(want part, ids, lines []string) (steps []step) {
	line := func(r *row) {
		if s := scanSend(r); t.Has(s.Contact) {
			t.keepSend(s)
		}
	}
	if len(lines) > 0 {
		in := params{}.texts(lines)
		if want&partLine != 0 {
			in = params{}.texts(slices.Concat(ids, lines))
		}
		want &^= partLine
		steps = append(steps, step{query: sqlLinesOf, params: in, row: line})
	}
	if len(ids) == 0 {
		return steps
	}
	in := params{}.texts(ids)
	for _, f := range []struct {
		part  part
		query string
		row   func(r *row)
	}{
		{partInput, sqlFirstInputs, func(r *row) {
			if in := scanInput(r); t.Has(in.Contact) {
				t.person(in.Contact).first = t.keepInput(in)
			}
		}},
		{partConsents, sqlConsentsOf, func(r *row) {
			if c := scanConsentTerms(r); t.Has(c.Contact) {
				t.keepConsent(c)
			}
		}},
		{partPermits, sqlPermitsOf, func(r *row) {
			if p := scanPermit(r); t.Has(p.Contact) {
				t.keepPermit(p)
			}
		}},
		{partTimers, sqlTimersOf, func(r *row) {
			if timer := scanTimer(r); t.Has(timer.Contact) {
				t.keepTimer(timer)
			}
		}},
		{partLine, sqlLinesOf, line},
		{partHeld, sqlHeldOf, func(r *row) {
			if d := scanDecision(r); t.Has(d.Contact) {
				t.keepDecision(d)
			}
		}},
		{partSalt, sqlSaltsOf, func(r *row) {
			if s := (salt{r.text(), r.bytes()}); t.Has(s.contact) {
				t.person(s.contact).salt.refresh(s)
			}
		}},
	} {
		if want&f.part != 0 {
			steps = append(steps, step{query: f.query, params: in, row: f.row})
		}
	}
	return steps
}

// placeholders makes rows for contacts that have none.
func (w *writer) placeholders(ids []string) error {
	return w.s.aside.run(context.Background(), step{query: sqlPlaceholders, params: params{}.texts(ids)})
}
