package emulator

import "fmt"

// Tap taps the quick reply or button with that label, on the newest message that
// has one; else the entry of the persistent menu or the ice breaker. Quick replies
// of older messages count, though a phone no longer shows them: a finger may be
// faster than the next message. A button that opens a URL opens it, like Open.
func (p *Platform) Tap(psid, label string) error {
	return p.act(psid, func(q *person) error {
		if s, b := q.button(func(b *ShownButton) bool { return b.Label == label }); b != nil {
			return p.tap(q, s, b)
		}
		for _, item := range p.phone.items() {
			if item.Label == label {
				return p.tapItem(q, item)
			}
		}
		return fmt.Errorf("%w: %q", ErrNoButton, label)
	})
}

// TapButton taps one button or quick reply of one message, by its ID there.
func (p *Platform) TapButton(psid, mid, button string) error {
	return p.act(psid, func(q *person) error {
		if s := q.message(mid); s != nil {
			if b := s.button(func(b *ShownButton) bool { return b.ID == button }); b != nil {
				return p.tap(q, s, b)
			}
		}
		return fmt.Errorf("%w: %s", ErrNoButton, button)
	})
}

// Open opens the URL button with that label, on the newest message that has one.
// The bot hears nothing of it.
func (p *Platform) Open(psid, label string) error {
	return p.act(psid, func(q *person) error {
		_, b := q.button(func(b *ShownButton) bool { return b.Label == label && b.URL != "" })
		if b == nil {
			return fmt.Errorf("%w that opens something: %q", ErrNoButton, label)
		}
		p.note(q, noteOpened, b.URL)
		return nil
	})
}

// Postback taps a button that carries this payload, under a message that another tool
// has sent on the Page's behalf.
func (p *Platform) Postback(psid, payload string) error {
	return p.act(psid, func(q *person) error {
		p.tapPostback(q, payload, payload, "", nil)
		return nil
	})
}

// Opened lists the addresses that the person opened, oldest first.
func (p *Platform) Opened(psid string) []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	q := p.people[psid]
	if q == nil {
		return nil
	}
	var list []string
	for _, s := range q.thread {
		if s.From == fromPlatform && s.Kind == noteOpened {
			list = append(list, s.Text)
		}
	}
	return list
}

func (p *Platform) tap(q *person, s *Shown, b *ShownButton) error {
	mid := s.MID
	switch b.Type {
	case "text", "user_email", "user_phone_number":
		p.say(q, Shown{Kind: KindText, Text: b.Label, Tapped: mid},
			eventMessage{Text: b.Label, QuickReply: &eventPayload{b.Payload}})
	case "postback":
		p.tapPostback(q, b.Label, b.Payload, mid, nil)
	case "web_url":
		p.note(q, noteOpened, b.URL)
	case "phone_number":
		p.note(q, noteOpened, "tel:"+b.Payload)
	default:
		return fmt.Errorf("a %s button does nothing here", b.Type)
	}
	return nil
}

func (p *Platform) tapItem(q *person, item Item) error {
	if item.URL != "" {
		p.note(q, noteOpened, item.URL)
		return nil
	}
	p.tapPostback(q, item.Label, item.Payload, "", nil)
	return nil
}

// button returns the newest button for which is holds, and its message.
func (q *person) button(is func(*ShownButton) bool) (*Shown, *ShownButton) {
	var b *ShownButton
	s := q.find(func(s *Shown) bool {
		b = s.button(is)
		return b != nil
	})
	return s, b
}

// button returns the first button or quick reply of s for which is holds.
func (s *Shown) button(is func(*ShownButton) bool) *ShownButton {
	lists := [][]ShownButton{s.QuickReplies, s.Buttons}
	for i := range s.Cards {
		lists = append(lists, s.Cards[i].Buttons)
	}
	for _, list := range lists {
		for i := range list {
			if is(&list[i]) {
				return &list[i]
			}
		}
	}
	return nil
}

// message returns the message with that id, nil if there is none.
func (q *person) message(mid string) *Shown {
	return q.find(func(s *Shown) bool { return s.MID == mid && s.From != fromPlatform })
}
