package bot_test

import (
	"context"
	"errors"
	"math"
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

// The night of somebody in India is not that of Paris.
func TestWhoLivesAtHalfAnHourIsNotTakenToLiveWhereTheBotDoes(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		offset float64
		day    string
		want   string
	}{
		{5.5, "2026-03-30 12:00", "Asia/Kolkata"},
		{5.75, "2026-03-30 12:00", "Asia/Kathmandu"},
		{-3.5, "2026-12-01 12:00", "America/St_Johns"},
		{-2.5, "2026-06-01 12:00", "America/St_Johns"},
		{9.5, "2026-06-01 12:00", "Australia/Adelaide"},
		{9.5, "2026-12-01 12:00", "Australia/Darwin"},
		{10.5, "2026-12-01 12:00", "Australia/Adelaide"},
		{5.25, "2026-03-30 12:00", ""}, // nobody lives there
		{-5, "2026-03-30 12:00", "Etc/GMT+5"},
		{0, "2026-03-30 12:00", "Etc/GMT"},
		{2, "2026-03-30 12:00", ""}, // Paris
		{1e300, "2026-03-30 12:00", ""},
		{math.NaN(), "2026-03-30 12:00", ""},
	} {
		page := newPlatform("1")
		page.onProfile = func(context.Context, string) (bot.Profile, error) {
			return bot.Profile{TimezoneOffset: &test.offset}, nil
		}
		w := newWorld(t, flagship, page)
		w.clock.Set(paris(t, test.day))
		w.does(w.writes("zoe", "1"))
		w.read(func(r storage.Reader) error {
			zoe, err := r.Contact(w.id("zoe"))
			if zoe.Timezone != test.want {
				t.Errorf("%v hours from Greenwich are %q, want %q", test.offset, zoe.Timezone, test.want)
			}
			return err
		})
	}
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
