package bot

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/relance-bot/relance/storage"
)

// Kinds of inputs in the inbox.
const (
	kindEvent  = "event"  // body: Event
	kindWake   = "wake"   // no body: the session's own timer
	kindNotify = "notify" // body: notifyInput
	kindShop   = "shop"   // body: shopInput
	kindIdle   = "idle"   // body: idleInput
	kindThread = "thread" // no body: the conversation is to be taken back
	// body: refusedInput
	kindRefused = "refused"
	// body: commentInput, of the stranger who is this contact
	kindComment = "comment"
)

// ErrUnavailable says that something could not be stored; the sender must try again.
var ErrUnavailable = errors.New("cannot store now")

// Receive takes one webhook request for the pages of a channel ("messenger"). When
// it returns nil everything in the body is stored. ErrSignature, ErrBody and
// ErrUnavailable tell the caller what to answer.
func (b *Bot) Receive(ctx context.Context, channel string, header http.Header, body []byte) error {
	ch, foreign, err := b.verify(channel, header, body)
	if err != nil {
		b.observer.Webhook("bad_signature")
		return err
	}
	now := b.clock.Now()
	events, err := ch.Parse(body, now)
	if err != nil {
		b.observer.Webhook("bad_body")
		return err
	}
	forged := 0
	for i := range events {
		if e := &events[i]; len(foreign) > 0 && foreign[pageKey(channel, e.Page)] {
			forged++
			*e = Event{Kind: EventUnknown, Key: "foreign:" + e.Key, Page: e.Page, At: e.At, Reason: "signature of another page"}
		}
	}
	if forged > 0 && forged == len(events) {
		b.observer.Webhook("bad_signature")
		return fmt.Errorf("%w: it is that of another page", ErrSignature)
	}
	results := make([]string, len(events))
	take := func(atOnce int) error {
		return b.write(ctx, func(tx *txn) error {
			for i := range events {
				result, err := b.accept(tx, channel, &events[i], now, i < atOnce)
				if err != nil {
					return err
				}
				results[i] = result
			}
			return nil
		}, needOfEvents(channel, events, atOnce))
	}
	err = take(b.atOnce())
	if err != nil && !passing(err) {
		b.log.Warn("a webhook could not be handled at once, leaving it to its contacts' own turns", "error", err)
		err = take(0)
	}
	if err != nil {
		b.observer.Webhook("unavailable")
		b.log.Error("webhook not stored", "channel", channel, "events", len(events), "error", err)
		return fmt.Errorf("%w: %w", ErrUnavailable, err)
	}
	b.count(channel, events, results)
	return nil
}

// verify finds a page of the channel whose signature the body carries. Pages of
// one app share it; those whose it is not are foreign: who knows the secret of one app
// says nothing about the pages of another.
func (b *Bot) verify(channel string, header http.Header, body []byte) (ours Channel, foreign map[string]bool, err error) {
	for page, ch := range b.channels {
		if ch.Name() != channel {
			continue
		}
		switch fault := ch.Verify(header, body); {
		case fault == nil:
			ours = ch
		default:
			if foreign == nil {
				foreign = map[string]bool{}
			}
			foreign[page], err = true, fault
		}
	}
	switch {
	case ours != nil:
		return ours, foreign, nil
	case err == nil:
		err = fmt.Errorf("%w: no page of channel %q", ErrSignature, channel)
	}
	return nil, nil, err
}

// atOnce is how many events of a webhook get their turn in the transaction that stores
// them. Where a contact may be in another process's hands none does: to store a
// webhook must wait for nobody.
func (b *Bot) atOnce() int {
	if b.shared != nil || !b.running.Load() && !b.eager {
		return 0
	}
	return maxAtOnce
}

