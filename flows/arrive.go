package flows

// wake lets every wait go on whose time has come, the earliest first.
func (m *machine) wake() {
	for range maxStack + maxBeside {
		th := m.due()
		if th == nil {
			return
		}
		th.Wait.Until = 0
		m.speakAs(th)
		st, err := m.place(th, th.top())
		w, ok := (waiter)(nil), false
		if err == nil && st != nil {
			w, ok = st.do.(waiter)
			ok = ok && th.Wait.fits(st)
		}
		switch {
		case err != nil:
			m.fault(err.Error())
		case !ok:
			th.Wait = wait{}
		default:
			m.apply(w.late(m, st))
		}
		m.run()
	}
}

// due brings the thread whose time came first to the top; nil if none is due. On
// the stack only the top can be late: what lies below is when it is uncovered.
func (m *machine) due() *thread {
	if m.lift(func(w *wait) bool { return w.For == forCall && w.due(m.w.Now) }) {
		return m.thread()
	}
	first := -1
	for i := range m.beside {
		if w := m.beside[i].Wait; w.due(m.w.Now) && (first < 0 || w.Until < m.beside[first].Wait.Until) {
			first = i
		}
	}
	if th := m.thread(); th != nil && th.Wait.due(m.w.Now) && (first < 0 || th.Wait.Until <= m.beside[first].Wait.Until) {
		return th
	}
	if first < 0 {
		return nil
	}
	m.bring(first)
	return m.thread()
}

// happened handles an event that names this contact: it wakes what waits for it,
// and starts the flow of its trigger.
func (m *machine) happened() {
	event := plainObject(m.in.Event)
	for i := len(m.beside) - 1; i >= 0; i-- {
		if i >= len(m.beside) || m.beside[i].Wait.For != forEvent {
			continue
		}
		th := &m.beside[i]
		st, err := m.place(th, th.top())
		if err != nil || st == nil {
			continue
		}
		m.speakAs(th)
		a, ok := st.do.(*waitStep)
		if !ok || a.event.text != m.in.Name {
			continue
		}
		if a.where != nil && !a.where.truth(m.seen(th).with("event", event)) {
			continue
		}
		m.bring(i)
		c := cause{}
		if old := m.thread().Cause; old != nil {
			c = *old
		}
		c.Event, c.Events = event, nil
		m.thread().Cause = &c
		m.apply(st.onward())
		m.run()
	}
	t, ok := m.p.Trigger(m.in.Trigger)
	if !ok {
		return
	}
	c := &cause{Trigger: t.ID, Event: event}
	m.speakAs(nil)
	if t.where != nil && !t.where.truth(m.see(c)) {
		return
	}
	m.start(start{flow: t.Flow, trigger: t.ID, cause: c})
	m.run()
}

// idled starts the flow of somebody's silence. What they were asked waits below it.
func (m *machine) idled() {
	t, ok := m.p.Trigger(m.in.Trigger)
	if !ok || t.where != nil && !t.where.truth(m.see(nil)) {
		return
	}
	m.start(start{flow: t.Flow, trigger: t.ID})
	m.run()
}
