package emulator

import (
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

// Follow-ups: the first message after an acceptance may be followed by two more.
const (
	followUps      = 2
	followUpWithin = 2 * time.Minute
	followUpLength = 250 // characters of each
)

// token lets the Page write to one person on one topic outside the window.
type token struct {
	Token     string    `json:"token"`
	Kind      string    `json:"kind,omitempty"` // tokenTopic, tokenPage, tokenOnce
	PSID      string    `json:"psid"`
	Title     string    `json:"title"`
	Payload   string    `json:"payload"` // of the request accepted last
	Frequency string    `json:"frequency,omitempty"`
	Timezone  string    `json:"timezone"`
	Created   time.Time `json:"created"`
	Expires   time.Time `json:"expires,omitzero"`
	Renewed   bool      `json:"renewed,omitempty"`
	Stopped   bool      `json:"stopped,omitempty"`
	LastSent  time.Time `json:"last_sent,omitzero"`
	Follow    int       `json:"follow,omitempty"` // follow-ups left
	Fresh     bool      `json:"fresh,omitempty"`  // accepted, nothing sent since
	Opener    time.Time `json:"opener,omitzero"`  // the message that follow-ups follow

	Again  bool        `json:"again,omitempty"`  // the platform asks again before it ends
	Asked  time.Time   `json:"asked,omitzero"`   // when it did, for this end
	Ended  bool        `json:"ended,omitempty"`  // by the bot: the person may subscribe again
	Titles []string    `json:"titles,omitempty"` // of a subscription to the Page: all that were accepted
	Paid   []time.Time `json:"paid,omitempty"`   // paid messages it carried within a week
}

// Topic is what a person gets notifications about, as the phone's settings list it.
type Topic struct {
	Title     string    `json:"title"`
	Token     string    `json:"token"`
	Frequency string    `json:"frequency,omitempty"`
	Timezone  string    `json:"timezone"`
	Stopped   bool      `json:"stopped"`
	Created   time.Time `json:"created"`
	Expires   time.Time `json:"expires,omitzero"`
	LastSent  time.Time `json:"last_sent,omitzero"`
	Next      time.Time `json:"next,omitzero"` // the earliest next message; zero: now
}

// Topics lists what the person accepted, in the order they first did, stopped ones
// included.
func (p *Platform) Topics(psid string) []Topic {
	p.mu.Lock()
	defer p.mu.Unlock()
	if q := p.people[psid]; q != nil {
		return q.topics(p.cfg.Now())
	}
	return nil
}

func (q *person) topics(now time.Time) []Topic {
	list := make([]Topic, 0, len(q.tokens))
	for _, t := range q.tokens {
		if t.Kind == tokenOnce || t.Ended {
			continue
		}
		list = append(list, Topic{
			Title: t.Title, Token: t.Token, Frequency: t.Frequency, Timezone: t.Timezone, Stopped: t.Stopped,
			Created: t.Created, Expires: t.Expires, LastSent: t.LastSent,
			Next: t.rests(now),
		})
	}
	return list
}

// topic returns q's token for a topic, nil if they have none.
func (q *person) topic(title string) *token {
	for _, t := range q.tokens {
		if t.Kind != tokenOnce && !t.Ended && (t.Title == title || slices.Contains(t.Titles, title)) {
			return t
		}
	}
	return nil
}

// subscription returns q's subscription to the Page, nil if they have none.
func (q *person) subscription() *token {
	for _, t := range q.tokens {
		if t.Kind == tokenPage && !t.Ended {
			return t
		}
	}
	return nil
}

// rests is when t may carry the next message.
func (t *token) rests(now time.Time) time.Time {
	if t.Kind != tokenPage {
		return restUntil(t.Frequency, t.zone(), t.LastSent, now)
	}
	if t.LastSent.IsZero() {
		return time.Time{}
	}
	return t.LastSent.Add(coolDown)
}

// addToken gives q a token, in the place of an older one for the same topic.
func (p *Platform) addToken(q *person, t *token) {
	q.tokens = slices.DeleteFunc(q.tokens, func(old *token) bool {
		if same := old.Token == t.Token; !same && (old.Title != t.Title || old.Kind != t.Kind || t.Kind == tokenOnce) {
			return false
		}
		delete(p.tokens, old.Token)
		return true
	})
	q.tokens = append(q.tokens, t)
	p.tokens[t.Token] = t
	p.expires(t)
}

// expires notes whether a token has an end: since 2023 none has, and then nobody needs
// to be looked through for those that end soon.
func (p *Platform) expires(t *token) { p.expiring = p.expiring || !t.Expires.IsZero() }

func (t *token) zone() *time.Location {
	if l, err := time.LoadLocation(t.Timezone); err == nil {
		return l
	}
	return time.UTC
}

// carry says why t may not carry a message now, nil if it may.
func (p *Platform) carry(q *person, t *token, text string) *Refusal {
	now := p.cfg.Now()
	switch {
	case t.Kind == tokenOnce:
		return refuse(9, codeParameter, 0, "The notification token is invalid", "This token is for a one-time notification.")
	case expired(t.Expires, now):
		return refuse(9, codeParameter, 0, "the notification token has expired",
			"The token for “%s” ended on %s.", t.Title, clock(t.Expires, q))
	case t.Stopped:
		return refuse(9, codePermission, subStopped, "",
			"%s stopped “%s” with the platform's own switch. Only they can resume it.", q.name(), t.Title)
	}
	if ended := p.topicsEnded("Recurring notifications"); ended != nil {
		return ended
	}
	next := restUntil(t.Frequency, t.zone(), t.LastSent, now)
	if !now.Before(next) {
		return nil
	}
	if t.Follow > 0 && now.Sub(t.Opener) <= followUpWithin && utf8.RuneCountInString(text) <= followUpLength {
		return nil
	}
	return refuse(9, codeLimit, subTooSoon, "",
		"The last notification about “%s” went out on %s. The next may go on %s.", t.Title, clock(t.LastSent, q), clock(next, q))
}

// carried records a message that went out on t.
func (p *Platform) carried(t *token) {
	now := p.cfg.Now()
	if t.Fresh {
		t.Fresh, t.Opener, t.Follow = false, now, followUps
	} else if t.Follow > 0 {
		t.Follow--
	}
	t.LastSent = now
	p.keepToken(t)
}

// clock writes an instant in a person's zone, for people.
func clock(t time.Time, q *person) string {
	return t.In(q.zone()).Format("Mon 2 Jan 2006 15:04")
}

// titles lists topics for a message.
func titles(list []*token) string {
	if len(list) == 0 {
		return "they accepted none"
	}
	names := make([]string, len(list))
	for i, t := range list {
		names[i] = fmt.Sprintf("%q", t.Title)
	}
	return "they accepted " + strings.Join(names, ", ")
}
