package messenger

import (
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/relance-bot/relance/bot"
	"github.com/relance-bot/relance/flows"
)

// laneConfig is a Page with every lane.
var laneConfig = Config{Lanes: []string{laneRecurring, laneMarketing, laneOneTime, laneUtility}, AdAccount: "act_7", Campaign: "8"}

// TestEachLaneHasItsForm compares what goes out on each lane, and of each request, with
// the platform's pages.
func TestEachLaneHasItsForm(t *testing.T) {
	t.Parallel()
	text := flows.Message{Kind: flows.Text, Text: "New", QuickReplies: []flows.QuickReply{{Label: "Stop", Payload: "P"}}}
	quick := `"quick_replies":[{"content_type":"text","title":"Stop","payload":"P"}]`
	ask := flows.Message{Kind: flows.OptInRequest, Text: "News", OptIn: &flows.OptIn{Topic: "news", Request: "r1", Image: "https://foulee.example/n.png", Cadence: "weekly"}}
	request := func(payload string) string {
		return `{"recipient":{"id":"20"},"messaging_type":"RESPONSE","message":{"metadata":"s1","attachment":{"type":"template","payload":{"template_type":` + payload + `}}}}`
	}
	for _, tt := range []struct {
		name     string
		delivery bot.Delivery
		path     string
		want     string
	}{
		{"a paid message", bot.Delivery{Lane: laneMarketing, Token: "S", Message: text}, "/v25.0/act_7/messages",
			`{"message_id":"8","messenger_delivery_data":{"subscription_token":"S"},"message":{"text":"New",` + quick + `}}`},
		{"a one-time notification", bot.Delivery{Lane: laneOneTime, Token: "O", Message: text}, "/v25.0/10/messages",
			`{"recipient":{"one_time_notif_token":"O"},"message":{"metadata":"s1","text":"New",` + quick + `}}`},
		{"an approved template", bot.Delivery{Lane: laneUtility, Person: "20", Message: flows.Message{Kind: flows.TemplateKind, Template: &flows.Template{
			Name: "order", Language: "en_US", Values: []flows.TemplateEntry{{Text: "881"}}}}}, "/v25.0/10/messages",
			`{"recipient":{"id":"20"},"messaging_type":"UTILITY","message":{"metadata":"s1","template":{"name":"order","language":{"code":"en_US"},
				"components":[{"type":"body","parameters":[{"type":"text","text":"881"}]}]}}}`},
		{"a request of 2022", bot.Delivery{Lane: laneWindow, Person: "20", Message: ask, Asks: laneRecurring, Zone: "Europe/Paris", At: day(2022, time.October, 7)}, "/v25.0/10/messages",
			request(`"notification_messages","title":"News","image_url":"https://foulee.example/n.png","payload":"r1","notification_messages_frequency":"WEEKLY","notification_messages_reoptin":"ENABLED","notification_messages_timezone":"Europe/Paris"`)},
		{"a request of today", bot.Delivery{Lane: laneWindow, Person: "20", Message: ask, Asks: laneRecurring, Zone: "Europe/Paris", At: day(2026, time.March, 2)}, "/v25.0/10/messages",
			request(`"notification_messages","title":"News","image_url":"https://foulee.example/n.png","payload":"r1","notification_messages_frequency":"WEEKLY"`)},
		{"a request to subscribe to the Page", bot.Delivery{Lane: laneWindow, Person: "20", Message: ask, Asks: laneMarketing, At: day(2026, time.March, 2)}, "/v25.0/10/messages",
			strings.TrimSuffix(request(`"notification_messages","title":"News","image_url":"https://foulee.example/n.png","payload":"r1"`), "}") + `,"page":"10"}`},
		{"a request for one message", bot.Delivery{Lane: laneWindow, Person: "20", Message: ask, Asks: laneOneTime, At: day(2026, time.March, 2)}, "/v25.0/10/messages",
			request(`"one_time_notif_req","title":"News","payload":"r1"`)},
		{"our own stop", bot.Delivery{Lane: laneWindow, Person: "20", Control: bot.ControlUnsubscribe}, "/v25.0/10/messaging_customer_base/unsubscribe",
			`{"data":[{"psid":"20"}]}`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			fake := newFakeGraph(t, says(http.StatusOK, `{"success":true,"message_id":"m_1"}`))
			tt.delivery.ID = "s1"
			if o := fake.channel(t, laneConfig).Send(t.Context(), tt.delivery); o.Status != bot.Accepted {
				t.Fatalf("got %+v", o)
			}
			r := fake.requests()[0]
			if r.path != tt.path {
				t.Errorf("posted to %s, want %s", r.path, tt.path)
			}
			if got, want := canonical(t, r.body), canonical(t, tt.want); got != want {
				t.Errorf("got  %s\nwant %s", got, want)
			}
		})
	}
}

