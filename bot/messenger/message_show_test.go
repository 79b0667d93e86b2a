package messenger

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/relance-bot/relance/bot"
	"github.com/relance-bot/relance/flows"
)

func attached(inside string) string {
	return `{"recipient":{"id":"20"},"messaging_type":"RESPONSE","message":{"metadata":"s1","attachment":` + inside + `}}`
}

// exhibits are the kinds of show: and the bodies that the platform's reference
// describes.
var exhibits = []struct {
	name    string
	message flows.Message
	want    string
}{
	{"a video with quick replies", flows.Message{Kind: flows.Video, URL: "https://foulee.example/a.mp4", QuickReplies: []flows.QuickReply{{Label: "Oui", Payload: "P"}}},
		`{"recipient":{"id":"20"},"messaging_type":"RESPONSE","message":{"metadata":"s1","attachment":{"type":"video","payload":{"url":"https://foulee.example/a.mp4"}},
			"quick_replies":[{"content_type":"text","title":"Oui","payload":"P"}]}}`},
	{"a sound", flows.Message{Kind: flows.Audio, URL: "https://foulee.example/a.mp3"}, attached(`{"type":"audio","payload":{"url":"https://foulee.example/a.mp3"}}`)},
	{"a file", flows.Message{Kind: flows.File, URL: "https://foulee.example/a.pdf"}, attached(`{"type":"file","payload":{"url":"https://foulee.example/a.pdf"}}`)},
	{"media", flows.Message{Kind: flows.MediaKind, Media: flows.Video, URL: "https://www.facebook.com/foulee/videos/42", Buttons: []flows.Button{{Label: "Voir", Payload: "P"}}},
		attached(`{"type":"template","payload":{"template_type":"media","elements":[{"media_type":"video","url":"https://www.facebook.com/foulee/videos/42",
			"buttons":[{"type":"postback","title":"Voir","payload":"P"}]}]}}`)},
	{"the least of a receipt", flows.Message{Kind: flows.ReceiptKind, Receipt: &flows.Receipt{Order: "881", Name: "Zoé", Currency: "EUR", Payment: "Visa 1234", Total: "99.90",
		Items: []flows.ReceiptItem{{Title: "Gazelle", Price: "99.90"}}}},
		attached(`{"type":"template","payload":{"template_type":"receipt","recipient_name":"Zoé","order_number":"881","currency":"EUR","payment_method":"Visa 1234",
			"elements":[{"title":"Gazelle","price":99.90,"currency":"EUR"}],"summary":{"total_cost":99.90}}}`)},
	{"a receipt with all there is", flows.Message{Kind: flows.ReceiptKind, Receipt: &flows.Receipt{
		Order: "881", Name: "Zoé", Merchant: "Foulée", Currency: "EUR", Payment: "Visa 1234", Open: "https://foulee.example/881", At: time.Unix(1428444852, 0),
		Items:   []flows.ReceiptItem{{Title: "Gazelle", Subtitle: "42", Image: "https://foulee.example/g.png", Quantity: "2", Price: "99.90"}, {Title: "Lacets", Price: "0.00"}},
		Address: &flows.Address{Street: "1 rue du Bac", Street2: "Porte 4", City: "Lyon", Postcode: "69001", Country: "FR"}, Subtotal: "199.80", Shipping: "4.90", Tax: "33.30", Total: "194.70",
		Discounts: []flows.Discount{{Name: "Bienvenue", Amount: "10.00"}, {Name: "Fidélité", Amount: "5"}}}},
		attached(`{"type":"template","payload":{"template_type":"receipt","recipient_name":"Zoé","merchant_name":"Foulée","order_number":"881","currency":"EUR",
			"payment_method":"Visa 1234","order_url":"https://foulee.example/881","timestamp":"1428444852",
			"elements":[{"title":"Gazelle","subtitle":"42","quantity":2,"price":99.90,"currency":"EUR","image_url":"https://foulee.example/g.png"},{"title":"Lacets","price":0.00,"currency":"EUR"}],
			"address":{"street_1":"1 rue du Bac","street_2":"Porte 4","city":"Lyon","postal_code":"69001","state":"Lyon","country":"FR"},
			"summary":{"total_cost":194.70,"subtotal":199.80,"shipping_cost":4.90,"total_tax":33.30},
			"adjustments":[{"name":"Bienvenue","amount":10.00},{"name":"Fidélité","amount":5}]}}`)},
	{"a coupon", flows.Message{Kind: flows.CouponKind, Coupon: &flows.Coupon{Title: "Moins dix pour cent", Subtitle: "Jusqu'à dimanche", Code: "MAI10",
		Image: "https://foulee.example/m.png", Open: "https://foulee.example/mai", Label: "En profiter", Intro: "Pour toi"}},
		attached(`{"type":"template","payload":{"template_type":"coupon","title":"Moins dix pour cent","subtitle":"Jusqu'à dimanche","coupon_code":"MAI10",
			"coupon_url":"https://foulee.example/mai","coupon_url_button_title":"En profiter","coupon_pre_message":"Pour toi","image_url":"https://foulee.example/m.png"}}`)},
	{"an approved template with names", flows.Message{Kind: flows.TemplateKind, Buttons: []flows.Button{{Label: "Suivre", Payload: "P"}},
		Template: &flows.Template{Name: "order_update", Language: "fr_FR", Values: []flows.TemplateEntry{{Name: "order", Text: "881"}}}},
		`{"recipient":{"id":"20"},"messaging_type":"UTILITY","message":{"metadata":"s1","template":{"name":"order_update","language":{"code":"fr_FR"},"components":[
			{"type":"body","parameters":[{"type":"text","parameter_name":"order","text":"881"}]},{"type":"buttons","parameters":[{"type":"POSTBACK","payload":"P"}]}]}}}`},
	{"an approved template without places", flows.Message{Kind: flows.TemplateKind, Template: &flows.Template{Name: "closed_today", Language: "fr_FR"}},
		`{"recipient":{"id":"20"},"messaging_type":"UTILITY","message":{"metadata":"s1","template":{"name":"closed_today","language":{"code":"fr_FR"}}}}`},
}

