package bot

import (
	"time"

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
