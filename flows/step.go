package flows

// step is one item of a list of steps, with its place in the flow.
type step struct {
	id   word   // given by the author; empty text if not
	kind string // the verb: say, ask …
	span Span   // of the verb
	do   action // what the verb does

	// Set by link, when all files are decoded.
	address string // the id, or the path of places: "3", "3.else.1"
	flow    *flow
	next    *step // the step after it: its sibling, else what follows its parent; nil: the flow ends
}

// action is what a step does. Each kind has one, in a file of its own.
type action interface {
	// check reports what can only be known when all files are decoded, and declares
	// in s the names the step saves.
	check(c *checker, st *step, s *scope)
	// run does the step and says where the flow goes on.
	run(m *machine, st *step) move
}

// parent is an action that has steps inside.
type parent interface {
	blocks() []block
}

// block is a list of steps inside a step.
type block struct {
	name  string // then, else, otherwise, "options.2"
	steps []*step
}

// walk visits steps and the steps inside them, in the order they are written.
func walk(steps []*step, visit func(*step)) {
	for _, st := range steps {
		visit(st)
		if p, ok := st.do.(parent); ok {
			for _, b := range p.blocks() {
				walk(b.steps, visit)
			}
		}
	}
}

// stepList decodes a list of steps.
func (d *decoder) stepList(n *node) []*step { return nil }

// checkSteps checks steps in the order they are written; names that one saves are
// known to those behind it.
func (c *checker) checkSteps(steps []*step, s *scope) {
	for _, st := range steps {
		if st.do != nil {
			st.do.check(c, st, s)
		}
	}
}

// move says where a flow goes on after a step.
type move struct{}

type machine struct{}
