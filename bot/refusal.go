package bot

import (
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/relance-bot/relance/flows"
	"github.com/relance-bot/relance/storage"
)

// refused acts on a refusal by its class.
func (t *turn) refused(l *letter, o Outcome) error {
	if o.Tell {
		t.alarm("the platform warns of how the page writes to people", l, o)
	}
	if l.body.Control != "" {
		return t.controlRefused(l, o)
	}
	switch o.Class {
	case ClassTransient:
		return t.retry(l, o)
	case ClassThread:
		if l.Bulk {
			return t.hold(l, Verdict{Kind: DecisionHeld, Rule: RuleThread, Next: t.now.Add(max(o.RetryAfter, threadRest)), Values: codeOf(l)})
		}
		return t.retry(l, o)
	case ClassBackoff, ClassToken, ClassPage:
		return t.pageRefused(l, o)
	case ClassUnreachable:
		// What the platform says of a time before their last act is over.
		if !t.contact.LastAct.After(l.ClaimAt) {
			t.contact.Unreachable = "unavailable"
		}
		return t.fail(l, RuleReachable)
	case ClassStopped:
		return t.stoppedByPlatform(l)
	case ClassLane:
		if err := t.b.shut.shut(t.tx, l.Page, l.Lane, o.Code, t.now.Add(max(o.RetryAfter, laneRest))); err != nil {
			return err
		}
		t.alarm("the platform closes a lane of the page for a time", l, o, "lane", l.Lane)
		return t.otherLane(l, o)
	case ClassWindow, ClassPermit, ClassTooSoon:
		return t.otherLane(l, o)
	case ClassAskedSoon, ClassAskBarred:
		return t.askOtherwise(l, o.Class)
	case ClassOperator:
		t.wanting(l.Page, o.Code)
		return t.fail(l, RuleLane)
	}
	return t.fail(l, RuleRender)
}

func codeOf(l *letter) map[string]any { return map[string]any{"code": l.Error} }

// fail settles a message that will not be delivered.
func (t *turn) fail(l *letter, rule string) error {
	return t.end(l, storage.SendFailed, Verdict{Kind: DecisionFailed, Rule: rule, Values: codeOf(l)})
}

// retry tries again after a while, a few times.
func (t *turn) retry(l *letter, o Outcome) error {
	if l.Attempt++; l.Attempt >= maxAttempts {
		return t.fail(l, RuleLane)
	}
	return t.putBack(l, t.now.Add(delay(l.Attempt, o.RetryAfter)))
}

// putBack lets a message wait in its place.
func (t *turn) putBack(l *letter, until time.Time) error {
	l.State, l.Ready = storage.SendPending, until
	return t.tx.PutSend(l.Send)
}

// alarm tells those who run the bot of a refusal, once it is kept: a transaction may be
// tried again.
func (t *turn) alarm(what string, l *letter, o Outcome, more ...any) {
	page := l.Page
	t.tx.whenKept(func() { t.b.log.Error(what, append([]any{"page", page, "code", o.Code}, more...)...) })
}

// wanting tells those who run the bot, once an hour, of a setting without which the platform
// refuses messages: it may be those of a whole campaign.
func (t *turn) wanting(page, code string) {
	b, now := t.b, t.now
	t.tx.whenKept(func() {
		if b.odds.tell("setting "+page+" "+code, now) {
			b.log.Error("the platform wants a setting changed before it takes this message", "page", page, "code", code)
		}
	})
}

// pageRefused rests the page, and keeps the message until it is well.
func (t *turn) pageRefused(l *letter, o Outcome) error {
	length := func(int) time.Duration { return tokenProbe }
	switch o.Class {
	case ClassBackoff:
		length = func(times int) time.Duration { return delay(times, o.RetryAfter) }
		// It may be the message itself that the platform does not like so often.
		if l.Attempt++; l.Attempt >= maxAttempts {
			return t.fail(l, RuleLane)
		}
	case ClassPage:
		length = func(int) time.Duration { return max(o.RetryAfter, pageRest) }
	}
	times, err := t.b.pages.refused(t.tx, l.Page, o.Class.String(), l.ClaimAt, t.now, length)
	if err != nil {
		return err
	}
	// It is tried again and again: of those that fail the first is told, the second, the
	// fourth, the eighth …
	if told := times&(times-1) == 0; told && o.Class == ClassToken {
		t.alarm("the page's access token is refused: everything is kept until a good one is given", l, o, "times", times)
	} else if told && o.Class == ClassPage {
		t.alarm("the platform bars the page for a time: everything is kept", l, o, "times", times)
	}
	return t.putBack(l, t.now)
}

// stoppedByPlatform follows a refusal that says the person stopped this topic, or the Page. It
// tells nothing newer than the time the message was claimed.
func (t *turn) stoppedByPlatform(l *letter) error {
	if err := t.fail(l, RuleConsent); err != nil || l.Topic == "" {
		return err
	}
	if l.body.Request != "" {
		if err := t.enqueueRefused(l, ClassStopped); err != nil {
			return err
		}
	}
	if p := t.pageWide(l.body.Token); p != nil {
		return t.stopPage(*p, l.ClaimAt, t.input)
	}
	return t.stopByPlatform(l.Topic, l.ClaimAt, t.input)
}

