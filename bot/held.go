package bot

import (
	"encoding/json"
	"time"

	"github.com/relance-bot/relance/storage"
)

// heldBy are the notifications of a trigger that a person's rules hold.
func (x *txn) heldBy(contact, trigger string) ([]storage.Decision, error) {
	return x.Decisions(storage.DecisionQuery{Contact: contact, Trigger: trigger, Kinds: []string{DecisionHeld}, Limit: maxHeld})
}

// armHeld sets the one timer of a trigger's held notifications to the next chance
// or the next end of any of them. One whose chance is now is on its way to a turn
// already, or waits for its slot.
func (t *turn) armHeld(trigger string) error {
	held, err := t.tx.heldBy(t.contact.ID, trigger)
	if err != nil {
		return err
	}
	return t.arm(trigger, held)
}

// arm is armHeld for those who know what is held.
func (t *turn) arm(trigger string, held []storage.Decision) error {
	var at time.Time
	for _, d := range held {
		next, last := d.Next, d.Expires.Add(time.Millisecond) // it may go up to Expires
		switch {
		case !d.Expires.IsZero() && (next.IsZero() || next.After(last)):
			next = last
		case !next.After(t.now):
			continue
		}
		at = earlier(at, next)
	}
	if at.IsZero() && t.alone {
		return nil // there is none
	}
	if at.IsZero() {
		return t.tx.DeleteTimer(t.contact.ID, timerHeld, trigger)
	}
	return t.tx.PutTimer(storage.Timer{Contact: t.contact.ID, Kind: timerHeld, Key: trigger, At: at})
}

// reconsider lets the held notifications of a topic, or of all, be decided again
// after what happens now.
func (t *turn) reconsider(topic string) error {
	held, err := t.tx.Decisions(storage.DecisionQuery{Contact: t.contact.ID, Topic: topic, Kinds: []string{DecisionHeld}, Limit: maxHeld})
	if err != nil {
		return err
	}
	for _, d := range held {
		if t.again[d.Trigger] {
			continue
		}
		jot(&t.again, d.Trigger, true)
		if err := t.b.enqueueNotify(t.tx, t.contact.ID, notifyInput{Trigger: d.Trigger}, t.now); err != nil {
			return err
		}
	}
	return nil
}

// failHeld ends the held notifications that an input was to decide again, and could not:
// their timer is gone, so nothing else would.
func (b *Bot) failHeld(tx *txn, in storage.Input, now time.Time) error {
	var n notifyInput
	if json.Unmarshal(in.Body, &n) != nil || n.Occurrence != "" {
		return nil
	}
	held, err := tx.heldBy(in.Contact, n.Trigger)
	if err != nil {
		return err
	}
	for _, d := range held {
		if _, err := b.putDecision(tx, d, now, Verdict{Kind: DecisionFailed, Rule: RuleFault}); err != nil {
			return err
		}
	}
	return nil
}
