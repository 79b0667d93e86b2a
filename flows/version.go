package flows

// What runs finishes on the program it began with, thread by thread:
//
//	its own      the steps it stands at and comes to, go, run, choices, texts, language
//	today's      payloads, keywords, links, triggers, notifications, stop words; whatever these start
//
// A thread goes over to today's in two cases, with the next input of its contact:
// today's flows say that the step it stands at was moved; or its program is lost, and
// today's has the step under the id that the author gave it.

// recall gives each thread the program it began with. own is that of threads which
// name none; empty is today's.
func (m *machine) recall(own string) {
	older := func(th *thread) bool {
		if th.Program == "" {
			th.Program = own
		}
		return th.Program != "" && th.Program != m.p.Hash
	}
	some := false
	for _, list := range [...][]thread{m.stack, m.beside} {
		for i := range list {
			some = older(&list[i]) || some
		}
	}
	if !some {
		return
	}
	stack, beside := m.stack, m.beside
	m.stack, m.beside = nil, nil
	for i := range beside {
		// What ran a flow that waits beside the stack could not wait for it there.
		if m.keeps(&beside[i], len(beside[i].Frames) == 1) {
			m.beside = append(m.beside, beside[i])
		}
	}
	for i := range stack {
		if !m.keeps(&stack[i], true) {
			continue
		}
		switch th := &stack[i]; {
		case th.Wait.For == forAct: // its step is no question any more
			m.beside = append(m.beside, *th)
		default:
			m.stack = append(m.stack, *th)
		}
	}
}

// keeps finds a thread's program, and moves the thread to today's where it must go
// over, if it may. It is false for a thread that ends.
func (m *machine) keeps(th *thread, may bool) bool {
	if th.Program == "" || th.Program == m.p.Hash {
		return true
	}
	th.program = m.w.Programs[th.Program]
	top := th.top()
	var to *step
	if may && top.Step != "" {
		to = m.p.movedTo(top.Flow, top.Step)
	}
	switch {
	case to != nil:
		m.goOver(th, to)
	case th.program != nil:
	case m.p.standsIn(th):
		// Each of its steps is there under the id it had.
	default:
		m.effects = append(m.effects, Fault{Flow: top.Flow, Step: top.Step, Message: "the program it began with is gone"})
		return false
	}
	return true
}

// goOver lets a thread stand at a step of today's. What ran its flow stays where it
// was, and goes on in its own program afterwards.
func (m *machine) goOver(th *thread, to *step) {
	fr := frame{Flow: to.flow.id, Names: th.top().Names}
	fr.goTo(to)
	if below := len(th.Frames) - 1; below > 0 {
		rest := thread{Frames: th.Frames[:below:below], Cause: th.Cause, program: th.program, Program: th.Program}
		if rest.program == nil && !m.p.standsIn(&rest) {
			m.effects = append(m.effects, Fault{Flow: rest.top().Flow, Step: rest.top().Step, Message: "the program it began with is gone"})
		} else if m.pass(&rest, rest.top()) == nil {
			m.stack = append(m.stack, rest)
		}
	}
	th.Frames, th.program = []frame{fr}, nil
	switch w := &th.Wait; {
	case w.fits(to):
	case w.person():
		*w = wait{For: forAct, Until: m.after(parkLimit)}
	case w.For == forCall:
		*w = wait{} // the step does what it does now
	case w.For == forEvent && w.Until != 0:
		w.For = forTime // the event is another's
	case w.For == forEvent:
		*w = wait{For: forAct, Until: m.after(parkLimit)}
	}
}

// renew begins a flow of a program where an older thread on top has it at a frame: the
// frames below that go on in their own program, behind the step that ran it.
func (m *machine) renew(th *thread, at int, fr frame, c *cause, p *Program) {
	if c == nil {
		c = th.Cause
	}
	fresh := thread{Frames: []frame{fr}, Cause: c}
	if p != m.p {
		fresh.program = p
	}
	if at > 0 {
		th.Frames, th.Wait = th.Frames[:at], wait{}
		if m.pass(th, th.top()) == nil {
			m.stack = append(m.stack, fresh)
			return
		}
	}
	*th = fresh
}

// program is the one that a thread runs on; today's for none.
func (m *machine) program(th *thread) *Program {
	if th == nil || th.program == nil {
		return m.p
	}
	return th.program
}

// speakAs lets what is said and evaluated be of a thread's program, in the language it
// has for the person. Whoever lets a step do something calls it first.
func (m *machine) speakAs(th *thread) {
	if p := m.program(th); p != m.own {
		m.speak(p)
	}
}

// find is the step of a flow, or the flow's first, under the names of today or those
// they had before they were moved; nil if there is none.
func (p *Program) find(flow, id string) *step {
	fl := p.flows[flow]
	switch {
	case fl == nil:
		return p.movedTo(flow, id)
	case id == "":
		return fl.first
	}
	if st := fl.steps[id]; st != nil {
		return st
	}
	return p.movedTo(flow, id)
}

// movedTo is where moved: says that a step, or with no id a flow, is today; nil if it
// says nothing of it.
func (p *Program) movedTo(flow, id string) *step {
	if len(p.moved) == 0 {
		return nil
	}
	if st := p.moved[flow+"#"+id]; st != nil || id == "" {
		return st
	}
	renamed := p.moved[flow+"#"]
	if renamed == nil {
		return nil
	}
	st := renamed.flow.steps[id]
	if st == nil || st.id.text == "" {
		return nil // a place may be another step's by now
	}
	return st
}

// standsIn says whether a thread of a lost program can go on in p: each step it stands
// at is there under an id that the author gave it, and does what the thread waits for.
func (p *Program) standsIn(th *thread) bool {
	for i := range th.Frames {
		f := &th.Frames[i]
		fl := p.flows[f.Flow]
		if fl == nil {
			return false
		}
		if f.Step == "" {
			continue
		}
		st := fl.steps[f.Step]
		if st == nil || st.id.text == "" {
			return false
		}
		if i == len(th.Frames)-1 {
			return th.Wait.fits(st)
		}
		if _, runs := st.do.(*runStep); !runs {
			return false
		}
	}
	return true
}

// fits says whether a wait can be that of a step.
func (w wait) fits(st *step) bool {
	switch w.For {
	case "", forAct:
		return true
	case forAnswer:
		_, asks := st.do.(question)
		_, optIn := st.do.(*optInStep)
		return asks && !optIn
	case forCadence, forYes, forConsent, forPointer:
		_, optIn := st.do.(*optInStep)
		return optIn
	case forCall:
		_, calls := st.do.(*callStep)
		return calls
	case forTime, forEvent:
		a, waits := st.do.(*waitStep)
		return waits && (a.event.text != "") == (w.For == forEvent)
	}
	_, waits := st.do.(waiter)
	return waits
}
