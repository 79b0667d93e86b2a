package emulator

import (
	"fmt"
	"strings"
	"time"
)

// Limits of the Send API, in characters and numbers of things.
const (
	maxText         = 1999 // "fewer than 2000"
	maxMetadata     = 999  // "fewer than 1000"
	maxQuickReplies = 13
	maxLabel        = 20 // of a button or quick reply
	maxPayload      = 1000
	maxButtonText   = 640 // of a button template
	maxButtons      = 3
	maxCards        = 10
	maxCardText     = 80 // title, subtitle
	maxTitle        = 65 // of an opt-in request
	maxAddress      = 2083
	maxItems        = 100 // on a receipt
	maxValues       = 50  // of an approved template
)

// message reads a message and returns it as it will be shown.
func (r *reader) message(m object) Shown {
	r.only(m, "text", "attachment", "template", "quick_replies", "metadata", "sticker_id")
	s := Shown{From: FromPage, Metadata: r.text(m, "metadata", maxMetadata)}
	switch {
	case m.has("sticker_id"):
		r.sticker(m, &s)
	case m.has("text") && m.has("attachment"):
		r.wrong(m.path, "must have either text or attachment", "A message has a text or an attachment, never both.")
	case m.has("template") && (m.has("text") || m.has("attachment")):
		r.wrong(m.path, "must have either template or text", "An approved template stands alone, without text and attachment.")
	case m.has("template"):
		r.model(r.object(m, "template"), &s)
	case m.has("attachment"):
		r.attachment(r.object(m, "attachment"), &s)
	default:
		s.Kind, s.Text = KindText, r.needed(m, "text", maxText)
	}
	if m.has("quick_replies") {
		s.QuickReplies = r.quickReplies(m)
	}
	return s
}

func (r *reader) quickReplies(m object) []ShownButton {
	var out []ShownButton
	for i, o := range r.list(m, "quick_replies", 1, maxQuickReplies, "quick replies") {
		r.only(o, "content_type", "title", "payload", "image_url")
		b := ShownButton{ID: fmt.Sprintf("q%d", i)}
		b.Type = r.choice(o, "content_type", "text", "user_phone_number", "user_email")
		b.Image = r.address(o, "image_url")
		if b.Type == "text" {
			b.Label = r.needed(o, "title", maxLabel)
			b.Payload = r.needed(o, "payload", maxPayload)
		} else if !o.has("content_type") {
			r.wrong(o.at("content_type"), "is required", "Every quick reply has a content_type, usually text.")
		}
		out = append(out, b)
	}
	return out
}

func (r *reader) attachment(a object, s *Shown) {
	r.only(a, "type", "payload")
	kind := r.needed(a, "type", maxLabel)
	switch kind {
	case "template":
		r.template(r.object(a, "payload"), s)
	case KindImage, KindVideo, KindAudio, KindFile:
		payload := r.object(a, "payload")
		r.only(payload, "url", "is_reusable", "attachment_id")
		s.Kind, s.keep = kind, r.flag(payload, "is_reusable")
		if payload.has("attachment_id") {
			s.file = r.id(payload, "attachment_id")
			if payload.has("url") {
				r.wrong(payload.at("url"), "cannot go with attachment_id", "A file is named by its address or by its id.")
			}
			break
		}
		r.needed(payload, "url", maxAddress)
		s.URL = r.address(payload, "url")
	default:
		r.wrong(a.at("type"), "must be one of {image, video, audio, file, template}",
			"There is no attachment of type %q.", begin(kind))
	}
}

func (r *reader) template(t object, s *Shown) {
	switch kind := r.needed(t, "template_type", maxCardText); kind {
	case "button":
		r.only(t, "template_type", "text", "buttons", "sharable")
		r.flag(t, "sharable")
		s.Kind, s.Text = KindText, r.needed(t, "text", maxButtonText)
		s.Buttons = r.buttons(t, "b")
	case "generic":
		r.only(t, "template_type", "elements", "image_aspect_ratio", "sharable")
		r.flag(t, "sharable")
		r.choice(t, "image_aspect_ratio", "horizontal", "square")
		s.Kind = KindCards
		for i, e := range r.list(t, "elements", 1, maxCards, "cards") {
			s.Cards = append(s.Cards, r.card(e, i))
		}
	case "media":
		r.media(t, s)
	case "receipt":
		r.receipt(t, s)
	case "coupon":
		r.coupon(t, s)
	case "product":
		r.products(t, s)
	case "customer_feedback":
		r.feedback(t, s)
	case "one_time_notif_req":
		r.only(t, "template_type", "title", "payload")
		s.Kind, s.OptIn = KindOptIn, &ShownOptIn{
			Kind: tokenOnce, Title: r.needed(t, "title", maxTitle), Payload: r.needed(t, "payload", maxPayload), Label: "NOTIFY_ME", State: OptInOpen,
		}
		s.Text = s.OptIn.Title
	case "notification_messages":
		s.Kind, s.OptIn = KindOptIn, r.optIn(t)
		s.Text = s.OptIn.Title
	default:
		r.wrong(t.at("template_type"), "is not offered",
			"The emulator shows the templates button, generic, media, receipt, coupon, product, customer_feedback, notification_messages and one_time_notif_req, not %q.", begin(kind))
	}
}

