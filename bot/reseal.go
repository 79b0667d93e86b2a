package bot

import (
	"context"
	"strings"
	"time"
)

// reseal lets a store with keys write its older values anew, beside everything else.
func (b *Bot) reseal(ctx context.Context, now time.Time) {
	store := b.store.Abilities().Resealer
	if store == nil || !b.resealing.CompareAndSwap(false, true) {
		return
	}
	b.tasks.Go(func() {
		defer b.resealing.Store(false)
		for more := true; more && ctx.Err() == nil; {
			var retired []string
			var err error
			if more, retired, err = store.Reseal(ctx, now); err != nil {
				if ctx.Err() == nil {
					b.log.Warn("writing values anew under the newest key", "error", err)
				}
				return
			}
			if len(retired) > 0 {
				b.log.Info("a key is needed no more: take it out of RELANCE_SECRET_KEY", "key", strings.Join(retired, " "))
			}
		}
	})
}
