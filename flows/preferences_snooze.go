package flows

import (
	"time"
)

// snoozeMenu asks for how long one topic, or every one, is to be silent.
func (c centre) snoozeMenu(name string) menu {
	n := menu{text: c.text("relance.preferences.snooze.ask", nil)}
	for _, how := range []string{"day", "week", "month", "open"} {
		n.options = append(n.options, c.does("snooze."+how, "snooze "+name+" "+how))
	}
	n.options = append(n.options, c.wayOut()...)
	return n
}

// snooze silences a topic, or all, for a time.
func (c centre) snooze(t *Topic, how, label string) (move, bool) {
	until, ok := c.until(how)
	if !ok {
		return move{}, false
	}
	for _, topic := range c.meant(t) {
		c.m.effects = append(c.m.effects, Snooze{Topic: topic, Until: until, Button: label, Flow: c.st.flow.id, Step: c.st.address, Program: c.m.own.Hash})
		c.m.restand(topic, func(s *Standing) { s.Status, s.Until = "snoozed", until })
	}
	note := c.text("relance.preferences.silent", nil)
	if how != "open" {
		note = c.text("relance.preferences.snoozed", map[string]any{"until": c.day(until)})
	}
	return c.show("", note), true
}

// wake ends a snooze.
func (c centre) wake(t *Topic, label string) move {
	for _, topic := range c.meant(t) {
		if c.m.standing(topic).Status != "snoozed" {
			continue
		}
		c.m.effects = append(c.m.effects, Snooze{Topic: topic, Button: label, Flow: c.st.flow.id, Step: c.st.address, Program: c.m.own.Hash})
		c.m.restand(topic, func(s *Standing) { s.Status, s.Until = "active", time.Time{} })
	}
	return c.show("", c.text("relance.preferences.resumed", nil))
}

// meant are the topics of which the person agreed to hear: one, or all if t is nil.
func (c centre) meant(t *Topic) []string {
	var out []string
	for i := range c.m.own.Bot.Topics {
		own := &c.m.own.Bot.Topics[i]
		if (t == nil || own.Name == t.Name) && c.standing(own).active() {
			out = append(out, own.Name)
		}
	}
	return out
}

// until is the end of a snooze: the same time of day, some days or a month later.
func (c centre) until(how string) (time.Time, bool) {
	now := c.m.w.Now.In(c.m.zone())
	days := 0
	switch how {
	case "day":
		days = 1
	case "week":
		days = 7
	case "month":
		this, next := lastDay(now.Year(), now.Month()), lastDay(now.Year(), now.Month()+1)
		days = this - now.Day() + min(now.Day(), next)
	case "open":
		return UntilUndone(), true
	default:
		return time.Time{}, false
	}
	return wallTime(dayAfter(now, days), now.Hour()*60+now.Minute()), true
}

// lastDay is the number of a month's last day.
func lastDay(year int, month time.Month) int {
	return time.Date(year, month+1, 0, 12, 0, 0, 0, time.UTC).Day()
}
