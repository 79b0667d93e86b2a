package bot

import (
	"encoding/json"
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

// schedule is the trigger of a schedule's timer; false if the program has it no more,
// or in another zone.
func (b *Bot) schedule(timer storage.Timer) (*flows.Trigger, scheduleTimer, bool) {
	var s scheduleTimer
	if json.Unmarshal(timer.Body, &s) != nil {
		return nil, s, false
	}
	trigger, ok := b.program.Trigger(s.Trigger)
	ok = ok && trigger.Kind == flows.OnCron && (trigger.Zone == "" || trigger.Zone == s.Zone) && timer.Key == scheduleKey(s.Trigger, s.Zone)
	return trigger, s, ok
}

// fireSchedule makes the occurrence of a schedule in one zone and sets the timer
// to the next. Of several fires that were missed only the newest may still go;
// the others are accounted for as expired.
func (b *Bot) fireSchedule(tx *txn, timer storage.Timer, now time.Time) error {
	trigger, s, ok := b.schedule(timer)
	if !ok {
		if err := tx.DeleteTimer("", timer.Kind, timer.Key); err != nil {
			return err
		}
		return b.ensureSchedules(tx, now)
	}
	cron, err := ParseCron(trigger.Value)
	if err != nil {
		return err
	}
	zone, err := b.zones.get(s.Zone)
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
		expires := at.Add(trigger.Expires)
		if superseded {
			expires = at
		}
		if missed < maxMissedFires || !superseded {
			if err := b.occur(tx, fired(trigger, s.Zone, local, at, expires)); err != nil {
				return err
			}
		}
		switch {
		case superseded:
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
	have, err := b.scheduled(tx)
	if err != nil {
		return err
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
func (b *Bot) ensureZone(tx *txn, topic, zone string, now time.Time) error {
	var have map[string]bool
	for i := range b.program.Triggers {
		trigger := &b.program.Triggers[i]
		if trigger.Kind != flows.OnCron || trigger.Topic != topic {
			continue
		}
		if have == nil {
			var err error
			if have, err = b.scheduled(tx); err != nil {
				return err
			}
		}
		if err := b.ensureTimer(tx, trigger, zone, now, have); err != nil {
			return err
		}
	}
	return nil
}

// scheduled are the keys of the schedules that have a timer. Timers of schedules
// that are gone are removed.
func (b *Bot) scheduled(tx *txn) (map[string]bool, error) {
	timers, err := tx.Timers("")
	if err != nil {
		return nil, err
	}
	have := map[string]bool{}
	for _, timer := range timers {
		if timer.Kind != timerCron {
			continue
		}
		if _, _, ok := b.schedule(timer); !ok {
			if err := tx.DeleteTimer("", timer.Kind, timer.Key); err != nil {
				return nil, err
			}
			continue
		}
		have[timer.Key] = true
	}
	return have, nil
}

func (b *Bot) ensureTimer(tx *txn, trigger *flows.Trigger, zone string, now time.Time, have map[string]bool) error {
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
	running, err := t.tx.Occurrences(occurrenceRunning, chunk)
	if err != nil {
		return err
	}
	for i := range t.b.program.Triggers {
		trigger := &t.b.program.Triggers[i]
		c := t.topics[trigger.Topic]
		if trigger.Kind != flows.OnCron || trigger.Zone != "" || c == nil || !c.reachesAudience() {
			continue
		}
		missed, err := t.skipped(trigger, from, to)
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

// skipped are the fires of a schedule that are over in one zone and were still to
// come in another. Only the newest may still go.
func (t *turn) skipped(trigger *flows.Trigger, from, to *time.Location) ([]storage.Occurrence, error) {
	cron, err := ParseCron(trigger.Value)
	if err != nil {
		return nil, err
	}
	var out []storage.Occurrence
	for _, local := cron.Next(t.now, from); local != "" && len(out) < maxMissedFires; {
		wall, err := time.Parse(wallLayout, local)
		if err != nil {
			return nil, fmt.Errorf("schedule: %w", err)
		}
		at := instantOf(wall, to)
		if at.After(t.now) {
			break
		}
		for i := range out {
			out[i].Expires = out[i].At
		}
		out = append(out, fired(trigger, to.String(), local, at, at.Add(trigger.Expires)))
		if _, local, err = cron.After(local, from); err != nil {
			return nil, err
		}
	}
	return slices.Clip(out), nil
}
