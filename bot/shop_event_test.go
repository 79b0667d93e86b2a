package bot_test

import (
	"context"
	"errors"
	"testing"

	"github.com/relance-bot/relance/bot"
)

func TestAnEventOfTheShopComesOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t, flagship)
	w.subscribes("zoe", "restock", "daily")
	accepted, duplicates, err := w.bot.Events(context.Background(), []bot.ShopEvent{back("1"), back("1")})
	if accepted != 1 || duplicates != 1 || err != nil {
		t.Errorf("%d accepted, %d duplicates, %v; want 1, 1 and no error", accepted, duplicates, err)
	}
	w.settle()
	w.crash()
	w.sells(back("1"))
	w.expect("zoe", "La Gazelle en 42 est de retour !  [Stop]")
	w.decided("zoe", "sent lane=recurring")
}

func TestEventsAreTakenAllOrNone(t *testing.T) {
	t.Parallel()
	w := newWorld(t, flagship)
	w.subscribes("zoe", "restock", "daily")
	bad := back("2")
	bad.Contact = "card=404"
	_, _, err := w.bot.Events(context.Background(), []bot.ShopEvent{back("1"), bad})
	var at *bot.EventError
	if !errors.As(err, &at) || at.Index != 1 {
		t.Fatalf("got %v, want an error that names the second", err)
	}
	w.settle()
	w.expect("zoe")
}

func TestAnEventThatNamesAPersonWakesWhoWaitsForIt(t *testing.T) {
	t.Parallel()
	w := newWorld(t, with(flagship, "flows/hello.yaml", `
triggers:
  - fallback: true
steps:
  - wait: {event: restock, timeout: 2d}
  - say: Enfin !
`))
	w.does(w.writes("zoe", "bonjour"))
	named := back("1")
	named.Contact = w.id("zoe")
	w.sells(named)
	w.expect("zoe", "Enfin !")
}
