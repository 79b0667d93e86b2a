package messenger

import (
	"net/url"
	"strings"
	"unicode/utf8"

	"github.com/relance-bot/relance/bot"
	"github.com/relance-bot/relance/flows"
)

// contentError is a short fixed word for what the platform would refuse. We refuse
// it before, because on a lane with a token the platform's answer to a bad message
// is the same as its answer to a dead token.
type contentError string

func (e contentError) Error() string { return "content: " + string(e) }

// encode appends a delivery as the JSON body of a request to the Send API. Labels
// and the lines of cards, which often come from a catalogue, are cut to what the
// platform shows; whatever else goes beyond a limit is a contentError.
func encode(b []byte, d *bot.Delivery) ([]byte, error) {
	b, err := encodeRecipient(append(b, `{"recipient":`...), d)
	if err != nil {
		return nil, err
	}
	b = appendField(b, "messaging_type", messagingType(d))
	b = appendField(b, "persona_id", personaID(d))
	if b, err = encodeMessage(append(b, `,"message":`...), d); err != nil {
		return nil, err
	}
	return append(b, '}'), nil
}

// encodeTyping appends the body that shows the typing dots.
func encodeTyping(b []byte, person string) []byte {
	b = appendText(append(b, `{"recipient":{"id":`...), person)
	return append(b, `},"sender_action":"typing_on"}`...)
}

// encodeRecipient says to whom.
func encodeRecipient(b []byte, d *bot.Delivery) ([]byte, error) {
	switch d.Lane {
	case laneWindow:
		if d.Comment != "" {
			return encodeComment(b, d)
		}
		return encodePerson(b, d)
	case laneUtility:
		return utilityTo(b, d)
	case laneRecurring:
		return recurringTo(b, d)
	case laneOneTime:
		return oneTimeTo(b, d)
	}
	return nil, contentError("lane")
}

// encodePerson addresses a message to a person.
func encodePerson(b []byte, d *bot.Delivery) ([]byte, error) {
	if d.Person == "" || len(d.Person) > maxID {
		return nil, contentError("person")
	}
	b = appendText(append(b, `{"id":`...), d.Person)
	return append(b, '}'), nil
}

// encodeToken addresses a message to a token under its name.
func encodeToken(b []byte, d *bot.Delivery, name string) ([]byte, error) {
	if d.Message.Kind == flows.OptInRequest {
		return nil, contentError("opt_in_outside_window")
	}
	if len(d.Token) > maxNotifyToken {
		return nil, contentError("token")
	}
	b = append(append(append(b, '{', '"'), name...), '"', ':')
	return append(appendText(b, d.Token), '}'), nil
}

// encodeComment addresses a private reply: the platform knows whose comment it was
// ("Private Replies" of the Messenger Platform).
func encodeComment(b []byte, d *bot.Delivery) ([]byte, error) {
	switch {
	case len(d.Comment) > maxID:
		return nil, contentError("comment")
	case d.Message.Kind == flows.OptInRequest, d.Message.Kind == flows.TemplateKind:
		return nil, contentError("private_reply")
	}
	b = appendText(append(b, `{"comment_id":`...), d.Comment)
	return append(b, '}'), nil
}

// personaID is in whose name a reply goes. A message to a token or a comment names
// nobody: the platform's samples for those have no persona.
func personaID(d *bot.Delivery) string {
	if d.Lane == laneWindow && d.Comment == "" {
		return d.PersonaID
	}
	return ""
}

// messagingType is RESPONSE for a reply, UTILITY for an approved template. A message to
// a token or a comment names none: RESPONSE and UPDATE both claim an open window, and
// the platform's own samples for those leave it out.
func messagingType(d *bot.Delivery) string {
	switch {
	case d.Message.Kind == flows.TemplateKind:
		return "UTILITY"
	case d.Lane == laneWindow && d.Comment == "":
		return "RESPONSE"
	}
	return ""
}

