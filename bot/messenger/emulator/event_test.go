package emulator

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// TestActs does everything a person can do and compares what the bot is told: the
// events without parties and time, with the ids of this run written as MID and TOKEN.
func TestActs(t *testing.T) {
	t.Parallel()
	const topic = "Ta pointure est de retour"
	shop := m{"template_type": "button", "text": "Shop", "buttons": []m{
		{"type": "postback", "title": "Later", "payload": "P:later"},
		{"type": "web_url", "title": "Open", "url": "https://foulee.example/g42"},
		{"type": "phone_number", "title": "Call", "payload": "+33123456789"},
	}}
	tokenFields := `"notification_messages_timezone":"UTC","notification_messages_token":"TOKEN","payload":"request-1","title":"Ta pointure est de retour","type":"notification_messages","user_token_status":`
	cases := []struct {
		name   string
		before func(b *bench)
		act    func(b *bench) error
		want   []string
	}{
		{"writes", nil, func(b *bench) error { return b.Write(b.zoe, "hi") },
			[]string{`{"message":{"mid":"MID","text":"hi"}}`}},
		{"sends a picture", nil, func(b *bench) error { return b.SendImage(b.zoe, "https://foulee.example/me.jpg") },
			[]string{`{"message":{"attachments":[{"payload":{"url":"https://foulee.example/me.jpg"},"type":"image"}],"mid":"MID"}}`}},
		{"sends a video", nil, func(b *bench) error { return b.SendFile(b.zoe, KindVideo, "https://foulee.example/me.mp4") },
			[]string{`{"message":{"attachments":[{"payload":{"url":"https://foulee.example/me.mp4"},"type":"video"}],"mid":"MID"}}`}},
		{"answers one message", wrote, func(b *bench) error { return b.Reply(b.zoe, b.Chat(b.zoe)[0].MID, "to this") },
			[]string{`{"message":{"mid":"MID","reply_to":{"mid":"MID"},"text":"to this"}}`}},
		{"changes a message", nil, func(b *bench) error {
			b.write("hi")
			b.told()
			return b.Edit(b.zoe, b.Chat(b.zoe)[0].MID, "ho")
		}, []string{`{"message_edit":{"mid":"MID","num_edit":1,"text":"ho"}}`}},
		{"takes a message back", nil, func(b *bench) error {
			b.write("hi")
			b.told()
			return b.Unsend(b.zoe, b.Chat(b.zoe)[0].MID)
		}, []string{`{"message":{"is_deleted":true,"mid":"MID"}}`}},
		{"rates a conversation", func(b *bench) {
			b.write("hi")
			b.must(to(b.zoe, template(m{
				"template_type": "customer_feedback", "title": "How was it?", "button_title": "Rate us", "business_privacy": m{"url": "https://foulee.example/privacy"},
				"feedback_screens": []m{{"questions": []m{{"id": "q1", "type": "csat"}}}},
			})))
		}, func(b *bench) error {
			chat := b.Chat(b.zoe)
			return b.Rate(b.zoe, chat[len(chat)-1].MID, "4", "quick")
		}, []string{`{"messaging_feedback":{"feedback_screens":[{"questions":{"q1":{"follow_up":{"payload":"quick","type":"free_form"},"payload":"4","type":"csat"}},"screen_id":0}]}}`}},
		{"links an account", nil, func(b *bench) error { return b.LinkAccount(b.zoe, "c0de") },
			[]string{`{"account_linking":{"authorization_code":"c0de","status":"linked"}}`}},
		{"ends the link", nil, func(b *bench) error { return b.UnlinkAccount(b.zoe) },
			[]string{`{"account_linking":{"status":"unlinked"}}`}},
		{"sends a place", nil, func(b *bench) error { return b.SendLocation(b.zoe, 48.8566, 2.3522) },
			[]string{`{"message":{"attachments":[{"payload":{"coordinates":{"lat":48.8566,"long":2.3522}},"title":"Pinned Location","type":"location"}],"mid":"MID"}}`}},
		{"taps Get Started", nil, func(b *bench) error { return b.Start(b.zoe) },
			[]string{`{"postback":{"mid":"MID","payload":"GET_STARTED","title":"Démarrer"}}`}},
		{"follows a link in a new chat", nil, func(b *bench) error { return b.Refer(b.zoe, "summer") },
			[]string{`{"postback":{"mid":"MID","payload":"GET_STARTED","referral":{"ref":"summer","source":"SHORTLINK","type":"OPEN_THREAD"},"title":"Démarrer"}}`}},
		{"follows a link in an old chat", wrote, func(b *bench) error { return b.Refer(b.zoe, "summer") },
			[]string{`{"referral":{"ref":"summer","source":"SHORTLINK","type":"OPEN_THREAD"}}`}},
		{"taps a quick reply", func(b *bench) { wrote(b); b.must(to(b.zoe, m{"text": "Size?", "quick_replies": quickly("41", "42")})) },
			func(b *bench) error { return b.Tap(b.zoe, "42") },
			[]string{`{"message":{"mid":"MID","quick_reply":{"payload":"P:42"},"text":"42"}}`}},
		{"taps a button", func(b *bench) { wrote(b); b.must(to(b.zoe, template(shop))) },
			func(b *bench) error { return b.Tap(b.zoe, "Later") },
			[]string{`{"postback":{"mid":"MID","payload":"P:later","title":"Later"}}`}},
		{"taps the button of a card", func(b *bench) {
			wrote(b)
			b.must(to(b.zoe, template(m{"template_type": "generic", "elements": []m{{"title": "A"}, {"title": "B", "buttons": []m{{"type": "postback", "title": "Buy", "payload": "P:b"}}}}})))
		}, func(b *bench) error { return b.Tap(b.zoe, "Buy") },
			[]string{`{"postback":{"mid":"MID","payload":"P:b","title":"Buy"}}`}},
		{"opens a link", func(b *bench) { wrote(b); b.must(to(b.zoe, template(shop))) },
			func(b *bench) error { return b.Open(b.zoe, "Open") }, nil},
		{"taps a button that opens a link", func(b *bench) { wrote(b); b.must(to(b.zoe, template(shop))) },
			func(b *bench) error { return b.Tap(b.zoe, "Open") }, nil},
		{"taps a telephone number", func(b *bench) { wrote(b); b.must(to(b.zoe, template(shop))) },
			func(b *bench) error { return b.Tap(b.zoe, "Call") }, nil},
		{"taps the menu", wrote, func(b *bench) error { return b.Tap(b.zoe, "My messages") },
			[]string{`{"postback":{"mid":"MID","payload":"P:menu","title":"My messages"}}`}},
		{"reacts", func(b *bench) { wrote(b); b.must(to(b.zoe, m{"text": "hello"})) },
			func(b *bench) error { return b.React(b.zoe, "❤") },
			[]string{`{"reaction":{"action":"react","emoji":"❤","mid":"MID","reaction":"love"}}`}},
		{"takes a reaction back", func(b *bench) { wrote(b); b.must(to(b.zoe, m{"text": "hello"})); b.ok(b.React(b.zoe, "❤")) },
			func(b *bench) error { return b.React(b.zoe, "") },
			[]string{`{"reaction":{"action":"unreact","mid":"MID"}}`}},
		{"accepts", asked(topic), func(b *bench) error { return b.Accept(b.zoe) },
			[]string{`{"optin":{` + tokenFields + `"NOT_REFRESHED"}}`}},
		{"accepts by title", asked(topic), func(b *bench) error { return b.AcceptTitle(b.zoe, topic) },
			[]string{`{"optin":{` + tokenFields + `"NOT_REFRESHED"}}`}},
		{"stops a topic", agreed(topic), func(b *bench) error { return b.StopTopic(b.zoe, topic) },
			[]string{`{"optin":{"notification_messages_status":"STOP NOTIFICATIONS",` + tokenFields + `"NOT_REFRESHED"}}`}},
		{"resumes a topic", func(b *bench) { agreed(topic)(b); b.ok(b.StopTopic(b.zoe, topic)) },
			func(b *bench) error { return b.ResumeTopic(b.zoe, topic) },
			[]string{`{"optin":{"notification_messages_status":"RESUME NOTIFICATIONS",` + tokenFields + `"NOT_REFRESHED"}}`}},
		{"accepts again what was stopped", func(b *bench) { agreed(topic)(b); b.ok(b.StopTopic(b.zoe, topic)) },
			func(b *bench) error { return b.Accept(b.zoe) },
			[]string{`{"optin":{` + tokenFields + `"REFRESHED"}}`}},
		{"accepts by the Page's link", func(b *bench) {
			agreed(topic)(b)
			b.Join("kenji", "Kenji", "", "", "")
		}, func(b *bench) error { return b.AcceptLink("kenji", topic) },
			[]string{`{"optin":{"notification_messages_timezone":"UTC","notification_messages_token":"OTHER","notification_messages_topic":"Ta pointure est de retour","payload":"request-1","source":"SHORTLINK","title":"Ta pointure est de retour","type":"notification_messages","user_token_status":"NOT_REFRESHED"}}`}},
		{"blocks", wrote, func(b *bench) error { return b.Block(b.zoe) }, nil},
		{"looks", wrote, func(b *bench) error { return b.Look(b.zoe) }, nil},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t, func(c *Config) { c.Menu = []Item{{Label: "My messages", Payload: "P:menu"}} })
			if c.before != nil {
				c.before(b)
			}
			b.ok(b.Flush(t.Context()))
			b.told()
			b.ok(c.act(b))
			var got []string
			for _, body := range b.told() {
				got = append(got, b.anonymous(body))
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("the bot is told (-want +got):\n%s", diff)
			}
		})
	}
}

