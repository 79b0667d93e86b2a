package bot

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/relance-bot/relance/storage"
)

// letter is a claimed message with what is needed to send it.
type letter struct {
	storage.Send
	body sendBody
}

// claim takes messages that may be sent now. Consent is read again in this very
// transaction: what was withdrawn since the decision is dropped here.
func (b *Bot) claim(ctx context.Context, limit int) ([]letter, error) {
	now := b.clock.Now()
	resting, probing, _ := b.pages.closed(now)
	var letters []letter
	err := b.store.Write(ctx, func(tx storage.Tx) error {
		letters = nil
		sends, err := tx.ClaimSends(now, limit, append(resting, probing...))
		if err != nil {
			return err
		}
		for _, page := range probing {
			one, err := b.probe(tx, page, now)
			if err != nil {
				return err
			}
			sends = append(sends, one...)
		}
		for _, s := range sends {
			l := letter{Send: s}
			if err := json.Unmarshal(s.Body, &l.body); err != nil {
				return fmt.Errorf("message in the outbox: %w", err)
			}
			may, err := b.maySend(tx, &l, now)
			if err != nil {
				return err
			}
			if may {
				letters = append(letters, l)
			}
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("claiming messages: %w", err)
	}
	return letters, nil
}

// probe claims one message of a page that was unwell, and rests the page until
// its outcome is known or the next probe is due.
func (b *Bot) probe(tx storage.Tx, page string, now time.Time) ([]storage.Send, error) {
	var others []string
	for key := range b.channels {
		if key != page {
			others = append(others, key)
		}
	}
	one, err := tx.ClaimSends(now, 1, others)
	if err != nil || len(one) == 0 {
		return nil, err
	}
	return one, b.pages.pause(tx, page, pagePause{Until: now.Add(tokenProbe), Reason: "probe", Probe: true})
}

// maySend checks what may have changed since a message was decided. One that may
// not go is settled here.
func (b *Bot) maySend(tx storage.Tx, l *letter, now time.Time) (bool, error) {
	contact, err := tx.Contact(l.Contact)
	if errors.Is(err, storage.ErrNotFound) {
		return false, b.drop(tx, l, now, Verdict{Kind: DecisionSkipped, Rule: RuleConsent})
	}
	if err != nil {
		return false, err
	}
	if contact.Unreachable != "" {
		return false, b.drop(tx, l, now, Verdict{Kind: DecisionSkipped, Rule: RuleReachable})
	}
	if _, ours := b.channels[l.Page]; !ours {
		return false, b.drop(tx, l, now, Verdict{Kind: DecisionSkipped, Rule: RulePaused})
	}
	if !l.Bulk {
		return true, nil
	}
	if l.body.Expires.Before(now) && !l.body.Expires.IsZero() {
		return false, b.drop(tx, l, now, Verdict{Kind: DecisionSkipped, Rule: RuleExpired})
	}
	consents, err := tx.Consents(l.Contact)
	if err != nil {
		return false, err
	}
	for _, record := range consents {
		if record.Topic != l.Topic {
			continue
		}
		c, err := FromRecord(record)
		if err != nil {
			return false, err
		}
		if c.ActiveAt(now) {
			return true, nil
		}
	}
	return false, b.drop(tx, l, now, Verdict{Kind: DecisionSkipped, Rule: RuleConsent})
}

// drop settles a message that is not sent.
func (b *Bot) drop(tx storage.Tx, l *letter, now time.Time, v Verdict) error {
	l.State = storage.SendDropped
	b.observer.Send(l.Lane, "dropped")
	if err := tx.PutSend(l.Send); err != nil {
		return err
	}
	return b.unsent(tx, l, now, v)
}

// post sends one message and settles it.
func (b *Bot) post(ctx context.Context, l letter) error {
	out := b.transmit(ctx, l)
	b.observer.Send(l.Lane, outcomeLabel(out))
	return b.settle(context.WithoutCancel(ctx), l, out)
}

// transmit hands a message to its channel. A panic there is an unknown outcome.
func (b *Bot) transmit(ctx context.Context, l letter) (out Outcome) {
	defer func() {
		if p := recover(); p != nil {
			b.log.Error("a channel panicked while sending", "page", l.Page)
			out = Outcome{Status: Unknown, Code: "panic"}
		}
	}()
	_, person, _ := splitID(l.Contact)
	ctx, cancel := context.WithTimeout(ctx, sendTimeout)
	defer cancel()
	d := Delivery{
		ID: l.ID, Person: person, Lane: l.Lane, Token: l.body.Token, Language: l.body.Language, Message: l.body.Message,
	}
	if name := l.body.Message.Persona; name != "" {
		d.Persona = b.program.Bot.Personas[name]
	}
	return b.channels[l.Page].Send(ctx, d)
}

func outcomeLabel(o Outcome) string {
	switch o.Status {
	case Accepted:
		return "accepted"
	case Unknown:
		return "unknown"
	}
	return o.Class.String()
}

// overdue ends the waiting for messages whose outcome stayed unknown: a reply is
// sent once more under the same id, anything else is unknown for good.
func (b *Bot) overdue(ctx context.Context) (worked bool, err error) {
	now := b.clock.Now()
	err = b.store.Write(ctx, func(tx storage.Tx) error {
		worked = false
		waiting, err := tx.SendsIn(storage.SendWaiting, 500)
		if err != nil {
			return err
		}
		for _, s := range waiting {
			if s.Ready.After(now) {
				continue
			}
			worked = true
			if err := b.giveUpWaiting(tx, s, now); err != nil {
				return err
			}
		}
		return nil
	})
	if worked {
		b.mail.raise()
	}
	return worked, err
}

func (b *Bot) giveUpWaiting(tx storage.Tx, s storage.Send, now time.Time) error {
	var body sendBody
	if err := json.Unmarshal(s.Body, &body); err != nil {
		return fmt.Errorf("message in the outbox: %w", err)
	}
	if s.Bulk || body.Resent {
		s.State = storage.SendUnknown
		return tx.PutSend(s)
	}
	body.Resent = true
	raw, err := json.Marshal(body)
	if err != nil {
		return fmt.Errorf("message: %w", err)
	}
	s.State, s.Ready, s.Body = storage.SendPending, now, raw
	return tx.PutSend(s)
}

// recoverClaims finds the messages that were on their way when the process ended.
// What became of them is unknown.
func (b *Bot) recoverClaims(tx storage.Tx, now time.Time) error {
	for {
		claimed, err := tx.SendsIn(storage.SendClaimed, 500)
		if err != nil || len(claimed) == 0 {
			return err
		}
		for _, s := range claimed {
			l := letter{Send: s}
			if err := json.Unmarshal(s.Body, &l.body); err != nil {
				return fmt.Errorf("message in the outbox: %w", err)
			}
			if err := b.unknown(tx, &l, s.ClaimAt); err != nil {
				return err
			}
		}
	}
}
