package channeltest

import (
	"strings"
	"testing"

	"github.com/relance-bot/relance/bot"
	"github.com/relance-bot/relance/flows"
)

// kinds: what a channel cannot show it refuses as content, and sends nothing. What it
// sends has in it what people are to see or tap.
func (s Subject) kinds(t *testing.T) {
	t.Parallel()
	p := serve(t, s.Accept)
	c := s.New(t, p.url)
	button := flows.Button{Label: "Voir", Payload: "P"}
	quick := []flows.QuickReply{{Label: "Oui", Payload: "P"}}
	for _, k := range []struct {
		m     flows.Message
		shows string // words that stand in the request
	}{
		{flows.Message{Kind: flows.Text, Text: "Alors ?", QuickReplies: quick}, "Alors Oui"},
		{flows.Message{Kind: flows.Text, Text: "Ton e-mail ?", QuickReplies: []flows.QuickReply{{Own: "email"}, {Own: "phone"}}}, "e-mail"},
		{flows.Message{Kind: flows.Text, Text: "Alors ?", Buttons: []flows.Button{button, {Label: "Site", Open: "https://foulee.example/"}}}, "Alors Voir Site foulee.example"},
		{flows.Message{Kind: flows.Image, URL: "https://foulee.example/a.png"}, "a.png"},
		{flows.Message{Kind: flows.Cards, Cards: []flows.Card{{Title: "Gazelle", Buttons: []flows.Button{button}}}}, "Gazelle Voir"},
		{flows.Message{Kind: flows.Video, URL: "https://foulee.example/a.mp4", QuickReplies: quick}, "a.mp4 Oui"},
		{flows.Message{Kind: flows.Audio, URL: "https://foulee.example/a.mp3"}, "a.mp3"},
		{flows.Message{Kind: flows.File, URL: "https://foulee.example/a.pdf"}, "a.pdf"},
		{flows.Message{Kind: flows.MediaKind, Media: flows.Image, URL: "https://www.facebook.com/foulee/photos/42", Buttons: []flows.Button{button}}, "42 Voir"},
		{flows.Message{Kind: flows.ReceiptKind, Receipt: &flows.Receipt{Order: "881", Name: "Zoé", Currency: "EUR", Payment: "Visa 1234", Total: "99.90", Items: []flows.ReceiptItem{{Title: "Gazelle", Price: "99.90"}}}}, "881 EUR Gazelle"},
		{flows.Message{Kind: flows.CouponKind, Coupon: &flows.Coupon{Title: "Moins dix pour cent", Code: "MAI10"}}, "Moins MAI10"},
		{flows.Message{Kind: flows.TemplateKind, Template: &flows.Template{Name: "order_update", Language: "fr_FR", Values: []flows.TemplateEntry{{Text: "881"}}}}, "order_update 881"},
		{flows.Message{Kind: flows.OptInRequest, Text: "Titre", OptIn: &flows.OptIn{Topic: "restock", Request: "r1"}, QuickReplies: quick}, "Titre"},
		{flows.Message{Kind: "hologram", Text: "x"}, ""},
		{flows.Message{}, ""},
	} {
		d := delivery("send-1")
		d.Message = k.m
		before := len(p.seen())
		o := c.Send(t.Context(), d)
		sent := p.seen()[before:]
		switch {
		case o.Status == bot.Accepted && len(sent) == 1 && k.shows != "":
			for _, word := range strings.Fields(k.shows) {
				if !strings.Contains(sent[0], word) {
					t.Errorf("%s: %q is not in the request: %s", k.m.Kind, word, sent[0])
				}
			}
		case o.Status == bot.Refused && o.Class == bot.ClassContent && len(sent) == 0 && k.m.Kind != flows.Text:
		default:
			t.Errorf("%s: got %+v after %d requests", k.m.Kind, o, len(sent))
		}
	}
}

// comment: a private reply is for whoever wrote a comment, and for nobody else. A channel
// whose platform knows no such thing refuses it as content.
func (s Subject) comment(t *testing.T) {
	t.Parallel()
	p := serve(t, s.Accept)
	d := delivery("send-1")
	d.Person, d.Comment = "", "comment-20"
	o := s.New(t, p.url).Send(t.Context(), d)
	switch bodies := p.seen(); {
	case o.Status == bot.Refused && o.Class == bot.ClassContent && len(bodies) == 0:
	case o.Status != bot.Accepted || len(bodies) != 1:
		t.Errorf("got %+v after %d requests", o, len(bodies))
	case !strings.Contains(bodies[0], d.Comment) || !strings.Contains(bodies[0], d.ID):
		t.Errorf("the comment or our id is not in the request: %s", bodies[0])
	}
}

// control: who has the conversation changes hands without a word, or not at all where the
// platform knows no such thing.
func (s Subject) control(t *testing.T) {
	t.Parallel()
	p := serve(t, s.Accept)
	c := s.New(t, p.url)
	for _, control := range []bot.Control{bot.ControlPass, bot.ControlTake} {
		d := delivery("send-1")
		d.Control, d.Message = control, flows.Message{}
		if o := c.Send(t.Context(), d); o.Status == bot.Refused && o.Class == bot.ClassContent {
			t.Errorf("%s: got %+v: there is no content; accept it and do nothing if the platform knows no such thing", control, o)
		}
	}
}
