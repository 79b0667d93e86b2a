package flows

import "time"

// silent reports a flow that is started for a topic and sends nothing then: it has
// no message, or stands still before its first one. Only what is certain is
// reported: a branch, or an answer they gave before, may lead past it.
func (c *checker) silent(d *draft) {
	sends := false
	walk(d.steps, func(st *step) {
		switch st.kind {
		case "say", "show", "ask", "choose", "opt_in", "preferences", "go", "run":
			sends = true
		}
	})
	report := c.errorf
	for _, t := range d.triggers {
		if t.Topic == "" {
			report = c.warnf // started by other things, the flow does speak
		}
	}
	for _, t := range d.triggers {
		if t.Topic == "" || len(d.steps) == 0 {
			continue
		}
		o := opening{c: c, topic: t.Topic, through: map[*draft]bool{d: true}, left: maxOpening}
		found := o.follow(d.steps)
		switch st := found.at; {
		case st == nil && !sends:
			c.warnf("silent", t.topic.span, "add a say: step, or leave topic: out", "the flow says nothing, so nobody is ever notified of %q", t.Topic)
		case st != nil:
			what, hint := found.verb+":", "begin the flow with a say: step; what stands behind that waits until they act"
			if st.kind != found.verb {
				what = st.kind + ": leads to a " + found.verb + ": that"
			}
			if found.verb == "opt_in" {
				hint = "begin the flow with a say: step, and ask behind it: a request is no notification"
			}
			report("silent", st.span, hint, "%s stands before the first message, which is the notification: started for %q, the flow ends here", what, t.Topic)
			return
		}
	}
}

// maxOpening bounds how many steps are looked at before the first message of a flow.
const maxOpening = 2_000

// opening follows the steps of a notification to its first message.
type opening struct {
	c       *checker
	topic   string
	through map[*draft]bool // flows on the way
	left    int
}

// beginning is what steps do before their first message.
type beginning struct {
	at   *step  // where they stand still; nil: nowhere, or not for certain
	verb string // what waits there: wait, opt_in, preferences
	done bool   // all of them run, without a message
}

func (o *opening) follow(steps []*step) beginning {
	for _, st := range steps {
		if o.left--; o.left < 0 {
			return beginning{}
		}
		var inner beginning
		switch a := st.do.(type) {
		case *setStep, *trackStep:
			inner.done = true
		case *splitStep:
			inner = o.each(a)
		case *handOverStep:
			return beginning{at: st, verb: st.kind}
		case *waitStep:
			if !a.waits() {
				return beginning{}
			}
			return beginning{at: st, verb: st.kind}
		case preferencesStep, *callStep:
			return beginning{at: st, verb: st.kind}
		case *optInStep:
			if a.topic.text != o.topic {
				return beginning{at: st, verb: st.kind}
			}
			inner = o.follow(a.accepted.steps) // they have agreed
		case *ifStep:
			yes, no := o.follow(a.yes.steps), o.follow(a.other.steps)
			if yes.at != nil && no.at != nil {
				return yes
			}
			inner.done = yes.done && no.done
		case *runStep:
			inner = o.into(st, a.to)
		case *goStep:
			inner = o.into(st, a.to)
			inner.done = false
		}
		if !inner.done {
			return inner
		}
	}
	return beginning{done: true}
}

// each follows the variants of a split: it stands still for certain if all do.
func (o *opening) each(a *splitStep) beginning {
	still, done := beginning{}, true
	for i, v := range a.variants {
		inner := o.follow(v.steps.steps)
		if i == 0 {
			still = inner
		}
		if done = done && inner.done; inner.at == nil {
			still = beginning{}
		}
	}
	if still.at != nil {
		return still
	}
	return beginning{done: done && len(a.variants) > 0}
}

// into follows a go: or run: to the beginning of a flow.
func (o *opening) into(st *step, to *target) beginning {
	d := o.c.flows[to.flow]
	if d == nil || d.broken || to.step != "" || o.through[d] {
		return beginning{}
	}
	o.through[d] = true
	defer delete(o.through, d)
	inner := o.follow(d.steps)
	if inner.at != nil {
		inner.at = st
	}
	return inner
}

// waits says whether the step is sure to stand still: a day or an instant may be
// past, a time of day never is.
func (a *waitStep) waits() bool {
	if a.until == nil {
		return true
	}
	text, fixed := a.until.literal()
	late := time.Date(9000, 1, 1, 0, 0, 0, 0, time.UTC)
	at, err := parseMoment(text, late, time.UTC)
	return fixed && err == nil && at.After(late)
}
