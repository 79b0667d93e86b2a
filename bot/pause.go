package bot

import (
	"context"
	"errors"
	"fmt"

	"github.com/relance-bot/relance/storage"
)

// Errors of PauseOccurrence and its neighbours.
var (
	ErrNoOccurrence = errors.New("there is no such occurrence")
	ErrOver         = errors.New("the occurrence is over")
)

// PauseOccurrence lets the fan-out of an occurrence stand where it is until
// ResumeOccurrence. It is named as storage names it: by its trigger and its id. Nobody
// is decided about after it returns; what was decided before takes its way. To pause
// what is paused does nothing. ErrNoOccurrence, or ErrOver if it has ended.
func (b *Bot) PauseOccurrence(ctx context.Context, trigger, id string) error {
	return b.turnOccurrence(ctx, trigger, id, occurrencePaused)
}

// ResumeOccurrence lets a paused occurrence go on from where it stands. Who has
// stopped meanwhile gets nothing, and what is too late by now is recorded as expired.
// Errors are as of PauseOccurrence.
func (b *Bot) ResumeOccurrence(ctx context.Context, trigger, id string) error {
	return b.turnOccurrence(ctx, trigger, id, occurrenceRunning)
}

// CancelOccurrence ends the fan-out of an occurrence for good. Those it did not come to
// get no notification of it, and its counts say how many did. Errors are as of
// PauseOccurrence.
func (b *Bot) CancelOccurrence(ctx context.Context, trigger, id string) error {
	return b.turnOccurrence(ctx, trigger, id, occurrenceCancelled)
}

// turnOccurrence puts an occurrence that is not over into another state.
func (b *Bot) turnOccurrence(ctx context.Context, trigger, id, state string) error {
	return b.write(ctx, func(tx *txn) error {
		o, err := tx.Occurrence(trigger, id)
		switch {
		case errors.Is(err, storage.ErrNotFound):
			return fmt.Errorf("%w: %s of %s", ErrNoOccurrence, id, trigger)
		case err != nil:
			return err
		case o.State == state:
			return nil
		case o.State != occurrenceRunning && o.State != occurrencePaused:
			return fmt.Errorf("%w: it is %s", ErrOver, o.State)
		}
		if o.State = state; state == occurrenceCancelled {
			o.Cursor = ""
		}
		return tx.PutOccurrence(o)
	})
}
