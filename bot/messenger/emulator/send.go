package emulator

import (
	"encoding/json"
	"strings"
	"time"
)

// typingLasts is how long the dots stay without a message.
const typingLasts = 20 * time.Second

// send is one call of POST /PAGE/messages, taken apart.
type send struct {
	kind      string // messaging_type
	tag       string
	recipient recipient
	action    string // sender_action; "": a message
	shown     Shown
	text      string // the message as one text, for the list of refusals
	reaction  object // with action react or unreact
	replyTo   string // the message that is answered
	paid      bool   // an opt-in request for paid messages names the Page
}

// recipient is whom a send addresses, in one of four ways.
type recipient struct{ id, token, once, comment string }

func (t recipient) String() string { return t.id + t.token + t.once + t.comment }

// messages decides a call of the Send API.
func (p *Platform) messages(in params) answer {
	if _, message := in["message"]; message && p.faults.losses > 0 {
		p.faults.losses--
		return answer{cut: true}
	}
	s, refusal := p.read(in)
	var q *person
	if refusal == nil {
		q, refusal = p.judge(&s)
	}
	if refusal == nil {
		refusal = p.rateOf(&s)
	}
	if refusal != nil {
		if q = p.addressee(s.recipient); q != nil {
			refusal.PSID = q.PSID
		}
		refusal.Text = begin(s.text)
		return answer{refusal: refusal}
	}
	if s.action != "" {
		return p.perform(q, s)
	}
	return p.accepted(q, s)
}

// read takes the call apart and checks all that does not depend on the person.
func (p *Platform) read(in params) (s send, refusal *Refusal) {
	r := &reader{}
	top := object{"", in}
	r.only(top, "messaging_type", "tag", "recipient", "message", "sender_action", "payload",
		"notification_type", "persona_id", "page", "reply_to", "method", "pretty", "suppress_http_code")
	s.recipient = r.recipient(r.object(top, "recipient"))
	switch {
	case top.has("message") && top.has("sender_action"):
		r.fail(refuse(7, codeParameter, subBothKinds, "A message and a sender_action cannot be sent together",
			"A call carries a message or a sender_action, never both."))
	case top.has("sender_action"):
		r.action(top, &s)
	default:
		p.readMessage(r, top, &s)
	}
	return s, r.refusal
}

// action reads a call that does something without a message.
func (r *reader) action(top object, s *send) {
	s.action = r.choice(top, "sender_action", "typing_on", "typing_off", "mark_seen", "react", "unreact")
	if strings.HasSuffix(s.action, "react") {
		s.reaction = r.object(top, "payload")
	}
	for _, alone := range []string{"messaging_type", "tag", "notification_type", "page"} {
		if top.has(alone) {
			r.wrong(alone, "cannot go with a sender_action", "A sender_action goes alone with its recipient.")
		}
	}
}

// readMessage reads a call with a message, unless FailNext or the rate refuses it.
func (p *Platform) readMessage(r *reader, top object, s *send) {
	p.mishap()
	if refused := p.injected(); refused != nil {
		r.refusal = refused
	}
	if r.refusal == nil {
		r.fail(p.rate())
	}
	if top.has("payload") {
		r.wrong("payload", "goes with a reaction only", "A payload stands in the buttons of a message, not beside it.")
	}
	m := r.object(top, "message")
	s.text, _ = m.fields["text"].(string)
	s.shown = r.message(m)
	r.fail(p.findFile(&s.shown))
	if s.text == "" {
		s.text = s.shown.summary()
	}
	if s.shown.Model != nil {
		for i, label := range p.cfg.TemplateLabels[s.shown.Model.Name] {
			if i < len(s.shown.Buttons) && label != "" {
				s.shown.Buttons[i].Label = label
			}
		}
	}
	s.kind = r.choice(top, "messaging_type", "RESPONSE", "UPDATE", "MESSAGE_TAG", "UTILITY")
	s.tag = r.text(top, "tag", maxCardText)
	s.shown.Silent = r.choice(top, "notification_type", "REGULAR", "SILENT_PUSH", "NO_PUSH") == "NO_PUSH"
	if top.has("persona_id") {
		who, ok := p.personas[r.id(top, "persona_id")]
		if !ok {
			r.wrong("persona_id", "is not a persona of the Page", "There is no such persona; make it with POST /PAGE/personas.")
		}
		s.shown.Persona = who.Name
	}
	if top.has("reply_to") {
		answered := r.object(top, "reply_to")
		r.only(answered, "mid")
		s.replyTo = r.needed(answered, "mid", maxAddress)
	}
	if s.paid = top.has("page"); s.paid && r.id(top, "page") != p.cfg.PageID {
		r.wrong("page", "is not this Page", "The request names another Page.")
	}
	if s.paid && s.shown.OptIn != nil && s.shown.OptIn.Kind == tokenTopic {
		s.shown.OptIn.Kind = tokenPage
	}
	s.shown.Recipient = s.recipient.String()
	if p.cfg.Instagram {
		r.fail(p.unlikeMessenger(s, top))
	}
}

func (r *reader) recipient(o object) (t recipient) {
	r.only(o, "id", "notification_messages_token", "one_time_notif_token", "comment_id")
	if len(o.fields) != 1 {
		r.wrong("recipient", "must have exactly one field", "A recipient is one of id, notification_messages_token, one_time_notif_token, comment_id.")
		return t
	}
	switch {
	case o.has("id"):
		t.id = r.id(o, "id")
	case o.has("comment_id"):
		t.comment = r.id(o, "comment_id")
	case o.has("one_time_notif_token"):
		t.once = r.id(o, "one_time_notif_token")
	default:
		t.token = r.id(o, "notification_messages_token")
	}
	return t
}

