package messenger

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/relance-bot/relance/bot"
	"github.com/relance-bot/relance/flows"
)

var reply42 = bot.Delivery{ID: "s1", Person: "20", Lane: "window", Message: flows.Message{Kind: flows.Text, Text: "Plus de 42."}}

func TestEveryMessageHasThePlatformsShape(t *testing.T) {
	t.Parallel()
	fake := newFakeGraph(t, ok)
	c := fake.channel(t, Config{})
	for _, tt := range shapes {
		before := len(fake.requests())
		if o := c.Send(context.Background(), tt.delivery); o.Status != bot.Accepted || o.MID != "m_1" {
			t.Errorf("%s: %+v", tt.name, o)
			continue
		}
		requests := fake.requests()[before:]
		if len(requests) != 1 {
			t.Errorf("%s: %d requests, want one", tt.name, len(requests))
			continue
		}
		if diff := cmp.Diff(canonical(t, tt.want), canonical(t, requests[0].body)); diff != "" {
			t.Errorf("%s:\n%s", tt.name, diff)
		}
	}
}

func window(m flows.Message) bot.Delivery {
	return bot.Delivery{ID: "s1", Person: "20", Lane: "window", Message: m}
}

func notification(m flows.Message) bot.Delivery {
	return bot.Delivery{ID: "s1", Person: "20", Lane: "recurring", Token: "T", Message: m}
}

