package flows

import (
	"fmt"
	"strings"
	"unicode"
)

// coupon is an offer with a code, and a page to use it on:
//
//	show: coupon
//	title: Ten percent off
//	subtitle: Until Sunday
//	code: SPRING10
//	image: https://shop.example/spring.png
//	open: https://shop.example/spring
//	label: To the shop        # of the button that opens it
//	intro: For you            # the line above it
type coupon struct {
	title, subtitle, code, image, open, label, intro *template
}

func decodeCoupon(d *decoder, f *fields) exhibit {
	a := &coupon{
		title: f.template("title"), subtitle: f.template("subtitle"), code: f.template("code"), image: f.template("image"),
		open: f.template("open"), label: f.template("label"), intro: f.template("intro"),
	}
	if f.lacks("title") {
		d.errorf("key-missing", f.key("show"), "add title: and what it is good for", "a coupon needs title:")
	}
	if f.lacks("code") {
		d.errorf("key-missing", f.key("show"), "add code: and what is typed to use it", "a coupon needs code:")
	}
	if f.has("label") && f.lacks("open") {
		d.errorf("key-missing", f.key("label"), "add open: and the address, or delete label:", "label: stands on the button that opens a page, and there is no open:")
	}
	return a
}

func (a *coupon) check(c *checker, s *scope) {
	c.texts(s, maxCardText, "a coupon's title or subtitle", a.title, a.subtitle)
	c.texts(s, maxLabel, "the label of a button or quick reply", a.label)
	c.texts(s, maxIntro, "the line above a coupon", a.intro)
	c.links(s, a.image, a.open)
	c.template(a.code, s)
	if text, fixed := a.code.literal(); fixed && strings.ContainsFunc(strings.TrimSpace(text), unicode.IsSpace) {
		c.errorf("coupon-code", a.code.span, "write "+strings.Join(strings.Fields(text), ""), "a coupon's code has no blanks")
	}
}

func (*coupon) taps() []button { return nil }

func (a *coupon) build(m *machine, e *env) (Message, bool, error) {
	k := &Coupon{}
	if err := m.fill(e, maxCardText, filling{&k.Title, a.title}, filling{&k.Subtitle, a.subtitle}); err != nil {
		return Message{}, false, err
	}
	if err := m.fill(e, maxIntro, filling{&k.Intro, a.intro}); err != nil {
		return Message{}, false, err
	}
	if err := m.fill(e, maxLabel, filling{&k.Label, a.label}); err != nil {
		return Message{}, false, err
	}
	code, err := a.code.text(e, m.language)
	if err != nil {
		return Message{}, false, err
	}
	k.Code = strings.Join(strings.Fields(code), "")
	if k.Image, err = optionalLink(m, a.image, e); err != nil {
		return Message{}, false, err
	}
	if k.Open, err = optionalLink(m, a.open, e); err != nil {
		return Message{}, false, err
	}
	switch {
	case k.Title == "":
		return Message{}, false, fmt.Errorf("a coupon's title is empty")
	case k.Code == "":
		return Message{}, false, fmt.Errorf("a coupon's code is empty")
	case runes(k.Code) > maxCode:
		return Message{}, false, fmt.Errorf("a coupon's code is longer than %d characters", maxCode)
	}
	return Message{Kind: CouponKind, Coupon: k}, true, nil
}
