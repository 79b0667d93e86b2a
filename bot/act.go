package bot

import (
	"slices"
	"time"

	"github.com/relance-bot/relance/flows"
	"github.com/relance-bot/relance/storage"
)

// sourceAds is the platform's word for a subscription that an ad made by itself.
const sourceAds = "ADS"

// event handles what the platform told about this person.
func (t *turn) event(e *Event) error {
	if e.Kind == EventComment {
		return t.commented(e)
	}
	at := e.At
	if at.IsZero() || at.After(t.now.Add(clockSlack)) {
		at = t.now // no clock is that wrong: the time is nonsense
	}
	t.at, t.first = at, t.contact.LastAct.IsZero()
	if e.Kind.OpensWindow() {
		if err := t.acted(at); err != nil {
			return err
		}
		t.spoke = e.Kind == EventMessage || e.Kind == EventPostback || e.Kind == EventReferral
		t.reacted = !t.spoke
	}
	if e.Kind.OpensWindow() && !e.Standby && t.idled(at) {
		if err := t.givenBack(at); err != nil {
			return err
		}
	}
	act := t.advance
	if e.Standby || t.handed() {
		act = t.overhear
	}
	switch e.Kind {
	case EventMessage:
		return act(flows.Input{
			Kind: flows.InMessage, ID: e.Key, At: at, Text: e.Text, Payload: e.Payload, Ref: e.Ref, Attachments: e.Attachments,
		})
	case EventPostback:
		return act(flows.Input{Kind: flows.InPostback, ID: e.Key, At: at, Payload: e.Payload, Label: e.Label, Ref: e.Ref})
	case EventReferral:
		return act(flows.Input{Kind: flows.InReferral, ID: e.Key, At: at, Ref: e.Ref})
	case EventReaction:
		return act(flows.Input{Kind: flows.InReaction, ID: e.Key, At: at})
	case EventTaken:
		return t.taken(at)
	case EventGiven:
		return t.givenBack(at)
	case EventOptIn:
		return t.optedIn(e, at)
	case EventStop:
		return t.platformStopped(e, at)
	case EventResume:
		return t.platformResumed(e, at)
	case EventUndelivered:
		return t.undelivered(e, at)
	case EventEdited:
		return t.overhear(flows.Input{Kind: flows.InMessage, ID: e.Key, At: at, Text: e.Text})
	case EventFeedback:
		return t.rated(e, at)
	}
	return t.astray(e, string(e.Kind))
}

// astray keeps an event that nothing follows from, for whoever looks into it.
func (t *turn) astray(e *Event, reason string) error {
	body, err := e.seal()
	if err != nil {
		return err
	}
	return t.tx.PutStray(storage.Stray{At: t.now, Source: "inbox", Reason: reason, Body: body, Contact: t.contact.ID})
}

// acted opens the window, and lets what waited for the person to be there again
// be decided again.
func (t *turn) acted(at time.Time) error {
	closed := !t.windowUntil().After(t.now)
	back := t.contact.Unreachable != ""
	if at.After(t.contact.LastAct) {
		t.contact.LastAct = at
	}
	t.contact.Unreachable = ""
	if !t.stored {
		return nil
	}
	if err := t.makeWay(); err != nil || !closed && !back {
		return err
	}
	return t.reconsider("")
}

// makeWay sees to it that what is said now does not wait behind messages that the
// platform did not take yet: a reply is tried again at once, and a notification is
// decided again.
func (t *turn) makeWay() error {
	sends, err := t.tx.sends(t.contact.ID)
	if err != nil {
		return err
	}
	if len(sends) == 0 {
		t.line = lineFree
	}
	for _, s := range sends {
		if s.State != storage.SendPending {
			continue
		}
		if !s.Bulk {
			if s.Ready.After(t.now) {
				s.Ready = t.now
				if err := t.tx.PutSend(s); err != nil {
					return err
				}
			}
			continue
		}
		l, err := open(s)
		if err != nil {
			continue // whoever claims it will see
		}
		if err := t.hold(&l, Verdict{Kind: DecisionHeld, Rule: RuleBusy, Next: t.now}); err != nil {
			return err
		}
		if err := t.reconsider(s.Topic); err != nil {
			return err
		}
	}
	return nil
}

// overtaken says whether an act is a stop that a newer yes has overtaken: the act
// is older than every consent it would end. Then nothing has stopped, and nothing
// is to be confirmed.
func (t *turn) overtaken(in flows.Input, effects []flows.Effect) bool {
	if len(effects) == 0 || in.Kind != flows.InMessage && in.Kind != flows.InPostback {
		return false
	}
	stop, ok := effects[0].(flows.Withdraw)
	if !ok || stop.Source == SourceStep {
		return false
	}
	newer := false
	for _, c := range t.topics {
		if stop.Topic != "" && stop.Topic != c.Topic || c.Status != StatusActive && c.Status != StatusSnoozed {
			continue
		}
		if !t.at.Before(c.ChangedAt) {
			return false
		}
		newer = true
	}
	return newer
}

// optedIn keeps the permit that came with an acceptance, and gives consent for
// the topic that was asked for.
func (t *turn) optedIn(e *Event, at time.Time) error {
	if e.Permit == nil {
		return nil
	}
	topic, request := t.topicOf(e)
	if topic == "" {
		return t.astray(e, "opt-in for no topic of the bot")
	}
	if err := t.given(t.kept(*e.Permit), topic, at); err != nil {
		return err
	}
	if err := t.reconsider(topic); err != nil || e.Source == sourceAds {
		return err // an ad's automatic subscription is a permit, never consent
	}
	if t.traits(t.kept(*e.Permit).Lane).Wide {
		t.unbar(at)
	}
	was := ""
	if c := t.topic(topic); c != nil {
		was = c.Status
	}
	err := t.change(topic, Change{
		Action: Granted, At: at, Request: request, Source: SourcePlatform, Wording: e.Permit.Title, Locale: t.language(),
	})
	if err != nil {
		return err
	}
	if c := t.topic(topic); !c.consents() || was == StatusActive && (request == "" || e.Renewed) {
		return nil
	}
	return t.advance(flows.Input{Kind: flows.InAccepted, ID: e.Key, At: at, Topic: topic, Request: request, Source: SourcePlatform})
}

