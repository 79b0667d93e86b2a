package sqlite

import (
	"cmp"
	"slices"
	"strings"

	"github.com/relance-bot/relance/storage"
)

const (
	// Statements have a price of their own: of many contacts at once each costs half
	// of what it does alone. Of few it is not worth it.
	fewContacts = 8
	maxAhead    = 512  // at once
	mostAhead   = 1024 // in a group, about

	// Who was asked for comes back by the place in the list.
	listed        = ` FROM (SELECT key AS place, value AS one FROM json_each(?1)) CROSS JOIN `
	sqlContactsOf = `SELECT place, contacts.rowid, ` + contactRest + listed + `contacts ON id = one`
	sqlConsentsOf = `SELECT place, ` + consentRest + listed + `consents ON contact = one`
	sqlPermitsOf  = `SELECT place, ` + permitRest + listed + `permits ON contact = one`
)

// ahead is what is known of a contact in this transaction. What was read before it was
// asked for is told once, so that it belongs to whoever asked, and no part of it once the
// contact is written to.
type ahead struct {
	row      int64
	contact  storage.Contact
	consents []storage.Consent
	permits  []storage.Permit
	lineless bool // no row of the outbox is theirs that is not settled
	// which of them are still to be told
	hasContact, hasConsents, hasPermits bool
}

// Has says yes: one process has them all.
func (*transaction) Has(string) bool { return true }

// Need reads many contacts ahead.
func (t *transaction) Need(n storage.Need) error {
	if len(n.Contacts) < fewContacts {
		return nil
	}
	ids := slices.DeleteFunc(slices.Clone(n.Contacts[:min(len(n.Contacts), maxAhead)]), odd)
	slices.Sort(ids)
	if ids = slices.Compact(ids); len(ids) == 0 {
		return nil
	}
	list := `["` + strings.Join(ids, `","`) + `"]`
	if len(t.allAhead) > mostAhead {
		t.forgetAhead()
	}
	all := t.roomAhead(len(ids))
	if err := each(t.c, func(row scanner) error { return scanAhead(row, ids, all) }, sqlContactsOf, list); err != nil {
		return err
	}
	consents, err := about(t.c, len(ids), func(row scanner) (storage.Consent, error) { return scanConsentOf(row, ids) }, sqlConsentsOf, list)
	if err != nil {
		return err
	}
	permits, err := about(t.c, len(ids), func(row scanner) (storage.Permit, error) { return scanPermitOf(row, ids) }, sqlPermitsOf, list)
	if err != nil {
		return err
	}
	err = each(t.c, func(row scanner) error {
		var place int
		err := row.Scan(&place)
		all[place].lineless = false
		return err
	}, sqlHaveLines, list)
	if err != nil {
		return err
	}
	// They come in order already, which costs little to make sure of.
	slices.SortFunc(consents, func(a, b storage.Consent) int {
		return cmp.Or(cmp.Compare(a.Contact, b.Contact), cmp.Compare(a.Topic, b.Topic))
	})
	slices.SortFunc(permits, func(a, b storage.Permit) int {
		return cmp.Or(cmp.Compare(a.Contact, b.Contact), cmp.Compare(a.Lane, b.Lane), cmp.Compare(a.Topic, b.Topic))
	})
	for i := range all {
		if all[i].hasContact { // only who was found is known
			t.ahead[ids[i]] = &all[i]
		}
	}
	eachRun(consents, func(c *storage.Consent) string { return c.Contact }, func(contact string, run []storage.Consent) {
		if a := t.ahead[contact]; a != nil {
			a.consents = run
		}
	})
	eachRun(permits, func(p *storage.Permit) string { return p.Contact }, func(contact string, run []storage.Permit) {
		if a := t.ahead[contact]; a != nil {
			a.permits = run
		}
	})
	return nil
}

// roomAhead is room for what is read of so many contacts, empty. What was read of others
// stays where it is.
func (t *transaction) roomAhead(contacts int) []ahead {
	from := len(t.allAhead)
	t.allAhead = slices.Grow(t.allAhead, contacts)[:from+contacts]
	return t.allAhead[from:]
}

// forgetAhead makes room anew.
func (t *transaction) forgetAhead() {
	clear(t.ahead)
	clear(t.allAhead)
	t.allAhead = t.allAhead[:0]
}

// odd reports whether JSON might spell an id in another way.
func odd(id string) bool {
	for _, c := range []byte(id) {
		if c < ' ' || c > '~' || c == '"' || c == '\\' {
			return true
		}
	}
	return false
}

func scanAhead(row scanner, ids []string, all []ahead) error {
	var place int
	var created, act int64
	var a ahead
	c := &a.contact
	err := row.Scan(&place, &a.row, &c.FirstName, &c.LastName, &c.Locale, &c.Timezone, &c.Fields, &created, &act,
		&c.Unreachable, &c.Program, &c.Session, &c.Prefs)
	if err != nil {
		return err
	}
	a.lineless = true
	c.ID, c.CreatedAt, c.LastAct = ids[place], instant(created), instant(act)
	a.hasContact, a.hasConsents, a.hasPermits = true, true, true
	all[place] = a
	return nil
}

// eachRun cuts a list where the contact changes.
func eachRun[T any](list []T, contactOf func(*T) string, take func(contact string, run []T)) {
	for from := 0; from < len(list); {
		contact, to := contactOf(&list[from]), from+1
		for to < len(list) && contactOf(&list[to]) == contact {
			to++
		}
		take(contact, list[from:to:to])
		from = to
	}
}

// wrote says that what is read next of a contact must be what was written.
func (t *transaction) wrote(contact string) *ahead {
	a := t.ahead[contact]
	if a != nil {
		a.hasContact, a.hasConsents, a.hasPermits = false, false, false
	}
	return a
}

// isStill reports whether that is who they were when they were read.
func (a *ahead) isStill(c *storage.Contact) bool {
	was := &a.contact
	return was.FirstName == c.FirstName && was.LastName == c.LastName && was.Locale == c.Locale &&
		was.Timezone == c.Timezone && millis(was.CreatedAt) == millis(c.CreatedAt)
}

// Contact implements storage.ContactReader.
func (t *transaction) Contact(id string) (storage.Contact, error) {
	if a := t.ahead[id]; a != nil && a.hasContact {
		a.hasContact = false
		return a.contact, nil
	}
	return t.reader.Contact(id)
}

// Consents implements storage.ConsentReader.
func (t *transaction) Consents(contact string) ([]storage.Consent, error) {
	if a := t.ahead[contact]; a != nil && a.hasConsents {
		a.hasConsents = false
		return a.consents, nil
	}
	return t.reader.Consents(contact)
}

// Permits implements storage.ConsentReader.
func (t *transaction) Permits(contact string) ([]storage.Permit, error) {
	if a := t.ahead[contact]; a != nil && a.hasPermits {
		a.hasPermits = false
		return a.permits, nil
	}
	return t.reader.Permits(contact)
}
