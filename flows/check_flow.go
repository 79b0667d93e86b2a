package flows

import (
	"slices"
)

// claim is the first flow that something starts.
type claim struct {
	flow string
	at   Span
}

// triggers checks what starts a flow, and puts what it brings into scope.
func (c *checker) triggers(d *draft, s *scope, claimed map[string]claim, keywords map[string]bool) {
	filled := make(map[string]bool)
	for n, t := range d.triggers {
		c.trigger(t, s, len(d.triggers) == 1 || onlyComments(d))
		if n == 0 {
			filled = t.fills()
		} else {
			other := t.fills()
			for field := range filled {
				if !other[field] {
					delete(filled, field)
				}
			}
		}
		c.claim(t, d, claimed)
		c.held(t)
		c.gap(t)
		c.chain(t, d.steps)
		for _, w := range t.keywords {
			keywords[fold(w.text)] = true
			if c.stop[fold(w.text)] {
				c.warnf("keyword-stop", w.span, "choose another word; stop words end everything before a flow sees them", "%q is a stop word and never starts this flow", w.text)
			}
		}
	}
	for field := range filled {
		s.filled[field] = true
	}
}

// trigger checks one trigger; alone says that nothing else starts its flow.
func (c *checker) trigger(t *Trigger, s *scope, alone bool) {
	where := newScope()
	var topic *Topic
	if t.Topic != "" {
		topic = c.topic(t.topic)
		interest := anyType
		if topic != nil {
			interest = record("the interest of topic "+topic.Name, topic.Interest)
		}
		where.names["interest"], where.names["topic"] = interest, textType
		s.merge("interest", interest)
		s.names["topic"] = textType
	}
	switch t.Kind {
	case OnEvent:
		event := c.event(t.value)
		where.names["event"] = event
		s.merge("event", event)
		if t.Topic != "" {
			where.names["events"] = listOf(event)
			s.merge("events", listOf(event))
		}
	case OnOptedIn, OnOptedOut:
		c.topic(t.value)
	case OnDate:
		c.dateTrigger(t)
	case OnPattern:
		for _, name := range t.names {
			is := textType
			is.empty = !alone
			s.merge(name, is)
		}
	case OnComment:
		is := textType
		is.empty = !alone
		s.merge(commentName, is)
	}
	c.expression(t.where, where, boolType)
}

// merge adds a name that several triggers may bring, with what any of them brings.
func (s *scope) merge(name string, t typ) {
	old, ok := s.names[name]
	if !ok {
		s.names[name] = t
		return
	}
	if old.kind == anyKind || t.kind == anyKind {
		s.names[name] = anyType
		return
	}
	if old.kind == objectKind && t.kind == objectKind && old.fields != nil && t.fields != nil {
		both := typ{kind: objectKind, name: old.name, fields: make(map[string]typ)}
		for _, from := range []map[string]typ{old.fields, t.fields} {
			for field, is := range from {
				if other, twice := both.fields[field]; twice {
					is = other.join(is)
				}
				both.fields[field] = is
			}
		}
		s.names[name] = both
		return
	}
	s.names[name] = old.join(t)
}

// claim reports two flows that the same thing would start.
func (c *checker) claim(t *Trigger, d *draft, claimed map[string]claim) {
	if t.several {
		return
	}
	take := func(key, what string, at Span) {
		first, taken := claimed[key]
		if !taken {
			claimed[key] = claim{d.id, at}
			return
		}
		if first.flow == d.id {
			return
		}
		c.warnf("trigger-twice", at, "keep one of the two; until then only "+first.flow+" starts", "%s starts the flow %q already", what, first.flow)
	}
	switch t.Kind {
	case OnKeywords:
		for _, w := range t.keywords {
			take("keyword "+fold(w.text), "the keyword \""+w.text+"\"", w.span)
			for _, l := range c.locales {
				for _, entry := range l.like(w.text) {
					for _, other := range entry.words {
						what := "\"" + other + "\", in " + l.language + " the keyword \"" + w.text + "\" of the flow \"" + d.id + "\","
						take("keyword "+fold(other), what, entry.key.span)
						if c.stop[fold(other)] && !c.stop[fold(w.text)] {
							c.warnf("keyword-stop", entry.key.span, "choose another word; stop words end everything before a flow sees them", "%q is a stop word and never starts a flow", other)
						}
					}
				}
			}
		}
	case OnStart, OnFallback:
		take(string(t.Kind), string(t.Kind)+": true", t.value.span)
	case OnPostback, OnReferral, OnOptedIn, OnOptedOut:
		take(string(t.Kind)+" "+t.Value, string(t.Kind)+": "+t.Value, t.value.span)
	case OnCron:
		if t.Topic != "" && t.where == nil && t.Holdout == 0 {
			if first, taken := claimed["cron "+t.Value+" "+t.Zone+" "+t.Topic]; taken && first.flow != d.id {
				c.warnf("trigger-twice", t.value.span, "write to them at another time, or put both into one flow", "the flow %q writes to the same people at the same moment: their cadence lets one of the two through", first.flow)
			} else {
				claimed["cron "+t.Value+" "+t.Zone+" "+t.Topic] = claim{d.id, t.value.span}
			}
		}
	case OnComment:
		if t.words[0] == "" {
			return // its word is wrong, which was said
		}
		take("comment "+t.words[0], "a comment with \""+t.Value+"\"", t.value.span)
	case OnPattern:
		take("pattern "+t.Value, "the same pattern", t.value.span)
	}
}

