package bot

import (
	"context"
	"errors"
	"time"

	"github.com/relance-bot/relance/flows"
	"github.com/relance-bot/relance/storage"
)

// Forget deletes what is kept about a person, in one transaction: data, sessions,
// timers, held notifications and what waits in the outbox. The ledger keeps that
// there was somebody who was erased, and can no longer say who.
func (b *Bot) Forget(ctx context.Context, id string) error {
	now := b.clock.Now()
	var unknown error
	err := b.write(ctx, func(tx *txn) error {
		contact, err := b.find(tx, id)
		if unknown = nil; errors.Is(err, ErrUnknownContact) {
			unknown = err
			return tx.Erase(id) // strays may be about somebody who never said anything
		}
		if err != nil {
			return err
		}
		return b.erase(tx, contact, SourceAPI, now)
	})
	return errors.Join(err, unknown)
}

// erase deletes what is kept about a person. source says who wanted it.
func (b *Bot) erase(tx *txn, contact, source string, now time.Time) error {
	consents, err := tx.Consents(contact)
	if err != nil {
		return err
	}
	page, _, _ := splitID(contact)
	for _, c := range consents {
		entry, err := LedgerBody{Action: Erased, At: now, Source: source}.Entry(page, "", c.Topic, nil)
		if err != nil {
			return err
		}
		if _, err := tx.Append(entry); err != nil {
			return err
		}
	}
	if err := tx.unqueueAll(contact); err != nil {
		return err
	}
	return tx.Erase(contact)
}

// Meet makes a person known, or changes what is known: their name, locale, zone
// and declared fields. The platform's own word, where it has one, comes by the
// profile look-up.
func (b *Bot) Meet(ctx context.Context, id string, known flows.Contact) error {
	err := b.checkContact(id)
	if err == nil {
		err = checkPerson(known.FirstName, known.LastName, known.Locale, known.Timezone)
	}
	if err != nil {
		return err
	}
	now := b.clock.Now()
	return b.write(ctx, func(tx *txn) error {
		t, err := b.begin(tx, id, now)
		if err != nil {
			return err
		}
		if known.FirstName != "" {
			t.contact.FirstName = known.FirstName
		}
		if known.LastName != "" {
			t.contact.LastName = known.LastName
		}
		if known.Locale != "" {
			t.contact.Locale = known.Locale
		}
		if known.Timezone != "" {
			if err := t.setTimezone(known.Timezone); err != nil {
				return err
			}
		}
		for name, v := range known.Fields {
			value, err := t.program.ConvertField(name, v)
			if err != nil {
				return err
			}
			if err := t.setField(name, value); err != nil {
				return err
			}
		}
		return t.commit()
	}, storage.Need{Contacts: []string{id}})
}
