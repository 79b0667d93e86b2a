package bot_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/relance-bot/relance/bot"
	"github.com/relance-bot/relance/flows"
	"github.com/relance-bot/relance/storage"
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

// Who sends a list to two bots, or again, has it as it was.
func TestEventsLeaveTheCallersListAsItIs(t *testing.T) {
	t.Parallel()
	w := newWorld(t, flagship)
	list := []bot.ShopEvent{{ID: "e1", Name: "restock", Data: map[string]any{"model": "Gazelle", "size": "42", "note": "blue"}}}
	if _, _, err := w.bot.Events(context.Background(), list); err != nil {
		t.Fatal(err)
	}
	if got := list[0].Data; got["size"] != "42" || got["note"] != "blue" {
		t.Errorf("the caller's event has become %v", got)
	}
}

func TestEventsAreTakenAllOrNone(t *testing.T) {
	t.Parallel()
	w := newWorld(t, flagship)
	w.subscribes("zoe", "restock", "daily")
	bad := back("2")
	bad.Contact = "card=404"
	_, _, err := w.bot.Events(context.Background(), []bot.ShopEvent{back("1"), bad})
	var at *bot.EventError
	if !errors.As(err, &at) || at.Index != 1 || !errors.Is(err, bot.ErrUnknownContact) {
		t.Fatalf("got %v, want an error that names the second, and says that nobody is known", err)
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

// shelf are n events of the shop, each for the person whose card it is.
func shelf(n int) (out []bot.ShopEvent) {
	for i := range n {
		e := back(fmt.Sprint("shelf-", i))
		e.Contact = "card=7"
		out = append(out, e)
	}
	return out
}

func TestAThousandEventsGoAtOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t, flagship)
	w.meets("zoe", flows.Contact{Fields: map[string]any{"card": "7"}})
	w.subscribes("zoe", "restock", "daily")
	began := time.Now()
	accepted, duplicates, err := w.bot.Events(context.Background(), append(shelf(999), back("shelf-3")))
	if accepted != 999 || duplicates != 1 || err != nil {
		t.Errorf("%d accepted, %d duplicates, %v; want 999, 1 and no error", accepted, duplicates, err)
	}
	if took := time.Since(began); took > 5*time.Second {
		t.Errorf("a thousand events took %s", took)
	}
	if accepted, duplicates, err = w.bot.Events(context.Background(), shelf(1000)); accepted != 1 || duplicates != 999 || err != nil {
		t.Errorf("again: %d accepted, %d duplicates, %v; want 1, 999 and no error", accepted, duplicates, err)
	}
}

// Whoever is told that events are taken can rely on it, and one that is brought again
// because nobody answered counts once.
func TestEventsAreStoredBeforeTheyAreAcknowledged(t *testing.T) {
	t.Parallel()
	story := func(dies int, after bool) (writes int) {
		w := newMortal(t, flagship, dies, after, false)
		w.alive(func() error {
			return w.bot.Meet(context.Background(), w.id("zoe"), flows.Contact{Fields: map[string]any{"card": "7"}})
		})
		w.alive(func() error {
			return w.bot.Import(context.Background(), w.id("zoe"), subscription(w.clock.Now(), "restock"))
		})
		w.alive(func() error {
			_, _, err := w.bot.Events(context.Background(), shelf(20))
			return err
		})
		w.rest()
		if got := len(w.decisions("zoe")); got != 20 {
			t.Errorf("killed at write %d (after it: %t): %d of 20 events are accounted for", dies, after, got)
		}
		_, writes = w.life.killed()
		return writes
	}
	writes := story(0, false)
	if writes < 4 {
		t.Fatalf("%d writes: nothing would be killed", writes)
	}
	for n := 1; n <= writes; n++ {
		story(n, false)
		story(n, true)
	}
}

// People type their address as it comes, and shops keep it as they like.
func TestOneAddressInTwoSpellingsIsOnePerson(t *testing.T) {
	t.Parallel()
	w := newWorld(t, with(flagship, "bot.yaml", strings.Replace(flagship["bot.yaml"], "  card: ", "  mail: {type: email, unique: true}\n  card: ", 1)))
	w.meets("zoe", flows.Contact{Fields: map[string]any{"mail": "Zoe@Foulee.Example"}})
	w.meets("bob", flows.Contact{Fields: map[string]any{"mail": "zoe@foulee.example"}})
	if got := w.view("bob").Fields["mail"]; got != nil {
		t.Errorf("bob has the address of zoe: %v", got)
	}
	for _, spelt := range []string{"zoe@foulee.example", "Zoe@Foulee.Example", "ZOE@foulee.example"} {
		view, err := w.bot.Contact(context.Background(), "mail="+spelt)
		if err != nil || view.ID != w.id("zoe") || view.Fields["mail"] != "zoe@foulee.example" {
			t.Errorf("%s: %s, %v", spelt, view.ID, err)
		}
	}
}

// An address that was saved before it was kept in small letters is still found by them
// who write it as it was.
func TestAnAddressThatWasSavedWithCapitalsIsStillFound(t *testing.T) {
	t.Parallel()
	w := newWorld(t, with(flagship, "bot.yaml", strings.Replace(flagship["bot.yaml"], "  card: ", "  mail: {type: email, unique: true}\n  card: ", 1)))
	w.meets("zoe", flows.Contact{})
	w.write(func(tx storage.Tx) error { return tx.PutUnique(w.id("zoe"), "mail", "Zoe@foulee.example") })
	if view, err := w.bot.Contact(context.Background(), "mail=Zoe@foulee.example"); err != nil || view.ID != w.id("zoe") {
		t.Errorf("%s, %v", view.ID, err)
	}
}
