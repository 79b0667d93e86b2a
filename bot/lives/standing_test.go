package lives

import (
	"reflect"
	"slices"
	"time"
)

// standing is how somebody stands with a topic.
type standing struct {
	active     bool
	barred     bool // by the platform's own switch
	ended      bool // the last stop ended something
	often      string
	until      time.Time // of a snooze
	sizes, had []int     // watched, and before the stop
	begun      time.Time
}

func (s standing) reaches(now time.Time) bool { return s.active && !s.until.After(now) }

// then is how they stand after a change.
func (s standing) then(e entry) standing {
	s.sizes, s.had = slices.Clone(s.sizes), slices.Clone(s.had)
	switch e.action {
	case "granted":
		if s.barred && e.source != "platform" && e.source != "link" {
			s.had = with(s.had, e.size)
			return s
		}
		if !s.active {
			s.sizes, s.had, s.begun = nil, nil, e.at
		}
		s.active, s.barred, s.ended, s.until = true, false, false, time.Time{}
		if e.often != "" {
			s.often = e.often
		}
		s.sizes = with(s.sizes, e.size)
	case "stopped":
		if s.active {
			s.ended, s.had = true, s.sizes
		}
		s.barred = e.source == "platform" || s.barred && !s.active
		s.active, s.sizes, s.until = false, nil, time.Time{}
	case "resumed":
		switch {
		case s.active:
		case s.ended:
			s.active, s.barred, s.ended, s.sizes, s.had, s.begun = true, false, false, s.had, nil, e.at
		default:
			s.barred = false
		}
	case "asked":
		// It takes nothing away, and gives nothing.
	case "snoozed":
		if s.active {
			s.until = e.until
		}
	case "cadence":
		if s.active && e.often != "" {
			s.often = e.often
		}
	case "watched":
		if s.active {
			s.sizes = with(s.sizes, e.size)
		}
	case "unwatched":
		s.sizes, s.had = without(s.sizes, e.size), without(s.had, e.size)
	}
	return s
}

func with(set []int, n int) []int {
	if n == 0 || slices.Contains(set, n) {
		return set
	}
	return append(set, n)
}

func without(set []int, n int) []int {
	return slices.DeleteFunc(set, func(m int) bool { return m == n })
}

// maxDoubt is how many things may be on their way at once before the checker leaves a
// moment alone.
const maxDoubt = 8

// overtaken are changes in their order, but what the shop told stands in front of what was
// said before and not read yet when it came.
func overtaken(changes []change) []change {
	out := slices.Clone(changes)
	for _, told := range changes {
		said := slices.IndexFunc(out, func(ch change) bool { return ch.source != "api" && ch.first < told.first && ch.settled > told.first })
		if told.source == "api" && said >= 0 {
			out = slices.DeleteFunc(out, func(ch change) bool { return ch == told })
			out = slices.Insert(out, said, told)
		}
	}
	return out
}

// standings are the ways in which somebody may stand with a topic at a line: what is on
// its way to the bot counts or not. ok is false if there are too many.
func (c *checker) standings(h *history, topic string, i int) (all []standing, ok bool) {
	changes := h.changes[topic]
	doubts := 0
	if i <= h.from || i >= h.to {
		return []standing{{}}, true // as somebody else
	}
	for _, ch := range changes {
		if ch.maybe(i) {
			doubts++
		}
	}
	if doubts > maxDoubt {
		return nil, false
	}
	for _, order := range [][]change{changes, overtaken(changes)} {
		for pick := range 1 << doubts {
			var s standing
			doubt := 0
			for _, ch := range order {
				counts := ch.sure(i)
				if ch.maybe(i) {
					counts = pick>>doubt&1 == 1
					doubt++
				}
				if counts {
					s = s.then(ch.entry)
				}
			}
			if !slices.ContainsFunc(all, func(other standing) bool { return reflect.DeepEqual(s, other) }) {
				all = append(all, s)
			}
		}
	}
	return all, true
}