func wrote(b *bench) { b.write("hi") }

func asked(topic string) func(*bench) {
	return func(b *bench) {
		b.write("hi")
		b.must(to(b.zoe, optIn(topic)))
		b.ok(b.Flush(b.t.Context()))
	}
}

func agreed(topic string) func(*bench) { return func(b *bench) { b.accepted(topic) } }

// anonymous is the event in a body with the run's ids replaced.
func (b *bench) anonymous(body string) string {
	e := item(b.t, body)
	if to := e["recipient"].(map[string]any)["id"]; to != testPage {
		b.t.Errorf("addressed to %v", to)
	}
	delete(e, "sender")
	delete(e, "recipient")
	delete(e, "timestamp")
	for kind := range e {
		fields := e[kind].(map[string]any)
		if _, ok := fields["mid"]; ok {
			fields["mid"] = "MID"
		}
		if _, ok := fields["reply_to"]; ok {
			fields["reply_to"] = m{"mid": "MID"}
		}
		if token, ok := fields["notification_messages_token"]; ok {
			fields["notification_messages_token"] = "OTHER"
			if list := b.Topics(b.zoe); len(list) > 0 && list[0].Token == token {
				fields["notification_messages_token"] = "TOKEN"
			}
		}
	}
	return jsonOf(e)
}

