package bot

import (
	"context"
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
		if out, err = Fires(t.program, []string{t.location().String()}, now, n); err != nil {
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

// foresee notes what the rules would decide about a fire.
func (t *turn) foresee(f *Fire) error {
	trigger, ok := t.program.Trigger(f.Trigger)
	if !ok {
		return fmt.Errorf("there is no trigger %q", f.Trigger)
	}
	t.now = f.At
	facts, err := t.facts(trigger, "")
	if err != nil {
		return err
	}
	key := occurrenceKey(occurrenceID(trigger, f.Local, f.Zone), f.Zone)
	_, facts.Where = t.program.Match(trigger, t.world(), nil, facts.Consent.Interests)
	facts.Where = facts.Where && t.concerns(trigger, key)
	facts.FirstDue, facts.ActiveBy = f.At, f.At
	if trigger.Expires > 0 {
		facts.Expires = f.At.Add(trigger.Expires)
	}
	v := facts.decide()
	f.Verdict = v.Kind
	d := storage.Decision{Kind: v.Kind, Rule: v.Rule, Lane: v.Lane, Next: v.Next, At: f.At, FirstDue: f.At, Expires: facts.Expires}
	if d, err = decisionValues(d, v); err != nil {
		return err
	}
	if v.Kind == DecisionSent {
		f.Note = join(fmt.Sprintf("would go on the %s lane", v.Lane), f.Note)
		return nil
	}
	f.Note = join(Sentence(d, t.program.Title(trigger.Topic, t.language()), t.location()), f.Note)
	return nil
}
