package bot

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/relance-bot/relance/flows"
	"github.com/relance-bot/relance/storage"
)

// Fire is one coming firing of a schedule in one zone.
type Fire struct {
	At      time.Time `json:"at"`
	Local   string    `json:"local"` // wall time: "2026-03-30T09:00"
	Zone    string    `json:"zone"`
	Flow    string    `json:"flow"`
	Topic   string    `json:"topic"`
	Trigger string    `json:"trigger"`
	// Note says what daylight saving or quiet hours do to it; empty if nothing.
	Note string `json:"note,omitempty"`
	// Verdict is, of a fire for one person, what would be decided: sent, held, skipped.
	Verdict string `json:"verdict,omitempty"`
	// Load is what it may be for the Page; nil if nobody has counted.
	Load *Load `json:"load,omitempty"`
}

// Zones lists the time zones that people who subscribe to a topic live in, the
// bot's own always among them.
func (b *Bot) Zones(ctx context.Context) ([]string, error) {
	program := b.Program()
	zones := []string{program.Bot.Timezone}
	err := b.store.Read(ctx, func(r storage.Reader) error {
		for _, topic := range program.Bot.Topics {
			some, err := r.Zones(topic.Name)
			if err != nil {
				return err
			}
			zones = append(zones, some...)
		}
		return nil
	})
	slices.Sort(zones)
	return slices.DeleteFunc(slices.Compact(zones), func(z string) bool { return z == "" }), err
}

// Fires lists the next n fires of each schedule of a program in each zone, in
// order of time. It is pure.
func Fires(program *flows.Program, zones []string, now time.Time, n int) ([]Fire, error) {
	return firesIn(program, program.Bot.QuietHours, zones, now, n)
}

// firesIn is Fires, with notes about these quiet hours; nil: about none.
func firesIn(program *flows.Program, quiet *flows.Hours, zones []string, now time.Time, n int) ([]Fire, error) {
	var out []Fire
	for i := range program.Triggers {
		trigger := &program.Triggers[i]
		if !scheduled(trigger) {
			continue
		}
		cron, err := scheduleOf(trigger)
		if err != nil {
			return nil, err
		}
		in := zones
		if trigger.Zone != "" {
			in = []string{trigger.Zone}
		}
		for _, name := range in {
			zone, err := Location(name)
			if err != nil {
				return nil, err
			}
			before := now
			next, local := cron.Next(now, zone)
			for i := 0; i < n && !next.IsZero(); i++ {
				f := Fire{
					At: next, Local: local, Zone: name, Flow: trigger.Flow, Topic: trigger.Topic, Trigger: trigger.ID,
				}
				f.Note = f.note(quiet, trigger.Expires, cron, before, zone)
				f.Note = join(about(trigger, local), f.Note)
				out = append(out, f)
				before = next
				if next, local, err = cron.After(local, zone); err != nil {
					return nil, err
				}
			}
		}
	}
	slices.SortStableFunc(out, func(a, b Fire) int { return a.At.Compare(b.At) })
	return out, nil
}

// note says what daylight saving and quiet hours do to a fire. before is the fire
// before it.
func (f Fire) note(quiet *flows.Hours, expires time.Duration, cron Cron, before time.Time, zone *time.Location) string {
	var notes []string
	if note := cron.Note(f.Local, zone); note != "" {
		notes = append(notes, note)
	}
	_, was := before.In(zone).Zone()
	name, is := f.At.In(zone).Zone()
	switch {
	case is > was:
		notes = append(notes, fmt.Sprintf("the clocks went forward by %s before it (now %s)", shift(is-was), name))
	case is < was:
		notes = append(notes, fmt.Sprintf("the clocks went back by %s before it (now %s)", shift(was-is), name))
	}
	if end := QuietEnd(quiet, f.At, zone); !end.IsZero() {
		if end.After(f.At.Add(expires)) {
			notes = append(notes, "quiet hours: never sent, it expires before they end")
		} else {
			notes = append(notes, "quiet hours: held until "+end.In(zone).Format("15:04"))
		}
	}
	return strings.Join(notes, "; ")
}

// shift spells the change of a zone's offset, in seconds.
func shift(seconds int) string {
	if seconds%3600 == 0 {
		return fmt.Sprintf("%d h", seconds/3600)
	}
	return fmt.Sprintf("%d min", seconds/60)
}

// about says whom a fire of a date is for.
func about(trigger *flows.Trigger, local string) string {
	if trigger.Kind != flows.OnDate {
		return ""
	}
	day, err := time.Parse(time.DateOnly, trigger.About(dayOf(local)))
	if err != nil {
		return ""
	}
	layout := "2 January 2006"
	if trigger.Yearly {
		layout = "2 January"
	}
	return fmt.Sprintf("for contact.%s on %s", trigger.Field, day.Format(layout))
}

// join puts notes behind one another.
func join(notes ...string) string {
	return strings.Join(slices.DeleteFunc(notes, func(note string) bool { return note == "" }), "; ")
}
