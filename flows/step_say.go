package flows

import (
	"fmt"
	"strings"
)

// sayStep sends a text:
//
//	say: Hello                 # or {one_of: [Hello, Hi]}
//	buttons: [{label: Shop, open: "https://shop.example"}]
//	quick_replies: [{label: Sizes, go: sizes}]
//	persona: zoe
//	typing: 1s
type sayStep struct {
	texts        []*template // one of them is said
	buttons      []button
	quickReplies []button
	manner       manner
}

func decodeSay(d *decoder, f *fields) action {
	a := &sayStep{
		buttons:      f.buttons("buttons"),
		quickReplies: f.quickReplies("quick_replies"),
		manner:       d.manner(f),
	}
	n := f.node("say")
	if n == nil || n.kind != mapNode {
		a.texts = []*template{f.template("say")}
	} else {
		inner := d.fields(n, "say")
		for _, item := range inner.list("one_of") {
			a.texts = append(a.texts, d.template(item))
		}
		if len(a.texts) == 0 && !n.broken {
			d.errorf("key-missing", n.span, "write {one_of: [Hello, Hi]}", "there is nothing to say")
		}
		inner.finish()
	}
	return a
}

func (a *sayStep) taps() (replies, buttons []button) { return a.quickReplies, a.buttons }

func (a *sayStep) check(c *checker, _ *step, s *scope) {
	most := maxText
	if len(a.buttons) > 0 {
		most = maxButtonText
	}
	for _, t := range a.texts {
		c.template(t, s)
		c.saidRunes(t, most, "a text")
	}
	c.buttons(a.buttons, s)
	c.buttons(a.quickReplies, s)
	a.manner.check(c)
}

func (a *sayStep) run(m *machine, st *step) move {
	if !m.maySend() {
		return move{op: hold}
	}
	e := m.scope()
	text, err := a.texts[m.pick(st, len(a.texts))].text(e, m.language)
	if err != nil {
		return fail(fmt.Errorf("text: %w", err))
	}
	if strings.TrimSpace(text) == "" {
		return st.onward() // nothing to say: the platform takes no empty text
	}
	msg := a.manner.of(Message{Kind: Text, Text: text})
	if msg.Buttons, err = m.buttons(a.buttons, e); err != nil {
		return fail(fmt.Errorf("buttons: %w", err))
	}
	if msg.QuickReplies, err = m.quickReplies(a.quickReplies, e); err != nil {
		return fail(fmt.Errorf("quick_replies: %w", err))
	}
	m.say(st, msg)
	return st.onward()
}

// pick chooses one of n: the same for the same input and step.
func (m *machine) pick(st *step, n int) int {
	if n == 1 || m.w.FirstChoice {
		return 0
	}
	h := uint64(14695981039346656037) ^ m.w.Seed // FNV-1a
	for _, s := range [...]string{m.w.Contact.ID, m.in.ID, st.flow.id, st.address} {
		for i := 0; i < len(s); i++ {
			h = (h ^ uint64(s[i])) * 1099511628211
		}
		h = (h ^ 0xff) * 1099511628211
	}
	return int((h >> 17) % uint64(n))
}
