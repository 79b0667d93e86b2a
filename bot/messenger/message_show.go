package messenger

import (
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/relance-bot/relance/bot"
	"github.com/relance-bot/relance/flows"
)

// The kinds that show: can send beside images and cards, in the forms of
// developers.facebook.com/docs/messenger-platform/send-messages: attachments, and the
// templates media, receipt, coupon; and approved utility templates.

// encodeFile appends a file: by the id the platform gave it, or by its address. What
// stands in a flow the platform is asked to keep (is_reusable): its answer has the id then.
// Paid messages go by addresses alone: what their ids must be is not documented.
func encodeFile(b []byte, d *bot.Delivery) ([]byte, error) {
	m := &d.Message
	if len(m.Buttons) > 0 {
		return nil, contentError(string(m.Kind) + "_buttons")
	}
	b = appendText(append(b, `,"attachment":{"type":`...), string(m.Kind))
	keep := m.Fixed && d.Lane != laneMarketing
	if keep && d.FileID != "" && len(d.FileID) <= maxID {
		b = appendText(append(b, `,"payload":{"attachment_id":`...), d.FileID)
		return append(b, "}}"...), nil
	}
	b = appendText(append(b, `,"payload":{"url":`...), m.URL)
	if keep {
		b = append(b, `,"is_reusable":true`...)
	}
	return append(b, "}}"...), checkURL(m.URL)
}

// encodeMedia appends a photo or video that is on Facebook, with its buttons.
func encodeMedia(b []byte, m *flows.Message) ([]byte, error) {
	if m.Media != flows.Image && m.Media != flows.Video {
		return nil, contentError("media_type")
	}
	if err := checkURL(m.URL); err != nil {
		return nil, err
	}
	b = appendText(append(template(b, "media"), `,"elements":[{"media_type":`...), string(m.Media))
	b = appendField(b, "url", m.URL)
	if len(m.Buttons) > 0 {
		var err error
		if b, err = encodeButtons(b, m.Buttons); err != nil {
			return nil, err
		}
	}
	return append(b, "}]}}"...), nil
}

func encodeReceipt(b []byte, r *flows.Receipt) ([]byte, error) {
	if r == nil || r.Order == "" || r.Name == "" || r.Currency == "" || r.Payment == "" {
		return nil, contentError("receipt")
	}
	if len(r.Items) > maxReceiptItems {
		return nil, contentError("receipt_items")
	}
	b = appendField(template(b, "receipt"), "recipient_name", r.Name)
	b = appendField(b, "merchant_name", r.Merchant)
	b = appendField(b, "order_number", r.Order)
	b = appendField(b, "currency", r.Currency)
	b = appendField(b, "payment_method", r.Payment)
	if r.Open != "" {
		if err := checkURL(r.Open); err != nil {
			return nil, err
		}
		b = appendField(b, "order_url", r.Open)
	}
	if !r.At.IsZero() {
		b = appendField(b, "timestamp", strconv.FormatInt(r.At.Unix(), 10))
	}
	b, err := encodeItems(b, r)
	if err != nil {
		return nil, err
	}
	if a := r.Address; a != nil {
		b = appendText(append(b, `,"address":{"street_1":`...), a.Street)
		b = appendField(b, "street_2", a.Street2)
		b = appendField(b, "city", a.City)
		b = appendField(b, "postal_code", a.Postcode)
		state := a.State
		if state == "" {
			state = a.City // the platform wants one, and most countries have none
		}
		b = appendField(b, "state", state)
		b = append(appendField(b, "country", a.Country), '}')
	}
	b = append(b, `,"summary":{`...)
	if b, err = appendAmount(b, "total_cost", r.Total); err != nil {
		return nil, err
	}
	for _, sum := range [...][2]string{{"subtotal", r.Subtotal}, {"shipping_cost", r.Shipping}, {"total_tax", r.Tax}} {
		if sum[1] == "" {
			continue
		}
		if b, err = appendAmount(append(b, ','), sum[0], sum[1]); err != nil {
			return nil, err
		}
	}
	b = append(b, '}')
	for i, d := range r.Discounts {
		b = append(b, [...]string{`,"adjustments":[{"name":`, `,{"name":`}[min(i, 1)]...)
		if b, err = appendAmount(append(appendText(b, d.Name), ','), "amount", d.Amount); err != nil {
			return nil, err
		}
		b = append(b, '}')
	}
	if len(r.Discounts) > 0 {
		b = append(b, ']')
	}
	return append(b, "}}"...), nil
}

