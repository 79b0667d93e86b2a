// Command stock is a bot with two Go functions: what is on the shelf, and to put a pair
// aside. It has every verb of relance.
package main

import (
	"log/slog"

	"github.com/relance-bot/relance/bot"
	"github.com/relance-bot/relance/cmd"
)

func main() { cmd.Main(setup) }

// setup gives the bot what its flows call.
func setup(b *bot.Bot) error {
	shelf := newShelf(map[float64]int{40: 1, 41: 3, 42: 0, 43: 12})
	b.Use(logged(slog.Default()))
	bot.Handle(b, "stock.find", shelf.find)
	bot.Handle(b, "stock.keep", shelf.keep)
	return nil
}
