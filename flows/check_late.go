package flows

import "time"

// window is how long the platform lets a Page write after the person did.
const window = 24 * time.Hour

// maxPaused bounds how many steps are looked at behind the pauses of a flow.
const maxPaused = 5_000

// lateness reports messages behind pauses so long that they wait for the person: by
// then the window is closed.
func (c *checker) lateness(d *draft) {
	p := pauses{c: c, through: map[*draft]bool{d: true}, reported: make(map[Span]bool), left: maxPaused}
	begin := pause{}
	for _, t := range d.triggers {
		if t.Topic != "" {
			begin.pushed = true // what stands before the first message is looked at by silent
		}
		if t.Kind == OnEvent && t.Topic == "" {
			begin.foreign = t.value.text
		}
	}
	p.follow(d.steps, begin)
}

// pause is what is known at a step about the time since the person's last act.
type pause struct {
	since   time.Duration // at least
	at      Span          // the step that made it the longest
	pushed  bool          // nothing was sent yet, and the first message is a notification
	foreign string        // the event that started the flow, whenever the person wrote last; "" behind the first message
	gone    bool          // the flow ends here
}

// longer is the same with a wait behind it.
func (p pause) longer(by time.Duration, at Span) pause {
	if p.since += by; by > 0 && !(p.since-by >= window) {
		p.at = at
	}
	return p
}

// or is what is known where two ways meet: the later of them.
func (p pause) or(q pause) pause {
	if p.gone || !q.gone && q.since > p.since {
		return q
	}
	return p
}

// pauses follows the steps of a flow, and those of the flows it leads to behind a pause.
type pauses struct {
	c        *checker
	through  map[*draft]bool
	reported map[Span]bool
	left     int
}

func (p *pauses) follow(steps []*step, now pause) pause {
	for _, st := range steps {
		if p.left--; p.left < 0 || now.gone {
			return pause{gone: true}
		}
		if sends(st) {
			p.sends(st, now)
			now = pause{} // it was sent in the window, or the flow waited for the person
		}
		switch a := st.do.(type) {
		case *waitStep:
			late := p.follow(a.onTimeout.steps, now.longer(a.timeout, st.span))
			now = now.longer(time.Duration(a.days)*window+a.pause, st.span)
			if a.onTimeout.given {
				now = now.or(late)
			}
		case *handOverStep:
			// The person may write meanwhile; if the bot takes it back a day later they did not.
			now = now.longer(a.resumeAfter, st.span)
		case *askStep:
			now = p.question(st, now, a.timeout, a.onTimeout, a.otherwise)
		case *chooseStep:
			now = p.question(st, now, a.timeout, a.onTimeout, a.otherwise)
			for _, o := range a.options {
				now = now.or(p.follow(o.steps.steps, pause{}))
			}
		case *optInStep:
			now = p.question(st, now, a.timeout, a.onTimeout, a.declined)
			now = now.or(p.follow(a.accepted.steps, pause{}))
		case *ifStep:
			now = p.follow(a.yes.steps, now).or(p.follow(a.other.steps, now))
		case *runStep:
			now = p.into(a.to, now)
		case *goStep:
			p.into(a.to, now)
			return pause{gone: true}
		case endStep:
			return pause{gone: true}
		default:
			if inner, ok := st.do.(parent); ok {
				before := now
				for _, b := range inner.blocks() {
					now = now.or(p.follow(b.steps, before))
				}
			}
		}
	}
	return now
}

// question is what is known behind a question: nobody answered for as long as its
// timeout, or somebody did.
func (p *pauses) question(st *step, now pause, timeout time.Duration, late, other block) pause {
	out := now.or(p.follow(other.steps, now))
	if late.given {
		out = out.or(p.follow(late.steps, now.longer(timeout, st.span)))
	}
	return out
}

// into follows a flow that is led to behind a pause.
func (p *pauses) into(to *target, now pause) pause {
	d := p.c.flows[to.flow]
	if now.since == 0 && !now.pushed && now.foreign == "" || d == nil || d.broken || to.step != "" || p.through[d] {
		return pause{}
	}
	p.through[d] = true
	defer delete(p.through, d)
	out := p.follow(d.steps, now)
	out.gone = false
	return out
}

// sends reports a message that comes too late.
func (p *pauses) sends(st *step, now pause) {
	_, asks := st.do.(*optInStep)
	switch {
	case now.pushed:
	case asks && now.foreign != "":
		p.report("opt-in-window", st.span, "send a message first: the flow waits there until they act, and asks then",
			"the event "+now.foreign+" may come when the person has not written for 24 hours, and the platform takes no request then: this waits until they write")
	case now.since < window:
	case asks:
		p.report("opt-in-window", st.span, "ask before the pause on line "+itoa(now.at.Start.Line)+", while they are there",
			"24 hours after their last message the platform takes no request: this waits until they write, and is dropped after 7 days")
	default:
		p.report("window", now.at, "keep it under 24h, or ask for consent with opt_in: and write to them by an event or cron",
			"24 hours after their last message the Page may not write: what comes behind this waits until they do, and is dropped after 7 days")
	}
}

func (p *pauses) report(code string, at Span, hint, message string) {
	if !p.reported[at] {
		p.reported[at] = true
		p.c.warnf(code, at, hint, "%s", message)
	}
}

// sends says whether a step sends something itself.
func sends(st *step) bool {
	switch st.kind {
	case "say", "show", "ask", "choose", "opt_in", "preferences":
		return true
	}
	return false
}
