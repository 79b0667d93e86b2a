package postgres

import (
	"context"
	"slices"

	"github.com/relance-bot/relance/storage"
)

// part is something of a contact that a transaction may have fetched.
type part uint8

const (
	partContact part = 1 << iota
	partInput
	partConsents
	partPermits
	partTimers
	partLine
	partHeld
	partSalt

	// partTurn is what a turn reads.
	partTurn = partContact | partInput | partConsents | partPermits | partTimers | partLine | partHeld
)

// nobody is whom schedules stand under. It is no contact: nothing locks it, and each
// of its timers is on its own.
const nobody = ""

// person is what a transaction knows of a contact.
type person struct {
	id     string
	locked bool
	loaded part
	zone   string // as stored

	contact   item[storage.Contact]
	first     *item[storage.Input] // of the inbox when it was loaded
	consents  []*item[consent]
	permits   []*item[storage.Permit]
	timers    map[timerKey]*item[storage.Timer]
	sends     []*item[send]
	decisions []*item[decision]
	salt      item[salt]
}

func (t *transaction) person(id string) *person {
	p, ok := t.persons[id]
	if !ok {
		p = &person{id: id}
		if id == nobody {
			p.locked, p.loaded = true, partTurn|partSalt
		}
		p.contact.value.ID = id
		p.salt.value.contact = id
		t.persons[id] = p
		t.met = append(t.met, id)
	}
	return p
}

// touch is the person of something that is written. If it is not locked yet, it is
// before that goes out.
func (t *transaction) touch(id string) *person {
	p := t.person(id)
	if !p.locked {
		t.unlocked = append(t.unlocked, id)
	}
	return p
}

// with is the person with a part fetched. What is missing of the others at hand is
// fetched with it: the function, or the next one, will most likely ask for that.
func (t *transaction) with(id string, want part) (*person, error) {
	p := t.person(id)
	if p.locked && p.loaded&want == want {
		return p, nil
	}
	ids := []string{id}
	if p.locked {
		for _, other := range t.persons {
			if other.locked && other.loaded&want != want && other != p && len(ids) < maxTogether {
				ids = append(ids, other.id)
			}
		}
	} else {
		want |= partTurn
	}
	return p, t.load(want, ids, nil, nil)
}

// maxTogether bounds what is fetched for others.
const maxTogether = 1000

// Need implements storage.Tx.
func (t *transaction) Need(n storage.Need) error {
	keys := make([]digest, len(n.Keys))
	for i, key := range n.Keys {
		keys[i] = digestOf(key)
	}
	return t.load(partTurn, n.Contacts, n.Sends, keys)
}

// prefetch is what all functions of a group need.
func (t *transaction) prefetch(group []*request) error {
	var contacts, sends []string
	var keys []digest
	for _, r := range group {
		// When a group is run again because it and another process waited for each other,
		// it locks what it then knows of in the order of all.
		contacts = append(contacts, r.met...)
		for _, n := range r.needs {
			contacts = append(contacts, n.Contacts...)
			sends = append(sends, n.Sends...)
			for _, key := range n.Keys {
				keys = append(keys, digestOf(key))
			}
		}
	}
	return t.load(partTurn, contacts, sends, keys)
}

