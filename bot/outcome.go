package bot

import (
	"context"
	"maps"
	"time"

	"github.com/relance-bot/relance/flows"
	"github.com/relance-bot/relance/storage"
)

// Kinds of a storage.Outcome. What Name, Input and the other columns hold of each:
//
//	goal       the goal's name, its Value; Input is what the turn answered
//	asked      an opt-in request was shown ("request"), or the question in our own words
//	           ("words"); Input names it
//	granted    "request", "words", or the source of a consent that began otherwise (link,
//	           import, platform, resumed …); of a request the Input is that of asked
//	declined   of a request; the Input is that of asked
//	stopped    the source; Input is what was answered and the topic; Trigger and Occurrence are of the notification it is counted to
//	clicked    Input is the message, Value how often a link in it was opened
//	purchased  Amount and Currency; Input is the shop's event; Trigger and Occurrence are
//	           there if the shop named the code of a notification's link
//	rated      an answer to the platform's feedback form: Name is the question, Variant the answer, Value it as a number, if it is one
//	variant    Name is the split, Variant what the person was given
const (
	OutcomeGoal      = "goal"
	OutcomeAsked     = "asked"
	OutcomeGranted   = "granted"
	OutcomeDeclined  = "declined"
	OutcomeStopped   = "stopped"
	OutcomeClicked   = "clicked"
	OutcomePurchased = "purchased"
	OutcomeRated     = "rated"
	OutcomeVariant   = "variant"
)

// Names of what was asked and granted.
const (
	byRequest = "request" // the platform's own
	byWords   = "words"   // ours
)

// AttributionWindow is how long after a notification something is counted to it that
// came of it: a purchase, an opt-out.
const AttributionWindow = 7 * 24 * time.Hour

// OutcomeView is one outcome, for the API and the terminal.
type OutcomeView struct {
	Kind       string    `json:"kind"`
	Name       string    `json:"name"`
	Value      float64   `json:"value,omitempty"`
	At         time.Time `json:"at"`
	Flow       string    `json:"flow,omitempty"`
	Step       string    `json:"step,omitempty"`
	Topic      string    `json:"topic,omitempty"`
	Trigger    string    `json:"trigger,omitempty"`
	Occurrence string    `json:"occurrence,omitempty"`
	Lane       string    `json:"lane,omitempty"`
	Variant    string    `json:"variant,omitempty"`
	Currency   string    `json:"currency,omitempty"`
	Amount     int64     `json:"amount,omitempty"` // in the currency's smallest unit
}

func outcomeView(o storage.Outcome) OutcomeView {
	return OutcomeView{
		Kind: o.Kind, Name: o.Name, Value: o.Value, At: o.At, Flow: o.Flow, Step: o.Step, Topic: o.Topic, Trigger: o.Trigger,
		Occurrence: o.Occurrence, Lane: o.Lane, Variant: o.Variant, Currency: o.Currency, Amount: o.Amount,
	}
}

// track records a goal. What is handled again after a crash, or comes by the same step
// twice in one turn, reaches it once.
func (t *turn) track(e flows.Track) error {
	return t.tx.PutOutcome(storage.Outcome{
		Contact: t.contact.ID, Kind: OutcomeGoal, Name: e.Goal, Value: e.Value, Flow: e.Flow, Step: e.Step, At: t.at, Input: t.input,
		Locale: t.language(),
	})
}

// offered notes that the person was asked for consent in our own words.
func (t *turn) offered(e flows.Offered) error {
	return t.tx.PutOutcome(storage.Outcome{
		Contact: t.contact.ID, Kind: OutcomeAsked, Name: byWords, Topic: e.Topic, Flow: e.Flow, Step: e.Step, At: t.at,
		Input: t.input + " " + e.Flow + "#" + e.Step, Locale: t.language(),
	})
}

// chose notes the variant of a split that is this person's now.
func (t *turn) chose(e flows.Chose) error {
	t.prefer(func(p *Prefs) { p.Variants = withVariant(p.Variants, e.Split, e.Variant) })
	return t.tx.PutOutcome(storage.Outcome{
		Contact: t.contact.ID, Kind: OutcomeVariant, Name: e.Split, Variant: e.Variant, Flow: e.Flow, Step: e.Step, At: t.at,
		Input: actOn(t.input, e.Variant), Locale: t.language(),
	})
}

