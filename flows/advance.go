package flows

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// Advance decides what one input does: the session after it, and the effects the
// caller must do. It reads no clock, does no IO and changes nothing it is given;
// the same arguments give the same turn. It never panics: what goes wrong in a
// flow is a Fault among the effects, and ends that flow.
func (p *Program) Advance(s Session, in Input, w World) (t Turn) {
	m := machine{p: p, w: w, in: &in, stack: copyThreads(s.stack), beside: copyThreads(s.beside)}
	m.language = p.Language(w.Contact)
	defer func() {
		if r := recover(); r != nil {
			// A defect outside of any flow's step: what was decided stands, and
			// nothing is left that could meet it again.
			m.effects = append(m.effects, Fault{Message: fmt.Sprintf("internal error: %.200v", r)})
			t = Turn{Effects: m.effects}
		}
	}()
	m.handle()
	return Turn{Session: m.session(), Effects: m.effects}
}

// machine runs one turn.
type machine struct {
	p  *Program
	w  World // as this turn has changed it
	in *Input

	stack, beside []thread
	later         []start // flows a step wants run above its own
	effects       []Effect

	language string
	base     *env // of the turn; nil until needed
	fields   bool // w.Contact.Fields is ours
	topics   bool // w.Topics is ours

	act     bool // the input is something the person did
	steps   int
	sent    int
	flooded bool // a message too many was to be sent
	named   int  // requests named so far

	notified string // the flow of the notification this turn is about
}

// handle does the input.
func (m *machine) handle() {
	m.dropExpired()
	switch m.in.Kind {
	case InMessage, InPostback:
		m.act = true
		m.understand()
	case InReferral:
		m.act = true
		m.referred()
	case InReaction:
		// Opens the window, and is not answered.
	case InAccepted:
		m.accepted()
	case InOptedIn:
		m.optedIn()
	case InOptedOut:
		m.forget(m.in.Topic)
		m.startOn(OnOptedOut, m.in.Topic)
		m.run()
	case InEvent:
		m.happened()
	case InNotify:
		m.notify()
	case InWake:
		m.wake()
	case InResult:
		// Nothing calls handlers yet.
	default:
		m.effects = append(m.effects, Fault{Message: fmt.Sprintf("input of unknown kind %q", m.in.Kind)})
	}
}

// copyThreads copies what is stored of threads. Names and causes are shared: they
// are copied before they are changed.
func copyThreads(threads []thread) []thread {
	if len(threads) == 0 {
		return nil
	}
	out := make([]thread, len(threads), len(threads)+1)
	for i, t := range threads {
		frames := make([]frame, len(t.Frames), len(t.Frames)+1)
		for j, f := range t.Frames {
			frames[j] = frame{Flow: f.Flow, Step: f.Step, Names: f.Names}
		}
		out[i] = thread{Frames: frames, Wait: t.Wait, Cause: t.Cause}
	}
	return out
}

