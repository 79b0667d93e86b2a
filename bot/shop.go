package bot

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/relance-bot/relance/flows"
	"github.com/relance-bot/relance/storage"
)

// ShopEvent is something that happened in the shop.
type ShopEvent struct {
	ID   string // unique for the bot; one that comes again is dropped
	Name string // declared under events: in bot.yaml
	Data map[string]any
	// Contact restricts it to one person: a contact id, or field=value of a unique
	// field. Empty: everybody it concerns.
	Contact string
}

// EventError says which item of a list is at fault, and why.
type EventError struct {
	Index int // from 0
	Err   error
}

func (e *EventError) Error() string { return fmt.Sprintf("event %d: %v", e.Index+1, e.Err) }

// Unwrap gives the reason.
func (e *EventError) Unwrap() error { return e.Err }

// shopInput is an event that concerns one person and no topic.
type shopInput struct {
	ID      string         `json:"id"`
	Name    string         `json:"name"`
	Data    map[string]any `json:"data"`
	Trigger string         `json:"trigger,omitempty"` // starts this flow; empty: only wakes who waits for it
}

// Events takes events of the shop, all or none. When it returns they are stored:
// what follows from them is an occurrence for each trigger of a topic, and an
// input for the person an event names. An *EventError tells which item is wrong; it wraps
// ErrUnknownContact if the item names nobody. ErrUnavailable if they cannot be stored now.
func (b *Bot) Events(ctx context.Context, events []ShopEvent) (accepted, duplicates int, err error) {
	now := b.clock.Now()
	events = slices.Clone(events) // the list is the caller's
	for i, e := range events {
		data, err := b.Program().ConvertEvent(e.Name, e.Data)
		// An event nobody declared is kept and reported: the shop may be ahead of the bot.
		if err != nil && !errors.Is(err, flows.ErrUnknownEvent) {
			return 0, 0, &EventError{i, err}
		}
		if e.ID == "" || len(e.ID) > 200 {
			return 0, 0, &EventError{i, errors.New("id must have 1 to 200 characters")}
		}
		if err == nil {
			if code, ok := e.Data["rl"].(string); ok && e.Name == flows.EventPurchase {
				data["rl"] = code
			}
			events[i].Data = data
		}
	}
	need := storage.Need{}
	for _, e := range events {
		need.Keys = append(need.Keys, shopKey(e.ID))
	}
	err = b.write(ctx, func(tx *txn) error {
		accepted, duplicates = 0, 0
		for i, e := range events {
			fresh, err := b.shopEvent(tx, e, now)
			var at *EventError
			switch {
			case errors.As(err, &at):
				return &EventError{i, at.Err}
			case err != nil:
				return err
			case fresh:
				accepted++
			default:
				duplicates++
			}
		}
		return nil
	}, need)
	var at *EventError
	if errors.As(err, &at) {
		return 0, 0, err
	}
	if err != nil {
		return 0, 0, fmt.Errorf("%w: %w", ErrUnavailable, err)
	}
	return accepted, duplicates, nil
}

func (b *Bot) shopEvent(tx *txn, e ShopEvent, now time.Time) (fresh bool, err error) {
	// What comes again is none whoever it names: they may be forgotten since.
	if fresh, err = tx.Once(shopKey(e.ID), now); err != nil || !fresh {
		return fresh, err
	}
	contact, err := b.resolve(tx, e.Contact)
	if err != nil {
		return true, err
	}
	body, err := json.Marshal(e.Data)
	if err != nil {
		return true, &EventError{Err: err}
	}
	if e.Name == flows.EventPurchase {
		if contact, err = b.bought(tx, e, contact, now); err != nil {
			return true, err
		}
	}
	started, woken := e.Name == flows.EventPurchase, contact == ""
	for i := range tx.program.Triggers {
		trigger := &tx.program.Triggers[i]
		if trigger.Kind != flows.OnEvent || trigger.Value != e.Name {
			continue
		}
		started = true
		expires := now.Add(trigger.Expires)
		switch {
		case trigger.Topic == "" && contact != "":
			woken = true
			err = b.enqueueShop(tx, contact, shopInput{ID: e.ID, Name: e.Name, Data: e.Data, Trigger: trigger.ID}, now)
		case contact == "" && (trigger.Topic == "" || e.Name == flows.EventPurchase):
			// without a topic it reaches only the contact it names, and what nobody we know
			// has bought is nobody's
		case contact != "":
			err = b.enqueueNotify(tx, contact, notifyInput{Trigger: trigger.ID, Occurrence: e.ID, Event: e.Data, Due: now, Expires: expires}, now)
		default:
			err = b.occur(tx, storage.Occurrence{
				Trigger: trigger.ID, ID: e.ID, Flow: trigger.Flow, Topic: trigger.Topic, Event: body, At: now, Expires: expires,
			})
		}
		if err != nil {
			return true, err
		}
	}
	if !woken { // whoever waits for it goes on, also where it starts nothing
		if err := b.enqueueShop(tx, contact, shopInput{ID: e.ID, Name: e.Name, Data: e.Data}, now); err != nil {
			return true, err
		}
	}
	if started {
		return true, nil
	}
	b.log.Warn("an event starts no flow", "event", e.Name)
	return true, tx.PutStray(storage.Stray{At: now, Source: "api", Reason: "event that starts no flow: " + e.Name, Body: body, Contact: contact})
}

// shopKey is how an event is known again that comes twice.
func shopKey(id string) string { return "event:" + id }

func (b *Bot) enqueueShop(tx *txn, contact string, s shopInput, now time.Time) error {
	body, err := json.Marshal(s)
	if err != nil {
		return &EventError{Err: err}
	}
	_, err = tx.Enqueue(storage.Input{Contact: contact, Kind: kindShop, Body: body, At: now})
	return err
}

// resolve finds the contact that an event names.
func (b *Bot) resolve(r storage.ContactReader, name string) (string, error) {
	if name == "" {
		return "", nil
	}
	var c storage.Contact
	var err error
	if field, value, ok := strings.Cut(name, "="); ok {
		c, err = b.byField(r, field, value)
	} else {
		c, err = r.Contact(name)
	}
	if errors.Is(err, storage.ErrNotFound) {
		return "", &EventError{Err: fmt.Errorf("contact: %w or unique field", ErrUnknownContact)}
	}
	return c.ID, err
}

// byField finds who has a unique value, spelt as the field keeps it, else as it is given:
// what was saved before a field had its type stands as it was.
func (b *Bot) byField(r storage.ContactReader, field, value string) (storage.Contact, error) {
	spelt := value
	if kept, err := b.Program().ConvertField(field, value); err == nil {
		spelt = uniqueText(kept)
	}
	c, err := r.ContactByField(field, spelt)
	if errors.Is(err, storage.ErrNotFound) && spelt != value {
		return r.ContactByField(field, value)
	}
	return c, err
}

// shop handles an event that names this person.
func (t *turn) shop(s shopInput) error {
	if _, ok := t.program.Trigger(s.Trigger); s.Trigger != "" && !ok && !t.b.leads.Load() {
		t.later = true
		return nil
	}
	return t.advance(flows.Input{Kind: flows.InEvent, At: t.now, ID: s.ID, Name: s.Name, Event: s.Data, Trigger: s.Trigger})
}
