package emulator

import (
	"net/http"
	"strings"
	"testing"
	"time"
)

// TestRules goes through the platform's rules on people, windows, tokens and
// requests: for each, what is accepted and what is refused, with code and reason.
func TestRules(t *testing.T) {
	t.Parallel()
	const topic = "Ta pointure est de retour"
	hello := m{"text": "hello"}
	feedback := template(m{
		"template_type": "customer_feedback", "title": "How was it?", "button_title": "Rate us", "business_privacy": m{"url": "https://foulee.example/privacy"},
		"feedback_screens": []m{{"questions": []m{{"id": "q1", "type": "csat"}}}},
	})
	cases := []struct {
		name   string
		change func(*Config)
		play   func(b *bench) graphReply // the last call counts
		code   string                    // "": accepted
		rule   int
		why    string // part of the reason
	}{
		{name: "a known person who wrote", play: func(b *bench) graphReply {
			b.write("hi")
			return b.send(to(b.zoe, hello))
		}},
		{name: "nobody has this PSID", play: func(b *bench) graphReply {
			return b.send(to("999", hello))
		}, code: "100/2018001", rule: 3, why: `id "999"`},
		{name: "another Page's address", play: func(b *bench) graphReply {
			r, err := b.call(http.MethodPost, "777/messages", to(b.zoe, hello))
			b.ok(err)
			return r
		}, code: "100/33", why: "nothing for POST"},
		{name: "me stands for the Page", play: func(b *bench) graphReply {
			b.write("hi")
			r, err := b.call(http.MethodPost, "me/messages", to(b.zoe, hello))
			b.ok(err)
			return r
		}},

		{name: "a person who never acted", play: func(b *bench) graphReply {
			return b.send(to(b.zoe, hello))
		}, code: "10/2018278", rule: 4, why: "the last act was never"},
		{name: "23:59:59 after the act", play: func(b *bench) graphReply {
			b.write("hi")
			b.pass(24*time.Hour - time.Second)
			return b.send(to(b.zoe, hello))
		}},
		{name: "24 hours after the act", play: func(b *bench) graphReply {
			b.write("hi")
			b.pass(24 * time.Hour)
			return b.send(to(b.zoe, hello))
		}, code: "10/2018278", rule: 4, why: "Fri 27 Mar 2026 18:00"},
		{name: "UPDATE needs the window too", play: func(b *bench) graphReply {
			return b.send(m{"recipient": m{"id": b.zoe}, "messaging_type": "UPDATE", "message": hello})
		}, code: "10/2018278", rule: 4, why: "24 hours"},
		{name: "typing outside the window", play: func(b *bench) graphReply {
			return b.send(m{"recipient": m{"id": b.zoe}, "sender_action": "typing_on"})
		}, code: "10/2018278", rule: 4, why: "24 hours"},
		{name: "a postback opens the window", play: func(b *bench) graphReply {
			b.ok(b.Start(b.zoe))
			return b.send(to(b.zoe, hello))
		}},
		{name: "a link with a ref opens the window", play: func(b *bench) graphReply {
			b.ok(b.Refer(b.zoe, "summer"))
			return b.send(to(b.zoe, hello))
		}},
		{name: "a reaction opens the window", play: func(b *bench) graphReply {
			b.write("hi")
			b.must(to(b.zoe, hello))
			b.pass(48 * time.Hour)
			b.ok(b.React(b.zoe, "❤"))
			return b.send(to(b.zoe, hello))
		}},
		{name: "accepting notifications does not open the window", play: func(b *bench) graphReply {
			b.write("hi")
			b.must(to(b.zoe, optIn(topic)))
			b.pass(48 * time.Hour)
			b.ok(b.Accept(b.zoe))
			return b.send(to(b.zoe, hello))
		}, code: "10/2018278", rule: 4, why: "Accepting notifications"},
		{name: "opening a link does not open the window", play: func(b *bench) graphReply {
			b.write("hi")
			b.must(to(b.zoe, template(m{"template_type": "button", "text": "Shop", "buttons": []m{{"type": "web_url", "title": "Open", "url": "https://foulee.example/"}}})))
			b.pass(48 * time.Hour)
			b.ok(b.Open(b.zoe, "Open"))
			return b.send(to(b.zoe, hello))
		}, code: "10/2018278", rule: 4, why: "opening links"},
		{name: "stopping a topic does not open the window", play: func(b *bench) graphReply {
			b.accepted(topic)
			b.pass(48 * time.Hour)
			b.ok(b.StopTopic(b.zoe, topic))
			return b.send(to(b.zoe, hello))
		}, code: "10/2018278", rule: 4, why: "24 hours"},
		{name: "a comment does not open the window", play: func(b *bench) graphReply {
			b.ok(b.Comment(b.zoe, "size?"))
			return b.send(to(b.zoe, hello))
		}, code: "10/2018278", rule: 4, why: "24 hours"},

		{name: "a person answers within seven days", play: func(b *bench) graphReply {
			b.write("hi")
			b.pass(7*24*time.Hour - time.Minute)
			return b.send(m{"recipient": m{"id": b.zoe}, "messaging_type": "MESSAGE_TAG", "tag": "HUMAN_AGENT", "message": hello})
		}},
		{name: "a person answers after seven days", play: func(b *bench) graphReply {
			b.write("hi")
			b.pass(7 * 24 * time.Hour)
			return b.send(m{"recipient": m{"id": b.zoe}, "messaging_type": "MESSAGE_TAG", "tag": "HUMAN_AGENT", "message": hello})
		}, code: "10/2018278", rule: 5, why: "seven days"},
		{name: "a tag before its end", play: func(b *bench) graphReply {
			b.set(time.Date(2026, 4, 26, 23, 59, 0, 0, time.UTC))
			return b.send(m{"recipient": m{"id": b.zoe}, "messaging_type": "MESSAGE_TAG", "tag": "ACCOUNT_UPDATE", "message": hello})
		}},
		{name: "a dead tag", play: func(b *bench) graphReply {
			b.set(time.Date(2026, 4, 27, 0, 0, 0, 0, time.UTC))
			b.write("hi")
			return b.send(m{"recipient": m{"id": b.zoe}, "messaging_type": "MESSAGE_TAG", "tag": "ACCOUNT_UPDATE", "message": hello})
		}, code: "100", rule: 6, why: "27 April 2026"},

		{name: "a survey within seven days", play: func(b *bench) graphReply {
			b.write("hi")
			b.pass(7*24*time.Hour - time.Second)
			return b.send(m{"recipient": m{"id": b.zoe}, "messaging_type": "MESSAGE_TAG", "tag": "CUSTOMER_FEEDBACK", "message": feedback})
		}},
		{name: "a survey after seven days", play: func(b *bench) graphReply {
			b.write("hi")
			b.pass(7 * 24 * time.Hour)
			return b.send(m{"recipient": m{"id": b.zoe}, "messaging_type": "MESSAGE_TAG", "tag": "CUSTOMER_FEEDBACK", "message": feedback})
		}, code: "10/2018278", rule: 4, why: "A survey may go within seven days"},
		{name: "a text under the tag of surveys", play: func(b *bench) graphReply {
			b.write("hi")
			return b.send(m{"recipient": m{"id": b.zoe}, "messaging_type": "MESSAGE_TAG", "tag": "CUSTOMER_FEEDBACK", "message": hello})
		}, code: "100", rule: 7, why: "Only the template customer_feedback"},
		{name: "the tag of news", play: func(b *bench) graphReply {
			b.write("hi")
			return b.send(m{"recipient": m{"id": b.zoe}, "messaging_type": "MESSAGE_TAG", "tag": "NON_PROMOTIONAL_SUBSCRIPTION", "message": hello})
		}, code: "10/2018065", rule: 6, why: "news index"},
		{name: "an answer to one message", play: func(b *bench) graphReply {
			b.write("hi")
			first := b.must(to(b.zoe, hello))
			return b.send(m{"recipient": m{"id": b.zoe}, "messaging_type": "RESPONSE", "message": hello, "reply_to": m{"mid": first.MessageID}})
		}},
		{name: "an answer to no message", play: func(b *bench) graphReply {
			b.write("hi")
			return b.send(m{"recipient": m{"id": b.zoe}, "messaging_type": "RESPONSE", "message": hello, "reply_to": m{"mid": "m_1"}})
		}, code: "100", rule: 7, why: `no message "m_1"`},

		{name: "an opt-in request in the window", play: func(b *bench) graphReply {
			b.write("hi")
			return b.send(to(b.zoe, optIn(topic)))
		}},
		{name: "an opt-in request needs no messaging_type", play: func(b *bench) graphReply {
			b.write("hi")
			return b.send(m{"recipient": m{"id": b.zoe}, "message": optIn(topic)})
		}},
		{name: "an opt-in request outside the window", play: func(b *bench) graphReply {
			b.write("hi")
			b.pass(25 * time.Hour)
			return b.send(to(b.zoe, optIn(topic)))
		}, code: "10/2018278", rule: 8, why: "24 hours"},
		{name: "an opt-in request under a tag", play: func(b *bench) graphReply {
			b.write("hi")
			return b.send(m{"recipient": m{"id": b.zoe}, "messaging_type": "MESSAGE_TAG", "tag": "HUMAN_AGENT", "message": optIn(topic)})
		}, code: "100", rule: 8, why: "under a tag"},
		{name: "the same title within a week", play: func(b *bench) graphReply {
			b.write("hi")
			b.must(to(b.zoe, optIn(topic)))
			b.pass(7*24*time.Hour - time.Second)
			b.write("again")
			return b.send(to(b.zoe, optIn(topic)))
		}, code: "613/1893016", rule: 8, why: "The next may be shown on Fri 3 Apr 2026 19:00"},
		{name: "the same title after a week", play: func(b *bench) graphReply {
			b.write("hi")
			b.must(to(b.zoe, optIn(topic)))
			b.pass(7 * 24 * time.Hour)
			b.write("again")
			return b.send(to(b.zoe, optIn(topic)))
		}},
		{name: "another title within the week", play: func(b *bench) graphReply {
			b.write("hi")
			b.must(to(b.zoe, optIn(topic)))
			return b.send(to(b.zoe, optIn("Les nouveautés")))
		}},
		{name: "the same title to another person", play: func(b *bench) graphReply {
			b.write("hi")
			b.must(to(b.zoe, optIn(topic)))
			kenji := b.Join("", "Kenji", "", "en_US", "Asia/Tokyo")
			b.ok(b.Write(kenji, "hi"))
			return b.send(to(kenji, optIn(topic)))
		}},
		{name: "asking for a topic that was stopped", play: func(b *bench) graphReply {
			b.accepted(topic)
			b.ok(b.StopTopic(b.zoe, topic))
			b.pass(8 * 24 * time.Hour)
			b.write("hi")
			return b.send(to(b.zoe, optIn(topic)))
		}, code: "10/1893015", rule: 8, why: "Only they can resume"},
		{name: "asking again after a resumption", play: func(b *bench) graphReply {
			b.accepted(topic)
			b.ok(b.StopTopic(b.zoe, topic))
			b.ok(b.ResumeTopic(b.zoe, topic))
			b.pass(8 * 24 * time.Hour)
			b.write("hi")
			return b.send(to(b.zoe, optIn(topic)))
		}},
		{name: "no title is the default title", play: func(b *bench) graphReply {
			b.write("hi")
			return b.send(to(b.zoe, template(m{"template_type": "notification_messages", "payload": "p"})))
		}},
		{name: "no title before 21 February 2023", play: func(b *bench) graphReply {
			b.set(time.Date(2023, 2, 20, 12, 0, 0, 0, time.UTC))
			b.write("hi")
			return b.send(to(b.zoe, template(m{"template_type": "notification_messages", "payload": "p"})))
		}, code: "100", rule: 8, why: "21 February 2023"},

		{name: "a token outside the window", play: func(b *bench) graphReply {
			token := b.accepted(topic)
			b.pass(72 * time.Hour)
			return b.send(byToken(token, hello))
		}},
		{name: "an unknown token", play: func(b *bench) graphReply {
			return b.send(byToken("12345", hello))
		}, code: "100", rule: 9, why: "does not exist"},
		{name: "a token that must rest", play: func(b *bench) graphReply {
			token := b.accepted(topic)
			b.must(byToken(token, hello))
			b.pass(48*time.Hour - time.Second)
			return b.send(byToken(token, hello))
		}, code: "4/2018354", rule: 9, why: "The next may go on Sun 29 Mar 2026 19:00"},
		{name: "a token that has rested", play: func(b *bench) graphReply {
			token := b.accepted(topic)
			b.must(byToken(token, hello))
			b.pass(48 * time.Hour)
			return b.send(byToken(token, hello))
		}},
		{name: "two follow-ups within two minutes", play: func(b *bench) graphReply {
			token := b.accepted(topic)
			b.must(byToken(token, hello))
			b.must(byToken(token, hello))
			b.pass(2 * time.Minute)
			return b.send(byToken(token, hello))
		}},
		{name: "a third follow-up", play: func(b *bench) graphReply {
			token := b.accepted(topic)
			for range 3 {
				b.must(byToken(token, hello))
			}
			return b.send(byToken(token, hello))
		}, code: "4/2018354", rule: 9, why: "The next may go"},
		{name: "a long follow-up", play: func(b *bench) graphReply {
			token := b.accepted(topic)
			b.must(byToken(token, hello))
			return b.send(byToken(token, m{"text": strings.Repeat("é", 251)}))
		}, code: "4/2018354", rule: 9, why: "The next may go"},
		{name: "a stopped token", play: func(b *bench) graphReply {
			token := b.accepted(topic)
			b.ok(b.StopTopic(b.zoe, topic))
			return b.send(byToken(token, hello))
		}, code: "10/1893015", rule: 9, why: "Zoé stopped"},
		{name: "a resumed token", play: func(b *bench) graphReply {
			token := b.accepted(topic)
			b.ok(b.StopTopic(b.zoe, topic))
			b.ok(b.ResumeTopic(b.zoe, topic))
			return b.send(byToken(token, hello))
		}},
		{name: "an opt-in request over a token", play: func(b *bench) graphReply {
			return b.send(byToken(b.accepted(topic), optIn("Another")))
		}, code: "100", rule: 8, why: "cannot itself ask"},

		{name: "notifications where they go on", change: region("uk"), play: func(b *bench) graphReply {
			return b.send(byToken(b.accepted(topic), hello))
		}},
		{name: "a request where they ended", change: region("US"), play: func(b *bench) graphReply {
			b.write("hi")
			return b.send(to(b.zoe, optIn(topic)))
		}, code: "10/2018278", rule: 10, why: "10 February 2026"},
		{name: "a token where they ended", change: region("US"), play: func(b *bench) graphReply {
			b.set(time.Date(2026, 2, 9, 12, 0, 0, 0, time.UTC))
			token := b.accepted(topic)
			b.set(time.Date(2026, 2, 10, 0, 0, 0, 0, time.UTC))
			return b.send(byToken(token, hello))
		}, code: "10/2018278", rule: 10, why: "Pages in US"},
		{name: "the day before they ended", change: region("US"), play: func(b *bench) graphReply {
			b.set(time.Date(2026, 2, 9, 12, 0, 0, 0, time.UTC))
			return b.send(byToken(b.accepted(topic), hello))
		}},
		{name: "the code of the end can be chosen", change: func(c *Config) { c.Region, c.ClosedCode, c.ClosedSubcode = "US", 3, 77 },
			play: func(b *bench) graphReply {
				b.write("hi")
				return b.send(to(b.zoe, optIn(topic)))
			}, code: "3/77", rule: 10, why: "ended"},
		{name: "a request for paid messages names the Page", change: region("US"), play: func(b *bench) graphReply {
			b.write("hi")
			return b.send(m{"page": testPage, "recipient": m{"id": b.zoe}, "message": optIn(topic)})
		}},

		{name: "one private reply to a comment", play: func(b *bench) graphReply {
			b.ok(b.Comment(b.zoe, "size?"))
			return b.send(m{"recipient": m{"comment_id": b.Chat(b.zoe)[0].MID}, "message": hello})
		}},
		{name: "a second private reply", play: func(b *bench) graphReply {
			b.ok(b.Comment(b.zoe, "size?"))
			id := b.Chat(b.zoe)[0].MID
			b.must(m{"recipient": m{"comment_id": id}, "message": hello})
			return b.send(m{"recipient": m{"comment_id": id}, "message": hello})
		}, code: "10", rule: 15, why: "once"},
		{name: "a private reply after seven days", play: func(b *bench) graphReply {
			b.ok(b.Comment(b.zoe, "size?"))
			b.pass(7 * 24 * time.Hour)
			return b.send(m{"recipient": m{"comment_id": b.Chat(b.zoe)[0].MID}, "message": hello})
		}, code: "10", rule: 15, why: "seven days"},

		{name: "a person who blocked the Page", play: func(b *bench) graphReply {
			b.write("hi")
			b.ok(b.Block(b.zoe))
			return b.send(to(b.zoe, hello))
		}, code: "551/1545041", rule: 16, why: "Zoé blocked"},
		{name: "a token of a person who blocked the Page", play: func(b *bench) graphReply {
			token := b.accepted(topic)
			b.ok(b.Block(b.zoe))
			return b.send(byToken(token, hello))
		}, code: "551/1545041", rule: 16, why: "Zoé blocked"},
		{name: "writing lifts the block", play: func(b *bench) graphReply {
			b.ok(b.Block(b.zoe))
			b.write("hi")
			return b.send(to(b.zoe, hello))
		}},
		{name: "unblocking lifts the block", play: func(b *bench) graphReply {
			b.write("hi")
			b.ok(b.Block(b.zoe))
			b.ok(b.Unblock(b.zoe))
			return b.send(to(b.zoe, hello))
		}},

		{name: "as many messages a second as allowed", change: func(c *Config) { c.SendsPerSecond = 3 }, play: func(b *bench) graphReply {
			b.write("hi")
			b.must(to(b.zoe, hello))
			b.must(to(b.zoe, hello))
			return b.send(to(b.zoe, hello))
		}},
		{name: "one message a second too many", change: func(c *Config) { c.SendsPerSecond = 3 }, play: func(b *bench) graphReply {
			b.write("hi")
			for range 3 {
				b.must(to(b.zoe, hello))
			}
			return b.send(to(b.zoe, hello))
		}, code: "613", rule: 17, why: "More than 3"},
		{name: "a second later", change: func(c *Config) { c.SendsPerSecond = 1 }, play: func(b *bench) graphReply {
			b.write("hi")
			b.must(to(b.zoe, hello))
			b.pass(time.Second)
			return b.send(to(b.zoe, hello))
		}},

		{name: "ten videos a second", play: func(b *bench) graphReply {
			b.write("hi")
			for range 10 {
				b.must(to(b.zoe, m{"attachment": m{"type": "video", "payload": m{"url": "https://foulee.example/v.mp4"}}}))
			}
			return b.send(to(b.zoe, hello))
		}},
		{name: "one video a second too many", play: func(b *bench) graphReply {
			b.write("hi")
			video := m{"attachment": m{"type": "video", "payload": m{"url": "https://foulee.example/v.mp4"}}}
			for range 10 {
				b.must(to(b.zoe, video))
			}
			return b.send(to(b.zoe, video))
		}, code: "613", rule: 17, why: "More than 10 messages with audio"},
		{name: "as many calls a day as people allow", change: func(c *Config) { c.CallsPerPerson = 2 }, play: func(b *bench) graphReply {
			b.write("hi")
			b.must(to(b.zoe, hello))
			return b.send(to(b.zoe, hello))
		}},
		{name: "one call a day too many", change: func(c *Config) { c.CallsPerPerson = 2 }, play: func(b *bench) graphReply {
			b.write("hi")
			b.must(to(b.zoe, hello))
			b.must(to(b.zoe, hello))
			return b.send(to(b.zoe, hello))
		}, code: "80006", rule: 17, why: "The Page made 3 calls within 24 hours; with 1 people it may make 2"},
		{name: "calls of a day ago no longer count", change: func(c *Config) { c.CallsPerPerson = 2 }, play: func(b *bench) graphReply {
			b.write("hi")
			b.must(to(b.zoe, hello))
			b.must(to(b.zoe, hello))
			b.pass(24 * time.Hour)
			b.write("hi")
			return b.send(to(b.zoe, hello))
		}},
		{name: "asked about five topics a day", change: asksOfInstagram, play: func(b *bench) graphReply {
			b.write("hi")
			for _, topic := range []string{"a", "b", "c", "d"} {
				b.must(to(b.zoe, optIn(topic)))
			}
			return b.send(to(b.zoe, optIn("e")))
		}},
		{name: "asked about a sixth topic", change: asksOfInstagram, play: func(b *bench) graphReply {
			b.write("hi")
			for _, topic := range []string{"a", "b", "c", "d", "e"} {
				b.must(to(b.zoe, optIn(topic)))
			}
			return b.send(to(b.zoe, optIn("f")))
		}, code: "9/2018352", rule: 8, why: "5 topics within a day"},
		{name: "asked about an eleventh topic within a week", change: asksOfInstagram, play: func(b *bench) graphReply {
			for _, day := range []string{"abcde", "fghij"} {
				b.write("hi")
				for _, topic := range strings.Split(day, "") {
					b.must(to(b.zoe, optIn(topic)))
				}
				b.pass(25 * time.Hour)
			}
			b.write("hi")
			return b.send(to(b.zoe, optIn("k")))
		}, code: "9/2018352", rule: 8, why: "10 topics within a week"},

		{name: "a dead access token", play: func(b *bench) graphReply {
			b.write("hi")
			b.RevokeToken(463)
			return b.send(to(b.zoe, hello))
		}, code: "190/463", rule: 18, why: "dead"},
		{name: "a new access token", play: func(b *bench) graphReply {
			b.write("hi")
			b.RevokeToken(463)
			b.GiveToken(testToken)
			return b.send(to(b.zoe, hello))
		}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t, c.change)
			got := c.play(b)
			if got.code() != c.code {
				t.Fatalf("code %q (%s), want %q", got.code(), got.Error.Message, c.code)
			}
			if c.code == "" {
				if list := b.Refusals(); got.Status != http.StatusOK || got.MessageID == "" || len(list) != 0 {
					t.Errorf("accepted with status %d, mid %q, refusals %v", got.Status, got.MessageID, list)
				}
				return
			}
			list := b.Refusals()
			if len(list) == 0 {
				t.Fatal("the refusal is not listed")
			}
			last := list[len(list)-1]
			if last.Rule != c.rule || !strings.Contains(last.Why, c.why) {
				t.Errorf("rule %d: %s\nwant rule %d with %q", last.Rule, last.Why, c.rule, c.why)
			}
			if last.Message != got.Error.Message || last.Message == "" {
				t.Errorf("listed as %q, answered with %q", last.Message, got.Error.Message)
			}
		})
	}
}

func region(name string) func(*Config) {
	return func(c *Config) { c.Region = name }
}

// asksOfInstagram is how many topics somebody on Instagram may be asked about.
func asksOfInstagram(c *Config) { c.AsksPerDay, c.AsksPerWeek = 5, 10 }
