package flows

// active says whether the person may be written to, now or when a snooze is over.
func (s Standing) active() bool { return s.Status == "active" || s.Status == "snoozed" }

// hears says that what comes is told them as things stand.
func (s Standing) hears() bool { return s.Status == "active" && !s.Unheld }

// asleep says that only the pause they asked for keeps it from them.
func (s Standing) asleep() bool { return s.Status == "snoozed" && !s.Unheld }

// stand notes what the turn did to a consent.
func (m *machine) stand(topic, status string) {
	m.restand(topic, func(s *Standing) {
		if s.Status = status; status == "stopped" {
			s.Interests = nil
		}
	})
}

// restand notes what the turn changed about a consent.
func (m *machine) restand(topic string, change func(*Standing)) {
	s := m.standing(topic)
	change(&s)
	if m.standings == nil {
		m.standings = make(map[string]Standing, 1)
	}
	m.standings[topic] = s
}

// standing is where the person stands with a topic, as the turn has changed it.
func (m *machine) standing(topic string) Standing {
	if s, changed := m.standings[topic]; changed {
		return s
	}
	if m.w.Topics == nil {
		return Standing{}
	}
	return m.w.Topics.Standing(topic)
}

// asking is the opt_in in which a thread waits at a step: the step itself, or the one
// inside the preference centre; nil if it is neither.
func (m *machine) asking(th *thread, st *step) *optInStep {
	switch a := st.do.(type) {
	case *optInStep:
		return a
	case preferencesStep:
		topic, asks := th.Wait.askedInside()
		if !asks {
			return nil
		}
		if t, known := m.program(th).Topic(topic); known {
			return insideOptIn(t)
		}
	}
	return nil
}

// watch adds an interest to an active consent.
func (m *machine) watch(topic string, about map[string]any) {
	if len(about) > 0 {
		m.effects = append(m.effects, Watch{Topic: topic, About: about})
	}
}

// accepted goes on with the opt_in that waits for a request, or for the topic.
func (m *machine) accepted() {
	m.consented(func(w wait, topic string) bool {
		return w.For == forConsent && w.Request == m.in.Request ||
			(w.For == forPointer || w.For == forYes) && topic == m.in.Topic
	})
}

// refused goes on with the opt_in whose request the platform did not show: it asks
// in our own words where a yes to them can count, else it was declined.
func (m *machine) refused() {
	if !m.find(func(th *thread, st *step) bool {
		return m.asking(th, st) != nil && th.Wait.For == forConsent && th.Wait.Request == m.in.Request
	}) {
		return
	}
	st, _ := m.question()
	a, w := m.asking(m.thread(), st), m.thread().Wait
	switch standing := m.standing(a.of.Name); {
	case !standing.active() && standing.Asking == AskPlatform:
		m.apply(a.refuse(m, st)) // it would be refused again
	case !standing.active() && !m.open():
		m.apply(move{op: hold})
	default:
		m.apply(a.request(m, st, w))
	}
	m.run()
}

// optedIn is accepted for consent that was given elsewhere.
func (m *machine) optedIn() {
	m.consented(func(w wait, topic string) bool {
		return topic == m.in.Topic && (w.For == forConsent || w.For == forPointer || w.For == forYes)
	})
}

// consented brings up the opt_in that waited for a consent, and goes on with it; if
// none did, the flow for whoever opts in starts.
func (m *machine) consented(meant func(w wait, topic string) bool) {
	m.stand(m.in.Topic, "active")
	if !m.find(func(th *thread, st *step) bool {
		a := m.asking(th, st)
		return a != nil && meant(th.Wait, a.of.Name)
	}) {
		m.startOn(OnOptedIn, m.in.Topic)
		m.run()
		return
	}
	st, _ := m.question()
	a, w := m.asking(m.thread(), st), m.thread().Wait
	if w.For != forConsent || w.Request != m.in.Request {
		// What was accepted is an earlier request, or none of ours: it says nothing
		// of what this step is about.
		m.watch(a.of.Name, w.About)
		if w.Cadence != "" {
			m.effects = append(m.effects, SetCadence{Topic: a.of.Name, Cadence: w.Cadence})
		}
	}
	m.apply(a.granted(m, st))
	m.run()
}