func TestWhatShowSendsHasThePlatformsShape(t *testing.T) {
	t.Parallel()
	for _, tt := range exhibits {
		d := window(tt.message)
		body, err := encode(nil, &d)
		if err != nil {
			t.Errorf("%s: %v", tt.name, err)
			continue
		}
		if diff := cmp.Diff(canonical(t, tt.want), canonical(t, string(body))); diff != "" {
			t.Errorf("%s:\n%s", tt.name, diff)
		}
	}
}

func TestWhatShowCannotSendIsRefusedHere(t *testing.T) {
	t.Parallel()
	receipt := func(change func(*flows.Receipt)) flows.Message {
		r := &flows.Receipt{Order: "881", Name: "Zoé", Currency: "EUR", Payment: "Visa", Total: "1", Items: []flows.ReceiptItem{{Title: "x", Price: "1"}}}
		change(r)
		return flows.Message{Kind: flows.ReceiptKind, Receipt: r}
	}
	for _, tt := range []struct {
		name     string
		delivery bot.Delivery
		want     string
	}{
		{"a video with buttons", window(flows.Message{Kind: flows.Video, URL: "https://a.example/v", Buttons: []flows.Button{{Label: "x", Payload: "P"}}}), "video_buttons"},
		{"media of no type", window(flows.Message{Kind: flows.MediaKind, URL: "https://a.example/v"}), "media_type"},
		{"no receipt", window(flows.Message{Kind: flows.ReceiptKind}), "receipt"},
		{"a receipt of no order", window(receipt(func(r *flows.Receipt) { r.Order = "" })), "receipt"},
		{"an amount in words", window(receipt(func(r *flows.Receipt) { r.Total = "ten" })), "amount"},
		{"an amount that breaks out", window(receipt(func(r *flows.Receipt) { r.Items[0].Price = `1,"x":1` })), "amount"},
		{"an amount with a zero in front", window(receipt(func(r *flows.Receipt) { r.Total = "007" })), "amount"},
		{"a hundred and one things", window(receipt(func(r *flows.Receipt) { r.Items = slicesRepeat(r.Items[0], 101) })), "receipt_items"},
		{"a thing without a title", window(receipt(func(r *flows.Receipt) { r.Items[0].Title = " " })), "receipt_title"},
		{"a coupon without code and page", window(flows.Message{Kind: flows.CouponKind, Coupon: &flows.Coupon{Title: "x"}}), "coupon_code"},
		{"a code with blanks", window(flows.Message{Kind: flows.CouponKind, Coupon: &flows.Coupon{Title: "x", Code: "A B"}}), "coupon_code"},
		{"a coupon without title", window(flows.Message{Kind: flows.CouponKind, Coupon: &flows.Coupon{Code: "A"}}), "coupon_title"},
		{"a template to a token", notification(flows.Message{Kind: flows.TemplateKind, Template: &flows.Template{Name: "x", Language: "fr_FR"}}), "template_lane"},
		{"a template with an empty value", window(flows.Message{Kind: flows.TemplateKind, Template: &flows.Template{Name: "x", Language: "fr_FR", Values: []flows.TemplateEntry{{}}}}), "template_value"},
	} {
		if _, err := encode(nil, &tt.delivery); err != contentError(tt.want) {
			t.Errorf("%s: %v, want %s", tt.name, err, tt.want)
		}
	}
}

