package main

import (
	"context"
	"log/slog"

	"github.com/relance-bot/relance/bot"
)

// logged tells the shop's own log what went wrong in its functions. The bot's log has
// only the type of an error, since its words may be what a person wrote.
func logged(log *slog.Logger) bot.Middleware {
	return func(next bot.Handler) bot.Handler {
		return func(ctx context.Context, c *bot.Conversation, with map[string]any) (any, error) {
			result, err := next(ctx, c, with)
			if err != nil {
				log.WarnContext(ctx, "a function failed", "function", c.Handler(), "call", c.ID(), "try", c.Try(), "error", err)
			}
			return result, err
		}
	}
}