// TestAPaidMessageIsKnownByItsTrackingID: the platform gives no other when it takes one.
func TestAPaidMessageIsKnownByItsTrackingID(t *testing.T) {
	t.Parallel()
	fake := newFakeGraph(t, says(http.StatusOK, `{"success":true,"marketing_message_tracking_id":"T9"}`))
	c := fake.channel(t, laneConfig)
	o := c.Send(t.Context(), bot.Delivery{ID: "s1", Lane: laneMarketing, Token: "S", Message: flows.Message{Kind: flows.Text, Text: "New"}})
	if o.Status != bot.Accepted || o.MID != "T9" {
		t.Errorf("got %+v", o)
	}
}

// TestPaidMessagesGoInABatchOfTheirOwn: their access token may be another one.
func TestPaidMessagesGoInABatchOfTheirOwn(t *testing.T) {
	t.Parallel()
	var answers atomic.Int32
	fake := newFakeGraph(t, func(w http.ResponseWriter, r *http.Request) {
		left := 2 - int(answers.Add(1)-1) // two that are free, then the paid one
		inBatch([]http.HandlerFunc{ok, ok}[:left])(w, r)
	})
	c := fake.channel(t, laneConfig)
	batch := []bot.Delivery{
		notification(flows.Message{Kind: flows.Text, Text: "free"}),
		{ID: "s2", Lane: laneMarketing, Token: "S", Message: flows.Message{Kind: flows.Text, Text: "paid + more"}},
		notification(flows.Message{Kind: flows.Text, Text: "free too"}),
	}
	for i, o := range c.SendBatch(t.Context(), batch) {
		if o.Status != bot.Accepted {
			t.Errorf("message %d: %+v", i, o)
		}
	}
	requests := fake.requests()
	if len(requests) != 2 {
		t.Fatalf("%d requests, want two", len(requests))
	}
	list := operations(t, requests[1])
	if len(list) != 1 || list[0].URL != "v25.0/act_7/messages" {
		t.Fatalf("got %+v", list)
	}
	want := `{"message_id":8,"messenger_delivery_data":{"subscription_token":"S"},"message":{"text":"paid + more"}}`
	if got := canonical(t, list[0].message(t)); got != canonical(t, want) {
		t.Errorf("got %s", got)
	}
}

func TestPaidMessagesGoWithTheirOwnToken(t *testing.T) {
	t.Parallel()
	fake := newFakeGraph(t, ok)
	config := laneConfig
	config.AdToken = "ad-token"
	c := fake.channel(t, config)
	c.Send(t.Context(), reply42)
	c.Send(t.Context(), bot.Delivery{ID: "s2", Lane: laneMarketing, Token: "S", Message: flows.Message{Kind: flows.Text, Text: "paid"}})
	for i, want := range []string{"Bearer " + testToken, "Bearer ad-token"} {
		if got := fake.requests()[i].header.Get("Authorization"); got != want {
			t.Errorf("request %d goes with %q", i, got)
		}
	}
}

