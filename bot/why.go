package bot

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/relance-bot/relance/storage"
)

// Why explains what became of a flow's notifications for a person, newest first:
// the decisions there are, and for recent occurrences without one what kept the
// person out of the audience, evaluated now. flow "" is all flows. id may be
// field=value of a unique field. ErrUnknownContact if there is nobody.
func (b *Bot) Why(ctx context.Context, id, flow string) ([]DecisionView, error) {
	out := []DecisionView{}
	err := b.store.Read(ctx, func(r storage.Reader) error {
		out = out[:0]
		t, err := b.known(r, id)
		if err != nil {
			return err
		}
		decisions, err := r.Decisions(storage.DecisionQuery{Contact: t.contact.ID, Flow: flow, Limit: 50})
		if err != nil {
			return err
		}
		for _, d := range decisions {
			e, err := t.explain(d)
			if err != nil {
				return err
			}
			out = append(out, e)
		}
		missed, err := t.missed(flow)
		out = append(out, missed...)
		return err
	})
	return out, err
}

func (t *turn) explain(d storage.Decision) (DecisionView, error) {
	return viewDecision(d, t.program.Title(d.Topic, t.language()), t.location())
}

// missed evaluates the newest occurrences that made no notification for this
// person.
func (t *turn) missed(flow string) ([]DecisionView, error) {
	occurrences, err := t.r.RecentOccurrences(200)
	if err != nil {
		return nil, err
	}
	var out []DecisionView
	dated := map[string]bool{}
	for _, o := range occurrences {
		if len(out) == 20 {
			break
		}
		trigger, ok := t.program.Trigger(o.Trigger)
		if !ok || flow != "" && o.Flow != flow || o.Zone != "" && o.Zone != t.location().String() {
			continue
		}
		key := occurrenceKey(o.ID, o.Zone)
		_, err := t.r.Decision(t.contact.ID, o.Trigger, key)
		if err == nil {
			continue
		}
		if !errors.Is(err, storage.ErrNotFound) {
			return nil, err
		}
		event, err := eventOf(o.Event)
		if err != nil {
			return nil, err
		}
		facts, err := t.facts(trigger, "")
		if err != nil {
			return nil, err
		}
		_, facts.Where = t.program.Match(trigger, t.world(), event, facts.Consent.Interests)
		theirs := t.concerns(trigger, key)
		facts.Where = facts.Where && theirs
		facts.FirstDue, facts.ActiveBy = o.At, o.At
		v := facts.decide()
		if v.Rule != RuleConsent && v.Rule != RuleWhere {
			// Whom a campaign was to come to when it ended has no decision either.
			if err := t.steered(&facts, o.Trigger, key); err != nil {
				return nil, err
			}
			if facts.Cancelled {
				v = Verdict{Kind: DecisionSkipped, Rule: RulePaused, Values: askPaused(&facts).values}
			}
		}
		if v.Rule != RuleConsent && v.Rule != RuleWhere && !facts.Cancelled {
			continue // they would be in the audience by now; nothing tells what it was then
		}
		d := storage.Decision{
			Contact: t.contact.ID, Trigger: o.Trigger, Occurrence: key, Flow: o.Flow, Topic: o.Topic,
			Kind: DecisionSkipped, Rule: v.Rule, At: o.At, FirstDue: o.At, Expires: o.Expires,
		}
		if v.Rule == RuleWhere && !theirs {
			if dated[trigger.ID] {
				continue // every day is not theirs: one line says it
			}
			dated[trigger.ID] = true
			v.Values = t.dateValues(trigger, key)
		}
		if len(v.Values) > 0 {
			if d.Values, err = json.Marshal(v.Values); err != nil {
				return nil, fmt.Errorf("decision: %w", err)
			}
		}
		e, err := t.explain(d)
		if err != nil {
			return nil, err
		}
		out = append(out, e)
	}
	return out, nil
}