// shapes are deliveries and the bodies that the platform's reference describes.
var shapes = []struct {
	name     string
	delivery bot.Delivery
	want     string
}{
	{"a text", window(flows.Message{Kind: flows.Text, Text: "Hélas <42> & plus"}),
		`{"recipient":{"id":"20"},"messaging_type":"RESPONSE","message":{"text":"Hélas <42> & plus","metadata":"s1"}}`},
	{"a private reply", bot.Delivery{ID: "s1", Comment: "90_91", Lane: "window", PersonaID: "7", Message: flows.Message{Kind: flows.Text, Text: "Quel modèle ?", Typing: 900}},
		`{"recipient":{"comment_id":"90_91"},"message":{"text":"Quel modèle ?","metadata":"s1"}}`},
	{"quick replies", window(flows.Message{Kind: flows.Text, Text: "Pointure ?", QuickReplies: []flows.QuickReply{{Label: "42", Payload: "P42"}, {Label: "43", Payload: "P43"}}}),
		`{"recipient":{"id":"20"},"messaging_type":"RESPONSE","message":{"text":"Pointure ?","metadata":"s1","quick_replies":[
			{"content_type":"text","title":"42","payload":"P42"},{"content_type":"text","title":"43","payload":"P43"}]}}`},
	{"the person's own phone and mail", window(flows.Message{Kind: flows.Text, Text: "Où ?", QuickReplies: []flows.QuickReply{{Own: "phone"}, {Own: "email"}}}),
		`{"recipient":{"id":"20"},"messaging_type":"RESPONSE","message":{"text":"Où ?","metadata":"s1","quick_replies":[
			{"content_type":"user_phone_number"},{"content_type":"user_email"}]}}`},
	{"buttons of every kind", window(flows.Message{Kind: flows.Text, Text: "Alors ?", Buttons: []flows.Button{
		{Label: "Voir", Payload: "P"}, {Label: "Acheter", Open: "https://foulee.example/g42"}, {Label: "Appeler", Phone: "+33100000000"}}}),
		`{"recipient":{"id":"20"},"messaging_type":"RESPONSE","message":{"metadata":"s1","attachment":{"type":"template","payload":{
			"template_type":"button","text":"Alors ?","buttons":[
			{"type":"postback","title":"Voir","payload":"P"},
			{"type":"web_url","title":"Acheter","url":"https://foulee.example/g42"},
			{"type":"phone_number","title":"Appeler","payload":"+33100000000"}]}}}}`},
	{"buttons and quick replies", window(flows.Message{Kind: flows.Text, Text: "Alors ?", Buttons: []flows.Button{{Label: "Voir", Payload: "P"}}, QuickReplies: []flows.QuickReply{{Label: "Stop", Payload: "S"}}}),
		`{"recipient":{"id":"20"},"messaging_type":"RESPONSE","message":{"metadata":"s1","attachment":{"type":"template","payload":{
			"template_type":"button","text":"Alors ?","buttons":[{"type":"postback","title":"Voir","payload":"P"}]}},
			"quick_replies":[{"content_type":"text","title":"Stop","payload":"S"}]}}`},
	{"an image", window(flows.Message{Kind: flows.Image, URL: "https://foulee.example/a.png"}),
		`{"recipient":{"id":"20"},"messaging_type":"RESPONSE","message":{"metadata":"s1","attachment":{"type":"image","payload":{"url":"https://foulee.example/a.png"}}}}`},
	{"cards", window(flows.Message{Kind: flows.Cards, Cards: []flows.Card{
		{Title: "Gazelle", Subtitle: "89 €", Image: "https://foulee.example/g.png", Open: "https://foulee.example/g", Buttons: []flows.Button{{Label: "Acheter", Open: "https://foulee.example/g"}}},
		{Title: "Samba", Buttons: []flows.Button{{Label: "Voir", Payload: "P"}}}}}),
		`{"recipient":{"id":"20"},"messaging_type":"RESPONSE","message":{"metadata":"s1","attachment":{"type":"template","payload":{
			"template_type":"generic","elements":[
			{"title":"Gazelle","subtitle":"89 €","image_url":"https://foulee.example/g.png","default_action":{"type":"web_url","url":"https://foulee.example/g"},
			 "buttons":[{"type":"web_url","title":"Acheter","url":"https://foulee.example/g"}]},
			{"title":"Samba","buttons":[{"type":"postback","title":"Voir","payload":"P"}]}]}}}}`},
	{"the opt-in request", window(flows.Message{Kind: flows.OptInRequest, Text: "Ta pointure est de retour",
		OptIn:        &flows.OptIn{Topic: "restock", Request: "r1", Image: "https://foulee.example/restock.png", Cadence: "weekly"},
		QuickReplies: []flows.QuickReply{{Label: "Non merci", Payload: "N"}}}),
		`{"recipient":{"id":"20"},"messaging_type":"RESPONSE","message":{"metadata":"s1","attachment":{"type":"template","payload":{
			"template_type":"notification_messages","title":"Ta pointure est de retour","image_url":"https://foulee.example/restock.png",
			"payload":"r1","notification_messages_frequency":"WEEKLY"}},
			"quick_replies":[{"content_type":"text","title":"Non merci","payload":"N"}]}}`},
	{"an opt-in request without picture and cadence", window(flows.Message{Kind: flows.OptInRequest, Text: "T", OptIn: &flows.OptIn{Topic: "restock", Request: "r1"}}),
		`{"recipient":{"id":"20"},"messaging_type":"RESPONSE","message":{"metadata":"s1","attachment":{"type":"template","payload":{
			"template_type":"notification_messages","title":"T","payload":"r1"}}}}`},
	{"a notification to a token", notification(flows.Message{Kind: flows.Text, Text: "De retour !", Buttons: []flows.Button{{Label: "J'achète", Open: "https://foulee.example/g42"}}}),
		`{"recipient":{"notification_messages_token":"T"},"message":{"metadata":"s1","attachment":{"type":"template","payload":{
			"template_type":"button","text":"De retour !","buttons":[{"type":"web_url","title":"J'achète","url":"https://foulee.example/g42"}]}}}}`},
	{"dots do not go to a token", notification(flows.Message{Kind: flows.Text, Text: "De retour !", Typing: 1000}),
		`{"recipient":{"notification_messages_token":"T"},"message":{"metadata":"s1","text":"De retour !"}}`},
	{"a persona nobody registered", bot.Delivery{ID: "s1", Person: "20", Lane: "window", Persona: flows.Persona{Name: "Zoé"},
		Message: flows.Message{Kind: flows.Text, Text: "x", Persona: "zoe"}},
		`{"recipient":{"id":"20"},"messaging_type":"RESPONSE","message":{"text":"x","metadata":"s1"}}`},
	{"labels and card lines are cut to what is shown", window(flows.Message{Kind: flows.Cards, Cards: []flows.Card{{
		Title: strings.Repeat("é", 81), Subtitle: strings.Repeat("x", 80), Buttons: []flows.Button{{Label: "Acheter la nouvelle Gazelle", Payload: "P"}}}}}),
		`{"recipient":{"id":"20"},"messaging_type":"RESPONSE","message":{"metadata":"s1","attachment":{"type":"template","payload":{
			"template_type":"generic","elements":[{"title":"` + strings.Repeat("é", 79) + `…","subtitle":"` + strings.Repeat("x", 80) + `",
			"buttons":[{"type":"postback","title":"Acheter la nouvelle…","payload":"P"}]}]}}}}`},
}