const (
	// The rows of contacts come in the order in which they are locked, the same for
	// everyone.
	sqlLock = `SELECT ` + contactColumns + ` FROM contacts
		WHERE id IN (SELECT unnest($1::text[]) UNION SELECT contact FROM outbox WHERE id = ANY ($2::text[]))
		ORDER BY id FOR NO KEY UPDATE`
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
		WHERE contact IN (SELECT contact FROM outbox WHERE id = ANY ($1::text[])) AND ` + unsettled
	sqlCarriedBy = `SELECT ` + decisionColumns + ` FROM decisions WHERE send = ANY ($1::text[]) AND send <> ''`
)

// load locks contacts and fetches parts of them, sends with their contacts' lines
// and the decisions they carried, and what is known of keys: in one exchange, or in
// three if a contact has no row yet.
func (t *transaction) load(want part, contacts, sends []string, keys []digest) error {
	ids := t.lacking(want, contacts)
	sends = slices.DeleteFunc(slices.Clone(sends), func(id string) bool {
		_, known := t.sends[id]
		_, carried := t.carried[id]
		return known && carried
	})
	keys = slices.DeleteFunc(keys, func(d digest) bool { return t.keys[d] != nil })
	if len(ids)+len(sends)+len(keys) == 0 {
		return nil
	}
	var steps []step
	if len(keys) > 0 {
		steps = append(steps, t.fetchKeys(keys), take(&t.inboxNumbers, sqlInboxNumbers, len(keys)))
	}
	if len(ids)+len(sends) > 0 {
		steps = append(steps, step{query: sqlLock, params: params{}.texts(ids).texts(sends), row: t.scanLocked})
	}
	if len(ids) > 0 {
		steps = append(steps, t.fetchParts(want, params{}.texts(ids))...)
	}
	var found []string
	if len(sends) > 0 {
		in := params{}.texts(sends)
		steps = append(steps,
			step{query: sqlSendsOf, params: in, row: func(r *row) { found = append(found, t.keepSend(scanSend(r)).value.Contact) }},
			step{query: sqlSendLinesOf, params: in, row: func(r *row) { t.keepSend(scanSend(r)) }},
			t.fetchCarried(sends))
	}
	if err := t.c.run(steps...); err != nil {
		return err
	}

	for _, id := range sends {
		if _, ok := t.sends[id]; !ok {
			t.sends[id] = &item[send]{value: send{Send: storage.Send{ID: id}}}
		}
	}
	for _, contact := range found {
		if p := t.person(contact); p.locked {
			p.loaded |= partLine
		}
	}
	var strangers []string
	for _, id := range ids {
		if p := t.person(id); p.locked {
			p.loaded |= want
		} else {
			strangers = append(strangers, id)
		}
	}
	for _, id := range found { // a send without a row of its contact
		if !t.person(id).locked {
			strangers, want = append(strangers, id), want|partLine
		}
	}
	if len(strangers) == 0 {
		return nil
	}
	if err := t.w.placeholders(strangers); err != nil {
		return err
	}
	for _, id := range strangers {
		t.person(id).first = nil // read before the lock
	}
	return t.load(want, strangers, nil, nil)
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

// scanLocked notes that a contact is locked.
func (t *transaction) scanLocked(r *row) {
	c, known := scanContact(r)
	p := t.person(c.ID)
	t.lock(p)
	p.loaded |= partContact
	p.contact.stored = true
	if !p.contact.dirty {
		p.contact.value, p.contact.there = c, known
	}
	p.zone = c.Timezone
}

// fetchParts are the statements that fetch parts of contacts. The lock comes before
// them, so they see what the last holder of it left.
func (t *transaction) fetchParts(want part, in params) []step {
	var steps []step
	for _, f := range []struct {
		part  part
		query string
		row   func(r *row)
	}{
		{partInput, sqlFirstInputs, func(r *row) {
			in := t.keepInput(scanInput(r))
			t.person(in.value.Contact).first = in
		}},
		{partConsents, sqlConsentsOf, func(r *row) { t.keepConsent(scanConsentTerms(r)) }},
		{partPermits, sqlPermitsOf, func(r *row) { t.keepPermit(scanPermit(r)) }},
		{partTimers, sqlTimersOf, func(r *row) { t.keepTimer(scanTimer(r)) }},
		{partLine, sqlLinesOf, func(r *row) { t.keepSend(scanSend(r)) }},
		{partHeld, sqlHeldOf, func(r *row) { t.keepDecision(scanDecision(r)) }},
		{partSalt, sqlSaltsOf, func(r *row) {
			s := salt{r.text(), r.bytes()}
			t.person(s.contact).salt.refresh(s)
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
