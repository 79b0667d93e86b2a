package lives

import (
	"fmt"
	"slices"
	"time"

	"pgregory.net/rapid"
)

// script is a life before it is lived.
type script struct {
	shop   int
	zone   string // the life begins before the clocks change there
	from   time.Time
	before time.Duration
	shift  int  // of the zones that people live in
	crowd  int  // people who have agreed to something before it begins
	file   bool // it is kept in a real database
	steps  []step
}

// GoString is what is shown of a script that failed; the tape tells the rest.
func (s script) GoString() string {
	n := 0
	for _, one := range s.steps {
		if steps[one.kind] != nil {
			n++
		}
	}
	return fmt.Sprintf("%s before the clocks change in %s, %d people have agreed, %d steps", s.before, s.zone, s.crowd, n)
}

// draw makes a script.
func (w *world) draw(t *rapid.T) script {
	s := script{
		shop: rapid.IntRange(0, len(w.shops)-1).Draw(t, "shop"),
		zone: rapid.SampledFrom(zones).Draw(t, "zone"),
		from: time.Date(2023+rapid.IntRange(0, 4).Draw(t, "year"), time.Month(1+6*rapid.IntRange(0, 1).Draw(t, "half")), 15, 12, 0, 0, 0, time.UTC),
	}
	s.before = time.Duration(rapid.IntRange(0, 6*24*4).Draw(t, "before")) * 15 * time.Minute
	s.shift = rapid.IntRange(0, len(zones)-1).Draw(t, "shift")
	s.file = rapid.IntRange(0, 15).Draw(t, "file") == 15
	s.crowd = rapid.IntRange(0, crowd).Draw(t, "crowd")
	for range maxSteps {
		s.steps = append(s.steps, step{
			kind: rapid.IntRange(0, len(steps)-1).Draw(t, "kind"), who: rapid.IntRange(0, crowd-1).Draw(t, "who"),
			x: rapid.IntRange(0, 255).Draw(t, "x"), y: rapid.IntRange(0, 255).Draw(t, "y"),
		})
	}
	return s
}

// play lives a script.
func (w *world) play(t *rapid.T, s script) (l *life, end func()) {
	home := append(slices.Clone(zones[s.shift:]), zones[:s.shift]...)[:homes]
	home[3] = "" // who is nowhere
	l, end = w.newLife(t, w.shops[s.shop], turning(s.zone, s.from).Add(-s.before).UTC(), home, s.file)
	l.crowds(s.crowd)
	for _, now := range s.steps {
		if steps[now.kind] == nil {
			continue
		}
		w.sums.inputs.Add(1)
		l.clock.Set(l.clock.Now().Add(time.Second))
		steps[now.kind](l, l.people[now.who], now.x, now.y)
		l.rest()
	}
	l.calm()
	return l, end
}

// turning is the next change of the clocks in a zone, or the time itself if none comes.
func turning(zone string, from time.Time) time.Time {
	loc, err := time.LoadLocation(zone)
	if err != nil {
		panic(err)
	}
	if _, end := from.In(loc).ZoneBounds(); !end.IsZero() && end.Sub(from) < 400*day {
		return end
	}
	return from
}
