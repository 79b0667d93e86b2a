package flows

import (
	"fmt"
	"slices"
	"time"
)

// callStep runs a handler, an address of bot.yaml's handlers or a Go function, and
// goes on when that has answered. Meanwhile the person's messages wait, a stop word
// excepted.
//
//	call: stock.find
//	with: {size: "{{ contact.size }}"}
//	save: stock
//	timeout: 10s
//	retries: 2
//	on_error: [{say: I cannot find out just now.}]
//
// In on_error the name error says what went wrong, one of callErrors. Without
// on_error the flow ends there.
type callStep struct {
	handler word
	with    []setting
	save    word
	timeout time.Duration // 0: ten seconds, or what one try may take if that is more
	retries int           // -1: what the handler says
	onError block

	of *callee // nil: nothing is known of it
}

var (
	_ parent = (*callStep)(nil)
	_ waiter = (*callStep)(nil)
)

// What goes wrong with a call.
const (
	CallTimeout     = "timeout"     // no answer in time
	CallUnreachable = "unreachable" // there is no way to it
	CallRefused     = "refused"     // it does not do it: a status of 300 to 499
	CallFailed      = "failed"      // it tried, and could not: a status of 500 and more, an error of a Go function
	CallBadAnswer   = "bad answer"  // nobody can read its answer, or it is not of the declared types
)

// callErrors are all that error may be.
var callErrors = []string{CallTimeout, CallUnreachable, CallRefused, CallFailed, CallBadAnswer}

func decodeCall(d *decoder, f *fields) action {
	a := &callStep{
		handler: f.word("call"), with: f.settings("with"), save: f.optionalWord("save"),
		timeout: d.patience(f), retries: -1, onError: f.block("on_error"),
	}
	if f.has("retries") {
		a.retries = d.retries(f, callRetries)
	}
	return a
}

func (a *callStep) blocks() []block { return []block{a.onError} }

func (a *callStep) check(c *checker, st *step, s *scope) {
	a.of = c.callee(a.handler)
	c.given(a.of, a.with, st.span, s)
	failed := s.with("error", typ{kind: textKind, options: callErrors})
	failed.loses(a.save.text)
	c.checkSteps(a.onError.steps, failed)
	if a.save.text == "" {
		return
	}
	is := anyType
	if a.of != nil {
		is = a.of.out
	}
	if a.of != nil && a.of.silent {
		hint := "delete save:, or let the Go function return something"
		if a.of.endpoint != nil {
			hint = "say in bot.yaml what it answers: out: {left: number}"
		}
		c.errorf("handler-output", a.save.span, hint, "the handler %q returns nothing that could be saved", a.handler.text)
		is = anyType
	}
	if is.kind != listKind && is.kind != boolKind { // those are empty, and false, where it failed
		is.empty = is.empty || passedBy(a.onError, a.save.text) || c.leadsBehind(a.onError, st)
	}
	if field := c.bot.field(a.save.contactField()); field != nil && !is.fits(field.typ()) {
		c.errorf("type", a.save.span, "save it to a name of the flow, and set: contact."+field.Name+" to a part of it", "%s takes %s, and %s returns %s", a.save.text, field.describe(), a.handler.text, is.describe())
	}
	c.saved(a.save, s, is)
}

// patience is how long all tries together may take.
func (a *callStep) patience() time.Duration {
	switch {
	case a.timeout > 0:
		return a.timeout
	case a.of != nil && a.of.endpoint != nil:
		return max(callPatience, a.of.endpoint.Timeout)
	}
	return callPatience
}

// again is how often the handler is asked again.
func (a *callStep) again() int {
	switch {
	case a.retries >= 0:
		return a.retries
	case a.of != nil && a.of.endpoint != nil:
		return a.of.endpoint.Retries
	}
	return callRetries
}

