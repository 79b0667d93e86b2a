package bot

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/relance-bot/relance/storage"
)

// putDecision keeps what was decided about one notification.
func (b *Bot) putDecision(tx *txn, d storage.Decision, now time.Time, v Verdict) (storage.Decision, error) {
	d, err := tx.rule(d, now, v)
	if err != nil {
		return d, err
	}
	return d, tx.PutDecision(d)
}

// rule makes a decision what a verdict says. The caller puts it.
func (x *txn) rule(d storage.Decision, now time.Time, v Verdict) (storage.Decision, error) {
	x.tallyDecision(d, v)
	x.rulings = append(x.rulings, ruling{v.Kind, v.Rule})
	stays := went(d.Kind) && went(v.Kind)
	d.Kind, d.Rule, d.Lane, d.Next, d.At = v.Kind, v.Rule, v.Lane, v.Next, now
	if stays { // as it was decided, and what that costs is what it cost
		return d, nil
	}
	return decisionValues(d, v)
}

// went says whether a decision of a kind is of a message that went out, or may have.
func went(kind string) bool { return kind == DecisionSent || kind == DecisionUnknown }

// decisionValues is a decision with what its rule saw.
func decisionValues(d storage.Decision, v Verdict) (storage.Decision, error) {
	d.Values = nil
	if len(v.Values) == 0 {
		return d, nil
	}
	raw, err := json.Marshal(v.Values)
	if err != nil {
		return d, fmt.Errorf("decision: %w", err)
	}
	d.Values = raw
	return d, nil
}

// redecide changes the decisions that one message carried. Those that did not go
// with it after all are no longer its own.
func (b *Bot) redecide(tx *txn, send string, now time.Time, v Verdict) error {
	decisions, err := tx.DecisionsBySend(send)
	if err != nil {
		return err
	}
	for _, d := range decisions {
		verdict, at := v, now
		switch v.Kind {
		case DecisionSkipped, DecisionHeld:
			d.Send, verdict.Lane = "", ""
		case DecisionUnknown, DecisionSent:
			at = d.At // when it was decided, for cadence and budget
			fallthrough
		default:
			if verdict.Lane == "" {
				verdict.Lane = d.Lane
			}
		}
		if _, err := b.putDecision(tx, d, at, verdict); err != nil {
			return err
		}
	}
	return nil
}
