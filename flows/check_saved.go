package flows

import "slices"

// passedBy says whether what follows a block may be reached through it without a name
// having been saved there.
func passedBy(b block, name string) bool { return b.given && skips(b.steps, name) }

// skips is passedBy for a list of steps.
func skips(steps []*step, name string) bool {
	return !slices.ContainsFunc(steps, func(st *step) bool { return leaves(st) || saves(st, name) })
}

// saves says whether a name is saved on every way that leads on behind a step.
func saves(st *step, name string) bool {
	branch := func(b block) bool { return !b.given || skips(b.steps, name) } // nothing there leads on, too
	switch a := st.do.(type) {
	case *setStep:
		return slices.ContainsFunc(a.values, func(v setting) bool { return v.name.text == name })
	case *askStep:
		return a.save.text == name && !passedBy(a.otherwise, name) && !passedBy(a.onTimeout, name)
	case *callStep:
		return a.save.text == name && !passedBy(a.onError, name)
	case *ifStep:
		return !branch(a.yes) && !branch(a.other)
	case *splitStep:
		return len(a.variants) > 0 && !slices.ContainsFunc(a.variants, func(v variant) bool { return branch(v.steps) })
	case *chooseStep:
		return len(a.options) > 0 && !passedBy(a.otherwise, name) && !passedBy(a.onTimeout, name) &&
			!slices.ContainsFunc(a.options, func(o menuOption) bool { return o.to == nil && branch(o.steps) })
	case *optInStep:
		return !branch(a.accepted) && !passedBy(a.declined, name) && !passedBy(a.onTimeout, name)
	}
	return false
}

// leadsBehind says whether a block goes on at a step of its own flow that stands behind
// another one, and by that past it.
func (c *checker) leadsBehind(b block, st *step) bool {
	past := false
	walk(b.steps, func(inner *step) {
		a, jumps := inner.do.(*goStep)
		if !jumps || a.to.step == "" {
			return
		}
		d := c.flows[a.to.flow]
		if d == nil || d.file != st.span.File {
			return
		}
		walk(d.steps, func(to *step) {
			past = past || to.id.text == a.to.step && to.span.Start.Line > inner.span.Start.Line
		})
	})
	return past
}

// unsaved speaks of fields of the person that flows look at and none saves: a day that
// never comes, a condition that never holds. In a bot with mistakes it may be one of those
// that keeps a flow from saving it.
func (c *checker) unsaved() {
	if c.unsure || c.out.list.HasErrors() {
		return
	}
	saved := make(map[string]bool)
	for _, id := range c.order {
		walk(c.flows[id].steps, func(st *step) {
			switch a := st.do.(type) {
			case *setStep:
				for _, v := range a.values {
					saved[v.name.contactField()] = true
				}
			case *askStep:
				saved[a.save.contactField()] = true
			case *callStep:
				saved[a.save.contactField()] = true
			}
		})
	}
	for _, id := range c.order {
		for _, t := range c.flows[id].triggers {
			if t.Kind == OnDate && !saved[t.Field] && c.bot.field(t.Field) != nil {
				c.warnf("date", t.value.span, "save it where it becomes known: save: contact."+t.Field+", or set: {contact."+t.Field+`: "{{ today() }}"}`,
					"no flow saves contact.%s: this day never comes, unless a program of yours sets it", t.Field)
			}
		}
	}
	for _, f := range c.bot.Fields {
		if at, read := c.read[f.Name]; read && !saved[f.Name] {
			c.report(Info, "field-unsaved", at, "save it where it becomes known: save: contact."+f.Name+", or set: {contact."+f.Name+": …}",
				"no flow saves contact.%s: nobody has one, unless a program of yours sets it", f.Name)
		}
	}
}