func TestComment(t *testing.T) {
	t.Parallel()
	b := newBench(t, nil)
	b.ok(b.Comment(b.zoe, "Du 42 ?"))
	e := item(t, b.told()[0])
	value := e["value"].(map[string]any)
	from := value["from"].(map[string]any)
	if e["field"] != "feed" || value["item"] != "comment" || value["verb"] != "add" || value["message"] != "Du 42 ?" ||
		from["name"] != "Zoé Martin" || from["id"] == b.zoe || !strings.HasPrefix(value["post_id"].(string), testPage+"_") {
		t.Errorf("told %v", e)
	}
	if value["created_time"] != float64(friday.Unix()) {
		t.Errorf("time %v, want seconds", value["created_time"])
	}
}

// TestEchoes sends one message of each kind and compares the echo.
func TestEchoes(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name    string
		message m
		want    string
	}{
		{"text", m{"text": "hello", "metadata": "send-7", "quick_replies": quickly("a")},
			`{"app_id":1517776481860112,"is_echo":true,"metadata":"send-7","mid":"MID","text":"hello"}`},
		{"buttons", template(m{"template_type": "button", "text": "Text", "buttons": []m{{"type": "postback", "title": "Go", "payload": "p"}}}),
			`{"app_id":1517776481860112,"attachments":[{"payload":{"buttons":[{"payload":"p","title":"Go","type":"postback"}],"template_type":"button","text":"Text"},"title":"Text","type":"template"}],"is_echo":true,"mid":"MID"}`},
		{"cards", template(m{"template_type": "generic", "elements": []m{{"title": "A", "subtitle": "B", "buttons": []m{{"type": "web_url", "title": "Go", "url": "https://foulee.example/"}}}}}),
			`{"app_id":1517776481860112,"attachments":[{"payload":{"elements":[{"buttons":[{"title":"Go","type":"web_url","url":"https://foulee.example/"}],"subtitle":"B","title":"A"}],"template_type":"generic"},"type":"template"}],"is_echo":true,"mid":"MID"}`},
		{"opt-in", optIn("Topic"),
			`{"app_id":1517776481860112,"attachments":[{"payload":{"payload":"request-1","template_type":"notification_messages","title":"Topic"},"title":"Topic","type":"template"}],"is_echo":true,"mid":"MID"}`},
		{"image", m{"attachment": m{"type": "image", "payload": m{"url": "https://foulee.example/a.png"}}},
			`{"app_id":1517776481860112,"attachments":[{"payload":{"url":"https://foulee.example/a.png"},"type":"image"}],"is_echo":true,"mid":"MID"}`},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t, nil)
			b.write("hi")
			b.told()
			sent := b.must(to(b.zoe, c.message))
			if !b.Pending() || len(b.told()) != 0 {
				t.Error("the echo did not wait for Flush")
			}
			b.ok(b.Flush(t.Context()))
			bodies := b.told()
			if len(bodies) != 1 {
				t.Fatalf("%d webhooks", len(bodies))
			}
			e := item(t, bodies[0])
			if e["sender"].(map[string]any)["id"] != testPage || e["recipient"].(map[string]any)["id"] != b.zoe {
				t.Errorf("from %v to %v", e["sender"], e["recipient"])
			}
			message := e["message"].(map[string]any)
			if message["mid"] != sent.MessageID {
				t.Errorf("mid %v, sent as %s", message["mid"], sent.MessageID)
			}
			message["mid"] = "MID"
			// encoding/json reads large numbers as floats; 1517776481860112 survives.
			got := strings.Replace(jsonOf(message), "1.517776481860112e+15", "1517776481860112", 1)
			if got != c.want {
				t.Errorf("echo\n%s\nwant\n%s", got, c.want)
			}
		})
	}
}