func (a *callStep) run(m *machine, st *step) move {
	th := m.thread()
	if th.pending {
		return move{op: hold} // which ends it: a notification does not wait for its message
	}
	if th.Calls++; th.Calls > maxCalls {
		return fail(fmt.Errorf("more than %d calls without the person or a pause between", maxCalls))
	}
	values, err := m.values(a.with, m.scope())
	if err != nil {
		return fail(fmt.Errorf("with: %w", err))
	}
	with, err := a.of.take(values)
	if err != nil {
		return fail(fmt.Errorf("with: %w", err))
	}
	deadline := m.after(a.patience())
	id := m.requestID(st)
	th.Wait = wait{For: forCall, Until: deadline, Request: id}
	m.effects = append(m.effects, Call{
		ID: id, Handler: a.handler.text, With: with, Deadline: time.UnixMilli(deadline).UTC(), Retries: a.again(),
		Flow: st.flow.id, Step: st.address,
	})
	return move{op: stay}
}

// take brings values to the types the handler takes. The error names no value.
func (a *callee) take(values map[string]any) (map[string]any, error) {
	out := plainMap(values, 0)
	if a == nil {
		return out, nil
	}
	for _, p := range a.in {
		v, there := out[p.name]
		if !there || p.field == nil {
			continue
		}
		v, ok := p.field.accept(v)
		if !ok {
			return nil, fmt.Errorf("%s must be %s", p.name, p.field.describe())
		}
		out[p.name] = v
	}
	return out, nil
}

// late is the deadline.
func (a *callStep) late(m *machine, st *step) move {
	return a.fails(m, st, CallTimeout, fmt.Sprintf("took longer than %s", a.patience()))
}

// returned goes on with what the handler gave, or with why it did not.
func (a *callStep) returned(m *machine, st *step, result any, problem string) move {
	if problem != "" {
		if !slices.Contains(callErrors, problem) {
			problem = CallFailed
		}
		return a.fails(m, st, problem, "")
	}
	value, err := a.of.bring(result)
	if err == nil && a.save.text != "" {
		err = m.save(a.save.text, value)
	}
	if err != nil {
		return a.fails(m, st, CallBadAnswer, err.Error())
	}
	m.called(a, st, "", "")
	return st.onward()
}

// fails goes on with on_error. detail is for the operator.
func (a *callStep) fails(m *machine, st *step, problem, detail string) move {
	m.called(a, st, problem, detail)
	fr := m.frame()
	if a.save.text != "" && a.save.contactField() == "" {
		fr.save(a.save.text, a.of.nothing())
	}
	if !a.onError.given {
		return leave()
	}
	fr.save("error", problem)
	return st.enter(a.onError.steps)
}

// called notes what became of a call.
func (m *machine) called(a *callStep, st *step, problem, detail string) {
	began := time.UnixMilli(m.thread().Wait.Until).Add(-a.patience())
	if m.thread().Wait.Until == 0 { // its time was up
		began = m.w.Now.Add(-a.patience())
	}
	m.effects = append(m.effects, Called{
		Handler: a.handler.text, Flow: st.flow.id, Step: st.address, Error: problem, Detail: detail, Took: max(0, m.w.Now.Sub(began)),
	})
}

// result gives a handler's answer to the step that waits for it. One that nobody
// waits for any more is too late.
func (m *machine) result() {
	if !m.lift(func(w *wait) bool { return w.For == forCall && w.Request == m.in.Call }) {
		m.run() // what was called from a step that has moved goes on there
		return
	}
	th := m.thread()
	m.speakAs(th)
	st, err := m.place(th, th.top())
	var a *callStep
	if err == nil && st != nil {
		a, _ = st.do.(*callStep)
	}
	switch {
	case err != nil:
		m.fault(err.Error())
	case a == nil:
		m.fault("no step waits any more where the call was made")
	default:
		m.apply(a.returned(m, st, m.in.Result, m.in.Error))
	}
	m.run()
}

// lift takes the thread whose wait is meant to the top of the stack, from wherever it
// is; what lies above it there stays.
func (m *machine) lift(meant func(*wait) bool) bool {
	for i := range m.stack {
		if meant(&m.stack[i].Wait) {
			th := m.stack[i]
			m.stack = append(slices.Delete(m.stack, i, i+1), th)
			return true
		}
	}
	for i := range m.beside {
		if meant(&m.beside[i].Wait) {
			m.bring(i)
			return true
		}
	}
	return false
}

// recount forgets how many handlers were called: the person is there.
func (m *machine) recount() {
	for _, list := range [...][]thread{m.stack, m.beside} {
		for i := range list {
			list[i].Calls = 0
		}
	}
}