// topicOf finds what an opt-in, stop or resume is about: the request it answers,
// the topic its link names, the topic whose permit has its token, or the one with
// its title.
func (t *turn) topicOf(e *Event) (topic, request string) {
	for _, c := range t.topics {
		for _, r := range c.Requests {
			if r.ID != "" && r.ID == e.Payload {
				return c.Topic, r.ID
			}
		}
	}
	if _, ok := t.program.Topic(e.Permit.Topic); ok {
		return e.Permit.Topic, ""
	}
	for _, p := range t.permits {
		if p.Token != "" && p.Token == e.Permit.Token && p.Topic != "" {
			return p.Topic, ""
		}
	}
	for _, topic := range t.program.Bot.Topics {
		if t.titled(topic, e.Permit.Title) {
			return topic.Name, ""
		}
	}
	return "", ""
}

// titled says whether a topic has a title: in the bot's language, in the person's, or
// in one they were once asked in.
func (t *turn) titled(topic flows.Topic, title string) bool {
	if title == "" {
		return false
	}
	asked := false
	if c := t.topic(topic.Name); c != nil {
		asked = slices.ContainsFunc(c.Requests, func(r Request) bool { return r.Title == title })
	}
	return asked || title == topic.Title || title == t.program.Title(topic.Name, t.language())
}

// platformStopped follows the platform's own switch. A permit for the whole Page
// that is stopped stops every topic.
func (t *turn) platformStopped(e *Event, at time.Time) error {
	if p := t.pageWide(e.token()); p != nil {
		return t.stopPage(*p, at, e.Key)
	}
	return t.platformSwitch(e, func(topic string) error { return t.stopByPlatform(topic, at, e.Key) })
}

// stopPage follows the platform's stop of a permit for the whole Page: of every topic, those
// that the person never heard of as well.
func (t *turn) stopPage(p permit, at time.Time, id string) error {
	if !at.Before(p.givenAt) && at.After(t.prefs.Barred) {
		t.prefer(func(p *Prefs) { p.Barred = at })
	}
	return t.eachTopic(func(topic string) error { return t.stopByPlatform(topic, at, id) })
}

// unbar ends the platform's stop of the whole Page, unless that is newer.
func (t *turn) unbar(at time.Time) {
	if !t.prefs.Barred.IsZero() && !at.Before(t.prefs.Barred) {
		t.prefer(func(p *Prefs) { p.Barred = time.Time{} })
	}
}

// stopByPlatform ends a consent as the platform says. id names what said so.
func (t *turn) stopByPlatform(topic string, at time.Time, id string) error {
	c := t.topic(topic)
	was := c != nil && c.reachesAudience()
	err := t.change(topic, Change{Action: Stopped, At: at, Source: SourcePlatform, Locale: t.language()})
	if err != nil || !was || t.topic(topic).Status != StatusStopped {
		return err
	}
	return t.advance(flows.Input{Kind: flows.InOptedOut, ID: id, At: at, Topic: topic, Source: SourcePlatform})
}

// platformResumed gives back what the platform's stop took.
func (t *turn) platformResumed(e *Event, at time.Time) error {
	if t.pageWide(e.token()) != nil {
		t.unbar(at)
	}
	return t.platformSwitch(e, func(topic string) error {
		if e.Permit.Token != "" {
			if err := t.given(t.kept(*e.Permit), topic, at); err != nil {
				return err
			}
		}
		c := t.topic(topic)
		was := c != nil && c.reachesAudience()
		err := t.change(topic, Change{Action: Resumed, At: at, Source: SourcePlatform, Locale: t.language()})
		if err != nil || was || t.topic(topic).Status != StatusActive {
			return err
		}
		return t.advance(flows.Input{Kind: flows.InOptedIn, ID: e.Key, At: at, Topic: topic, Source: SourcePlatform})
	})
}

// platformSwitch does f for the topic a stop or resume is about, or for all if
// its permit is the whole Page's.
func (t *turn) platformSwitch(e *Event, f func(topic string) error) error {
	if e.Permit == nil {
		return nil
	}
	if t.pageWide(e.token()) != nil {
		return t.eachTopic(f)
	}
	topic, _ := t.topicOf(e)
	if topic == "" {
		return t.astray(e, string(e.Kind)+" for no topic of the bot")
	}
	return f(topic)
}

// eachTopic does f for every topic that the person has anything to do with.
func (t *turn) eachTopic(f func(topic string) error) error {
	t.everything = true
	for _, topic := range t.program.Bot.Topics {
		if t.topic(topic.Name) == nil {
			continue
		}
		if err := f(topic.Name); err != nil {
			return err
		}
	}
	return nil
}

// pageWide is the permit for the whole Page with a token; nil if the token is of another.
func (t *turn) pageWide(token string) *permit {
	for i := range t.permits {
		if p := &t.permits[i]; p.Topic == "" && p.Token == token && token != "" {
			return p
		}
	}
	return nil
}

// token is that of the permit an event is about.
func (e *Event) token() string {
	if e.Permit == nil {
		return ""
	}
	return e.Permit.Token
}
