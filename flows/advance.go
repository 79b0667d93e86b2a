package flows

import (
	"fmt"
	"runtime"
	"slices"
	"time"
)

// Advance decides what one input does: the session after it, and the effects the
// caller must do. It reads no clock, does no IO and changes nothing it is given;
// the same arguments give the same turn. It never panics: what goes wrong in a
// flow is a Fault among the effects, and ends that flow.
//
// p is today's program: what the input starts is its. What runs already goes on in
// the program it began with, which w.Programs must hold (version.go).
func (p *Program) Advance(s Session, in Input, w World) (t Turn) {
	m, _ := p.machines.Get().(*machine)
	if m == nil {
		m = new(machine)
	}
	m.p, m.w, m.in, m.effects = p, w, in, make([]Effect, 0, 4)
	m.stack, m.beside = m.room.copy(m.room.threads[:0], s.stack), m.room.copy(nil, s.beside)
	defer func() {
		if r := recover(); r != nil {
			// A defect outside of any flow's step: what was decided stands, and
			// nothing is left that could meet it again.
			m.effects = append(m.effects, Fault{Message: defect(r)})
			t = Turn{Effects: m.effects}
			return
		}
		*m = machine{} // the turn has nothing that lies in it, and it nothing of the turn
		p.machines.Put(m)
	}()
	m.speak(p)
	m.recall(s.own)
	m.handle()
	return Turn{Session: m.session(), Effects: m.effects}
}

// defect is what a Fault says of a panic. What others panic with might hold what a
// person wrote, so only its type is told.
func defect(r any) string {
	if err, ok := r.(runtime.Error); ok {
		return "internal error: " + err.Error()
	}
	return fmt.Sprintf("internal error: panic with %T", r)
}

// machine runs one turn.
type machine struct {
	p   *Program // today's
	own *Program // of the thread on top, as speakAs left it; p where there is none
	w   World    // as this turn has changed it
	in  Input

	stack, beside []thread
	later         []start // flows a step wants run above its own
	effects       []Effect

	language  string // of the person, in own
	sees      surroundings
	standings map[string]Standing // of topics, where the turn has changed them

	fields  bool // w.Contact.Fields is ours
	act     bool // the input is something the person did
	flooded bool // a message too many was to be sent
	// asksLast says that what is uncovered is asked again at the end, and not yet.
	asksLast bool

	steps int
	spent int // effort of expressions
	sent  int
	named int // requests named so far

	notified string // the flow of the notification this turn is about

	room room // where the threads of most turns lie, as long as it runs
}

// handle does the input.
func (m *machine) handle() {
	m.dropExpired()
	if m.in.Kind == InMessage || m.in.Kind == InPostback || m.in.Kind == InReferral {
		m.recount()
	}
	switch m.in.Kind {
	case InMessage, InPostback:
		m.act = true
		m.understand()
	case InReferral:
		m.act = true
		m.referred()
	case InComment:
		m.commented()
	case InReaction:
		// Opens the window, and is not answered.
	case InAccepted:
		m.accepted()
	case InRefused:
		m.refused()
	case InOptedIn:
		m.optedIn()
	case InOptedOut:
		m.forget(m.in.Topic)
		m.startOn(OnOptedOut, m.in.Topic)
		m.run()
	case InWithdraw:
		m.withdraw()
		m.run()
	case InEvent:
		m.happened()
	case InNotify:
		m.notify()
	case InResumed:
		m.resumed()
	case InIdle:
		m.idled()
	case InWake:
		m.wake()
	case InResult:
		m.result()
	default:
		m.effects = append(m.effects, Fault{Message: fmt.Sprintf("input of unknown kind %q", m.in.Kind)})
	}
}

// session is what is stored, within its bound, in memory of its own.
func (m *machine) session() Session {
	s := Session{stack: m.stack, beside: m.beside}
	s.sign(m.p)
	for !s.Empty() {
		if s.stored = s.appendJSON(make([]byte, 0, 128)); len(s.stored) <= maxSession { // most take less
			s.stack, s.beside = keep(s.stack), keep(s.beside)
			return s
		}
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
		s.sign(m.p)
	}
	return Session{}
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
func (m *machine) scope() *env { return m.seen(m.thread()) }

// seen is what expressions of a thread see.
func (m *machine) seen(th *thread) *env {
	return &env{surroundings: &m.sees, cause: th.Cause, set: th.top().Names}
}

// see is what expressions see of an occurrence.
func (m *machine) see(c *cause) *env { return &env{surroundings: &m.sees, cause: c} }

// speak lets what is said and evaluated be of a program, in the language that the person
// is spoken to in it.
func (m *machine) speak(p *Program) {
	m.own, m.language = p, p.Language(m.w.Contact)
	m.sees = surroundings{p: p, w: &m.w, language: m.language, spent: &m.spent}
}

// after is a time from now, as a wait's deadline.
func (m *machine) after(d time.Duration) int64 { return m.w.Now.Add(d).UnixMilli() }

// open says whether the Page may write freely.
func (m *machine) open() bool {
	if th := m.thread(); m.w.Hushed && th != nil && th.Cause != nil {
		return false
	}
	return m.w.Now.Before(m.w.WindowUntil)
}

// maySend says whether a message of the running thread may go out now: the window
// is open, or it is the one message of a notification or the private reply to a
// comment. If not, the step holds.
func (m *machine) maySend() bool { return m.open() || m.thread().pending }

// say sends a message of the running step, which has asked maySend. A text that is too long
// goes as several, split at the ends of sentences; the one message of a notification or of
// a private reply is cut. Of what a turn may still send a text takes half at most: what
// comes behind it has to go as well.
func (m *machine) say(st *step, msg Message) {
	th, most := m.thread(), max(1, min(mostParts, (maxMessages-m.sent)/2))
	if th.pending {
		most = 1
		if th.Cause.Topic != "" {
			m.addWayOut(th.Cause.Topic, &msg)
		}
	}
	if limit := m.p.limitOf(m.w.Contact.Channel); !limit.fits(&msg) {
		parts := limit.parts(&msg, most)
		last := len(parts) - 1
		for _, part := range parts[:last] {
			m.utter(st, Message{Kind: Text, Text: part, Persona: msg.Persona, Typing: msg.Typing})
		}
		msg.Text = parts[last]
	}
	m.utter(st, msg)
}

// utter sends one message.
func (m *machine) utter(st *step, msg Message) {
	if m.sent >= maxMessages {
		m.flooded = true
		return
	}
	e := Say{Message: msg, Flow: st.flow.id, Step: st.address}
	if th := m.thread(); th.pending {
		th.pending, th.told = false, true
		e.Notification = true
	}
	m.effects = append(m.effects, e)
	m.sent++
}

// text is a text of the framework in the person's language.
func (m *machine) text(key string, vars map[string]any) string {
	return m.own.Text(key, m.language, vars)
}
