package flows

// Bounds of following flows that lead to one another.
const (
	maxFollowed = 200_000 // steps
	maxChains   = 50_000  // flows in all chains of run:
)

// loops reports flows that go round for ever without a question or a wait, and
// flows that run each other too deep. Of the rounds only what is certain is
// reported: a branch may leave.
func (c *checker) loops() {
	linked := make(map[string]*flow, len(c.flows))
	for id, d := range c.flows {
		if !d.broken {
			linked[id] = link(d)
		}
	}
	r := rounds{c: c, linked: linked, reported: make(map[*step]bool), known: make(map[*step]course), left: maxFollowed}
	deep := chains{c: c, reported: make(map[*step]bool), left: maxChains}
	for _, id := range c.order {
		if f := linked[id]; f != nil && f.first != nil {
			r.follow(f.first, []string{id})
		}
	}
	for _, id := range c.order {
		deep.follow(c.flows[id], []*draft{c.flows[id]})
	}
}

// course is how steps come out.
type course uint8

const (
	unknown course = iota // they wait, end, or branch
	passed                // they run to their end
	round                 // they never do
)

// rounds follows steps through the flows they lead to.
type rounds struct {
	c        *checker
	linked   map[string]*flow
	reported map[*step]bool
	known    map[*step]course // how a flow comes out, by the step it begins with
	left     int
}

// follow follows the steps from one on until something waits, branches or ends.
// flows are those that run one another there, the last on top: one that is begun
// again unwinds to itself.
func (r *rounds) follow(st *step, flows []string) course {
	first := st
	if known, ok := r.known[first]; ok {
		return known
	}
	seen := make(map[*step]bool)
	var last *step // the go: or run: that led here
	for st != nil {
		if r.left--; r.left < 0 {
			return unknown
		}
		if seen[st] {
			if last != nil {
				r.report(last, seen)
			}
			return round
		}
		seen[st] = true
		var to *target
		switch a := st.do.(type) {
		case *sayStep, *showStep, *setStep, *optOutStep, *trackStep:
		case *callStep:
			if !passes(a.onError.steps) {
				return unknown
			}
		case *splitStep:
			if !a.passes() {
				return unknown
			}
		case *ifStep:
			if !passes(a.yes.steps) || !passes(a.other.steps) {
				return unknown
			}
		case *goStep:
			to = a.to
		case *runStep:
			to = a.to
		default:
			return unknown
		}
		if to == nil {
			st = st.next
			continue
		}
		f := r.linked[to.flow]
		if f == nil {
			return unknown
		}
		next := f.first
		if to.step != "" {
			next = f.find(to.step)
		}
		last = st
		top := len(flows) - 1
		switch {
		case st.kind == "go" && to.flow == flows[top]:
			st = next
		case contains(flows[:top], to.flow), st.kind == "run" && to.flow == flows[top]:
			r.report(st, seen)
			return round
		case st.kind == "go":
			flows = append(flows[:top:top], to.flow)
			st = next
		case len(flows) == maxStack:
			return unknown // too deep, which chains report
		default:
			if out := r.follow(next, append(flows[:top+1:top+1], to.flow)); out != passed {
				return out
			}
			st = st.next
		}
	}
	r.known[first] = passed
	return passed
}

// report reports a round once, at the step that closes it.
func (r *rounds) report(st *step, seen map[*step]bool) {
	known := r.reported[st]
	for met := range seen {
		known = known || r.reported[met]
		r.reported[met] = true
	}
	if r.reported[st] = true; !known {
		r.c.errorf("go-loop", st.span, "put a question or a wait: on the way, or end it under an if:", "this goes round for ever: nothing on the way asks or waits")
	}
}

// passes says whether steps neither wait nor leave.
func passes(steps []*step) bool {
	for _, st := range steps {
		switch a := st.do.(type) {
		case *sayStep, *showStep, *setStep, *optOutStep, *trackStep:
		case *callStep:
			if !passes(a.onError.steps) {
				return false
			}
		case *splitStep:
			if !a.passes() {
				return false
			}
		case *ifStep:
			if !passes(a.yes.steps) || !passes(a.other.steps) {
				return false
			}
		default:
			return false
		}
	}
	return true
}

// passes says whether each variant does.
func (a *splitStep) passes() bool {
	for _, v := range a.variants {
		if !passes(v.steps.steps) {
			return false
		}
	}
	return true
}

// chains looks for flows that run each other deeper than the machine does.
type chains struct {
	c        *checker
	reported map[*step]bool
	left     int
}

// follow looks at the flows that the last of flows runs.
func (h *chains) follow(d *draft, flows []*draft) {
	if d.broken {
		return
	}
	walk(d.steps, func(st *step) {
		a, ok := st.do.(*runStep)
		if !ok {
			return
		}
		to := h.c.flows[a.to.flow]
		for _, d := range flows {
			if d == to {
				return // it begins again, no deeper
			}
		}
		if h.left--; to == nil || h.left < 0 {
			return
		}
		if len(flows) < maxStack {
			h.follow(to, append(flows[:len(flows):len(flows)], to))
			return
		}
		if !h.reported[st] {
			h.reported[st] = true
			h.c.warnf("run-deep", st.span, "write go: where nothing comes behind it, or put the steps of two flows together",
				"from flow %q on, flows run one another more than %d deep: here the last one ends without a word", flows[0].id, maxStack)
		}
	})
}
