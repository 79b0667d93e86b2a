package flows

import (
	"errors"
	"time"
)

// errMoment says that a text names no time.
var errMoment = errors.New("not a time")

// parseMoment reads what wait: {until: …} takes: a time of day, which is the next
// such time after now; a date, or a date and time, of the person's zone; or an
// instant with its own zone.
func parseMoment(text string, now time.Time, zone *time.Location) (time.Time, error) {
	now = now.In(zone)
	for _, layout := range [...]string{"15:04", "15:04:05"} {
		t, err := time.Parse(layout, text)
		if err != nil {
			continue
		}
		at := wallTime(now, t.Hour()*60+t.Minute())
		if !at.After(now) {
			at = wallTime(dayAfter(now, 1), t.Hour()*60+t.Minute())
		}
		return at, nil
	}
	for _, layout := range [...]string{"2006-01-02", "2006-01-02 15:04", "2006-01-02T15:04", "2006-01-02 15:04:05", "2006-01-02T15:04:05"} {
		// Read as UTC, so that no hour is missing.
		if t, err := time.Parse(layout, text); err == nil {
			return wallTime(time.Date(t.Year(), t.Month(), t.Day(), 12, 0, 0, 0, zone), t.Hour()*60+t.Minute()), nil
		}
	}
	if t, err := time.Parse(time.RFC3339, text); err == nil {
		return t, nil
	}
	return time.Time{}, errMoment
}

// dayAfter is noon, which no change of clocks leaves out, some days later.
func dayAfter(t time.Time, days int) time.Time {
	y, mo, d := t.Date()
	return time.Date(y, mo, d+days, 12, 0, 0, 0, t.Location())
}

// wallTime is the instant of a time of day, in minutes after midnight, on the day
// that day has in its zone. A time that a change of clocks leaves out is the first
// instant after the gap; of one that comes twice, it is the first.
func wallTime(day time.Time, minutes int) time.Time {
	y, mo, d := day.Date()
	t := time.Date(y, mo, d, minutes/60, minutes%60, 0, 0, day.Location())
	start, end := t.ZoneBounds()
	switch shown := t.Hour()*60 + t.Minute(); {
	case shown == minutes%(24*60) && t.Day() == time.Date(y, mo, d, 0, minutes, 0, 0, time.UTC).Day():
		if start.IsZero() {
			return t
		}
		_, now := t.Zone()
		_, before := start.Add(-time.Second).Zone()
		// The same clock reading under the offset before, if that still held then.
		if first := t.Add(time.Duration(now-before) * time.Second); first.Before(start) && first.Before(t) {
			return first
		}
		return t
	case t.Add(-3 * time.Hour).Before(start):
		return start
	default:
		return end
	}
}
