package messenger

import (
	"net/url"
	"strings"
	"unicode/utf8"

	"github.com/relance-bot/relance/bot"
	"github.com/relance-bot/relance/flows"
)

// sendBody is a request to the Send API.
type sendBody struct {
	Recipient     recipient    `json:"recipient"`
	MessagingType string       `json:"messaging_type,omitempty"`
	SenderAction  string       `json:"sender_action,omitempty"`
	Message       *sendMessage `json:"message,omitempty"`
}

type recipient struct {
	ID    string `json:"id,omitempty"`
	Token string `json:"notification_messages_token,omitempty"`
}

type sendMessage struct {
	Text         string           `json:"text,omitempty"`
	Attachment   *sendAttachment  `json:"attachment,omitempty"`
	QuickReplies []sendQuickReply `json:"quick_replies,omitempty"`
	Metadata     string           `json:"metadata,omitempty"`
}

type sendAttachment struct {
	Type    string `json:"type"`
	Payload any    `json:"payload"`
}

type imagePayload struct {
	URL string `json:"url"`
}

type buttonPayload struct {
	TemplateType string       `json:"template_type"`
	Text         string       `json:"text"`
	Buttons      []sendButton `json:"buttons"`
}

type genericPayload struct {
	TemplateType string     `json:"template_type"`
	Elements     []sendCard `json:"elements"`
}

type optInPayload struct {
	TemplateType string `json:"template_type"`
	Title        string `json:"title"`
	ImageURL     string `json:"image_url,omitempty"`
	Payload      string `json:"payload"`
	Frequency    string `json:"notification_messages_frequency,omitempty"`
}

type sendCard struct {
	Title         string       `json:"title"`
	Subtitle      string       `json:"subtitle,omitempty"`
	ImageURL      string       `json:"image_url,omitempty"`
	DefaultAction *sendButton  `json:"default_action,omitempty"`
	Buttons       []sendButton `json:"buttons,omitempty"`
}

type sendButton struct {
	Type    string `json:"type"`
	Title   string `json:"title,omitempty"`
	URL     string `json:"url,omitempty"`
	Payload string `json:"payload,omitempty"`
}

type sendQuickReply struct {
	ContentType string `json:"content_type"`
	Title       string `json:"title"`
	Payload     string `json:"payload"`
}

// contentError is a short fixed word for what the platform would refuse. We refuse
// it before, because on a lane with a token the platform's answer to a bad message
// is the same as its answer to a dead token.
type contentError string

func (e contentError) Error() string { return "content: " + string(e) }

// encode writes a delivery in the platform's form. Labels and the lines of cards,
// which often come from a catalogue, are cut to what the platform shows; whatever
// else goes beyond a limit is a contentError.
func encode(d bot.Delivery) (sendBody, error) {
	body, err := address(d)
	if err != nil {
		return body, err
	}
	m := d.Message
	out := &sendMessage{Metadata: d.ID}
	switch m.Kind {
	case flows.Text:
		err = encodeText(out, m)
	case flows.Image:
		err = encodeImage(out, m)
	case flows.Cards:
		err = encodeCards(out, m)
	case flows.OptInRequest:
		err = encodeOptIn(out, m)
	default:
		err = contentError("kind")
	}
	if err != nil {
		return body, err
	}
	if out.QuickReplies, err = encodeQuickReplies(m.QuickReplies); err != nil {
		return body, err
	}
	if utf8.RuneCountInString(d.ID) > maxMetadata {
		return body, contentError("metadata")
	}
	body.Message = out
	return body, nil
}

// address says to whom. A reply is a RESPONSE. A message to a token names no
// messaging type: RESPONSE and UPDATE both claim an open window, and the
// platform's own samples for tokens leave it out.
func address(d bot.Delivery) (sendBody, error) {
	switch d.Lane {
	case laneWindow:
		if d.Person == "" || len(d.Person) > maxID {
			return sendBody{}, contentError("person")
		}
		return sendBody{Recipient: recipient{ID: d.Person}, MessagingType: "RESPONSE"}, nil
	case laneRecurring:
		if d.Message.Kind == flows.OptInRequest {
			return sendBody{}, contentError("opt_in_outside_window")
		}
		if len(d.Token) > maxNotifyToken {
			return sendBody{}, contentError("token")
		}
		return sendBody{Recipient: recipient{Token: d.Token}}, nil
	}
	return sendBody{}, contentError("lane")
}

func encodeText(out *sendMessage, m flows.Message) error {
	length := utf8.RuneCountInString(m.Text)
	if strings.TrimSpace(m.Text) == "" {
		return contentError("text_empty")
	}
	if len(m.Buttons) == 0 {
		if length > maxSendText {
			return contentError("text_length")
		}
		out.Text = m.Text
		return nil
	}
	if length > maxButtonText {
		return contentError("text_length")
	}
	buttons, err := encodeButtons(m.Buttons)
	out.Attachment = template(buttonPayload{TemplateType: "button", Text: m.Text, Buttons: buttons})
	return err
}

