package bot

import (
	"encoding/json"
	"errors"
	"slices"
	"time"

	"github.com/relance-bot/relance/flows"
	"github.com/relance-bot/relance/storage"
)

// Several topics compete for one person's budget. One of lesser priority leaves it to
// what is known of the greater ones: held until a known time, waiting for its slot of the
// pace, on its way through an occurrence that runs in whatever process, or coming by a schedule. What waits for a change that nobody can
// foretell does not count, nor does an event that has not come.

// greater is when notifications of topics with a greater priority than this one are due
// for this person, within the budget's time from now: the earliest of each trigger.
func (t *turn) greater(topic flows.Topic, budget flows.Budget) (out []time.Time, err error) {
	above := map[string]*Consent{}
	for _, other := range t.program.Bot.Topics {
		if c := t.topic(other.Name); other.Priority > topic.Priority && c != nil && c.reachesAudience() {
			above[other.Name] = &c.Consent
		}
	}
	if len(above) == 0 {
		return nil, nil
	}
	due, end := map[string]time.Time{}, t.now.Add(budget.Per)
	note := func(trigger string, at time.Time) {
		if at.Before(t.now) {
			at = t.now
		}
		if at.Before(end) {
			due[trigger] = earlier(due[trigger], at)
		}
	}
	if !t.alone {
		held, err := t.r.Decisions(storage.DecisionQuery{Contact: t.contact.ID, Kinds: []string{DecisionHeld}, Limit: maxHeld})
		if err != nil {
			return nil, err
		}
		for _, d := range held {
			if above[d.Topic] != nil && !d.Next.IsZero() {
				note(d.Trigger, d.Next)
			}
		}
		timers, err := t.r.Timers(t.contact.ID)
		if err != nil {
			return nil, err
		}
		for _, timer := range timers {
			if trigger, ok := t.slotOf(timer); ok && above[trigger.Topic] != nil {
				note(trigger.ID, timer.At)
			}
		}
	}
	running, err := t.r.PeekOccurrences(occurrenceRunning, chunk)
	if err != nil {
		return nil, err
	}
	for _, o := range running {
		comes, err := t.comes(o, above[o.Topic])
		if err != nil {
			return nil, err
		}
		if comes {
			note(o.Trigger, t.now)
		}
	}
	for i := range t.program.Triggers {
		trigger := &t.program.Triggers[i]
		c := above[trigger.Topic]
		if c == nil || !scheduled(trigger) {
			continue
		}
		at, err := t.nextFire(trigger, c, end)
		if err != nil {
			return nil, err
		}
		if !at.IsZero() {
			note(trigger.ID, at)
		}
	}
	for _, at := range due {
		out = append(out, at)
	}
	slices.SortFunc(out, time.Time.Compare)
	return out, nil
}

// slotOf is the trigger whose notification waits for its slot by a timer.
func (t *turn) slotOf(timer storage.Timer) (*flows.Trigger, bool) {
	var n notifyInput
	if timer.Kind != timerSlot || json.Unmarshal(timer.Body, &n) != nil { // if it cannot be read it is set aside when it fires
		return nil, false
	}
	return t.program.Trigger(n.Trigger)
}

// comes says whether an occurrence that runs is still to come to this person.
func (t *turn) comes(o storage.Occurrence, c *Consent) (bool, error) {
	trigger, ok := t.program.Trigger(o.Trigger)
	if c == nil || !ok || o.Zone != "" && o.Zone != t.location().String() || !c.ActiveAt(t.now) || scheduled(trigger) && c.ActiveSince.After(o.At) {
		return false, nil
	}
	key := occurrenceKey(o.ID, o.Zone)
	if _, err := t.r.Decision(t.contact.ID, o.Trigger, key); !errors.Is(err, storage.ErrNotFound) {
		return false, err // it is decided, or nobody knows
	}
	event, err := eventOf(o.Event)
	if err != nil {
		return false, err
	}
	return t.audienceOf(trigger, c, event, key, t.now), nil
}

// nextFire is when a schedule comes to this person next; zero if not before end.
func (t *turn) nextFire(trigger *flows.Trigger, c *Consent, end time.Time) (time.Time, error) {
	cron, err := scheduleOf(trigger)
	if err != nil {
		return time.Time{}, err
	}
	zone := t.location()
	if trigger.Zone != "" {
		if zone, err = t.b.zones.get(trigger.Zone); err != nil {
			return time.Time{}, nil // it has no schedule
		}
	}
	// One that is due at this very moment may not have been made yet.
	at, local := cron.Next(t.now.Add(-time.Millisecond), zone)
	for !at.IsZero() && at.Before(end) {
		id := occurrenceID(trigger, local, zone.String())
		key := occurrenceKey(id, zone.String())
		if t.audienceOf(trigger, c, nil, key, at) {
			return t.unlessDecided(trigger.ID, key, at)
		}
		if at, local, err = cron.After(local, zone); err != nil {
			return time.Time{}, err
		}
	}
	return time.Time{}, nil
}

// unlessDecided is at, or zero if the notification was decided already.
func (t *turn) unlessDecided(trigger, key string, at time.Time) (time.Time, error) {
	_, err := t.r.Decision(t.contact.ID, trigger, key)
	if errors.Is(err, storage.ErrNotFound) {
		return at, nil
	}
	return time.Time{}, err
}

// audienceOf says whether somebody is in a trigger's audience at a time, by what is
// known now: consent, holdout, cadence and condition.
func (t *turn) audienceOf(trigger *flows.Trigger, c *Consent, event map[string]any, key string, at time.Time) bool {
	topic, ok := t.program.Topic(trigger.Topic)
	if !ok || !c.ActiveAt(at) || HeldOut(t.contact.ID, trigger.ID, trigger.Holdout) ||
		!NextChance(effectiveCadence(c.Cadence, topic.Cadence), c.LastSent, at, at, t.location()).IsZero() {
		return false
	}
	_, holds := t.program.Match(trigger, t.world(), event, c.Interests)
	return holds && t.concerns(trigger, key)
}
