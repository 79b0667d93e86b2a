package postgres

import (
	"crypto/sha256"
	"fmt"

	"github.com/relance-bot/relance/storage"
)

const (
	contactColumns = `id, known, first_name, last_name, locale, timezone, fields, created_at, last_act, unreachable, program, session, prefs`

	sqlContact        = `SELECT ` + contactColumns + ` FROM contacts WHERE id = $1::text AND known`
	sqlContactByField = `SELECT ` + contactColumns + ` FROM contacts
		WHERE id = (SELECT contact FROM uniques WHERE field = $1::text AND digest = $2::bytea) AND known`
	sqlContacts = `SELECT ` + contactColumns + ` FROM contacts WHERE id > $1::text AND known ORDER BY id LIMIT $2::bigint`

	sqlSetContacts = `UPDATE contacts c SET known = true, first_name = u.first_name, last_name = u.last_name, locale = u.locale,
			timezone = u.timezone, fields = u.fields, created_at = u.created_at, last_act = u.last_act,
			unreachable = u.unreachable, program = u.program, session = u.session, prefs = u.prefs
		FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::bytea[], $7::bigint[], $8::bigint[],
			$9::text[], $10::text[], $11::bytea[], $12::bytea[]) AS u (id, first_name, last_name, locale, timezone, fields, created_at,
			last_act, unreachable, program, session, prefs)
		WHERE c.id = u.id`
	sqlMoveZone = `UPDATE consents c SET zone = u.zone FROM unnest($1::text[], $2::text[]) AS u (contact, zone)
		WHERE c.contact = u.contact AND c.zone <> u.zone`

	sqlUniqueOwner  = `SELECT contact FROM uniques WHERE field = $1::text AND digest = $2::bytea`
	sqlPutUnique    = `INSERT INTO uniques (field, digest, contact) VALUES ($1::text, $2::bytea, $3::text)`
	sqlDeleteUnique = `DELETE FROM uniques WHERE contact = $1::text AND field = $2::text`

	// The row stays until the commit, since it is the lock.
	sqlEraseContact = `UPDATE contacts SET known = false, first_name = '', last_name = '', locale = '', timezone = '', fields = NULL,
		created_at = 0, last_act = 0, unreachable = '', program = '', session = NULL, prefs = NULL WHERE id = $1::text`
	// The cursor of an occurrence, or of a campaign's sweep, names somebody: the one before
	// them does as well. Whoever has it in hand moves it on.
	sqlEraseCursor = `UPDATE occurrences o SET cursor = coalesce((SELECT max(id) FROM contacts WHERE id < $1::text AND known), '')
		FROM (SELECT trigger_id, id FROM occurrences
			WHERE state IN ('running', 'paused', 'failed') AND cursor = $1::text FOR NO KEY UPDATE SKIP LOCKED) x
		WHERE o.trigger_id = x.trigger_id AND o.id = x.id`
	sqlEraseSweep = `UPDATE campaigns c SET cursor = coalesce((SELECT max(id) FROM contacts WHERE id < $1::text AND known), '')
		FROM (SELECT trigger_id, id FROM campaigns WHERE sweep <> '' AND cursor = $1::text FOR NO KEY UPDATE SKIP LOCKED) x
		WHERE c.trigger_id = x.trigger_id AND c.id = x.id`
	sqlEraseName = `UPDATE ledger SET contact = '' WHERE contact = $1::text AND contact <> ''`

	// A row that only stood for the lock goes when nothing is left that waits.
	sqlForgetPlaceholders = `DELETE FROM contacts c WHERE c.id = ANY ($1::text[]) AND NOT c.known
		AND NOT EXISTS (SELECT 1 FROM timers WHERE contact = c.id)
		AND NOT EXISTS (SELECT 1 FROM outbox WHERE contact = c.id AND ` + unsettled + `)`
)

// sqlErase is what an erased contact loses besides.
var sqlErase = [...]string{
	sqlEraseContact,
	`DELETE FROM uniques WHERE contact = $1::text`,
	`DELETE FROM inbox WHERE contact = $1::text`,
	`DELETE FROM interest_terms WHERE contact = $1::text`,
	`DELETE FROM consents WHERE contact = $1::text`,
	`DELETE FROM permits WHERE contact = $1::text`,
	`DELETE FROM timers WHERE contact = $1::text`,
	`DELETE FROM decisions WHERE contact = $1::text`,
	`DELETE FROM outbox WHERE contact = $1::text AND ` + unsettled,
	`DELETE FROM outbox WHERE contact = $1::text AND ` + settled,
	`DELETE FROM outcomes WHERE contact = $1::text`,
	`DELETE FROM strays WHERE contact = $1::text AND contact <> ''`,
	`DELETE FROM salts WHERE contact = $1::text`,
	sqlEraseName, sqlEraseCursor, sqlEraseSweep,
}

// digest is a short key of one that comes from outside in any length. 128 bits of
// SHA-256 leave no practical way to two keys with one digest.
type digest [16]byte

func digestOf(key string) digest {
	sum := sha256.Sum256([]byte(key))
	return digest(sum[:16])
}

func scanContact(r *row) (c storage.Contact, known bool) {
	c.ID, known = r.text(), r.bool()
	c.FirstName, c.LastName, c.Locale, c.Timezone, c.Fields = r.text(), r.text(), r.text(), r.text(), r.bytes()
	c.CreatedAt, c.LastAct = r.time(), r.time()
	c.Unreachable, c.Program, c.Session, c.Prefs = r.text(), r.text(), r.bytes(), r.bytes()
	return c, known
}

