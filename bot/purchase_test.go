package bot_test

import (
	"context"
	"testing"

	"github.com/relance-bot/relance/bot"
)

// thankful thanks whoever buys, where they agreed to hear of their size.
var thankful = with(flagship, "flows/thanks.yaml", `
triggers:
  - event: purchase
    topic: restock
steps:
  - say: Merci pour tes {{ money(event.amount, event.currency) }} !
`)

// TestNobodyIsThankedForWhatAStrangerBought: the shop tells of all its orders, and most are of
// people the bot does not know.
func TestNobodyIsThankedForWhatAStrangerBought(t *testing.T) {
	t.Parallel()
	w := trackingWorld(t, thankful)
	w.subscribes("zoe", "restock", "daily")
	w.subscribes("max", "restock", "daily")
	if err := w.buys("p1", euros(59.9), ""); err != nil {
		t.Fatal(err)
	}
	w.expect("zoe")
	w.expect("max")
	if err := w.buys("p2", euros(59.9), w.id("zoe")); err != nil {
		t.Fatal(err)
	}
	w.expect("zoe", "Merci pour tes 59,90\u00a0€ !  [Stop]")
	w.expect("max")
}

// TestAnEventThatComesAgainIsKnownThoughItsPersonIsForgotten: the shop did not get the answer
// and sends the list once more.
func TestAnEventThatComesAgainIsKnownThoughItsPersonIsForgotten(t *testing.T) {
	t.Parallel()
	w := newWorld(t, flagship)
	w.subscribes("zoe", "restock", "daily")
	w.subscribes("max", "restock", "daily")
	list := []bot.ShopEvent{
		{ID: "p1", Name: "purchase", Data: euros(5), Contact: w.id("zoe")},
		{ID: "p2", Name: "purchase", Data: euros(5), Contact: w.id("max")},
	}
	w.sells(list...)
	w.forgets("zoe")
	accepted, duplicates, err := w.bot.Events(context.Background(), list)
	if err != nil || accepted != 0 || duplicates != 2 {
		t.Errorf("%d accepted and %d known (%v), want 0 and 2", accepted, duplicates, err)
	}
	list[0].ID = "p3"
	if _, _, err := w.bot.Events(context.Background(), list); err == nil {
		t.Error("an event for somebody who was forgotten is taken")
	}
}
