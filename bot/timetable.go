package bot

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
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
	have := schedules{retime: true}
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
	retime bool // those that are there are looked at, too
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
		if ok && s.retime && b.leads.Load() {
			if at, local, changed := b.retimed(trigger, fire, timer.At); changed {
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
	zone = zoneOf(tx.program, trigger, zone)
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

// zoneOf is where a program's schedule takes somebody to live whose own zone, empty if it is
// unknown, is this one.
func zoneOf(p *flows.Program, trigger *flows.Trigger, zone string) string {
	switch {
	case trigger.Zone != "":
		return trigger.Zone
	case zone == "":
		return p.Bot.Timezone
	}
	return zone
}

func (b *Bot) putSchedule(tx *txn, trigger *flows.Trigger, zone string, at time.Time, local string) error {
	body, err := json.Marshal(scheduleTimer{Trigger: trigger.ID, Zone: zone, Local: local})
	if err != nil {
		return fmt.Errorf("schedule: %w", err)
	}
	return tx.PutTimer(storage.Timer{Kind: timerCron, Key: scheduleKey(trigger.ID, zone), At: at, Body: body})
}

func scheduleKey(trigger, zone string) string { return strings.Join([]string{trigger, zone}, " | ") }
