package bot

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/relance-bot/relance/storage"
)

// A pause or an end meets a campaign half-way: some are held for it, some wait in their
// inbox, and behind the cursor are those nobody has looked at. When it is resumed the held
// ones get their turn at once; when it is cancelled all of these are accounted for. Both
// walk over the topic once more, some people at a time, with a cursor of their own. People
// are only looked at; what is to be decided about them is left to their own turns.

// What a sweep does.
const (
	sweepResume = "resume"
	sweepCancel = "cancel"
)

const (
	sweepBatch = 500 // people looked at in one go
	sweepSpan  = 64  // sweeps that are handed out at once
)

// swept is what a sweep found of some people.
type swept struct {
	last    string // contact; with none behind it if over
	over    bool
	again   []string // are held: they get a turn
	cancels int
	missed  int
	faults  int // cannot be read
}

// nextSweep is the oldest campaign with a sweep to be done; nil if there is none. Those of a
// newer program are left to its process.
func (b *Bot) nextSweep(r storage.Reader) (*storage.Campaign, error) {
	program := b.Program()
	list, err := r.SweptCampaigns(sweepSpan)
	for i := range list {
		if _, ok := program.Trigger(list[i].Trigger); ok || b.leads.Load() {
			return &list[i], err
		}
	}
	return nil, err
}

// sweeps does the next part of the oldest sweep there is.
func (b *Bot) sweeps(ctx context.Context) (worked bool, err error) {
	var c storage.Campaign
	var found swept
	err = b.store.Read(ctx, func(r storage.Reader) error {
		next, err := b.nextSweep(r)
		if err != nil || next == nil {
			return err
		}
		c = *next
		found, err = b.lookBack(r, c)
		return err
	})
	if err != nil || c.Sweep == "" {
		return false, err
	}
	err = b.write(ctx, func(tx *txn) error {
		worked = false
		list, err := tx.SweptCampaigns(sweepSpan)
		if err != nil {
			return err
		}
		at := slices.IndexFunc(list, func(o storage.Campaign) bool {
			return o.Trigger == c.Trigger && o.ID == c.ID && o.Sweep == c.Sweep && o.Cursor == c.Cursor && o.Changed.Equal(c.Changed)
		})
		if at < 0 {
			return nil // another process was faster, or it was steered meanwhile
		}
		worked = true
		return b.keepSweep(tx, list[at], found)
	})
	return worked, err
}

// keepSweep stores what was found.
func (b *Bot) keepSweep(tx *txn, c storage.Campaign, found swept) error {
	for _, contact := range found.again {
		if err := b.enqueueNotify(tx, contact, notifyInput{Trigger: c.Trigger}, tx.now); err != nil {
			return err
		}
	}
	tx.tally(c.Trigger, c.ID, countCancelled, found.cancels)
	tx.tally(c.Trigger, c.ID, countMissed, found.missed)
	tx.tally(c.Trigger, c.ID, countOf(DecisionFailed, RuleFault), found.faults)
	if c.Cursor = found.last; !found.over {
		tx.leave(partSweeps, time.Time{})
		return tx.putCampaign(c)
	}
	if c.Sweep == sweepCancel { // nobody asks any more how far it was
		occurrences, err := tx.CampaignOccurrences(c.Trigger, c.ID)
		if err != nil {
			return err
		}
		for _, o := range occurrences {
			if o.State == occurrenceCancelled {
				o.Cursor = ""
				if err := tx.PutOccurrence(o); err != nil {
					return err
				}
			}
		}
	}
	c.Sweep, c.Cursor = "", ""
	return tx.putCampaign(c)
}

// lookBack looks at the next people of a sweep.
func (b *Bot) lookBack(r storage.Reader, c storage.Campaign) (found swept, err error) {
	program := b.Program()
	trigger, ok := program.Trigger(c.Trigger)
	if !ok {
		return swept{over: true}, nil // what is held is skipped when its time comes
	}
	occurrences, err := r.CampaignOccurrences(c.Trigger, c.ID)
	if err != nil {
		return found, err
	}
	q := storage.Subscribers{Topic: c.Topic, After: c.Cursor, Limit: sweepBatch}
	var event map[string]any
	if !scheduled(trigger) && len(occurrences) > 0 {
		if event, err = eventOf(occurrences[0].Event); err != nil {
			return found, err
		}
		q.ActiveAt, q.Terms = occurrences[0].At, program.EventTerms(trigger, event)
	}
	ids, err := r.Subscribers(q)
	if err != nil {
		return found, err
	}
	found.last, found.over = c.Cursor, len(ids) < sweepBatch
	for _, contact := range ids {
		found.last = contact
		d, err := r.Decision(contact, c.Trigger, c.ID)
		switch {
		case err == nil:
			if d.Kind == DecisionHeld && (c.Sweep == sweepCancel || d.Rule == RulePaused) {
				found.again = append(found.again, contact)
			}
			continue
		case errors.Is(err, storage.ErrNotFound):
		case passing(err):
			return found, err
		default: // a turn of their own sees whether it is held
			b.log.Error("a sweep cannot read what was decided about somebody, leaving it to their own turn", "flow", c.Flow, "error", err)
			found.again = append(found.again, contact)
			continue
		}
		if c.Sweep == sweepResume {
			continue
		}
		t, err := b.stand(r, program, contact, b.clock.Now())
		if err != nil && !passing(err) {
			b.log.Error("a campaign is over before it came to somebody who cannot be read", "flow", c.Flow, "error", err)
			found.faults++
			continue
		} else if err != nil {
			return found, fmt.Errorf("counting whom a campaign did not come to: %w", err)
		}
		o, fires := t.occurrenceHere(occurrences)
		switch {
		case fires && (o.State == occurrenceDone || contact <= o.Cursor):
			// They were counted as missed, or are queued: then their turn counts them.
		case t.inAudience(c, o, fires, event):
			found.cancels++
		default:
			found.missed++
		}
	}
	return found, nil
}

// occurrenceHere is the one of a campaign's occurrences that comes to this person.
func (t *turn) occurrenceHere(occurrences []storage.Occurrence) (o storage.Occurrence, ok bool) {
	at := slices.IndexFunc(occurrences, func(o storage.Occurrence) bool { return o.Zone == "" || o.Zone == t.location().String() })
	if at < 0 {
		return o, false
	}
	return occurrences[at], true
}

// inAudience says whether somebody would have been decided about.
func (t *turn) inAudience(c storage.Campaign, o storage.Occurrence, fires bool, event map[string]any) bool {
	trigger, ok := t.program.Trigger(c.Trigger)
	consent := t.topic(c.Topic)
	if !ok || consent == nil || !consent.reachesAudience() || fires && consent.ActiveSince.After(o.At) {
		return false
	}
	_, holds := t.program.Match(trigger, t.world(), event, consent.Interests)
	return holds && t.concerns(trigger, c.ID)
}
