package emulator

import "time"

// One-time notifications: a token that carries one message within a year. The Page must
// have the feature (Config.OneTime).

// Kinds of tokens.
const (
	tokenTopic = ""     // recurring notifications on one topic
	tokenPage  = "page" // a subscription to the Page, for paid messages
	tokenOnce  = "once" // one message
)

// judgeNotifyMe applies the rules for asking for a one-time notification.
func (p *Platform) judgeNotifyMe(q *person) *Refusal {
	if !p.cfg.OneTime {
		return refuse(12, codeParameter, 0, "The Page cannot use one-time notifications", "The Page has not got the feature in its settings (Config.OneTime).")
	}
	if refusal := p.judgeWindow(q); refusal != nil {
		refusal.Rule = 12
		return refusal
	}
	return nil
}

// notifyMe gives the Page a token for one message, and tells it.
func (p *Platform) notifyMe(q *person, o ShownOptIn) {
	now := p.cfg.Now()
	t := &token{Token: p.digits("token"), Kind: tokenOnce, PSID: q.PSID, Title: o.Title, Payload: o.Payload, Created: now, Expires: now.AddDate(1, 0, 0)}
	p.addToken(q, t)
	p.keepToken(t)
	at := p.note(q, noteAccepted, o.Title)
	p.tell(q, at, event{OptIn: &eventOptIn{Type: "one_time_notif_req", Payload: o.Payload, OneTime: t.Token}})
}

// carryOnce says why a token may not carry its one message now.
func (p *Platform) carryOnce(q *person, t *token) *Refusal {
	switch now := p.cfg.Now(); {
	case t == nil || t.Kind != tokenOnce:
		return refuse(12, codeParameter, 0, "The one-time notification token is invalid", "There is no such token for one message.")
	case !t.LastSent.IsZero():
		return refuse(12, codeParameter, 0, "The one-time notification token has been used", "It carried its one message on %s.", clock(t.LastSent, q))
	case !now.Before(t.Expires):
		return refuse(12, codeParameter, 0, "The one-time notification token has expired", "It was good for a year, until %s.", clock(t.Expires, q))
	}
	return nil
}

// usedOnce records the one message of a token.
func (p *Platform) usedOnce(t *token, at time.Time) {
	t.LastSent = at
	p.keepToken(t)
}
