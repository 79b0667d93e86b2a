package flows

import (
	"fmt"
	"strings"
	"time"
)

// waitStep pauses the flow, beside whatever else the person does meanwhile:
//
//	wait: 3d                                   # days are those of the person's calendar
//	wait: {until: "09:00"}                     # the next time it is nine for them
//	wait: {event: paid, where: event.order == order, timeout: 2d}
//	on_timeout: [{say: Still there?}]
//
// until may also be a date, a date and time of theirs, or an instant; one that is
// past does not wait.
type waitStep struct {
	days      int
	pause     time.Duration
	until     *template
	event     word
	where     *expression
	timeout   time.Duration
	onTimeout block
}

var (
	_ parent = (*waitStep)(nil)
	_ waiter = (*waitStep)(nil)
)

func decodeWait(d *decoder, f *fields) action {
	a := &waitStep{}
	n := f.node("wait")
	switch {
	case n != nil && n.kind == mapNode:
		inner := d.fields(n, "wait")
		a.until, a.event = inner.template("until"), inner.optionalWord("event")
		a.where, a.timeout = inner.expression("where"), inner.duration("timeout", 0)
		a.onTimeout = inner.block("on_timeout")
		switch {
		case inner.has("until") == inner.has("event"):
			d.errorf("key-missing", n.span, `write a duration such as 3d, {until: "09:00"} or {event: NAME}`, "wait needs to know what for")
		case inner.has("until") && (inner.has("where") || inner.has("timeout")):
			d.errorf("wait", n.span, "where: and timeout: belong to event:", "a wait for a time has neither where: nor timeout:")
		}
		inner.finish()
	default:
		a.pause = f.duration("wait", 0)
		if n == nil {
			break
		}
		if strings.ContainsAny(n.text, "dw") {
			a.days = int(a.pause / (24 * time.Hour))
			a.pause %= 24 * time.Hour
		}
		if _, ok := parseDuration(n.text); ok && a.days <= 0 && a.pause <= 0 {
			d.errorf("duration", n.span, "write 30m, 2h or 3d", "a wait lasts longer than nothing")
		}
	}
	if f.has("on_timeout") {
		a.onTimeout = f.block("on_timeout")
	}
	if a.onTimeout.given && a.timeout == 0 && n.get("timeout") == nil {
		at := f.key("wait")
		if f.has("on_timeout") {
			at = f.key("on_timeout")
		}
		d.errorf("key-missing", at, "write wait: {event: NAME, timeout: 2d}", "on_timeout: never happens without timeout:")
	}
	return a
}

func (a *waitStep) blocks() []block { return []block{a.onTimeout} }

func (a *waitStep) check(c *checker, _ *step, s *scope) {
	c.template(a.until, s)
	if text, ok := a.until.literal(); ok {
		if _, err := parseMoment(text, time.Unix(0, 0), time.UTC); err != nil {
			c.errorf("time", a.until.span, `write "09:00", "2026-12-24", "2026-12-24 18:00"`, "%q is not a time", text)
		}
	}
	c.checkSteps(a.onTimeout.steps, s)
	if a.event.text == "" {
		return
	}
	is := c.event(a.event)
	c.expression(a.where, s.with("event", is), boolType)
	for s.parent != nil {
		s = s.parent
	}
	s.merge("event", is) // it holds for the rest of the flow
}

func (a *waitStep) run(m *machine, st *step) move {
	th := m.thread()
	switch {
	case a.event.text != "":
		th.Wait = wait{For: forEvent}
		if a.timeout > 0 {
			th.Wait.Until = m.after(a.timeout)
		}
		return move{op: stay}
	case a.until != nil:
		v, err := a.until.value(m.scope())
		if err != nil {
			return fail(fmt.Errorf("until: %w", err))
		}
		text, _ := v.(string)
		at, err := parseMoment(text, m.w.Now, m.zone())
		if err != nil {
			return fail(fmt.Errorf("until: %w", err))
		}
		if !at.After(m.w.Now) {
			return st.onward()
		}
		th.Wait = wait{For: forTime, Until: at.UnixMilli()}
		return move{op: stay}
	}
	at := m.w.Now.Add(a.pause)
	if a.days > 0 {
		local := at.In(m.zone())
		at = wallTime(dayAfter(local, a.days), local.Hour()*60+local.Minute()).Add(time.Duration(local.Second()) * time.Second)
	}
	th.Wait = wait{For: forTime, Until: at.UnixMilli()}
	return move{op: stay}
}

func (a *waitStep) late(_ *machine, st *step) move {
	switch {
	case a.event.text == "":
		return st.onward()
	case a.onTimeout.given:
		return st.enter(a.onTimeout.steps)
	}
	return leave()
}
