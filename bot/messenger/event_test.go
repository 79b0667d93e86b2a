package messenger

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/relance-bot/relance/bot"
	"github.com/relance-bot/relance/flows"
)

// eventItems are items of messaging, without the sender 20, the Page 10 and the
// time 1790000000000 that a test adds where want has them. Keys and bodies are
// the business of parse_test.go.
var eventItems = []struct {
	name, item string
	want       bot.Event
}{
	{"a quick reply", at20(`"message":{"mid":"m1","text":"Oui","quick_reply":{"payload":"P"}}`),
		bot.Event{Kind: bot.EventMessage, MID: "m1", Text: "Oui", Payload: "P"}},
	{"escaped letters", at20(`"message":{"mid":"m1","text":"h\u00e9las \ud83d\udc5f"}`),
		bot.Event{Kind: bot.EventMessage, MID: "m1", Text: "hélas 👟"}},
	{"a reply", at20(`"message":{"mid":"m1","text":"x","reply_to":{"mid":"m0","is_self_reply":true}}`),
		bot.Event{Kind: bot.EventMessage, MID: "m1", Text: "x", ReplyTo: "m0"}},
	{"a slash command", at20(`"message":{"mid":"m1","text":"/stock","commands":[{"name":"stock"}]}`),
		bot.Event{Kind: bot.EventMessage, MID: "m1", Text: "/stock"}},
	{"a message from an ad", at20(`"message":{"mid":"m1","text":"x","referral":{"source":"ADS","type":"OPEN_THREAD","ref":"spring","ad_id":"6","ads_context_data":{"ad_title":"t"}}}`),
		bot.Event{Kind: bot.EventMessage, MID: "m1", Text: "x", Ref: "spring", Source: "ADS", Ad: "6"}},
	{"a message from a product page", at20(`"message":{"mid":"m1","text":"x","referral":{"product":{"id":"6"}}}`),
		bot.Event{Kind: bot.EventMessage, MID: "m1", Text: "x", Product: "6"}},
	{"the first message after the checkbox", at20(`"message":{"mid":"m1","text":"x"},"prior_message":{"source":"checkbox_plugin","identifier":"u"}`),
		bot.Event{Kind: bot.EventMessage, MID: "m1", Text: "x"}},
	{"attachments of every kind", at20(`"message":{"mid":"m1","attachments":[
		{"type":"image","payload":{"url":"https://a.example/1"}},{"type":"audio","payload":{"url":"https://a.example/2"}},
		{"type":"video","payload":{"url":"https://a.example/3"}},{"type":"file","payload":{"url":"https://a.example/4"}},
		{"type":"location","payload":{"coordinates":{"lat":48.85,"long":2.35}}},
		{"type":"fallback","url":"https://a.example/5","title":"t","payload":null},
		{"type":"ig_reel","payload":{"url":"https://a.example/6","title":"t","reel_video_id":7}},
		{"type":"post","payload":{"id":"1","url":"https://a.example/7"}},
		{"type":"appointment_booking","payload":{"booking_id":"1"}},
		{"type":"template","payload":{"product":{"elements":[{"id":"1"}]}}}]}`),
		bot.Event{Kind: bot.EventMessage, MID: "m1", Attachments: []flows.Attachment{
			{Kind: "image", URL: "https://a.example/1"}, {Kind: "audio", URL: "https://a.example/2"},
			{Kind: "video", URL: "https://a.example/3"}, {Kind: "file", URL: "https://a.example/4"},
			{Kind: "location", Lat: 48.85, Lon: 2.35}, {Kind: "fallback", URL: "https://a.example/5"},
			{Kind: "video", URL: "https://a.example/6"}, {Kind: "other", URL: "https://a.example/7"},
			{Kind: "other"}, {Kind: "template"},
		}}},
	{"a place that is none", at20(`"message":{"mid":"m1","attachments":[{"type":"location","payload":{"coordinates":{"lat":480,"long":2}}}]}`),
		bot.Event{Kind: bot.EventMessage, MID: "m1", Attachments: []flows.Attachment{{Kind: "location"}}, Reason: "attachment"}},
	{"an image that is a place", at20(`"message":{"mid":"m1","attachments":[{"type":"image","payload":{"coordinates":{"lat":48,"long":2}}}]}`),
		bot.Event{Kind: bot.EventMessage, MID: "m1", Attachments: []flows.Attachment{{Kind: "image"}}, Reason: "attachment"}},
	{"a sticker since August 2026", at20(`"message":{"mid":"m1","attachments":[{"type":"sticker","payload":{"sticker_id":369239263222822,"url":"https://a.example/s"}}]}`),
		bot.Event{Kind: bot.EventMessage, MID: "m1", Attachments: []flows.Attachment{{Kind: "sticker", URL: "https://a.example/s"}}}},
	{"a sticker in both forms", at20(`"message":{"mid":"m1","attachments":[
		{"type":"image","payload":{"sticker_id":"3","url":"https://a.example/s"}},{"type":"sticker","payload":{"sticker_id":"3","url":"https://a.example/s"}}]}`),
		bot.Event{Kind: bot.EventMessage, MID: "m1", Attachments: []flows.Attachment{{Kind: "sticker", URL: "https://a.example/s"}}}},
	{"an unsent message", at20(`"message":{"mid":"m1","is_deleted":true}`), bot.Event{Kind: bot.EventUnsent, MID: "m1"}},
	{"an unsupported message", at20(`"message":{"mid":"m1","is_unsupported":true}`),
		bot.Event{Kind: bot.EventMessage, MID: "m1", Attachments: []flows.Attachment{{Kind: "other"}}}},
	{"a message of the Page that is no echo", `{"sender":{"id":"10"},"recipient":{"id":"20"},"timestamp":1790000000000,"message":{"mid":"m1","text":"x"}}`,
		unknown("from_page")},

	{"our echo", `{"sender":{"id":"10"},"recipient":{"id":"20"},"timestamp":1790000000000,"message":{"mid":"m1","text":"x","is_echo":true,"app_id":5,"metadata":"s1"}}`,
		bot.Event{Kind: bot.EventEcho, MID: "m1", Text: "x", App: "5", Send: "s1"}},
	{"an echo by hand", `{"sender":{"id":"10"},"recipient":{"id":"20"},"timestamp":1790000000000,"message":{"mid":"m1","text":"x","is_echo":true}}`,
		bot.Event{Kind: bot.EventEcho, MID: "m1", Text: "x"}},

	{"a tap on a button", at20(`"postback":{"mid":"m1","title":"Acheter","payload":"P"}`),
		bot.Event{Kind: bot.EventPostback, MID: "m1", Label: "Acheter", Payload: "P"}},
	{"Get Started by a link", at20(`"postback":{"title":"Démarrer","payload":"START","referral":{"ref":"restock","source":"SHORTLINK","type":"OPEN_THREAD"}}`),
		bot.Event{Kind: bot.EventPostback, Label: "Démarrer", Payload: "START", Ref: "restock", Source: "SHORTLINK"}},
	{"an m.me link", at20(`"referral":{"ref":"restock","source":"SHORTLINK","type":"OPEN_THREAD"}`),
		bot.Event{Kind: bot.EventReferral, Ref: "restock", Source: "SHORTLINK"}},
	{"a link in Europe, without source", at20(`"referral":{"ref":"restock","type":"OPEN_THREAD"}`),
		bot.Event{Kind: bot.EventReferral, Ref: "restock"}},
	{"a lead ad", at20(`"referral":{"source":"ADS","type":"LEAD_COMPLETE","lead":{"data":[]}}`),
		bot.Event{Kind: bot.EventLead, Source: "ADS", Action: "LEAD_COMPLETE"}},
	{"a reaction", at20(`"reaction":{"mid":"m1","action":"react","reaction":"love","emoji":"❤"}`),
		bot.Event{Kind: bot.EventReaction, MID: "m1", Emoji: "❤"}},
	{"a reaction without emoji", at20(`"reaction":{"mid":"m1","action":"react","reaction":"other"}`),
		bot.Event{Kind: bot.EventReaction, MID: "m1", Emoji: "other"}},
	{"a reaction taken back", at20(`"reaction":{"mid":"m1","action":"unreact"}`), bot.Event{Kind: bot.EventUnreacted, MID: "m1"}},
	{"a delivery without mids", at20(`"delivery":{"watermark":1790000000001}`),
		bot.Event{Kind: bot.EventDelivery, Watermark: ms(1790000000001)}},
	{"a read in seconds", at20(`"read":{"watermark":"1790000000"}`),
		bot.Event{Kind: bot.EventRead, Watermark: ms(1790000000000)}},

	{"a yes today", at20(`"optin":{"type":"notification_messages","payload":"r1","title":"Ta pointure est de retour","notification_messages_token":"T","notification_messages_timezone":"UTC","user_token_status":"NOT_REFRESHED"}`),
		bot.Event{Kind: bot.EventOptIn, Payload: "r1", Permit: &bot.Permit{
			Lane: "recurring", Token: "T", Title: "Ta pointure est de retour", Zone: "UTC"}}},
	{"a yes of 2022, with frequency and end", `{"sender":{"id":"20"},"recipient":{"id":"10"},"timestamp":1653000000000,"optin":{"type":"notification_messages","payload":"r1","title":"t","notification_messages_token":"T","notification_messages_frequency":"WEEKLY","notification_messages_timezone":"Europe/Paris","token_expiry_timestamp":1668000000000,"user_token_status":"REFRESHED"}}`,
		bot.Event{Kind: bot.EventOptIn, Renewed: true, At: ms(1653000000000), Payload: "r1", Permit: &bot.Permit{
			Lane: "recurring", Token: "T", Title: "t", Frequency: "weekly", Zone: "Europe/Paris", ExpiresAt: ms(1668000000000)}}},
	{"a yes of 2022 without its end", `{"sender":{"id":"20"},"recipient":{"id":"10"},"timestamp":1653000000000,"optin":{"type":"notification_messages","notification_messages_token":"T","notification_messages_frequency":"MONTHLY"}}`,
		bot.Event{Kind: bot.EventOptIn, At: ms(1653000000000), Permit: &bot.Permit{
			Lane: "recurring", Token: "T", Frequency: "monthly", ExpiresAt: ms(1653000000000).AddDate(1, 0, 0)}}},
	{"a yes by an m.me/rn link", at20(`"optin":{"type":"notification_messages","ref":"r","source":"SHORTLINK","notification_messages_topic":"restock","notification_messages_token":"T","title":"t"}`),
		bot.Event{Kind: bot.EventOptIn, Ref: "r", Source: "SHORTLINK", Permit: &bot.Permit{
			Lane: "recurring", Topic: "restock", Token: "T", Title: "t"}}},
	{"a stop, with a blank", at20(`"optin":{"type":"notification_messages","title":"t","notification_messages_token":"T","notification_messages_status":"STOP NOTIFICATIONS"}`),
		bot.Event{Kind: bot.EventStop, Permit: &bot.Permit{Lane: "recurring", Token: "T", Title: "t"}}},
	{"a stop, with an underscore", at20(`"optin":{"type":"notification_messages","notification_messages_token":"T","notification_messages_status":"STOP_NOTIFICATIONS"}`),
		bot.Event{Kind: bot.EventStop, Permit: &bot.Permit{Lane: "recurring", Token: "T"}}},
	{"a resume", at20(`"optin":{"type":"notification_messages","notification_messages_token":"T","notification_messages_status":"RESUME NOTIFICATIONS"}`),
		bot.Event{Kind: bot.EventResume, Permit: &bot.Permit{Lane: "recurring", Token: "T"}}},
	{"a status nobody knows is no yes", at20(`"optin":{"type":"notification_messages","notification_messages_token":"T","notification_messages_status":"PAUSE"}`),
		unknown("optin_status")},
	{"a one-time yes", at20(`"optin":{"type":"one_time_notif_req","payload":"r1","one_time_notif_token":"O"}`),
		bot.Event{Kind: bot.EventOptIn, Payload: "r1", Permit: &bot.Permit{Lane: "one_time", Token: "O", ExpiresAt: ms(1790000000000).AddDate(1, 0, 0)}}},
	{"the checkbox plugin", `{"recipient":{"id":"10"},"timestamp":1790000000000,"optin":{"ref":"x","user_ref":"u"}}`,
		bot.Event{Kind: bot.EventUnknown, Page: "10", At: ms(1790000000000), Reason: "user_ref"}},
	{"another opt-in", at20(`"optin":{"type":"new_kind"}`), unknown("optin")},

	{"policy, with underscore", `{"recipient":{"id":"10"},"timestamp":1790000000000,"policy_enforcement":{"action":"warning"}}`,
		bot.Event{Kind: bot.EventPolicy, Page: "10", At: ms(1790000000000), Action: "warning"}},
	{"policy, with hyphen", `{"recipient":{"id":"10"},"timestamp":1790000000000,"policy-enforcement":{"action":"warning"}}`,
		bot.Event{Kind: bot.EventPolicy, Page: "10", At: ms(1790000000000), Action: "warning"}},
	{"the thread taken", at20(`"take_thread_control":{"previous_owner_app_id":"5","new_owner_app_id":6,"metadata":"x"}`),
		bot.Event{Kind: bot.EventTaken, App: "6"}},
	{"the thread nobody's", at20(`"take_thread_control":{"previous_owner_app_id":"6","new_owner_app_id":null,"metadata":"x"}`),
		bot.Event{Kind: bot.EventGiven}},
	{"the thread given back", at20(`"pass_thread_control":{"previous_owner_app_id":"263902037430900","new_owner_app_id":"5","metadata":""}`),
		bot.Event{Kind: bot.EventGiven, App: "5"}},
	{"the thread given to the inbox", at20(`"pass_thread_control":{"previous_owner_app_id":"5","new_owner_app_id":263902037430900}`),
		bot.Event{Kind: bot.EventTaken, App: "263902037430900"}},
	{"the thread asked for", at20(`"request_thread_control":{"requested_owner_app_id":6,"metadata":"x"}`),
		bot.Event{Kind: bot.EventAsked, App: "6"}},
	{"feedback", at20(`"messaging_feedback":{"feedback_screens":[]}`), unknown("messaging_feedback")},
	{"a thumb on an answer", at20(`"response_feedback":{"feedback":"Good","mid":"m"}`),
		bot.Event{Kind: bot.EventFeedback, MID: "m", Ratings: []bot.Rating{{Question: "response", Type: "response", Value: "Good"}}}},
	{"a cart", at20(`"order":{"products":[]}`), bot.Event{Kind: bot.EventOrder}},
	{"a coupon", at20(`"template":{"type":"coupon","payload":"p","coupon_code":"c"}`), bot.Event{Kind: bot.EventCoupon, Payload: "p"}},
	{"a game", at20(`"game_play":{"game_id":"1"}`), bot.Event{Kind: bot.EventGame}},
}

