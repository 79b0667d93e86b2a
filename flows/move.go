package flows

import "fmt"

// run lets the top of the stack run, and what lies below it when that is done,
// until a thread waits or nothing is left.
func (m *machine) run() {
	for m.running() {
		m.runSafely()
	}
}

func (m *machine) running() bool {
	return len(m.later) > 0 || len(m.stack) > 0 && !m.stack[len(m.stack)-1].waits()
}

// runSafely is run, until a step panics.
func (m *machine) runSafely() {
	defer func() {
		if r := recover(); r != nil {
			m.later = nil
			m.fault(defect(r))
		}
	}()
	for m.running() {
		m.step()
	}
}

// step does one step of the thread on top.
func (m *machine) step() {
	if n := len(m.later); n > 0 { // the last first, so that the first is on top
		next := m.later[n-1]
		m.later = m.later[:n-1]
		m.start(next)
		return
	}
	m.speakAs(m.thread())
	st, err := m.place(m.thread(), m.frame())
	switch {
	case err != nil:
		m.fault(err.Error())
		return
	case st == nil:
		m.back()
		return
	case m.steps >= maxSteps:
		m.fault(fmt.Sprintf("more than %d steps in one turn", maxSteps))
		return
	case m.sees.exhausted():
		m.fault("its expressions go through too much for one turn")
		return
	}
	m.steps++
	mv := st.do.run(m, st)
	if m.w.Trace != nil && mv.op != hold && mv.op != failed {
		m.passed(st.span)
	}
	m.apply(mv)
}

// move says where a flow goes on after a step.
type move struct {
	op   moveOp
	to   *step  // of goOn; nil is behind the last step
	text string // of fail
}

type moveOp uint8

const (
	goOn   moveOp = iota // with the step to
	stay                 // the step has set what the thread waits for
	hold                 // the window is closed: until the person acts, then do this step again
	moved                // the step has changed the stack itself
	failed               // the flow ends with a Fault
)

// onward goes on with the next step.
func (st *step) onward() move { return move{op: goOn, to: st.next} }

// enter goes on with the steps of a block inside st, and then behind st.
func (st *step) enter(steps []*step) move {
	if len(steps) == 0 {
		return st.onward()
	}
	return move{op: goOn, to: steps[0]}
}

// leave ends the flow quietly.
func leave() move { return move{op: goOn} }

// fail ends the flow with a Fault. err must not hold personal text.
func fail(err error) move { return move{op: failed, text: err.Error()} }

// apply lets the thread on top go where a step of it said.
func (m *machine) apply(mv move) {
	if m.flooded {
		m.flooded = false
		mv = move{op: failed, text: fmt.Sprintf("more than %d messages in one turn", maxMessages)}
	}
	th := m.thread()
	switch mv.op {
	case moved:
		return
	case failed:
		m.fault(mv.text)
		return
	case goOn:
		th.Wait = wait{}
		th.top().goTo(mv.to)
	case hold:
		th.Wait = wait{For: forAct, Until: m.after(parkLimit)}
	}
	if th.told {
		th.told = false
		m.told(th)
	}
	if th.waits() && th.Wait.For != forCall {
		th.Calls = 0
		if !th.Wait.person() || th.notification {
			m.aside()
		}
	}
}

// back ends the frame that runs: the flow that ran it goes on, or the thread ends.
func (m *machine) back() {
	th := m.thread()
	if th.Frames = th.Frames[:len(th.Frames)-1]; len(th.Frames) == 0 {
		m.end()
		return
	}
	caller := th.top()
	if err := m.pass(th, caller); err != nil {
		m.fault(err.Error())
	}
}

// pass lets a frame go on behind the step it stands at.
func (m *machine) pass(th *thread, f *frame) error {
	st, err := m.place(th, f)
	if err == nil && st != nil {
		f.goTo(st.next)
	}
	return err
}

// fault ends the thread on top because something went wrong in it.
func (m *machine) fault(text string) {
	th := m.thread()
	if th == nil {
		m.effects = append(m.effects, Fault{Message: text})
		return
	}
	f := Fault{Message: text}
	if len(th.Frames) > 0 {
		f.Flow, f.Step = th.top().Flow, th.top().Step
	}
	m.effects = append(m.effects, f)
	m.end()
}

// place is the step that a frame of a thread stands at; nil if it stands behind the
// last.
func (m *machine) place(th *thread, f *frame) (*step, error) {
	if f.at != nil || f.Step == "" {
		return f.at, nil
	}
	fl := m.program(th).flows[f.Flow]
	if fl == nil {
		return nil, fmt.Errorf("there is no flow %q any more", f.Flow)
	}
	if f.at = fl.find(f.Step); f.at == nil {
		return nil, fmt.Errorf("there is no step %q any more", f.Step)
	}
	return f.at, nil
}
