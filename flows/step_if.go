package flows

// ifStep branches. A condition that fails on a missing value is false.
//
//	if: contact.size > 45
//	then: [{say: Large}]
//	else: [{say: Small}]
type ifStep struct {
	condition  *expression
	yes, other block
}

var _ parent = (*ifStep)(nil)

func decodeIf(d *decoder, f *fields) action {
	a := &ifStep{condition: f.expression("if"), yes: f.block("then"), other: f.block("else")}
	if !a.yes.given && !a.other.given {
		d.errorf("key-missing", f.key("if"), "add then: and the steps to do if it holds", "this condition decides nothing")
	}
	return a
}

func (a *ifStep) blocks() []block { return []block{a.yes, a.other} }

func (a *ifStep) check(c *checker, _ *step, s *scope) {
	c.expression(a.condition, s, boolType)
	s.apart(
		func() { c.checkSteps(a.yes.steps, s.given(a.condition)) },
		func() { c.checkSteps(a.other.steps, s.otherwise(a.condition)) },
	)
	if a.yes.given && a.yes.stops() {
		s.learn(a.condition, false)
	}
	if a.other.given && a.other.stops() {
		s.learn(a.condition, true)
	}
}

func (a *ifStep) run(m *machine, st *step) move {
	if a.condition.truth(m.scope()) {
		return st.enter(a.yes.steps)
	}
	return st.enter(a.other.steps)
}
