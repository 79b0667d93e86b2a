package emulator

import (
	"errors"
	"fmt"
	"slices"
	"time"
)

// askAgainAfter is how long a request of one title to one person must wait for the next.
const askAgainAfter = 7 * 24 * time.Hour

// Errors of acts on opt-in requests and topics.
var (
	ErrNoRequest = errors.New("there is no open opt-in request")
	ErrNoTopic   = errors.New("there is no such topic")
)

// Accept accepts the newest open opt-in request. If none is open, it accepts again
// the newest one whose topic the person stopped.
//
// The token of a topic stays the same for ever: a second acceptance refreshes it.
// Accepting does not open the 24-hour window.
func (p *Platform) Accept(psid string) error {
	return p.accept(psid, func(*Shown) bool { return true })
}

// AcceptTitle accepts the newest request with that title, like Accept.
func (p *Platform) AcceptTitle(psid, title string) error {
	return p.accept(psid, func(s *Shown) bool { return s.OptIn.Title == title })
}

// AcceptMessage accepts the request in one message, by its id.
func (p *Platform) AcceptMessage(psid, mid string) error {
	return p.accept(psid, func(s *Shown) bool { return s.MID == mid })
}

func (p *Platform) accept(psid string, is func(*Shown) bool) error {
	return p.act(psid, func(q *person) error {
		s := q.find(func(s *Shown) bool { return s.OptIn != nil && s.OptIn.State == OptInOpen && is(s) })
		if s == nil {
			s = q.find(func(s *Shown) bool {
				if s.OptIn == nil || !is(s) {
					return false
				}
				t := q.topic(s.OptIn.Title)
				return t != nil && t.Stopped
			})
		}
		if s == nil {
			return ErrNoRequest
		}
		p.reach(q)
		request := *s.OptIn
		s.OptIn.State = OptInAccepted
		p.keepShown(q, *s)
		if request.Kind == tokenOnce {
			p.notifyMe(q, request)
			return nil
		}
		p.grant(q, request, eventOptIn{})
		return nil
	})
}

// AcceptLink accepts a topic from the Page's link (m.me/rn/PAGE?topic=TITLE). The
// platform knows only topics that somebody accepted in a chat before.
func (p *Platform) AcceptLink(psid, topic string) error {
	return p.act(psid, func(q *person) error {
		for _, id := range p.order {
			if t := p.people[id].topic(topic); t != nil {
				p.reach(q)
				p.grant(q, ShownOptIn{Title: t.Title, Payload: t.Payload, Frequency: t.Frequency, Timezone: t.Timezone},
					eventOptIn{Source: "SHORTLINK", Topic: t.Title})
				return nil
			}
		}
		return fmt.Errorf("%w: nobody accepted %q in a chat yet", ErrNoTopic, topic)
	})
}

// Give gives the Page a token for a topic that the person accepted before any of
// this began. No event tells it; the caller does.
func (p *Platform) Give(psid, title string) (token string, err error) {
	err = p.act(psid, func(q *person) error {
		token = p.renew(q, ShownOptIn{Title: title}).Token
		return nil
	})
	return token, err
}

// grant gives the Page a token for what q accepted, and tells it. e holds what the
// event says beyond the token.
func (p *Platform) grant(q *person, o ShownOptIn, e eventOptIn) {
	t := p.renew(q, o)
	p.tellOptIn(q, t, p.note(q, noteAccepted, t.Title), e)
}

// renew returns q's token for a topic, a new one if there is none that lives.
func (p *Platform) renew(q *person, o ShownOptIn) *token {
	now := p.cfg.Now()
	t := q.topic(o.Title)
	if o.Kind == tokenPage {
		t = q.subscription() // one for the person and the Page
	}
	if t == nil || expired(t.Expires, now) {
		t = &token{Token: p.digits("token"), Kind: o.Kind, PSID: q.PSID, Title: o.Title, Created: now}
		p.addToken(q, t)
	} else {
		t.Renewed = true
	}
	t.Stopped, t.Fresh, t.Follow = false, true, 0
	t.Payload, t.Timezone = o.Payload, o.Timezone
	if t.Timezone == "" {
		t.Timezone = "UTC"
	}
	if t.Kind == tokenPage && !slices.Contains(t.Titles, o.Title) {
		t.Titles = append(t.Titles, o.Title)
	}
	t.Again, t.Asked = o.Again, time.Time{}
	t.Frequency = grantedFrequency(o.Frequency, now)
	t.Expires = expiry(t.Frequency, now)
	p.keepToken(t)
	return t
}

// tellOptIn sends the event of an acceptance, a stop or a resumption.
func (p *Platform) tellOptIn(q *person, t *token, at time.Time, e eventOptIn) {
	e.Type, e.Payload, e.Title = "notification_messages", t.Payload, t.Title
	e.Token, e.Frequency, e.Timezone = t.Token, t.Frequency, t.Timezone
	if !t.Expires.IsZero() {
		e.Expiry = t.Expires.UnixMilli()
	}
	e.Renewal = "NOT_REFRESHED"
	if t.Renewed {
		e.Renewal = "REFRESHED"
	}
	p.tell(q, at, event{OptIn: &e})
}

// StopTopic turns a topic off with the platform's own switch: sends and requests
// for it are refused until the person resumes it.
func (p *Platform) StopTopic(psid, title string) error {
	return p.turn(psid, title, true)
}

// ResumeTopic turns a stopped topic on again. The token is the same as before.
func (p *Platform) ResumeTopic(psid, title string) error {
	return p.turn(psid, title, false)
}

func (p *Platform) turn(psid, title string, stop bool) error {
	return p.act(psid, func(q *person) error {
		t := q.topic(title)
		switch {
		case t == nil:
			return fmt.Errorf("%w: %q (%s)", ErrNoTopic, title, titles(q.tokens))
		case t.Stopped == stop && stop:
			return fmt.Errorf("%q is stopped already", title)
		case t.Stopped == stop:
			return fmt.Errorf("%q is not stopped", title)
		}
		t.Stopped = stop
		p.keepToken(t)
		kind, status := noteResumed, "RESUME NOTIFICATIONS"
		if stop {
			kind, status = noteStopped, "STOP NOTIFICATIONS"
		}
		p.tellOptIn(q, t, p.note(q, kind, t.Title), eventOptIn{Status: status})
		return nil
	})
}