func (r *reader) card(e object, i int) ShownCard {
	r.only(e, "title", "subtitle", "image_url", "default_action", "buttons")
	c := ShownCard{
		Title:    r.needed(e, "title", maxCardText),
		Subtitle: r.text(e, "subtitle", maxCardText),
		Image:    r.address(e, "image_url"),
	}
	if e.has("default_action") {
		action := r.object(e, "default_action")
		r.only(action, append([]string{"type"}, webFields...)...)
		if r.choice(action, "type", "web_url") == "" {
			r.wrong(action.at("type"), "is required", "A default_action is of type web_url.")
		}
		r.needed(action, "url", maxAddress)
		c.URL = r.web(action)
	}
	if e.has("buttons") {
		c.Buttons = r.buttons(e, fmt.Sprintf("c%db", i))
	}
	return c
}

// webFields are what a web_url button may have beside type and title.
var webFields = []string{"url", "webview_height_ratio", "messenger_extensions", "fallback_url", "webview_share_button"}

func (r *reader) web(o object) string {
	r.choice(o, "webview_height_ratio", "compact", "tall", "full")
	r.choice(o, "webview_share_button", "hide")
	r.flag(o, "messenger_extensions")
	r.address(o, "fallback_url")
	return r.address(o, "url")
}

func (r *reader) buttons(o object, prefix string) []ShownButton {
	var out []ShownButton
	for i, b := range r.list(o, "buttons", 1, maxButtons, "buttons") {
		out = append(out, r.button(b, fmt.Sprintf("%s%d", prefix, i)))
	}
	return out
}

func (r *reader) button(o object, id string) ShownButton {
	b := ShownButton{ID: id, Type: r.needed(o, "type", maxLabel)}
	switch b.Type {
	case "postback":
		r.only(o, "type", "title", "payload")
		b.Label, b.Payload = r.needed(o, "title", maxLabel), r.needed(o, "payload", maxPayload)
	case "web_url":
		r.only(o, append([]string{"type", "title"}, webFields...)...)
		b.Label = r.needed(o, "title", maxLabel)
		r.needed(o, "url", maxAddress)
		b.URL = r.web(o)
	case "phone_number":
		r.only(o, "type", "title", "payload")
		b.Label, b.Payload = r.needed(o, "title", maxLabel), r.needed(o, "payload", maxLabel)
		if !strings.HasPrefix(b.Payload, "+") || strings.Trim(b.Payload[1:], "0123456789") != "" || len(b.Payload) < 2 {
			r.wrong(o.at("payload"), "must be a phone number", "%q is not a phone number; it is + and digits, like +33123456789.", b.Payload)
		}
	case "account_link", "account_unlink", "game_play":
		r.linkButton(o, &b)
	default:
		r.wrong(o.at("type"), "is not offered", "The emulator has buttons of type postback, web_url, phone_number, account_link, account_unlink and game_play, not %q.", begin(b.Type))
	}
	return b
}

// optIn reads a request for recurring notifications. What depends on the date and
// the person is judged later.
func (r *reader) optIn(t object) *ShownOptIn {
	r.only(t, "template_type", "title", "image_url", "image_aspect_ratio", "payload", "notification_messages_frequency",
		"notification_messages_reoptin", "notification_messages_timezone", "notification_messages_cta_text")
	o := &ShownOptIn{
		Title:     r.text(t, "title", maxTitle),
		Image:     r.address(t, "image_url"),
		Ratio:     r.choice(t, "image_aspect_ratio", "SQUARE", "HORIZONTAL"),
		Payload:   r.needed(t, "payload", maxPayload),
		Frequency: r.choice(t, "notification_messages_frequency", daily, weekly, monthly),
		Timezone:  r.text(t, "notification_messages_timezone", maxCardText),
		Label:     r.choice(t, "notification_messages_cta_text", "ALLOW", "GET", "GET_UPDATES", "OPT_IN", "SIGN_UP"),
		State:     OptInOpen,
	}
	o.Again = r.choice(t, "notification_messages_reoptin", "ENABLED", "DISABLED") == "ENABLED"
	if _, err := time.LoadLocation(o.Timezone); err != nil {
		r.wrong(t.at("notification_messages_timezone"), "is not a time zone", "There is no time zone %q.", begin(o.Timezone))
	}
	return o
}
