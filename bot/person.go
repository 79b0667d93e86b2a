package bot

import (
	"context"
	"errors"
	"fmt"
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
	if _, _, ok := splitID(id); !ok {
		return errors.New("a contact's id is CHANNEL:PAGE:PERSON")
	}
	now := b.clock.Now()
	err := b.write(ctx, func(tx *txn) error {
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
	return err
}

// Subscription is a consent that a person gave elsewhere, with its proof.
type Subscription struct {
	Topic    string
	Cadence  string // empty: the topic's first
	Interest map[string]any
	At       time.Time // when they agreed
	Wording  string    // what they agreed to
	Permit   *Permit   // that carries it; nil if there is none
}

// Import takes over a consent. The person must be known.
func (b *Bot) Import(ctx context.Context, id string, s Subscription) error {
	now := b.clock.Now()
	err := b.write(ctx, func(tx *txn) error {
		t, err := b.begin(tx, id, now)
		if err != nil {
			return err
		}
		if !t.stored {
			return ErrUnknownContact
		}
		topic, ok := t.program.Topic(s.Topic)
		if !ok {
			return fmt.Errorf("there is no topic %q", s.Topic)
		}
		if s.Cadence == "" {
			s.Cadence = effectiveCadence("", topic.Cadence)
		}
		t.input = "import"
		if s.Permit != nil {
			if err := t.given(*s.Permit, s.Topic, s.At); err != nil {
				return err
			}
		}
		err = t.change(s.Topic, Change{
			Action: Granted, At: s.At, Cadence: s.Cadence, About: s.Interest, Source: SourceAPI, Wording: s.Wording,
		})
		if err != nil {
			return err
		}
		return t.commit()
	})
	return err
}
