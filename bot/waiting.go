package bot

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/relance-bot/relance/storage"
)

// Messages whose outcome is unknown wait a while for their echo. Then a reply is sent
// once more, under the same id; a notification or a private reply never is.

// unknown lets a message wait for its echo; one that was sent once more does not hold
// up later ones again. The decisions of a notification say so at once, and an interest
// that ends with it has ended: it may well have arrived.
func (b *Bot) unknown(tx *txn, l *letter, since time.Time) error {
	var err error
	l.State, l.Ready = storage.SendWaiting, since.Add(echoPatience)
	if l.body.Resent || l.body.Comment != "" {
		l.State = storage.SendUnknown
		err = tx.conclude(l)
	} else {
		err = tx.PutSend(l.Send)
	}
	if err != nil {
		return err
	}
	if !l.Bulk {
		return nil
	}
	if err := b.redecide(tx, l.ID, since, Verdict{Kind: DecisionUnknown}); err != nil {
		return err
	}
	return b.arrived(tx, l, since)
}

// arrived ends the interests that end with their first notification.
func (b *Bot) arrived(tx *txn, l *letter, now time.Time) error {
	if l.body.Ends == nil {
		return nil
	}
	t, err := b.begin(tx, l.Contact, now)
	if err != nil {
		return err
	}
	t.input = "send:" + l.ID
	for _, about := range l.body.Ends {
		c := t.topic(l.Topic)
		if c == nil || !hasInterest(c.Interests, about) {
			continue
		}
		if err := t.change(l.Topic, Change{Action: Unwatched, At: now, About: about, Source: SourceStep}); err != nil {
			return err
		}
	}
	return t.commit()
}

// overdue ends the waiting of messages that got no echo.
func (b *Bot) overdue(ctx context.Context) (worked bool, err error) {
	now := b.clock.Now()
	err = b.write(ctx, func(tx *txn) error {
		worked = false
		waiting, err := tx.SendsIn(storage.SendWaiting, waitingBatch)
		if err != nil {
			return err
		}
		due := slices.IndexFunc(waiting, func(s storage.Send) bool { return s.Ready.After(now) })
		if due >= 0 {
			waiting = waiting[:due] // they come in order of Ready
		}
		if err := tx.Need(needOf(waiting)); err != nil {
			return err
		}
		for _, s := range waiting {
			worked = true
			if err := b.giveUp(tx, s, now); err != nil {
				return err
			}
		}
		return nil
	})
	return worked, err
}

func (b *Bot) giveUp(tx *txn, s storage.Send, now time.Time) error {
	l, err := open(s)
	if err != nil || l.Bulk || l.body.Resent {
		l.State = storage.SendUnknown // for good
		return tx.conclude(&l)
	}
	l.body.Resent = true
	l.State, l.Ready = storage.SendPending, now
	if err := l.seal(); err != nil {
		return err
	}
	return tx.PutSend(l.Send)
}

// recoverClaims finds the messages that were on their way when a process ended. What
// became of them is unknown. A reply may not have been sent at all: that it was claimed
// does not count as the one time it is sent again.
func (b *Bot) recoverClaims(ctx context.Context) error {
	for more := true; more; {
		err := b.write(ctx, func(tx *txn) error {
			orphans, err := tx.Orphans(waitingBatch)
			more = len(orphans) == waitingBatch
			if err != nil || len(orphans) == 0 {
				return err
			}
			if err := tx.Need(needOf(orphans)); err != nil {
				return err
			}
			for _, s := range orphans {
				if err := b.recoverClaim(tx, s); err != nil {
					return fmt.Errorf("a message that was on its way: %w", err)
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

func (b *Bot) recoverClaim(tx *txn, s storage.Send) error {
	l, err := open(s)
	if err != nil {
		b.log.Error("a message that was on its way cannot be read", "send", s.ID, "error", err)
	}
	for _, id := range l.body.Campaigns {
		tx.tally(l.body.Trigger, id, countLost, 1)
	}
	if l.Attempt++; l.body.Resent && l.Attempt < maxAttempts {
		l.body.Resent = false
		if err := l.seal(); err != nil {
			return err
		}
	}
	return b.unknown(tx, &l, s.ClaimAt)
}

// needOf is what is touched of sends and their contacts.
func needOf(sends []storage.Send) (need storage.Need) {
	for _, s := range sends {
		need.Sends, need.Contacts = append(need.Sends, s.ID), append(need.Contacts, s.Contact)
	}
	return need
}
