package bot

// Eager lets a bot that is driven by Settle handle webhooks at once, as one does that
// runs.
func (b *Bot) Eager() { b.eager = true }
