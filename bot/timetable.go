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

// Schedules keep one timer for each trigger and each zone that somebody lives in.

// scheduleTimer is what a schedule's timer remembers of its coming fire.
type scheduleTimer struct {
	Trigger string `json:"trigger"`
	Zone    string `json:"zone"`  // that the fire is computed in
	Local   string `json:"local"` // wall time: "2026-03-30T09:00"
}

// schedule is the trigger of a schedule's timer; false if a program has it no more,
// or in another zone.
func schedule(p *flows.Program, timer storage.Timer) (*flows.Trigger, scheduleTimer, bool) {
	var s scheduleTimer
	if json.Unmarshal(timer.Body, &s) != nil {
		return nil, s, false
	}
	trigger, ok := p.Trigger(s.Trigger)
	ok = ok && scheduled(trigger) && (trigger.Zone == "" || trigger.Zone == s.Zone) && timer.Key == scheduleKey(s.Trigger, s.Zone)
	return trigger, s, ok
}

// fireSchedule makes the occurrence of a schedule in one zone and sets the timer
// to the next. Of several fires that were missed only the newest may still go;
// the others are accounted for as expired.
func (b *Bot) fireSchedule(tx *txn, timer storage.Timer, now time.Time) error {
	trigger, s, ok := schedule(tx.program, timer)
	if !ok && !b.leads.Load() {
		timer.At = now.Add(leaveAlone) // its program runs elsewhere
		return tx.PutTimer(timer)
	}
	if !ok {
		if err := tx.DeleteTimer("", timer.Kind, timer.Key); err != nil {
			return err
		}
		return b.ensureSchedules(tx, now)
	}
	cron, err := scheduleOf(trigger)
	if err != nil {
		return err
	}
	zone, err := b.zones.get(s.Zone)
	if err != nil {
		return err
	}
	at, local := timer.At, s.Local
	if wall, err := time.Parse(wallLayout, local); err == nil {
		at = instantOf(wall, zone) // who left it alone for a moment has moved its timer
	}
	for missed := 0; ; missed++ {
		next, nextLocal, err := cron.After(local, zone)
		if err != nil {
			return err
		}
		over := !next.IsZero() && !next.After(now)
		expires := at.Add(trigger.Expires)
		if over && trigger.Kind != flows.OnDate { // the next day is about other people
			expires = at
		}
		if missed < maxMissedFires || !over {
			if err := b.occur(tx, fired(trigger, s.Zone, local, at, expires)); err != nil {
				return err
			}
		}
		switch {
		case over:
			at, local = next, nextLocal
		case next.IsZero():
			return tx.DeleteTimer("", timer.Kind, timer.Key)
		default:
			return b.putSchedule(tx, trigger, s.Zone, next, nextLocal)
		}
	}
}

// ensureSchedules gives every schedule of the program a timer in every zone that
// somebody lives in, and removes those of schedules that are gone. A timer that is
// there already keeps its time: what came due while nothing ran is not lost.
func (b *Bot) ensureSchedules(tx *txn, now time.Time) error {
	have := schedules{}
	if err := have.load(b, tx); err != nil {
		return err
	}
	for i := range tx.program.Triggers {
		trigger := &tx.program.Triggers[i]
		if !scheduled(trigger) {
			continue
		}
		zones, err := tx.Zones(trigger.Topic)
		if err != nil {
			return err
		}
		for _, zone := range append(zones, "") {
			if err := b.ensureTimer(tx, trigger, zone, now, &have); err != nil {
				return err
			}
		}
	}
	return nil
}

// tidySchedules gives schedules the timers that processes of an older program did not give
// them, by which somebody agreed or moved: those do not know them.
func (b *Bot) tidySchedules(ctx context.Context) error {
	if b.shared == nil || !b.leads.Load() {
		return nil
	}
	return b.write(ctx, func(tx *txn) error { return b.ensureSchedules(tx, tx.now) })
}

