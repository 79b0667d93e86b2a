package bot

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/relance-bot/relance/storage"
)

// Kinds of timers, beside kindWake.
const (
	timerHeld = "held" // key: the trigger; its held notifications are decided again
	timerSlot = "slot" // key: the trigger and occurrence; body: notifyInput whose slot comes
	// key: the event's; body: Event, a delivery that came before the answer it is about
	timerReceipt = "receipt"
	timerCall    = "call" // key: the call's id; body: flows.Call; it comes due when the process that makes it is gone
	timerCron    = "cron" // no contact; key: the trigger and its zone; body: scheduleTimer
)

// timers turns what is due into inputs and occurrences. If one fails each is tried by
// itself, so that it cannot hold up the rest.
func (b *Bot) timers(ctx context.Context) (worked bool, err error) {
	now := b.clock.Now()
	var due []storage.Timer
	err = b.write(ctx, func(tx *txn) (err error) {
		if due, err = tx.DueTimers(now, timerBatch); err != nil {
			return err
		}
		need := storage.Need{}
		for _, timer := range due {
			if timer.Contact != "" {
				need.Contacts = append(need.Contacts, timer.Contact)
			}
		}
		if err := tx.Need(need); err != nil {
			return err
		}
		for _, timer := range due {
			if err := b.fire(tx, timer, now); err != nil {
				return fmt.Errorf("%s timer: %w", timer.Kind, err)
			}
		}
		return nil
	})
	if err == nil && len(due) == timerBatch {
		b.plan.more(partTimers, now)
	}
	if err == nil || passing(err) {
		return len(due) > 0, err
	}
	b.log.Warn("a batch of timers failed, trying them one by one", "error", err)
	for _, timer := range due {
		one := func(do func(*txn, storage.Timer, time.Time) error) error {
			return b.write(ctx, func(tx *txn) error {
				if stands, err := stillStands(tx, timer); err != nil || !stands {
					return err
				}
				return do(tx, timer, now)
			})
		}
		err := one(b.fire)
		if err != nil && !passing(err) {
			b.observer.Fault("")
			b.log.Error("a timer failed and is set aside", "kind", timer.Kind, "error", err)
			err = one(b.setTimerAside)
		}
		if err != nil {
			return false, err
		}
	}
	return len(due) > 0, nil
}

// stillStands says whether a timer that was seen before is there as it was: another
// process may have fired it meanwhile.
func stillStands(tx *txn, seen storage.Timer) (bool, error) {
	timers, err := tx.Timers(seen.Contact)
	return slices.ContainsFunc(timers, func(timer storage.Timer) bool {
		return timer.Kind == seen.Kind && timer.Key == seen.Key && timer.At.Equal(seen.At)
	}), err
}

func (b *Bot) fire(tx *txn, timer storage.Timer, now time.Time) error {
	if timer.Kind == timerNotice {
		return b.fireNotice(tx, timer, now)
	}
	if timer.Kind == timerCall {
		return b.fireCall(tx, timer, now)
	}
	if timer.Kind == timerCron {
		return b.fireSchedule(tx, timer, now)
	}
	if err := tx.DeleteTimer(timer.Contact, timer.Kind, timer.Key); err != nil {
		return err
	}
	switch timer.Kind {
	case kindWake:
		_, err := tx.Enqueue(storage.Input{Contact: timer.Contact, Kind: kindWake, At: now})
		return err
	case timerHeld:
		return b.enqueueNotify(tx, timer.Contact, notifyInput{Trigger: timer.Key}, now)
	case timerThread:
		return b.enqueueThread(tx, timer, now)
	case timerComment:
		return tx.Erase(timer.Contact)
	case timerIdle:
		return b.enqueueIdle(tx, timer, now)
	case timerReceipt:
		return b.receivedBefore(tx, timer, now)
	case timerSlot:
		_, err := tx.Enqueue(storage.Input{Contact: timer.Contact, Kind: kindNotify, Body: timer.Body, At: now})
		return err
	}
	b.log.Warn("a timer of an unknown kind was dropped", "kind", timer.Kind)
	return nil
}

// setTimerAside keeps a timer that cannot be fired among the strays. A schedule gets
// a new one.
func (b *Bot) setTimerAside(tx *txn, timer storage.Timer, now time.Time) error {
	err := tx.PutStray(storage.Stray{At: now, Source: "timer", Reason: "failed " + timer.Kind, Body: timer.Body, Contact: timer.Contact})
	if err != nil {
		return err
	}
	if timer.Kind == timerSlot {
		tx.unqueue(timer.Body, countOf(DecisionFailed, RuleFault))
	}
	if err := tx.DeleteTimer(timer.Contact, timer.Kind, timer.Key); err != nil || timer.Kind != timerCron {
		return err
	}
	return b.ensureSchedules(tx, now)
}
