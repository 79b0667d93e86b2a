package emulator

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"
)

const (
	testAccount  = "7001"
	testCampaign = "8001"
)

// american is a Page that may send paid messages, on a day on which it can.
func american(c *Config) {
	c.Region, c.AdAccount, c.Campaign, c.MessagePrice = "US", testAccount, testCampaign, 0.5
	c.RegionOf = func(zone string) string {
		return map[string]string{"Europe/Paris": "EU", "America/New_York": "US"}[zone]
	}
}

// yes lets Zoé, who lives in the United States, subscribe to the Page, and returns the token.
func (b *bench) yes() string {
	b.t.Helper()
	b.Join(b.zoe, "", "", "", "America/New_York")
	b.write("news")
	request := to(b.zoe, optIn("News"))
	request["page"] = testPage
	b.must(request)
	b.ok(b.Accept(b.zoe))
	return b.Topics(b.zoe)[0].Token
}

// pay sends a paid message.
func (b *bench) pay(campaign, token string, message m) graphReply {
	b.t.Helper()
	r, err := b.call(http.MethodPost, "act_"+testAccount+"/messages", m{
		"message_id": campaign, "messenger_delivery_data": m{"subscription_token": token}, "message": message,
	})
	b.ok(err)
	return r
}

func (b *bench) post(path string, body m) graphReply {
	b.t.Helper()
	r, err := b.call(http.MethodPost, path, body)
	b.ok(err)
	return r
}

// campaign makes one with a daily budget.
func (b *bench) campaign(budget int) string {
	b.t.Helper()
	r := b.post("act_"+testAccount+"/message_campaign", m{"name": "Spring", "page_id": testPage, "daily_budget": budget})
	return fmt.Sprint(r.body["id"])
}

