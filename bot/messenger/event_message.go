package messenger

import (
	"encoding/json"

	"github.com/relance-bot/relance/bot"
	"github.com/relance-bot/relance/flows"
)

// messageItem is a message of a person, or the echo of one of the Page.
type messageItem struct {
	MID        ident  `json:"mid"`
	Text       string `json:"text"`
	QuickReply *struct {
		Payload string `json:"payload"`
	} `json:"quick_reply"`
	ReplyTo *struct {
		MID ident `json:"mid"`
	} `json:"reply_to"`
	Attachments []attachmentItem `json:"attachments"`
	Referral    *referralItem    `json:"referral"` // from an ad or a product page

	IsEcho   bool   `json:"is_echo"`
	AppID    ident  `json:"app_id"`
	Metadata string `json:"metadata"`

	IsDeleted     bool `json:"is_deleted"`
	IsUnsupported bool `json:"is_unsupported"`
}

func (m *messageItem) fill(e *bot.Event) (id string) {
	switch {
	case m.IsDeleted:
		e.Kind, e.Reason = bot.EventUnknown, "message_deleted"
		return ""
	case m.IsUnsupported:
		e.Kind, e.Reason = bot.EventUnknown, "message_unsupported"
		return ""
	case m.IsEcho:
		e.Kind = bot.EventEcho
		e.App, e.Send = string(m.AppID), clean(m.Metadata, maxWord)
	default:
		e.Kind = bot.EventMessage
	}
	e.MID, e.Text = string(m.MID), clean(m.Text, maxText)
	e.Attachments = attachments(m.Attachments)
	if m.QuickReply != nil {
		e.Payload = clean(m.QuickReply.Payload, maxWord)
	}
	if m.ReplyTo != nil {
		e.ReplyTo = string(m.ReplyTo.MID)
	}
	if m.Referral != nil {
		m.Referral.name(e)
	}
	return e.MID
}

type attachmentItem struct {
	Type    string          `json:"type"`
	URL     string          `json:"url"`     // of a fallback
	Payload json.RawMessage `json:"payload"` // an object; a string in old fallbacks
}

type attachmentPayload struct {
	URL         string `json:"url"`
	StickerID   ident  `json:"sticker_id"`
	Coordinates *struct {
		Lat  float64 `json:"lat"`
		Long float64 `json:"long"`
	} `json:"coordinates"`
}

// attachmentKind translates the platform's words. What is missing here is
// "other".
func attachmentKind(word string) string {
	switch word {
	case "image", "video", "audio", "file", "location", "sticker", "template", "fallback":
		return word
	case "reel", "ig_reel":
		return "video"
	}
	return "other"
}

func attachments(items []attachmentItem) []flows.Attachment {
	var out []flows.Attachment
	for _, item := range items[:min(len(items), maxAttachments)] {
		if a := item.attachment(); !repeated(out, a) {
			out = append(out, a)
		}
	}
	return out
}

func (item attachmentItem) attachment() flows.Attachment {
	var payload attachmentPayload
	if len(item.Payload) > 0 && json.Unmarshal(item.Payload, &payload) != nil {
		payload = attachmentPayload{} // not the shape of this kind: its kind is what we know
	}
	a := flows.Attachment{Kind: attachmentKind(item.Type), URL: clean(payload.URL, maxURL)}
	if a.URL == "" {
		a.URL = clean(item.URL, maxURL)
	}
	// Until August 2026 a sticker came as an image with a sticker's id.
	if payload.StickerID != "" {
		a.Kind = "sticker"
	}
	if at := payload.Coordinates; a.Kind == "location" && at != nil && at.Lat >= -90 && at.Lat <= 90 && at.Long >= -180 && at.Long <= 180 {
		a.Lat, a.Lon = at.Lat, at.Long
	}
	return a
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
