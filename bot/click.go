package bot

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/relance-bot/relance/flows"
	"github.com/relance-bot/relance/storage"
)

// clickPause is how soon after a click the same link counts again: a double tap is one.
const clickPause = 10 * time.Second

// maxClicks bounds what is remembered of recent clicks.
const maxClicks = 4096

// clicks remembers the links that were opened just now, so that whoever opens one again
// and again costs the store nothing.
type clicks struct {
	mu     sync.Mutex
	recent map[string]time.Time
}

// again says whether a link was opened just now, and notes that it is.
func (c *clicks) again(code string, now time.Time) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if last, ok := c.recent[code]; ok && now.Sub(last) < clickPause && !now.Before(last) {
		return true
	}
	if c.recent == nil || len(c.recent) >= maxClicks {
		c.recent = map[string]time.Time{}
	}
	c.recent[code] = now
	return false
}

func (c *clicks) forget(code string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.recent, code)
}

// Link is where a tracked link leads, with its code added as rl. ErrUnknownLink if the
// code is none of ours; any other error is the store's.
func (b *Bot) Link(ctx context.Context, code string) (target string, err error) {
	key := b.links.key.Load()
	if key == nil {
		err = b.store.Read(ctx, func(r storage.Reader) error {
			raw, err := r.Meta(metaLinkKey)
			if errors.Is(err, storage.ErrNotFound) {
				return ErrUnknownLink // no link was ever made
			}
			key = &raw
			return err
		})
		if err != nil {
			return "", err
		}
		b.links.key.CompareAndSwap(nil, key)
	}
	_, target, err = readLink(*key, code)
	if err != nil {
		return "", err
	}
	return withLink(target, code), nil
}

// Click is Link for a person who opens it: that is stored when it returns, once for
// each person and message, with how often. What it cannot store it only leads on, and
// says so in err beside the target. It opens no window.
func (b *Bot) Click(ctx context.Context, code string) (target string, err error) {
	if target, err = b.Link(ctx, code); err != nil {
		return "", err
	}
	if b.clicks.again(code, b.clock.Now()) {
		return target, nil
	}
	send, _, err := readLink(*b.links.key.Load(), code)
	if err == nil {
		err = b.write(ctx, func(tx *txn) error { return b.clicked(tx, send) }, storage.Need{Sends: []string{send}})
	}
	if err != nil {
		b.clicks.forget(code)
		return target, fmt.Errorf("a click could not be kept: %w", err)
	}
	return target, nil
}

// clicked keeps that a link of a message was opened. Of whom is not known any more
// nothing is kept.
func (b *Bot) clicked(tx *txn, send string) error {
	contact, carried, err := b.sentTo(tx, send)
	if err != nil || contact == "" {
		return err
	}
	row, err := tx.Contact(contact)
	if errors.Is(err, storage.ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	o := storage.Outcome{
		Contact: contact, Kind: OutcomeClicked, Value: 1, At: tx.now, Input: "send:" + send, Locale: tx.program.Language(flows.Contact{Locale: row.Locale}),
	}
	if len(carried) > 0 {
		d := carried[len(carried)-1]
		o.Topic, o.Trigger, o.Occurrence, o.Flow, o.Lane = d.Topic, d.Trigger, d.Occurrence, d.Flow, d.Lane
	} else if s, err := tx.Send(send); err == nil {
		body := clickBody(s)
		if body.Trial {
			return nil // no figure counts it
		}
		o.Flow, o.Step = body.Flow, body.Step
	} else if !errors.Is(err, storage.ErrNotFound) {
		return err
	}
	_, err = tx.AddOutcome(o)
	return err
}
