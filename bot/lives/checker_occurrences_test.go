package lives

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// walked is how long an occurrence may take until it has come to everybody.
const walked = 10 * time.Minute

// over is the line at which an occurrence that came at a line has come to everybody: so
// long after the bot was there to see it, was there again if it died meanwhile, and after
// the Page may write again.
func (c *checker) over(i int) int {
	to := c.tape.after(i)
	for to < len(c.tape.lines) {
		end := max(to, c.tape.after(c.lineAt(c.tape.lines[to].at.Add(walked))))
		later := to
		for j := c.lineAt(c.tape.lines[i].at.Add(-pageRest)); j < min(end+1, len(c.tape.lines)); j++ {
			switch l := c.tape.lines[j]; {
			case l.note == died && j >= i:
				next := slices.IndexFunc(c.tape.lines[j:], func(l line) bool { return l.note == began })
				if next < 0 {
					return len(c.tape.lines)
				}
				later = max(later, c.tape.after(j+next))
			case l.told != nil && l.told.code == barred:
				later = max(later, c.tape.after(c.lineAt(l.at.Add(pageRest))))
			}
		}
		if later <= to {
			return end
		}
		to = later
	}
	return to
}

// accounted wants a decision about everybody whom an occurrence surely concerns, and none
// about anybody it cannot concern.
func (c *checker) accounted(h *history, promise string) {
	have := map[string]string{} // what was decided
	for what := range c.records.waits[h.who] {
		have[what] = "it waits for the Page"
	}
	for _, d := range c.records.decisions[h.who] {
		have[d.Flow+" "+d.Occurrence] = strings.TrimSpace(d.Kind + " " + d.Rule)
	}
	for i, l := range c.tape.lines {
		if l.event == nil {
			continue
		}
		to := c.over(i)
		edition, ok := c.steady(i, to)
		n, there := edition.notice("told_restock")
		if !ok || !there {
			continue
		}
		size := 0
		if n.matches {
			size = l.event.size
		}
		id := fmt.Sprintf("restock-%d", l.event.n)
		switch was, decided := have[n.flow+" "+id]; {
		case !decided && c.always(h, n, i, to, size) && !c.unwell(i):
			c.says(promise, h, i, "nothing was decided about %s", id)
		case decided && !c.ever(h, n.topic, i, to, size):
			c.says(promise, h, i, "%q was decided about %s, which does not concern them", was, id)
		}
	}
	c.fires(h, promise, have)
}

// fires does so for schedules, for people who stay where they are meanwhile.
func (c *checker) fires(h *history, promise string, have map[string]string) {
	begin, end := c.tape.lines[0].at, c.tape.lines[len(c.tape.lines)-1].at
	for date := begin.UTC().Add(-2 * day).Truncate(day); date.Before(end.Add(2 * day)); date = date.Add(day) {
		for _, flow := range []string{"told_news", "told_tips", "told_gifts"} {
			for e := range c.shop.editions {
				n, ok := c.shop.editions[e].notice(flow)
				if !ok || e > 0 && sameFires(n, c.shop.editions[0], flow) {
					continue
				}
				for _, hour := range n.hours {
					c.fire(h, promise, have, n, date.Add(time.Duration(hour)*time.Hour+time.Duration(n.minute)*time.Minute))
				}
			}
		}
	}
}

func sameFires(n notice, first terms, flow string) bool {
	m, ok := first.notice(flow)
	return ok && slices.Equal(m.hours, n.hours) && m.minute == n.minute
}

// fire is one wall time of a schedule.
func (c *checker) fire(h *history, promise string, have map[string]string, n notice, wall time.Time) {
	if n.monday && wall.Weekday() != time.Monday || n.birthday && wall.Format("01-02") != c.born[h.who][5:] {
		return
	}
	begin, end := c.tape.lines[0].at, c.tape.lines[len(c.tape.lines)-1].at
	early, late := c.lineAt(wall.Add(-16*time.Hour)), c.lineAt(wall.Add(16*time.Hour))
	places := at(h.zones, early)
	for _, z := range h.zones {
		if z.first >= early && z.first <= late {
			places = append(places, z.value)
		}
	}
	if n.zone != "" {
		places = []string{n.zone}
	}
	if slices.Sort(places); len(slices.Compact(places)) != 1 {
		return
	}
	due := instant(wall, c.shop.location(places[0]))
	if due.Before(begin) || due.Add(walked).After(end) {
		return
	}
	i := c.lineAt(due)
	if n.birthday && h.known > i {
		return
	}
	to := c.over(i)
	edition, ok := c.steady(max(0, i-1), min(to, len(c.tape.lines)-1))
	if m, there := edition.notice(n.flow); !ok || !there || !slices.Equal(m.hours, n.hours) || m.minute != n.minute || to == len(c.tape.lines) {
		return
	}
	// A schedule that is deployed in front of its time begins with its next fire, and a day
	// that has come at another hour does not come again.
	ahead := time.Minute
	if n.birthday {
		ahead = day
	}
	if back := c.lineAt(due.Add(-ahead)); len(at(c.runs, back)) != 1 || !slices.Equal(at(c.runs, back), at(c.runs, i)) {
		return
	}
	id := wall.Format("2006-01-02T15:04")
	if n.birthday {
		id = wall.Format("2006-01-02")
	}
	before, sure := c.standings(h, n.topic, max(0, i-1))
	since := sure && !slices.ContainsFunc(before, func(s standing) bool { return !s.active || !s.begun.Before(due) })
	switch was, decided := have[n.flow+" "+id]; {
	case !decided && since && c.always(h, n, i, to, 0) && !c.unwell(i):
		c.says(promise, h, i, "nothing was decided about %s at %s in %s", n.flow, id, places[0])
	case decided && !n.birthday && !c.ever(h, n.topic, i, to, 0): // a day may have come at another hour, before a deploy
		c.says(promise, h, i, "%q was decided about %s at %s, which does not concern them", was, n.flow, id)
	}
}
