package flows

import (
	"fmt"
	"strings"
)

// showStep sends an image, or cards made of a list:
//
//	show: image
//	url: https://shop.example/shoe.png
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
type showStep struct {
	kind MessageKind
	url  *template
	each *expression
	card card
}

type card struct {
	title, subtitle, image, open *template
	buttons                      []button
}

func decodeShow(d *decoder, f *fields) action {
	a := &showStep{}
	switch what := f.oneOf("show", "", "image", "cards", "video", "audio", "file", "media", "receipt", "coupon", "template"); what {
	case "image":
		a.kind, a.url = Image, f.template("url")
		if f.lacks("url") {
			d.errorf("key-missing", f.key("show"), "add url: and the image's address", "an image needs url:")
		}
	case "cards":
		a.kind, a.each = Cards, f.expression("each")
		a.card = card{
			title: f.template("title"), subtitle: f.template("subtitle"), image: f.template("image"),
			open: f.template("open"), buttons: f.buttons("buttons"),
		}
		if f.lacks("title") {
			d.errorf("key-missing", f.key("show"), "add title: and what stands on each card", "cards need title:")
		}
	default:
		if what != "" {
			d.errorf("not-available", f.at("show"), "cards and image are", "show: %s is not available in this version", what)
		}
		for _, key := range []string{"url", "each", "title", "subtitle", "image", "open", "buttons", "name", "with"} {
			f.has(key)
		}
	}
	return a
}

func (a *showStep) check(c *checker, _ *step, s *scope) {
	c.template(a.url, s)
	c.link(a.url)
	if a.each != nil {
		c.expression(a.each, s, listType)
		item := anyType
		if of := a.each.typ().elem; of != nil {
			item = *of
		}
		s = s.with("item", item)
	}
	for _, t := range []*template{a.card.title, a.card.subtitle} {
		c.template(t, s)
		c.atMostRunes(t, maxCardText, "a card's title or subtitle")
	}
	for _, t := range []*template{a.card.image, a.card.open} {
		c.template(t, s)
		c.link(t)
	}
	for i := range a.card.buttons {
		a.card.buttons[i].check(c, s)
	}
}

func (a *showStep) run(m *machine, st *step) move {
	if !m.maySend() {
		return move{op: hold}
	}
	msg := Message{Kind: a.kind}
	var err error
	if a.kind == Image {
		msg.URL, err = m.link(a.url, m.scope())
	} else {
		msg.Cards, err = a.cards(m)
	}
	if err != nil {
		return fail(fmt.Errorf("show: %w", err))
	}
	if msg.URL != "" || len(msg.Cards) > 0 {
		m.say(st, msg)
	}
	return st.onward()
}

// cards makes a card of each item.
func (a *showStep) cards(m *machine) ([]Card, error) {
	e := m.scope()
	if a.each == nil {
		c, err := a.card.build(m, e)
		return []Card{c}, err
	}
	v, err := a.each.value(e)
	if err != nil {
		return nil, err
	}
	items, ok := plain(v).([]any)
	if !ok && v != nil {
		return nil, fmt.Errorf("each is not a list")
	}
	items = items[:min(len(items), maxCards)]
	out := make([]Card, 0, len(items))
	for _, item := range items {
		c, err := a.card.build(m, e.with("item", item))
		if err != nil {
			return nil, err
		}
		out = append(out, c)
	}
	return out, nil
}

func (k *card) build(m *machine, e *env) (Card, error) {
	var c Card
	text := func(t *template, most int) (string, error) {
		if t == nil {
			return "", nil
		}
		s, err := t.text(e, m.language)
		return cut(strings.TrimSpace(s), most), err
	}
	var err error
	if c.Title, err = text(k.title, maxCardText); err != nil {
		return c, err
	}
	if c.Title == "" {
		return c, fmt.Errorf("a card's title is empty")
	}
	if c.Subtitle, err = text(k.subtitle, maxCardText); err != nil {
		return c, err
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

// optionalLink is an address a card can do without: one that is missing in a table
// is left out.
func optionalLink(m *machine, t *template, e *env) (string, error) {
	if t == nil {
		return "", nil
	}
	s, err := t.text(e, m.language)
	if s = strings.TrimSpace(s); err != nil || !isLink(s) {
		return "", err
	}
	return s, nil
}