// session is what is stored, within its bound.
func (m *machine) session() Session {
	s := Session{stack: m.stack, beside: m.beside}
	for !s.Empty() && len(s.appendJSON(nil)) > maxSession {
		list, at := &s.stack, 0
		worst := 0
		for _, l := range []*[]thread{&s.stack, &s.beside} {
			for i := range *l {
				if n := len((*l)[i].appendJSON(nil)); n > worst {
					list, at, worst = l, i, n
				}
			}
		}
		f := (*list)[at].top()
		m.effects = append(m.effects, Fault{Flow: f.Flow, Step: f.Step, Message: fmt.Sprintf("the session grew over %d bytes", maxSession)})
		*list = slices.Delete(*list, at, at+1)
	}
	return s
}

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
			m.fault(fmt.Sprintf("internal error: %.200v", r))
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
	st, err := m.place(m.frame())
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
	}
	m.steps++
	m.apply(st.do.run(m, st))
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
	if th.waits() && (!th.Wait.person() || th.notification) {
		m.aside()
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
	st, err := m.place(caller)
	if err != nil {
		m.fault(err.Error())
		return
	}
	if st != nil {
		caller.goTo(st.next)
	}
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

// place is the step a frame stands at; nil if it stands behind the last.
func (m *machine) place(f *frame) (*step, error) {
	if f.at != nil || f.Step == "" {
		return f.at, nil
	}
	fl := m.p.flows[f.Flow]
	if fl == nil {
		return nil, fmt.Errorf("there is no flow %q any more", f.Flow)
	}
	if f.at = fl.find(f.Step); f.at == nil {
		return nil, fmt.Errorf("there is no step %q any more", f.Step)
	}
	return f.at, nil
}

// thread is the one on top, nil if there is none. It is not to be kept: the stack
// moves.
func (m *machine) thread() *thread {
	if len(m.stack) == 0 {
		return nil
	}
	return &m.stack[len(m.stack)-1]
}

// frame is the one that runs.
func (m *machine) frame() *frame { return m.thread().top() }

// scope is what expressions of the running step see.
func (m *machine) scope() *env {
	th := m.thread()
	return m.see(th.Cause).names(th.top().Names)
}

// see is what expressions see of an occurrence.
func (m *machine) see(c *cause) *env {
	if m.base == nil {
		m.base = newEnv(m.p, &m.w, m.language)
	}
	if c == nil {
		return m.base
	}
	return m.base.with("topic", c.Topic).with("event", c.Event).with("events", c.all()).with("interest", c.Interest)
}

// after is a time from now, as a wait's deadline.
func (m *machine) after(d time.Duration) int64 { return m.w.Now.Add(d).UnixMilli() }

// open says whether the Page may write freely.
func (m *machine) open() bool { return m.w.Now.Before(m.w.WindowUntil) }

// maySend says whether a message of the running thread may go out now: the window
// is open, or it is the one message of a notification. If not, the step holds.
func (m *machine) maySend() bool { return m.open() || m.thread().pending }

// say sends a message of the running step, which has asked maySend.
func (m *machine) say(st *step, msg Message) {
	if m.sent >= maxMessages {
		m.flooded = true
		return
	}
	e := Say{Message: msg, Flow: st.flow.id, Step: st.address}
	if th := m.thread(); th.pending {
		th.pending, th.told = false, true
		e.Notification = true
		m.addWayOut(th.Cause.Topic, &e.Message)
	}
	m.effects = append(m.effects, e)
	m.sent++
}

// text is a text of the framework in the person's language.
func (m *machine) text(key string, vars map[string]any) string {
	return m.p.Text(key, m.language, vars)
}

// setField saves to the contact, for this turn too.
func (m *machine) setField(name string, v any) error {
	v = plain(v)
	c := &m.w.Contact
	switch name {
	case "first_name", "last_name", "locale", "timezone":
		s, ok := v.(string)
		if !ok && v != nil {
			return fmt.Errorf("contact.%s takes a text", name)
		}
		switch name {
		case "first_name":
			c.FirstName = s
		case "last_name":
			c.LastName = s
		case "locale":
			c.Locale = s
			m.language = m.p.Language(*c)
		case "timezone":
			if _, err := time.LoadLocation(s); err != nil || s == "Local" {
				return fmt.Errorf("contact.timezone takes a zone such as Europe/Paris")
			}
			c.Timezone = s
		}
	default:
		if v != nil {
			var err error
			if v, err = m.p.ConvertField(name, v); err != nil {
				return fmt.Errorf("contact.%s: the value does not fit the field", name)
			}
		}
		if !m.fields {
			c.Fields, m.fields = cloneMap(c.Fields), true
		}
		if v == nil {
			delete(c.Fields, name)
		} else {
			c.Fields[name] = v
		}
	}
	m.base = nil
	m.effects = append(m.effects, SetField{Name: name, Value: v})
	return nil
}

// save gives a name of the language a value: contact.x, or one of the flow's own.
func (m *machine) save(name string, v any) error {
	if field, ok := strings.CutPrefix(name, "contact."); ok {
		return m.setField(field, v)
	}
	m.frame().save(name, plain(v))
	return nil
}

// zone is where the person lives, as far as is known.
func (m *machine) zone() *time.Location {
	for _, name := range [...]string{m.w.Contact.Timezone, m.p.Bot.Timezone} {
		if name != "" {
			if zone, err := time.LoadLocation(name); err == nil {
				return zone
			}
		}
	}
	return time.UTC
}

func cloneMap(m map[string]any) map[string]any {
	out := make(map[string]any, len(m)+1)
	for k, v := range m {
		out[k] = v
	}
	return out
}
