package bot

import (
	"context"
	"errors"
	"runtime"
	"time"
	"weak"
)

// Eager lets a bot that is driven by Settle handle webhooks at once, as one does that
// runs.
func (b *Bot) Eager() { b.eager = true }

// Busy says whether anybody has a place at the desk.
func (b *Bot) Busy() bool { return b.desk.busy() || len(b.handed.letters) > 0 }

// Look brings what is known to be due up to date, as a bot that runs does before each round.
func (b *Bot) Look(ctx context.Context) error {
	_, err := b.look(ctx, partTimers, partOutbox)
	return err
}

// Rests says whether a page is known to rest.
func (b *Bot) Rests(page string) bool {
	now := b.Now()
	return b.pages.opens(page, now).After(now)
}

// Tidy does what a bot that runs does once an hour.
func (b *Bot) Tidy(ctx context.Context) error {
	return errors.Join(b.tidy(ctx, b.Now()), b.tidySchedules(ctx))
}

// Collect removes the programs that nobody needs.
func (b *Bot) Collect(ctx context.Context) error { return b.collect(ctx, b.Now()) }

// Retain erases what is older than data_retention, as is done once a day.
func (b *Bot) Retain(ctx context.Context) error { return b.retain(ctx, b.Now()) }

// RetentionBefore is for how long something is kept.
func RetentionBefore(span string, now time.Time) (time.Time, bool) { return retentionBefore(span, now) }

// TurnOutlives decides one notification of an event as its campaign does, and says what
// became of it, and whether anything still knows the turn of that, or its lists, once it is
// over, while the transaction goes on.
func (b *Bot) TurnOutlives(contact, trigger string, event map[string]any) (kind string, outlives bool, err error) {
	b.desk.admit() // until Settle is done
	err = b.write(context.Background(), func(tx *txn) (err error) {
		was := weak.Make(new(turn))
		tx.room = was.Value()
		n := notifyInput{Trigger: trigger, Occurrence: "1", Event: event, Due: tx.now}
		if kind, err = b.notifyOne(tx, contact, n, audience{input: "test", timers: true}, false); err != nil {
			return err
		}
		consent, permit := weak.Make(&tx.room.stood[0]), weak.Make(&tx.room.permits[0])
		tx.room = nil
		runtime.GC()
		outlives = was.Value() != nil || consent.Value() != nil || permit.Value() != nil
		return nil
	})
	return kind, outlives, err
}

// LettersOutlive settles what was handed over, and says how many letters of how many
// anything still knows then, but for the memory kept for others.
func (b *Bot) LettersOutlive(ctx context.Context) (outlive, of int, err error) {
	var was []weak.Pointer[letter]
	for _, l := range b.handed.letters {
		was = append(was, weak.Make(l))
	}
	err = b.Settle(ctx)
	b.letters = stationery{}
	runtime.GC()
	for _, l := range was {
		if l.Value() != nil {
			outlive++
		}
	}
	return outlive, len(was), err
}
