package flows

import (
	"fmt"
	"slices"
)

// start is a flow that is to begin.
type start struct {
	flow, step string // step: empty for the first
	trigger    string // the trigger's id; empty if a step or a button did it
	names      map[string]any
	cause      *cause
	// aside keeps what is on the stack as it is, even if the flow is there: the
	// flow of a notification.
	aside bool
}

// start begins a flow on top of the stack. One that is on the stack already is
// begun again where it is, and what was above it is gone.
func (m *machine) start(s start) {
	fl := m.p.flows[s.flow]
	if fl == nil {
		m.effects = append(m.effects, Fault{Flow: s.flow, Message: "there is no such flow"})
		return
	}
	first := fl.first
	if s.step != "" {
		if first = fl.find(s.step); first == nil {
			m.effects = append(m.effects, Fault{Flow: s.flow, Message: fmt.Sprintf("there is no step %q", s.step)})
			return
		}
	}
	m.effects = append(m.effects, Started{Flow: s.flow, Trigger: s.trigger})
	if m.w.Trace != nil && s.trigger != "" {
		m.w.Trace(Mark{Program: m.p.Hash, Trigger: s.trigger})
	}
	fr := frame{Flow: s.flow, Names: s.names, own: true}
	fr.goTo(first)
	if !s.aside && m.restart(fr, s.cause, m.p) {
		return
	}
	frames := m.room.chain(1)
	frames[0] = fr
	m.push(thread{Frames: frames, Cause: s.cause, notification: s.aside, pending: s.aside})
}

// restart puts a frame of a program where its flow stands on the stack, and unwinds
// to it.
func (m *machine) restart(fr frame, c *cause, p *Program) bool {
	lowest := 0
	if th := m.thread(); th != nil && th.notification {
		lowest = len(m.stack) - 1 // it has its own course until its message is sent
	}
	for i := len(m.stack) - 1; i >= lowest; i-- {
		th := &m.stack[i]
		for j := len(th.Frames) - 1; j >= 0; j-- {
			if th.Frames[j].Flow != fr.Flow {
				continue
			}
			m.stack = m.stack[:i+1]
			if m.program(th) != p {
				m.renew(th, j, fr, c, p)
				return true
			}
			th.Frames = th.Frames[:j+1]
			th.Frames[j] = fr
			th.Wait = wait{}
			if c != nil {
				th.Cause = c
			}
			return true
		}
	}
	return false
}

// push puts a thread on top.
func (m *machine) push(th thread) {
	m.stack = append(m.stack, th)
	m.shallow()
}

// shallow drops the oldest threads of a stack that is too deep. A notification
// makes room for nothing: it leaves the stack in the same turn.
func (m *machine) shallow() {
	if m.thread().notification {
		return
	}
	depth := 0
	for i := range m.stack {
		depth += len(m.stack[i].Frames)
	}
	for depth > maxStack && len(m.stack) > 1 {
		depth -= len(m.stack[0].Frames)
		m.stack = slices.Delete(m.stack, 0, 1)
	}
}

// startOn begins the first flow with such a trigger; false if there is none.
func (m *machine) startOn(kind TriggerKind, value string) bool {
	t := m.p.trigger(kind, value)
	if t == nil {
		return false
	}
	m.start(start{flow: t.Flow, trigger: t.ID})
	return true
}

// end takes the thread on top away.
func (m *machine) end() {
	th := m.pop()
	m.uncover(th.notification)
}

// aside takes the thread on top beside the stack, where it waits. A notification
// that waits before it was sent never will be: what it might say later would be
// under no rules.
func (m *machine) aside() {
	if m.thread().pending {
		m.end()
		return
	}
	th := m.pop()
	if len(m.beside) == maxBeside {
		f := m.beside[0].top()
		m.effects = append(m.effects, Fault{Flow: f.Flow, Step: f.Step, Message: fmt.Sprintf("more than %d flows wait; this is the oldest", maxBeside)})
		m.beside = slices.Delete(m.beside, 0, 1)
	}
	m.beside = append(m.beside, th)
	m.uncover(th.notification)
}

func (m *machine) pop() thread {
	th := *m.thread()
	m.stack = m.stack[:len(m.stack)-1]
	if th.pending {
		th.pending = false
		m.effects = append(m.effects, Silent{Flow: m.notified})
	}
	return th
}

// bring takes a thread from beside the stack to its top.
func (m *machine) bring(at int) {
	th := m.beside[at]
	m.beside = slices.Delete(m.beside, at, at+1)
	m.push(th)
}

// uncover asks the question again that is on top now, unless only a notification,
// or something that sent nothing of its own accord, had covered it. One whose time
// ran out below others is not asked again: it is late now.
func (m *machine) uncover(notification bool) {
	st, q := m.question()
	switch {
	case notification || m.asksLast || q == nil:
		return
	case m.thread().Wait.due(m.w.Now):
		m.apply(q.late(m, st))
		return
	case !m.act && m.sent == 0 || !m.open():
		return
	}
	if err := q.repeat(m, st); err != nil {
		m.fault(err.Error())
	}
	m.flooded = false
}

// question is the step on top of the stack, if it waits for the person.
func (m *machine) question() (*step, question) {
	th := m.thread()
	if th == nil || !th.Wait.person() {
		return nil, nil
	}
	m.speakAs(th)
	st, err := m.place(th, th.top())
	if err != nil || st == nil {
		return nil, nil
	}
	q, _ := st.do.(question)
	return st, q
}

// dropExpired forgets threads that waited for the person's next act in vain.
func (m *machine) dropExpired() {
	m.beside = slices.DeleteFunc(m.beside, func(th thread) bool {
		return th.Wait.For == forAct && th.Wait.due(m.w.Now)
	})
}
