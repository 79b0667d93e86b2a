package flows

import "strings"

// Where a topic is turned on the centre asks for consent as opt_in does, with the
// platform's request. Which topic it is about stands in the wait: "on restock".

// insideOptIn is the opt_in step of the centre for a topic.
func insideOptIn(t *Topic) *optInStep {
	return &optInStep{topic: word{text: t.Name}, of: t, cadence: t.Cadence, timeout: optInPatience, inside: true}
}

// askedInside is the topic that the centre asks about now.
func (w wait) askedInside() (topic string, asks bool) {
	if w.For == forMenu {
		return "", false
	}
	return strings.CutPrefix(w.Place, "on ")
}

// on begins to ask.
func (c centre) on(t *Topic) move {
	return insideOptIn(t).begin(c.m, c.st, wait{Place: "on " + t.Name})
}

// answerAsked takes an answer to what an opt_in inside the centre asked. The way back
// and the end may be written at any time.
func (c centre) answerAsked(a *optInStep, r reply) (move, bool) {
	if mv, ok := a.answer(c.m, c.st, r); ok {
		return mv, true
	}
	what, ok := menu{options: c.wayOut()}.pick(r)
	if !ok {
		return move{}, false
	}
	return c.do(what, r.text)
}

// agreedTo is what follows a yes.
func (c centre) agreedTo(t *Topic) move {
	if len(c.m.later) > 0 { // the flow for whoever opts in says it
		return c.stand()
	}
	return c.show("", c.text("relance.preferences.granted", map[string]any{"title": c.title(t), "cadence": c.often(c.cadence(t))}))
}

// refused is what follows a no, of the person or of the platform.
func (c centre) refused(t *Topic) move {
	if c.standing(t).Asking == AskNot {
		return c.show("", c.text("relance.preferences.barred", nil))
	}
	return c.show("", c.text("relance.preferences.kept", nil))
}
