package flows

import (
	"fmt"
	"strings"
)

// cards are pictures with texts and buttons beside one another:
//
//	show: cards
//	each: found
//	title: "{{ item.model }}"
//	subtitle: "{{ money(item.price, 'EUR') }}"
//	image: "{{ item.image }}"
//	open: "{{ item.url }}"
//	buttons: [{label: Buy, open: "{{ item.url }}"}]
//
// Cards without each are one card. Of a list, the first ten are shown; of an empty
// one, nothing.
type cards struct {
	each *expression
	card card
}

type card struct {
	title, subtitle, image, open *template
	buttons                      []button
}

func decodeCards(d *decoder, f *fields) exhibit {
	a := &cards{each: f.expression("each"), card: card{
		title: f.template("title"), subtitle: f.template("subtitle"), image: f.template("image"),
		open: f.template("open"), buttons: f.buttons("buttons"),
	}}
	if f.lacks("title") {
		d.errorf("key-missing", f.key("show"), "add title: and what stands on each card", "cards need title:")
	}
	return a
}

func (a *cards) check(c *checker, s *scope) {
	s = c.each(a.each, s)
	c.texts(s, maxCardText, "a card's title or subtitle", a.card.title, a.card.subtitle)
	c.links(s, a.card.image, a.card.open)
	c.buttons(a.card.buttons, s)
}

func (a *cards) taps() []button { return a.card.buttons }

func (a *cards) build(m *machine, e *env) (Message, bool, error) {
	msg := Message{Kind: Cards}
	if a.each == nil {
		one, err := a.card.build(m, e)
		msg.Cards = []Card{one}
		return msg, true, err
	}
	items, err := m.items(a.each, e, maxCards)
	for _, item := range items {
		one, err := a.card.build(m, e.with("item", item))
		if err != nil {
			return msg, false, err
		}
		msg.Cards = append(msg.Cards, one)
	}
	return msg, len(msg.Cards) > 0, err
}

func (k *card) build(m *machine, e *env) (c Card, err error) {
	if err = m.fill(e, maxCardText, filling{&c.Title, k.title}, filling{&c.Subtitle, k.subtitle}); err != nil {
		return c, err
	}
	if c.Title == "" {
		return c, fmt.Errorf("a card's title is empty")
	}
	if c.Image, err = optionalLink(m, k.image, e); err != nil {
		return c, err
	}
	if c.Open, err = optionalLink(m, k.open, e); err != nil {
		return c, err
	}
	c.Buttons, err = m.buttons(k.buttons, e)
	return c, err
}

// optionalLink is an address something can do without: one that is missing in a
// table, or is none, is left out.
func optionalLink(m *machine, t *template, e *env) (string, error) {
	if t == nil {
		return "", nil
	}
	s, err := t.text(e, m.language)
	if err != nil || strings.TrimSpace(s) == "" {
		return "", err
	}
	if s, err = linkOf(s); err != nil {
		return "", nil
	}
	return s, nil
}
