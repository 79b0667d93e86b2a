package bot

import (
	"context"
	"time"
)

// Eager lets a bot that is driven by Settle handle webhooks at once, as one does that
// runs.
func (b *Bot) Eager() { b.eager = true }

// Busy says whether anybody has a place at the desk.
func (b *Bot) Busy() bool { return b.desk.busy() || len(b.handed.letters) > 0 }

// Collect removes the programs that nobody needs.
func (b *Bot) Collect(ctx context.Context) error { return b.collect(ctx, b.Now()) }

// Retain erases what is older than data_retention, as is done once a day.
func (b *Bot) Retain(ctx context.Context) error { return b.retain(ctx, b.Now()) }

// RetentionBefore is for how long something is kept.
func RetentionBefore(span string, now time.Time) (time.Time, bool) { return retentionBefore(span, now) }
