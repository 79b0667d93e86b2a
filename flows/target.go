package flows

import (
	"errors"
	"strings"
)

// errTooDeep ends a flow that runs flows in one another without end.
var errTooDeep = errors.New("flows run each other more than 5 deep")

// target is where go: and run: lead: a flow, or one of its steps.
type target struct {
	name word // as written: flow, flow#id or #id
	flow string
	step string // empty: the first
}

// String is the target as payloads carry it, with its flow.
func (t *target) String() string {
	if t.step == "" {
		return t.flow
	}
	return t.flow + "#" + t.step
}

// target decodes the value of go: or run:.
func (f *fields) target(key string) *target {
	t := &target{name: f.word(key)}
	var hash bool
	t.flow, t.step, hash = strings.Cut(t.name.text, "#")
	if t.flow == "" && hash {
		t.flow = f.d.flow
	}
	if hash && t.step == "" {
		f.d.errorf("shape", t.name.span, "write #id, the id of a step", "no step is named behind #")
	}
	return t
}

// check reports a flow, step or input that is not there.
func (t *target) check(c *checker, with []setting, s *scope) {
	for _, w := range with {
		c.template(w.value, s)
	}
	if t.flow == "" {
		return
	}
	to := c.flow(word{text: t.flow, span: t.name.span})
	if to == nil || to.broken {
		return
	}
	if t.step != "" {
		if ids := to.ids(); !contains(ids, t.step) {
			hint := didYouMean(t.step, ids, "its steps with an id are ")
			if len(ids) == 0 {
				hint = "give the step an id: - id: " + t.step
			}
			for _, r := range to.moved {
				if r.from.text == t.step {
					hint = "it was moved: write the name it has now, " + r.to.text
				}
			}
			c.errorf("step-missing", t.name.span, hint, "flow %q has no step with the id %q", t.flow, t.step)
		}
	}
	var names []string
	types := make(map[string]typ)
	for _, in := range to.inputs {
		names = append(names, in.name.text)
		types[in.name.text] = in.is
	}
	for _, w := range with {
		if want, known := types[w.name.text]; known {
			if text, literal := w.value.literal(); literal {
				if _, ok := want.convert(w.value.fixed); !ok {
					c.errorf("type", w.value.span, "write "+want.describe()+", or change the input there", "%q does not fit: %s takes %s", text, w.name.text, want.describe())
				}
			} else if is := w.value.typ(); !is.fits(want) {
				c.errorf("type", w.value.span, "give it "+want.describe()+", or change the input there", "%s takes %s, this is %s", w.name.text, want.describe(), is.describe())
			}
			continue
		}
		hint := didYouMean(w.name.text, names, "its inputs are ")
		if len(names) == 0 {
			hint = "declare it there: inputs: {" + w.name.text + ": text}"
		}
		c.errorf("input-unknown", w.name.span, hint, "flow %q has no input %q", t.flow, w.name.text)
	}
}

// jump moves the running frame to a target.
func (m *machine) jump(t *target, with map[string]any) move {
	fr := m.frame()
	fl := m.own.flows[t.flow]
	m.thread().Wait = wait{}
	if t.step != "" && t.flow == fr.Flow {
		for k, v := range fl.given(with) {
			fr.save(k, v)
		}
		fr.goTo(fl.find(t.step))
		return move{op: moved}
	}
	return m.begin(t, with, false)
}

// begin starts a target in place of the running frame, or above it if that is to
// go on afterwards.
func (m *machine) begin(t *target, with map[string]any, andReturn bool) move {
	fl := m.own.flows[t.flow]
	fr := frame{Flow: t.flow, Names: fl.given(with), own: true}
	fr.goTo(fl.first)
	if t.step != "" {
		fr.goTo(fl.find(t.step))
	}
	th := m.thread()
	if andReturn && len(th.Frames) == maxStack {
		return fail(errTooDeep)
	}
	m.effects = append(m.effects, Started{Flow: t.flow})
	if m.restart(fr, nil, m.own) {
		return move{op: moved}
	}
	if !andReturn {
		*th.top() = fr
		return move{op: moved}
	}
	th.Frames = append(th.Frames, fr)
	m.shallow()
	return move{op: moved}
}
