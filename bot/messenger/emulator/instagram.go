package emulator

import "strings"

// What differs on Instagram, after the pages of the Instagram Platform on messaging. The
// codes of refusals are those that the platform gives there for what Messenger has others
// for.

const (
	instagramInbox = "1217981644879628"
	// maxInstagramText is in bytes of UTF-8.
	maxInstagramText = 1000

	subInstagramWindow  = 2534022
	subInstagramNoUser  = 2534014
	subInstagramMessage = 2534015
	subInstagramThread  = 2534037
	busyInstagramCode   = 80002
)

// object is what webhooks are about.
func (p *Platform) object() string {
	if p.cfg.Instagram {
		return "instagram"
	}
	return "page"
}

// inbox is the app in which people of the account have conversations.
func (p *Platform) inbox() string {
	if p.cfg.Instagram {
		return instagramInbox
	}
	return pageInbox
}

// shortLink is where a link into the chat says that it comes from: m.me, or ig.me.
func (p *Platform) shortLink() string {
	if p.cfg.Instagram {
		return "SHORTLINKS"
	}
	return "SHORTLINK"
}

// readEvent says that everything up to a message was seen: by its time, or by its id.
func (p *Platform) readEvent(s *Shown) *eventRead {
	if p.cfg.Instagram {
		return &eventRead{MID: s.MID}
	}
	return &eventRead{Watermark: s.stamp}
}

// mediaComment is a comment on what an account has posted.
type mediaComment struct {
	ID    string      `json:"id"`
	From  mediaAuthor `json:"from"`
	Media mediaPost   `json:"media"`
	Text  string      `json:"text"`
}

type mediaAuthor struct {
	ID       string `json:"id"`
	UserName string `json:"username"`
}

type mediaPost struct {
	ID   string `json:"id"`
	Kind string `json:"media_product_type"`
}

// userName is what somebody is called on Instagram.
func userName(q *person) string {
	return strings.ToLower(strings.Join(strings.Fields(q.FirstName+" "+q.LastName), ".")) + "." + q.PSID
}

// topicsEnded refuses something of recurring notifications where there are none any more.
// On Instagram they ended everywhere: no page keeps them for some regions.
func (p *Platform) topicsEnded(what string) *Refusal {
	code, subcode, now := p.cfg.ClosedCode, p.cfg.ClosedSubcode, p.cfg.Now()
	switch {
	case p.cfg.Instagram && !now.Before(eraRegions):
		return refuse(10, code, subcode, "", "%s ended on Instagram on 10 February 2026, for accounts everywhere.", what)
	case !p.cfg.Instagram && !regionOpen(p.cfg.Region, now):
		return refuse(10, code, subcode, "", "%s ended on 10 February 2026 for Pages in %s. They go on in %s only.", what, p.cfg.Region, strings.Join(openRegions, ", "))
	}
	return nil
}

// askedAs is what counts as one topic of requests: a title, on Instagram with its image.
func (p *Platform) askedAs(o *ShownOptIn) string {
	if p.cfg.Instagram {
		return o.Title + "\n" + o.Image
	}
	return o.Title
}

// onInstagram says whether a call is one of Instagram's, by the end of its path.
func onInstagram(call string) bool {
	switch call {
	case "personas", "message_templates", "unsubscribe", "message_campaign":
		return false
	}
	return true
}

// unlikeMessenger refuses what Messenger takes and Instagram does not.
func (p *Platform) unlikeMessenger(s *send, top object) *Refusal {
	lacks := func(what string) *Refusal {
		return refuse(7, codeParameter, subInstagramMessage, "", "Instagram has no %s.", what)
	}
	switch {
	case top.has("persona_id"):
		return lacks("personas")
	case s.kind == "UTILITY", s.shown.Model != nil:
		return lacks("utility messages")
	case s.kind == "MESSAGE_TAG" && s.tag != "HUMAN_AGENT":
		return lacks("message tags but HUMAN_AGENT")
	case s.recipient.once != "", s.shown.OptIn != nil && s.shown.OptIn.Kind == tokenOnce:
		return lacks("one-time notifications")
	case s.paid:
		return lacks("paid messages")
	case s.shown.Survey != nil, s.shown.Kind == KindReceipt, s.shown.Kind == KindCoupon, s.shown.Kind == KindMedia:
		return lacks("such templates: generic, button and product are all")
	case len(s.shown.Text) > maxInstagramText && s.shown.Kind == KindText:
		return refuse(7, codeParameter, subInstagramMessage, "", "A text has at most %d bytes on Instagram, this has %d.", maxInstagramText, len(s.shown.Text))
	}
	for _, q := range s.shown.QuickReplies {
		if q.Type == "user_email" {
			return lacks("quick reply for the e-mail address")
		}
	}
	return nil
}

// onInstagram gives a refusal the code that it has there.
func (r *Refusal) onInstagram() {
	for _, is := range []struct{ code, subcode, toCode, toSubcode int }{
		{codePermission, subWindow, codePermission, subInstagramWindow},
		{codeParameter, subNoUser, codeParameter, subInstagramNoUser},
		{codeThread, 0, codeParameter, subInstagramThread},
		{busyCode, 0, busyInstagramCode, 0},
	} {
		if r.Code == is.code && r.Subcode == is.subcode {
			again := refuse(r.Rule, is.toCode, is.toSubcode, "", "%s", r.Why)
			r.Code, r.Subcode, r.Message = again.Code, again.Subcode, again.Message
			return
		}
	}
}
