package emulator

import (
	"net/http"
	"strings"
	"testing"
)

// long is a text of n characters that are two bytes each: limits count characters.
func long(n int) string { return strings.Repeat("é", n) }

// TestLimits sends, for every limit of the Send API, the most that is allowed and
// the least that is not.
func TestLimits(t *testing.T) {
	t.Parallel()
	button := func(fields m) m {
		return template(m{"template_type": "button", "text": "Text", "buttons": []m{fields}})
	}
	postback := func(title, payload string) m { return m{"type": "postback", "title": title, "payload": payload} }
	buttons := func(n int) []m {
		var list []m
		for range n {
			list = append(list, postback("Go", "p"))
		}
		return list
	}
	replies := func(n int) m {
		labels := make([]string, n)
		for i := range labels {
			labels[i] = "x"
		}
		return m{"text": "Text", "quick_replies": quickly(labels...)}
	}
	card := func(fields m) m {
		if fields["title"] == nil {
			fields["title"] = "Gazelle"
		}
		return template(m{"template_type": "generic", "elements": []m{fields}})
	}
	cards := func(n int) m {
		var list []m
		for range n {
			list = append(list, m{"title": "Gazelle"})
		}
		return template(m{"template_type": "generic", "elements": list})
	}
	media := func(kind, url string) m {
		return m{"attachment": m{"type": kind, "payload": m{"url": url, "is_reusable": true}}}
	}
	products := func(n int) m {
		var list []m
		for i := range n {
			list = append(list, m{"id": 100 + i})
		}
		return template(m{"template_type": "product", "elements": list})
	}
	survey := func(key string, value any) m {
		t := m{
			"template_type": "customer_feedback", "title": "How was it?", "button_title": "Rate us", "business_privacy": m{"url": "https://foulee.example/privacy"},
			"feedback_screens": []m{{"questions": []m{{"id": "q1", "type": "csat"}}}},
		}
		if key != "" {
			t[key] = value
		}
		return template(t)
	}
	asking := func(key string, value any) m {
		q := m{"id": "q1", "type": "csat"}
		q[key] = value
		return survey("feedback_screens", []m{{"questions": []m{q}}})
	}
	cases := []struct {
		name     string
		good     m
		bad      m
		says     string // part of the refusal's message
		explains string // part of its reason
	}{
		{"text", m{"text": long(1999)}, m{"text": long(2000)}, "Param message[text] must have at most 1999 characters", "has 2000 characters"},
		{"empty text", m{"text": "."}, m{"text": " \n"}, "must be a non-empty string", "missing or empty"},
		{"text or attachment", m{"text": "a"}, m{"text": "a", "attachment": m{}}, "either text or attachment", "never both"},
		{"text is a text", m{"text": "1"}, m{"text": 1}, "must be a string", "not a text"},
		{"metadata", m{"text": "a", "metadata": long(999)}, m{"text": "a", "metadata": long(1000)}, "Param message[metadata]", "1000 characters"},
		{"unknown field", m{"text": "a"}, m{"text": "a", "texte": "b"}, "Param message[texte] is not known", `no field "message[texte]"`},

		{"quick replies", replies(13), replies(14), "between 1 and 13 elements", "14 quick replies"},
		{"no quick replies", replies(1), m{"text": "a", "quick_replies": []m{}}, "between 1 and 13", "0 quick replies"},
		{
			"quick reply title",
			m{"text": "a", "quick_replies": quickly(long(20))},
			m{"text": "a", "quick_replies": quickly(long(21))}, "Param message[quick_replies][0][title]", "21 characters",
		},
		{
			"quick reply payload",
			m{"text": "a", "quick_replies": []m{{"content_type": "text", "title": "x", "payload": long(1000)}}},
			m{"text": "a", "quick_replies": []m{{"content_type": "text", "title": "x", "payload": long(1001)}}}, "[payload]", "1001 characters",
		},
		{
			"quick reply type",
			m{"text": "a", "quick_replies": []m{{"content_type": "user_email"}}},
			m{"text": "a", "quick_replies": []m{{"content_type": "location"}}}, "must be one of {text, user_phone_number, user_email}", `is "location"`,
		},
		{
			"quick reply without type",
			m{"text": "a", "quick_replies": quickly("x")},
			m{"text": "a", "quick_replies": []m{{"title": "x", "payload": "y"}}}, "[content_type] is required", "content_type",
		},
		{
			"quick reply image",
			m{"text": "a", "quick_replies": []m{{"content_type": "text", "title": "x", "payload": "y", "image_url": "https://foulee.example/a.png"}}},
			m{"text": "a", "quick_replies": []m{{"content_type": "text", "title": "x", "payload": "y", "image_url": "a.png"}}}, "valid URL", "http or https",
		},

		{
			"button text",
			template(m{"template_type": "button", "text": long(640), "buttons": buttons(1)}),
			template(m{"template_type": "button", "text": long(641), "buttons": buttons(1)}), "[payload][text]", "641 characters",
		},
		{
			"number of buttons",
			template(m{"template_type": "button", "text": "a", "buttons": buttons(3)}),
			template(m{"template_type": "button", "text": "a", "buttons": buttons(4)}), "between 1 and 3", "4 buttons",
		},
		{
			"no buttons",
			template(m{"template_type": "button", "text": "a", "buttons": buttons(1)}),
			template(m{"template_type": "button", "text": "a", "buttons": []m{}}), "between 1 and 3", "0 buttons",
		},
		{"button title", button(postback(long(20), "p")), button(postback(long(21), "p")), "[buttons][0][title]", "21 characters"},
		{"button payload", button(postback("a", long(1000))), button(postback("a", long(1001))), "[buttons][0][payload]", "1001 characters"},
		{"button without payload", button(postback("a", "p")), button(m{"type": "postback", "title": "a"}), "[payload] must be a non-empty", "missing"},
		{
			"button address",
			button(m{"type": "web_url", "title": "a", "url": "https://foulee.example/", "webview_height_ratio": "tall"}),
			button(m{"type": "web_url", "title": "a", "url": "foulee.example"}), "[url] must be a valid URL", `"foulee.example"`,
		},
		{
			"button height",
			button(m{"type": "web_url", "title": "a", "url": "https://foulee.example/", "webview_height_ratio": "full"}),
			button(m{"type": "web_url", "title": "a", "url": "https://foulee.example/", "webview_height_ratio": "huge"}), "{compact, tall, full}", `"huge"`,
		},
		{
			"button telephone",
			button(m{"type": "phone_number", "title": "a", "payload": "+33123456789"}),
			button(m{"type": "phone_number", "title": "a", "payload": "01 23 45"}), "must be a phone number", "+33123456789",
		},
		{
			"a postback with a url",
			button(postback("a", "p")),
			button(m{"type": "postback", "title": "a", "payload": "p", "url": "https://foulee.example/"}), "[url] is not known", "type, title, payload",
		},
		{"button kind", button(m{"type": "game_play", "title": "a"}), button(m{"type": "element_share"}), "is not offered", `"element_share"`},
		{"button to log in", button(m{"type": "account_link", "url": "https://foulee.example/in"}), button(m{"type": "account_link", "url": "in"}), "valid URL", "http or https"},
		{"button to log out", button(m{"type": "account_unlink"}), button(m{"type": "account_unlink", "title": "a"}), "[title] is not known", "no field"},

		{"cards", cards(10), cards(11), "between 1 and 10", "11 cards"},
		{"card title", card(m{"title": long(80)}), card(m{"title": long(81)}), "[elements][0][title]", "81 characters"},
		{"card without title", card(m{}), card(m{"title": ""}), "must be a non-empty", "missing or empty"},
		{"card subtitle", card(m{"subtitle": long(80)}), card(m{"subtitle": long(81)}), "[subtitle]", "81 characters"},
		{"card image", card(m{"image_url": "https://foulee.example/a.png"}), card(m{"image_url": "/a.png"}), "valid URL", "http or https"},
		{"card buttons", card(m{"buttons": buttons(3)}), card(m{"buttons": buttons(4)}), "between 1 and 3", "4 buttons"},
		{
			"card action",
			card(m{"default_action": m{"type": "web_url", "url": "https://foulee.example/"}}),
			card(m{"default_action": m{"type": "web_url", "url": "https://foulee.example/", "title": "x"}}), "[default_action][title] is not known", "no field",
		},
		{"card field", card(m{}), card(m{"item_url": "https://foulee.example/"}), "[item_url] is not known", "no field"},
		{"template kind", cards(1), template(m{"template_type": "list", "elements": []m{}}), "is not offered", `"list"`},

		{"products", products(10), products(11), "between 1 and 10", "11 products"},
		{"sticker", m{"sticker_id": 369239263222822}, m{"sticker_id": "thumb"}, "is not a sticker", "digits only"},
		{"sticker alone", m{"sticker_id": "5"}, m{"sticker_id": "5", "text": "a"}, "either sticker_id or text", "stands alone"},
		{"survey title", survey("title", long(65)), survey("title", long(66)), "[payload][title]", "66 characters"},
		{"survey subtitle", survey("subtitle", long(80)), survey("subtitle", long(81)), "[payload][subtitle]", "81 characters"},
		{"survey button", survey("button_title", long(20)), survey("button_title", long(21)), "[button_title]", "21 characters"},
		{"survey days", survey("expires_in_days", 7), survey("expires_in_days", 8), "between 1 and 7", "1 to 7 days"},
		{"survey privacy", survey("", nil), survey("business_privacy", m{}), "[business_privacy][url] must be a non-empty", "missing"},
		{"survey question", asking("id", strings.Repeat("a", 80)), asking("id", strings.Repeat("a", 81)), "[id] must have at most 80", "81 characters"},
		{"survey question's name", asking("id", "hauxGkZfUbk_5"), asking("id", "a b"), "letters, digits and _", "other characters"},
		{"survey question's title", asking("title", long(85)), asking("title", long(86)), "at most 85", "86 characters"},
		{"survey question in a word", asking("title", "Hello"), asking("title", "Hell"), "at least 5", "too short"},
		{"survey type", asking("type", "nps"), asking("type", "stars"), "{csat, nps, ces}", `"stars"`},
		{"survey placeholder", asking("follow_up", m{"type": "free_form", "placeholder": long(65)}), asking("follow_up", m{"type": "free_form", "placeholder": long(66)}), "[placeholder]", "66 characters"},

		{"opt-in title", optIn(long(65)), optIn(long(66)), "[payload][title]", "66 characters"},
		{"opt-in payload", optIn("a", m{"payload": long(1000)}), optIn("b", m{"payload": long(1001)}), "[payload][payload]", "1001 characters"},
		{"opt-in without payload", optIn("a"), optIn("b", m{"payload": ""}), "[payload][payload] must be a non-empty", "missing"},
		{
			"opt-in frequency",
			optIn("a", m{"notification_messages_frequency": "WEEKLY"}),
			optIn("b", m{"notification_messages_frequency": "weekly"}), "{DAILY, WEEKLY, MONTHLY}", `"weekly"`,
		},
		{
			"opt-in button",
			optIn("a", m{"notification_messages_cta_text": "SIGN_UP", "notification_messages_reoptin": "ENABLED", "image_aspect_ratio": "SQUARE"}),
			optIn("b", m{"notification_messages_cta_text": "BUY"}), "cta_text", `"BUY"`,
		},
		{
			"opt-in zone",
			optIn("a", m{"notification_messages_timezone": "Europe/Paris"}),
			optIn("b", m{"notification_messages_timezone": "Europe/Foulée"}), "is not a time zone", "Europe/Foulée",
		},
		{"opt-in field", optIn("a"), optIn("b", m{"topic": "x"}), "[topic] is not known", "no field"},

		{"image", media("image", "https://foulee.example/a.png"), media("image", "a.png"), "valid URL", "http or https"},
		{"attachment kind", media("file", "https://foulee.example/a.pdf"), media("sticker", "https://foulee.example/a"), "{image, video, audio, file, template}", `"sticker"`},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t, nil)
			b.write("hi")
			if got := b.send(to(b.zoe, c.good)); got.Error.Code != 0 {
				t.Errorf("what is allowed was refused: %s\n%s", got.Error.Message, b.Refusals()[0].Why)
			}
			got := b.send(to(b.zoe, c.bad))
			if got.code() != "100" || got.Status != http.StatusBadRequest || !strings.Contains(got.Error.Message, c.says) {
				t.Fatalf("%d, code %q: %q, want 100 with %q", got.Status, got.code(), got.Error.Message, c.says)
			}
			list := b.Refusals()
			if last := list[len(list)-1]; last.Rule != 7 || !strings.Contains(last.Why, c.explains) || last.PSID != b.zoe || last.Name != "Zoé" {
				t.Errorf("listed as %+v, want a reason with %q", last, c.explains)
			}
			if n := len(b.Chat(b.zoe)); n != 2 {
				t.Errorf("%d messages are in the chat, want Zoé's and the good one", n)
			}
		})
	}
}