func encodeImage(out *sendMessage, m flows.Message) error {
	if len(m.Buttons) > 0 {
		return contentError("image_buttons")
	}
	out.Attachment = &sendAttachment{Type: "image", Payload: imagePayload{URL: m.URL}}
	return checkURL(m.URL)
}

func encodeCards(out *sendMessage, m flows.Message) error {
	if len(m.Cards) == 0 || len(m.Cards) > maxCards {
		return contentError("cards_count")
	}
	elements := make([]sendCard, len(m.Cards))
	for i, c := range m.Cards {
		card, err := encodeCard(c)
		if err != nil {
			return err
		}
		elements[i] = card
	}
	out.Attachment = template(genericPayload{TemplateType: "generic", Elements: elements})
	return nil
}

func encodeCard(c flows.Card) (sendCard, error) {
	card := sendCard{Title: shorten(c.Title, maxCardLine), Subtitle: shorten(c.Subtitle, maxCardLine), ImageURL: c.Image}
	if strings.TrimSpace(c.Title) == "" {
		return card, contentError("card_title")
	}
	if c.Image != "" {
		if err := checkURL(c.Image); err != nil {
			return card, err
		}
	}
	if c.Open != "" {
		if err := checkURL(c.Open); err != nil {
			return card, err
		}
		card.DefaultAction = &sendButton{Type: "web_url", URL: c.Open}
	}
	if len(c.Buttons) == 0 {
		return card, nil
	}
	var err error
	card.Buttons, err = encodeButtons(c.Buttons)
	return card, err
}

func encodeOptIn(out *sendMessage, m flows.Message) error {
	// The ledger keeps the title as the person saw it: it is never cut.
	if strings.TrimSpace(m.Text) == "" || utf8.RuneCountInString(m.Text) > maxOptInTitle {
		return contentError("opt_in_title")
	}
	if m.OptIn == nil || m.OptIn.Request == "" || utf8.RuneCountInString(m.OptIn.Request) > maxPayload {
		return contentError("opt_in_request")
	}
	if m.OptIn.Image != "" {
		if err := checkURL(m.OptIn.Image); err != nil {
			return err
		}
	}
	out.Attachment = template(optInPayload{
		TemplateType: "notification_messages", Title: m.Text, ImageURL: m.OptIn.Image,
		Payload: m.OptIn.Request, Frequency: strings.ToUpper(m.OptIn.Cadence),
	})
	return nil
}

func encodeButtons(buttons []flows.Button) ([]sendButton, error) {
	if len(buttons) > maxButtons {
		return nil, contentError("buttons_count")
	}
	out := make([]sendButton, len(buttons))
	for i, b := range buttons {
		label := shorten(b.Label, maxLabel)
		switch {
		case strings.TrimSpace(label) == "":
			return nil, contentError("label_empty")
		case b.Open != "":
			if err := checkURL(b.Open); err != nil {
				return nil, err
			}
			out[i] = sendButton{Type: "web_url", Title: label, URL: b.Open}
		case b.Phone != "":
			out[i] = sendButton{Type: "phone_number", Title: label, Payload: b.Phone}
		case b.Payload == "" || utf8.RuneCountInString(b.Payload) > maxPayload:
			return nil, contentError("payload")
		default:
			out[i] = sendButton{Type: "postback", Title: label, Payload: b.Payload}
		}
	}
	return out, nil
}

func encodeQuickReplies(replies []flows.QuickReply) ([]sendQuickReply, error) {
	if len(replies) > maxQuickReplies {
		return nil, contentError("quick_replies_count")
	}
	var out []sendQuickReply
	for _, q := range replies {
		label := shorten(q.Label, maxLabel)
		if strings.TrimSpace(label) == "" {
			return nil, contentError("label_empty")
		}
		if q.Payload == "" || utf8.RuneCountInString(q.Payload) > maxPayload {
			return nil, contentError("payload")
		}
		out = append(out, sendQuickReply{ContentType: "text", Title: label, Payload: q.Payload})
	}
	return out, nil
}

func template(payload any) *sendAttachment {
	return &sendAttachment{Type: "template", Payload: payload}
}

func checkURL(s string) error {
	u, err := url.Parse(s)
	if err != nil || len(s) > maxSendURL || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" {
		return contentError("url")
	}
	return nil
}

// shorten cuts a text to at most max characters, the last of them an ellipsis.
func shorten(s string, max int) string {
	if utf8.RuneCountInString(s) <= max {
		return s
	}
	runes := []rune(s)[:max-1]
	return strings.TrimRight(string(runes), " ") + "…"
}
