package bot

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/relance-bot/relance/flows"
	"github.com/relance-bot/relance/storage"
)

// slot is when a notification on a page may go: now, or when the page's pace, or its
// rest, lets it. taken says that it has its slot already; has, that it has it then.
// own is the pace of its campaign, if that has one.
func (b *Bot) slot(tx *txn, page string, now time.Time, taken bool, own *pace) (at time.Time, has bool, err error) {
	from := b.pages.opens(page, now)
	p := b.paces[page]
	if p == nil {
		return now, true, nil
	}
	if !from.After(now) {
		tried, err := b.tried(tx, page, now)
		if err != nil || taken && !tried {
			return now, true, err
		}
		if tried {
			from = now.Add(trialWait)
		}
	}
	if own != nil && !taken {
		if at, has = own.reserve(from); !has {
			tx.unlessKept(func() { own.give(false) })
			return at, false, nil
		}
		from = latest(from, at)
	}
	at, has = p.reserve(from)
	tx.unlessKept(func() { p.give(has) })
	switch {
	case own == nil || taken:
	case has:
		tx.unlessKept(func() { own.give(true) })
	default:
		own.give(true) // it asks for both again
	}
	return at, has, nil
}

// tried says whether a page is unwell and some message is there to try it: then no
// other is made.
func (b *Bot) tried(tx *txn, page string, now time.Time) (bool, error) {
	if !b.pages.unwell(page) {
		return false, nil
	}
	at, some, err := tx.NextSend(b.others(page))
	return some && !at.After(now), err
}

// others are the pages but one.
func (b *Bot) others(page string) []string {
	var out []string
	for other := range b.channels {
		if other != page {
			out = append(out, other)
		}
	}
	return out
}

// queue lets a notification wait for its slot, if it must: then it is decided again
// when that comes. To wait for the pace is no decision.
func (t *turn) queue(n notifyInput, newest *notice) (waits bool, err error) {
	page, _, _ := splitID(t.contact.ID)
	if !n.Slot {
		timers, err := t.tx.Timers(t.contact.ID)
		if err != nil {
			return false, err
		}
		for _, other := range timers {
			if other.Kind != timerSlot || other.Key != n.Trigger+" "+n.Occurrence {
				continue
			}
			if n.Queued { // it waits already, and counts once
				t.tx.tally(n.Trigger, n.Occurrence, countQueued, -1)
			}
			return true, nil
		}
	}
	c, err := t.campaign(newest.Trigger, newest.Occurrence)
	if err != nil {
		return false, err
	}
	at, has, err := t.b.slot(t.tx, page, t.now, n.Slot, t.b.throttles.of(c, t.b.shared != nil, t.now))
	if err != nil || !at.After(t.now) {
		return false, err
	}
	n.Slot = has
	timer := storage.Timer{Contact: t.contact.ID, Kind: timerSlot, Key: n.Trigger + " " + n.Occurrence, At: at}
	n.Passed = n.Occurrence != ""
	if t.passes && n.Passed {
		n.Queued, t.queued = true, true
	}
	if timer.Body, err = json.Marshal(n); err != nil {
		return false, fmt.Errorf("notification: %w", err)
	}
	return true, t.tx.PutTimer(timer)
}

// deliver starts the trigger's flow for the notifications that may go, and puts
// its message into the outbox with their decisions.
func (t *turn) deliver(trigger *flows.Trigger, going []*notice) error {
	newest := going[len(going)-1]
	in := inputOf(trigger, going, t.now)
	effects, err := t.run(in)
	if err != nil {
		return err
	}
	say, some, fault := notificationOf(effects)
	switch {
	case fault:
		return t.conclude(going, Verdict{Kind: DecisionFailed, Rule: RuleRender})
	case !some:
		return t.conclude(going, Verdict{Kind: DecisionSkipped, Rule: RuleSilent})
	}
	l := letter{
		Send: storage.Send{ID: t.b.newID(), Bulk: true, Topic: trigger.Topic},
		body: sendBody{Message: say.Message, Flow: say.Flow, Step: say.Step, Expires: newest.Expires, Trigger: trigger.ID},
	}
	if topic, ok := t.program.Topic(trigger.Topic); ok && topic.Once {
		for _, n := range going {
			l.body.Ends = addInterest(l.body.Ends, n.interest)
		}
	}
	if err := t.useLane(&l, newest.verdict.Lane); err != nil {
		return err
	}
	l.body.Campaigns, l.fresh = make([]string, 0, len(going)), true
	t.carrying = t.carrying[:0]
	for _, n := range going {
		l.fresh = l.fresh && n.Kind == ""
		l.body.Campaigns = append(l.body.Campaigns, n.Occurrence)
		n.Send = l.ID
		d, err := t.tx.rule(n.Decision, t.now, newest.verdict)
		if err != nil {
			return err
		}
		t.carrying = append(t.carrying, d)
	}
	l.carried = t.carrying // until it is put
	if !l.fresh {          // those that were held are so no longer
		if err := t.decided(l.carried); err != nil {
			return err
		}
	}
	return t.put(l)
}

