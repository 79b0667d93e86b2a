package emulator

// Who has a conversation, after the platform's page on conversation routing: the app of
// the bot, or people in the Page's inbox. While people have it the bot's messages are
// refused, and it hears of the person in standby.

const (
	codeThread = 2018300
	// pageInbox is the app of the Page's inbox.
	pageInbox = "263902037430900"
)

// eventControl says that a conversation has changed hands.
type eventControl struct {
	Previous string `json:"previous_owner_app_id"`
	New      string `json:"new_owner_app_id"`
	Metadata string `json:"metadata,omitempty"`
}

// threadCall decides a call about who has a conversation.
func (p *Platform) threadCall(call string, in params) answer {
	r := &reader{}
	top := object{"", in}
	if call == "thread_owner" {
		q := p.people[in.take("recipient")]
		if q == nil {
			return answer{refusal: refuse(3, codeParameter, subNoUser, "", "Nobody of this Page has that id.")}
		}
		owner := p.cfg.AppID
		if q.Human {
			owner = p.inbox()
		}
		return answer{value: map[string]any{"data": []any{map[string]any{"thread_owner": map[string]any{"app_id": owner}}}}}
	}
	r.only(top, "recipient", "target_app_id", "metadata", "method", "pretty", "suppress_http_code")
	to := r.recipient(r.object(top, "recipient"))
	note := r.text(top, "metadata", maxMetadata)
	target := ""
	if call == "pass_thread_control" {
		target = r.id(top, "target_app_id")
	}
	q := p.people[to.id]
	switch {
	case r.refusal != nil:
		return answer{refusal: r.refusal}
	case q == nil:
		return answer{refusal: refuse(3, codeParameter, subNoUser, "", "Nobody of this Page has the id %q.", begin(to.String()))}
	case target == p.inbox() && !q.Human:
		p.note(q, noteHandedOver, note)
		q.Human = true
	case call == "take_thread_control" && q.Human:
		p.note(q, noteTakenBack, "")
		q.Human = false
	case target != "" && target != p.inbox():
		return answer{refusal: wrong("The target app does not take conversations of this Page", "A conversation goes to the Page's inbox, app %s.", p.inbox())}
	}
	p.keepPerson(q)
	p.changed()
	return answer{value: map[string]any{"success": true}}
}

// HandBack lets the people in the inbox give the conversation back to the bot.
func (p *Platform) HandBack(psid string) error {
	return p.act(psid, func(q *person) error {
		if !q.Human {
			return errNotHuman
		}
		q.Human = false
		at := p.note(q, noteHandedBack, "")
		p.keepPerson(q)
		p.tell(q, at, event{Pass: &eventControl{Previous: p.inbox(), New: p.cfg.AppID}})
		return nil
	})
}

// TakeOver lets people in the inbox take the conversation.
func (p *Platform) TakeOver(psid string) error {
	return p.act(psid, func(q *person) error {
		if q.Human {
			return nil
		}
		q.Human = true
		at := p.note(q, noteTakenOver, "")
		p.keepPerson(q)
		p.tell(q, at, event{Take: &eventControl{Previous: p.cfg.AppID, New: p.inbox()}})
		return nil
	})
}

// overheard is an event as standby tells it: a tap without its payload.
func overheard(e event) event {
	if e.Postback != nil {
		tap := *e.Postback
		tap.Payload = ""
		e.Postback = &tap
	}
	return e
}
