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

// States of an occurrence.
const (
	occurrenceRunning   = "running"
	occurrencePaused    = "paused"
	occurrenceDone      = "done"
	occurrenceFailed    = "failed"
	occurrenceCancelled = "cancelled"
)

// occurrences moves the oldest running occurrence on by one chunk of its
// subscribers, at the Page's pace. Rules, decisions, outbox and cursor of a chunk
// commit together.
func (b *Bot) occurrences(ctx context.Context) (worked bool, err error) {
	now := b.clock.Now()
	if b.shared != nil {
		for _, p := range b.paces {
			p.free(now) // that they are wanted
		}
		for _, p := range b.throttles.all(now) {
			p.free(now)
		}
		if err := b.refillAll(ctx); err != nil {
			return false, err
		}
	}
	var oldest storage.Occurrence
	full := false
	step := func(do func(*txn, storage.Occurrence) (bool, error)) error {
		return b.write(ctx, func(tx *txn) error {
			worked, full = false, false
			o, _, err := b.nextRunning(tx, tx.campaign, now)
			if err != nil || o == nil {
				return err
			}
			oldest = *o
			worked, err = do(tx, oldest)
			return err
		})
	}
	advance := func(queue bool) error {
		return step(func(tx *txn, o storage.Occurrence) (did bool, err error) {
			did, full, err = b.advanceOccurrence(tx, o, now, queue)
			return did, err
		})
	}
	err = advance(false)
	if err != nil && !passing(err) {
		// Somebody cannot be decided about. Each gets a turn of their own, where that
		// holds up nobody else.
		b.log.Error("a part of an occurrence failed, leaving it to the contacts' own turns", "flow", oldest.Flow, "error", err)
		b.observer.Fault(oldest.Flow)
		err = advance(true)
	}
	if err != nil && !passing(err) {
		b.log.Error("an occurrence failed", "flow", oldest.Flow, "error", err)
		err = step(func(tx *txn, o storage.Occurrence) (bool, error) {
			o.State, o.Cursor = occurrenceFailed, ""
			return true, tx.PutOccurrence(o)
		})
	}
	if err != nil {
		return false, fmt.Errorf("occurrence: %w", err)
	}
	if now := b.clock.Now(); full && !b.goesOn(now, now).After(now) {
		b.plan.more(partOccurrences, now)
	}
	return worked, nil
}

// nextRunning is the oldest running occurrence that its campaign's own pace, if it has
// one, lets go on now. nil: there is none, or not before at. Those of a newer program
// are left to its process.
func (b *Bot) nextRunning(
	r storage.Reader, campaign func(trigger, id string) (storage.Campaign, error), now time.Time,
) (next *storage.Occurrence, at time.Time, err error) {
	program := b.Program()
	for _, limit := range []int{1, chunk} {
		running, err := r.Occurrences(occurrenceRunning, limit)
		if err != nil {
			return nil, at, err
		}
		for _, o := range running {
			if _, ok := program.Trigger(o.Trigger); !ok && !b.leads.Load() {
				continue
			}
			c, err := campaign(o.Trigger, campaignOf(o))
			if err != nil {
				return nil, at, err
			}
			own := b.throttles.of(c, b.shared != nil, now)
			if own == nil || own.free(now) > 0 {
				return &o, now, nil
			}
			at = earlier(at, latest(own.opens(now), now))
		}
		if len(running) < limit {
			break
		}
	}
	return nil, at, nil
}

// campaignOf is the campaign that an occurrence belongs to.
func campaignOf(o storage.Occurrence) string { return occurrenceKey(o.ID, o.Zone) }

// advanceOccurrence decides for the next subscribers, until their page has no slot,
// the chunk is over, or others have waited long enough for this transaction: full says
// that it was one of these two, and more can be done at once. With queue nothing is decided
// here: everybody gets it as an input.
func (b *Bot) advanceOccurrence(tx *txn, o storage.Occurrence, now time.Time, queue bool) (worked, full bool, err error) {
	trigger, ok := tx.program.Trigger(o.Trigger)
	if !ok {
		o.State = occurrenceDone
		return true, false, tx.PutOccurrence(o)
	}
	c, err := tx.campaign(o.Trigger, campaignOf(o))
	if err != nil {
		return false, false, err
	}
	event, err := eventOf(o.Event)
	if err != nil {
		return false, false, err
	}
	limit := chunk
	if room := b.desk.most(); room > 0 {
		limit = min(limit, room)
	}
	q, err := audienceQuery(tx.program, trigger, o)
	if err != nil {
		return false, false, err
	}
	q.Limit = limit
	ids, err := tx.Subscribers(q)
	if err != nil {
		return false, false, err
	}
	audience, err := b.audience(tx, trigger, o, now)
	if err != nil {
		return false, false, err
	}
	if err := tx.Need(storage.Need{Contacts: ids}); err != nil {
		return false, false, err
	}
	tx.letters = slices.Grow(tx.letters, len(ids))
	counts := map[string]int{}
	if len(o.Counts) > 0 {
		if err := json.Unmarshal(o.Counts, &counts); err != nil {
			return false, false, fmt.Errorf("its counts: %w", err)
		}
	}
	n := notifyInput{Trigger: o.Trigger, Occurrence: occurrenceKey(o.ID, o.Zone), Event: event, Due: o.At, Expires: o.Expires, event: o.Event}
	slots := slots{b: b, tx: tx, now: now, used: map[string]int{}, own: b.throttles.of(c, b.shared != nil, now)}
	came := 0
	began := SystemClock{}.Now() // others wait by this clock, whatever the bot's shows
	for _, contact := range ids {
		if came > 0 && (SystemClock{}).Now().Sub(began) > chunkTime {
			full = true
			break
		}
		if n.Slot, ok, err = slots.next(contact); err != nil {
			return false, false, err
		} else if !ok && !queue {
			break
		}
		kind, err := b.notifyOne(tx, contact, n, audience, queue)
		if err != nil {
			return false, false, err
		}
		slots.took(contact, kind == DecisionSent && n.Slot)
		if kind == countMissed {
			tx.tally(o.Trigger, n.Occurrence, countMissed, 1)
		}
		counts[kind]++
		o.Cursor = contact
		came++
	}
	tx.whenKept(slots.take)
	over := came == len(ids) && len(ids) < limit
	if over {
		o.State, o.Cursor = occurrenceDone, "" // it names somebody, who may be forgotten one day
	} else if came == 0 {
		return false, false, nil
	}
	if o.Counts, err = json.Marshal(counts); err != nil {
		return false, false, fmt.Errorf("its counts: %w", err)
	}
	return true, full || came == limit && !over, tx.PutOccurrence(o)
}