// encodeMessage appends the message. Its metadata comes first: it is there always.
func encodeMessage(b []byte, d *bot.Delivery) ([]byte, error) {
	if utf8.RuneCountInString(d.ID) > maxMetadata {
		return nil, contentError("metadata")
	}
	b, err := encodeContent(appendText(append(b, `{"metadata":`...), d.ID), d)
	if err != nil {
		return nil, err
	}
	return append(b, '}'), nil
}

// encodeContent appends the fields of a message, with a comma before the first.
func encodeContent(b []byte, d *bot.Delivery) ([]byte, error) {
	m, err := &d.Message, error(nil)
	switch m.Kind {
	case flows.Text:
		b, err = encodeText(b, m)
	case flows.Image, flows.Video, flows.Audio, flows.File:
		b, err = encodeFile(b, d)
	case flows.MediaKind:
		b, err = encodeMedia(b, m)
	case flows.ReceiptKind:
		b, err = encodeReceipt(b, m.Receipt)
	case flows.CouponKind:
		b, err = encodeCoupon(b, m.Coupon)
	case flows.TemplateKind:
		b, err = encodeTemplate(b, d)
	case flows.Cards:
		b, err = encodeCards(b, m)
	case flows.OptInRequest:
		b, err = encodeOptIn(b, d)
	default:
		err = contentError("kind")
	}
	if err == nil {
		b, err = encodeQuickReplies(b, m.QuickReplies)
	}
	return b, err
}

func encodeText(b []byte, m *flows.Message) ([]byte, error) {
	length := utf8.RuneCountInString(m.Text)
	if strings.TrimSpace(m.Text) == "" {
		return nil, contentError("text_empty")
	}
	if len(m.Buttons) == 0 {
		if length > maxSendText {
			return nil, contentError("text_length")
		}
		return appendField(b, "text", m.Text), nil
	}
	if length > maxButtonText {
		return nil, contentError("text_length")
	}
	b = appendField(template(b, "button"), "text", m.Text)
	b, err := encodeButtons(b, m.Buttons)
	return append(b, "}}"...), err
}

func encodeCards(b []byte, m *flows.Message) ([]byte, error) {
	if len(m.Cards) == 0 || len(m.Cards) > maxCards {
		return nil, contentError("cards_count")
	}
	b = append(template(b, "generic"), `,"elements":[`...)
	for i := range m.Cards {
		if i > 0 {
			b = append(b, ',')
		}
		var err error
		if b, err = encodeCard(b, &m.Cards[i]); err != nil {
			return nil, err
		}
	}
	return append(b, "]}}"...), nil
}

func encodeCard(b []byte, c *flows.Card) ([]byte, error) {
	if strings.TrimSpace(c.Title) == "" {
		return nil, contentError("card_title")
	}
	for _, address := range []string{c.Image, c.Open} {
		if address == "" {
			continue
		}
		if err := checkURL(address); err != nil {
			return nil, err
		}
	}
	b = appendText(append(b, `{"title":`...), shorten(c.Title, maxCardLine))
	b = appendField(b, "subtitle", shorten(c.Subtitle, maxCardLine))
	b = appendField(b, "image_url", c.Image)
	if c.Open != "" {
		b = appendText(append(b, `,"default_action":{"type":"web_url","url":`...), c.Open)
		b = append(b, '}')
	}
	if len(c.Buttons) > 0 {
		var err error
		if b, err = encodeButtons(b, c.Buttons); err != nil {
			return nil, err
		}
	}
	return append(b, '}'), nil
}

// encodeOptIn appends the platform's request for a permit, in the form of the lane it is
// for.
func encodeOptIn(b []byte, d *bot.Delivery) ([]byte, error) {
	m := &d.Message
	// The ledger keeps the title as the person saw it: it is never cut.
	if strings.TrimSpace(m.Text) == "" || utf8.RuneCountInString(m.Text) > maxOptInTitle {
		return nil, contentError("opt_in_title")
	}
	if m.OptIn == nil || m.OptIn.Request == "" || utf8.RuneCountInString(m.OptIn.Request) > maxPayload {
		return nil, contentError("opt_in_request")
	}
	if m.OptIn.Image != "" {
		if err := checkURL(m.OptIn.Image); err != nil {
			return nil, err
		}
	}
	switch d.Asks {
	case laneMarketing:
		return encodeSubscribe(b, m), nil
	case laneOneTime:
		return encodeNotifyMe(b, m), nil
	}
	return encodeRecurring(b, d), nil
}

