package flows

import (
	"fmt"
	"strings"
	"time"
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
	persona      word
	typing       time.Duration
}

func decodeSay(d *decoder, f *fields) action {
	a := &sayStep{
		buttons:      f.buttons("buttons"),
		quickReplies: f.quickReplies("quick_replies"),
		persona:      f.optionalWord("persona"),
		typing:       f.duration("typing", 0),
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
	if a.typing < 0 || a.typing > maxTyping {
		d.errorf("duration", f.at("typing"), "write 1s or 2s", "typing lasts from 0 to %v", maxTyping)
	}
	return a
}

func (a *sayStep) check(c *checker, _ *step, s *scope) {
	most := maxText
	if len(a.buttons) > 0 {
		most = maxButtonText
	}
	for _, t := range a.texts {
		c.template(t, s)
		c.atMostRunes(t, most, "a text")
	}
	for i := range a.buttons {
		a.buttons[i].check(c, s)
	}
	for i := range a.quickReplies {
		a.quickReplies[i].check(c, s)
	}
	if _, known := c.bot.Personas[a.persona.text]; a.persona.text != "" && !known {
		var names []string
		for name := range c.bot.Personas {
			names = append(names, name)
		}
		hint := didYouMean(a.persona.text, names, "bot.yaml declares ")
		if hint == "" {
			hint = "declare it in bot.yaml: personas: {" + a.persona.text + ": {name: …}}"
		}
		c.errorf("persona-unknown", a.persona.span, hint, "unknown persona %q", a.persona.text)
	}
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
	most := maxText
	if len(a.buttons) > 0 {
		most = maxButtonText
	}
	msg := Message{Kind: Text, Text: cut(text, most), Persona: a.persona.text, Typing: int(a.typing.Milliseconds())}
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