// encodeItems appends what stands on a receipt.
func encodeItems(b []byte, r *flows.Receipt) ([]byte, error) {
	for i := range r.Items {
		item := &r.Items[i]
		if strings.TrimSpace(item.Title) == "" {
			return nil, contentError("receipt_title")
		}
		b = append(b, [...]string{`,"elements":[{"title":`, `,{"title":`}[min(i, 1)]...)
		b = appendField(appendText(b, item.Title), "subtitle", item.Subtitle)
		var err error
		if item.Quantity != "" {
			if b, err = appendAmount(append(b, ','), "quantity", item.Quantity); err != nil {
				return nil, err
			}
		}
		if b, err = appendAmount(append(b, ','), "price", item.Price); err != nil {
			return nil, err
		}
		b = appendField(b, "currency", r.Currency)
		if item.Image != "" {
			if err := checkURL(item.Image); err != nil {
				return nil, err
			}
			b = appendField(b, "image_url", item.Image)
		}
		b = append(b, '}')
	}
	if len(r.Items) > 0 {
		b = append(b, ']')
	}
	return b, nil
}

// appendAmount appends a field that is a number. Its text goes as it is.
func appendAmount(b []byte, name, decimal string) ([]byte, error) {
	digits := strings.TrimPrefix(decimal, "-")
	whole, fraction, dotted := strings.Cut(digits, ".")
	if whole == "" || len(whole) > 1 && whole[0] == '0' || dotted && fraction == "" || len(digits) > maxAmount || strings.Trim(whole+fraction, "0123456789") != "" {
		return nil, contentError("amount")
	}
	b = appendText(b, name)
	return append(append(b, ':'), decimal...), nil
}

func encodeCoupon(b []byte, c *flows.Coupon) ([]byte, error) {
	switch {
	case c == nil || strings.TrimSpace(c.Title) == "":
		return nil, contentError("coupon_title")
	case c.Code == "" && c.Open == "", strings.ContainsAny(c.Code, " \t\n\u00a0"):
		return nil, contentError("coupon_code")
	}
	for _, address := range []string{c.Image, c.Open} {
		if address == "" {
			continue
		}
		if err := checkURL(address); err != nil {
			return nil, err
		}
	}
	b = appendField(template(b, "coupon"), "title", shorten(c.Title, maxCardLine))
	b = appendField(b, "subtitle", shorten(c.Subtitle, maxCardLine))
	b = appendField(b, "coupon_code", c.Code)
	if c.Open != "" {
		b = appendField(b, "coupon_url", c.Open)
		b = appendField(b, "coupon_url_button_title", shorten(c.Label, maxLabel))
	}
	b = appendField(b, "coupon_pre_message", c.Intro)
	b = appendField(b, "image_url", c.Image)
	return append(b, "}}"...), nil
}

// encodeTemplate appends the values of an approved template. It goes by its own
// messaging_type, which no token carries.
func encodeTemplate(b []byte, d *bot.Delivery) ([]byte, error) {
	t := d.Message.Template
	switch {
	case t == nil || t.Name == "" || t.Language == "":
		return nil, contentError("template")
	case needsToken(d.Lane):
		return nil, contentError("template_lane")
	case len(d.Message.Buttons) > maxButtons:
		return nil, contentError("buttons_count")
	}
	b = appendText(append(b, `,"template":{"name":`...), t.Name)
	b = appendText(append(b, `,"language":{"code":`...), t.Language)
	b = append(b, '}')
	parts := 0
	part := func(kind string) {
		b = append(b, [...]string{`,"components":[`, `,`}[min(parts, 1)]...)
		b = append(appendText(append(b, `{"type":`...), kind), `,"parameters":[`...)
		parts++
	}
	if len(t.Values) > 0 {
		part("body")
		for i, v := range t.Values {
			if strings.TrimSpace(v.Text) == "" {
				return nil, contentError("template_value")
			}
			if i > 0 {
				b = append(b, ',')
			}
			b = appendField(append(b, `{"type":"text"`...), "parameter_name", v.Name)
			b = append(appendField(b, "text", v.Text), '}')
		}
		b = append(b, "]}"...)
	}
	if len(d.Message.Buttons) > 0 {
		part("buttons")
		for i, button := range d.Message.Buttons {
			if button.Payload == "" || utf8.RuneCountInString(button.Payload) > maxPayload {
				return nil, contentError("payload")
			}
			if i > 0 {
				b = append(b, ',')
			}
			b = append(appendField(append(b, `{"type":"POSTBACK"`...), "payload", button.Payload), '}')
		}
		b = append(b, "]}"...)
	}
	if parts > 0 {
		b = append(b, ']')
	}
	return append(b, '}'), nil
}