// needOfEvents is what storing events touches, and handling those that get their turn at
// once.
func needOfEvents(channel string, events []Event, atOnce int) (need storage.Need) {
	for i := range events {
		e := &events[i]
		page := pageKey(channel, e.Page)
		if e.Key != "" {
			need.Keys = append(need.Keys, onceKey(page, e.Key))
		}
		switch e.Kind {
		case EventEcho:
			if e.Send != "" {
				need.Sends = append(need.Sends, e.Send)
			}
		case EventDelivery, EventRead:
			if e.Person != "" {
				need.Contacts = append(need.Contacts, page+":"+e.Person)
			}
		case EventUnknown, EventIgnored, EventPolicy:
		case EventComment:
			if i < atOnce {
				need.Contacts = append(need.Contacts, page+":"+strangerPrefix+e.Comment)
			}
		default:
			if i < atOnce && e.Person != "" {
				need.Contacts = append(need.Contacts, page+":"+e.Person)
			}
		}
	}
	return need
}

func onceKey(page, key string) string { return page + ":" + key }

// accept stores one event: in an inbox, as a settled send, or as a stray. At once, an
// event that would stand first in its inbox gets its turn instead.
func (b *Bot) accept(tx *txn, channel string, e *Event, now time.Time, atOnce bool) (result string, err error) {
	page := pageKey(channel, e.Page)
	if e.Kind == EventIgnored || e.Kind == EventComment && !b.wanted(tx, page, e, now) {
		return "ignored", nil
	}
	if e.Key != "" {
		fresh, err := tx.Once(onceKey(page, e.Key), now)
		if err != nil {
			return "", err
		}
		if !fresh {
			return "duplicate", nil
		}
	}
	reason, person := "", e.Person
	if e.Permit != nil && (e.Kind == EventUndelivered || e.Kind == EventDelivery && person == "") {
		whose, err := b.whose(tx, page, e.Permit.Token)
		if err != nil {
			return "", err
		}
		person = strings.TrimPrefix(whose, page+":")
	}
	if e.Kind == EventDelivery {
		e.Person = person
	}
	if e.Kind == EventComment {
		person = strangerPrefix + e.Comment
	}
	contact := page + ":" + person
	switch _, ours := b.channels[page]; {
	case !ours:
		reason = "unknown page"
	case e.Kind == EventUnknown:
		reason = e.Reason
	case e.Kind == EventPolicy:
		return "stored", b.enforced(tx, page, e, now)
	case e.Kind.Kept():
		reason = b.noteKept(tx, page, e)
	case e.Kind == EventEcho, e.Kind == EventDelivery, e.Kind == EventRead:
		return "stored", b.settleReceipt(tx, page, e, now, false)
	case person == "" || len(person) > maxPersonID || strings.ContainsRune(person, ':') || isStranger(contact) != (e.Kind == EventComment):
		reason = "no person"
	}
	if reason == "" && (e.Kind == EventEdited || e.Kind == EventFeedback) {
		if known, err := tx.met(contact); err != nil {
			return "", err
		} else if !known {
			reason = string(e.Kind) // of somebody the bot does not know, or does not know any more
		}
	}
	if atOnce && reason == "" {
		if handled, err := b.handleAtOnce(tx, contact, e); handled || err != nil {
			return "stored", err
		}
	}
	body, err := json.Marshal(e)
	if err != nil {
		return "", fmt.Errorf("event: %w", err)
	}
	if reason != "" {
		return "stray", tx.PutStray(storage.Stray{At: now, Source: channel, Reason: reason, Body: body, Contact: strayOf(page, e.Person)})
	}
	_, err = tx.Enqueue(storage.Input{Contact: contact, Kind: kindEvent, Body: body, At: now})
	if err == nil && b.stopsCall(e) {
		tx.whenKept(func() { b.calls.hurry(contact) })
	}
	return "stored", err
}

// handleAtOnce gives an event its turn if nothing waits before it and nobody needs to
// be looked up first.
func (b *Bot) handleAtOnce(tx *txn, contact string, e *Event) (handled bool, err error) {
	waiting, err := tx.awaits(contact)
	if err != nil || waiting {
		return false, err
	}
	t, err := b.begin(tx, contact, tx.now)
	if err != nil || !t.stored && b.profiler(contact) != nil || len(t.calling) > 0 && !b.stopsCall(e) {
		return false, err
	}
	t.input = e.Key
	if err := t.event(e); err != nil || t.later {
		return false, err
	}
	began := tx.now
	tx.whenKept(func() { b.observer.Turn(kindEvent, b.clock.Now().Sub(began)) })
	return true, t.commit()
}
