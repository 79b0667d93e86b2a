package bot

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/robfig/cron/v3"
)

// wallLayout is how the wall time of a fire is written: it names the occurrence
// in every zone.
const wallLayout = "2006-01-02T15:04"

const maxCronSpec = 200

// cronReach is how far robfig looks for a fire. Some 29ths of February are
// farther apart.
const cronReach = 5

// Cron is a parsed cron expression. It names wall times; which instants they are
// is for the zone to say, by the rule of InstantOf.
type Cron struct {
	schedule cron.Schedule
	daily    bool // one fire a day, even if its time of day was another before
}

// ParseCron reads five fields (minute, hour, day of month, month, day of week),
// or one of @yearly, @annually, @monthly, @weekly, @daily, @midnight and @hourly.
//
// A zone within the expression is refused, because the zone is the person's or the
// trigger's; @every is, because an interval names no time of day that could be
// the same for everybody; and so is a date that never comes.
func ParseCron(spec string) (c Cron, err error) {
	spec = strings.TrimSpace(spec)
	switch {
	case spec == "":
		return Cron{}, errors.New("cron: nothing given")
	case len(spec) > maxCronSpec:
		return Cron{}, fmt.Errorf("cron: longer than %d characters", maxCronSpec)
	case strings.HasPrefix(spec, "TZ="), strings.HasPrefix(spec, "CRON_TZ="):
		return Cron{}, errors.New("cron: a zone does not belong into the expression but under timezone")
	case strings.HasPrefix(spec, "@every"):
		return Cron{}, errors.New("cron: @every names no time of day, write the times in five fields")
	}
	defer func() {
		if recover() != nil { // robfig panics on some nonsense
			c, err = Cron{}, errors.New("cron: not a cron expression")
		}
	}()
	schedule, err := cron.ParseStandard(spec)
	if err != nil {
		return Cron{}, fmt.Errorf("cron: %w", err)
	}
	c = Cron{schedule: schedule}
	if c.wallAfter(time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)).IsZero() {
		return Cron{}, errors.New("cron: no such day ever comes")
	}
	return c, nil
}

// Next is the first fire after an instant, and its wall time in loc
// ("2026-03-30T09:00"). Where a gap in the clocks puts several wall times on one
// instant it is the earliest of them; After goes on to the others.
func (c Cron) Next(after time.Time, loc *time.Location) (fire time.Time, local string) {
	wall := wallOf(after, loc)
	for {
		if wall = c.wallAfter(wall); wall.IsZero() {
			return time.Time{}, ""
		}
		if fire = instantOf(wall, loc); fire.After(after) {
			return fire, wall.Format(wallLayout)
		}
	}
}

// After is the fire that follows the one with that wall time. Walking a schedule
// by it visits every wall time that the expression names, once and in order, even
// if the zone's rules change meanwhile.
func (c Cron) After(local string, loc *time.Location) (fire time.Time, next string, err error) {
	wall, err := time.Parse(wallLayout, local)
	if err != nil {
		return time.Time{}, "", fmt.Errorf("cron: %.32q is not a wall time", local)
	}
	if c.daily {
		wall = wall.Truncate(24 * time.Hour).Add(24*time.Hour - time.Minute)
	}
	if wall = c.wallAfter(wall); wall.IsZero() {
		return time.Time{}, "", nil
	}
	return instantOf(wall, loc), wall.Format(wallLayout), nil
}

// Note says what a change of the clocks does to the fire with that wall time, for
// people; empty if nothing.
func (c Cron) Note(local string, loc *time.Location) string {
	wall, err := time.Parse(wallLayout, local)
	if err != nil {
		return ""
	}
	fire := instantOf(wall, loc)
	switch shown := wallOf(fire, loc); {
	case !sameDay(shown, wall):
		return fmt.Sprintf("the clocks skip %s: goes %s", wall.Format("15:04"), shown.Format("on 2006-01-02 at 15:04"))
	case !shown.Equal(wall):
		return fmt.Sprintf("the clocks skip %s: goes at %s", wall.Format("15:04"), shown.Format("15:04"))
	}
	if _, end := fire.ZoneBounds(); !end.IsZero() && !wallOf(end, loc).After(wall) {
		return fmt.Sprintf("%s comes twice that day: goes the first time", wall.Format("15:04"))
	}
	return ""
}

func sameDay(a, b time.Time) bool {
	return a.Truncate(24 * time.Hour).Equal(b.Truncate(24 * time.Hour))
}

// wallAfter is the next wall time that the expression names, counted where no
// clock ever changes; zero if there is none within reach.
func (c Cron) wallAfter(wall time.Time) time.Time {
	for range 2 {
		if next := c.schedule.Next(wall); !next.IsZero() {
			return next
		}
		wall = time.Date(wall.Year()+cronReach, 1, 1, 0, 0, 0, 0, time.UTC).Add(-time.Second)
	}
	return time.Time{}
}