func TestReceipts(t *testing.T) {
	t.Parallel()
	b := newBench(t, func(c *Config) { c.Receipts = true })
	b.write("hi")
	sent := b.must(to(b.zoe, m{"text": "hello"}))
	b.ok(b.Flush(t.Context()))
	b.told()
	b.pass(time.Minute)
	b.must(to(b.zoe, m{"text": "still there?"}))
	b.ok(b.Look(b.zoe))
	var kinds []string
	for _, body := range b.told() {
		e := item(t, body)
		switch {
		case e["delivery"] != nil:
			kinds = append(kinds, "delivery")
		case e["read"] != nil:
			kinds = append(kinds, "read")
			if at := e["read"].(map[string]any)["watermark"].(float64); at != float64(friday.Add(time.Minute).UnixMilli()) {
				t.Errorf("watermark %v", at)
			}
		case e["message"] != nil:
			kinds = append(kinds, "echo")
		}
	}
	if diff := cmp.Diff([]string{"echo", "delivery", "read"}, kinds); diff != "" {
		t.Errorf("after %s (-want +got):\n%s", sent.MessageID, diff)
	}
	b.ok(b.Look(b.zoe))
	if again := b.told(); len(again) != 0 {
		t.Errorf("a second look tells %v", again)
	}
}

// TestStandingClock: two events of one person never have the same timestamp.
func TestStandingClock(t *testing.T) {
	t.Parallel()
	b := newBench(t, nil)
	for range 3 {
		b.write("hi")
	}
	b.accepted("News")
	b.ok(b.StopTopic(b.zoe, "News"))
	b.ok(b.ResumeTopic(b.zoe, "News"))
	last := 0.0
	for _, body := range b.told() {
		at := item(t, body)["timestamp"].(float64)
		if at <= last {
			t.Errorf("%v after %v", at, last)
		}
		last = at
	}
}
