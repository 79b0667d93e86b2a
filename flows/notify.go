package flows

import "slices"

// notify starts the flow of a notification. Its first message is the notification,
// whatever the window; after it the flow waits for the person's next act.
func (m *machine) notify() {
	t, ok := m.p.Trigger(m.in.Trigger)
	if !ok || m.p.flows[t.Flow] == nil {
		m.effects = append(m.effects, Fault{Message: "the trigger of the notification is gone"}, Silent{})
		return
	}
	// Of one trigger, only the newest notification goes on when the person is back.
	m.beside = slices.DeleteFunc(m.beside, func(th thread) bool {
		return th.Cause != nil && th.Cause.Trigger == t.ID && (th.Wait.For == forAct || th.Wait.person())
	})
	c := &cause{Trigger: t.ID, Topic: m.in.Topic, Event: plainObject(m.in.Event), Interest: plainObject(m.in.Interest)}
	if len(m.in.Events) > 1 {
		for _, e := range m.in.Events {
			c.Events = append(c.Events, plainObject(e))
		}
	}
	m.notified = t.Flow
	m.start(start{flow: t.Flow, trigger: t.ID, cause: c, aside: true})
	m.run()
}

// told parks the thread whose step has just sent its notification.
func (m *machine) told(th *thread) {
	if th.waits() { // a question: it is answered beside the stack
		if th.Wait.Until == 0 {
			th.Wait.Until = m.after(parkLimit)
		}
		return
	}
	if m.left(th) {
		th.Wait = wait{For: forAct, Until: m.after(parkLimit)}
	}
}

// left says whether any step of a thread is left to do.
func (m *machine) left(th *thread) bool {
	for i := range th.Frames {
		f := &th.Frames[i]
		st, err := m.place(th, f)
		if err == nil && st != nil && i < len(th.Frames)-1 {
			st = st.next // it stands at the run: of the frame above
		}
		if err != nil || st != nil {
			return true
		}
	}
	return false
}

// addWayOut gives a notification a Stop, unless one tap ends the topic already. It
// is a quick reply; where those are full, a button, with which the text may be shorter;
// else it takes the place of the last quick reply.
func (m *machine) addWayOut(topic string, msg *Message) {
	payload := m.p.ending(topic)
	if hasWayOut(payload, m.p.ending("all"), msg) {
		return
	}
	label := cut(m.text("relance.stop", nil), maxLabel)
	switch {
	case len(msg.QuickReplies) < maxQuickReplies:
		msg.QuickReplies = append(msg.QuickReplies, QuickReply{Label: label, Payload: payload})
	case msg.Kind == Text && len(msg.Buttons) < maxButtons:
		msg.Buttons = append(msg.Buttons, Button{Label: label, Payload: payload})
	default:
		msg.QuickReplies[len(msg.QuickReplies)-1] = QuickReply{Label: label, Payload: payload}
	}
}

// ending is the payload that ends a topic, or "all".
func (p *Program) ending(topic string) string {
	if payload := p.endings[topic]; payload != "" {
		return payload
	}
	return Payload{OptOut: topic}.Encode()
}

// hasWayOut says whether a message has something with the payload that ends its topic, or
// with that which ends all.
func hasWayOut(topic, all string, msg *Message) bool {
	stops := func(payload string) bool { return payload == topic || payload == all }
	for _, q := range msg.QuickReplies {
		if stops(q.Payload) {
			return true
		}
	}
	for _, b := range msg.Buttons {
		if stops(b.Payload) {
			return true
		}
	}
	for _, c := range msg.Cards {
		for _, b := range c.Buttons {
			if stops(b.Payload) {
				return true
			}
		}
	}
	return false
}

// plainObject is an object as JSON gives it back, nil if it is empty. It is the very
// object where that is so: of an event nobody changes anything.
func plainObject(v map[string]any) map[string]any {
	switch {
	case len(v) == 0:
		return nil
	case isPlain(v, 0):
		return v
	}
	return plainMap(v, 0)
}
