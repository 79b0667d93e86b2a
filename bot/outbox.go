package bot

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/relance-bot/relance/storage"
)

// claim takes messages from the outbox that may be sent now and hands them over.
// Consent is read again in this very transaction: what was withdrawn since the decision
// is dropped here. worked says whether there was anything, and next when there will be
// something.
func (b *Bot) claim(ctx context.Context, limit int) (worked bool, next time.Time, err error) {
	a, err := b.look(ctx, partOutbox, partOutbox)
	next = a[partOutbox]
	if err != nil || next.IsZero() || next.After(b.clock.Now()) {
		return false, next, err
	}
	if b.shared != nil && !b.shared.Holds() { // it would give all of it back, and claim it again
		return false, b.clock.Now().Add(lookEvery), nil
	}
	b.plan.begun(partOutbox)
	err = b.write(ctx, func(tx *txn) (err error) {
		resting, probing := b.pages.closed(tx.now)
		skip := slices.Concat(resting, probing, b.desk.full())
		if worked, err = b.claimSome(tx, limit, skip, false); err != nil {
			return err
		}
		for _, page := range probing {
			some, err := b.claimProbe(tx, page)
			if err != nil {
				return err
			}
			worked = worked || some
		}
		return nil
	})
	if err != nil {
		return false, time.Time{}, fmt.Errorf("claiming messages: %w", err)
	}
	b.plan.ended(partOutbox, worked)
	return worked, next, nil
}

// claimSome takes up to limit messages, without those of some pages. some says whether
// there were any, also if none may go.
func (b *Bot) claimSome(tx *txn, limit int, skip []string, probe bool) (some bool, err error) {
	sends, err := tx.ClaimSends(tx.now, limit, skip)
	if err != nil || len(sends) == 0 {
		return false, err
	}
	if err := tx.Need(needOf(sends)); err != nil {
		return false, err
	}
	for _, s := range sends {
		if !tx.take(s) {
			// A notification waits for a place without keeping replies from theirs.
			s.State, s.Ready = storage.SendPending, tx.now.Add(placeWait)
			if err := tx.PutSend(s); err != nil {
				return false, err
			}
			continue
		}
		l, may, err := b.inspect(tx, s, tx.now)
		if err != nil {
			return false, err
		}
		if may {
			l.probe = probe
			tx.letters = append(tx.letters, &l)
		}
	}
	return true, nil
}

// claimProbe takes one message to try a page that was unwell, which then rests until
// its outcome is known. Of several processes one does.
func (b *Bot) claimProbe(tx *txn, page string) (some bool, err error) {
	r, err := storedRest(tx, page)
	if err != nil || r.Until.After(tx.now) {
		return false, err
	}
	for range claimBatch {
		before := len(tx.letters)
		more, err := b.claimSome(tx, 1, b.others(page), true)
		if err != nil || !more {
			return some, err
		}
		some = true
		if len(tx.letters) > before {
			return true, b.pages.probed(tx, page, tx.now)
		}
	}
	return some, nil
}

// inspect checks what may have changed since a message was decided. One that may not
// go is settled here.
func (b *Bot) inspect(tx *txn, s storage.Send, now time.Time) (l letter, may bool, err error) {
	l, err = open(s)
	if err == nil {
		may, err = b.maySend(tx, &l, now)
	}
	if errors.Is(err, errCorrupt) {
		b.log.Error("a message in the outbox cannot be read and fails", "send", s.ID, "error", err)
		tx.whenKept(func() { b.observer.Fault("") })
		l.State, l.Error = storage.SendFailed, "corrupt"
		if err := tx.PutSend(l.Send); err != nil {
			return l, false, err
		}
		return l, false, b.redecide(tx, l.ID, now, Verdict{Kind: DecisionFailed, Rule: RuleRender})
	}
	return l, may, err
}

