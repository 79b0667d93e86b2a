package bot

import (
	"time"

	"github.com/relance-bot/relance/storage"
)

// heldBy are the notifications of a trigger that this person's rules hold.
func (t *turn) heldBy(trigger string) ([]storage.Decision, error) {
	return t.tx.Decisions(storage.DecisionQuery{Contact: t.contact.ID, Trigger: trigger, Kinds: []string{DecisionHeld}, Limit: maxHeld})
}

// armHeld sets the one timer of a trigger's held notifications to the next chance
// or the next end of any of them. One whose chance is now is on its way to a turn
// already, or waits for its slot.
func (t *turn) armHeld(trigger string) error {
	held, err := t.heldBy(trigger)
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
