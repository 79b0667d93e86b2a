package bot

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/relance-bot/relance/storage"
)

// States of an occurrence.
const (
	occurrenceRunning = "running"
	occurrenceDone    = "done"
)

// occurrences moves the oldest running occurrence on by one chunk of its
// subscribers, at the Page's pace. Rules, decisions, outbox and cursor of a chunk
// commit together.
func (b *Bot) occurrences(ctx context.Context) (worked bool, err error) {
	now := b.clock.Now()
	slots := b.pace.open(now)
	if slots == 0 {
		return false, nil
	}
	sent := 0
	err = b.store.Write(ctx, func(tx storage.Tx) error {
		worked, sent = false, 0
		running, err := tx.Occurrences(occurrenceRunning, 1)
		if err != nil || len(running) == 0 {
			return err
		}
		worked = true
		sent, err = b.advanceOccurrence(tx, running[0], slots, now)
		return err
	})
	if err != nil {
		return false, fmt.Errorf("occurrence: %w", err)
	}
	b.pace.take(now, sent)
	if sent > 0 {
		b.mail.raise()
	}
	return worked, nil
}

// advanceOccurrence decides for the next subscribers, until slots messages are
// decided to go or the chunk is over.
func (b *Bot) advanceOccurrence(tx storage.Tx, o storage.Occurrence, slots int, now time.Time) (sent int, err error) {
	trigger, ok := b.program.Trigger(o.Trigger)
	if !ok {
		o.State = occurrenceDone
		return 0, tx.PutOccurrence(o)
	}
	var event map[string]any
	if len(o.Event) > 0 {
		if err := json.Unmarshal(o.Event, &event); err != nil {
			return 0, fmt.Errorf("its event: %w", err)
		}
	}
	ids, err := tx.Subscribers(storage.Subscribers{
		Topic: trigger.Topic, Zone: o.Zone, DefaultZone: b.program.Bot.Timezone, ActiveAt: o.At,
		Terms: b.program.EventTerms(trigger, event), After: o.Cursor, Limit: chunk,
	})
	if err != nil {
		return 0, err
	}
	counts := map[string]int{}
	if len(o.Counts) > 0 {
		if err := json.Unmarshal(o.Counts, &counts); err != nil {
			return 0, fmt.Errorf("its counts: %w", err)
		}
	}
	n := notifyInput{Trigger: o.Trigger, Occurrence: occurrenceKey(o.ID, o.Zone), Event: event, Due: o.At, Expires: o.Expires}
	for _, contact := range ids {
		if sent >= slots {
			break
		}
		kind, err := b.notifyOne(tx, contact, n, now)
		if err != nil {
			return 0, err
		}
		if kind == DecisionSent {
			sent++
		}
		counts[kind]++
		o.Cursor = contact
	}
	if len(ids) < chunk && (len(ids) == 0 || o.Cursor == ids[len(ids)-1]) {
		o.State = occurrenceDone
	}
	if o.Counts, err = json.Marshal(counts); err != nil {
		return 0, fmt.Errorf("its counts: %w", err)
	}
	return sent, tx.PutOccurrence(o)
}

// notifyOne decides one notification at once, or as an input if the contact has
// others before it. The kind is the decision's, "queued", or "missed" for somebody
// who is not in the audience.
func (b *Bot) notifyOne(tx storage.Tx, contact string, n notifyInput, now time.Time) (kind string, err error) {
	waiting, err := tx.Inputs(contact, 1)
	if err != nil {
		return "", err
	}
	if len(waiting) > 0 {
		return "queued", b.enqueueNotify(tx, contact, n, now)
	}
	t, err := b.begin(tx, contact, now)
	if err != nil {
		return "", err
	}
	t.input = "occurrence:" + n.Trigger + " " + n.Occurrence
	if err := t.notify(n); err != nil {
		return "", err
	}
	if err := t.commit(); err != nil {
		return "", err
	}
	d, err := tx.Decision(contact, n.Trigger, n.Occurrence)
	if errors.Is(err, storage.ErrNotFound) {
		return "missed", nil
	}
	return d.Kind, err
}

// occurrenceID names one firing of a schedule in one zone. Its key, the local
// wall time alone, is the same in all zones, so that a person who moves never gets
// it twice.
func occurrenceID(local, zone string) string { return local + " " + zone }

func occurrenceKey(id string, zone string) string {
	if zone == "" {
		return id
	}
	return strings.TrimSuffix(id, " "+zone)
}
