package flows

import (
	"fmt"
	"time"
)

// gap is a stretch of local time that the clocks skip.
type gap struct {
	from, to time.Time // as if the zone were UTC
}

// gapsFrom and gapsYears are the years whose clock changes are looked at: fixed ones,
// so that a bot is checked alike whenever it is.
const (
	gapsFrom  = 2024
	gapsYears = 9
)

// gapsOf are the gaps of a zone.
func gapsOf(zone *time.Location) []gap {
	var out []gap
	at := time.Date(gapsFrom, 1, 1, 0, 0, 0, 0, zone)
	_, before := at.Zone()
	for at.Year() < gapsFrom+gapsYears {
		next := at.Add(24 * time.Hour)
		_, after := next.Zone()
		if after > before {
			out = append(out, gapBetween(at, next, before, after))
		}
		at, before = next, after
	}
	return out
}

// gapBetween finds the gap between two instants with other offsets, in seconds.
func gapBetween(from, to time.Time, before, after int) gap {
	for to.Sub(from) > time.Minute {
		middle := from.Add(to.Sub(from) / 2)
		if _, offset := middle.Zone(); offset == before {
			from = middle
		} else {
			to = middle
		}
	}
	at := to.Truncate(time.Minute).UTC()
	return gap{at.Add(time.Duration(before) * time.Second), at.Add(time.Duration(after) * time.Second)}
}

// gap reports a schedule that fires at a local time which the clocks skip in spring, in
// the zone it is meant for. A cron of many hours a day does not mean that one.
func (c *checker) gap(t *Trigger) {
	spec := t.Value
	switch t.Kind {
	case OnCron:
	case OnDate:
		spec = fmt.Sprintf("%d %d * * *", t.At%60, t.At/60)
	default:
		return
	}
	schedule, err := parseCron(spec)
	if err != nil {
		return
	}
	name := t.Zone
	if name == "" {
		name = c.bot.Timezone
	}
	gaps, known := c.gaps[name]
	if !known {
		if zone, err := loadZone(name); err == nil {
			gaps = gapsOf(zone)
		}
		if c.gaps == nil {
			c.gaps = make(map[string][]gap)
		}
		c.gaps[name] = gaps
	}
	for _, g := range gaps {
		at := schedule.Next(g.from.Add(-time.Second))
		if at.IsZero() || !at.Before(g.to) {
			continue
		}
		fires := 0
		day := at.Truncate(24 * time.Hour)
		for next := schedule.Next(day.Add(-time.Second)); next.Before(day.Add(24*time.Hour)) && fires <= 2; next = schedule.Next(next) {
			fires++
		}
		if fires > 2 {
			return
		}
		c.warnf("cron-gap", t.value.span, fmt.Sprintf("choose a time before %s or from %s on", g.from.Format("15:04"), g.to.Format("15:04")),
			"in %s there is no %s on the day the clocks go forward, as on %s: it fires at %s then", name, at.Format("15:04"), g.from.Format("2 January 2006"), g.to.Format("15:04"))
		return
	}
}