// TestRulesOfTheLanes goes through what the platform wants of the ways outside the
// window, by year and region: rules 10, 12, 13 and 14.
func TestRulesOfTheLanes(t *testing.T) {
	t.Parallel()
	hello := m{"text": "hello"}
	utility := func(b *bench, name string, values ...string) graphReply {
		var parameters []m
		for _, v := range values {
			parameters = append(parameters, m{"type": "text", "text": v})
		}
		t := m{"name": name, "language": m{"code": "en_US"}}
		if len(parameters) > 0 {
			t["components"] = []m{{"type": "body", "parameters": parameters}}
		}
		return b.send(m{"recipient": m{"id": b.zoe}, "messaging_type": "UTILITY", "message": m{"template": t}})
	}
	order := m{"name": "order", "language": "en_US", "category": "UTILITY", "components": []m{
		{"type": "BODY", "text": "Your order {{1}} has left our house.", "example": m{"body_text": [][]string{{"881"}}}},
	}}
	changed := func(key, text string) m {
		body := m{"type": "BODY", "text": text, "example": m{"body_text": [][]string{{"881"}}}}
		return m{"name": "order", "language": "en_US", "category": "UTILITY", "components": []m{body}, key: order[key]}
	}
	notifyMe := template(m{"template_type": "one_time_notif_req", "title": "Back in 42", "payload": "request-1"})
	once := func(b *bench) string {
		b.write("stock")
		b.must(to(b.zoe, notifyMe))
		b.ok(b.Accept(b.zoe))
		told := b.told()
		optin, _ := item(b.t, told[len(told)-1])["optin"].(m)
		token, _ := optin["one_time_notif_token"].(string)
		return token
	}
	byOnce := func(token string) m {
		return m{"recipient": m{"one_time_notif_token": token}, "message": hello}
	}
	allowed := func(c *Config) { c.OneTime = true }
	for _, c := range []struct {
		name   string
		change func(*Config)
		play   func(b *bench) graphReply // the last call counts
		code   string
		rule   int
		why    string
	}{
		{"before May 2022 nobody could be asked", nil, func(b *bench) graphReply {
			b.set(day(2022, time.May, 18))
			b.write("hi")
			return b.send(to(b.zoe, optIn("News")))
		}, "100", 8, "19 May 2022"},
		{"10: the United States before the end", region("US"), func(b *bench) graphReply {
			b.set(day(2026, time.February, 9))
			return b.send(byToken(b.accepted("News"), hello))
		}, "", 0, ""},
		{"10: the United States after the end", region("US"), func(b *bench) graphReply {
			b.set(day(2026, time.February, 9))
			token := b.accepted("News")
			b.set(day(2026, time.February, 10))
			return b.send(byToken(token, hello))
		}, "10/2018278", 10, "Pages in US"},
		{"10: a Page that moved", nil, func(b *bench) graphReply {
			token := b.accepted("News")
			b.SetRegion("us")
			return b.send(byToken(token, hello))
		}, "10/2018278", 10, "Pages in US"},
		{"10: in Japan it goes on", region("JP"), func(b *bench) graphReply {
			return b.send(byToken(b.accepted("News"), hello))
		}, "", 0, ""},

		{"12: one message", allowed, func(b *bench) graphReply { return b.send(byOnce(once(b))) }, "", 0, ""},
		{"12: months later, outside the window", allowed, func(b *bench) graphReply {
			token := once(b)
			b.set(friday.AddDate(0, 11, 0))
			return b.send(byOnce(token))
		}, "", 0, ""},
		{"12: not a second one", allowed, func(b *bench) graphReply {
			token := once(b)
			b.must(byOnce(token))
			return b.send(byOnce(token))
		}, "100", 12, "its one message"},
		{"12: not after a year", allowed, func(b *bench) graphReply {
			token := once(b)
			b.set(friday.AddDate(1, 0, 1))
			return b.send(byOnce(token))
		}, "100", 12, "good for a year"},
		{"12: asked and answered twice", allowed, func(b *bench) graphReply {
			first, second := once(b), once(b)
			b.must(byOnce(first))
			return b.send(byOnce(second))
		}, "", 0, ""},
		{"12: the window stays closed", allowed, func(b *bench) graphReply {
			once(b)
			b.pass(25 * time.Hour)
			return b.send(to(b.zoe, hello))
		}, "10/2018278", 4, "24 hours"},
		{"12: the request needs the window", allowed, func(b *bench) graphReply {
			return b.send(to(b.zoe, notifyMe))
		}, "10/2018278", 12, "24 hours"},
		{"12: the Page has not got the feature", nil, func(b *bench) graphReply {
			b.write("hi")
			return b.send(to(b.zoe, notifyMe))
		}, "100", 12, "Config.OneTime"},
		{"12: a token nobody gave", allowed, func(b *bench) graphReply { return b.send(byOnce("99")) }, "100", 12, "no such token"},
		{"12: no token of the other kind", allowed, func(b *bench) graphReply {
			return b.send(byToken(once(b), hello))
		}, "100", 9, "one-time"},

		{"13: an approved template, outside the window", nil, func(b *bench) graphReply {
			b.post(testPage+"/message_templates", order)
			return utility(b, "order", "881")
		}, "", 0, ""},
		{"13: too many values", nil, func(b *bench) graphReply {
			b.post(testPage+"/message_templates", order)
			return utility(b, "order", "881", "Paris")
		}, "100", 13, "1 places, and 2 values"},
		{"13: another language", nil, func(b *bench) graphReply {
			other := m{"name": "order", "language": "fr_FR", "category": "UTILITY", "components": order["components"]}
			b.post(testPage+"/message_templates", other)
			return utility(b, "order", "881")
		}, "100", 13, "in en_US"},
		{"13: a place at the end is refused", nil, func(b *bench) graphReply {
			b.post(testPage+"/message_templates", changed("name", "It has left our house, your order {{1}}"))
			return utility(b, "order", "881")
		}, "100", 13, "INCORRECT_PARAMS"},
		{"13: advertising is refused", nil, func(b *bench) graphReply {
			b.post(testPage+"/message_templates", changed("name", "Your order {{1}} comes with a discount for the next."))
			return utility(b, "order", "881")
		}, "100", 13, "TAG_SHOULD_BE_MARKETING"},
		{"13: no template changes", nil, func(b *bench) graphReply {
			b.post(testPage+"/message_templates", order)
			return b.post(testPage+"/message_templates", order)
		}, "100", 13, "cannot be changed"},
		{"13: without the permission", func(c *Config) { c.NoUtility = true }, func(b *bench) graphReply {
			return utility(b, "order", "881")
		}, "10", 13, "pages_utility_messaging"},
		{"13: in 2024 there was no such thing", nil, func(b *bench) graphReply {
			b.set(day(2024, time.May, 1))
			return utility(b, "order", "881")
		}, "100", 13, "2025"},

		{"14: a paid message", american, func(b *bench) graphReply { return b.pay(testCampaign, b.yes(), hello) }, "", 0, ""},
		{"14: by a token of recurring notifications", american, func(b *bench) graphReply {
			b.set(day(2026, time.January, 5))
			b.Join(b.zoe, "", "", "", "America/New_York")
			token := b.accepted("News")
			b.set(day(2026, time.March, 2))
			return b.pay(testCampaign, token, hello)
		}, "", 0, ""},
		{"14: before July 2025", american, func(b *bench) graphReply {
			b.set(day(2025, time.June, 30))
			return b.pay(testCampaign, "1", hello)
		}, "100/33", 0, "nothing for POST"},
		{"14: from the European Union", func(c *Config) { american(c); c.Region = "EU" }, func(b *bench) graphReply {
			return b.pay(testCampaign, b.yes(), hello)
		}, "2300067", 14, "Pages in EU"},
		{"14: to the European Union", american, func(b *bench) graphReply {
			token := b.yes()
			b.Join(b.zoe, "", "", "", "Europe/Paris")
			return b.pay(testCampaign, token, hello)
		}, "2300052", 14, "lives in EU"},
		{"14: a campaign of the last hour", american, func(b *bench) graphReply {
			token, campaign := b.yes(), b.campaign(1000)
			b.pass(59 * time.Minute)
			return b.pay(campaign, token, hello)
		}, "2300028", 14, "an hour later"},
		{"14: a campaign of an hour", american, func(b *bench) graphReply {
			token, campaign := b.yes(), b.campaign(1000)
			b.pass(time.Hour)
			return b.pay(campaign, token, hello)
		}, "", 0, ""},
		{"14: a campaign nobody made", american, func(b *bench) graphReply { return b.pay("9", b.yes(), hello) }, "2300001", 14, "no such campaign"},
		{"14: twelve hours, a minute short", american, func(b *bench) graphReply {
			token := b.yes()
			b.pay(testCampaign, token, hello)
			b.pass(12*time.Hour - time.Minute)
			return b.pay(testCampaign, token, hello)
		}, "4/2018354", 14, "The next may go"},
		{"14: twelve hours", american, func(b *bench) graphReply {
			token := b.yes()
			b.pay(testCampaign, token, hello)
			b.pass(12 * time.Hour)
			return b.pay(testCampaign, token, hello)
		}, "", 0, ""},
		{"14: the budget of a day", american, func(b *bench) graphReply {
			token, campaign := b.yes(), b.campaign(60) // for one message at 50
			b.pass(time.Hour)
			b.pay(campaign, token, hello)
			b.pass(12 * time.Hour)
			b.set(friday.Add(6 * time.Hour)) // 23:00 of the same day, by UTC
			b.tokens[token].LastSent = time.Time{}
			r := b.pay(campaign, token, hello)
			if left := fmt.Sprint(r.body["error"].(m)["error_data"].(m)["remaining_seconds"]); left != "3600" {
				b.t.Errorf("%s seconds are left", left)
			}
			return r
		}, "2300070", 14, "for today"},
		{"14: after our own stop", american, func(b *bench) graphReply {
			token := b.yes()
			if r := b.post(testPage+"/messaging_customer_base/unsubscribe", m{"data": []m{{"psid": b.zoe}}}); fmt.Sprint(r.body["invalid_rows_count"]) != "0" {
				b.t.Errorf("got %v", r.body)
			}
			return b.pay(testCampaign, token, hello)
		}, "2300004", 14, "opted out"},
		{"14: after the platform's stop", american, func(b *bench) graphReply {
			token := b.yes()
			b.ok(b.StopTopic(b.zoe, "News"))
			return b.pay(testCampaign, token, hello)
		}, "2300004", 14, "opted out"},
		{"14: who opted out may subscribe again", american, func(b *bench) graphReply {
			b.yes()
			b.post(testPage+"/messaging_customer_base/unsubscribe", m{"data": []m{{"psid": b.zoe}}})
			b.pass(8 * 24 * time.Hour)
			return b.pay(testCampaign, b.yes(), hello)
		}, "", 0, ""},
		{"14: a long text", american, func(b *bench) graphReply {
			return b.pay(testCampaign, b.yes(), m{"text": strings.Repeat("a", 641)})
		}, "2300021", 14, "640"},
		{"14: a telephone button", american, func(b *bench) graphReply {
			return b.pay(testCampaign, b.yes(), template(m{"template_type": "button", "text": "Call us", "buttons": []m{{"type": "phone_number", "title": "Call", "payload": "+33123456789"}}}))
		}, "2300021", 14, "postbacks"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t, c.change)
			got := c.play(b)
			if got.code() != c.code {
				t.Fatalf("code %q (%s), want %q", got.code(), got.Error.Message, c.code)
			}
			list := b.Refusals()
			if c.code == "" {
				if got.Status != http.StatusOK {
					t.Errorf("status %d", got.Status)
				}
				return
			}
			if len(list) == 0 {
				t.Fatal("the refusal is not listed")
			}
			if last := list[len(list)-1]; last.Rule != c.rule || !strings.Contains(last.Why, c.why) {
				t.Errorf("rule %d: %s\nwant rule %d with %q", last.Rule, last.Why, c.rule, c.why)
			}
		})
	}
}

