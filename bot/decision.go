package bot

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/relance-bot/relance/storage"
)

// putDecision keeps what was decided about one notification.
func (b *Bot) putDecision(tx storage.Tx, d storage.Decision, now time.Time, v Verdict) error {
	d.Kind, d.Rule, d.Lane, d.Next, d.At = v.Kind, v.Rule, v.Lane, v.Next, now
	d.Values = nil
	if len(v.Values) > 0 {
		raw, err := json.Marshal(v.Values)
		if err != nil {
			return fmt.Errorf("decision: %w", err)
		}
		d.Values = raw
	}
	if err := tx.PutDecision(d); err != nil {
		return err
	}
	b.observer.Decision(v.Kind, v.Rule)
	return nil
}

// redecide changes the decisions that one message carried. What was delivered is
// not undone.
func (b *Bot) redecide(tx storage.Tx, send string, now time.Time, v Verdict) error {
	decisions, err := tx.DecisionsBySend(send)
	if err != nil {
		return err
	}
	for _, d := range decisions {
		verdict := v
		if verdict.Lane == "" {
			verdict.Lane = d.Lane
		}
		if v.Kind == DecisionSkipped || v.Kind == DecisionHeld {
			d.Send, verdict.Lane = "", ""
		}
		at := now
		if v.Kind == DecisionSent || v.Kind == DecisionUnknown {
			at = d.At // when it was decided, for cadence and budget
		}
		if err := b.putDecision(tx, d, at, verdict); err != nil {
			return err
		}
	}
	return nil
}