// ensureZone gives the schedules of a topic a timer in the zone of somebody who
// subscribes or moves.
func (b *Bot) ensureZone(tx *txn, topic, zone string, now time.Time) error {
	have := schedules{}
	for i := range tx.program.Triggers {
		trigger := &tx.program.Triggers[i]
		if !scheduled(trigger) || trigger.Topic != topic {
			continue
		}
		if have.keys == nil {
			if err := have.load(b, tx); err != nil {
				return err
			}
		}
		if err := b.ensureTimer(tx, trigger, zone, now, &have); err != nil {
			return err
		}
	}
	return nil
}

// schedules are the keys of the schedules that have a timer, as one transaction sees
// them.
type schedules struct {
	keys   map[string]bool
	locked bool // nobody else makes one meanwhile
}

// load reads them. Timers of schedules that are gone are removed.
func (s *schedules) load(b *Bot, tx *txn) error {
	timers, err := tx.Timers("")
	if err != nil {
		return err
	}
	s.keys = map[string]bool{}
	for _, timer := range timers {
		if timer.Kind != timerCron {
			continue
		}
		trigger, fire, ok := schedule(tx.program, timer)
		if !ok && b.leads.Load() {
			if err := tx.DeleteTimer("", timer.Kind, timer.Key); err != nil {
				return err
			}
			continue
		}
		if ok && b.leads.Load() {
			if at, local, changed := b.retimed(trigger, fire); changed {
				if err := b.putSchedule(tx, trigger, fire.Zone, at, local); err != nil {
					return err
				}
			}
		}
		s.keys[timer.Key] = true
	}
	return nil
}

// missing says whether there is no such timer, and sees to it that nobody else makes it
// now: it would be moved from the fire it is set to.
func (s *schedules) missing(b *Bot, tx *txn, key string) (bool, error) {
	if s.keys[key] || s.locked {
		return !s.keys[key], nil
	}
	if _, err := tx.Meta(schedulesMeta); err != nil && !errors.Is(err, storage.ErrNotFound) {
		return false, err
	}
	s.locked = true
	if err := s.load(b, tx); err != nil {
		return false, err
	}
	return !s.keys[key], nil
}

// schedulesMeta is the key that whoever makes a schedule's timer holds.
const schedulesMeta = "schedules"

func (b *Bot) ensureTimer(tx *txn, trigger *flows.Trigger, zone string, now time.Time, have *schedules) error {
	switch {
	case trigger.Zone != "":
		zone = trigger.Zone
	case zone == "":
		zone = tx.program.Bot.Timezone
	}
	key := scheduleKey(trigger.ID, zone)
	missing, err := have.missing(b, tx, key)
	if err != nil || !missing {
		return err
	}
	have.keys[key] = true
	cron, err := scheduleOf(trigger)
	if err != nil {
		return err
	}
	loc, err := b.zones.get(zone)
	if err != nil {
		b.log.Warn("a time zone that does not exist has no schedule", "zone", zone)
		return nil
	}
	at, local := cron.Next(now, loc)
	if at.IsZero() {
		return nil
	}
	return b.putSchedule(tx, trigger, zone, at, local)
}

func (b *Bot) putSchedule(tx *txn, trigger *flows.Trigger, zone string, at time.Time, local string) error {
	body, err := json.Marshal(scheduleTimer{Trigger: trigger.ID, Zone: zone, Local: local})
	if err != nil {
		return fmt.Errorf("schedule: %w", err)
	}
	return tx.PutTimer(storage.Timer{Kind: timerCron, Key: scheduleKey(trigger.ID, zone), At: at, Body: body})
}

func scheduleKey(trigger, zone string) string { return strings.Join([]string{trigger, zone}, " | ") }