func TestEveryCallIsProvenAndCarriesNoSecretInItsAddress(t *testing.T) {
	t.Parallel()
	fake := newFakeGraph(t, ok)
	c := fake.channel(t, Config{})
	dots := reply42
	dots.Message.Typing = 1000
	c.Send(context.Background(), dots)
	c.Profile(context.Background(), "20")
	requests := fake.requests()
	if len(requests) != 3 {
		t.Fatalf("%d requests, want dots, message and profile", len(requests))
	}
	for i, want := range []string{"POST /v25.0/10/messages", "POST /v25.0/10/messages", "GET /v25.0/20"} {
		r := requests[i]
		if got := r.method + " " + r.path; got != want {
			t.Errorf("request %d is %s, want %s", i, got, want)
		}
		if got := r.header.Get("Authorization"); got != "Bearer "+testToken {
			t.Errorf("request %d: authorization %q", i, got)
		}
		// echo -n TOKEN | openssl dgst -sha256 -hmac SECRET
		if got := r.query.Get("appsecret_proof"); got != "1f8fa2ae4b2a58c458ffd44a02fb9000c48e6c4bc2e0dc8aa03314d2f8503c22" {
			t.Errorf("request %d: proof %q", i, got)
		}
		address := r.path + "?" + r.query.Encode()
		if strings.Contains(address, url.QueryEscape(testToken)) || strings.Contains(address, testSecret) || strings.Contains(r.body, testToken) {
			t.Errorf("request %d: a secret stands in %s %s", i, address, r.body)
		}
		if got := r.header.Get("Content-Type"); r.method == http.MethodPost && got != "application/json" {
			t.Errorf("request %d: content type %q", i, got)
		}
	}
}

func TestDotsComeBeforeTheMessageAndNeverMatter(t *testing.T) {
	t.Parallel()
	dots := reply42
	dots.Message.Typing = 1500

	t.Run("shown, waited for, then the message", func(t *testing.T) {
		t.Parallel()
		fake := newFakeGraph(t, ok)
		var waited []time.Duration
		c := fake.channel(t, Config{Pause: func(_ context.Context, d time.Duration) {
			if n := len(fake.requests()); n != 1 {
				t.Errorf("%d requests before the pause", n)
			}
			waited = append(waited, d)
		}})
		if o := c.Send(context.Background(), dots); o.Status != bot.Accepted {
			t.Errorf("%+v", o)
		}
		if diff := cmp.Diff([]time.Duration{1500 * time.Millisecond}, waited); diff != "" {
			t.Error(diff)
		}
		want := `{"recipient":{"id":"20"},"sender_action":"typing_on"}`
		if requests := fake.requests(); len(requests) != 2 || canonical(t, requests[0].body) != canonical(t, want) {
			t.Errorf("requests: %+v", requests)
		}
	})
	t.Run("refused, the message goes out at once", func(t *testing.T) {
		t.Parallel()
		fake := newFakeGraph(t, func(w http.ResponseWriter, r *http.Request) {
			if r.ContentLength < 60 {
				says(500, "")(w, r)
				return
			}
			ok(w, r)
		})
		c := fake.channel(t, Config{Pause: func(context.Context, time.Duration) { t.Error("waited for dots nobody sees") }})
		if o := c.Send(context.Background(), dots); o.Status != bot.Accepted {
			t.Errorf("%+v", o)
		}
	})
	t.Run("no dots unless asked for", func(t *testing.T) {
		t.Parallel()
		fake := newFakeGraph(t, ok)
		fake.channel(t, Config{}).Send(context.Background(), reply42)
		if n := len(fake.requests()); n != 1 {
			t.Errorf("%d requests", n)
		}
	})
}

