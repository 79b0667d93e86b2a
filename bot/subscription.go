package bot

import (
	"context"
	"fmt"
	"time"

	"github.com/relance-bot/relance/flows"
	"github.com/relance-bot/relance/storage"
)

// Subscription is a consent that a person gave elsewhere, with its proof. It is what a
// program in Go knows of one; what comes from a file, or by HTTP, is an [ImportRow] and
// has to prove more.
type Subscription struct {
	Topic    string
	Cadence  string // empty: the topic's first
	Interest map[string]any
	At       time.Time // when they agreed
	Wording  string    // what they agreed to
	Permit   *Permit   // that carries it; nil if there is none. Its Lane is "recurring" if empty
}

// Import takes over a consent. The person must be known: ErrUnknownContact. What an
// import would refuse of it is refused here; it may lack an interest, a permit and the
// permit's end, and its cadence may be one that the topic does not offer any more. A stop that is newer stands.
func (b *Bot) Import(ctx context.Context, id string, s Subscription) error {
	now, program := b.clock.Now(), b.Program()
	row, err := b.checkConsent(program, s.row(id, program), now)
	if err != nil {
		return fmt.Errorf("taking over a consent: %w", err)
	}
	return b.write(ctx, func(tx *txn) error {
		t, err := b.begin(tx, id, now)
		if err != nil {
			return err
		}
		if !t.stored {
			return ErrUnknownContact
		}
		if have := t.topic(row.Topic); have != nil {
			if err := roomFor(have.Consent, row.Interests); err != nil {
				return err
			}
		}
		t.input = row.Source
		err = t.change(row.Topic, Change{
			Action: Granted, At: row.ConsentedAt, Cadence: row.Cadence, About: importAbout(row)[0], Source: SourceAPI, Wording: row.Wording,
		})
		if err != nil {
			return err
		}
		if p := s.Permit; p != nil && t.topic(row.Topic).consents() {
			permit := *p
			permit.Lane = permitLane(row.Permit)
			if err := t.given(permit, row.Topic, row.ConsentedAt); err != nil {
				return err
			}
		}
		return t.commit()
	}, storage.Need{Contacts: []string{id}})
}

// row is a subscription as a row of an import.
func (s Subscription) row(contact string, program *flows.Program) ImportRow {
	r := ImportRow{
		Contact: contact, Topic: s.Topic, Cadence: s.Cadence, ConsentedAt: s.At, Wording: s.Wording, Source: "import",
		Interests: []map[string]any{s.Interest},
	}
	if topic, ok := program.Topic(s.Topic); ok && s.Cadence == "" {
		r.Cadence = effectiveCadence("", topic.Cadence)
	}
	if p := s.Permit; p != nil {
		r.Permit = &ImportPermit{
			Lane: p.Lane, Token: p.Token, ExpiresAt: p.ExpiresAt, Frequency: p.Frequency, Title: p.Title, Timezone: p.Zone,
		}
	}
	return r
}