// mishap lets Config.Mishap prepare what goes wrong with the next message.
func (p *Platform) mishap() {
	if p.cfg.Mishap == nil {
		return
	}
	switch m := p.cfg.Mishap(); {
	case m.Timeout:
		p.faults.timeouts++
	case m.Code != 0:
		p.faults.refuse = append(p.faults.refuse, refusalAs{m.Code, m.Subcode})
	}
}

// injected takes the next refusal that FailNext asked for.
func (p *Platform) injected() *Refusal {
	if len(p.faults.refuse) == 0 {
		return nil
	}
	as := p.faults.refuse[0]
	p.faults.refuse = p.faults.refuse[1:]
	return refuse(0, as.code, as.subcode, "", "The test asked for this refusal.")
}

// accepted shows a message and answers its sender. The echo waits for the answer
// to be out, and after TimeoutNext for Echo.
func (p *Platform) accepted(q *person, s send) answer {
	s.shown.MID = p.id("m")
	q.fillIn(s.shown.QuickReplies)
	if s.shown.OptIn != nil && s.shown.OptIn.Kind != tokenOnce {
		q.asked[p.askedAs(s.shown.OptIn)] = p.cfg.Now()
	}
	if t := p.tokens[s.recipient.token]; t != nil {
		p.carried(t)
	}
	if t := p.tokens[s.recipient.once]; t != nil {
		p.usedOnce(t, p.cfg.Now())
	}
	if c := p.comments[s.recipient.comment]; c != nil {
		c.Replied = true
		p.keepComment(c)
	}
	at := p.show(q, s.shown)
	a := answer{
		mid:   s.shown.MID,
		value: map[string]any{"recipient_id": q.PSID, "message_id": s.shown.MID},
		after: p.tellSent(q, at, s.shown),
	}
	if s.shown.keep && s.shown.file == "" {
		a.value.(map[string]any)["attachment_id"] = p.saveFile(&s.shown)
	}
	if p.faults.timeouts > 0 {
		p.faults.timeouts--
		a.cut, a.after = true, nil
	}
	return a
}

// tellSent queues the echo of a message and, with Config.Receipts, its delivery,
// both held back.
func (p *Platform) tellSent(q *person, at time.Time, s Shown) []*hook {
	echo := eventMessage{MID: s.MID, IsEcho: true, AppID: json.Number(p.cfg.AppID), Metadata: s.Metadata}
	switch s.Kind {
	case KindText:
		echo.Text = s.Text
		if len(s.Buttons) > 0 {
			echo.Text = ""
			echo.Attachments = []eventAttachment{{Type: "template", Title: s.Text, Payload: map[string]any{
				"template_type": "button", "text": s.Text, "buttons": echoButtons(s.Buttons)}}}
		}
	case KindCards:
		echo.Attachments = []eventAttachment{{Type: "template", Payload: map[string]any{
			"template_type": "generic", "elements": echoCards(s.Cards)}}}
	case KindOptIn:
		echo.Attachments = []eventAttachment{{Type: "template", Title: s.OptIn.Title, Payload: map[string]any{
			"template_type": "notification_messages", "title": s.OptIn.Title, "payload": s.OptIn.Payload}}}
	case KindMedia, KindReceipt, KindCoupon, KindTemplate:
		echo.Attachments = []eventAttachment{{Type: "template", Title: s.summary(), Payload: map[string]any{"template_type": s.Kind}}}
	default:
		echo.Attachments = []eventAttachment{{Type: s.Kind, Payload: eventURL{s.URL}}}
	}
	sent := []*hook{p.tell(q, at, event{Message: &echo})}
	if p.cfg.Receipts {
		sent = append(sent, p.tell(q, p.tick(q), event{Delivery: &eventDelivery{
			MIDs: []string{s.MID}, Watermark: at.UnixMilli()}}))
	}
	for _, h := range sent {
		h.held = true
	}
	return sent
}

func echoButtons(buttons []ShownButton) []map[string]any {
	out := make([]map[string]any, 0, len(buttons))
	for _, b := range buttons {
		o := map[string]any{"type": b.Type, "title": b.Label}
		if b.URL != "" {
			o["url"] = b.URL
		} else {
			o["payload"] = b.Payload
		}
		out = append(out, o)
	}
	return out
}

func echoCards(cards []ShownCard) []map[string]any {
	out := make([]map[string]any, 0, len(cards))
	for _, c := range cards {
		o := map[string]any{"title": c.Title}
		if c.Subtitle != "" {
			o["subtitle"] = c.Subtitle
		}
		if c.Image != "" {
			o["image_url"] = c.Image
		}
		if len(c.Buttons) > 0 {
			o["buttons"] = echoButtons(c.Buttons)
		}
		out = append(out, o)
	}
	return out
}

// perform does a sender action.
func (p *Platform) perform(q *person, s send) answer {
	switch s.action {
	case "typing_on":
		q.typing = p.cfg.Now().Add(typingLasts)
	case "typing_off":
		q.typing = time.Time{}
	}
	p.changed()
	return answer{value: map[string]any{"recipient_id": q.PSID}}
}

// Typing reports whether the person sees the Page typing.
func (p *Platform) Typing(psid string) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	q := p.people[psid]
	return q != nil && p.cfg.Now().Before(q.typing)
}

// summary is a message in one line.
func (s Shown) summary() string {
	switch {
	case s.Text != "":
		return s.Text
	case len(s.Cards) > 0:
		return s.Cards[0].Title
	case s.Receipt != nil:
		return s.Receipt.Order + " · " + s.Receipt.Total + " " + s.Receipt.Currency
	case s.Coupon != nil:
		return s.Coupon.Title
	case s.Model != nil:
		return s.Model.Name
	}
	return s.URL
}
