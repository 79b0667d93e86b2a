package bot

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/relance-bot/relance/storage"
)

// settle writes what became of a message that was sent.
func (b *Bot) settle(ctx context.Context, l letter, o Outcome) error {
	now := b.clock.Now()
	err := b.write(ctx, func(tx *txn) error {
		stored, err := tx.Send(l.ID)
		if errors.Is(err, storage.ErrNotFound) {
			return nil // the contact was erased meanwhile
		}
		if err != nil {
			return err
		}
		if stored.State != storage.SendClaimed || !sameMilli(stored.ClaimAt, l.ClaimAt) {
			return nil // an echo was faster, or it is settled already
		}
		l := letter{Send: stored, body: l.body}
		switch o.Status {
		case Accepted:
			return b.accepted(tx, &l, o.MID, now)
		case Unknown:
			l.Error = o.Code
			return b.unknown(tx, &l, now)
		}
		l.Error = o.Class.String() + " " + o.Code
		t, err := b.begin(tx, l.Contact, now)
		if err != nil {
			return err
		}
		t.input = "send:" + l.ID
		if err := t.refused(&l, o); err != nil || !t.stored {
			return err
		}
		return t.commit()
	})
	if err != nil {
		return fmt.Errorf("settling a message: %w", err)
	}
	if o.Status != Accepted {
		b.log.Warn("a message was not accepted", "send", l.ID, "lane", l.Lane, "outcome", outcomeLabel(o), "code", o.Code)
	}
	return nil
}

// accepted records that the platform has the message.
func (b *Bot) accepted(tx *txn, l *letter, mid string, now time.Time) error {
	l.State, l.MID, l.Error = storage.SendSent, mid, ""
	if err := tx.PutSend(l.Send); err != nil {
		return err
	}
	if was, err := b.pages.well(tx, l.Page, l.ClaimAt); err != nil {
		return err
	} else if was {
		b.log.Info("a page takes messages again", "page", l.Page)
	}
	if !l.Bulk {
		return nil
	}
	decisions, err := tx.DecisionsBySend(l.ID)
	if err != nil {
		return err
	}
	for _, d := range decisions {
		d.MID = mid
		if d.Kind == DecisionSent {
			err = tx.PutDecision(d)
		} else { // it was unknown, or given up too soon
			err = b.putDecision(tx, d, d.At, Verdict{Kind: DecisionSent, Lane: d.Lane})
		}
		if err != nil {
			return err
		}
	}
	return b.arrived(tx, l, now)
}

// outcomes are those that could not be stored yet.
type outcomes struct {
	mu   sync.Mutex
	list []outcome
}

type outcome struct {
	letter letter
	Outcome
}

func (u *outcomes) add(l letter, o Outcome) {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.list = append(u.list, outcome{l, o})
}

// first is the oldest; ok is false if there is none.
func (u *outcomes) first() (o outcome, ok bool) {
	u.mu.Lock()
	defer u.mu.Unlock()
	if len(u.list) == 0 {
		return outcome{}, false
	}
	return u.list[0], true
}

func (u *outcomes) dropFirst() {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.list = u.list[1:]
}

func (u *outcomes) some() bool {
	_, ok := u.first()
	return ok
}

// resettle stores the outcomes that could not be stored when they came. One that the
// store will not have for a reason of its own is left unknown, so that what waits
// behind its message goes on.
func (b *Bot) resettle(ctx context.Context) (worked bool, err error) {
	for {
		o, ok := b.unsettled.first()
		if !ok {
			return worked, nil
		}
		err := b.settle(ctx, o.letter, o.Outcome)
		if err != nil && !passing(err) {
			b.log.Error("what became of a message cannot be stored: it is unknown", "send", o.letter.ID, "error", err)
			err = b.settle(ctx, o.letter, Outcome{Status: Unknown, Code: "unsettled"})
		}
		if err != nil {
			return worked, err
		}
		b.unsettled.dropFirst()
		worked = true
	}
}

// delay is how long a message waits after so many refusals: it grows by four, and is
// never shorter than what the platform asked for.
func delay(times int, asked time.Duration) time.Duration {
	d := firstRetry
	for i := 1; i < times && d < lastRetry; i++ {
		d *= 4
	}
	return max(min(d, lastRetry), asked)
}
