package bot

import (
	"fmt"
	"strings"
	"sync"
	"time"
	_ "time/tzdata" // machines without zone files (Windows, empty images) have the zones too
)

// maxZoneName is longer than any name in the zone database.
const maxZoneName = 64

// Location finds a time zone by its name in the zone database ("Europe/Paris").
// The names that mean this machine's own zone, or none, are refused, as is
// anything that is not the name of a zone.
func Location(name string) (*time.Location, error) {
	if name == "" || name == "Local" || len(name) > maxZoneName || !zoneName(name) {
		return nil, fmt.Errorf("%.64q is not a time zone", name)
	}
	if strings.HasPrefix(name, "right/") || strings.HasPrefix(name, "posix/") {
		return nil, fmt.Errorf("%.64q is not a time zone", name)
	}
	loc, err := time.LoadLocation(name)
	if err != nil {
		return nil, fmt.Errorf("%.64q is not a time zone", name)
	}
	return loc, nil
}

// zones keeps the time zones that were found: to find one costs more than all the rest
// of a decision. There are a few hundred.
type zones struct {
	mu    sync.Mutex
	known map[string]*time.Location
}

func (z *zones) get(name string) (*time.Location, error) {
	z.mu.Lock()
	defer z.mu.Unlock()
	if loc := z.known[name]; loc != nil {
		return loc, nil
	}
	loc, err := Location(name)
	if err != nil {
		return nil, err
	}
	if z.known == nil {
		z.known = map[string]*time.Location{}
	}
	z.known[name] = loc
	return loc, nil
}

// zoneName reports whether a name is spelt like one of the zone database.
func zoneName(name string) bool {
	for _, r := range name {
		switch {
		case r >= 'a' && r <= 'z', r >= 'A' && r <= 'Z', r >= '0' && r <= '9', strings.ContainsRune("/_+-", r):
		default:
			return false
		}
	}
	return true
}

// InstantOf is when it is so many minutes after midnight on date's year, month
// and day in loc. Around a change of the clocks this is our rule everywhere: a
// time that the clocks leave out is the first instant after the gap, and of a
// time that comes twice it is the first.
func InstantOf(date time.Time, minutes int, loc *time.Location) time.Time {
	year, month, day := date.Date()
	return instantOf(time.Date(year, month, day, 0, minutes, 0, 0, time.UTC), loc)
}

// wallOf is what clocks and calendars in loc show at t, written as if in UTC, so
// that it can be counted with as if no clock ever changed.
func wallOf(t time.Time, loc *time.Location) time.Time {
	t = t.In(loc)
	year, month, day := t.Date()
	hour, minute, second := t.Clock()
	return time.Date(year, month, day, hour, minute, second, t.Nanosecond(), time.UTC)
}

// farthest is more than any zone is or was away from UTC.
const farthest = 36 * time.Hour

// instantOf is the first instant at which clocks in loc show the wall time, or
// the first after the gap that leaves it out.
//
// It walks the spans between the zone's changes, each of which has one offset:
// the first that does not end before wall either holds it or begins behind it.
func instantOf(wall time.Time, loc *time.Location) time.Time {
	t := wall.Add(-farthest).In(loc)
	for {
		start, end := t.ZoneBounds()
		if !end.IsZero() && !end.After(t) { // behind its table the library takes leap years for a day shorter
			end = t.Add(24 * time.Hour)
		}
		_, seconds := t.Zone()
		offset := time.Duration(seconds) * time.Second
		if !start.IsZero() && wall.Before(start.UTC().Add(offset)) {
			return start
		}
		if end.IsZero() || wall.Before(end.UTC().Add(offset)) {
			return wall.Add(-offset).In(loc)
		}
		t = end
	}
}