// stepIDs reports ids that stand twice.
func (c *checker) stepIDs(d *draft) {
	first := make(map[string]word)
	walk(d.steps, func(st *step) {
		if st.id.text == "" {
			return
		}
		if old, twice := first[st.id.text]; twice {
			c.errorf("id-twice", st.id.span, "give this step another id", "the id %q is that of the step on line %d already", st.id.text, old.span.Start.Line)
			return
		}
		first[st.id.text] = st.id
	})
}

// leaves says whether nothing runs behind a step.
func leaves(st *step) bool {
	switch a := st.do.(type) {
	case *goStep, endStep:
		return true
	case *splitStep:
		for _, v := range a.variants {
			if !ends(v.steps.steps) {
				return false
			}
		}
		return len(a.variants) > 0
	case *ifStep:
		return a.yes.given && a.other.given && ends(a.yes.steps) && ends(a.other.steps)
	case *chooseStep:
		for _, o := range a.options {
			if o.to == nil && !ends(o.steps.steps) {
				return false
			}
		}
		return len(a.options) > 0 && a.otherwise.stops() && a.onTimeout.stops()
	case *optInStep:
		return a.accepted.given && a.accepted.stops() && a.declined.stops() && a.onTimeout.stops()
	}
	return false
}

// stops says whether nothing runs behind a block: it leaves, or there is none, and the
// flow ends where it would be.
func (b block) stops() bool { return !b.given || ends(b.steps) }

// ends says whether a list of steps always leaves.
func ends(steps []*step) bool { return slices.ContainsFunc(steps, leaves) }

// unreachable reports steps behind one that leaves. A step with an id may be
// reached by go:.
func (c *checker) unreachable(steps []*step) {
	for i, st := range steps {
		if p, ok := st.do.(parent); ok {
			for _, b := range p.blocks() {
				c.unreachable(b.steps)
			}
		}
		if !leaves(st) || i+1 == len(steps) || steps[i+1].id.text != "" {
			continue
		}
		what := st.kind + " on line " + itoa(st.span.Start.Line) + " leaves the flow before"
		if st.kind == "split" {
			what = "every variant of the split on line " + itoa(st.span.Start.Line) + " leaves the flow before"
		}
		switch st.kind {
		case "choose", "opt_in":
			what = "whatever comes of the " + st.kind + " on line " + itoa(st.span.Start.Line) + " leaves the flow before"
		case "if":
			what = "every branch of the if on line " + itoa(st.span.Start.Line) + " leaves the flow before"
		}
		c.warnf("unreachable", steps[i+1].span, "delete it, move it up, or give it an id: and go there", "this step is never reached: %s", what)
	}
}

// unasked reports topics that nobody can agree to.
func (c *checker) unasked(b *botFile) {
	asked := make(map[string]bool)
	for _, d := range c.flows {
		if d.broken || c.out.failed(d.file) {
			return
		}
		walk(d.steps, func(st *step) {
			if a, ok := st.do.(*optInStep); ok {
				asked[a.topic.text] = true
			}
		})
	}
	for _, t := range c.bot.Topics {
		if len(c.flows) > 0 && !asked[t.Name] && !b.shaky[t.Name] {
			c.warnf("topic-unasked", b.topics[t.Name], "add a step to a flow: - opt_in: "+t.Name, "no flow asks people to agree to %q", t.Name)
		}
	}
}
