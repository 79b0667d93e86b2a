package emulator

import (
	"net/http"
	"strings"
	"testing"
)

// TestTemplatesOfShow sends, for each template beside buttons and cards, what is
// allowed and what is not.
func TestTemplatesOfShow(t *testing.T) {
	t.Parallel()
	with := func(base m, key string, value any) m {
		out := m{}
		for k, v := range base {
			out[k] = v
		}
		switch {
		case value == nil:
			delete(out, key)
		case key != "":
			out[key] = value
		}
		return out
	}
	media := func(key string, value any) m {
		return template(m{"template_type": "media", "elements": []m{with(m{"media_type": "image", "url": "https://www.facebook.com/foulee/photos/42"}, key, value)}})
	}
	order := 0
	receipt := func(key string, value any) m {
		order++
		return template(with(m{
			"template_type": "receipt", "recipient_name": "Zoé", "order_number": strings.Repeat("x", order), "currency": "EUR", "payment_method": "Visa 1234",
			"elements": []m{{"title": "Gazelle", "price": 99.9}}, "summary": m{"total_cost": 99.9},
			"address": m{"street_1": "1 rue du Bac", "city": "Lyon", "postal_code": "69001", "state": "Lyon", "country": "FR"}, "adjustments": []m{{"name": "x", "amount": 1}},
		}, key, value))
	}
	coupon := func(key string, value any) m {
		return template(with(m{"template_type": "coupon", "title": "Ten percent", "coupon_code": "TEN"}, key, value))
	}
	items := func(n int) []m {
		out := make([]m, n)
		for i := range out {
			out[i] = m{"title": "Gazelle", "price": 1}
		}
		return out
	}
	for _, c := range []struct {
		name      string
		good, bad m
		says      string
	}{
		{"media off Facebook", media("", ""), media("url", "https://foulee.example/a.png"), "must be a Facebook URL"},
		{"a host that only looks like it", media("url", "https://m.facebook.com/a"), media("url", "https://notfacebook.com/a"), "must be a Facebook URL"},
		{"media of no type", media("media_type", "video"), media("media_type", nil), "[media_type] is required"},
		{"saved media", media("", ""), media("attachment_id", "5"), "cannot go with attachment_id"},
		{"a receipt without order", receipt("", ""), receipt("order_number", nil), "[order_number] must be a non-empty"},
		{"a receipt without total", receipt("", ""), receipt("summary", m{}), "[total_cost] must be a number"},
		{"an amount in words", receipt("summary", m{"total_cost": 1, "subtotal": 0}), receipt("summary", m{"total_cost": "1"}), "[total_cost] must be a number"},
		{"a currency", receipt("currency", "USD"), receipt("currency", "euro"), "must be a currency code"},
		{"a hundred things", receipt("elements", items(100)), receipt("elements", items(101)), "between 0 and 100"},
		{"a thing without price", receipt("elements", items(1)), receipt("elements", []m{{"title": "x"}}), "[price] must be a number"},
		{"an address without town", receipt("address", nil), receipt("address", m{"street_1": "x"}), "[postal_code] must be a non-empty"},
		{"a time in words", receipt("timestamp", "1428444852"), receipt("timestamp", "yesterday"), "must be seconds since 1970"},
		{"a coupon's title", coupon("title", long(80)), coupon("title", long(81)), "at most 80 characters"},
		{"a code with a blank", coupon("", ""), coupon("coupon_code", "T EN"), "must not contain spaces"},
		{"a coupon of nothing", coupon("coupon_url", "https://foulee.example"), coupon("coupon_code", nil), "is required without coupon_url"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t, nil)
			b.write("hi")
			if got := b.send(to(b.zoe, c.good)); got.Error.Code != 0 {
				t.Errorf("what is allowed was refused: %s\n%s", got.Error.Message, b.Refusals()[0].Why)
			}
			if got := b.send(to(b.zoe, c.bad)); !strings.HasPrefix(got.code(), "100") || got.Status != http.StatusBadRequest || !strings.Contains(got.Error.Message, c.says) {
				t.Errorf("%d, code %q: %q, want 100 with %q", got.Status, got.code(), got.Error.Message, c.says)
			}
		})
	}
}

func TestAnOrderIsConfirmedOnce(t *testing.T) {
	t.Parallel()
	b := newBench(t, nil)
	b.write("hi")
	receipt := to(b.zoe, template(m{"template_type": "receipt", "recipient_name": "Zoé", "order_number": "881", "currency": "EUR", "payment_method": "Visa", "summary": m{"total_cost": 1}}))
	if got := b.send(receipt); got.Error.Code != 0 {
		t.Fatal(got.Error.Message)
	}
	if got := b.send(receipt); !strings.Contains(got.Error.Message, "order_number must be unique") {
		t.Errorf("a second time: %q", got.Error.Message)
	}
}

// Approved templates need no window, and have as many values as places.
func TestApprovedTemplates(t *testing.T) {
	t.Parallel()
	call := func(zoe, kind, name string, values ...m) m {
		model := m{"name": name, "language": m{"code": "fr_FR"}}
		if len(values) > 0 {
			model["components"] = []m{{"type": "body", "parameters": values}, {"type": "buttons", "parameters": []m{{"type": "POSTBACK", "payload": "P"}}}}
		}
		return m{"recipient": m{"id": zoe}, "messaging_type": kind, "message": m{"template": model}}
	}
	one := m{"type": "text", "text": "881"}
	for _, c := range []struct {
		name string
		body func(zoe string) m
		says string // "": it is accepted
	}{
		{"approved", func(zoe string) m { return call(zoe, "UTILITY", "order_update", one) }, ""},
		{"not approved", func(zoe string) m { return call(zoe, "UTILITY", "order_updat", one) }, "template does not exist"},
		{"a value too few", func(zoe string) m { return call(zoe, "UTILITY", "order_update") }, "number of parameters"},
		{"as a reply", func(zoe string) m { return call(zoe, "RESPONSE", "order_update", one) }, "must be UTILITY"},
		{"named and numbered", func(zoe string) m {
			return call(zoe, "UTILITY", "order_update", one, m{"type": "text", "text": "x", "parameter_name": "y"})
		}, "mixes named"},
		{"a line break", func(zoe string) m { return call(zoe, "UTILITY", "order_update", m{"type": "text", "text": "a\nb"}) }, "does not fit"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t, func(c *Config) {
				c.Templates = map[string]int{"order_update/fr_FR": 1}
				c.TemplateLabels = map[string][]string{"order_update": {"Suivre"}}
			})
			got := b.send(c.body(b.zoe))
			if (c.says == "") != (got.Error.Code == 0) || !strings.Contains(got.Error.Message, c.says) {
				t.Fatalf("%q, want %q", got.Error.Message, c.says)
			}
			if c.says != "" {
				return
			}
			if s := b.Chat(b.zoe)[0]; s.Kind != KindTemplate || s.Model.Name != "order_update" || s.Buttons[0].Label != "Suivre" {
				t.Errorf("shown as %+v", s)
			}
		})
	}
}