func scanKnown(r *row) storage.Contact {
	c, _ := scanContact(r)
	return c
}

func contactID(c storage.Contact) string { return c.ID }

func (r reader) Contact(id string) (storage.Contact, error) {
	return single(r, scanKnown, sqlContact, params{}.text(id))
}

func (r reader) ContactByField(field, value string) (storage.Contact, error) {
	d := digestOf(value)
	return single(r, scanKnown, sqlContactByField, params{}.text(field).bytes(d[:]))
}

func (r reader) Contacts(after string, limit int) ([]storage.Contact, error) {
	return list(r, scanKnown, sqlContacts, params{}.text(after).limit(limit))
}

func (t *transaction) Contact(id string) (storage.Contact, error) {
	p, err := t.with(id, partContact)
	if err == nil && !p.contact.there {
		err = storage.ErrNotFound
	}
	if err != nil {
		return storage.Contact{}, err
	}
	return p.contact.value, nil
}

func (t *transaction) ContactByField(field, value string) (storage.Contact, error) {
	found, err := afresh(t, contactID, func() ([]storage.Contact, error) { return optional(t.reader.ContactByField(field, value)) })
	return only(found, err)
}

func (t *transaction) Contacts(after string, limit int) ([]storage.Contact, error) {
	return afresh(t, contactID, func() ([]storage.Contact, error) { return t.reader.Contacts(after, limit) })
}

func (t *transaction) PutContact(c storage.Contact) error {
	p := t.touch(c.ID)
	t.dirtyContacts.put(t, &p.contact, c, true)
	return nil
}

func (t *transaction) PutUnique(contact, field, value string) error {
	if _, err := t.with(contact, partContact); err != nil {
		return err
	}
	if err := t.flush(); err != nil {
		return err
	}
	d := digestOf(value)
	steps := []step{{query: sqlDeleteUnique, params: params{}.text(contact).text(field)}}
	if value != "" {
		owner, err := one(t.c, scanText, sqlUniqueOwner, params{}.text(field).bytes(d[:]))
		switch {
		case err == nil && owner == contact:
			return nil
		case err == nil:
			return fmt.Errorf("field %s: %w", field, storage.ErrTaken)
		case t.c.failed != nil:
			return err
		}
		steps = append(steps, step{query: sqlPutUnique, params: params{}.text(field).bytes(d[:]).text(contact)})
	}
	return t.send(steps...)
}

func (t *transaction) Erase(contact string) error {
	if contact == nobody {
		return nil // schedules stay
	}
	if err := t.flush(); err != nil { // occurrences may name them
		return err
	}
	p, err := t.with(contact, partContact|partLine)
	if err != nil {
		return err
	}
	var steps []step
	for _, it := range p.sends {
		if it.value.inFlight() {
			steps = append(steps, t.land([]flightName{it.value.flight.name()})...)
		}
	}
	for _, query := range sqlErase {
		steps = append(steps, step{query: query, params: params{}.text(contact)})
	}
	if err := t.send(steps...); err != nil {
		return err
	}
	t.forget(p)
	return nil
}

// forget leaves nothing of an erased contact in the working set.
func (t *transaction) forget(p *person) {
	for _, it := range p.sends {
		it.gone()
	}
	for _, it := range p.decisions {
		it.gone()
	}
	for key, it := range t.inputs {
		if key.contact == p.id {
			it.gone()
		}
	}
	for key, it := range t.occurs {
		if it.value.Cursor == p.id {
			delete(t.occurs, key)
		}
	}
	for _, it := range t.entries {
		if it.value.Contact == p.id {
			it.value.Contact = ""
		}
	}
	*p = person{id: p.id, locked: true, stranger: true, loaded: partTurn | partSalt, sends: p.sends, decisions: p.decisions}
	p.contact.value.ID = p.id
	p.salt.value.contact = p.id
}

// flushContacts writes the changed contacts; their rows are there, since they are
// locked.
func (t *transaction) flushContacts() []step {
	kept, _ := t.dirtyContacts.take()
	if len(kept) == 0 {
		return nil
	}
	rows, moved := t.table(), t.table()
	for _, it := range kept {
		c := &it.value
		rows.text(c.ID).text(c.FirstName).text(c.LastName).text(c.Locale).text(c.Timezone).bytes(c.Fields).
			time(c.CreatedAt).time(c.LastAct).text(c.Unreachable).text(c.Program).bytes(c.Session).bytes(c.Prefs).next()
		if p := t.person(c.ID); p.zone != c.Timezone {
			moved.text(c.ID).text(c.Timezone).next()
			p.zone = c.Timezone
		}
	}
	steps := []step{{query: sqlSetContacts, params: rows.params()}}
	if moved.n > 0 {
		steps = append(steps, step{query: sqlMoveZone, params: moved.params()})
	}
	return steps
}

// optional makes a list of what may not be found.
func optional[T any](v T, err error) ([]T, error) {
	if err == nil {
		return []T{v}, nil
	}
	if notFound(err) {
		return nil, nil
	}
	return nil, err
}

// only is the first of a list; storage.ErrNotFound if there is none.
func only[T any](found []T, err error) (v T, _ error) {
	if err == nil && len(found) == 0 {
		err = storage.ErrNotFound
	}
	if err != nil {
		return v, err
	}
	return found[0], nil
}
