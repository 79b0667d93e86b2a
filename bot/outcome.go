package bot

import (
	"context"
	"maps"
	"time"

	"github.com/relance-bot/relance/flows"
	"github.com/relance-bot/relance/storage"
)

// OutcomeGoal is the kind of a storage.Outcome that a track step recorded.
const OutcomeGoal = "goal"

// OutcomeView is one outcome, for the API and the terminal.
type OutcomeView struct {
	Kind  string    `json:"kind"`
	Name  string    `json:"name"`
	Value float64   `json:"value,omitempty"`
	At    time.Time `json:"at"`
	Flow  string    `json:"flow,omitempty"`
	Step  string    `json:"step,omitempty"`
}

func outcomeView(o storage.Outcome) OutcomeView {
	return OutcomeView{Kind: o.Kind, Name: o.Name, Value: o.Value, At: o.At, Flow: o.Flow, Step: o.Step}
}

// track records a goal. What is handled again after a crash, or comes by the same step
// twice in one turn, reaches it once.
func (t *turn) track(e flows.Track) error {
	return t.tx.PutOutcome(storage.Outcome{
		Contact: t.contact.ID, Kind: OutcomeGoal, Name: e.Goal, Value: e.Value, Flow: e.Flow, Step: e.Step, At: t.at, Input: t.input,
	})
}

// Outcomes lists what came of conversations with a person, newest first; of that name
// only, unless it is empty. ErrUnknownContact if there is nobody.
func (b *Bot) Outcomes(ctx context.Context, id, name string) ([]OutcomeView, error) {
	out := []OutcomeView{}
	err := b.store.Read(ctx, func(r storage.Reader) error {
		contact, err := b.find(r, id)
		if err != nil {
			return err
		}
		list, err := r.Outcomes(storage.OutcomeQuery{Contact: contact, Name: name})
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