// TestTroubleOfTheAdAccountIsNotThePages: whatever its access token or its limits are, the
// Page's own messages go on.
func TestTroubleOfTheAdAccountIsNotThePages(t *testing.T) {
	t.Parallel()
	paid := bot.Delivery{ID: "s1", Lane: laneMarketing, Token: "S", Message: flows.Message{Kind: flows.Text, Text: "New"}}
	for _, tt := range []struct {
		body    string
		adToken Secret
		want    bot.Class
	}{
		{`{"error":{"code":190,"error_subcode":463}}`, "ad-token", bot.ClassLane},
		{`{"error":{"code":190,"error_subcode":463}}`, "", bot.ClassToken}, // it is the Page's
		{`{"error":{"code":17,"error_subcode":2446079}}`, "", bot.ClassLane},
		{`{"error":{"code":613,"error_subcode":1487742,"is_transient":false}}`, "", bot.ClassLane},
		{`{"error":{"code":80004,"is_transient":true}}`, "ad-token", bot.ClassLane},
		{`{"error":{"code":80006}}`, "", bot.ClassBackoff}, // of messaging
		{`{"error":{"code":368}}`, "ad-token", bot.ClassPage},
	} {
		config := laneConfig
		config.AdToken = tt.adToken
		refusal := says(http.StatusBadRequest, tt.body)
		if o := newFakeGraph(t, refusal).channel(t, config).Send(t.Context(), paid); o.Status != bot.Refused || o.Class != tt.want {
			t.Errorf("%s, token %q: class %s, want %s", tt.body, tt.adToken, o.Class, tt.want)
		}
		for what, answer := range map[string]http.HandlerFunc{"in a batch": inBatch([]http.HandlerFunc{refusal}), "of a batch": refusal} {
			if o := newFakeGraph(t, answer).channel(t, config).SendBatch(t.Context(), []bot.Delivery{paid})[0]; o.Status != bot.Refused || o.Class != tt.want {
				t.Errorf("%s %s, token %q: class %s, want %s", tt.body, what, tt.adToken, o.Class, tt.want)
			}
		}
	}
}

// TestWhatALaneCannotCarryIsRefusedBefore the platform is asked.
func TestWhatALaneCannotCarryIsRefusedBefore(t *testing.T) {
	t.Parallel()
	text := func(n int) flows.Message { return flows.Message{Kind: flows.Text, Text: strings.Repeat("a", n)} }
	for _, tt := range []struct {
		name     string
		config   Config
		delivery bot.Delivery
		class    bot.Class
		code     string
	}{
		{"a long text", laneConfig, bot.Delivery{Lane: laneMarketing, Token: "S", Message: text(641)}, bot.ClassContent, "text_length"},
		{"a telephone button", laneConfig, bot.Delivery{Lane: laneMarketing, Token: "S", Message: flows.Message{Kind: flows.Text, Text: "Call", Buttons: []flows.Button{{Label: "Call", Phone: "+33123456789"}}}}, bot.ClassContent, "button_phone"},
		{"no campaign", Config{Lanes: laneConfig.Lanes}, bot.Delivery{Lane: laneMarketing, Token: "S", Message: text(1)}, bot.ClassLane, "no_campaign"},
		{"no token", laneConfig, bot.Delivery{Lane: laneMarketing, Message: text(1)}, bot.ClassPermit, "no_token"},
		{"no one-time token", laneConfig, bot.Delivery{Lane: laneOneTime, Message: text(1)}, bot.ClassPermit, "no_token"},
		{"a text as utility", laneConfig, bot.Delivery{Lane: laneUtility, Person: "20", Message: text(1)}, bot.ClassContent, "utility"},
		{"a template to a token", laneConfig, bot.Delivery{Lane: laneMarketing, Token: "S", Message: flows.Message{Kind: flows.TemplateKind, Template: &flows.Template{Name: "o", Language: "en_US"}}}, bot.ClassContent, "template_lane"},
	} {
		fake := newFakeGraph(t, ok)
		o := fake.channel(t, tt.config).Send(t.Context(), tt.delivery)
		if o.Status != bot.Refused || o.Class != tt.class || o.Code != tt.code || len(fake.requests()) != 0 {
			t.Errorf("%s: got %+v after %d requests", tt.name, o, len(fake.requests()))
		}
	}
}

