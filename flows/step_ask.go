package flows

import (
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

// askStep sends a question and waits for the answer:
//
//	ask: Which size?
//	save: contact.size        # or a name of the flow
//	unless: contact.size != nil
//	type: number              # else the field's
//	suggest: true             # of an e-mail or phone: the platform offers the person's own
//	choices: [39, 40, 41]     # or {Small: S, Large: L}, or "{{ sizes }}"
//	check: value % 1 == 0
//	retry: A size between 35 and 48, please.
//	attempts: 3
//	otherwise: [{say: Never mind.}]
//	timeout: 2h
//	on_timeout: [{say: Still there?}]
//	persona: zoe
//	typing: 1s
//
// Choices are quick replies; they may be typed too. They are all there is to
// choose from for type: choice, else suggestions: type, the field's bounds and
// check judge an answer.
type askStep struct {
	text      *template
	save      word
	unless    *expression
	kind      string // a type by name; empty: that of the field
	kindAt    Span
	suggest   bool // offers the person's own e-mail or phone
	suggestAt Span
	choices   choices
	test      *expression // check:
	retry     *template
	attempts  int
	otherwise block
	timeout   time.Duration
	onTimeout block
	manner    manner

	of *Field // what an answer must be: the contact's field, or one made of the type
}

var (
	_ parent   = (*askStep)(nil)
	_ question = (*askStep)(nil)
	_ placed   = (*askStep)(nil)
)

// answerTypes are the types a question may ask for: those of fields, and what is sent
// instead of typed.
var answerTypes = append(slices.Clone(fieldTypes), "image", "location")

func decodeAsk(d *decoder, f *fields) action {
	a := &askStep{
		text: f.template("ask"), save: f.optionalWord("save"), unless: f.expression("unless"),
		kind: f.oneOf("type", "", answerTypes...), kindAt: f.at("type"),
		suggest: f.boolean("suggest", false), suggestAt: f.at("suggest"), choices: d.choices(f), test: f.expression("check"), retry: f.template("retry"),
		attempts: f.integer("attempts", askAttempts), otherwise: f.block("otherwise"),
		timeout: f.duration("timeout", 0), onTimeout: f.block("on_timeout"), manner: d.manner(f),
	}
	if a.attempts < 1 {
		d.errorf("number", f.at("attempts"), "write 1 or more", "a question is asked at least once")
	}
	d.timeouts(f, a.timeout, a.onTimeout)
	return a
}

// timeouts reports a timeout that is none, and an on_timeout: that never happens.
func (d *decoder) timeouts(f *fields, timeout time.Duration, late block) {
	wrong := false
	if n := f.node("timeout"); n != nil {
		_, ok := parseDuration(n.text)
		wrong = !ok // which was said
	}
	switch {
	case wrong:
	case timeout < 0 || timeout == 0 && f.has("timeout"):
		d.errorf("duration", f.at("timeout"), "write 30m, 2h or 1d, or delete it", "a timeout is longer than nothing")
	case late.given && timeout == 0:
		d.errorf("key-missing", f.key("on_timeout"), "add timeout: 2h", "on_timeout: never happens without timeout:")
	}
}

// placed makes the payloads of its choices.
func (a *askStep) placed(st *step) { a.choices.placed(st) }

func (a *askStep) blocks() []block { return []block{a.otherwise, a.onTimeout} }

func (a *askStep) check(c *checker, st *step, s *scope) {
	c.expression(a.unless, s, boolType)
	asked := s.otherwise(a.unless)
	c.template(a.text, asked)
	c.saidRunes(a.text, maxText, "a question")
	c.template(a.retry, asked)
	c.saidRunes(a.retry, maxText, "a text")
	a.of = c.wanted(a)
	a.choices.check(c, asked, a.of)
	if a.of.Type == "choice" && a.choices.none() && len(a.of.Options) == 0 {
		c.errorf("key-missing", st.span, "add choices: [..]", "type: choice needs choices")
	}
	if a.hidesOptions() {
		all := strings.Join(a.of.Options, ", ")
		c.report(Info, "choice", st.span, "add choices: ["+all+"]", "this asks for one of %s, and none of them can be tapped", all)
	}
	if a.suggest && !a.personal() {
		c.errorf("key-unknown", a.suggestAt, "delete it, or add type: email or type: phone", "suggest goes with a question for an e-mail address or a telephone number, and this asks for %s", a.of.describe())
	}
	c.expression(a.test, asked.with("value", a.of.typ()), boolType)
	if x := a.test; x != nil && x.code != nil && !x.code.reads("value") {
		c.warnf("check-blind", x.span, "the answer is called value: check: value > 2, or len(value) > 2 of a text", "this does not look at the answer, and judges all answers alike")
	}
	a.manner.check(c)
	c.checkSteps(a.otherwise.steps, s)
	c.checkSteps(a.onTimeout.steps, s)
	if a.save.text != "" {
		is := a.of.typ()
		is.offered = a.choices.offered()
		is.empty = passedBy(a.otherwise, a.save.text) || passedBy(a.onTimeout, a.save.text)
		c.saved(a.save, s, is)
	}
}

// hidesOptions says whether the question takes one of its field's options, and shows them
// neither to tap nor in its words.
func (a *askStep) hidesOptions() bool {
	if a.of.Type != "choice" || !a.choices.none() || len(a.of.Options) > maxQuickReplies || a.text == nil {
		return false
	}
	asked := fold(a.text.source)
	return slices.ContainsFunc(a.of.Options, func(o string) bool { return !strings.Contains(asked, fold(o)) })
}

// wanted is the field an answer must fit: the one it is saved to, else one of the
// type.
func (c *checker) wanted(a *askStep) *Field {
	name, ofContact := strings.CutPrefix(a.save.text, "contact.")
	if !ofContact || slices.Contains(ownFields[:], name) {
		kind := a.kind
		if kind == "" {
			kind = "text"
		}
		return &Field{Name: a.save.text, Type: kind}
	}
	var field *Field
	for i := range c.bot.Fields {
		if c.bot.Fields[i].Name == name {
			field = &c.bot.Fields[i]
		}
	}
	switch {
	case field == nil: // reported when it is saved
		return &Field{Name: name, Type: "text"}
	case a.kind == "" || a.kind == field.Type:
		return field
	case a.kind == "location":
		c.errorf("type", a.kindAt, "save it to a name of the flow, say place, and use place.lat and place.lon", "a place is two numbers, and contact.%s is %s", name, field.typ().describe())
		return &Field{Name: name, Type: a.kind}
	case field.Type != "text" && !(a.kind == "choice" && field.Type != "list"):
		c.errorf("type", a.kindAt, "leave type: out, or save to a name of the flow", "the question asks for type %s, but contact.%s has type %s", a.kind, name, field.Type)
	}
	asked := *field
	if asked.Type = a.kind; a.kind == "choice" {
		asked = Field{Name: name, Type: "choice"}
	}
	return &asked
}

// personal says whether the question asks for what the platform may know.
func (a *askStep) personal() bool { return a.of.Type == "email" || a.of.Type == "phone" }

func (a *askStep) run(m *machine, st *step) move {
	if a.unless != nil && a.unless.truth(m.scope()) {
		return st.onward()
	}
	if !m.maySend() {
		return move{op: hold}
	}
	if err := a.say(m, st, a.text); err != nil {
		return fail(fmt.Errorf("ask: %w", err))
	}
	w := wait{For: forAnswer}
	if a.timeout > 0 {
		w.Until = m.after(a.timeout)
	}
	m.thread().Wait = w
	return move{op: stay}
}

// say sends the question or its retry, with the choices.
func (a *askStep) say(m *machine, st *step, t *template) error {
	e := m.scope()
	text, err := t.text(e, m.language)
	if err != nil {
		return err
	}
	replies, err := a.choices.replies(m, st, e, a.of)
	if err != nil {
		return err
	}
	own := ""
	if a.suggest && a.personal() {
		own = a.of.Type
	}
	return m.askAs(a.manner, st, text, own, replies)
}

// ask sends a question with its options as quick replies.
func (m *machine) ask(st *step, text string, options []option) error {
	return m.askAs(manner{}, st, text, "", st.replies(options))
}

// replies are what a person may tap to choose one of some options of a question.
func (st *step) replies(options []option) []QuickReply {
	if len(options) == 0 {
		return nil
	}
	out := make([]QuickReply, min(len(options), maxQuickReplies))
	for i := range out {
		out[i] = QuickReply{Label: cut(options[i].label, maxLabel), Payload: st.choice(options[i].value)}
	}
	return out
}

// choice is the payload of a choice at a step. One whose value is too long goes without:
// its label must do.
func (st *step) choice(value any) string {
	payload := Payload{Flow: st.flow.id, Step: st.address, Choice: value}
	text := payload.Encode()
	if utf8.RuneCountInString(text) > maxPayload {
		payload.Choice = nil
		text = payload.Encode()
	}
	return text
}

// askAs is ask in a manner. own, if there is any, is what of the person's own the platform
// is to offer before the options: "email", "phone".
func (m *machine) askAs(how manner, st *step, text, own string, replies []QuickReply) error {
	if strings.TrimSpace(text) == "" {
		return fmt.Errorf("the question is empty")
	}
	msg := Message{Kind: Text, Text: text}
	if len(replies) > 0 {
		msg.QuickReplies = replies[:min(len(replies), maxQuickReplies)]
	}
	if own != "" {
		msg.QuickReplies = slices.Insert(msg.QuickReplies, 0, QuickReply{Own: own})
		msg.QuickReplies = msg.QuickReplies[:min(len(msg.QuickReplies), maxQuickReplies)]
	}
	m.say(st, how.of(msg))
	return nil
}

func (a *askStep) answer(m *machine, st *step, r reply) (move, bool) {
	value, ok := a.understand(m, r)
	if !ok {
		return move{}, false
	}
	if a.test != nil && !a.test.truth(m.scope().with("value", value)) {
		return move{}, false
	}
	if a.save.text != "" {
		if err := m.save(a.save.text, value); err != nil {
			return move{}, false
		}
	}
	return st.onward(), true
}

// understand finds the value a reply means; ok is false if it means none.
func (a *askStep) understand(m *machine, r reply) (value any, ok bool) {
	if len(r.text) > maxAnswer {
		return nil, false
	}
	options, err := a.choices.options(m, m.scope(), a.of)
	if err != nil {
		return nil, false
	}
	if len(options) == 0 && a.of.Type == "choice" {
		options = m.fieldOptions(a.of)
	}
	for _, o := range options {
		if r.tapped && same(o.value, r.value) || !r.tapped && (r.is(o.label) || r.is(cut(o.label, maxLabel)) || r.text == spell(o.value)) {
			return a.of.accept(o.value)
		}
	}
	switch {
	case a.of.Type == "choice":
		return nil, false
	case r.tapped:
		return a.of.accept(r.value)
	case a.of.Type == "image" || a.of.Type == "location":
		return r.sent(a.of.Type)
	}
	return m.parseAnswer(a.of, r.text)
}

func (a *askStep) wrong(m *machine, st *step) (move, bool) {
	w := &m.thread().Wait
	w.Tries++
	if w.Tries >= a.attempts {
		if a.otherwise.given {
			return st.enter(a.otherwise.steps), true
		}
		return leave(), true
	}
	t := a.retry
	if t == nil {
		t = a.text
	}
	if err := a.say(m, st, t); err != nil {
		return fail(fmt.Errorf("retry: %w", err)), true
	}
	return move{op: stay}, true
}

func (a *askStep) repeat(m *machine, st *step) error { return a.say(m, st, a.text) }

func (a *askStep) late(_ *machine, st *step) move {
	if a.onTimeout.given {
		return st.enter(a.onTimeout.steps)
	}
	return leave()
}
