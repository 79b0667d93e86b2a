package bot

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/relance-bot/relance/flows"
	"github.com/relance-bot/relance/storage"
)

// timers turns what is due into inputs and occurrences.
func (b *Bot) timers(ctx context.Context) (worked bool, err error) {
	now := b.clock.Now()
	err = b.store.Write(ctx, func(tx storage.Tx) error {
		due, err := tx.DueTimers(now, timerBatch)
		if err != nil {
			return err
		}
		worked = len(due) > 0
		for _, timer := range due {
			if err := b.fire(tx, timer, now); err != nil {
				return fmt.Errorf("%s timer: %w", timer.Kind, err)
			}
		}
		return nil
	})
	return worked, err
}

func (b *Bot) fire(tx storage.Tx, timer storage.Timer, now time.Time) error {
	if timer.Kind == timerCron {
		return b.fireSchedule(tx, timer, now)
	}
	if err := tx.DeleteTimer(timer.Contact, timer.Kind, timer.Key); err != nil {
		return err
	}
	switch timer.Kind {
	case kindWake:
		_, err := tx.Enqueue(storage.Input{Contact: timer.Contact, Kind: kindWake, At: now})
		return err
	case timerHeld:
		return b.enqueueNotify(tx, timer.Contact, notifyInput{Trigger: timer.Key}, now)
	}
	b.log.Warn("a timer of an unknown kind was dropped", "kind", timer.Kind)
	return nil
}

// scheduleTimer is what a schedule's timer remembers of its coming fire.
type scheduleTimer struct {
	Trigger string `json:"trigger"`
	Zone    string `json:"zone"`  // that the fire is computed in
	Local   string `json:"local"` // wall time: "2026-03-30T09:00"
}

// fireSchedule makes the occurrence of a schedule in one zone and sets the timer
// to the next. Of several fires that were missed only the newest may still go;
// the others are accounted for as expired.
func (b *Bot) fireSchedule(tx storage.Tx, timer storage.Timer, now time.Time) error {
	var s scheduleTimer
	if err := json.Unmarshal(timer.Body, &s); err != nil {
		return err
	}
	trigger, ok := b.program.Trigger(s.Trigger)
	if !ok || trigger.Kind != flows.OnCron {
		return tx.DeleteTimer("", timer.Kind, timer.Key)
	}
	cron, err := ParseCron(trigger.Value)
	if err != nil {
		return err
	}
	zone, err := Location(s.Zone)
	if err != nil {
		return err
	}
	at, local := timer.At, s.Local
	for missed := 0; ; missed++ {
		next, nextLocal, err := cron.After(local, zone)
		if err != nil {
			return err
		}
		superseded := !next.IsZero() && !next.After(now)
		if missed < maxMissedFires || !superseded {
			if err := b.occur(tx, trigger, s.Zone, at, local, superseded); err != nil {
				return err
			}
		}
		if superseded {
			at, local = next, nextLocal
			continue
		}
		if next.IsZero() {
			return tx.DeleteTimer("", timer.Kind, timer.Key)
		}
		return b.putSchedule(tx, trigger, s.Zone, next, nextLocal)
	}
}

func (b *Bot) occur(tx storage.Tx, trigger *flows.Trigger, zone string, at time.Time, local string, superseded bool) error {
	expires := at.Add(trigger.Expires)
	if superseded {
		expires = at
	}
	o := storage.Occurrence{
		Trigger: trigger.ID, ID: occurrenceID(local, zone), Flow: trigger.Flow, Topic: trigger.Topic, Zone: zone,
		At: at, Expires: expires, State: occurrenceRunning,
	}
	if trigger.Zone != "" {
		o.ID, o.Zone = local, "" // one zone for everybody
	}
	return tx.PutOccurrence(o)
}

// ensureSchedules gives every schedule of the program a timer in every zone that
// somebody lives in, and removes those of schedules that are gone. A timer that is
// there already keeps its time: what came due while nothing ran is not lost.
func (b *Bot) ensureSchedules(tx storage.Tx, now time.Time) error {
	timers, err := tx.Timers("")
	if err != nil {
		return err
	}
	have := map[string]bool{}
	for _, timer := range timers {
		if timer.Kind != timerCron {
			continue
		}
		var s scheduleTimer
		if err := json.Unmarshal(timer.Body, &s); err != nil {
			return err
		}
		if _, ok := b.program.Trigger(s.Trigger); !ok {
			if err := tx.DeleteTimer("", timer.Kind, timer.Key); err != nil {
				return err
			}
			continue
		}
		have[timer.Key] = true
	}
	for i := range b.program.Triggers {
		trigger := &b.program.Triggers[i]
		if trigger.Kind != flows.OnCron {
			continue
		}
		zones, err := tx.Zones(trigger.Topic)
		if err != nil {
			return err
		}
		for _, zone := range append(zones, "") {
			if err := b.ensureTimer(tx, trigger, zone, now, have); err != nil {
				return err
			}
		}
	}
	return nil
}

// ensureZone gives the schedules of a topic a timer in the zone of somebody who
// subscribes or moves.
func (b *Bot) ensureZone(tx storage.Tx, topic, zone string, now time.Time) error {
	var have map[string]bool
	for i := range b.program.Triggers {
		trigger := &b.program.Triggers[i]
		if trigger.Kind != flows.OnCron || trigger.Topic != topic {
			continue
		}
		if have == nil {
			timers, err := tx.Timers("")
			if err != nil {
				return err
			}
			have = map[string]bool{}
			for _, timer := range timers {
				have[timer.Key] = true
			}
		}
		if err := b.ensureTimer(tx, trigger, zone, now, have); err != nil {
			return err
		}
	}
	return nil
}

func (b *Bot) ensureTimer(tx storage.Tx, trigger *flows.Trigger, zone string, now time.Time, have map[string]bool) error {
	switch {
	case trigger.Zone != "":
		zone = trigger.Zone
	case zone == "":
		zone = b.program.Bot.Timezone
	}
	key := scheduleKey(trigger.ID, zone)
	if have[key] {
		return nil
	}
	have[key] = true
	cron, err := ParseCron(trigger.Value)
	if err != nil {
		return err
	}
	loc, err := Location(zone)
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

func (b *Bot) putSchedule(tx storage.Tx, trigger *flows.Trigger, zone string, at time.Time, local string) error {
	body, err := json.Marshal(scheduleTimer{Trigger: trigger.ID, Zone: zone, Local: local})
	if err != nil {
		return err
	}
	return tx.PutTimer(storage.Timer{Kind: timerCron, Key: scheduleKey(trigger.ID, zone), At: at, Body: body})
}

func scheduleKey(trigger, zone string) string { return strings.Join([]string{trigger, zone}, " | ") }