// otherLane tries another lane for a notification; a reply has none.
func (t *turn) otherLane(l *letter, o Outcome) error {
	switch {
	case l.Bulk:
		return t.reroute(l, o)
	case l.body.Request != "":
		return t.askOtherwise(l, o.Class)
	case o.Class == ClassTooSoon: // they cannot have it now, and later is soon enough
		return t.retry(l, Outcome{RetryAfter: laterReply})
	}
	return t.fail(l, RuleLane)
}

// reroute tries the next lane at once; if none is open the notification is held
// and decided again at its next chance.
func (t *turn) reroute(l *letter, o Outcome) error {
	if err := t.restore(l); err != nil {
		return err
	}
	next, closed, err := t.noteRefusal(l, o)
	if err != nil {
		return err
	}
	for _, id := range l.body.Campaigns {
		t.tx.tally(l.body.Trigger, id, countRefused, 1)
	}
	if closed {
		l.body.Closed = append(slices.Clone(l.body.Closed), l.Lane)
	}
	c := Resolve(t.question(l.Topic, l.body.Closed, l.body.Message.Template != nil))
	if c.Lane != "" {
		facts := t.laneFacts(false)
		return t.sendBy(l, Verdict{Lane: c.Lane, Values: c.values(facts.Region, facts.PersonRegion)})
	}
	if !c.Next.IsZero() {
		next = earlier(next, c.Next)
	}
	return t.hold(l, Verdict{Kind: DecisionHeld, Rule: RuleLane, Next: next, Values: codeOf(l)})
}

// sendBy sends a notification by another lane.
func (t *turn) sendBy(l *letter, v Verdict) error {
	l.State, l.Ready = storage.SendPending, t.now
	return t.switchLane(l, v)
}

// noteRefusal remembers what a lane's refusal says about its permit, and until when
// the lane rests. closed says that the lane is of no use to the message any more: it is, where
// each token carries one message and another is left.
func (t *turn) noteRefusal(l *letter, o Outcome) (next time.Time, closed bool, err error) {
	if o.Class == ClassTooSoon || o.Class == ClassLane {
		next = t.now.Add(max(o.RetryAfter, laneRest))
	}
	p := t.byToken(l.body.Token)
	if p == nil {
		return next, true, nil
	}
	rest := *p
	switch {
	case o.Class == ClassPermit && len(p.Spare) > 0:
		rest.turnTo(0)
		return next, false, t.putPermit(rest)
	case o.Class == ClassPermit:
		return next, true, t.dropPermit(rest)
	case o.Class == ClassTooSoon:
		rest.NextEligible = next
		return next, true, t.putPermit(rest)
	}
	return next, true, nil
}

// refusedInput tells a flow that its opt-in request was not shown.
type refusedInput struct {
	Topic   string `json:"topic"`
	Request string `json:"request"`
	Class   Class  `json:"class"`
}

// askOtherwise gives an opt-in request up that the platform will not show.
func (t *turn) askOtherwise(l *letter, class Class) error {
	if err := t.fail(l, RuleLane); err != nil || l.body.Request == "" {
		return err
	}
	return t.enqueueRefused(l, class)
}

func (t *turn) enqueueRefused(l *letter, class Class) error {
	body, err := json.Marshal(refusedInput{Topic: l.Topic, Request: l.body.Request, Class: class})
	if err != nil {
		return fmt.Errorf("refused request: %w", err)
	}
	_, err = t.tx.Enqueue(storage.Input{Contact: l.Contact, Kind: kindRefused, Body: body, At: t.now})
	return err
}

// notShown lets the flow ask in our own words where a yes to them can count: with a
// permit, or where none is needed, at once, else by the earlier request that the person
// still has. Where the platform shows no requests at all there is no earlier one.
func (t *turn) notShown(r refusedInput) error {
	c := t.topic(r.Topic)
	held, needed, _ := t.permitted(r.Topic)
	switch {
	case c == nil || r.Class == ClassStopped:
	case held || !needed:
		jot(&t.asking, r.Topic, flows.AskOurselves)
	case r.Class == ClassAskedSoon:
		jot(&t.asking, r.Topic, flows.AskPointer)
	default:
		jot(&t.asking, r.Topic, flows.AskNot)
		c.unasked(r.Request)
	}
	return t.advance(flows.Input{Kind: flows.InRefused, At: t.now, Topic: r.Topic, Request: r.Request})
}

// unasked forgets a request that was not shown: nobody can be pointed to it.
func (c *agreed) unasked(request string) {
	c.Requests = slices.DeleteFunc(slices.Clone(c.Requests), func(r Request) bool { return r.ID == request })
	c.changed = true
}