// shown notes an opt-in request that the platform has taken.
func (x *txn) shown(l *letter) error {
	if known, err := x.met(l.Contact); err != nil || !known {
		return err
	}
	return x.PutOutcome(storage.Outcome{
		Contact: l.Contact, Kind: OutcomeAsked, Name: byRequest, Topic: l.Topic, Flow: l.body.Flow, Step: l.body.Step, At: l.At,
		Input: requestKey(l.body.Request), Locale: l.body.Language,
	})
}

// requestKey names an opt-in request among inputs.
func requestKey(request string) string { return "request:" + request }

// actOn names what an input did to one topic: it may do the same to several.
func actOn(input, topic string) string { return input + " " + topic }

// noteConsent keeps for the figures that a consent began or ended, or that a request
// was answered.
func (t *turn) noteConsent(topic, was string, next Consent, ch Change) error {
	o := storage.Outcome{
		Contact: t.contact.ID, Name: ch.Source, Topic: topic, Flow: ch.Flow, Step: ch.Step, At: ch.At, Input: actOn(t.input, topic), Locale: t.language(),
	}
	if ch.Request != "" {
		o.Name, o.Input = byRequest, requestKey(ch.Request)
		if r, ok := next.Request(ch.Request); ok {
			o.Flow, o.Step, o.Locale = r.Flow, r.Step, r.Locale
		}
	}
	before := was == StatusActive || was == StatusSnoozed
	switch {
	case ch.Action == Granted && (ch.Request != "" || !before):
		o.Kind = OutcomeGranted
		if ch.Source == SourceButton && ch.Request == "" {
			o.Name = byWords
		}
		if r, ok := next.Request(ch.Request); ok { // it was shown, whatever the platform told us of that
			shown := o
			shown.Kind, shown.At = OutcomeAsked, r.At
			if err := t.tx.PutOutcome(shown); err != nil {
				return err
			}
		}
	case ch.Action == Resumed && !before && next.Status == StatusActive:
		o.Kind, o.Name = OutcomeGranted, "resumed"
	case ch.Action == Declined:
		o.Kind = OutcomeDeclined
	case before && next.Status == StatusStopped:
		o.Kind = OutcomeStopped
		if err := t.countTo(&o); err != nil {
			return err
		}
		if key := (campaignKey{o.Trigger, o.Occurrence}); o.Trigger != "" && t.stopped != key {
			t.stopped = key // of a stop of everything one counts
			t.tx.tally(o.Trigger, o.Occurrence, countStopped, 1)
		}
	default:
		return nil
	}
	return t.tx.PutOutcome(o)
}

// countTo counts an act of the person to the last notification they had before it: of
// the same topic, or of any where the act was about all.
func (t *turn) countTo(o *storage.Outcome) error {
	topic := o.Topic
	if t.everything {
		topic = ""
	}
	d, ok, err := lastSent(t.tx, t.contact.ID, topic, o.At)
	if ok {
		o.Trigger, o.Occurrence, o.Lane, o.Flow = d.Trigger, d.Occurrence, d.Lane, d.Flow
	}
	return err
}

// lastSent is the notification that went to somebody last before a time, within the
// attribution window; of a topic, unless that is empty. One of unknown outcome
// counts: whoever acts on it has seen it.
func lastSent(r storage.OccurrenceReader, contact, topic string, at time.Time) (storage.Decision, bool, error) {
	list, err := r.Decisions(storage.DecisionQuery{
		Contact: contact, Topic: topic, Kinds: []string{DecisionSent, DecisionUnknown}, Since: at.Add(-AttributionWindow), Limit: maxHeld,
	})
	for _, d := range list { // newest first
		if !d.At.After(at) {
			return d, true, err
		}
	}
	return storage.Decision{}, false, err
}

// Outcomes lists what came of conversations with a person, newest first; of that kind
// and name only, unless they are empty. ErrUnknownContact if there is nobody.
func (b *Bot) Outcomes(ctx context.Context, id, kind, name string) ([]OutcomeView, error) {
	out := []OutcomeView{}
	err := b.store.Read(ctx, func(r storage.Reader) error {
		contact, err := b.find(r, id)
		if err != nil {
			return err
		}
		list, err := r.Outcomes(storage.OutcomeQuery{Contact: contact, Kind: kind, Name: name})
		out = out[:0]
		for _, o := range list {
			out = append(out, outcomeView(o))
		}
		return err
	})
	return out, err
}

// withVariant is a copy of the variants with one more: the flows may look at the old.
func withVariant(variants map[string]string, split, variant string) map[string]string {
	out := maps.Clone(variants)
	if out == nil {
		out = map[string]string{}
	}
	out[split] = variant
	return out
}
