package emulator

import (
	"slices"
	"time"
)

// humanWindow is how long after an act a person may answer under the HUMAN_AGENT tag.
const humanWindow = 7 * window

// deadTags were refused from eraTagsGone on.
var deadTags = []string{"CONFIRMED_EVENT_UPDATE", "ACCOUNT_UPDATE", "POST_PURCHASE_UPDATE"}

// addressee is the person behind a recipient, nil if there is none.
func (p *Platform) addressee(to recipient) *person {
	switch {
	case to.id != "":
		return p.people[to.id]
	case p.tokens[to.token] != nil:
		return p.people[p.tokens[to.token].PSID]
	case p.tokens[to.once] != nil:
		return p.people[p.tokens[to.once].PSID]
	case p.comments[to.comment] != nil:
		return p.people[p.comments[to.comment].PSID]
	}
	return nil
}

// judge says whether a well-formed send may go to whom it addresses.
func (p *Platform) judge(s *send) (*person, *Refusal) {
	q := p.addressee(s.recipient)
	switch {
	case q == nil && s.recipient.id != "":
		return nil, refuse(3, codeParameter, subNoUser, "", "Nobody of this Page has the id %q.", begin(s.recipient.id))
	case q == nil && s.recipient.once != "":
		return nil, p.carryOnce(nil, nil)
	case q == nil && s.recipient.token != "":
		return nil, refuse(9, codeParameter, 0, "The notification token is invalid", "This notification token does not exist.")
	case q == nil:
		return nil, refuse(15, codeParameter, 0, "The comment does not exist", "There is no such comment on the Page's posts.")
	case q.Blocked:
		return nil, refuse(16, codeUnavailable, subUnavailable, "", "%s blocked the Page.", q.name())
	case q.Human:
		return nil, refuse(20, codeThread, 0, "", "People in the Page's inbox have the conversation with %s. Take it back, or wait until they give it back.", q.name())
	case s.action != "":
		return q, p.judgeAction(q, s)
	}
	if s.shown.OptIn != nil {
		if refusal := p.completeOptIn(q, s); refusal != nil {
			return nil, refusal
		}
	}
	if s.shown.Receipt != nil {
		if refusal := p.judgeOrder(s.shown.Receipt); refusal != nil {
			return nil, refusal
		}
	}
	if refusal := p.judgeReplyTo(q, s); refusal != nil {
		return nil, refusal
	}
	switch {
	case s.recipient.token != "":
		if s.shown.Model != nil {
			return nil, refuse(13, codeParameter, 0, "A template needs a recipient id", "A notification token carries no approved template.")
		}
		if s.shown.OptIn != nil {
			return nil, refuse(8, codeParameter, 0, "An opt-in request needs a recipient id", "A notification cannot itself ask for notifications.")
		}
		return q, p.carry(q, p.tokens[s.recipient.token], s.shown.summary())
	case s.recipient.once != "":
		if s.shown.Model != nil || s.shown.OptIn != nil {
			return nil, refuse(12, codeParameter, 0, "A one-time notification carries a plain message", "A one-time notification carries neither a template nor a request.")
		}
		return q, p.carryOnce(q, p.tokens[s.recipient.once])
	case s.recipient.comment != "":
		return q, p.judgeReply(p.comments[s.recipient.comment])
	}
	if s.shown.OptIn != nil {
		return q, p.judgeOptIn(q, s)
	}
	return q, p.judgeType(q, s)
}