// audience is what is known of all people of a chunk, so that not each is asked about.
type audience struct {
	input  string          // names their turns in the ledger
	once   bool            // nobody can have been decided about but by the cursor
	timers bool            // waits is complete
	waits  map[string]bool // who has a notification that is held or waits for its slot
}

func (b *Bot) audience(tx *txn, trigger *flows.Trigger, o storage.Occurrence, now time.Time) (a audience, err error) {
	a.input = "occurrence:" + o.Trigger + " " + occurrenceKey(o.ID, o.Zone)
	if b.shared != nil {
		return a, nil
	}
	// Whoever moves gets a fire as an input, ahead of the cursor; and one that all get at once now
	// may have come to some by their own clocks, under the program before.
	a.once = !scheduled(trigger)
	timers, err := tx.DueTimers(now.Add(lifetime), fewTimers)
	if err != nil || len(timers) == fewTimers {
		return a, err
	}
	a.timers, a.waits = true, map[string]bool{}
	for _, timer := range timers {
		if timer.Kind == timerHeld || timer.Kind == timerSlot {
			a.waits[timer.Contact] = true
		}
	}
	return a, nil
}

// notifyOne decides one notification at once, or as an input if it must, or if the
// contact has others before it. The kind is the decision's, "queued", or "missed"
// for somebody who is not in the audience.
func (b *Bot) notifyOne(tx *txn, contact string, n notifyInput, a audience, queue bool) (kind string, err error) {
	waits := queue
	if !waits {
		if waits, err = tx.awaits(contact); err != nil {
			return "", err
		}
	}
	enqueue := func() (string, error) {
		n.Slot, n.Queued = false, true
		tx.tally(n.Trigger, n.Occurrence, countQueued, 1)
		return countQueued, b.enqueueNotify(tx, contact, n, tx.now)
	}
	if waits {
		return enqueue()
	}
	t, err := b.begin(tx, contact, tx.now)
	if err != nil {
		return "", err
	}
	defer tx.over(t)
	if len(t.calling) > 0 {
		return enqueue()
	}
	t.once, t.passes = a.once, true
	if t.alone = a.timers && !a.waits[contact]; !a.timers {
		if t.alone, err = t.undisturbed(); err != nil {
			return "", err
		}
	}
	t.input = a.input
	if err := t.notify(n); err != nil {
		return "", err
	}
	if err := t.commit(); err != nil {
		return "", err
	}
	switch {
	case t.waits:
		if t.queued {
			tx.tally(n.Trigger, n.Occurrence, countQueued, 1)
		}
		return countQueued, nil
	case t.became == "":
		return countMissed, nil
	}
	return t.became, nil
}

// undisturbed says whether no notification of this person is held or waits for its
// slot. Each that does has a timer, or an input; of those there are none.
func (t *turn) undisturbed() (bool, error) {
	timers, err := t.tx.Timers(t.contact.ID)
	return !slices.ContainsFunc(timers, func(timer storage.Timer) bool {
		return timer.Kind == timerHeld || timer.Kind == timerSlot
	}), err
}

// occur makes an occurrence, unless it was made before.
func (b *Bot) occur(tx *txn, o storage.Occurrence) error {
	_, err := tx.Occurrence(o.Trigger, o.ID)
	if !errors.Is(err, storage.ErrNotFound) {
		return err
	}
	o.State, o.Campaign = occurrenceRunning, campaignOf(o)
	err = tx.MakeCampaign(storage.Campaign{Trigger: o.Trigger, ID: o.Campaign, Flow: o.Flow, Topic: o.Topic, At: o.At, State: CampaignRunning})
	if err != nil {
		return err
	}
	// Where it fires later than elsewhere it may have been steered already.
	c, err := tx.Campaign(o.Trigger, o.Campaign)
	switch {
	case err != nil:
		return err
	case c.State == CampaignPaused:
		o.State = occurrencePaused
	case c.State == CampaignCancelled:
		o.State = occurrenceCancelled
	}
	return tx.PutOccurrence(o)
}

// fired is the occurrence of a schedule at a wall time in a zone. expires is when it
// may go at the latest.
func fired(trigger *flows.Trigger, zone, local string, at, expires time.Time) storage.Occurrence {
	o := storage.Occurrence{
		Trigger: trigger.ID, ID: occurrenceID(trigger, local, zone), Flow: trigger.Flow, Topic: trigger.Topic, Zone: zone, At: at, Expires: expires,
	}
	if trigger.Zone != "" {
		o.Zone = "" // one zone for everybody
	}
	return o
}

// occurrenceKey names what an occurrence is for a person: of a schedule the local
// wall time, or day, alone, which is the same in all zones, so that a person who moves never
// gets it twice.
func occurrenceKey(id, zone string) string {
	if zone == "" {
		return id
	}
	return strings.TrimSuffix(id, " "+zone)
}
