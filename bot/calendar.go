package bot

import (
	"fmt"
	"time"

	"github.com/relance-bot/relance/flows"
)

// scheduled says whether a trigger fires by the clock.
func scheduled(trigger *flows.Trigger) bool {
	return trigger.Kind == flows.OnCron || trigger.Kind == flows.OnDate
}

// scheduleOf is when a trigger fires. That of a date fires every day, for those whose
// date it is.
func scheduleOf(trigger *flows.Trigger) (Cron, error) {
	if trigger.Kind != flows.OnDate {
		return ParseCron(trigger.Value)
	}
	c, err := ParseCron(fmt.Sprintf("%d %d * * *", trigger.At%60, trigger.At/60))
	c.daily = true
	return c, err
}

// occurrenceID names a fire: that of a cron by its wall time, that of a date by its
// day, so that nobody is congratulated twice because at: was changed meanwhile. Both
// are the same in all zones.
func occurrenceID(trigger *flows.Trigger, local, zone string) string {
	if trigger.Kind == flows.OnDate {
		local = dayOf(local)
	}
	if trigger.Zone != "" {
		return local // one zone for everybody
	}
	return local + " " + zone
}

// dayOf is the day of a wall time, or of a day.
func dayOf(local string) string {
	return local[:min(len(local), len(time.DateOnly))]
}

// concerns says whether an occurrence is for this person at all: that of a date is
// for those whose date it is.
func (t *turn) concerns(trigger *flows.Trigger, occurrence string) bool {
	if trigger.Kind != flows.OnDate {
		return true
	}
	date, _ := t.fields[trigger.Field].(string)
	return trigger.ComesRound(date, dayOf(occurrence))
}

// retimed is when a schedule's timer is to fire: a date's at the time of day that the program
// has now, and any as the table of zones says now, which a machine may have got anew since.
// The day stays: what it was to say is neither lost nor said twice.
func (b *Bot) retimed(trigger *flows.Trigger, s scheduleTimer, was time.Time) (at time.Time, local string, changed bool) {
	local = s.Local
	if trigger.Kind == flows.OnDate {
		local = dayOf(local) + "T" + clock(trigger.At)
	}
	wall, err := time.Parse(wallLayout, local)
	if err != nil {
		return time.Time{}, "", false
	}
	zone, err := b.zones.get(s.Zone)
	if err != nil {
		return time.Time{}, "", false
	}
	at = instantOf(wall, zone)
	return at, local, local != s.Local || !at.Equal(was)
}

// dateValues is what tells why a date's occurrence is not for this person.
func (t *turn) dateValues(trigger *flows.Trigger, occurrence string) map[string]any {
	date, _ := t.fields[trigger.Field].(string)
	return map[string]any{
		"field": trigger.Field, "date": date, "about": trigger.About(dayOf(occurrence)), "yearly": trigger.Yearly,
	}
}
