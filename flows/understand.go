package flows

import "strings"

// How something a person did is understood, in this order:
//
//	the payload of a button or quick reply
//	stop words
//	the link they came by, with a message
//	the waiting question, if the answer fits it
//	keywords, then patterns
//	the waiting question's retry, unless it gives up in silence
//	the newest flow that waits for their next act
//	start, for a first contact
//	fallback

// reply is what a person sent, as a question sees it.
type reply struct {
	text   string // typed, or the label of what was tapped
	folded string
	// tapped says that a choice of this very question was tapped, and value is
	// that of the choice.
	tapped bool
	value  any
	// attachments are what was sent beside the text.
	attachments []Attachment
}

func newReply(text string) reply { return reply{text: text, folded: fold(text)} }

// sent is the first picture, as its address, or the first place, that was sent.
func (r reply) sent(kind string) (any, bool) {
	for _, a := range r.attachments {
		switch {
		case a.Kind != kind:
		case kind == "image" && isLink(a.URL):
			return a.URL, true
		case kind == "location" && (a.Lat != 0 || a.Lon != 0): // zeros: where it is was not told
			return map[string]any{"lat": a.Lat, "lon": a.Lon}, true
		}
	}
	return nil, false
}

// is says whether the reply is a label typed. A label without letters or digits is
// compared as it is.
func (r reply) is(label string) bool {
	if is, empty := foldsTo(label, r.folded); !empty {
		return is
	}
	return strings.TrimSpace(r.text) == label
}

// question is an action that waits for the person.
type question interface {
	waiter
	// answer takes a reply that fits, and says where the flow goes on; ok is false,
	// and nothing has happened, if it does not fit.
	answer(m *machine, st *step, r reply) (mv move, ok bool)
	// wrong deals with a reply that fits neither the question nor anything else; ok
	// is false if the question leaves it alone.
	wrong(m *machine, st *step) (mv move, ok bool)
	// repeat asks again, in the same words.
	repeat(m *machine, st *step) error
}

// waiter is an action that stands still for a time.
type waiter interface {
	// late says where the flow goes on when the time is up.
	late(m *machine, st *step) move
}

// understand handles a message or a tap.
func (m *machine) understand() {
	label := m.in.Text
	if m.in.Kind == InPostback {
		label = m.in.Label
	}
	if m.in.Payload == "" || !m.tapped(label) {
		r := newReply(label)
		r.attachments = m.in.Attachments
		m.typed(r)
	}
	m.run()
}

// tapped runs a payload in today's program. One that means nothing there counts
// as its label typed: then the result is false.
func (m *machine) tapped(label string) bool {
	if m.w.Trace != nil {
		m.w.Trace(Mark{Program: m.p.Hash, Tapped: m.in.Payload, Label: label})
	}
	p, ours := DecodePayload(m.in.Payload)
	switch {
	case !ours:
		t := m.p.trigger(OnPostback, m.in.Payload)
		if t == nil {
			return false
		}
		m.stack = nil
		m.start(start{flow: t.Flow, trigger: t.ID})
		return true
	case p.isChoice():
		return m.chosen(p, label)
	case p.Start:
		if !m.refer() {
			m.stack = nil
			if !m.startOn(OnStart, "") {
				m.startOn(OnFallback, "")
			}
		}
		return true
	case p.OptOut == "all":
		m.stopEverything("button", label)
		return true
	case p.OptOut != "":
		if _, known := m.p.Topic(p.OptOut); !known {
			return false
		}
		m.stack = nil
		m.optOut(p.OptOut, nil, Withdraw{Topic: p.OptOut, Source: "button", Wording: label})
		return true
	}
	id, at, _ := strings.Cut(p.Go, "#")
	st := m.p.find(id, at)
	if st == nil {
		return false
	}
	m.stack = nil
	m.start(start{flow: st.flow.id, step: st.address, names: st.flow.given(p.With)})
	return true
}

// chosen gives a tapped choice to its question, if that still waits.
func (m *machine) chosen(p Payload, label string) bool {
	if !m.find(func(th *thread, st *step) bool {
		return th.Wait.person() && st == m.program(th).find(p.Flow, p.Step)
	}) {
		return false
	}
	r := newReply(label)
	r.tapped, r.value = true, p.Choice
	return m.answer(r)
}

// find brings the thread whose step is meant to the top: from the stack, where
// what lies above it is gone, or from beside, the newest first.
func (m *machine) find(meant func(*thread, *step) bool) bool {
	is := func(th *thread) bool {
		st, err := m.place(th, th.top())
		return err == nil && st != nil && meant(th, st)
	}
	for i := len(m.stack) - 1; i >= 0; i-- {
		if is(&m.stack[i]) {
			m.stack = m.stack[:i+1]
			return true
		}
	}
	for i := len(m.beside) - 1; i >= 0; i-- {
		if is(&m.beside[i]) {
			m.bring(i)
			return true
		}
	}
	return false
}

// typed handles what a person wrote.
func (m *machine) typed(r reply) {
	switch {
	case m.p.isStopWord(r.folded):
		m.stopEverything("keyword", r.text)
	case m.refer():
	case m.answer(r):
	case m.keyword(r):
	case m.retry():
	case m.resume(&r):
	case m.w.First && m.startOn(OnStart, ""):
	default:
		m.startOn(OnFallback, "")
	}
}

// answer gives a reply to the waiting question, if it fits.
func (m *machine) answer(r reply) bool {
	st, q := m.question()
	if q == nil {
		return false
	}
	mv, ok := q.answer(m, st, r)
	if ok {
		m.apply(mv)
	}
	return ok
}

// retry lets the waiting question say that the reply does not fit. One that gives up
// leaves the reply to others if neither it nor what goes on behind it says anything.
func (m *machine) retry() bool {
	st, q := m.question()
	if q == nil {
		return false
	}
	mv, ok := q.wrong(m, st)
	if !ok {
		return false
	}
	m.apply(mv)
	if mv != leave() {
		return true
	}
	beside := len(m.beside)
	m.run()
	th := m.thread()
	return m.sent > 0 || len(m.beside) > beside || th != nil && !th.Wait.person()
}

// keyword starts the flow whose keywords or pattern the message matches. What the
// person was asked waits below it.
func (m *machine) keyword(r reply) bool {
	t, names := m.p.heard(r.text, r.folded)
	if t == nil {
		return false
	}
	m.start(start{flow: t.Flow, trigger: t.ID, names: m.p.flows[t.Flow].typed(names)})
	return true
}

// resume goes on with the newest flow that waits for the person's next act. r is
// nil if they did not write: then a question that a notification asked goes on
// waiting.
func (m *machine) resume(r *reply) bool {
	for i := len(m.beside) - 1; i >= 0; i-- {
		switch w := &m.beside[i].Wait; {
		case w.For == forAct:
			m.bring(i)
			m.thread().Wait = wait{}
			return true
		case r != nil && w.person():
			m.bring(i)
			return m.answer(*r) || m.retry()
		}
	}
	return false
}

// referred handles a link the person came by. One that no flow knows starts
// nothing, except for a first contact.
func (m *machine) referred() {
	if !m.refer() && !(m.w.First && m.startOn(OnStart, "")) {
		m.resume(nil)
	}
	m.run()
}

// refer starts the flow of the link the person came by, with an empty stack.
func (m *machine) refer() bool {
	if m.in.Ref == "" {
		return false
	}
	t := m.p.referral(m.in.Ref)
	if t == nil {
		return false
	}
	m.stack = nil
	m.start(start{flow: t.Flow, trigger: t.ID})
	return true
}