// encodeButtons appends the field buttons.
func encodeButtons(b []byte, buttons []flows.Button) ([]byte, error) {
	if len(buttons) > maxButtons {
		return nil, contentError("buttons_count")
	}
	b = append(b, `,"buttons":[`...)
	for i, button := range buttons {
		if i > 0 {
			b = append(b, ',')
		}
		label := shorten(button.Label, maxLabel)
		kind, field, value := "postback", "payload", button.Payload
		switch {
		case strings.TrimSpace(label) == "":
			return nil, contentError("label_empty")
		case button.Open != "":
			if err := checkURL(button.Open); err != nil {
				return nil, err
			}
			kind, field, value = "web_url", "url", button.Open
		case button.Phone != "":
			kind, value = "phone_number", button.Phone
		case button.Payload == "" || utf8.RuneCountInString(button.Payload) > maxPayload:
			return nil, contentError("payload")
		}
		b = appendText(append(b, `{"type":`...), kind)
		b = appendField(b, "title", label)
		b = append(appendField(b, field, value), '}')
	}
	return append(b, ']'), nil
}

// ownReplies are the platform's words for quick replies that it fills in itself.
var ownReplies = map[string]string{"email": "user_email", "phone": "user_phone_number"}

// encodeQuickReplies appends the field quick_replies, if there are any.
func encodeQuickReplies(b []byte, replies []flows.QuickReply) ([]byte, error) {
	if len(replies) > maxQuickReplies {
		return nil, contentError("quick_replies_count")
	}
	if len(replies) == 0 {
		return b, nil
	}
	b = append(b, `,"quick_replies":[`...)
	for i, q := range replies {
		if i > 0 {
			b = append(b, ',')
		}
		if own := ownReplies[q.Own]; own != "" {
			b = append(appendText(append(b, `{"content_type":`...), own), '}')
			continue
		}
		label := shorten(q.Label, maxLabel)
		if strings.TrimSpace(label) == "" {
			return nil, contentError("label_empty")
		}
		if q.Payload == "" || utf8.RuneCountInString(q.Payload) > maxPayload {
			return nil, contentError("payload")
		}
		b = appendField(append(b, `{"content_type":"text"`...), "title", label)
		b = append(appendField(b, "payload", q.Payload), '}')
	}
	return append(b, ']'), nil
}

// template opens an attachment that is a template; its fields follow, then }}.
func template(b []byte, kind string) []byte {
	return appendText(append(b, `,"attachment":{"type":"template","payload":{"template_type":`...), kind)
}

func checkURL(s string) error {
	if len(s) <= maxSendURL && isPlainURL(s) {
		return nil
	}
	u, err := url.Parse(s)
	if err != nil || len(s) > maxSendURL || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" {
		return contentError("url")
	}
	return nil
}

// isPlainURL reports whether an address certainly has a host and nothing in it that
// needs a closer look, as most have not: to take it apart costs more than to write it.
func isPlainURL(s string) bool {
	rest, ok := strings.CutPrefix(s, "https://")
	if !ok {
		rest, ok = strings.CutPrefix(s, "http://")
	}
	host := 0
	for host < len(rest) && (isWordByte(rest[host]) || rest[host] == '.') {
		host++
	}
	if !ok || host == 0 || host < len(rest) && rest[host] != '/' && rest[host] != '?' {
		return false
	}
	for i := host; i < len(rest); i++ {
		if !isWordByte(rest[i]) && strings.IndexByte("./?&=+,;~", rest[i]) < 0 {
			return false
		}
	}
	return true
}

func isWordByte(b byte) bool {
	return 'a' <= b && b <= 'z' || 'A' <= b && b <= 'Z' || '0' <= b && b <= '9' || b == '-' || b == '_'
}
