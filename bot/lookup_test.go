package bot_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/relance-bot/relance/bot"
	"github.com/relance-bot/relance/storage"
)

func TestLookUpsRunBesideTheConversationsOfOthers(t *testing.T) {
	t.Parallel()
	page := newPlatform("1")
	release := make(chan struct{})
	page.onProfile = func(ctx context.Context, person string) (bot.Profile, error) {
		if person == "slow" {
			select {
			case <-release:
			case <-ctx.Done():
			}
		}
		return bot.Profile{FirstName: person}, nil
	}
	a := newAlive(t, flagship, page)
	for _, person := range []string{"slow", "zoe"} {
		e := a.writes(person, "bonjour")
		e.At = a.shifted.Now()
		a.comes(e)
	}
	soon(t, "zoe is answered", func() bool { return len(page.shown("zoe")) == 1 })
	if n := len(page.shown("slow")); n != 0 {
		t.Errorf("%d messages before the look-up ended", n)
	}
	close(release)
	a.idle()
	a.expect("slow", "Bonjour !")
}

func TestALookUpComesBeforeTheFirstTurn(t *testing.T) {
	t.Parallel()
	page := newPlatform("1")
	page.onProfile = func(_ context.Context, person string) (bot.Profile, error) {
		return bot.Profile{FirstName: "Zoé", Locale: "fr_FR"}, nil
	}
	w := newWorld(t, with(flagship, "flows/hello.yaml", `
triggers:
  - fallback: true
steps:
  - say: Bonjour {{ contact.first_name ?? "toi" }} !
`), page)
	w.does(w.writes("zoe", "1"), w.writes("zoe", "2"))
	w.expect("zoe", "Bonjour Zoé !", "Bonjour Zoé !")
}

func TestALookUpThatFailsNeverMatters(t *testing.T) {
	t.Parallel()
	page := newPlatform("1")
	page.onProfile = func(context.Context, string) (bot.Profile, error) { return bot.Profile{}, errors.New("no permission") }
	w := newWorld(t, flagship, page)
	w.does(w.writes("zoe", "1"), w.writes("zoe", "2"))
	w.expect("zoe", "Bonjour !", "Bonjour !")
}

func TestTheProcessDiesDuringALookUp(t *testing.T) {
	t.Parallel()
	page := newPlatform("1")
	var life *mortal
	page.onProfile = func(context.Context, string) (bot.Profile, error) {
		life.kill()
		return bot.Profile{FirstName: "Zoé"}, nil
	}
	w := newWorld(t, flagship, page)
	w.down()
	w.wrap = func(s storage.Store) storage.Store { life = &mortal{Store: s}; return life }
	w.open()
	w.comes(w.writes("zoe", "bonjour"))
	if err := w.bot.Settle(context.Background()); !errors.Is(err, errKilled) {
		t.Fatalf("settled with %v, want a death", err)
	}
	page.onProfile = func(context.Context, string) (bot.Profile, error) { return bot.Profile{}, nil }
	w.crash()
	w.passes(3 * time.Second)
	w.expect("zoe", "Bonjour !")
}

func TestALookUpThatPanicsNeverMatters(t *testing.T) {
	t.Parallel()
	page := newPlatform("1")
	page.onProfile = func(context.Context, string) (bot.Profile, error) { panic("oh no") }
	w := newWorld(t, flagship, page)
	w.does(w.writes("zoe", "1"))
	w.expect("zoe", "Bonjour !")
}
