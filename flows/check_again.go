package flows

import "time"

// askingPause is how long the platform refuses the same request to one person.
const askingPause = 7 * 24 * time.Hour

// again reports a request that the platform cannot show, because the person saw it less
// than a week before and did not agree: people asked twice without anything from them
// in between.
func (c *checker) again(d *draft) {
	a := again{c: c, left: maxPaused, reported: make(map[Span]bool)}
	a.flow(d, d.steps, nil)
}

// again follows what runs when a request was declined, or not answered.
type again struct {
	c        *checker
	left     int
	reported map[Span]bool
}

// flow looks at each request of a flow; behind are the steps that follow the block.
func (a *again) flow(d *draft, steps, behind []*step) {
	for i, st := range steps {
		p, ok := st.do.(parent)
		if !ok {
			continue
		}
		rest := append(append([]*step(nil), steps[i+1:]...), behind...)
		if o, asks := st.do.(*optInStep); asks {
			for _, b := range []block{o.declined, o.onTimeout} {
				if b.given {
					a.follow(o, append(append([]*step(nil), b.steps...), rest...), 0, map[*draft]bool{d: true}, d)
				}
			}
		}
		for _, b := range p.blocks() {
			a.flow(d, b.steps, rest)
		}
	}
}

// follow looks for the same request, up to the next act of the person.
func (a *again) follow(first *optInStep, steps []*step, paused time.Duration, through map[*draft]bool, in *draft) {
	for _, st := range steps {
		if a.left--; a.left < 0 || paused >= askingPause {
			return
		}
		var to *target
		switch x := st.do.(type) {
		case *optInStep:
			if x.topic.text == first.topic.text && !a.reported[st.span] {
				a.reported[st.span] = true
				a.c.warnf("opt-in-again", st.span, "leave it out, or ask again a week later or when they come back to it",
					"the platform shows the same request once a week: %q was asked for just before, so this asks in words of its own", first.topic.text)
			}
			return
		case *askStep, *chooseStep:
			return // they act: what comes of it is their wish
		case *waitStep:
			if x.event.text != "" {
				return
			}
			paused += time.Duration(x.days)*24*time.Hour + x.pause
		case *ifStep:
			a.follow(first, x.yes.steps, paused, through, in)
			a.follow(first, x.other.steps, paused, through, in)
		case *runStep:
			to = x.to
		case *goStep:
			to = x.to
		case endStep:
			return
		}
		if to != nil {
			d := a.c.flows[to.flow]
			if d == in && to.step == "" && !a.reported[st.span] {
				if o := opens(d.steps, first.topic.text); o {
					a.reported[st.span] = true
					a.c.warnf("opt-in-again", st.span, "leave it out, or go on with something else",
						"the platform shows the same request once a week: this leads back to that for %q, which asks in words of its own then", first.topic.text)
				}
			} else if d != nil && !d.broken && to.step == "" && !through[d] {
				through[d] = true
				a.follow(first, d.steps, paused, through, d)
				delete(through, d)
			}
			if st.kind == "go" {
				return
			}
		}
	}
}

// opens says whether steps ask for a topic before the person is asked anything else.
func opens(steps []*step, topic string) bool {
	for _, st := range steps {
		switch x := st.do.(type) {
		case *optInStep:
			return x.topic.text == topic
		case *askStep, *chooseStep, *waitStep, *goStep, *runStep, *ifStep, *splitStep, *handOverStep, endStep:
			return false
		}
	}
	return false
}
