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
	// body: refusedInput
	kindRefused = "refused"
)

// ErrUnavailable says that something could not be stored; the sender must try again.
var ErrUnavailable = errors.New("cannot store now")

// Receive takes one webhook request for the pages of a channel ("messenger"). When
// it returns nil everything in the body is stored. ErrSignature, ErrBody and
// ErrUnavailable tell the caller what to answer.
func (b *Bot) Receive(ctx context.Context, channel string, header http.Header, body []byte) error {
	ch, err := b.verify(channel, header, body)
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
	results := make([]string, len(events))
	err = b.write(ctx, func(tx *txn) error {
		for i := range events {
			result, err := b.accept(tx, channel, &events[i], now)
			if err != nil {
				return err
			}
			results[i] = result
		}
		return nil
	})
	if err != nil {
		b.observer.Webhook("unavailable")
		b.log.Error("webhook not stored", "channel", channel, "events", len(events), "error", err)
		return fmt.Errorf("%w: %w", ErrUnavailable, err)
	}
	for _, result := range results {
		b.observer.Webhook(result)
	}
	return nil
}

// verify finds a page of the channel whose signature the body carries. Pages of
// one app share it.
func (b *Bot) verify(channel string, header http.Header, body []byte) (Channel, error) {
	err := fmt.Errorf("%w: no page of channel %q", ErrSignature, channel)
	for _, ch := range b.channels {
		if ch.Name() != channel {
			continue
		}
		if err = ch.Verify(header, body); err == nil {
			return ch, nil
		}
	}
	return nil, err
}

// accept stores one event: in an inbox, as a settled send, or as a stray.
func (b *Bot) accept(tx *txn, channel string, e *Event, now time.Time) (result string, err error) {
	page := pageKey(channel, e.Page)
	if e.Key != "" {
		fresh, err := tx.Once(page+":"+e.Key, now)
		if err != nil {
			return "", err
		}
		if !fresh {
			return "duplicate", nil
		}
	}
	reason := ""
	switch _, ours := b.channels[page]; {
	case !ours:
		reason = "unknown page"
	case e.Kind == EventUnknown:
		reason = e.Reason
	case e.Kind == EventEcho, e.Kind == EventDelivery, e.Kind == EventRead:
		return "stored", b.settleReceipt(tx, page, e, now)
	case e.Person == "" || len(e.Person) > maxPersonID || strings.ContainsRune(e.Person, ':'):
		reason = "no person"
	}
	body, err := json.Marshal(e)
	if err != nil {
		return "", fmt.Errorf("event: %w", err)
	}
	if reason != "" {
		return "stray", tx.PutStray(storage.Stray{At: now, Source: channel, Reason: reason, Body: body})
	}
	_, err = tx.Enqueue(storage.Input{
		Contact: page + ":" + e.Person, Kind: kindEvent, Body: body, At: now,
	})
	return "stored", err
}
