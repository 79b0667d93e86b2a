package flows

import "fmt"

// goStep moves to another flow, or to a step; nothing comes back from there.
//
//	go: sizes            # or sizes#ask, or "#ask" in the same flow
//	with: {model: Gazelle}
type goStep struct {
	to   *target
	with []setting
}

func decodeGo(d *decoder, f *fields) action {
	return &goStep{to: f.target("go"), with: f.settings("with")}
}

func (a *goStep) check(c *checker, _ *step, s *scope) { a.to.check(c, a.with, s) }

func (a *goStep) run(m *machine, _ *step) move {
	with, err := m.values(a.with, m.scope())
	if err != nil {
		return fail(fmt.Errorf("with: %w", err))
	}
	return m.jump(a.to, with)
}

// runStep runs another flow and goes on when that ends. Names are each flow's own:
// what it should know is given by with:, what it should leave is saved to the
// contact.
//
//	run: sizes
//	with: {model: Gazelle}
type runStep struct {
	to   *target
	with []setting
}

func decodeRun(d *decoder, f *fields) action {
	return &runStep{to: f.target("run"), with: f.settings("with")}
}

func (a *runStep) check(c *checker, _ *step, s *scope) { a.to.check(c, a.with, s) }

func (a *runStep) run(m *machine, _ *step) move {
	with, err := m.values(a.with, m.scope())
	if err != nil {
		return fail(fmt.Errorf("with: %w", err))
	}
	return m.begin(a.to, with, true)
}
