package emulator

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestTapNewest: a label means the newest message that has it, be it a quick reply
// that a phone would no longer show.
func TestTapNewest(t *testing.T) {
	t.Parallel()
	b := newBench(t, nil)
	b.write("hi")
	first := b.must(to(b.zoe, m{"text": "Size?", "quick_replies": []m{{"content_type": "text", "title": "42", "payload": "P:first"}}}))
	b.must(to(b.zoe, m{"text": "Really?", "quick_replies": []m{{"content_type": "text", "title": "42", "payload": "P:second"}}}))
	b.must(to(b.zoe, m{"text": "Take your time"}))
	payload := func() any {
		told := b.told()
		return item(t, told[len(told)-1])["message"].(map[string]any)["quick_reply"].(map[string]any)["payload"]
	}
	b.ok(b.Tap(b.zoe, "42"))
	if got := payload(); got != "P:second" {
		t.Errorf("tapped %v", got)
	}
	b.ok(b.TapButton(b.zoe, first.MessageID, "q0"))
	if got := payload(); got != "P:first" {
		t.Errorf("tapped %v", got)
	}
	chat := b.Chat(b.zoe)
	if last := chat[len(chat)-1]; last.From != FromPerson || last.Text != "42" || last.Tapped != first.MessageID {
		t.Errorf("shown %+v", last)
	}
}

func TestOpened(t *testing.T) {
	t.Parallel()
	b := newBench(t, func(c *Config) { c.Menu = []Item{{Label: "Shop", URL: "https://foulee.example/"}} })
	b.write("hi")
	b.must(to(b.zoe, template(m{"template_type": "generic", "elements": []m{
		{"title": "A", "buttons": []m{{"type": "web_url", "title": "Buy", "url": "https://foulee.example/a"}}},
		{"title": "B", "buttons": []m{{"type": "phone_number", "title": "Call", "payload": "+33123456789"}}},
	}})))
	b.ok(b.Open(b.zoe, "Buy"))
	b.ok(b.Tap(b.zoe, "Call"))
	b.ok(b.Tap(b.zoe, "Shop"))
	if diff := cmp.Diff([]string{"https://foulee.example/a", "tel:+33123456789", "https://foulee.example/"}, b.Opened(b.zoe)); diff != "" {
		t.Errorf("opened (-want +got):\n%s", diff)
	}
	if n := len(b.Chat(b.zoe)); n != 2 {
		t.Errorf("%d messages: what was opened is none", n)
	}
}

// TestShown sends a message of each kind and compares what the person sees.
func TestShown(t *testing.T) {
	t.Parallel()
	b := newBench(t, nil)
	b.write("hi")
	token := b.accepted("News")
	b.must(byToken(token, m{"text": "hello", "metadata": "send-1", "quick_replies": quickly("A")}))
	b.must(to(b.zoe, template(m{"template_type": "button", "text": "Shop", "buttons": []m{{"type": "web_url", "title": "Open", "url": "https://foulee.example/"}}})))
	b.must(to(b.zoe, template(m{"template_type": "generic", "elements": []m{{
		"title": "Gazelle", "subtitle": "89 €", "image_url": "https://foulee.example/g.png",
		"default_action": m{"type": "web_url", "url": "https://foulee.example/g"},
		"buttons":        []m{{"type": "postback", "title": "Buy", "payload": "P"}},
	}}})))
	b.must(to(b.zoe, m{"attachment": m{"type": "image", "payload": m{"url": "https://foulee.example/g.png"}}}))
	chat := b.Chat(b.zoe)
	request := chat[2]
	chat = chat[3:]
	for i := range chat {
		chat[i] = Shown{
			From: chat[i].From, Kind: chat[i].Kind, Text: chat[i].Text, URL: chat[i].URL, Cards: chat[i].Cards,
			Buttons: chat[i].Buttons, QuickReplies: chat[i].QuickReplies, Metadata: chat[i].Metadata, Recipient: chat[i].Recipient,
		}
	}
	want := []Shown{
		{From: "page", Kind: "text", Text: "hello", Metadata: "send-1", Recipient: token,
			QuickReplies: []ShownButton{{ID: "q0", Label: "A", Type: "text", Payload: "P:A"}}},
		{From: "page", Kind: "text", Text: "Shop", Recipient: b.zoe,
			Buttons: []ShownButton{{ID: "b0", Label: "Open", Type: "web_url", URL: "https://foulee.example/"}}},
		{From: "page", Kind: "cards", Recipient: b.zoe, Cards: []ShownCard{{
			Title: "Gazelle", Subtitle: "89 €", Image: "https://foulee.example/g.png", URL: "https://foulee.example/g",
			Buttons: []ShownButton{{ID: "c0b0", Label: "Buy", Type: "postback", Payload: "P"}},
		}}},
		{From: "page", Kind: "image", URL: "https://foulee.example/g.png", Recipient: b.zoe},
	}
	if !slices.EqualFunc(want, chat, func(a, b Shown) bool { return cmp.Equal(a, b, cmp.AllowUnexported(Shown{})) }) {
		t.Errorf("shown (-want +got):\n%s", cmp.Diff(want, chat, cmp.AllowUnexported(Shown{})))
	}
	wantRequest := &ShownOptIn{Title: "News", Label: "Recevoir", Payload: "request-1", State: OptInAccepted}
	if diff := cmp.Diff(wantRequest, request.OptIn); diff != "" || request.Kind != KindOptIn || request.Text != "News" {
		t.Errorf("request %+v (-want +got):\n%s", request, diff)
	}
}

