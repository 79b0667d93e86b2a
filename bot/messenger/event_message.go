package messenger

import (
	"github.com/relance-bot/relance/bot"
	"github.com/relance-bot/relance/flows"
)

// messageItem is a message of a person, or the echo of one of the Page.
type messageItem struct {
	mid, text   string
	payload     string // of a quick reply
	replyTo     string
	attachments []flows.Attachment
	odd         bool  // one of them is not what it says it is
	referral    value // from an ad or a product page

	isEcho          bool
	appID, metadata string

	isDeleted, isUnsupported bool
}

func (m *messageItem) take(v value) (err error) {
	if !v.isObject() {
		return errShape
	}
	for name, field := range v.fields {
		switch string(name) {
		case "mid":
			m.mid, err = field.ident()
		case "text":
			m.text, err = field.text()
		case "quick_reply":
			m.payload, err = field.textIn("payload")
		case "reply_to":
			m.replyTo = repliedTo(field)
		case "attachments":
			m.attachments, m.odd, err = attachments(field)
		case "referral":
			m.referral = field
		case "is_echo":
			m.isEcho, err = field.flag()
		case "app_id":
			m.appID, err = field.ident()
		case "metadata":
			m.metadata, err = field.text()
		case "is_deleted":
			m.isDeleted, err = field.flag()
		case "is_unsupported":
			m.isUnsupported, err = field.flag()
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (m *messageItem) fill(e *bot.Event) (id string, err error) {
	switch {
	case m.isDeleted && !m.isEcho:
		e.Kind, e.MID = bot.EventUnsent, m.mid
		return e.MID, nil
	case m.isEcho:
		e.Kind = bot.EventEcho
		e.App, e.Send = m.appID, clean(m.metadata, maxWord)
	default:
		e.Kind = bot.EventMessage
	}
	e.MID, e.Text = m.mid, clean(m.text, maxText)
	e.Attachments, e.Payload, e.ReplyTo = m.attachments, clean(m.payload, maxWord), m.replyTo
	// What the platform does not hand on was said all the same, and is answered.
	if m.isUnsupported && e.Text == "" && len(e.Attachments) == 0 {
		e.Attachments = []flows.Attachment{{Kind: "other"}}
	}
	if m.odd && !m.isEcho {
		e.Reason = "attachment"
	}
	if !m.referral.absent() {
		_, err = nameReferral(e, m.referral)
	}
	return e.MID, err
}

// repliedTo is the id of the message or, on Instagram, of the story that a message
// answers. What cannot be read is none: a message is never lost over it.
func repliedTo(v value) string {
	if mid, err := v.identIn("mid"); err == nil && mid != "" {
		return mid
	}
	story, err := v.field("story")
	if err != nil {
		return ""
	}
	id, err := story.identIn("id")
	if err != nil {
		return ""
	}
	return id
}

// attachmentKind translates the platform's words. What is missing here is
// "other".
func attachmentKind(word string) string {
	switch word {
	case "image", "video", "audio", "file", "location", "sticker", "template", "fallback":
		return word
	case "reel", "ig_reel":
		return "video"
	case "ig_post", "share": // of Instagram; share until April 2026
		return "fallback"
	case "like_heart":
		return "sticker"
	}
	return "other"
}

// attachments reads what a message brings. What is not of the platform's shape, or of
// another than its kind says, is odd, of the kind "other" or has nothing but its kind:
// the message counts whatever is pinned to it.
func attachments(v value) (out []flows.Attachment, odd bool, err error) {
	if _, err := v.list(); err != nil {
		return nil, false, err
	}
	n := 0
	for item := range v.items {
		if n++; n > maxAttachments {
			break
		}
		a, bad := attachment(item)
		odd = odd || bad
		if !repeated(out, a) {
			out = append(out, a)
		}
	}
	return out, odd, nil
}

func attachment(v value) (a flows.Attachment, odd bool) {
	var word, fallback string
	var payload attachmentPayload
	odd = !v.isObject()
	for name, field := range v.fields {
		var err error
		switch string(name) {
		case "type":
			word, err = field.text()
		case "url": // of a fallback
			fallback, err = field.text()
		case "payload": // an object; a string in old fallbacks
			if payload.take(field) != nil {
				payload = attachmentPayload{} // not the shape of this kind: its kind is what we know
				odd = odd || word != "fallback"
			}
		}
		odd = odd || err != nil
	}
	a = flows.Attachment{Kind: attachmentKind(word), URL: clean(payload.url, maxURL)}
	if a.URL == "" {
		a.URL = clean(fallback, maxURL)
	}
	// Until August 2026 a sticker came as an image with a sticker's id.
	if payload.sticker != "" {
		a.Kind = "sticker"
	}
	switch {
	case a.Kind != "location":
		odd = odd || payload.located
	case payload.located && payload.lat >= -90 && payload.lat <= 90 && payload.long >= -180 && payload.long <= 180:
		a.Lat, a.Lon = payload.lat, payload.long
	default:
		odd = true
	}
	return a, odd
}

type attachmentPayload struct {
	url, sticker string
	located      bool
	lat, long    float64
}

func (p *attachmentPayload) take(v value) (err error) {
	if !v.isObject() && !v.absent() {
		return errShape
	}
	for name, field := range v.fields {
		switch string(name) {
		case "url":
			p.url, err = field.text()
		case "sticker_id":
			p.sticker, err = field.ident()
		case "coordinates":
			err = p.locate(field)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (p *attachmentPayload) locate(v value) (err error) {
	if !v.isObject() && !v.absent() {
		return errShape
	}
	p.located = !v.absent()
	for name, field := range v.fields {
		switch string(name) {
		case "lat":
			p.lat, err = field.decimal()
		case "long":
			p.long, err = field.decimal()
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// repeated finds the sticker that came in its old and its new form at once, as in
// the summer of 2026.
func repeated(before []flows.Attachment, a flows.Attachment) bool {
	if a.Kind != "sticker" {
		return false
	}
	for _, b := range before {
		if b.Kind == a.Kind && b.URL == a.URL {
			return true
		}
	}
	return false
}
