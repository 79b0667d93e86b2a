package bot

import (
	"errors"
	"strings"
	"time"

	"github.com/relance-bot/relance/storage"
)

// Some lanes accept a message and tell later that it did not arrive. Then it failed, and
// counts no longer for what the person agreed to; it is not sent again by itself, as the
// platform held it back for them.

// Pauses after which a person may be written to again on such a lane, by the platform's
// reason. How long its counts really last is not to be seen from outside.
const (
	pauseWeekly = 7 * 24 * time.Hour
	pauseOther  = 24 * time.Hour
)

// whose finds the contact that a report is about which names a token alone.
func (b *Bot) whose(tx *txn, page, token string) (contact string, err error) {
	c, err := tx.ContactByField(storage.TokenField, token)
	if errors.Is(err, storage.ErrNotFound) || err == nil && !strings.HasPrefix(c.ID, page+":") {
		return "", nil
	}
	return c.ID, err
}

// undelivered follows the platform's word that a message it had accepted did not arrive.
func (t *turn) undelivered(e *Event, at time.Time) error {
	p := t.byToken(e.Permit.Token)
	if p != nil {
		pause := pauseOther
		if strings.Contains(strings.ToUpper(e.Reason), "WEEKLY") {
			pause = pauseWeekly
		}
		if until := at.Add(pause); until.After(p.NextEligible) {
			rest := *p
			rest.NextEligible = until
			if err := t.putPermit(rest); err != nil {
				return err
			}
		}
	}
	sent, err := t.tx.Decisions(storage.DecisionQuery{
		Contact: t.contact.ID, Kinds: []string{DecisionSent, DecisionUnknown}, Since: at.Add(-sendRetention), Limit: maxHeld,
	})
	if err != nil {
		return err
	}
	for _, d := range sent {
		if !t.traits(d.Lane).Late || !d.Delivered.IsZero() || !d.Read.IsZero() || d.At.After(at.Add(clockSlack)) {
			continue
		}
		return t.failLate(d, e.Reason)
	}
	return nil
}

// failLate fails what one message carried, after all.
func (t *turn) failLate(newest storage.Decision, reason string) error {
	carried := []storage.Decision{newest}
	if newest.Send != "" {
		var err error
		if carried, err = t.tx.DecisionsBySend(newest.Send); err != nil {
			return err
		}
	}
	for _, d := range carried {
		if _, err := t.b.putDecision(t.tx, d, d.At, Verdict{Kind: DecisionFailed, Rule: RuleLane, Values: map[string]any{"code": reason}}); err != nil {
			return err
		}
	}
	c := t.topic(newest.Topic)
	if c == nil || !sameMilli(c.LastSent, newest.At) {
		return nil
	}
	before, err := t.tx.Decisions(storage.DecisionQuery{
		Contact: t.contact.ID, Topic: newest.Topic, Kinds: []string{DecisionSent, DecisionUnknown}, Limit: 1,
	})
	if err != nil {
		return err
	}
	last := time.Time{}
	if len(before) > 0 {
		last = before[0].At
	}
	return t.carried(c, last, 0)
}