// TestRequestShape sends calls that are wrong as a whole.
func TestRequestShape(t *testing.T) {
	t.Parallel()
	hello := m{"text": "hello"}
	cases := []struct {
		name string
		body func(zoe string) m
		code string
		says string
	}{
		{"no recipient", func(string) m { return m{"messaging_type": "RESPONSE", "message": hello} }, "100", "recipient must be an object"},
		{"two recipients", func(zoe string) m {
			return m{"messaging_type": "RESPONSE", "recipient": m{"id": zoe, "comment_id": "1"}, "message": hello}
		}, "100", "exactly one field"},
		{"an unknown way to address", func(string) m {
			return m{"messaging_type": "RESPONSE", "recipient": m{"email": "a@foulee.example"}, "message": hello}
		}, "100", "recipient[email] is not known"},
		{"no messaging_type", func(zoe string) m { return m{"recipient": m{"id": zoe}, "message": hello} }, "100", "messaging_type is required"},
		{"an unknown messaging_type", func(zoe string) m {
			return m{"recipient": m{"id": zoe}, "messaging_type": "REPLY", "message": hello}
		}, "100", "{RESPONSE, UPDATE, MESSAGE_TAG, UTILITY}"},
		{"a tag without its type", func(zoe string) m {
			return m{"recipient": m{"id": zoe}, "messaging_type": "RESPONSE", "tag": "HUMAN_AGENT", "message": hello}
		}, "100", "tag needs messaging_type MESSAGE_TAG"},
		{"an unknown tag", func(zoe string) m {
			return m{"recipient": m{"id": zoe}, "messaging_type": "MESSAGE_TAG", "tag": "SALE", "message": hello}
		}, "100", "tag is not known"},
		{"an unknown field", func(zoe string) m {
			return m{"recipient": m{"id": zoe}, "messaging_type": "RESPONSE", "message": hello, "idempotency_key": "x"}
		}, "100", "idempotency_key is not known"},
		{"no message", func(zoe string) m { return m{"recipient": m{"id": zoe}, "messaging_type": "RESPONSE"} }, "100", "message must be an object"},
		{"a message and a sender action", func(zoe string) m {
			return m{"recipient": m{"id": zoe}, "messaging_type": "RESPONSE", "message": hello, "sender_action": "typing_on"}
		}, "100/2018014", "cannot be sent together"},
		{"an unknown sender action", func(zoe string) m {
			return m{"recipient": m{"id": zoe}, "sender_action": "dance"}
		}, "100", "must be one of {typing_on"},
		{"a sender action with a messaging_type", func(zoe string) m {
			return m{"recipient": m{"id": zoe}, "messaging_type": "RESPONSE", "sender_action": "typing_on"}
		}, "100", "messaging_type cannot go with a sender_action"},
		{"a saved attachment", func(zoe string) m {
			return to(zoe, m{"attachment": m{"type": "image", "payload": m{"attachment_id": "5"}}})
		}, "100/2018074", "attachment id is unknown"},
		{"an unknown persona", func(zoe string) m {
			return m{"recipient": m{"id": zoe}, "messaging_type": "RESPONSE", "message": hello, "persona_id": "5"}
		}, "100", "persona_id is not a persona"},
		{"a utility message", func(zoe string) m {
			return m{"recipient": m{"id": zoe}, "messaging_type": "UTILITY", "message": hello}
		}, "100", "template is required"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t, nil)
			b.write("hi")
			if got := b.send(c.body(b.zoe)); got.code() != c.code || !strings.Contains(got.Error.Message, c.says) {
				t.Errorf("code %q: %q, want %s with %q", got.code(), got.Error.Message, c.code, c.says)
			}
		})
	}
}
