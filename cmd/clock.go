package cmd

import (
	"context"
	"errors"
	"time"

	"github.com/relance-bot/relance/bot"
	"github.com/relance-bot/relance/storage"
)

// commonClock is the clock that everyone who uses a database shares: the machine's,
// set right by the database's if that has one. The processes of one bot then agree
// about the time however wrong one of their machines is.
func commonClock(machine bot.Clock, store storage.Store) bot.Clock {
	if shared := store.Abilities().Shared; shared != nil {
		return &offsetClock{machine, shared.Offset}
	}
	return machine
}

// offsetClock shows another clock's time, some way ahead of it that may change.
type offsetClock struct {
	base   bot.Clock
	offset func() time.Duration
}

// Now implements bot.Clock.
func (c *offsetClock) Now() time.Time { return c.base.Now().Add(c.offset()) }

// At implements bot.Clock.
func (c *offsetClock) At(t time.Time) (due <-chan struct{}, stop func()) {
	return c.base.At(t.Add(-c.offset()))
}

// metaClock is where the emulator's clock, as far as it is ahead of the machine's,
// is remembered: a bot's time never goes back.
const metaClock = "emulator-clock"

func clockOffset(ctx context.Context, store storage.Store) (offset time.Duration, err error) {
	err = store.Read(ctx, func(r storage.Reader) error {
		raw, err := r.Meta(metaClock)
		if errors.Is(err, storage.ErrNotFound) || err == nil && len(raw) == 0 {
			return nil
		}
		if err != nil {
			return err
		}
		offset, err = time.ParseDuration(string(raw))
		return err
	})
	return offset, err
}
