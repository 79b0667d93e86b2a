package flows

import (
	"fmt"
	"slices"
	"time"
)

// handOverStep gives the conversation to the people in the Page inbox. The bot keeps
// silent until they give it back, or until resume_after; then the flow goes on behind
// the step.
//
//	hand_over: true
//	note: Wants to return order {{ order }}
//	resume_after: 12h
type handOverStep struct {
	note        *template
	resumeAfter time.Duration
}

var _ waiter = (*handOverStep)(nil)

const (
	// maxNote is how much of a note goes with a conversation, in characters.
	maxNote = 500
	// maxResume is how long people may have a conversation before the bot takes it
	// back.
	maxResume = 30 * 24 * time.Hour
)

func decodeHandOver(d *decoder, f *fields) action {
	if !f.boolean("hand_over", true) {
		d.errorf("value-unknown", f.at("hand_over"), "write hand_over: true, or delete the step", "a step that does not hand over does nothing")
	}
	a := &handOverStep{note: f.template("note"), resumeAfter: f.duration("resume_after", 0)}
	if n := f.n.get("resume_after"); n != nil && n.kind == scalarNode {
		if v, ok := parseDuration(n.text); ok && (v < time.Minute || v > maxResume) {
			d.errorf("duration", n.span, "write 2h, 12h or 3d; without it the bot is silent until they give the conversation back", "the bot takes a conversation back after 1m at the earliest, and 30d at the latest")
		}
	}
	return a
}

func (a *handOverStep) check(c *checker, _ *step, s *scope) {
	c.template(a.note, s)
	c.atMostRunes(a.note, maxNote, "a note")
}

func (a *handOverStep) run(m *machine, st *step) move {
	e := HandOver{ResumeAfter: a.resumeAfter, Flow: st.flow.id, Step: st.address}
	if a.note != nil {
		note, err := a.note.text(m.scope(), m.language)
		if err != nil {
			return fail(fmt.Errorf("note: %w", err))
		}
		e.Note = cut(note, maxNote)
	}
	m.effects = append(m.effects, e)
	// From here on it is others who write: what this turn still has to say waits.
	m.w.WindowUntil = time.Time{}
	m.thread().Wait = wait{For: forPeople}
	return move{op: stay}
}

// late is never asked: nothing but the return of the conversation ends the wait.
func (*handOverStep) late(_ *machine, st *step) move { return st.onward() }

// resumed goes on with every flow that has handed the conversation over, and then with
// what the shop told of the person meanwhile. What they were asked before all of it is
// asked again once.
func (m *machine) resumed() {
	m.asksLast = slices.ContainsFunc(m.beside, reported)
	for i := len(m.beside) - 1; i >= 0; i-- {
		if i >= len(m.beside) || m.beside[i].Wait.For != forPeople {
			continue
		}
		st, err := m.place(&m.beside[i], m.beside[i].top())
		if err != nil || st == nil {
			continue
		}
		m.bring(i)
		m.apply(st.onward())
		m.run()
	}
	if !m.asksLast {
		return
	}
	at := 0
	for left := len(m.beside); left > 0 && at < len(m.beside); left-- { // what waits again stands behind these
		if !reported(m.beside[at]) || !m.open() {
			at++
			continue
		}
		m.bring(at)
		m.thread().Wait = wait{}
		m.run()
	}
	m.asksLast = false
	m.uncover(false)
}

// reported says whether a thread holds what the shop told of one person until that person
// acts. What follows a notification is none of these.
func reported(th thread) bool {
	return th.Wait.For == forAct && th.Cause != nil && th.Cause.Event != nil && th.Cause.Topic == ""
}