func (b *Bot) maySend(tx *txn, l *letter, now time.Time) (bool, error) {
	contact, err := tx.Contact(l.Contact)
	_, ours := b.channels[l.Page]
	if errors.Is(err, storage.ErrNotFound) {
		if l.body.Farewell && ours {
			return true, nil
		}
		l.State = storage.SendDropped // nobody is there any more
		return false, tx.conclude(l)
	}
	if err != nil {
		return false, err
	}
	if l.body.Comment != "" && !now.Before(l.body.Expires) {
		return false, tx.Erase(l.Contact) // it is too late for a private reply
	}
	if c := l.body.Control; c != "" {
		t, err := b.begin(tx, l.Contact, now)
		if err != nil {
			return false, err
		}
		over := t.handed() != (c == ControlPass) // the conversation has changed hands since
		if c == ControlUnsubscribe {
			over = t.subscribed() // they have agreed again since
		}
		if over {
			l.State = storage.SendDropped
			return false, tx.conclude(l)
		}
	}
	if l.body.Request != "" {
		if stopped, err := b.stoppedSince(tx, l, now); err != nil || stopped {
			return false, err
		}
	}
	if !l.Bulk && ours && contact.Unreachable == "" {
		return true, nil
	}
	runs, err := tx.allRun(l.body.Trigger, l.body.Campaigns)
	if err != nil {
		return false, err
	}
	if l.Bulk && ours && runs && contact.Unreachable == "" && !b.waited(l, contact, now) {
		if active, err := consented(tx, l, now); active || err != nil {
			return active, err
		}
	}
	t, err := b.begin(tx, l.Contact, now)
	if err != nil {
		return false, err
	}
	may := false
	if l.Bulk {
		may, err = t.decideAgain(l)
	} else {
		err = t.end(l, storage.SendDropped, Verdict{})
	}
	if err != nil {
		return false, err
	}
	return may, t.commit()
}

// stoppedSince drops a request for consent that a sender had when the person stopped its
// topic, and that was to be sent once more.
func (b *Bot) stoppedSince(tx *txn, l *letter, now time.Time) (bool, error) {
	t, err := b.begin(tx, l.Contact, now)
	if err != nil {
		return false, err
	}
	c := t.topic(l.Topic)
	if c == nil || c.Status != StatusStopped && !c.StoppedAt.After(l.At) {
		return false, nil
	}
	if !l.body.Resent {
		c.unasked(l.body.Request)
	}
	l.State = storage.SendDropped
	if err := t.tx.conclude(l); err != nil {
		return false, err
	}
	return true, t.commit()
}

// waited says whether a notification was decided so long ago, or on another day,
// that the rules must be asked again.
func (b *Bot) waited(l *letter, contact storage.Contact, now time.Time) bool {
	if l.body.Doubt || now.Sub(l.body.DecidedAt) > stale || l.body.Expires.Before(now) && !l.body.Expires.IsZero() {
		return true
	}
	zone := b.home()
	if own, err := b.zones.get(contact.Timezone); err == nil {
		zone = own
	}
	return !sameDay(wallOf(l.body.DecidedAt, zone), wallOf(now, zone))
}

// doubt lets the notifications that are decided and wait in the outbox be decided again
// before they go: when their day and their night have changed.
func (t *turn) doubt() error {
	sends, err := t.tx.Sends(t.contact.ID)
	if err != nil {
		return err
	}
	for _, s := range sends {
		if !s.Bulk || s.State != storage.SendPending {
			continue
		}
		l, err := open(s)
		if err != nil {
			continue // whoever claims it says so
		}
		l.body.Doubt = true
		if err := l.seal(); err != nil {
			return err
		}
		if err := t.tx.PutSend(l.Send); err != nil {
			return err
		}
	}
	return nil
}

// consented reads the consent a notification goes out under.
func consented(tx *txn, l *letter, now time.Time) (bool, error) {
	consents, err := tx.Consents(l.Contact)
	if err != nil {
		return false, err
	}
	for _, record := range consents {
		if record.Topic == l.Topic {
			c, err := FromRecord(record)
			return err == nil && c.ActiveAt(now), err
		}
	}
	return false, nil
}
