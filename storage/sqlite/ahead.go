package sqlite

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"

	"github.com/relance-bot/relance/storage"
)

const (
	// Statements have a price of their own: of many contacts at once each costs half
	// of what it does alone. Of few it is not worth it.
	fewContacts = 8
	maxAhead    = 512  // at once
	mostAhead   = 1024 // in a group, about

	sqlContactsOf = `SELECT ` + contactColumns + ` FROM (SELECT value AS one FROM json_each(?1)) CROSS JOIN contacts ON id = one`
	sqlConsentsOf = `SELECT ` + consentColumns + ` FROM (SELECT value AS one FROM json_each(?1)) CROSS JOIN consents ON contact = one`
	sqlPermitsOf  = `SELECT ` + permitColumns + ` FROM (SELECT value AS one FROM json_each(?1)) CROSS JOIN permits ON contact = one`
)

// ahead is what was read of a contact before it was asked for. Each part is told once,
// so that it belongs to whoever asked, and no part once the contact is written to.
type ahead struct {
	contact  storage.Contact
	consents []storage.Consent
	permits  []storage.Permit
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
	ids := slices.Clone(n.Contacts[:min(len(n.Contacts), maxAhead)])
	slices.Sort(ids)
	ids = slices.Compact(ids)
	list, err := json.Marshal(ids)
	if err != nil {
		return fmt.Errorf("reading ahead: %w", err)
	}
	contacts, err := about(t.c, len(ids), scanContact, sqlContactsOf, string(list))
	if err != nil {
		return err
	}
	consents, err := about(t.c, len(contacts), scanConsent, sqlConsentsOf, string(list))
	if err != nil {
		return err
	}
	permits, err := about(t.c, len(contacts), scanPermit, sqlPermitsOf, string(list))
	if err != nil {
		return err
	}
	// They come in order already, which costs nothing to make sure of.
	slices.SortFunc(consents, func(a, b storage.Consent) int {
		return cmp.Or(cmp.Compare(a.Contact, b.Contact), cmp.Compare(a.Topic, b.Topic))
	})
	slices.SortFunc(permits, func(a, b storage.Permit) int {
		return cmp.Or(cmp.Compare(a.Contact, b.Contact), cmp.Compare(a.Lane, b.Lane), cmp.Compare(a.Topic, b.Topic))
	})
	// Only who was found is known: JSON may spell others in another way.
	if len(t.ahead) > mostAhead {
		clear(t.ahead)
	}
	all := make([]ahead, len(contacts))
	for i, c := range contacts {
		all[i] = ahead{contact: c, hasContact: true, hasConsents: true, hasPermits: true}
		t.ahead[c.ID] = &all[i]
	}
	eachRun(consents, func(c storage.Consent) string { return c.Contact }, func(contact string, run []storage.Consent) {
		if a := t.ahead[contact]; a != nil {
			a.consents = run
		}
	})
	eachRun(permits, func(p storage.Permit) string { return p.Contact }, func(contact string, run []storage.Permit) {
		if a := t.ahead[contact]; a != nil {
			a.permits = run
		}
	})
	return nil
}

// eachRun cuts a list where the contact changes.
func eachRun[T any](list []T, contactOf func(T) string, take func(contact string, run []T)) {
	for from := 0; from < len(list); {
		contact, to := contactOf(list[from]), from+1
		for to < len(list) && contactOf(list[to]) == contact {
			to++
		}
		take(contact, list[from:to:to])
		from = to
	}
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
