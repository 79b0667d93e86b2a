package emulator

import (
	"slices"
	"time"
)

// Bounds of what the phone page shows.
const (
	maxViewed = 200 // messages of a chat
	maxListed = 200 // people: those who joined last
)

// view is what one person's phone shows, and what stands beside it on the page.
type view struct {
	Version  int64         `json:"version"`
	Now      time.Time     `json:"now"`
	Clock    bool          `json:"clock"` // it can be moved
	Page     viewPage      `json:"page"`
	People   []viewPerson  `json:"people"`
	Person   *viewThread   `json:"person,omitempty"`
	Refusals []Refusal     `json:"refusals"`
	Waiting  []Undelivered `json:"waiting"` // webhooks the bot did not take yet
	Listens  bool          `json:"listens"` // the bot is subscribed
	// Failing is since when no webhook was answered with 200, once that is long enough for
	// the platform to tell the developer.
	Failing time.Time `json:"failing,omitzero"`
}

type viewPage struct {
	Name        string `json:"name"`
	Region      string `json:"region"`
	Greeting    string `json:"greeting,omitempty"`
	Menu        []Item `json:"menu"`
	IceBreakers []Item `json:"ice_breakers"`
}

type viewPerson struct {
	Person
	Unread int       `json:"unread"`
	Last   string    `json:"last,omitempty"` // the newest message, shortened
	LastAt time.Time `json:"last_at,omitzero"`
}

type viewThread struct {
	viewPerson
	Start  string    `json:"start"` // label of the Get Started button
	Open   bool      `json:"open"`  // the Page may write freely
	Until  time.Time `json:"until,omitzero"`
	Typing bool      `json:"typing"`
	Thread []Shown   `json:"thread"`
	Topics []Topic   `json:"topics"`
}

// view shows the page as psid sees it; without such a person, nobody's phone.
func (p *Platform) view(psid string) view {
	p.mu.Lock()
	defer p.mu.Unlock()
	now := p.cfg.Now()
	v := view{
		Version: p.version, Now: now, Clock: p.cfg.Advance != nil,
		Page: viewPage{
			Name: p.cfg.Name, Region: p.cfg.Region, Greeting: p.phone.greeting,
			Menu: append([]Item{}, p.phone.menu...), IceBreakers: append([]Item{}, p.phone.iceBreakers...),
		},
		People:   make([]viewPerson, 0, len(p.order)),
		Refusals: append([]Refusal{}, p.refusals...),
		Waiting:  p.undelivered(),
		Listens:  p.subscribed,
	}
	if !p.failing.IsZero() && now.Sub(p.failing) >= alertAfter {
		v.Failing = p.failing
	}
	slices.Reverse(v.Refusals)
	for _, id := range p.order[max(0, len(p.order)-maxListed):] {
		v.People = append(v.People, p.people[id].view())
	}
	q := p.people[psid]
	if q == nil {
		return v
	}
	t := &viewThread{
		viewPerson: q.view(), Start: startLabel(q.Locale), Open: q.open(now), Typing: now.Before(q.typing),
		Thread: []Shown{}, Topics: q.topics(now),
	}
	if !q.LastAct.IsZero() {
		t.Until = q.LastAct.Add(window)
	}
	for _, s := range q.thread[max(0, len(q.thread)-maxViewed):] {
		t.Thread = append(t.Thread, s.clone())
	}
	v.Person = t
	return v
}

func (q *person) view() viewPerson {
	v := viewPerson{Person: q.Person}
	if s := q.last(); s != nil {
		v.Last, v.LastAt = begin(s.summary()), s.At
	}
	for _, s := range q.thread {
		if s.From == FromPage && s.Seq > q.seen {
			v.Unread++
		}
	}
	return v
}