// TestAPaidMessageIsReportedByItsWebhooks: what was accepted arrives, or does not, and is
// billed only if it does.
func TestAPaidMessageIsReportedByItsWebhooks(t *testing.T) {
	t.Parallel()
	b := newBench(t, func(c *Config) { american(c); c.Receipts = true })
	token := b.yes()
	b.told()
	fields := func() (out []string) {
		for _, body := range b.told() {
			change := item(t, body)
			value, _ := change["value"].(m)
			if value["messenger_subscription_token"] == token && value["message_id"] == testCampaign {
				out = append(out, fmt.Sprint(change["field"]))
			}
		}
		return out
	}
	spent := func() string {
		r, err := b.call(http.MethodGet, testCampaign+"/insights", nil)
		b.ok(err)
		return fmt.Sprint(r.body["data"].([]any)[0].(m)["marketing_messages_spend"])
	}
	if r := b.pay(testCampaign, token, m{"text": "New"}); r.body["marketing_message_tracking_id"] == "" {
		t.Errorf("no tracking id: %v", r.body)
	}
	b.ok(b.Flush(t.Context()))
	b.ok(b.Look(b.zoe))
	if got, want := fmt.Sprint(fields(), " ", spent()), "[marketing_message_echoes marketing_message_deliveries marketing_message_reads] 0.5"; got != want {
		t.Errorf("told %s, want %s", got, want)
	}
	b.pass(13 * time.Hour)
	b.FailDelivery("WEEKLY_MM_LOAD_CAP_REACHED")
	b.pay(testCampaign, token, m{"text": "Newer"})
	b.ok(b.Flush(t.Context()))
	if got, want := fmt.Sprint(fields(), " ", spent()), "[marketing_message_delivery_failed] 0.5"; got != want {
		t.Errorf("told %s, want %s", got, want)
	}
	if chat := b.Chat(b.zoe); chat[len(chat)-1].Text != "New" {
		t.Errorf("the newest message is %q", chat[len(chat)-1].Text)
	}
}