func TestAPersonaIsMadeOnceAndLeftOutWhenItIsGone(t *testing.T) {
	t.Parallel()
	var fake *fakeGraph
	fake = newFakeGraph(t, func(w http.ResponseWriter, r *http.Request) {
		all := fake.requests()
		switch {
		case strings.HasSuffix(r.URL.Path, "/personas"):
			says(200, `{"id":"7"}`)(w, r)
		case strings.Contains(all[len(all)-1].body, `"persona_id"`):
			says(400, `{"error":{"code":100,"message":"no such persona"}}`)(w, r)
		default:
			ok(w, r)
		}
	})
	c := fake.channel(t, Config{})
	id, err := c.CreatePersona(context.Background(), flows.Persona{Name: "Zoé", Picture: "https://foulee.example/zoe.png"})
	if err != nil || id != "7" {
		t.Fatalf("%q, %v", id, err)
	}
	if got := fake.requests()[0].body; got != `{"name":"Zoé","profile_picture_url":"https://foulee.example/zoe.png"}` {
		t.Errorf("made by %s", got)
	}
	if _, err := c.CreatePersona(context.Background(), flows.Persona{Name: "Zoé"}); err == nil {
		t.Error("a persona without a picture was made")
	}
	d := window(flows.Message{Kind: flows.Text, Text: "x", Persona: "zoe"})
	d.PersonaID = id
	if o := c.Send(context.Background(), d); o.Status != bot.Accepted || !o.PersonaGone {
		t.Errorf("%+v", o)
	}
	bodies := fake.requests()
	want := `{"recipient":{"id":"20"},"messaging_type":"RESPONSE","persona_id":"7","message":{"metadata":"s1","text":"x"}}`
	if diff := cmp.Diff(canonical(t, want), canonical(t, bodies[1].body)); len(bodies) != 3 || diff != "" {
		t.Errorf("%d requests:\n%s", len(bodies), diff)
	}
	token := notification(d.Message)
	token.PersonaID = id
	if body, err := encode(nil, &token); err != nil || strings.Contains(string(body), "persona") {
		t.Errorf("to a token: %s, %v", body, err)
	}
}