// judgeType applies the rules of messaging_type: which of them may go now.
func (p *Platform) judgeType(q *person, s *send) *Refusal {
	now := p.cfg.Now()
	switch {
	case s.kind == "":
		return wrong("Param messaging_type is required", "A message says what it is: RESPONSE to an act of the person, or UPDATE.")
	case s.shown.Model != nil && s.kind != "UTILITY":
		return refuse(13, codeParameter, 0, "Param messaging_type must be UTILITY", "An approved template goes with messaging_type UTILITY, this says %q.", s.kind)
	case s.kind == "UTILITY":
		return p.judgeModel(s.shown.Model)
	case s.kind != "MESSAGE_TAG" && s.tag != "":
		return wrong("Param tag needs messaging_type MESSAGE_TAG", "A tag was given, but the messaging_type is %q.", s.kind)
	case s.kind != "MESSAGE_TAG":
		return p.judgeWindow(q)
	case s.tag == "HUMAN_AGENT":
		if q.LastAct.IsZero() || !now.Before(q.LastAct.Add(humanWindow)) {
			return refuse(5, codePermission, subWindow, "", "A person may answer within seven days of the last act; %s's was %s.", q.name(), lastAct(q))
		}
		return nil
	case s.tag == tagFeedback, s.tag == tagNews:
		return p.judgeTag(q, s)
	case slices.Contains(deadTags, s.tag) && now.Before(eraTagsGone):
		return nil
	case slices.Contains(deadTags, s.tag):
		return refuse(6, codeParameter, 0, "Param tag is no longer supported", "The tag %s ended on 27 April 2026.", s.tag)
	}
	return wrong("Param tag is not known", "There is no message tag %q.", begin(s.tag))
}

// judgeModel applies the rules for approved templates. They need no open window.
func (p *Platform) judgeModel(m *ShownModel) *Refusal {
	if m == nil {
		return refuse(13, codeParameter, 0, "Param template is required", "A utility message is an approved template.")
	}
	if p.cfg.Now().Before(eraUtility) {
		return refuse(13, codeParameter, 0, "Param messaging_type is not known", "Utility messages began in 2025.")
	}
	if p.cfg.NoUtility {
		return refuse(13, codePermission, 0, "", "The Page lacks the permission pages_utility_messaging (Config.NoUtility).")
	}
	if known, refusal := p.judgeTemplate(m); known {
		return refusal
	}
	if p.cfg.Templates == nil {
		return nil
	}
	places, approved := p.cfg.Templates[m.Name+"/"+m.Language]
	switch {
	case !approved:
		return refuse(13, codeParameter, 0, "The template does not exist", "No template %q is approved in %s.", begin(m.Name), m.Language)
	case places != len(m.Values):
		return refuse(13, codeParameter, 0, "The number of parameters does not match", "The template %q has %d places, and %d values were given.", m.Name, places, len(m.Values))
	}
	return nil
}

// judgeOrder wants each order confirmed once.
func (p *Platform) judgeOrder(r *ShownReceipt) *Refusal {
	for _, q := range p.people {
		for i := range q.thread {
			if old := q.thread[i].Receipt; old != nil && old.Order == r.Order {
				return refuse(7, codeParameter, 0, "Param order_number must be unique", "There was a receipt of the order %q already.", begin(r.Order))
			}
		}
	}
	return nil
}

func (p *Platform) judgeWindow(q *person) *Refusal {
	if q.open(p.cfg.Now()) {
		return nil
	}
	return refuse(4, codePermission, subWindow, "",
		"The Page may write for 24 hours after %s acts; the last act was %s. Accepting notifications and opening links do not count.",
		q.name(), lastAct(q))
}

func lastAct(q *person) string {
	if q.LastAct.IsZero() {
		return "never"
	}
	return clock(q.LastAct, q)
}

// judgeAction applies the rules for sender actions.
func (p *Platform) judgeAction(q *person, s *send) *Refusal {
	if s.recipient.id == "" {
		return wrong("A sender_action needs a recipient id", "Sender actions go to a PSID only.")
	}
	if s.reaction.fields != nil {
		r := &reader{}
		r.only(s.reaction, "message_id", "reaction")
		mid := r.needed(s.reaction, "message_id", maxAddress)
		if s.action == "react" {
			r.needed(s.reaction, "reaction", maxLabel)
		}
		if r.refusal == nil && q.message(mid) == nil {
			r.wrong("payload[message_id]", "is not a message of this chat", "There is no message %q in the chat.", begin(mid))
		}
		if r.refusal != nil {
			return r.refusal
		}
	}
	return p.judgeWindow(q)
}

