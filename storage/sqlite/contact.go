package sqlite

import (
	"errors"
	"fmt"

	"github.com/relance-bot/relance/storage"
)

const (
	contactColumns = `id, ` + contactRest
	contactRest    = `first_name, last_name, locale, timezone, fields, created_at, last_act, unreachable, program, session, prefs`

	sqlContact        = `SELECT ` + contactColumns + ` FROM contacts WHERE id = ?1`
	sqlContactByField = `SELECT ` + contactColumns + ` FROM contacts
		WHERE id = (SELECT contact FROM uniques WHERE field = ?1 AND value = ?2)`
	sqlContacts   = `SELECT ` + contactColumns + ` FROM contacts WHERE id > ?1 ORDER BY id LIMIT ?2`
	sqlPutContact = `INSERT INTO contacts (` + contactColumns + `)
		VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)
		ON CONFLICT (id) DO UPDATE SET first_name = ?2, last_name = ?3, locale = ?4, timezone = ?5, fields = ?6,
			created_at = ?7, last_act = ?8, unreachable = ?9, program = ?10, session = ?11, prefs = ?12`
	// Of somebody who was read before, most changes leave alone who they are: which spares
	// the look for the row, and the triggers of the zone.
	sqlSetContact = `UPDATE contacts SET fields = ?2, last_act = ?3, unreachable = ?4, program = ?5, session = ?6, prefs = ?7 WHERE rowid = ?1`

	sqlUniqueOwner   = `SELECT contact FROM uniques WHERE field = ?1 AND value = ?2`
	sqlPutUnique     = `INSERT INTO uniques (field, value, contact) VALUES (?1, ?2, ?3)`
	sqlDeleteUnique  = `DELETE FROM uniques WHERE contact = ?1 AND field = ?2`
	sqlEraseContact  = `DELETE FROM contacts WHERE id = ?1`
	sqlEraseUniques  = `DELETE FROM uniques WHERE contact = ?1`
	sqlEraseConsents = `DELETE FROM consents WHERE contact = ?1`
	sqlErasePermits  = `DELETE FROM permits WHERE contact = ?1`
	sqlEraseTimers   = `DELETE FROM timers WHERE page = ?1 AND person = ?2`
	sqlEraseDecided  = `DELETE FROM decisions WHERE page = ?1 AND person = ?2`
	sqlEraseOutbox   = `DELETE FROM outbox WHERE contact = ?1 AND ` + unsettled
	sqlEraseSettled  = `DELETE FROM outbox WHERE contact = ?1 AND ` + settled
	sqlEraseOutcomes = `DELETE FROM outcomes WHERE contact = ?1`
	sqlEraseStrays   = `DELETE FROM strays WHERE contact = ?1 AND contact <> ''`
	sqlEraseSalt     = `DELETE FROM salts WHERE contact = ?1`
	sqlEraseName     = `UPDATE ledger SET contact = '' WHERE contact = ?1 AND contact <> ''`
	// The cursor of an occurrence, or of a campaign's sweep, names somebody: the one before
	// them does as well.
	sqlEraseCursor = `UPDATE occurrences SET cursor = coalesce((SELECT max(id) FROM contacts WHERE id < ?1), '')
		WHERE (state = 'running' OR state = 'paused' OR state = 'failed') AND cursor = ?1`
	sqlEraseSweep = `UPDATE campaigns SET cursor = coalesce((SELECT max(id) FROM contacts WHERE id < ?1), '')
		WHERE sweep <> '' AND cursor = ?1`
)

func scanContact(row scanner) (c storage.Contact, err error) {
	var created, act int64
	err = row.Scan(&c.ID, &c.FirstName, &c.LastName, &c.Locale, &c.Timezone, &c.Fields, &created, &act,
		&c.Unreachable, &c.Program, &c.Session, &c.Prefs)
	c.CreatedAt, c.LastAct = instant(created), instant(act)
	return c, err
}

func (r reader) Contact(id string) (storage.Contact, error) {
	return one(r.c, scanContact, sqlContact, id)
}

func (r reader) ContactByField(field, value string) (storage.Contact, error) {
	return one(r.c, scanContact, sqlContactByField, field, value)
}

func (r reader) Contacts(after string, limit int) ([]storage.Contact, error) {
	return many(r.c, scanContact, sqlContacts, after, bounded(limit))
}

func (t *transaction) PutContact(c storage.Contact) error {
	if a := t.wrote(c.ID); a != nil && a.isStill(&c) {
		return t.c.exec(sqlSetContact, a.row, c.Fields, millis(c.LastAct), c.Unreachable, c.Program, c.Session, c.Prefs)
	}
	delete(t.ahead, c.ID)
	return t.c.exec(sqlPutContact, c.ID, c.FirstName, c.LastName, c.Locale, c.Timezone, c.Fields,
		millis(c.CreatedAt), millis(c.LastAct), c.Unreachable, c.Program, c.Session, c.Prefs)
}

func (t *transaction) PutUnique(contact, field, value string) error {
	if value != "" {
		var owner string
		err := t.c.row(sqlUniqueOwner, args{field, value}, &owner)
		switch {
		case err == nil && owner == contact:
			return nil
		case err == nil:
			return fmt.Errorf("field %s: %w", field, storage.ErrTaken)
		case !errors.Is(err, storage.ErrNotFound):
			return err
		}
	}
	if err := t.c.exec(sqlDeleteUnique, contact, field); err != nil {
		return err
	}
	if value == "" {
		return nil
	}
	return t.c.exec(sqlPutUnique, field, value, contact)
}

func (t *transaction) Erase(contact string) error {
	if contact == "" {
		return nil // nobody: schedules stand under that name
	}
	t.erased = true
	delete(t.ahead, contact)
	if err := errors.Join(t.eraseTerms(contact), t.eraseFlights(contact), t.eraseInputs(contact)); err != nil {
		return err
	}
	for _, query := range []string{
		sqlEraseContact, sqlEraseUniques, sqlEraseConsents, sqlErasePermits,
		sqlEraseOutbox, sqlEraseSettled, sqlEraseOutcomes, sqlEraseStrays, sqlEraseSalt, sqlEraseName, sqlEraseCursor, sqlEraseSweep,
	} {
		if err := t.c.exec(query, contact); err != nil {
			return err
		}
	}
	page, person, found, err := t.c.findContact(contact)
	if err != nil || !found {
		return err
	}
	if err := t.c.exec(sqlEraseTimers, page, person); err != nil {
		return err
	}
	return t.c.exec(sqlEraseDecided, page, person)
}
