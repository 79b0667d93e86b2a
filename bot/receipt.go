package bot

import (
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/relance-bot/relance/storage"
)

// settleReceipt follows echoes, deliveries and reads. They settle messages whose
// outcome was unknown, and tell the figures; they never reach a flow. What they
// say about messages that are not ours is kept as a stray.
func (b *Bot) settleReceipt(tx storage.Tx, page string, e *Event, now time.Time) error {
	known := false
	switch e.Kind {
	case EventEcho:
		s, err := tx.Send(e.Send)
		if err != nil && !errors.Is(err, storage.ErrNotFound) {
			return err
		}
		if known = err == nil && e.Send != ""; known {
			if err := b.echoed(tx, s, e.MID, now); err != nil {
				return err
			}
		}
	case EventDelivery:
		for _, mid := range e.MIDs {
			ours, err := b.delivered(tx, mid, e.At, now)
			if err != nil {
				return err
			}
			known = known || ours
		}
	case EventRead:
		contact := page + ":" + e.Person
		if _, err := tx.Contact(contact); err == nil {
			known = true
			if err := b.seen(tx, contact, e); err != nil {
				return err
			}
		} else if !errors.Is(err, storage.ErrNotFound) {
			return err
		}
	}
	if known {
		return nil
	}
	body, err := json.Marshal(e)
	if err != nil {
		return fmt.Errorf("event: %w", err)
	}
	return tx.PutStray(storage.Stray{At: now, Source: page, Reason: string(e.Kind) + " of a message that is not ours", Body: body})
}

// echoed settles a message by its echo: the platform has it.
func (b *Bot) echoed(tx storage.Tx, s storage.Send, mid string, now time.Time) error {
	switch s.State {
	case storage.SendSent:
		return nil
	case storage.SendFailed, storage.SendDropped:
		return nil // never sent under this state by us; nothing to undo
	}
	l := letter{Send: s}
	return b.accepted(tx, &l, mid, now)
}

// delivered notes when a message reached the person.
func (b *Bot) delivered(tx storage.Tx, mid string, at, now time.Time) (ours bool, err error) {
	s, err := tx.SendByMID(mid)
	if err == nil {
		ours = true
		if s.State != storage.SendSent {
			if err := b.echoed(tx, s, mid, now); err != nil {
				return true, err
			}
		}
	} else if !errors.Is(err, storage.ErrNotFound) {
		return false, err
	}
	decisions, err := tx.DecisionsByMID(mid)
	if err != nil {
		return false, err
	}
	for _, d := range decisions {
		ours = true
		if d.Delivered.IsZero() {
			d.Delivered = at
			if err := tx.PutDecision(d); err != nil {
				return false, err
			}
		}
	}
	return ours, nil
}

// seen notes that the person read everything up to a time.
func (b *Bot) seen(tx storage.Tx, contact string, e *Event) error {
	recent, err := tx.Decisions(storage.DecisionQuery{Contact: contact, Kinds: []string{DecisionSent}, Limit: 20})
	if err != nil {
		return err
	}
	for _, d := range recent {
		if d.Read.IsZero() && d.MID != "" && !d.At.After(e.Watermark) {
			d.Read = e.At
			if err := tx.PutDecision(d); err != nil {
				return err
			}
		}
	}
	return nil
}
