package lives

import "time"

// The checker's own calendar: local days, weeks, months, nights and hours by the time
// package alone.

// location is a zone by its name; "" is the shop's.
func (s *shop) location(name string) *time.Location {
	if name == "" {
		name = s.zone
	}
	if known, ok := s.places.Load(name); ok {
		return known.(*time.Location)
	}
	loc, err := time.LoadLocation(name)
	if err != nil {
		panic(err) // a name of ours
	}
	s.places.Store(name, loc)
	return loc
}

// period names the day, week or month that a cadence counts by.
func period(often string, t time.Time, loc *time.Location) [3]int {
	t = t.In(loc)
	switch often {
	case "daily":
		return [3]int{t.Year(), int(t.Month()), t.Day()}
	case "weekly":
		year, week := t.ISOWeek()
		return [3]int{year, week, -1}
	}
	return [3]int{t.Year(), int(t.Month()), -2}
}

// holds says whether a time lies in quiet hours. In an hour that comes twice nobody can
// say which of the two is meant: there it does not.
func (h hours) holds(t time.Time, loc *time.Location) bool {
	if h.from == h.to {
		return false
	}
	local := t.In(loc)
	at := local.Hour()*60 + local.Minute()
	for _, apart := range []time.Duration{-2 * time.Hour, 2 * time.Hour} {
		if _, offset := t.Add(apart).In(loc).Zone(); offset != zoneOffset(local) {
			return h.within(at) && h.within(wrap(at-120)) && h.within(wrap(at+120))
		}
	}
	return h.within(at)
}

func (h hours) within(at int) bool {
	if h.from < h.to {
		return at >= h.from && at < h.to
	}
	return at >= h.from || at < h.to
}

func wrap(minutes int) int { return (minutes%1440 + 1440) % 1440 }

func zoneOffset(t time.Time) int {
	_, offset := t.Zone()
	return offset
}

// instant is when clocks in a place show a wall time, written as if in UTC: the first
// time, if they show it twice, and the first instant after it, if they leave it out.
func instant(wall time.Time, loc *time.Location) time.Time {
	var first time.Time
	for _, around := range []time.Duration{-36 * time.Hour, -25 * time.Hour, -13 * time.Hour, 0, 13 * time.Hour, 25 * time.Hour, 36 * time.Hour} {
		t := wall.Add(-time.Duration(zoneOffset(wall.Add(around).In(loc))) * time.Second)
		if shows(t, wall, loc) && (first.IsZero() || t.Before(first)) {
			first = t
		}
	}
	if !first.IsZero() {
		return first
	}
	// Left out: whatever shows it by the offset before the gap is after the gap.
	before := zoneOffset(wall.Add(-36 * time.Hour).In(loc))
	start, _ := wall.Add(-time.Duration(before) * time.Second).In(loc).ZoneBounds()
	return start
}

func shows(t, wall time.Time, loc *time.Location) bool {
	const layout = "2006-01-02 15:04"
	return t.In(loc).Format(layout) == wall.Format(layout)
}
