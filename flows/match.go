package flows

// Match says whether a trigger's where: holds for a person, and for which of their
// interests: the first. Without where:, an event matches an interest if the fields
// they share by name are equal; a topic that has no interests matches as a whole.
// interest is nil if the person has none.
func (p *Program) Match(t *Trigger, w World, event map[string]any, interests []map[string]any) (interest map[string]any, ok bool) {
	if t.where == nil {
		return p.matchNames(t, event, interests)
	}
	return p.matchWhere(t, w, event, interests)
}

// matchWhere is Match for a trigger with where:.
func (p *Program) matchWhere(t *Trigger, w World, event map[string]any, interests []map[string]any) (interest map[string]any, ok bool) {
	e := newEnv(p, &w, p.Language(w.Contact)).with("topic", t.Topic)
	if t.Kind == OnEvent {
		e = e.with("event", event).with("events", []any{event})
	}
	if len(interests) == 0 {
		return nil, t.where.truth(e.with("interest", nil))
	}
	for _, interest := range interests {
		if t.where.truth(e.with("interest", interest)) {
			return interest, true
		}
	}
	return nil, false
}

// matchNames is Match for a trigger without where:.
func (p *Program) matchNames(t *Trigger, event map[string]any, interests []map[string]any) (interest map[string]any, ok bool) {
	if len(interests) == 0 {
		topic, known := p.Topic(t.Topic)
		return nil, t.Kind != OnEvent || !known || len(topic.Interest) == 0
	}
	if t.Kind != OnEvent {
		return interests[0], true
	}
	for _, interest := range interests {
		if agree(event, interest) {
			return interest, true
		}
	}
	return nil, false
}

// agree says whether the fields that both have are equal.
func agree(event, interest map[string]any) bool {
	for name, v := range interest {
		if other, there := event[name]; there && v != nil && other != nil && !same(v, other) {
			return false
		}
	}
	return true
}

// EventTerms are the terms that an interest must have for the trigger to match, as
// InterestTerms spells them: storage finds people by them. nil means that no
// terms decide, and everybody must be matched: so it is without where:, since an
// interest may leave out any field.
func (p *Program) EventTerms(t *Trigger, event map[string]any) []string {
	if t.where == nil {
		return nil
	}
	var out []string
	for _, term := range t.Terms {
		v := plain(event[term.Event])
		if v != nil && v != false { // of an interest that does not say, false is true
			out = append(out, term.Interest+"="+spell(v))
		}
	}
	return out
}
