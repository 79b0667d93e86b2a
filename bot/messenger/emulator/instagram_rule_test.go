package emulator

import (
	"strings"
	"testing"
	"time"
)

// TestRulesOfInstagram: what an account refuses in its own way.
func TestRulesOfInstagram(t *testing.T) {
	t.Parallel()
	hello := m{"text": "hello"}
	cases := []struct {
		name   string
		change func(*Config)
		play   func(b *bench) graphReply
		code   string
		rule   int
	}{
		{"a day after the last act", nil, func(b *bench) graphReply {
			b.write("hi")
			b.pass(24 * time.Hour)
			return b.send(to(b.zoe, hello))
		}, "10/2534022", 4},
		{"a person answers within seven days", nil, func(b *bench) graphReply {
			b.write("hi")
			b.pass(7*24*time.Hour - time.Second)
			return b.send(m{"recipient": m{"id": b.zoe}, "messaging_type": "MESSAGE_TAG", "tag": "HUMAN_AGENT", "message": hello})
		}, "", 0},
		{"a person answers after seven days", nil, func(b *bench) graphReply {
			b.write("hi")
			b.pass(7 * 24 * time.Hour)
			return b.send(m{"recipient": m{"id": b.zoe}, "messaging_type": "MESSAGE_TAG", "tag": "HUMAN_AGENT", "message": hello})
		}, "10/2534022", 5},
		{"nobody has this id", nil, func(b *bench) graphReply { return b.send(to("999", hello)) }, "100/2534014", 3},
		{"a text of a thousand bytes", nil, func(b *bench) graphReply {
			b.write("hi")
			return b.send(to(b.zoe, m{"text": strings.Repeat("é", 500)}))
		}, "", 0},
		{"a text of more bytes", nil, func(b *bench) graphReply {
			b.write("hi")
			return b.send(to(b.zoe, m{"text": strings.Repeat("é", 501)}))
		}, "100/2534015", 7},
		{"a quick reply for the e-mail address", nil, func(b *bench) graphReply {
			b.write("hi")
			return b.send(to(b.zoe, m{"text": "Your address?", "quick_replies": []m{{"content_type": "user_email"}}}))
		}, "100/2534015", 7},
		{"asked about a sixth topic in a day", nil, func(b *bench) graphReply {
			b.set(day(2023, time.September, 1))
			b.write("hi")
			for _, topic := range []string{"a", "b", "c", "d", "e"} {
				b.must(to(b.zoe, optIn(topic)))
			}
			return b.send(to(b.zoe, optIn("f")))
		}, "9/2018352", 8},
		{"the same title with another image", nil, func(b *bench) graphReply {
			b.set(day(2023, time.September, 1))
			b.write("hi")
			b.must(to(b.zoe, optIn("a", m{"image_url": "https://foulee.example/a.png"})))
			return b.send(to(b.zoe, optIn("a", m{"image_url": "https://foulee.example/b.png"})))
		}, "", 0},
		{"the same title with the same image", nil, func(b *bench) graphReply {
			b.set(day(2023, time.September, 1))
			b.write("hi")
			b.must(to(b.zoe, optIn("a", m{"image_url": "https://foulee.example/a.png"})))
			return b.send(to(b.zoe, optIn("a", m{"image_url": "https://foulee.example/a.png"})))
		}, "613/1893016", 8},
		{"too many calls of a day", func(c *Config) { c.CallsPerPerson = 1 }, func(b *bench) graphReply {
			b.write("hi")
			b.must(to(b.zoe, hello))
			return b.send(to(b.zoe, hello))
		}, "80002", 17},
		{"people of the account have the conversation", nil, func(b *bench) graphReply {
			b.write("hi")
			b.ok(b.TakeOver(b.zoe))
			return b.send(to(b.zoe, hello))
		}, "100/2534037", 20},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t, func(to *Config) {
				to.Instagram = true
				if c.change != nil {
					c.change(to)
				}
			})
			if got := c.play(b); got.code() != c.code {
				t.Fatalf("code %q (%s), want %q", got.code(), got.Error.Message, c.code)
			}
			list := b.Refusals()
			if c.code == "" {
				if len(list) != 0 {
					t.Errorf("listed %+v", list)
				}
				return
			}
			if len(list) == 0 || list[len(list)-1].Rule != c.rule {
				t.Errorf("listed %+v, want rule %d", list, c.rule)
			}
		})
	}
}

// TestNotificationsEndedOnInstagramEverywhere, and not for Pages of some region.
func TestNotificationsEndedOnInstagramEverywhere(t *testing.T) {
	t.Parallel()
	b := newBench(t, func(c *Config) { c.Instagram = true })
	b.set(day(2026, time.February, 9))
	token := b.accepted("restock")
	b.set(day(2026, time.February, 10))
	b.write("hi")
	for name, body := range map[string]m{"a request": to(b.zoe, optIn("restock")), "a token": byToken(token, m{"text": "hello"})} {
		got := b.send(body)
		list := b.Refusals()
		if got.code() != "10/2534022" || len(list) == 0 {
			t.Fatalf("%s: code %q", name, got.code())
		}
		if why := list[len(list)-1].Why; !strings.Contains(why, "ended on Instagram") || strings.Contains(why, "Pages") {
			t.Errorf("%s: %s", name, why)
		}
	}
}
