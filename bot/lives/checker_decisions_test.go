package lives

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/relance-bot/relance/storage"
)

// decided compares each decision with what went over the wire.
func (c *checker) decided(h *history, promise string) {
	end := c.tape.lines[len(c.tape.lines)-1].at
	carried := map[string][]storage.Decision{}
	for _, d := range c.records.decisions[h.who] {
		if d.Send != "" {
			carried[d.Send] = append(carried[d.Send], d)
		}
		n, ok := c.noticeOf(d.Flow)
		if !ok {
			c.says(promise, h, c.lineAt(d.At), "a decision about a flow that tells nothing: %s", d.Flow)
			continue
		}
		calls := slices.DeleteFunc(slices.Clone(h.told), func(w word) bool { return w.metadata != d.Send || d.Send == "" })
		took := slices.IndexFunc(calls, func(w word) bool { return w.seen && (w.accepted() || w.cut) })
		at := c.lineAt(d.At)
		switch d.Kind {
		case "sent":
			waits := slices.ContainsFunc(slices.Concat(c.records.unsettled, c.records.cut), func(s storage.Send) bool { return s.ID == d.Send })
			if !waits && (took < 0 || calls[took].mid != "" && calls[took].mid != d.MID || !strings.HasPrefix(calls[took].text, n.begins)) {
				c.says(promise, h, at, "%s %s is sent by %s, and it did not arrive", d.Flow, d.Occurrence, d.Send)
			}
		case "unknown":
			if took >= 0 && !h.ended {
				c.says(promise, h, at, "%s %s is of unknown outcome, and its echo has come, of %s", d.Flow, d.Occurrence, d.Send)
			}
		case "failed":
			if took >= 0 || !slices.ContainsFunc(calls, func(w word) bool { return w.code != 0 }) {
				c.says(promise, h, at, "%s %s has failed, and the platform never refused it", d.Flow, d.Occurrence)
			}
		case "held":
			if !h.ended && (d.Expires.Before(end) || !d.Next.IsZero() && d.Next.Before(end)) && !c.unwell(len(c.tape.lines)) {
				c.says(promise, h, at, "%s %s is held still, until %s at the latest, for %s at %s", d.Flow, d.Occurrence, d.Expires, d.Rule, d.Next)
			}
		case "skipped":
			if took >= 0 {
				c.says(promise, h, at, "%s %s is skipped, and it arrived", d.Flow, d.Occurrence)
			}
			c.skipped(h, promise, n, d)
		default:
			c.says(promise, h, at, "a decision of kind %q", d.Kind)
		}
	}
	c.notices(h, false, func(w word, n notice) {
		list := carried[w.metadata]
		if len(list) == 0 {
			c.says(promise, h, w.line, "%q was never decided", w.text)
			return
		}
		if !n.event {
			return
		}
		var names []string
		for _, d := range list {
			names = append(names, strings.TrimPrefix(d.Occurrence, "restock-"))
		}
		told := numbers(w.text)
		slices.Sort(names)
		slices.Sort(told)
		if !slices.Equal(names, told) {
			c.says(promise, h, w.line, "%q tells of events %v, and %v were decided", w.text, told, names)
		}
	})
}

// skipped wants a reason that the checker can see too.
func (c *checker) skipped(h *history, promise string, n notice, d storage.Decision) {
	from, to := c.lineAt(d.FirstDue), c.tape.after(c.lineAt(d.At.Add(time.Millisecond))-1)
	switch d.Rule {
	case "consent":
		if c.always(h, n, from, to, 0) && c.longSince(h, n, from, d) {
			c.says(promise, h, to, "%s %s is skipped for want of consent, which they had all the time", d.Flow, d.Occurrence)
		}
	case "holdout":
		if !n.holdout {
			c.says(promise, h, to, "%s %s leaves somebody out", d.Flow, d.Occurrence)
		}
	case "removed":
		if _, ok := c.steady(from, to); ok {
			c.says(promise, h, to, "%s %s is of a flow that is gone, which it is not", d.Flow, d.Occurrence)
		}
	}
}