func TestWhatThePlatformWouldRefuseIsNotSent(t *testing.T) {
	t.Parallel()
	fake := newFakeGraph(t, ok)
	c := fake.channel(t, Config{})
	text := func(s string) flows.Message { return flows.Message{Kind: flows.Text, Text: s} }
	button := flows.Button{Label: "Voir", Payload: "P"}
	quick := flows.QuickReply{Label: "42", Payload: "P"}
	long := strings.Repeat("é", 2000)
	optIn := func(title string, o *flows.OptIn) flows.Message {
		return flows.Message{Kind: flows.OptInRequest, Text: title, OptIn: o}
	}
	request := &flows.OptIn{Request: "r1"}
	for _, tt := range []struct {
		name     string
		delivery bot.Delivery
		code     string
	}{
		{"no kind", window(flows.Message{Text: "x"}), "kind"},
		{"no text", window(text(" ")), "text_empty"},
		{"a long text", window(text(long)), "text_length"},
		{"a long text with buttons", window(flows.Message{Kind: flows.Text, Text: strings.Repeat("x", 641), Buttons: []flows.Button{button}}), "text_length"},
		{"four buttons", window(flows.Message{Kind: flows.Text, Text: "x", Buttons: []flows.Button{button, button, button, button}}), "buttons_count"},
		{"a button that does nothing", window(flows.Message{Kind: flows.Text, Text: "x", Buttons: []flows.Button{{Label: "x"}}}), "payload"},
		{"a button without label", window(flows.Message{Kind: flows.Text, Text: "x", Buttons: []flows.Button{{Payload: "P"}}}), "label_empty"},
		{"a long payload", window(flows.Message{Kind: flows.Text, Text: "x", Buttons: []flows.Button{{Label: "x", Payload: strings.Repeat("p", 1001)}}}), "payload"},
		{"an address that is none", window(flows.Message{Kind: flows.Text, Text: "x", Buttons: []flows.Button{{Label: "x", Open: "foulee.example"}}}), "url"},
		{"an address of a script", window(flows.Message{Kind: flows.Text, Text: "x", Buttons: []flows.Button{{Label: "x", Open: "javascript:alert(1)"}}}), "url"},
		{"fourteen quick replies", window(flows.Message{Kind: flows.Text, Text: "x", QuickReplies: slicesRepeat(quick, 14)}), "quick_replies_count"},
		{"a quick reply without payload", window(flows.Message{Kind: flows.Text, Text: "x", QuickReplies: []flows.QuickReply{{Label: "x"}}}), "payload"},
		{"an image without address", window(flows.Message{Kind: flows.Image}), "url"},
		{"an image with buttons", window(flows.Message{Kind: flows.Image, URL: "https://a.example/x", Buttons: []flows.Button{button}}), "image_buttons"},
		{"no cards", window(flows.Message{Kind: flows.Cards}), "cards_count"},
		{"eleven cards", window(flows.Message{Kind: flows.Cards, Cards: slicesRepeat(flows.Card{Title: "x"}, 11)}), "cards_count"},
		{"a card without title", window(flows.Message{Kind: flows.Cards, Cards: []flows.Card{{Subtitle: "x"}}}), "card_title"},
		{"a card with a broken picture", window(flows.Message{Kind: flows.Cards, Cards: []flows.Card{{Title: "x", Image: "x.png"}}}), "url"},
		{"an opt-in title of 66 characters", window(optIn(strings.Repeat("é", 66), request)), "opt_in_title"},
		{"an opt-in without request", window(optIn("x", nil)), "opt_in_request"},
		{"an opt-in payload of 1,001 characters", window(optIn("x", &flows.OptIn{Request: strings.Repeat("r", 1001)})), "opt_in_request"},
		{"an opt-in request to a token", notification(optIn("x", request)), "opt_in_outside_window"},
		{"another lane", bot.Delivery{ID: "s1", Person: "20", Lane: "pigeon", Token: "T", Message: text("x")}, "lane"},
		{"nobody", bot.Delivery{ID: "s1", Lane: "window", Message: text("x")}, "person"},
		{"a long id", bot.Delivery{ID: strings.Repeat("i", 1000), Person: "20", Lane: "window", Message: text("x")}, "metadata"},
	} {
		want := bot.Outcome{Status: bot.Refused, Class: bot.ClassContent, Code: tt.code}
		if got := c.Send(context.Background(), tt.delivery); got != want {
			t.Errorf("%s: got %+v, want %+v", tt.name, got, want)
		}
	}
	noToken := notification(text("x"))
	noToken.Token = ""
	if got := c.Send(context.Background(), noToken); got.Status != bot.Refused || got.Class != bot.ClassPermit {
		t.Errorf("a lane without its token: %+v", got)
	}
	if n := len(fake.requests()); n != 0 {
		t.Errorf("%d requests were made", n)
	}
	for name, d := range map[string]bot.Delivery{
		"the longest text":            window(text(long[:len(long)-2])),
		"the longest text of buttons": window(flows.Message{Kind: flows.Text, Text: strings.Repeat("é", 640), Buttons: []flows.Button{button, button, button}}),
		"thirteen quick replies":      window(flows.Message{Kind: flows.Text, Text: "x", QuickReplies: slicesRepeat(quick, 13)}),
		"ten cards":                   window(flows.Message{Kind: flows.Cards, Cards: slicesRepeat(flows.Card{Title: "x"}, 10)}),
		"a title of 65 characters":    window(optIn(strings.Repeat("é", 65), request)),
	} {
		if o := c.Send(context.Background(), d); o.Status != bot.Accepted {
			t.Errorf("%s: %+v", name, o)
		}
	}
}

func slicesRepeat[T any](v T, n int) []T {
	out := make([]T, n)
	for i := range out {
		out[i] = v
	}
	return out
}
