package flows

import "slices"

// visit calls f with everything in a flow that leads to another flow, and the names
// it is given there.
func (d *draft) visit(f func(to *target, with []setting)) {
	walk(d.steps, func(st *step) {
		for _, b := range st.tappable() {
			if b.to != nil {
				f(b.to, b.with)
			}
		}
		switch a := st.do.(type) {
		case *goStep:
			f(a.to, a.with)
		case *runStep:
			f(a.to, a.with)
		case *chooseStep:
			for _, o := range a.options {
				if o.to != nil {
					f(o.to, o.with)
				}
			}
		}
	})
}

// unstarted reports flows that nothing leads to. Where anything is wrong, what leads
// there may be what is wrong.
func (c *checker) unstarted(b *botFile) {
	if c.out.list.HasErrors() {
		return
	}
	led := make(map[string]bool)
	for _, m := range b.links {
		if m.kind == "flow" {
			led[before(m.name.text)] = true
		}
	}
	for _, d := range c.flows {
		d.visit(func(to *target, _ []setting) {
			if to.flow != d.id {
				led[to.flow] = true
			}
		})
	}
	for _, id := range c.order {
		if d := c.flows[id]; len(d.triggers) == 0 && !led[id] {
			c.warnf("unstarted", d.span, "give it triggers:, as in - keywords: [hello]; or go: there from another flow, a button or the menu", "nothing starts this flow")
		}
	}
}

// unset finds the inputs that a flow may be started without: by a trigger, or by
// somebody who does not give them.
func (c *checker) unset() map[*draft]map[string]bool {
	out := make(map[*draft]map[string]bool)
	without := func(d *draft, given func(string) bool) {
		if d == nil {
			return
		}
		for _, in := range d.inputs {
			if !given(in.name.text) {
				if out[d] == nil {
					out[d] = make(map[string]bool)
				}
				out[d][in.name.text] = true
			}
		}
	}
	for _, id := range c.order {
		d := c.flows[id]
		for _, t := range d.triggers {
			without(d, func(name string) bool { return contains(t.names, name) })
		}
		d.visit(func(to *target, with []setting) {
			if to.flow == id {
				return // it has its inputs already
			}
			without(c.flows[to.flow], func(name string) bool {
				return slices.ContainsFunc(with, func(s setting) bool { return s.name.text == name })
			})
		})
	}
	return out
}