func at20(part string) string {
	return `{"sender":{"id":"20"},"recipient":{"id":"10"},"timestamp":1790000000000,` + part + `}`
}

func unknown(reason string) bot.Event { return bot.Event{Kind: bot.EventUnknown, Reason: reason} }

func TestEveryKindOfItemIsUnderstoodOrKnowinglyIgnored(t *testing.T) {
	t.Parallel()
	c := newTestChannel(t, Config{})
	for _, tt := range eventItems {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			want := tt.want
			if want.Page == "" {
				want.Page, want.Person = "10", "20"
			}
			if want.At.IsZero() {
				want.At = ms(1790000000000)
			}
			events, err := c.Parse(inBody(tt.item), arrival)
			if err != nil || len(events) != 1 {
				t.Fatalf("got %d events, error %v; want one", len(events), err)
			}
			if diff := cmp.Diff(want, events[0], cmpopts.IgnoreFields(bot.Event{}, "Key", "Body")); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestInStandbyOthersAnswer(t *testing.T) {
	t.Parallel()
	c := newTestChannel(t, Config{})
	for _, tt := range []struct {
		item string
		want bot.EventKind
	}{
		{at20(`"message":{"mid":"m","text":"x"}`), bot.EventMessage},
		{at20(`"postback":{"title":"x"}`), bot.EventPostback},
		{at20(`"referral":{"ref":"x"}`), bot.EventReferral},
		{at20(`"reaction":{"mid":"m","action":"react","emoji":"❤"}`), bot.EventReaction},
		{at20(`"pass_thread_control":{"new_owner_app_id":"6"}`), bot.EventTaken},
		{at20(`"read":{"watermark":1790000000000}`), bot.EventRead},
		{at20(`"delivery":{"mids":["m"]}`), bot.EventDelivery},
		{at20(`"optin":{"type":"notification_messages","notification_messages_token":"T","notification_messages_status":"STOP NOTIFICATIONS"}`), bot.EventStop},
		{at20(`"optin":{"type":"notification_messages","notification_messages_token":"T"}`), bot.EventOptIn},
	} {
		events, err := c.Parse([]byte(`{"object":"page","entry":[{"id":"10","standby":[`+tt.item+`]}]}`), arrival)
		if err != nil || len(events) != 1 || events[0].Kind != tt.want {
			t.Errorf("%s: got %+v, error %v; want %s", tt.item, events, err, tt.want)
			continue
		}
		if e := events[0]; e.Standby != e.Kind.OpensWindow() || e.Person != "20" {
			t.Errorf("%s: kept as %+v", tt.item, e)
		}
	}
}

func TestEveryFieldOfChangesIsKept(t *testing.T) {
	t.Parallel()
	c := newTestChannel(t, Config{})
	for _, field := range ignoredFields {
		body := `{"object":"page","entry":[{"id":"10","time":1790000000,"changes":[{"field":"` + field + `","value":{"sender":{"id":"20"}}}]}]}`
		events, err := c.Parse([]byte(body), arrival)
		if err != nil || len(events) != 1 {
			t.Fatalf("%s: %d events, error %v", field, len(events), err)
		}
		if e := events[0]; e.Kind != bot.EventUnknown || e.Reason != field || e.Page != "10" || !e.At.Equal(ms(1790000000000)) {
			t.Errorf("%s: got %+v", field, e)
		}
	}
}

func TestAPostbackAsAChangeIsAPostback(t *testing.T) {
	t.Parallel()
	c := newTestChannel(t, Config{})
	body := `{"object":"page","entry":[{"id":"10","time":1790000000,"changes":[{"field":"messaging_postbacks",
		"value":{"sender":{"id":"20"},"recipient":{"id":"10"},"timestamp":"1790000000","postback":{"mid":"m1","title":"T","payload":"P"}}}]}]}`
	events, err := c.Parse([]byte(body), arrival)
	if err != nil {
		t.Fatal(err)
	}
	want := []bot.Event{{Kind: bot.EventPostback, Page: "10", Person: "20", At: ms(1790000000000), Key: "postback:m1", MID: "m1", Label: "T", Payload: "P"}}
	if diff := cmp.Diff(want, events); diff != "" {
		t.Error(diff)
	}
}