// judgeReply applies the rules for the private reply to a comment.
func (p *Platform) judgeReply(c *comment) *Refusal {
	switch {
	case c.Replied:
		return refuse(15, codePermission, 0, "The comment was answered already", "A comment can be answered in private once.")
	case p.cfg.Now().Sub(c.At) >= privateReplyWithin:
		return refuse(15, codePermission, 0, "The comment is too old", "A comment can be answered in private for seven days.")
	}
	return nil
}

// completeOptIn gives a request what it left to the platform.
func (p *Platform) completeOptIn(q *person, s *send) *Refusal {
	o := s.shown.OptIn
	if o.Title == "" {
		if p.cfg.Now().Before(eraTitleOptional) {
			return refuse(8, codeParameter, 0, "Param title is required", "Before 21 February 2023 every opt-in request names its topic.")
		}
		o.Title = defaultTitle
		s.shown.Text = defaultTitle
	}
	if o.Label == "" {
		o.Label = "GET_UPDATES"
	}
	o.Label = word(q.Locale, o.Label)
	return nil
}

// judgeOptIn applies the rules for asking: inside the window, where notifications
// exist, not after a stop, and once a week for each topic.
func (p *Platform) judgeOptIn(q *person, s *send) *Refusal {
	now, title := p.cfg.Now(), s.shown.OptIn.Title
	if s.shown.OptIn.Kind == tokenOnce {
		return p.judgeNotifyMe(q)
	}
	switch {
	case now.Before(eraLaunch):
		return refuse(8, codeParameter, 0, "Param template_type is not known", "Recurring notifications began on 19 May 2022.")
	case s.paid && now.Before(eraPaid):
		return refuse(14, codeParameter, 0, "Param page is not known", "Paid messages began on 1 July 2025.")
	}
	if s.tag != "" || s.kind != "" && s.kind != "RESPONSE" && s.kind != "UPDATE" {
		return refuse(8, codeParameter, 0, "An opt-in request needs the standard window", "An opt-in request cannot go under a tag or as a utility message.")
	}
	if refusal := p.judgeWindow(q); refusal != nil {
		refusal.Rule = 8
		return refusal
	}
	if ended := p.topicsEnded("Requests for recurring notifications"); ended != nil && !s.paid {
		return ended
	}
	if t := q.topic(title); t != nil && t.Stopped {
		return refuse(8, codePermission, subStopped, "",
			"%s stopped “%s” with the platform's own switch. Only they can resume it.", q.name(), title)
	}
	if at, ok := q.asked[p.askedAs(s.shown.OptIn)]; ok && now.Before(at.Add(askAgainAfter)) {
		return refuse(8, codeCustomLimit, subAskedSoon, "",
			"%s was shown a request for “%s” on %s. The next may be shown on %s.", q.name(), title, clock(at, q), clock(at.Add(askAgainAfter), q))
	}
	return p.judgeAsked(q, s.shown.OptIn)
}

// judgeAsked wants somebody to be asked about a few topics only.
func (p *Platform) judgeAsked(q *person, o *ShownOptIn) *Refusal {
	now, day, week := p.cfg.Now(), 0, 0
	for other, at := range q.asked {
		if other == p.askedAs(o) {
			continue
		}
		if now.Sub(at) < 24*time.Hour {
			day++
		}
		if now.Sub(at) < 7*24*time.Hour {
			week++
		}
	}
	for _, limit := range []struct {
		asked, most int
		within      string
	}{{day, p.cfg.AsksPerDay, "a day"}, {week, p.cfg.AsksPerWeek, "a week"}} {
		if limit.most > 0 && limit.asked >= limit.most {
			return refuse(8, codeAsks, subAsks, "", "%s was asked about %d topics within %s, which is all the platform allows.", q.name(), limit.asked, limit.within)
		}
	}
	return nil
}
