package bot_test

import (
	"context"
	"fmt"
	"testing/fstest"

	"github.com/relance-bot/relance/bot"
	"github.com/relance-bot/relance/flows"
)

// A flow's calls are checked against the Go types of the handlers that a setup gives to
// the bot, before anything runs.
func ExampleHandle() {
	type query struct {
		Size float64 `json:"size"`
	}
	type stock struct {
		Left int `json:"left"`
	}
	setup := func(b *bot.Bot) error {
		bot.Handle(b, "stock.find", func(_ context.Context, _ *bot.Conversation, q query) (stock, error) {
			return stock{Left: int(q.Size) % 5}, nil
		})
		return nil
	}
	signatures, err := bot.Registered(setup)
	if err != nil {
		fmt.Println(err)
		return
	}
	_, _, found := flows.Load(fstest.MapFS{
		"bot.yaml": {Data: []byte("name: Fern & Fig\n")},
		"flows/stock.yaml": {Data: []byte(`triggers:
  - keywords: [stock]
steps:
  - call: stock.find
    with: {size: 9}
    save: stock
  - say: "{{ stock.lfet }} left."
`)},
	}, signatures...)
	for _, d := range found {
		fmt.Println(d.Message, "-", d.Hint)
	}
	// Output: what stock.find returns has no "lfet" - did you mean "left"?
}
