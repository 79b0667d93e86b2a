package bot

import (
	"context"
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
}

// Zones lists the time zones that people who subscribe to a topic live in, the
// bot's own always among them.
func (b *Bot) Zones(ctx context.Context) ([]string, error) {
	zones := []string{b.program.Bot.Timezone}
	err := b.store.Read(ctx, func(r storage.Reader) error {
		for _, topic := range b.program.Bot.Topics {
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
	var out []Fire
	for i := range program.Triggers {
		trigger := &program.Triggers[i]
		if trigger.Kind != flows.OnCron {
			continue
		}
		cron, err := ParseCron(trigger.Value)
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
			next, local := cron.Next(now, zone)
			for i := 0; i < n && !next.IsZero(); i++ {
				out = append(out, Fire{
					At: next, Local: local, Zone: name, Flow: trigger.Flow, Topic: trigger.Topic, Trigger: trigger.ID,
					Note: fireNote(program, cron, local, next, zone),
				})
				if next, local, err = cron.After(local, zone); err != nil {
					return nil, err
				}
			}
		}
	}
	slices.SortStableFunc(out, func(a, b Fire) int { return a.At.Compare(b.At) })
	return out, nil
}

func fireNote(program *flows.Program, cron Cron, local string, at time.Time, zone *time.Location) string {
	var notes []string
	if note := cron.Note(local, zone); note != "" {
		notes = append(notes, note)
	}
	if end := QuietEnd(program.Bot.QuietHours, at, zone); !end.IsZero() {
		notes = append(notes, "quiet hours: held until "+end.In(zone).Format("15:04"))
	}
	return strings.Join(notes, "; ")
}