// moved sees to it that nobody misses a fire by moving. Who goes east may come to
// where a fire is over that was still to come where they left; and who leaves may
// be ahead of the cursor of an occurrence that runs there.
func (t *turn) moved(from, to *time.Location) error {
	running, err := t.running(from)
	if err != nil {
		return err
	}
	timers, err := t.tx.Timers("")
	if err != nil {
		return err
	}
	for i := range t.program.Triggers {
		trigger := &t.program.Triggers[i]
		c := t.topic(trigger.Topic)
		if !scheduled(trigger) || trigger.Zone != "" || c == nil || !c.reachesAudience() {
			continue
		}
		missed, err := t.skipped(trigger, from, to, timers)
		if err != nil {
			return err
		}
		for _, o := range running {
			if o.Trigger == trigger.ID && o.Zone == from.String() && o.Cursor < t.contact.ID {
				missed = append(missed, o)
			}
		}
		for _, o := range missed {
			n := notifyInput{Trigger: o.Trigger, Occurrence: occurrenceKey(o.ID, o.Zone), Due: o.At, Expires: o.Expires}
			if err := t.b.enqueueNotify(t.tx, t.contact.ID, n, t.now); err != nil {
				return err
			}
		}
	}
	return nil
}

// running are the occurrences that may be on their way through a zone, or are paused there.
// Those that another process moves on at this moment are not among the ones handed out, so
// the newest fires are asked for by name.
func (t *turn) running(zone *time.Location) ([]storage.Occurrence, error) {
	running, err := t.tx.Occurrences(occurrenceRunning, chunk)
	if err != nil {
		return nil, err
	}
	paused, err := t.tx.Occurrences(occurrencePaused, chunk)
	if running = append(running, paused...); err != nil || t.b.shared == nil {
		return running, err
	}
	have := map[string]bool{}
	for _, o := range running {
		have[o.Trigger+" "+o.ID] = true
	}
	for i := range t.program.Triggers {
		trigger := &t.program.Triggers[i]
		if c := t.topic(trigger.Topic); !scheduled(trigger) || trigger.Zone != "" || c == nil || !c.reachesAudience() {
			continue
		}
		cron, err := scheduleOf(trigger)
		if err != nil {
			return nil, err
		}
		at, local := cron.Next(t.now.Add(-trigger.Expires), zone)
		for range lastFires {
			id := occurrenceID(trigger, local, zone.String())
			if local == "" || at.After(t.now) {
				break
			}
			o, err := t.tx.Occurrence(trigger.ID, id)
			if err != nil && !errors.Is(err, storage.ErrNotFound) {
				return nil, err
			}
			if err == nil && (o.State == occurrenceRunning || o.State == occurrencePaused) && !have[o.Trigger+" "+o.ID] {
				running = append(running, o)
			}
			if at, local, err = cron.After(local, zone); err != nil {
				return nil, err
			}
		}
	}
	return running, nil
}

// skipped are the fires of a schedule that are over in one zone and were still to
// come in another, or were due there and not made yet. Only the newest may still go.
func (t *turn) skipped(trigger *flows.Trigger, from, to *time.Location, timers []storage.Timer) ([]storage.Occurrence, error) {
	cron, err := scheduleOf(trigger)
	if err != nil {
		return nil, err
	}
	_, local := cron.Next(t.now, from)
	for _, timer := range timers {
		if _, s, ok := schedule(t.program, timer); ok && timer.Key == scheduleKey(trigger.ID, from.String()) && !timer.At.After(t.now) {
			local = s.Local
		}
	}
	var out []storage.Occurrence
	for local != "" && len(out) < maxMissedFires {
		wall, err := time.Parse(wallLayout, local)
		if err != nil {
			return nil, fmt.Errorf("schedule: %w", err)
		}
		at := instantOf(wall, to)
		if at.After(t.now) {
			break
		}
		if trigger.Kind != flows.OnDate {
			for i := range out {
				out[i].Expires = out[i].At
			}
		}
		out = append(out, fired(trigger, to.String(), local, at, at.Add(trigger.Expires)))
		if _, local, err = cron.After(local, from); err != nil {
			return nil, err
		}
	}
	return slices.Clip(out), nil
}
