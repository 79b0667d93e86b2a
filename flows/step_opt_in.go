package flows

import (
	"crypto/sha256"
	"encoding/base32"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// optInStep asks for consent with the platform's request, or in our own words
// where the platform does not let us ask:
//
//	opt_in: restock
//	about: {model: Gazelle, size: "{{ contact.size }}"}
//	cadence: [daily, weekly]      # asked first, when there are several
//	accepted: [{say: Noted!}]
//	declined: [{say: No worries.}]
//	timeout: 20h
//	on_timeout: [{say: The offer stands.}]
//
// Consent that is active already only gains the interest; but where the platform's
// permit for it is gone and no lane does without, the request is shown to get another, and
// whoever has paused the topic is asked in our own words.
// Without declined or on_timeout the flow ends quietly there.
type optInStep struct {
	topic     word
	about     []setting
	cadence   []string
	accepted  block
	declined  block
	timeout   time.Duration
	onTimeout block

	saysAbout bool // about is there, whatever it holds
	of        *Topic
	inside    bool // the preference centre asks: there its ways lead back
}

var (
	_ parent   = (*optInStep)(nil)
	_ question = (*optInStep)(nil)
)

func decodeOptIn(d *decoder, f *fields) action {
	a := &optInStep{
		topic: f.word("opt_in"), about: f.settings("about"),
		accepted: f.block("accepted"), declined: f.block("declined"),
		timeout: f.duration("timeout", optInPatience), onTimeout: f.block("on_timeout"), saysAbout: f.has("about"),
	}
	for _, w := range f.words("cadence") {
		if !slices.Contains(cadences, w.text) {
			d.errorf("value-unknown", w.span, didYouMean(w.text, cadences, "it can be "), "unknown cadence %q", w.text)
			continue
		}
		a.cadence = append(a.cadence, w.text)
	}
	d.timeouts(f, a.timeout, a.onTimeout)
	return a
}

func (a *optInStep) blocks() []block { return []block{a.accepted, a.declined, a.onTimeout} }

func (a *optInStep) check(c *checker, st *step, s *scope) {
	a.of = c.topic(a.topic)
	c.about(a.about, a.of, s)
	if a.of != nil && len(a.about) == 0 && !a.saysAbout && len(a.of.Interest) > 0 {
		var names []string
		for _, f := range a.of.Interest {
			names = append(names, f.Name+": …")
		}
		c.warnf("interest-missing", a.topic.span, "add about: {"+strings.Join(names, ", ")+"}", "people agree to hear about %q here, and nothing says of what: an event that looks for an interest does not find them", a.of.Name)
	}
	if a.of != nil {
		for _, cadence := range a.cadence {
			if !slices.Contains(a.of.Cadence, cadence) {
				c.errorf("cadence", st.span, "add it to the topic's cadence: in bot.yaml", "topic %q has no cadence %q", a.of.Name, cadence)
			}
		}
	}
	var ways []func()
	for _, b := range a.blocks() {
		ways = append(ways, func() { c.checkSteps(b.steps, s) })
	}
	s.apart(ways...)
}

func (a *optInStep) run(m *machine, st *step) move {
	about, err := m.interest(a.about, a.of)
	if err != nil {
		return fail(err)
	}
	return a.begin(m, st, wait{About: about})
}

// begin asks, first of all how often if there is a choice.
func (a *optInStep) begin(m *machine, st *step, w wait) move {
	switch standing := m.standing(a.of.Name); {
	case standing.hears():
		m.watch(a.of.Name, w.About)
		return a.goOn(m, st)
	case standing.Asking == AskNot:
		return a.refuse(m, st)
	case !m.open() || m.thread().pending: // a request is no notification
		return move{op: hold}
	case standing.Asking == AskLater:
		return a.postpone(m, st)
	case standing.active():
		w.Cadence = standing.Cadence // they chose it before
		return a.request(m, st, w)
	}
	if len(a.offered()) > 1 {
		w.For, w.Until = forCadence, m.after(a.timeout)
		return a.pose(m, st, w)
	}
	return a.request(m, st, w)
}

// offered are the cadences the person may choose from here.
func (a *optInStep) offered() []string { return a.cadence }

// request asks for consent, as the platform lets us.
func (a *optInStep) request(m *machine, st *step, w wait) move {
	standing := m.standing(a.of.Name)
	if standing.hears() {
		m.watch(a.of.Name, w.About)
		return a.goOn(m, st)
	}
	w.Tries, w.Until = 0, m.after(a.timeout)
	switch {
	case standing.Asking == AskNot:
		return a.refuse(m, st)
	case standing.Asking == AskLater:
		return a.postpone(m, st)
	case standing.asleep(), standing.Asking == AskOurselves, standing.Asking == AskPointer:
		w.For = forYes
		w.Wording = m.text("relance.ask_again", map[string]any{"title": m.own.Title(a.of.Name, m.language)})
		if !standing.active() { // else they agree already, and it is about the pause
			m.effects = append(m.effects, Offered{Topic: a.of.Name, Flow: st.flow.id, Step: st.address})
		}
		return a.pose(m, st, w)
	default:
		w.For, w.Request = forConsent, m.requestID(st)
		m.thread().Wait = w
		m.effects = append(m.effects, Ask{
			Topic: a.of.Name, Request: w.Request, Cadence: a.agreed(w), About: w.About,
			Message: a.message(m, st, w), Flow: st.flow.id, Step: st.address, Program: m.own.Hash, Locale: m.language,
		})
		m.sent++
	}
	return move{op: stay}
}

// message is the platform's request.
func (a *optInStep) message(m *machine, st *step, w wait) Message {
	return Message{
		Kind: OptInRequest, Text: cut(m.own.Title(a.of.Name, m.language), maxOptInTitle),
		OptIn: &OptIn{Topic: a.of.Name, Request: w.Request, Image: a.of.Image, Cadence: w.Cadence},
		QuickReplies: []QuickReply{{
			Label:   cut(m.text("relance.no_thanks", nil), maxLabel),
			Payload: Payload{Flow: st.flow.id, Step: st.address, Choice: "no"}.Encode(),
		}},
	}
}

// requestID names a request: the same in a turn that is repeated, and no other's.
func (m *machine) requestID(st *step) string {
	m.named++
	sum := sha256.Sum256([]byte(strings.Join([]string{
		m.w.Contact.ID, m.in.ID, m.in.At.UTC().Format(time.RFC3339Nano), st.flow.id, st.address, strconv.Itoa(m.named),
	}, "\x00")))
	return strings.ToLower(base32.HexEncoding.WithPadding(base32.NoPadding).EncodeToString(sum[:10]))
}

// agreed is the cadence that a yes would mean.
func (a *optInStep) agreed(w wait) string {
	switch {
	case w.Cadence != "":
		return w.Cadence
	case len(a.cadence) > 0:
		return a.cadence[0]
	case len(a.of.Cadence) > 0:
		return a.of.Cadence[0]
	}
	return ""
}

func (a *optInStep) answer(m *machine, st *step, r reply) (move, bool) {
	w := m.thread().Wait
	switch w.For {
	case forCadence:
		for _, cadence := range a.offered() {
			if m.picks(r, cadence, "relance.cadence."+cadence) {
				w.Cadence = cadence
				return a.request(m, st, w), true
			}
		}
	case forYes:
		switch {
		case m.picks(r, "yes", "relance.yes"):
			return a.yes(m, st, w), true
		case m.picks(r, "no", "relance.no"):
			a.decline(m, w, "relance.no")
			return a.refuse(m, st), true
		}
	case forConsent:
		if m.picks(r, "no", "relance.no_thanks") {
			a.decline(m, w, "relance.no_thanks")
			return a.refuse(m, st), true
		}
	}
	return move{}, false
}

// decline notes a no to the platform's request; one in our own words leaves
// nothing to note, unless it stands for a request that was not shown.
func (a *optInStep) decline(m *machine, w wait, key string) {
	if w.Request != "" {
		m.effects = append(m.effects, Declined{Topic: a.of.Name, Request: w.Request, Button: m.text(key, nil)})
	}
}

// picks says whether a reply is a choice of ours: its value tapped, or its label
// typed.
func (m *machine) picks(r reply, value, key string) bool {
	if r.tapped {
		return r.value == value
	}
	return r.is(m.text(key, nil))
}

// yes is the answer to our own question.
func (a *optInStep) yes(m *machine, st *step, w wait) move {
	switch standing := m.standing(a.of.Name); {
	case standing.asleep(): // a yes wakes it
	case standing.active() || standing.Asking == AskNot || standing.Asking == AskLater || standing.Asking == AskPlatform:
		return a.request(m, st, w)
	case standing.Asking == AskPointer:
		w.For, w.Tries, w.Until = forPointer, 0, m.after(a.timeout)
		m.thread().Wait = w
		if err := m.ask(st, m.text("relance.ask_pointer", nil), a.wayOut(m, st)); err != nil {
			return fail(fmt.Errorf("opt_in: %w", err))
		}
		return move{op: stay}
	}
	m.effects = append(m.effects, Grant{
		Topic: a.of.Name, Cadence: a.agreed(w), About: w.About, Wording: w.Wording,
		Button: m.text("relance.yes", nil), Flow: st.flow.id, Step: st.address, Program: m.own.Hash, Locale: m.language,
	})
	m.restand(a.of.Name, func(s *Standing) { s.Status, s.Cadence, s.Since = "active", a.agreed(w), m.w.Now })
	return a.granted(m, st)
}

// granted goes on when consent has just been given.
func (a *optInStep) granted(m *machine, st *step) move {
	if !a.accepted.given {
		if t := m.p.trigger(OnOptedIn, a.of.Name); t != nil {
			m.later = append(m.later, start{flow: t.Flow, trigger: t.ID})
		}
	}
	return a.goOn(m, st)
}

func (a *optInStep) goOn(m *machine, st *step) move {
	if a.inside {
		return centre{m, st}.agreedTo(a.of)
	}
	return st.enter(a.accepted.steps)
}

func (a *optInStep) refuse(m *machine, st *step) move {
	if a.inside {
		return centre{m, st}.refused(a.of)
	}
	if a.declined.given {
		return st.enter(a.declined.steps)
	}
	return leave()
}

// postpone says that the platform does not let us ask again yet.
func (a *optInStep) postpone(m *machine, st *step) move {
	if a.inside {
		return centre{m, st}.show("", m.text("relance.ask_later", nil))
	}
	m.say(st, Message{Kind: Text, Text: m.text("relance.ask_later", nil)})
	return a.refuse(m, st)
}

// wrong asks again how often, or whether. The platform's request stands for
// itself: what else the person writes is for others.
func (a *optInStep) wrong(m *machine, st *step) (move, bool) {
	w := &m.thread().Wait
	if w.For != forCadence && w.For != forYes {
		return move{}, false
	}
	if w.Tries++; w.Tries >= askAttempts {
		return a.late(m, st), true
	}
	return a.pose(m, st, *w), true
}

// pose asks a question of our own and waits for the answer.
func (a *optInStep) pose(m *machine, st *step, w wait) move {
	m.thread().Wait = w
	if err := a.repeat(m, st); err != nil {
		return fail(fmt.Errorf("opt_in: %w", err))
	}
	return move{op: stay}
}

func (a *optInStep) repeat(m *machine, st *step) error {
	w := m.thread().Wait
	switch w.For {
	case forCadence:
		options := make([]option, len(a.offered()))
		for i, cadence := range a.offered() {
			options[i] = option{m.text("relance.cadence."+cadence, nil), cadence}
		}
		return m.ask(st, m.text("relance.cadence.ask", nil), append(options, a.wayOut(m, st)...))
	case forYes:
		return m.ask(st, w.Wording, []option{{m.text("relance.yes", nil), "yes"}, {m.text("relance.no", nil), "no"}})
	}
	return nil // the platform's request is not sent twice
}

// wayOut is what else may be tapped where the preference centre asks.
func (a *optInStep) wayOut(m *machine, st *step) []option {
	if a.inside {
		return centre{m, st}.wayOut()
	}
	return nil
}

func (a *optInStep) late(_ *machine, st *step) move {
	if a.onTimeout.given {
		return st.enter(a.onTimeout.steps)
	}
	return leave()
}
