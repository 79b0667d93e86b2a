package flows

import "slices"

// optOutStep withdraws consent, at once, and says so unless an opted_out flow does:
//
//	opt_out: restock              # or all
//	opt_out: {topic: restock, about: {model: Gazelle}}
//
// With about, only that interest is dropped.
type optOutStep struct {
	topic word
	about []setting
	one   bool // about is given

	of *Topic // nil: all
}

func decodeOptOut(d *decoder, f *fields) action {
	n := f.node("opt_out")
	if n == nil || n.kind != mapNode {
		return &optOutStep{topic: f.word("opt_out")}
	}
	inner := d.fields(n, "opt_out")
	a := &optOutStep{topic: inner.word("topic"), about: inner.settings("about"), one: true}
	if !inner.has("topic") || !inner.has("about") {
		d.errorf("key-missing", n.span, "write {topic: TOPIC, about: {..}}, or the topic alone to drop all of it", "opt_out needs both topic: and about: here")
	}
	inner.finish()
	return a
}

func (a *optOutStep) check(c *checker, _ *step, s *scope) {
	if a.topic.text != "all" || a.one {
		a.of = c.topic(a.topic)
	}
	c.about(a.about, a.of, s)
}

func (a *optOutStep) run(m *machine, st *step) move {
	switch {
	case a.one:
		about, err := m.interest(a.about, a.of)
		if err != nil {
			return fail(err)
		}
		if len(about) > 0 {
			m.effects = append(m.effects, Unwatch{Topic: a.of.Name, About: about})
		}
		if m.maySend() {
			m.say(st, Message{Kind: Text, Text: m.text("relance.interest_dropped", nil)})
		}
	case a.of == nil:
		m.effects = append(m.effects, Withdraw{Source: "step", Flow: st.flow.id, Step: st.address, Program: m.own.Hash})
		m.stack, m.beside = m.stack[len(m.stack)-1:], nil
		flows, all := m.withdrawn()
		m.later = append(m.later, flows...)
		if !all {
			m.confirm(st, "relance.stopped_all", nil)
		}
	default:
		m.optOut(a.of.Name, st, Withdraw{Topic: a.of.Name, Source: "step", Flow: st.flow.id, Step: st.address, Program: m.own.Hash})
	}
	return st.onward()
}

// stopEverything is what a stop word does: every consent is withdrawn and every
// flow ends.
func (m *machine) stopEverything(source, wording string) {
	m.effects = append(m.effects, Withdraw{Source: source, Wording: wording})
	m.stack, m.beside = nil, nil
	flows, all := m.withdrawn()
	m.later = append(m.later, flows...)
	if !all {
		m.confirm(nil, "relance.stopped_all", nil)
	}
}

// withdraw is what somebody wants who says so outside of the chat: the same as there, but
// that only opted_out flows speak of it.
func (m *machine) withdraw() {
	m.effects = append(m.effects, Withdraw{Topic: m.in.Topic, Source: m.in.Source})
	if m.in.Topic == "" {
		m.stack, m.beside = nil, nil
		m.later, _ = m.withdrawn()
		return
	}
	agreed := m.standing(m.in.Topic).active()
	m.stand(m.in.Topic, "stopped")
	m.forget(m.in.Topic)
	if agreed {
		m.startOn(OnOptedOut, m.in.Topic)
	}
}

// withdrawn notes that every consent is gone. It gives the opted_out flows of those
// that were; all says that there were some, and each has one.
func (m *machine) withdrawn() (flows []start, all bool) {
	had := 0
	for i := range m.p.Bot.Topics {
		topic := m.p.Bot.Topics[i].Name
		if !m.standing(topic).active() {
			continue
		}
		had++
		m.stand(topic, "stopped")
		if t := m.p.trigger(OnOptedOut, topic); t != nil {
			flows = append(flows, start{flow: t.Flow, trigger: t.ID})
		}
	}
	return flows, had > 0 && len(flows) == had
}

// optOut withdraws one consent. st is nil outside of flows.
func (m *machine) optOut(topic string, st *step, w Withdraw) {
	m.effects = append(m.effects, w)
	m.stand(topic, "stopped")
	m.forget(topic)
	if t := m.p.trigger(OnOptedOut, topic); t != nil && !m.onStack(t.Flow) {
		m.later = append(m.later, start{flow: t.Flow, trigger: t.ID})
		return
	}
	m.confirm(st, "relance.stopped", map[string]any{"title": m.own.Title(topic, m.language)})
}

// forget drops what a topic's notifications left to say; "" means every topic.
func (m *machine) forget(topic string) {
	m.beside = slices.DeleteFunc(m.beside, func(th thread) bool {
		return th.Cause != nil && th.Cause.Topic != "" && (topic == "" || th.Cause.Topic == topic)
	})
}

// confirm says in the framework's words that something stopped. Where nothing may
// be sent now, nothing is said: what was asked for is done all the same.
func (m *machine) confirm(st *step, key string, vars map[string]any) {
	msg := Message{Kind: Text, Text: m.text(key, vars)}
	switch {
	case st == nil && m.open():
		m.effects = append(m.effects, Say{Message: msg})
		m.sent++
	case st != nil && m.maySend():
		m.say(st, msg)
	}
}

// onStack says whether a flow runs or waits on the stack.
func (m *machine) onStack(flow string) bool {
	for i := range m.stack {
		for j := range m.stack[i].Frames {
			if m.stack[i].Frames[j].Flow == flow {
				return true
			}
		}
	}
	return false
}