// decided keeps what was decided about several notifications.
func (t *turn) decided(list []storage.Decision) error {
	for _, d := range list {
		if err := t.tx.PutDecision(d); err != nil {
			return err
		}
	}
	return nil
}

// inputOf starts a trigger's flow for notifications that go as one message.
func inputOf(trigger *flows.Trigger, going []*notice, now time.Time) flows.Input {
	newest := going[len(going)-1]
	in := flows.Input{
		Kind: flows.InNotify, At: now, ID: trigger.ID + " " + newest.Occurrence, Trigger: trigger.ID, Topic: trigger.Topic,
		Event: newest.event, Interest: newest.interest,
	}
	if trigger.Kind == flows.OnEvent {
		in.Name = trigger.Value
		for _, d := range going {
			in.Events = append(in.Events, d.event)
		}
	}
	return in
}

// approved says whether a notification would be a message that the platform approved
// before, by running its flow and keeping nothing of that.
func (t *turn) approved(trigger *flows.Trigger, d *notice) bool {
	say, some, _ := t.rehearse(trigger, d)
	return some && say.Message.Template != nil
}

// notificationOf finds the one message of a notification among a turn's effects.
func notificationOf(effects []flows.Effect) (say flows.Say, some, fault bool) {
	for _, e := range effects {
		switch e := e.(type) {
		case flows.Say:
			if e.Notification && !some {
				say, some = e, true
			}
		case flows.Fault:
			fault = true
		}
	}
	return say, some, fault && !some
}

// decideAgain asks the rules once more about a notification that has waited in the
// outbox, as if it had never been decided. If it may still go it is addressed anew,
// to the lane that is open now.
func (t *turn) decideAgain(l *letter) (goes bool, err error) {
	decisions, err := t.tx.DecisionsBySend(l.ID)
	if err != nil {
		return false, err
	}
	for _, d := range decisions {
		if _, ok := t.program.Trigger(d.Trigger); !ok && !t.b.leads.Load() { // its program runs elsewhere
			return false, t.holdBack(l, d.Trigger, Verdict{Kind: DecisionHeld, Rule: RuleBusy})
		}
		c, err := t.campaign(d.Trigger, d.Occurrence)
		if err != nil {
			return false, err
		}
		if c.State != CampaignRunning {
			return false, t.holdBack(l, d.Trigger, Verdict{Kind: DecisionHeld, Rule: RulePaused, Values: map[string]any{"why": pausedCampaign}})
		}
	}
	if err := t.restore(l); err != nil {
		return false, err
	}
	may, refused := Verdict{}, Verdict{Kind: DecisionSkipped, Rule: RuleRemoved}
	told := 0 // how many may go
	for _, d := range decisions {
		trigger, ok := t.program.Trigger(d.Trigger)
		if !ok {
			continue
		}
		facts, err := t.facts(trigger, l.ID)
		if err != nil {
			return false, err
		}
		event, err := eventOf(d.Event)
		if err != nil {
			return false, err
		}
		_, facts.Where = t.program.Match(trigger, t.world(), event, facts.Consent.Interests)
		facts.Lanes = t.answers(trigger.Topic, l.body.Message.Template != nil)
		facts.about(trigger, &d)
		if v := facts.decide(); v.Kind == DecisionSent {
			may, told = v, told+1
		} else {
			refused = v
		}
	}
	switch {
	case told == 0 && len(decisions) <= 1:
		return false, t.hold(l, refused)
	case told < len(decisions): // the message speaks of what is not to be told any more, or not yet
		refused.Kind, refused.Next = DecisionHeld, time.Time{} // each has a chance of its own
		return false, t.holdBack(l, decisions[0].Trigger, refused)
	}
	return true, t.switchLane(l, may)
}

// holdBack takes a message out of the outbox of which a part may not go now, for one that
// is too late, of a campaign that is paused, or of a newer program. A turn of its own decides
// about each of its notifications, and the others may still go.
func (t *turn) holdBack(l *letter, trigger string, v Verdict) error {
	if err := t.hold(l, v); err != nil {
		return err
	}
	return t.b.enqueueNotify(t.tx, t.contact.ID, notifyInput{Trigger: trigger}, t.now)
}

// switchLane addresses a notification anew, by the lane of a verdict.
func (t *turn) switchLane(l *letter, v Verdict) error {
	if err := t.useLane(l, v.Lane); err != nil {
		return err
	}
	if err := l.seal(); err != nil {
		return err
	}
	if err := t.tx.PutSend(l.Send); err != nil {
		return err
	}
	decisions, err := t.tx.DecisionsBySend(l.ID)
	if err != nil {
		return err
	}
	for _, d := range decisions {
		if d, err = decisionValues(d, v); err != nil {
			return err
		}
		d.Lane, d.At = v.Lane, t.now
		if err := t.tx.PutDecision(d); err != nil {
			return err
		}
	}
	return nil
}
