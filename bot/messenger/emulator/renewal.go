package emulator

import (
	"slices"
	"time"
)

// askAgainBefore is how long before a token ends the platform asks whether to go on.
// "Near its end" is all that its pages say.
const askAgainBefore = 7 * 24 * time.Hour

// renewal is when the platform asks about a token again; zero: it does not.
func (t *token) renewal() time.Time {
	if !t.Again || t.Stopped || t.Ended || t.Expires.IsZero() || !t.Asked.IsZero() {
		return time.Time{}
	}
	at := t.Expires.Add(-askAgainBefore)
	if !at.Before(eraNoExpiry) {
		return time.Time{} // by then nothing ends any more
	}
	return at
}

// remind shows the requests to go on that are due: to people whose token for a topic
// ends soon, if the Page allowed that when it asked them first.
func (p *Platform) remind() {
	if !p.expiring {
		return
	}
	now := p.cfg.Now()
	for _, id := range p.order {
		q := p.people[id]
		for _, t := range slices.Clone(q.tokens) {
			if at := t.renewal(); at.IsZero() || now.Before(at) || !now.Before(t.Expires) {
				continue
			}
			p.askOn(q, t)
		}
	}
}

// askOn shows the platform's own request to go on with a topic.
func (p *Platform) askOn(q *person, t *token) {
	t.Asked = p.cfg.Now()
	p.keepToken(t)
	p.show(q, Shown{From: FromPage, Kind: KindOptIn, Text: t.Title, MID: p.id("m"), OptIn: &ShownOptIn{
		Title: t.Title, Payload: t.Payload, Frequency: t.Frequency, Timezone: t.Timezone, Again: true, Label: word(q.Locale, "GET"), State: OptInOpen,
	}})
}

// nextRenewal is when the next such request is due.
func (p *Platform) nextRenewal() (due time.Time, ok bool) {
	if !p.expiring {
		return due, false
	}
	for _, t := range p.tokens {
		if at := t.renewal(); !at.IsZero() && p.cfg.Now().Before(t.Expires) && (!ok || at.Before(due)) {
			due, ok = at, true
		}
	}
	return due, ok
}

// devSupport answers POST PAGE/notification_messages_dev_support, by which a developer
// sees what would take months: the request to go on, and another message at once.
func (p *Platform) devSupport(in params) answer {
	r := &reader{}
	top := object{"", in}
	if text, ok := in["recipient"].(string); ok {
		in["recipient"] = loosen(text)
	}
	r.only(top, "recipient", "developer_action")
	to := r.recipient(r.object(top, "recipient"))
	action := r.choice(top, "developer_action", "ENABLE_FOLLOWUP_MESSAGE", "SEND_RE_OPTIN")
	t := p.tokens[to.token]
	switch {
	case r.refusal != nil:
		return answer{refusal: r.refusal}
	case t == nil:
		return answer{refusal: refuse(9, codeParameter, 0, "The notification token is invalid", "This notification token does not exist.")}
	case action == "SEND_RE_OPTIN":
		p.askOn(p.people[t.PSID], t)
	case action == "ENABLE_FOLLOWUP_MESSAGE":
		t.LastSent = time.Time{}
		p.keepToken(t)
	default:
		return answer{refusal: wrong("Param developer_action is required", "It is ENABLE_FOLLOWUP_MESSAGE or SEND_RE_OPTIN.")}
	}
	return answer{value: map[string]any{"success": true}}
}