// TestReportsAboutPaidMessages are read from the changes of a Page.
func TestReportsAboutPaidMessages(t *testing.T) {
	t.Parallel()
	c := newTestChannel(t, laneConfig)
	for _, tt := range []struct {
		field, value string
		want         bot.Event
	}{
		{"marketing_message_deliveries", `{"recipient_id":20,"page_id":"10","timestamp":1790000000000,"mid":"m1","marketing_message_tracking_id":"T9","messenger_subscription_token":"S","message_id":"8"}`,
			bot.Event{Kind: bot.EventDelivery, Person: "20", MIDs: []string{"T9"}}},
		{"marketing_message_deliveries", `{"recipient_id":null,"timestamp":"1790000000","mid":null,"marketing_message_tracking_id":"T9"}`,
			bot.Event{Kind: bot.EventDelivery, MIDs: []string{"T9"}}},
		{"marketing_message_deliveries", `{"recipient_id":0,"timestamp":"1790000000","marketing_message_tracking_id":"T9","messenger_subscription_token":"S"}`,
			bot.Event{Kind: bot.EventDelivery, MIDs: []string{"T9"}, Permit: &bot.Permit{Lane: laneMarketing, Token: "S"}}},
		{"marketing_message_reads", `{"recipient_id":"20","timestamp":1790000000000,"marketing_message_tracking_id":"T9"}`,
			bot.Event{Kind: bot.EventRead, Person: "20", Watermark: ms(1790000000000)}},
		{"marketing_message_reads", `{"recipient_id":0,"timestamp":1790000000000}`, bot.Event{Kind: bot.EventIgnored}},
		{"marketing_message_reads", `{"recipient_id":null,"timestamp":1790000000000,"messenger_subscription_token":"S"}`,
			bot.Event{Kind: bot.EventRead, Watermark: ms(1790000000000), Permit: &bot.Permit{Lane: laneMarketing, Token: "S"}}},
		{"marketing_message_clicks", `{"recipient_id":"20","timestamp":1790000000000}`, bot.Event{Kind: bot.EventIgnored, Person: "20"}},
		{"marketing_message_echoes", `{"recipient_id":"20","timestamp":1790000000000,"mid":"m1"}`, bot.Event{Kind: bot.EventIgnored, Person: "20"}},
		{"marketing_message_delivery_failed", `{"app_id":1,"timestamp":1790000000000,"messenger_subscription_token":"S","message_id":"8","error_message":"DAILY_MM_LOAD_CAP_REACHED"}`,
			bot.Event{Kind: bot.EventUndelivered, Reason: "DAILY_MM_LOAD_CAP_REACHED", Permit: &bot.Permit{Lane: laneMarketing, Token: "S"}}},
		{"marketing_message_delivery_failed", `{"messenger_subscription_token":{}}`, bot.Event{Kind: bot.EventUnknown, Reason: "malformed"}},
	} {
		events, err := c.Parse([]byte(`{"object":"page","entry":[{"id":"10","time":1790000000000,"changes":[{"field":"`+tt.field+`","value":`+tt.value+`}]}]}`), arrival)
		if err != nil || len(events) != 1 {
			t.Fatalf("%s: %d events, %v", tt.field, len(events), err)
		}
		got := events[0]
		if got.Key == "" || got.Page != "10" {
			t.Errorf("%s: key %q, Page %q", tt.field, got.Key, got.Page)
		}
		if got.Kind != tt.want.Kind || got.Person != tt.want.Person || strings.Join(got.MIDs, ",") != strings.Join(tt.want.MIDs, ",") ||
			got.Reason != tt.want.Reason || !got.Watermark.Equal(tt.want.Watermark) || (got.Permit == nil) != (tt.want.Permit == nil) || got.Permit != nil && got.Permit.Token != tt.want.Permit.Token {
			t.Errorf("%s %s: got %+v", tt.field, tt.value, got)
		}
	}
}
