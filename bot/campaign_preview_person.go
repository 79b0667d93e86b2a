package bot

import (
	"errors"

	"github.com/relance-bot/relance/flows"
	"github.com/relance-bot/relance/storage"
)

// previewOne asks the rules about one person.
func (t *turn) previewOne(of previewed, p *Preview) error {
	p.People++
	d, decided, err := t.previewDecision(of)
	switch {
	case err != nil:
		return err
	case decided:
		p.Decided++
		return nil
	}
	facts, err := t.facts(of.trigger, "")
	if err != nil {
		return err
	}
	n := &notice{Decision: d, event: of.event}
	n.interest, facts.Where = t.program.Match(of.trigger, t.world(), of.event, facts.Consent.Interests)
	facts.Where = facts.Where && t.concerns(of.trigger, d.Occurrence)
	if !facts.Consent.reachesAudience() || !facts.Where {
		p.Missed++
		p.example(countMissed, t.contact.ID)
		return nil
	}
	if of.trigger.Opens == flows.OpensEither {
		facts.Lanes = t.answers(of.trigger.Topic, t.approved(of.trigger, n))
	}
	facts.about(of.trigger, &d)
	v := facts.decide()
	name := countOf(v.Kind, v.Rule)
	p.example(name, t.contact.ID)
	if v.Kind != DecisionSent {
		p.Rules[name]++
		return nil
	}
	p.Gets++
	p.Lanes[v.Lane]++
	if len(p.Samples) == 0 {
		p.Samples = t.samples(of.trigger, n)
	}
	return nil
}

// previewDecision is the notification as it would be decided. decided says that it was, or
// that the campaign has passed this person.
func (t *turn) previewDecision(of previewed) (d storage.Decision, decided bool, err error) {
	d = storage.Decision{Contact: t.contact.ID, Trigger: of.trigger.ID, Occurrence: of.campaign.ID, FirstDue: t.now, Expires: t.now.Add(of.trigger.Expires)}
	o, fires := t.occurrenceHere(of.occurrences)
	switch {
	case fires:
		_, err := t.r.Decision(d.Contact, d.Trigger, d.Occurrence)
		if err != nil && !errors.Is(err, storage.ErrNotFound) {
			return d, false, err
		}
		d.FirstDue, d.Expires = o.At, o.Expires
		return d, err == nil || o.State == occurrenceDone || t.contact.ID <= o.Cursor, nil
	case !scheduled(of.trigger):
		return d, false, nil
	}
	at, local, err := t.b.nextOf(of.trigger, t.now, t.location())
	if err != nil || at.IsZero() {
		return d, false, err
	}
	if of.campaign.ID != "" { // it is still to fire here
		at = t.b.instantIn(of.trigger, of.campaign.ID, t.location())
	} else {
		id := occurrenceID(of.trigger, local, t.location().String())
		d.Occurrence = occurrenceKey(id, t.location().String())
	}
	t.now, d.FirstDue, d.Expires = at, at, at.Add(of.trigger.Expires)
	return d, false, nil
}

// samples are the message as this person would see it, in each language.
func (t *turn) samples(trigger *flows.Trigger, n *notice) []Sample {
	out := []Sample{}
	for _, language := range t.program.Languages() {
		t.contact.Locale = language
		if say, some, _ := t.rehearse(trigger, n); some {
			out = append(out, Sample{language, t.contact.ID, say.Message})
		}
	}
	return out
}

// rehearse runs a notification's flow and keeps nothing of that.
func (t *turn) rehearse(trigger *flows.Trigger, n *notice) (say flows.Say, some, fault bool) {
	world := t.world()
	world.Trace = nil
	return notificationOf(t.program.Advance(t.session, inputOf(trigger, []*notice{n}, t.now), world).Effects)
}
