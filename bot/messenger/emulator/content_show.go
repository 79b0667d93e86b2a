package emulator

import (
	"encoding/json"
	"net/url"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// media reads a photo or video that is on Facebook: exactly one, with buttons.
func (r *reader) media(t object, s *Shown) {
	r.only(t, "template_type", "elements", "sharable")
	r.flag(t, "sharable")
	s.Kind = KindMedia
	for _, e := range r.list(t, "elements", 1, 1, "elements") {
		r.only(e, "media_type", "url", "attachment_id", "buttons")
		if s.Media = r.choice(e, "media_type", "image", "video"); s.Media == "" {
			r.wrong(e.at("media_type"), "is required", "Media are an image or a video.")
		}
		if e.has("buttons") {
			s.Buttons = r.buttons(e, "b")
		}
		if e.has("attachment_id") && !e.has("url") {
			s.file = r.id(e, "attachment_id")
			continue
		}
		r.needed(e, "url", maxAddress)
		s.URL = r.address(e, "url")
		if e.has("attachment_id") {
			r.wrong(e.at("url"), "cannot go with attachment_id", "Media are named by their address or by their id.")
		}
		u, err := url.Parse(s.URL)
		if host := ""; err == nil {
			if host = strings.ToLower(u.Hostname()); host != "facebook.com" && !strings.HasSuffix(host, ".facebook.com") {
				r.wrong(e.at("url"), "must be a Facebook URL", "%q is not on Facebook; the media template takes nothing else.", begin(s.URL))
			}
		}
	}
}

// receipt reads the confirmation of an order. That its number is new is judged later.
func (r *reader) receipt(t object, s *Shown) {
	r.only(t, "template_type", "sharable", "recipient_name", "merchant_name", "order_number", "currency", "payment_method", "order_url",
		"timestamp", "elements", "address", "summary", "adjustments")
	r.flag(t, "sharable")
	s.Kind = KindReceipt
	k := &ShownReceipt{
		Customer: r.needed(t, "recipient_name", maxText), Merchant: r.text(t, "merchant_name", maxText), Order: r.needed(t, "order_number", maxText),
		Payment: r.needed(t, "payment_method", maxText), Currency: r.needed(t, "currency", maxLabel), URL: r.address(t, "order_url"),
	}
	s.Receipt = k
	if len(k.Currency) != 3 || strings.Trim(k.Currency, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") != "" {
		r.wrong(t.at("currency"), "must be a currency code", "%q is not a currency; it is a code like EUR.", begin(k.Currency))
	}
	if stamp := r.text(t, "timestamp", maxLabel); t.has("timestamp") {
		var err error
		if k.At, err = strconv.ParseInt(stamp, 10, 64); err != nil {
			r.wrong(t.at("timestamp"), "must be seconds since 1970", "%q is not a time in seconds.", stamp)
		}
	}
	if t.has("elements") {
		for _, e := range r.list(t, "elements", 0, maxItems, "things on the receipt") {
			r.only(e, "title", "subtitle", "quantity", "price", "currency", "image_url")
			r.text(e, "currency", maxLabel)
			k.Items = append(k.Items, ShownItem{
				Title: r.needed(e, "title", maxText), Subtitle: r.text(e, "subtitle", maxText), Image: r.address(e, "image_url"),
				Quantity: r.amount(e, "quantity", false), Price: r.amount(e, "price", true),
			})
		}
	}
	if t.has("address") {
		a := r.object(t, "address")
		r.only(a, "street_1", "street_2", "city", "postal_code", "state", "country")
		k.Address = []string{r.needed(a, "street_1", maxText)}
		if more := r.text(a, "street_2", maxText); more != "" {
			k.Address = append(k.Address, more)
		}
		k.Address = append(k.Address, r.needed(a, "postal_code", maxText)+" "+r.needed(a, "city", maxText), r.needed(a, "country", maxText))
		r.needed(a, "state", maxText)
	}
	sums := r.object(t, "summary")
	r.only(sums, "subtotal", "shipping_cost", "total_tax", "total_cost")
	k.Subtotal, k.Shipping, k.Tax = r.amount(sums, "subtotal", false), r.amount(sums, "shipping_cost", false), r.amount(sums, "total_tax", false)
	k.Total = r.amount(sums, "total_cost", true)
	if t.has("adjustments") {
		for _, a := range r.list(t, "adjustments", 0, maxItems, "adjustments") {
			r.only(a, "name", "amount")
			k.Discounts = append(k.Discounts, ShownAdjustment{r.needed(a, "name", maxText), r.amount(a, "amount", true)})
		}
	}
}

// amount reads a number as it was written.
func (r *reader) amount(o object, key string, needed bool) string {
	if !o.has(key) && !needed {
		return ""
	}
	n, ok := o.fields[key].(json.Number)
	if !ok {
		r.wrong(o.at(key), "must be a number", "%s is missing or not a number.", o.at(key))
	}
	return n.String()
}

func (r *reader) coupon(t object, s *Shown) {
	r.only(t, "template_type", "title", "subtitle", "coupon_code", "coupon_url", "coupon_url_button_title", "coupon_pre_message", "image_url", "payload")
	s.Kind = KindCoupon
	k := &ShownCoupon{
		Title: r.needed(t, "title", maxCardText), Subtitle: r.text(t, "subtitle", maxCardText), Code: r.text(t, "coupon_code", maxCardText),
		Image: r.address(t, "image_url"), Intro: r.text(t, "coupon_pre_message", maxText),
	}
	s.Coupon = k
	r.text(t, "payload", maxPayload)
	open, label := r.address(t, "coupon_url"), r.text(t, "coupon_url_button_title", maxLabel)
	switch {
	case k.Code == "" && open == "":
		r.wrong(t.at("coupon_code"), "is required without coupon_url", "A coupon has a code or a page, or both.")
	case strings.ContainsFunc(k.Code, unicode.IsSpace):
		r.wrong(t.at("coupon_code"), "must not contain spaces", "%q has blanks, which a code must not have.", begin(k.Code))
	}
	if label == "" {
		label = "Shop now"
	}
	if open != "" {
		s.Buttons = []ShownButton{{ID: "b0", Label: label, Type: "web_url", URL: open}}
	}
}

// model reads the values of an approved template. Whether it is approved is judged
// later. What its buttons are called is not in the call: they show what they send.
func (r *reader) model(t object, s *Shown) {
	r.only(t, "name", "language", "components")
	s.Kind = KindTemplate
	language := r.object(t, "language")
	r.only(language, "code")
	m := &ShownModel{Name: r.needed(t, "name", maxText), Language: r.needed(language, "code", maxLabel)}
	s.Model = m
	if !t.has("components") {
		return
	}
	for _, c := range r.list(t, "components", 0, 2, "components") {
		r.only(c, "type", "parameters")
		kind := r.choice(c, "type", "body", "buttons")
		if kind == "" {
			r.wrong(c.at("type"), "is required", "A component is the body or the buttons.")
		}
		most := maxValues
		if kind == "buttons" {
			most = maxButtons
		}
		for i, v := range r.list(c, "parameters", 1, most, "parameters") {
			if kind == "buttons" {
				r.only(v, "type", "payload")
				r.choice(v, "type", "POSTBACK")
				s.Buttons = append(s.Buttons, ShownButton{ID: "b" + strconv.Itoa(i), Label: "Button " + strconv.Itoa(i+1), Type: "postback", Payload: r.needed(v, "payload", maxPayload)})
				continue
			}
			r.only(v, "type", "text", "parameter_name")
			r.choice(v, "type", "text")
			m.Values = append(m.Values, ShownValue{Name: r.text(v, "parameter_name", maxCardText), Text: r.needed(v, "text", maxText)})
		}
	}
	for _, v := range m.Values {
		if (v.Name == "") != (m.Values[0].Name == "") {
			r.wrong(t.at("components"), "mixes named and numbered parameters", "Either all values of a template have names, or none.")
		}
		if strings.ContainsAny(v.Text, "\n\t") || utf8.RuneCountInString(v.Text) > 1024 {
			r.wrong(t.at("components"), "has a value that does not fit", "A value has at most 1,024 characters and no line breaks.")
		}
	}
}
