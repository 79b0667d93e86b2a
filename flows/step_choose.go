package flows

import (
	"fmt"
	"strconv"
	"time"
)

// chooseStep is a menu whose options carry their own steps:
//
//	choose: What would you like?
//	options:
//	  - {label: Sizes, go: sizes}
//	  - {label: Hours, steps: [{say: From ten to seven.}]}
//	otherwise: [{say: Pick one of them.}]
//	timeout: 2h
//	on_timeout: [{end: true}]
//	persona: zoe
//	typing: 1s
//
// An answer that is none of the options does otherwise; without it the menu is
// shown again, and the third such answer ends the flow.
type chooseStep struct {
	text      *template
	options   []menuOption
	otherwise block
	timeout   time.Duration
	onTimeout block
	manner    manner
}

var (
	_ parent   = (*chooseStep)(nil)
	_ question = (*chooseStep)(nil)
	_ placed   = (*chooseStep)(nil)
)

type menuOption struct {
	label *template
	to    *target // go; or
	with  []setting
	steps block
	span  Span

	payload string // of the quick reply
}

func decodeChoose(d *decoder, f *fields) action {
	a := &chooseStep{
		text: f.template("choose"), otherwise: f.block("otherwise"),
		timeout: f.duration("timeout", 0), onTimeout: f.block("on_timeout"),
		manner: d.manner(f),
	}
	for i, n := range f.list("options") {
		o := d.labelled(n, "option")
		opt := menuOption{label: o.template("label"), steps: o.block("steps"), with: o.settings("with"), span: o.n.span}
		opt.steps.name = "options." + strconv.Itoa(i+1)
		if o.has("go") {
			opt.to = o.target("go")
		}
		switch {
		case o.n.broken:
		case o.lacks("label"):
			d.errorf("key-missing", o.n.span, "add label: and what stands on it", "an option needs a label")
		case opt.to != nil && opt.steps.given:
			d.errorf("button", o.key("go"), "put go: at the end of the steps", "an option has steps: or go:, not both")
		case opt.with != nil && opt.to == nil:
			d.errorf("button", o.key("with"), "with: gives a flow its inputs, so it needs go:", "an option has with: but no go:")
		}
		o.finish()
		a.options = append(a.options, opt)
	}
	if f.lacks("options") || f.node("options") != nil && len(a.options) == 0 {
		d.errorf("key-missing", f.key("choose"), "add options: with a label: and steps: or go: each", "there is nothing to choose from")
	}
	f.atMost("options", maxQuickReplies, "options")
	d.timeouts(f, a.timeout, a.onTimeout)
	return a
}

func (a *chooseStep) blocks() []block {
	out := make([]block, 0, len(a.options)+2)
	for _, o := range a.options {
		out = append(out, o.steps)
	}
	return append(out, a.otherwise, a.onTimeout)
}

func (a *chooseStep) check(c *checker, _ *step, s *scope) {
	c.template(a.text, s)
	c.saidRunes(a.text, maxText, "a question")
	labels := make([]*template, len(a.options))
	for i, o := range a.options {
		labels[i] = o.label
	}
	c.twice(labels)
	var ways []func()
	for _, o := range a.options {
		c.template(o.label, s)
		c.atMostRunes(o.label, maxLabel, "the label of an option")
		if o.to != nil {
			o.to.check(c, o.with, s)
		}
		ways = append(ways, func() { c.checkSteps(o.steps.steps, s) })
	}
	s.apart(append(ways,
		func() { c.checkSteps(a.otherwise.steps, s) },
		func() { c.checkSteps(a.onTimeout.steps, s) },
	)...)
	a.manner.check(c)
}

// placed makes the payloads: the label as the author wrote it names the option, whatever
// the language.
func (a *chooseStep) placed(st *step) {
	for i := range a.options {
		if o := &a.options[i]; o.label != nil {
			o.payload = st.choice(o.label.source)
		}
	}
}

func (a *chooseStep) run(m *machine, st *step) move {
	if !m.maySend() {
		return move{op: hold}
	}
	if err := a.say(m, st); err != nil {
		return fail(fmt.Errorf("choose: %w", err))
	}
	w := wait{For: forAnswer}
	if a.timeout > 0 {
		w.Until = m.after(a.timeout)
	}
	m.thread().Wait = w
	return move{op: stay}
}

func (a *chooseStep) say(m *machine, st *step) error {
	e := m.scope()
	text, err := a.text.text(e, m.language)
	if err != nil {
		return err
	}
	replies := make([]QuickReply, len(a.options))
	for i := range a.options {
		o := &a.options[i]
		label, err := m.label(o.label, e)
		if err != nil {
			return err
		}
		replies[i] = QuickReply{Label: label, Payload: o.payload}
	}
	return m.askAs(a.manner, st, text, "", replies)
}

func (a *chooseStep) answer(m *machine, st *step, r reply) (move, bool) {
	e := m.scope()
	for i := range a.options {
		o := &a.options[i]
		if r.tapped && r.value != o.label.source {
			continue
		}
		if !r.tapped {
			if label, err := m.label(o.label, e); err != nil || !r.is(label) {
				continue
			}
		}
		m.passed(o.span)
		if o.to == nil {
			return st.enter(o.steps.steps), true
		}
		with, err := m.values(o.with, e)
		if err != nil {
			return fail(fmt.Errorf("with: %w", err)), true
		}
		return m.jump(o.to, with), true
	}
	return move{}, false
}

func (a *chooseStep) wrong(m *machine, st *step) (move, bool) {
	if a.otherwise.given {
		return st.enter(a.otherwise.steps), true
	}
	w := &m.thread().Wait
	if w.Tries++; w.Tries >= askAttempts {
		return leave(), true
	}
	if err := a.say(m, st); err != nil {
		return fail(fmt.Errorf("choose: %w", err)), true
	}
	return move{op: stay}, true
}

func (a *chooseStep) repeat(m *machine, st *step) error { return a.say(m, st) }

func (a *chooseStep) late(_ *machine, st *step) move {
	if a.onTimeout.given {
		return st.enter(a.onTimeout.steps)
	}
	return leave()
}
