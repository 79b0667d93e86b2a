package flows

import (
	"fmt"
	"strings"
)

// showStep sends something that is more than text:
//
//	show: image
//	url: https://shop.example/shoe.png
//	quick_replies: [{label: Sizes, go: sizes}]
//	persona: zoe
//	typing: 1s
//
// Each family of kinds has a file of its own: show_file.go, show_cards.go,
// show_receipt.go, show_coupon.go, show_template.go.
type showStep struct {
	kind         MessageKind // empty of what was reported
	what         exhibit
	quickReplies []button
	manner       manner
}

// exhibit is what a showStep shows.
type exhibit interface {
	check(c *checker, s *scope)
	// build makes the message; ok is false if there is nothing to show.
	build(m *machine, e *env) (msg Message, ok bool, err error)
	// taps are its buttons.
	taps() []button
}

// exhibits are the kinds show: can send, in the order in which they are best learnt.
func exhibits() []struct {
	kind   MessageKind
	decode func(d *decoder, f *fields) exhibit
} {
	return []struct {
		kind   MessageKind
		decode func(d *decoder, f *fields) exhibit
	}{
		{Image, decodeFile}, {Video, decodeFile}, {Audio, decodeFile}, {File, decodeFile},
		{Cards, decodeCards},
		{MediaKind, decodeMedia},
		{ReceiptKind, decodeReceipt},
		{CouponKind, decodeCoupon},
		{TemplateKind, decodeTemplate},
	}
}

func decodeShow(d *decoder, f *fields) action {
	var known []string
	all := exhibits()
	for _, one := range all {
		known = append(known, string(one.kind))
	}
	what := MessageKind(f.oneOf("show", "", known...))
	a := &showStep{what: nothing{}, quickReplies: f.quickReplies("quick_replies"), manner: d.manner(f)}
	for _, one := range all {
		if one.kind == what {
			a.kind, a.what = what, one.decode(d, f)
			return a
		}
	}
	for _, p := range f.n.pairs { // nobody knows what belongs here
		f.has(p.key.text)
	}
	return a
}

func (a *showStep) taps() (replies, buttons []button) { return a.quickReplies, a.what.taps() }

func (a *showStep) check(c *checker, _ *step, s *scope) {
	a.what.check(c, s)
	c.buttons(a.quickReplies, s)
	a.manner.check(c)
}

func (a *showStep) run(m *machine, st *step) move {
	if !m.maySend() {
		return move{op: hold}
	}
	e := m.scope()
	msg, ok, err := a.what.build(m, e)
	if err != nil {
		return fail(fmt.Errorf("show: %w", err))
	}
	if !ok {
		return st.onward()
	}
	if msg.QuickReplies, err = m.quickReplies(a.quickReplies, e); err != nil {
		return fail(fmt.Errorf("quick_replies: %w", err))
	}
	m.say(st, a.manner.of(msg))
	return st.onward()
}

// nothing stands for a kind nobody knows, which was reported.
type nothing struct{}

func (nothing) check(*checker, *scope) {}

func (nothing) taps() []button { return nil }

func (nothing) build(*machine, *env) (Message, bool, error) { return Message{}, false, nil }

// short is a text cut to what is shown. A nil t is no text.
func (m *machine) short(t *template, e *env, most int) (string, error) {
	s, err := t.text(e, m.language)
	return cut(strings.TrimSpace(s), most), err
}

// filling is a text and where it goes.
type filling struct {
	to   *string
	from *template
}

// fill reads several texts, each cut to what is shown.
func (m *machine) fill(e *env, most int, all ...filling) error {
	for _, one := range all {
		s, err := m.short(one.from, e, most)
		if err != nil {
			return err
		}
		*one.to = s
	}
	return nil
}

// items evaluates each: the things of a list that have room.
func (m *machine) items(each *expression, e *env, most int) ([]any, error) {
	v, err := each.value(e)
	if err != nil || v == nil {
		return nil, err
	}
	items, ok := plain(v).([]any)
	if !ok {
		return nil, fmt.Errorf("each is not a list")
	}
	return items[:min(len(items), most)], nil
}

// each checks the list a step is repeated for, and returns the scope of one item.
func (c *checker) each(x *expression, s *scope) *scope {
	if x == nil {
		return s
	}
	c.expression(x, s, listType)
	return s.with("item", x.typ().of())
}

// buttons checks a list of buttons.
func (c *checker) buttons(list []button, s *scope) {
	for i := range list {
		list[i].check(c, s)
	}
}

// texts checks texts with their translations.
func (c *checker) texts(s *scope, most int, what string, all ...*template) {
	for _, t := range all {
		c.template(t, s)
		c.atMostRunes(t, most, what)
	}
}

// links checks addresses.
func (c *checker) links(s *scope, all ...*template) {
	for _, t := range all {
		c.template(t, s)
		c.link(t)
	}
}
