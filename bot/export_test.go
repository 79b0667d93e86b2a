package bot

import "context"

// Eager lets a bot that is driven by Settle handle webhooks at once, as one does that
// runs.
func (b *Bot) Eager() { b.eager = true }

// Busy says whether anybody has a place at the desk.
func (b *Bot) Busy() bool { return b.desk.busy() || len(b.handed.letters) > 0 }

// Collect removes the programs that nobody needs.
func (b *Bot) Collect(ctx context.Context) error { return b.collect(ctx, b.Now()) }