// TestTyping: the dots go with the next message, or by themselves.
func TestTyping(t *testing.T) {
	t.Parallel()
	b := newBench(t, nil)
	b.write("hi")
	action := func(name string) { b.must(m{"recipient": m{"id": b.zoe}, "sender_action": name}) }
	action("typing_on")
	if !b.Typing(b.zoe) {
		t.Error("no dots after typing_on")
	}
	b.must(to(b.zoe, m{"text": "hello"}))
	if b.Typing(b.zoe) {
		t.Error("dots after the message")
	}
	action("typing_on")
	action("typing_off")
	if b.Typing(b.zoe) {
		t.Error("dots after typing_off")
	}
	action("typing_on")
	b.pass(typingLasts)
	if b.Typing(b.zoe) {
		t.Error("dots for ever")
	}
	action("mark_seen")
	mid := b.Chat(b.zoe)[0].MID
	b.must(m{"recipient": m{"id": b.zoe}, "sender_action": "react", "payload": m{"message_id": mid, "reaction": "love"}})
	if got := b.send(m{"recipient": m{"id": b.zoe}, "sender_action": "react", "payload": m{"message_id": "m_0", "reaction": "love"}}); got.code() != "100" {
		t.Errorf("a reaction to nothing: %q", got.code())
	}
}

func TestJoin(t *testing.T) {
	t.Parallel()
	b := newBench(t, nil)
	if id := b.Join("4711", "Ana", "", "", ""); id != "4711" {
		t.Errorf("joined as %q", id)
	}
	if id := b.Join("4711", "", "Silva", "pt_PT", "Europe/Lisbon"); id != "4711" {
		t.Errorf("updated as %q", id)
	}
	kenji := b.Join("", "Kenji", "", "", "")
	var got []string
	for _, q := range b.People() {
		got = append(got, q.PSID+" "+q.FirstName+" "+q.LastName+" "+q.Locale+" "+q.Timezone)
	}
	want := []string{b.zoe + " Zoé Martin fr_FR Europe/Paris", "4711 Ana Silva pt_PT Europe/Lisbon", kenji + " Kenji   "}
	if diff := cmp.Diff(want, got); diff != "" || kenji == b.zoe {
		t.Error(diff)
	}
}

// TestSameEveryTime: two runs on the same clock are the same to the byte.
func TestSameEveryTime(t *testing.T) {
	t.Parallel()
	run := func() []string {
		b := newBench(t, nil)
		token := b.accepted("News")
		b.must(byToken(token, m{"text": "hello"}))
		b.ok(b.Flush(t.Context()))
		return b.told()
	}
	if diff := cmp.Diff(run(), run()); diff != "" {
		t.Error(diff)
	}
	for name, c := range map[string]Config{
		"no Page": {AccessToken: "a", AppSecret: "b"}, "no token": {PageID: "1", AppSecret: "b"}, "no secret": {PageID: "1", AccessToken: "a"},
		"an app id in letters": {PageID: "1", AccessToken: "a", AppSecret: "b", AppID: "app"},
	} {
		if _, err := New(c); err == nil {
			t.Errorf("%s is good enough", name)
		}
	}
}
