package bot

import (
	"context"
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
	r := b.reception(channel, events, now)
	err = b.write(ctx, r.store, r.need(b.atOnce()))
	// Of several processes one may have waited for another in vain; to store it alone waits
	// for nobody.
	if err != nil && (!passing(err) || b.shared != nil && errors.Is(err, storage.ErrUnavailable)) {
		if !passing(err) {
			b.log.Warn("a webhook could not be handled at once, leaving it to its contacts' own turns", "error", err)
		}
		again := *r // what is needed stands in it, and whoever failed may be reading that
		err = b.write(ctx, again.store, again.need(0))
	}
	if err != nil {
		b.observer.Webhook("unavailable")
		return fmt.Errorf("%w: %w", ErrUnavailable, err)
	}
	b.count(r.arrivals)
	return nil
}

// verify finds a page of the channel whose signature the body carries. Pages of
// one app share it; those whose it is not are foreign: who knows the secret of one app
// says nothing about the pages of another.
func (b *Bot) verify(channel string, header http.Header, body []byte) (ours Channel, foreign map[string]bool, err error) {
	for page, ch := range b.named[channel] {
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
// them.
func (b *Bot) atOnce() int {
	if !b.running.Load() && !b.eager {
		return 0
	}
	return maxAtOnce
}

// arrival is an event of a webhook, with the names that it has in the store.
type arrival struct {
	*Event
	page    string // CHANNEL:PAGE
	once    string // its key, with the page; empty if it has none
	person  string // whom it is about
	contact string // the same with the page; empty if it is about nobody
	result  string // what became of it
}

// reception is one webhook on its way into the store, with room for what most have: one
// event.
type reception struct {
	b        *Bot
	channel  string
	now      time.Time
	atOnce   int // so many get their turn at once
	arrivals []arrival
	one      [1]arrival
	keys     [1]string
	free     [1]string
}

func (b *Bot) reception(channel string, events []Event, now time.Time) *reception {
	r := &reception{b: b, channel: channel, now: now}
	r.arrivals = r.one[:0]
	for i := range events {
		e := &events[i]
		a := arrival{Event: e, page: b.page(channel, e.Page), person: e.Person}
		if e.Key != "" {
			a.once = a.page + ":" + e.Key
		}
		if e.Kind == EventComment {
			a.person = strangerPrefix + e.Comment
		}
		if a.person != "" {
			a.contact = a.page + ":" + a.person
		}
		r.arrivals = append(r.arrivals, a)
	}
	return r
}

// need is what storing the events touches, and handling those that get their turn
// at once: the first so many.
func (r *reception) need(atOnce int) (need storage.Need) {
	r.atOnce = atOnce
	need.Keys, need.Free = r.keys[:0], r.free[:0]
	for i := range r.arrivals {
		e := &r.arrivals[i]
		if e.once != "" {
			need.Keys = append(need.Keys, e.once)
		}
		switch e.Kind {
		case EventEcho:
			if e.Send != "" {
				need.Sends = append(need.Sends, e.Send)
			}
		case EventDelivery, EventRead:
			if e.contact != "" { // else whom it is about is found on the way
				need.Contacts = append(need.Contacts, e.contact)
			}
		case EventUnknown, EventIgnored, EventPolicy:
		default:
			if i < atOnce && e.contact != "" {
				need.Free = append(need.Free, e.contact)
			}
		}
	}
	return need
}

// store stores the events, in their order.
func (r *reception) store(tx *txn) (err error) {
	for i := range r.arrivals {
		a := &r.arrivals[i]
		if a.result, err = r.b.accept(tx, r.channel, a, r.now, i < r.atOnce); err != nil {
			return err
		}
	}
	return nil
}

// accept stores one event: in an inbox, as a settled send, or as a stray. At once, an
// event that would stand first in its inbox gets its turn instead.
func (b *Bot) accept(tx *txn, channel string, a *arrival, now time.Time, atOnce bool) (result string, err error) {
	e, page := a.Event, a.page
	if e.Kind == EventIgnored || e.Kind == EventComment && !b.wanted(tx, page, e, now) {
		return "ignored", nil
	}
	if a.once != "" {
		fresh, err := tx.Once(a.once, now)
		if err != nil {
			return "", err
		}
		if !fresh {
			return "duplicate", nil
		}
	}
	reason, person := "", e.Person
	seen := e.Kind == EventDelivery || e.Kind == EventRead
	if e.Permit != nil && (e.Kind == EventUndelivered || seen && person == "") {
		whose, err := b.whose(tx, page, e.Permit.Token)
		if err != nil {
			return "", err
		}
		person = strings.TrimPrefix(whose, page+":")
	}
	if seen {
		e.Person = person
	}
	if e.Kind == EventComment {
		person = strangerPrefix + e.Comment
	}
	contact := a.contact
	if person != a.person || contact == "" {
		contact = page + ":" + person
	}
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
	body, err := e.seal()
	if err != nil {
		return "", err
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

// handleAtOnce gives an event its turn if no other process has the contact in hand, as to
// store a webhook must wait for nobody, nothing waits before it and nobody needs to be
// looked up first.
func (b *Bot) handleAtOnce(tx *txn, contact string, e *Event) (handled bool, err error) {
	if !tx.Has(contact) {
		return false, nil
	}
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
	tx.turned++
	return true, t.commit()
}
