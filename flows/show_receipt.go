package flows

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"

	"golang.org/x/text/currency"
)

// receipt confirms an order:
//
//	show: receipt
//	order: "{{ event.number }}"
//	currency: EUR
//	payment: Visa 1234
//	each: bought
//	title: "{{ item.model }}"
//	price: "{{ item.price }}"
//	quantity: "{{ item.count }}"
//	address: {street: 1 rue du Bac, city: Lyon, postcode: "69001", country: FR}
//	shipping: 4.90
//	discounts: {Welcome: 10}
//	total: "{{ event.total }}"
//
// Without each there is one thing on it. Of a list, the first hundred stand on it.
type receipt struct {
	order, customer, merchant, currency, payment, open, date *template
	each                                                     *expression
	title, subtitle, image                                   *template
	quantity, price                                          amount
	address                                                  address
	subtotal, shipping, tax, total                           amount
	discounts                                                []discount
}

type address struct {
	street, street2, city, postcode, state, country *template
	given                                           bool
}

type discount struct {
	name *template
	of   amount
}

// amount is a number that stands alone, not in a text.
type amount struct{ *template }

func decodeReceipt(d *decoder, f *fields) exhibit {
	a := &receipt{
		order: f.template("order"), customer: f.template("customer"), merchant: f.template("merchant"), currency: f.template("currency"),
		payment: f.template("payment"), open: f.template("open"), date: f.template("date"),
		each: f.expression("each"), title: f.template("title"), subtitle: f.template("subtitle"), image: f.template("image"),
		quantity: amount{f.template("quantity")}, price: amount{f.template("price")},
		subtotal: amount{f.template("subtotal")}, shipping: amount{f.template("shipping")}, tax: amount{f.template("tax")}, total: amount{f.template("total")},
		address: d.address(f), discounts: d.discounts(f),
	}
	for _, needed := range [...][2]string{
		{"order", "the number of the order"}, {"currency", "a code of three capitals: EUR, USD"},
		{"payment", "how it was paid: Visa 1234"}, {"total", "what was paid in all"},
		{"title", "what was bought"}, {"price", "what each cost"},
	} {
		if f.lacks(needed[0]) {
			d.errorf("key-missing", f.key("show"), "add "+needed[0]+": and "+needed[1], "a receipt needs %s:", needed[0])
			break // the rest shows when this is there
		}
	}
	return a
}

func (d *decoder) address(f *fields) (a address) {
	n := f.node("address")
	if n == nil {
		return a
	}
	in := d.fields(n, "address")
	a = address{
		street: in.template("street"), street2: in.template("street2"), city: in.template("city"), postcode: in.template("postcode"),
		state: in.template("state"), country: in.template("country"), given: true,
	}
	for _, key := range []string{"street", "city", "postcode", "country"} {
		if in.lacks(key) {
			d.errorf("key-missing", f.key("address"), "write address: {street: 1 rue du Bac, city: Lyon, postcode: \"69001\", country: FR}", "an address needs %s:", key)
			break
		}
	}
	in.finish()
	return a
}

func (d *decoder) discounts(f *fields) (out []discount) {
	for _, s := range f.settings("discounts") {
		name := d.template(&node{kind: scalarNode, text: s.name.text, plain: true, span: s.name.span, src: d.src})
		out = append(out, discount{name, amount{s.value}})
	}
	f.atMost("discounts", maxCards, "discounts")
	return out
}

func (a *receipt) check(c *checker, s *scope) {
	c.texts(s, maxReceiptText, "a text on a receipt", a.order, a.customer, a.merchant, a.payment)
	c.template(a.currency, s)
	if text, fixed := a.currency.literal(); fixed {
		if _, err := currency.ParseISO(text); err != nil || !currencyCode.MatchString(text) {
			c.errorf("currency", a.currency.span, "write its code of three capitals: EUR, USD", "%q is not a currency", text)
		}
	}
	c.template(a.date, s)
	c.links(s, a.open)
	k := a.address
	c.texts(s, maxReceiptText, "a text on a receipt", k.street, k.street2, k.city, k.postcode, k.state, k.country)
	for _, sum := range []amount{a.subtotal, a.shipping, a.tax, a.total} {
		sum.check(c, s)
	}
	for _, one := range a.discounts {
		c.texts(s, maxReceiptText, "a text on a receipt", one.name)
		one.of.check(c, s)
	}
	s = c.each(a.each, s)
	c.texts(s, maxReceiptText, "a text on a receipt", a.title, a.subtitle)
	c.links(s, a.image)
	a.price.check(c, s)
	a.quantity.check(c, s)
}

// check reports what can never be a number.
func (a amount) check(c *checker, s *scope) {
	if a.template == nil {
		return
	}
	c.template(a.template, s)
	if text, fixed := a.literal(); fixed {
		if _, ok := parseNumber(strings.TrimSpace(text)); !ok {
			c.errorf("number", a.span, "write digits alone, with a point for decimals; the currency stands in currency:", "%q is not a number", text)
		}
		return
	}
	only := a.only()
	if only == nil {
		c.errorf("type", a.span, "write {{ }} alone: the currency stands in currency:", "a number is needed here, this is a text with one in it")
		return
	}
	if is := only.typ(); is.kind != anyKind && is.kind != numberKind {
		c.errorf("type", only.span, "name the number itself, without money() or number()", "a number is needed here, %s is %s", only.source, is.describe())
	}
}

