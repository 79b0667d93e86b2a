package bot

import (
	"context"
	"errors"
	"time"

	"github.com/relance-bot/relance/flows"
	"github.com/relance-bot/relance/storage"
)

// TrialQuery asks for a flow's message to be sent to one person, to see it there.
type TrialQuery struct {
	Flow    string         `json:"flow"`
	Event   map[string]any `json:"event,omitempty"` // what it is about, if an event starts it
	Contact string         `json:"contact"`         // an id, or field=value of a unique field
}

// Trial is what became of a TrialQuery.
type Trial struct {
	Contact string         `json:"contact"`
	Sent    bool           `json:"sent"` // it is in the outbox
	Lane    string         `json:"lane,omitempty"`
	Send    string         `json:"send,omitempty"`
	Why     string         `json:"why,omitempty"` // if not
	Message *flows.Message `json:"message,omitempty"`
}

// TryCampaign sends a flow's notification to one person, outside of any campaign. It goes
// as any message must: while their window is open, or with their consent on a lane that is.
// Their cadence does not count it, nor do figures, and the flow does not go on with them;
// but where the platform itself counts what a permit carries, it does. ErrUnknownContact
// if there is nobody; an error that wraps ErrOrder if there is no such notification.
func (b *Bot) TryCampaign(ctx context.Context, q TrialQuery) (out Trial, err error) {
	err = b.write(ctx, func(tx *txn) error {
		out = Trial{}
		trigger, event, err := triggerOf(tx.program, q.Flow, q.Event)
		if err != nil {
			return err
		}
		if out.Contact, err = b.find(tx, q.Contact); err != nil {
			return err
		}
		t, err := b.begin(tx, out.Contact, tx.now)
		if err != nil {
			return err
		}
		if !t.stored {
			return ErrUnknownContact
		}
		waits, err := tx.awaits(out.Contact)
		if err != nil {
			return err
		}
		if waits || len(t.calling) > 0 {
			out.Why = "something they did is being handled: try again in a moment"
			return nil
		}
		t.input = "trial"
		return t.try(trigger, event, &out)
	})
	if err != nil {
		return Trial{}, err
	}
	b.log.Info("a campaign's message was tried", "flow", q.Flow, "sent", out.Sent, "lane", out.Lane)
	return out, nil
}

// try sends the message of a trigger's notification to this person, if it may go.
func (t *turn) try(trigger *flows.Trigger, event map[string]any, out *Trial) error {
	facts, err := t.facts(trigger, "")
	if err != nil {
		return err
	}
	n := &notice{Decision: storage.Decision{Contact: t.contact.ID, Trigger: trigger.ID, Occurrence: "trial", FirstDue: t.now}, event: event}
	n.interest, _ = t.program.Match(trigger, t.world(), event, facts.Consent.Interests)
	say, some, fault := t.rehearse(trigger, n)
	switch {
	case fault:
		out.Why = "its message could not be made: something in its flow goes wrong for this person"
		return nil
	case !some:
		out.Why = "its flow ends without saying anything to this person"
		return nil
	}
	out.Message = &say.Message
	facts.Lanes = t.answers(trigger.Topic, say.Message.Template != nil)
	if out.Lane, out.Why = t.trialLane(facts, trigger); out.Why != "" {
		return nil
	}
	l := letter{
		Send: storage.Send{ID: t.b.newID(), Bulk: out.Lane != LaneWindow, Topic: trigger.Topic},
		body: sendBody{Message: say.Message, Flow: say.Flow, Step: say.Step, Trial: true, Expires: t.now.Add(stale)},
	}
	if out.Send = l.ID; l.Bulk {
		if err := t.useLane(&l, out.Lane); err != nil {
			return err
		}
	} else {
		l.Lane, l.Topic, l.body.Expires = LaneWindow, "", time.Time{}
	}
	out.Sent = true
	return errors.Join(t.put(l), t.commit())
}

// trialLane is the lane a trial may go on now, or why there is none.
func (t *turn) trialLane(f Facts, trigger *flows.Trigger) (lane, why string) {
	d := storage.Decision{Kind: DecisionSkipped, At: t.now}
	refuse := func(rule string, a answer) (string, string) {
		d.Rule = rule
		d, err := decisionValues(d, Verdict{Values: a.values})
		if err != nil {
			return "", err.Error()
		}
		return "", sentenceOf(d, t.program.Title(trigger.Topic, t.language()), t.location()).reason()
	}
	for _, rule := range [...]string{RuleReachable, RulePaused, RuleThread} {
		if a := f.ask(rule); a.word != yes {
			return refuse(rule, a)
		}
	}
	if f.Now.Before(f.WindowUntil) {
		return LaneWindow, ""
	}
	if a := askConsent(&f); a.word != yes {
		_, why := refuse(RuleConsent, a)
		return "", "their last message is more than 24 hours ago, and " + why
	}
	lane, a := askLanes(&f)
	if a.word != yes {
		return refuse(RuleLane, a)
	}
	return lane, ""
}