// longSince says whether a consent was there when the notification was first due.
func (c *checker) longSince(h *history, n notice, from int, d storage.Decision) bool {
	all, ok := c.standings(h, n.topic, max(0, from-1))
	return ok && !slices.ContainsFunc(all, func(s standing) bool { return !s.active || s.begun.After(d.FirstDue) })
}

// always says whether somebody surely agreed to a topic from one line to another, and
// watched a size, unless that is 0.
func (c *checker) always(h *history, n notice, from, to, size int) bool {
	for i := max(0, from-1); i <= min(to, len(c.tape.lines)-1); i++ {
		if i > from && !c.changed(h, n.topic, i) {
			continue
		}
		all, ok := c.standings(h, n.topic, i)
		if !ok || slices.ContainsFunc(all, func(s standing) bool { return !s.active || size != 0 && !slices.Contains(s.sizes, size) }) {
			return false
		}
	}
	return true
}

// ever says whether they may have.
func (c *checker) ever(h *history, topic string, from, to, size int) bool {
	for i := max(0, from-1); i <= min(to, len(c.tape.lines)-1); i++ {
		if i > from && !c.changed(h, topic, i) {
			continue
		}
		all, ok := c.standings(h, topic, i)
		if !ok || slices.ContainsFunc(all, func(s standing) bool { return s.active && (size == 0 || slices.Contains(s.sizes, size)) }) {
			return true
		}
	}
	return false
}

// changed says whether something begins to hold at a line.
func (c *checker) changed(h *history, topic string, i int) bool {
	return i == h.to || i == h.from+1 || slices.ContainsFunc(h.changes[topic], func(ch change) bool { return ch.first == i || ch.settled == i || ch.first == i-1 || ch.settled == i-1 })
}

// timely looks at when a notification goes out: not before its occurrence, not after it
// has expired, and at the time that its schedule names, by the clock where they are.
func (c *checker) timely(h *history, promise string) {
	carried := map[string][]storage.Decision{}
	for _, d := range c.records.decisions[h.who] {
		carried[d.Send] = append(carried[d.Send], d)
	}
	events := map[string]time.Time{}
	for _, l := range c.tape.lines {
		if l.event != nil {
			events[fmt.Sprintf("restock-%d", l.event.n)] = l.at
		}
	}
	c.notices(h, false, func(w word, n notice) {
		for _, d := range carried[w.metadata] {
			due := []time.Time{events[d.Occurrence]}
			if !n.event {
				due = c.dues(h, n, d.Occurrence, w)
			}
			if !slices.ContainsFunc(due, func(t time.Time) bool {
				return !t.IsZero() && !w.at.Before(t) && !w.at.After(t.Add(n.expires+outboxTime))
			}) {
				c.says(promise, h, w.line, "%q of %s goes out, which was due at %v and lasts %s", w.text, d.Occurrence, due, n.expires)
			}
		}
	})
}

// dues are when a fire of a schedule may be due for somebody, by where they have been
// lately; none if the schedule has no such time.
func (c *checker) dues(h *history, n notice, occurrence string, w word) (out []time.Time) {
	for _, edition := range c.shop.editions {
		m, ok := edition.notice(n.flow)
		if !ok {
			continue
		}
		for _, hour := range m.hours {
			name := occurrence
			if m.birthday {
				name += fmt.Sprintf("T%02d:%02d", hour, m.minute)
			}
			wall, err := time.Parse("2006-01-02T15:04", name)
			if err != nil || wall.Hour() != hour || wall.Minute() != m.minute || m.monday && wall.Weekday() != time.Monday ||
				m.birthday && wall.Format("01-02") != c.born[h.who][5:] {
				continue
			}
			places := []string{m.zone}
			if m.zone == "" {
				places = at(h.zones, c.lineAt(w.at.Add(-m.expires-2*day)))
				for _, z := range h.zones {
					if z.first <= w.line && !c.tape.lines[max(0, z.first)].at.Before(w.at.Add(-m.expires-2*day)) {
						places = append(places, z.value)
					}
				}
			}
			for _, place := range places {
				out = append(out, instant(wall, c.shop.location(place)))
			}
		}
	}
	return out
}