// TestPaidMessagesAreAShareOfWhatPeopleBegin: whoever writes to no business gets one a week.
func TestPaidMessagesAreAShareOfWhatPeopleBegin(t *testing.T) {
	t.Parallel()
	b := newBench(t, func(c *Config) { american(c); c.Conversations = 1 })
	token := b.yes()
	arrived := 0
	for range 10 {
		b.pass(24 * time.Hour)
		before := len(b.Chat(b.zoe))
		if r := b.pay(testCampaign, token, m{"text": "New"}); r.code() != "" {
			t.Fatalf("refused: %s", r.code())
		}
		arrived += len(b.Chat(b.zoe)) - before
	}
	if arrived != 2 {
		t.Errorf("%d messages arrived in ten days, want 2", arrived)
	}
}

// TestThePlatformAsksBeforeATokenEnds: in 2022, where the Page allowed it.
func TestThePlatformAsksBeforeATokenEnds(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, again string
		begin       time.Time
		asks        bool
	}{
		{"allowed", "ENABLED", day(2022, time.June, 1), true},
		{"not allowed", "DISABLED", day(2022, time.June, 1), false},
		{"where tokens end no more", "ENABLED", day(2023, time.March, 1), false},
	} {
		b := newBench(t, nil)
		b.set(c.begin)
		b.write("stock")
		b.must(to(b.zoe, optIn("News", m{"notification_messages_frequency": "DAILY", "notification_messages_reoptin": c.again})))
		b.ok(b.Accept(b.zoe))
		due, some := b.Next()
		if some != c.asks {
			t.Errorf("%s: something is due: %v (%s)", c.name, some, due)
			continue
		}
		if !some {
			continue
		}
		b.set(due)
		b.ok(b.Flush(t.Context()))
		b.told()
		b.ok(b.Accept(b.zoe))
		told := b.told()
		optin, _ := item(t, told[len(told)-1])["optin"].(m)
		if optin["user_token_status"] != "REFRESHED" {
			t.Errorf("%s: told %v", c.name, optin)
		}
		if end := b.Topics(b.zoe)[0].Expires; !end.Equal(due.AddDate(0, 6, 0)) {
			t.Errorf("%s: it ends on %s, asked on %s", c.name, end, due)
		}
	}
}
