package bot

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/relance-bot/relance/storage"
)

// FiresFor lists the next n fires of each schedule for one person, in order of time.
// Each says what the rules would decide when it comes, by what is known now. id may be
// field=value of a unique field. ErrUnknownContact if there is nobody.
func (b *Bot) FiresFor(ctx context.Context, id string, now time.Time, n int) ([]Fire, error) {
	var out []Fire
	err := b.store.Read(ctx, func(r storage.Reader) error {
		t, err := b.known(r, id)
		if err != nil {
			return err
		}
		// Of the night their own verdict speaks.
		if out, err = firesIn(t.program, nil, []string{t.location().String()}, now, n); err != nil {
			return err
		}
		for i := range out {
			if err := t.foresee(&out[i]); err != nil {
				return err
			}
		}
		return nil
	})
	return out, err
}

// foresee notes what the rules would decide about a fire, or what they have decided: who
// moves may have had it where they came from.
func (t *turn) foresee(f *Fire) error {
	trigger, ok := t.program.Trigger(f.Trigger)
	if !ok {
		return fmt.Errorf("there is no trigger %q", f.Trigger)
	}
	title, key := t.program.Title(trigger.Topic, t.language()), occurrenceKey(occurrenceID(trigger, f.Local, f.Zone), f.Zone)
	d, err := t.r.Decision(t.contact.ID, trigger.ID, key)
	if err == nil {
		f.Verdict, f.Note = d.Kind, join(Sentence(d, title, t.location()), f.Note)
	}
	if !errors.Is(err, storage.ErrNotFound) {
		return err
	}
	t.now = f.At
	facts, err := t.facts(trigger, "")
	if err != nil {
		return err
	}
	_, facts.Where = t.program.Match(trigger, t.world(), nil, facts.Consent.Interests)
	theirs := t.concerns(trigger, key)
	facts.Where = facts.Where && theirs
	facts.FirstDue, facts.ActiveBy = f.At, f.At
	if trigger.Expires > 0 {
		facts.Expires = f.At.Add(trigger.Expires)
	}
	if err := t.steered(&facts, trigger.ID, key); err != nil {
		return err
	}
	v := facts.decide()
	if v.Rule == RuleWhere && !theirs {
		v.Values = t.dateValues(trigger, key)
	}
	f.Verdict = v.Kind
	d = storage.Decision{Kind: v.Kind, Rule: v.Rule, Lane: v.Lane, Next: v.Next, At: f.At, FirstDue: f.At, Expires: facts.Expires}
	if d, err = decisionValues(d, v); err != nil {
		return err
	}
	if v.Kind == DecisionSent {
		f.Note = join(fmt.Sprintf("would go on the %s lane", v.Lane), f.Note)
		return nil
	}
	f.Note = join(Sentence(d, title, t.location()), f.Note)
	return nil
}
