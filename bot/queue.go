package bot

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/relance-bot/relance/storage"
)

// turns gives the first input of up to turnBatch contacts its turn. If their common
// transaction fails each is tried by itself, so that one cannot hold up the rest.
func (b *Bot) turns(ctx context.Context) (worked bool, err error) {
	now := b.clock.Now()
	var done, lookUps []string
	err = b.write(ctx, func(tx *txn) error {
		done, lookUps = nil, nil
		inputs, err := tx.Pending(now, turnBatch)
		if err != nil {
			return err
		}
		need := storage.Need{}
		for _, in := range inputs {
			need.Contacts = append(need.Contacts, in.Contact)
		}
		if err := tx.Need(need); err != nil {
			return err
		}
		for _, in := range inputs {
			wait, err := b.handle(tx, in, now)
			if err != nil {
				return fmt.Errorf("%s input: %w", in.Kind, err)
			}
			if wait {
				lookUps = append(lookUps, in.Contact)
				continue
			}
			done = append(done, in.Kind)
		}
		return nil
	})
	switch {
	case err != nil && passing(err):
		return false, err
	case err != nil:
		b.log.Warn("a batch of turns failed, trying them one by one", "error", err)
		return b.turnsSingly(ctx, now)
	}
	b.turned(ctx, done, lookUps, now)
	if len(done)+len(lookUps) == turnBatch {
		b.plan.more(partInputs, now)
	}
	return len(done)+len(lookUps) > 0, nil
}

// turned follows turns that are stored.
func (b *Bot) turned(ctx context.Context, done, lookUps []string, began time.Time) {
	took := b.clock.Now().Sub(began)
	for _, kind := range done {
		b.observer.Turn(kind, took/time.Duration(len(done)))
	}
	for _, contact := range lookUps {
		b.lookUp(ctx, contact)
	}
}

// turnsSingly gives each pending input a transaction of its own. One that fails
// again and again is set aside as a stray, so that its contact's later inputs go on.
func (b *Bot) turnsSingly(ctx context.Context, now time.Time) (worked bool, err error) {
	var inputs []storage.Input
	err = b.store.Read(ctx, func(r storage.Reader) (err error) {
		inputs, err = r.Pending(now, turnBatch)
		return err
	})
	if err != nil {
		return false, err
	}
	for _, in := range inputs {
		var wait, gone bool
		need := storage.Need{Contacts: []string{in.Contact}}
		err := b.write(ctx, func(tx *txn) (err error) {
			wait = false
			if gone, err = handled(tx, in); err != nil || gone {
				return err
			}
			wait, err = b.handle(tx, in, now)
			return err
		}, need)
		switch {
		case err == nil && gone:
			continue
		case err == nil && wait:
			b.turned(ctx, nil, []string{in.Contact}, now)
		case err == nil:
			b.turned(ctx, []string{in.Kind}, nil, now)
		case passing(err):
			return worked, err // the input is not to blame
		default:
			b.observer.Fault("")
			b.log.Error("an input could not be handled", "kind", in.Kind, "attempt", in.Attempt+1, "error", err)
			err := b.write(ctx, func(tx *txn) error {
				if gone, err := handled(tx, in); err != nil || gone {
					return err
				}
				return b.setAside(tx, in, now)
			}, need)
			if err != nil {
				return worked, err
			}
		}
		worked = true
	}
	return worked, nil
}

// handled says whether an input that was seen before is not first in its inbox any more
// as it was then: another process has had it meanwhile.
func handled(tx *txn, in storage.Input) (bool, error) {
	first, err := tx.Inputs(in.Contact, 1)
	return len(first) == 0 || first[0].Seq != in.Seq || first[0].Attempt != in.Attempt, err
}

// setAside puts a failing input off, and in the end among the strays.
func (b *Bot) setAside(tx *txn, in storage.Input, now time.Time) error {
	in.Attempt++
	if in.Attempt < maxTurnAttempts {
		in.Ready = now.Add(time.Second << in.Attempt)
		err := tx.PutInput(in)
		if errors.Is(err, storage.ErrNotFound) {
			return nil // its contact was erased
		}
		return err
	}
	if in.Kind == kindNotify {
		tx.unqueue(in.Body, countOf(DecisionFailed, RuleFault))
		if err := b.failHeld(tx, in, now); err != nil {
			return err
		}
	}
	err := tx.PutStray(storage.Stray{At: now, Source: "inbox", Reason: "failed " + in.Kind, Body: in.Body, Contact: in.Contact})
	if err != nil {
		return err
	}
	return tx.DeleteInput(in.Contact, in.Seq)
}