// leftOut wants a person who is kept out of a flow to be kept out always, and only where
// a flow keeps people out.
func (c *checker) leftOut(h *history, promise string) {
	out, in := map[string]bool{}, map[string]int{}
	for _, d := range c.records.decisions[h.who] {
		if d.Rule == "holdout" {
			out[d.Flow] = true
		}
	}
	c.notices(h, true, func(w word, n notice) { in[n.flow] = w.line })
	for flow := range out {
		if line, told := in[flow]; told {
			c.says(promise, h, line, "they are left out of %s, and were told", flow)
		}
	}
}

// everybody looks at what concerns no single person.
func (c *checker) everybody() {
	const ledger, counted = "the ledger tells what happened", "every occurrence is accounted for"
	if err := broken(c.records.chain); err != nil {
		c.says(ledger, nil, -1, "%v", err)
	}
	if c.records.unsealed > 0 {
		c.says(ledger, nil, -1, "%d entries are not sealed", c.records.unsealed)
	}
	entries := 0
	for _, list := range c.records.ledger {
		entries += len(list)
	}
	if entries += c.erased(ledger); entries != len(c.records.chain) {
		c.says(ledger, nil, -1, "the chain has %d entries, and people have %d", len(c.records.chain), entries)
	}
	end := len(c.tape.lines) - 1
	for _, s := range c.records.unsettled {
		waits := s.State == storage.SendWaiting && s.Ready.After(c.tape.lines[end].at) // for its echo
		if s.State != storage.SendPending && !waits {
			c.says(counted, nil, end, "a message is %s at the end", s.State)
		}
	}
	out, in := 0, 0 // people
	for _, list := range c.records.decisions {
		left, told := false, false
		for _, d := range list {
			if n, ok := c.noticeOf(d.Flow); ok && n.holdout {
				left = left || d.Rule == "holdout"
				told = told || d.Kind == "sent"
			}
		}
		if left {
			out++
		} else if told {
			in++
		}
	}
	if out == 0 && in > 12 {
		c.says("who is left out stays out", nil, -1, "half of the people are to be left out, and of %d none was", in)
	}
	for _, o := range c.records.occurrences {
		if o.State != "done" && c.tape.lines[end].at.Sub(o.At) > walked && !c.unwell(end) {
			c.says(counted, nil, end, "%s %s is %s at the end", o.Trigger, o.ID, o.State)
		}
		c.counts(o, counted)
	}
}

// counts compares the counts of an event's occurrence with the people it surely
// concerned, and with those it may have.
func (c *checker) counts(o storage.Occurrence, promise string) {
	if o.State != "done" || o.Zone != "" || o.Flow != "told_restock" {
		return
	}
	i := slices.IndexFunc(c.tape.lines, func(l line) bool {
		return l.event != nil && fmt.Sprintf("restock-%d", l.event.n) == o.ID
	})
	if i < 0 {
		c.says(promise, nil, -1, "%s never happened", o.ID)
		return
	}
	to := c.over(i)
	edition, ok := c.steady(i, to)
	n, there := edition.notice(o.Flow)
	if !ok || !there {
		return
	}
	size := 0
	if n.matches && !n.looks {
		size = c.tape.lines[i].event.size
	}
	counts, total := map[string]int{}, 0
	if err := json.Unmarshal(o.Counts, &counts); len(o.Counts) > 0 && err != nil {
		c.says(promise, nil, i, "counts that nobody can read: %s", o.Counts)
	}
	for _, n := range counts {
		total += n
	}
	least, most := 0, 0
	for _, h := range c.people {
		if c.always(h, n, i, to, size) {
			least++
		}
		if c.ever(h, n.topic, i, to, size) {
			most++
		}
	}
	if total < least || total > most {
		c.says(promise, nil, i, "%s counts %d people, and it concerned from %d to %d", o.ID, total, least, most)
	}
}