// number evaluates an amount; ok is false if it comes out empty.
func (a amount) number(e *env) (n float64, ok bool, err error) {
	if a.template == nil {
		return 0, false, nil
	}
	v, err := a.value(e)
	if err != nil || v == nil {
		return 0, false, err
	}
	if text, isText := v.(string); isText {
		if text = strings.TrimSpace(text); text == "" {
			return 0, false, nil
		}
		n, ok = parseNumber(text)
	} else {
		n, ok = asNumber(v)
	}
	if !ok || math.IsNaN(n) || math.Abs(n) > 1e12 {
		return 0, false, errors.New("a number of the receipt is none")
	}
	return n, true, nil
}

// in writes an amount with the digits of a currency, "" if it comes out empty.
func (a amount) in(e *env, code string) (string, error) {
	n, ok, err := a.number(e)
	if !ok {
		return "", err
	}
	digits, odd := decimals[code]
	if !odd {
		digits = 2
	}
	return strconv.FormatFloat(n, 'f', digits, 64), nil
}

func (*receipt) taps() []button { return nil }

func (a *receipt) build(m *machine, e *env) (Message, bool, error) {
	r := &Receipt{}
	if err := m.fill(e, maxReceiptText,
		filling{&r.Order, a.order}, filling{&r.Name, a.customer}, filling{&r.Merchant, a.merchant},
		filling{&r.Currency, a.currency}, filling{&r.Payment, a.payment}); err != nil {
		return Message{}, false, err
	}
	var err error
	if r.Open, err = optionalLink(m, a.open, e); err != nil {
		return Message{}, false, err
	}
	if err = a.sums(r, m, e); err != nil {
		return Message{}, false, err
	}
	when, err := a.date.value(e)
	if err != nil {
		return Message{}, false, err
	}
	if text, ok := when.(string); ok {
		if t, dated, _ := readDate(strings.TrimSpace(text), m.zone()); dated {
			r.At = t
		}
	}
	if r.Name == "" {
		r.Name = strings.TrimSpace(m.w.Contact.FirstName + " " + m.w.Contact.LastName)
	}
	for _, needed := range []*string{&r.Name, &r.Payment} {
		if *needed == "" {
			*needed = "–" // the platform takes nothing empty
		}
	}
	switch {
	case r.Order == "":
		err = errors.New("a receipt's order is empty")
	case !currencyCode.MatchString(r.Currency):
		err = errors.New("a receipt's currency is no code of three capitals")
	case r.Total == "":
		err = errors.New("a receipt's total is empty")
	default:
		r.Items, err = a.items(m, e, r.Currency)
	}
	if err == nil {
		r.Address, err = a.address.build(m, e)
	}
	return Message{Kind: ReceiptKind, Receipt: r}, err == nil, err
}

func (a *receipt) sums(r *Receipt, m *machine, e *env) (err error) {
	for _, sum := range []struct {
		to *string
		of amount
	}{{&r.Subtotal, a.subtotal}, {&r.Shipping, a.shipping}, {&r.Tax, a.tax}, {&r.Total, a.total}} {
		if *sum.to, err = sum.of.in(e, r.Currency); err != nil {
			return err
		}
	}
	for _, one := range a.discounts {
		var k Discount
		if k.Amount, err = one.of.in(e, r.Currency); err != nil {
			return err
		}
		if k.Name, err = m.short(one.name, e, maxReceiptText); err != nil {
			return err
		}
		if k.Name != "" && k.Amount != "" {
			r.Discounts = append(r.Discounts, k)
		}
	}
	return nil
}

func (a *receipt) items(m *machine, e *env, code string) ([]ReceiptItem, error) {
	if a.each == nil {
		one, err := a.item(m, e, code)
		return []ReceiptItem{one}, err
	}
	items, err := m.items(a.each, e, maxItems)
	if err != nil {
		return nil, err
	}
	out := make([]ReceiptItem, 0, len(items))
	for _, item := range items {
		one, err := a.item(m, e.with("item", item), code)
		if err != nil {
			return nil, err
		}
		out = append(out, one)
	}
	return out, nil
}

func (a *receipt) item(m *machine, e *env, code string) (k ReceiptItem, err error) {
	if err = m.fill(e, maxReceiptText, filling{&k.Title, a.title}, filling{&k.Subtitle, a.subtitle}); err != nil {
		return k, err
	}
	if k.Image, err = optionalLink(m, a.image, e); err != nil {
		return k, err
	}
	if k.Price, err = a.price.in(e, code); err != nil {
		return k, err
	}
	n, counted, err := a.quantity.number(e)
	if counted {
		k.Quantity = plainNumber(n)
	}
	switch {
	case err != nil:
	case k.Title == "":
		err = fmt.Errorf("the title of a thing on a receipt is empty")
	case k.Price == "":
		err = fmt.Errorf("the price of a thing on a receipt is empty")
	}
	return k, err
}

// build is nil if a part that an address needs comes out empty.
func (a *address) build(m *machine, e *env) (*Address, error) {
	if !a.given {
		return nil, nil
	}
	k := &Address{}
	err := m.fill(e, maxReceiptText,
		filling{&k.Street, a.street}, filling{&k.Street2, a.street2}, filling{&k.City, a.city},
		filling{&k.Postcode, a.postcode}, filling{&k.State, a.state}, filling{&k.Country, a.country})
	if err != nil || k.Street == "" || k.City == "" || k.Postcode == "" || k.Country == "" {
		return nil, err
	}
	return k, nil
}
