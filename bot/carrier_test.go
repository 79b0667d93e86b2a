package bot_test

import (
	"bytes"
	"context"
	"slices"
	"testing"
	"time"

	"github.com/relance-bot/relance/bot"
	"github.com/relance-bot/relance/flows"
	"github.com/relance-bot/relance/storage"
)

// permits are what is kept of a person's permits.
func (w *world) permits(person string) (list []storage.Permit) {
	w.t.Helper()
	w.read(func(r storage.Reader) (err error) {
		list, err = r.Permits(w.id(person))
		return err
	})
	return list
}

func TestATokenRestsThoughItsTopicWentByAnotherLaneSince(t *testing.T) {
	t.Parallel()
	w := newWorld(t, flagship, newPlatform("1", tokenLane{name: "recurring", rest: 48 * time.Hour}))
	w.subscribes("zoe", "restock", "daily")
	w.sells(back("1"))
	if list := w.permits("zoe"); len(list) != 1 || bytes.Contains(list[0].Body, []byte("last_sent")) {
		t.Errorf("permits %v, want one that is as it was given: the consent tells when it was used", list)
	}
	w.passes(20 * time.Hour)
	w.does(w.writes("zoe", "41"))
	w.passes(5 * time.Hour)
	w.sells(back("2"))
	w.passes(21 * time.Hour) // her window is over
	w.sells(back("3"))
	w.decided("zoe", "sent lane=recurring", "sent lane=window", "held rule=lane next=2026-03-29 19:00")
	w.crash()
	w.passes(3 * time.Hour)
	w.decided("zoe", "sent lane=recurring", "sent lane=window", "sent lane=recurring")
}

func TestATokenOfTwoTopicsRestsAfterEither(t *testing.T) {
	t.Parallel()
	w := newWorld(t, flagship, newPlatform("1", tokenLane{name: "recurring", rest: 64 * time.Hour}))
	w.subscribes("zoe", "restock", "daily")
	w.subscribes("zoe", "nouveautes", "weekly")
	w.write(func(tx storage.Tx) error {
		list, err := tx.Permits(w.id("zoe"))
		if err != nil {
			return err
		}
		for _, p := range list {
			p.Token = "token-both"
			if err := tx.PutPermit(p); err != nil {
				return err
			}
		}
		return nil
	})
	w.sells(back("1"))
	w.until(paris(t, "2026-03-30 09:01"))
	w.decided("zoe", "sent lane=recurring", "held rule=lane next=2026-03-30 11:00")
	w.until(paris(t, "2026-03-30 11:01"))
	w.decided("zoe", "sent lane=recurring", "sent lane=recurring")
}

// onceLane is a lane of which each permit carries one message.
type onceLane struct{ tokenLane }

func (onceLane) Traits() bot.LaneTraits  { return bot.LaneTraits{Single: true} }
func (onceLane) Asks(bot.LaneFacts) bool { return true }

func (l onceLane) Open(f bot.LaneFacts) bot.LaneAnswer {
	switch p := f.Permit; {
	case p != nil && !p.LastSent.IsZero():
		return bot.LaneAnswer{Why: "used"}
	case p != nil && !p.ExpiresAt.IsZero() && !f.Now.Before(p.ExpiresAt):
		return bot.LaneAnswer{Why: "expired"}
	}
	return l.tokenLane.Open(f)
}

// newOnce is a world in which somebody has allowed as many messages as there are tokens; the
// first runs out in a day.
func newOnce(t *testing.T, tokens ...string) *world {
	w := newWorld(t, flagship, newPlatform("1", onceLane{tokenLane{name: "one_time"}}))
	w.meets("zoe", flows.Contact{FirstName: "Zoe"})
	for i, token := range tokens {
		s := bot.Subscription{
			Topic: "restock", Cadence: "daily", At: w.clock.Now(), Wording: "restock", Interest: map[string]any{"model": "Gazelle", "size": 42.0},
			Permit: &bot.Permit{Lane: "one_time", Token: token, ExpiresAt: w.clock.Now().Add(day * time.Duration(1+365*i))},
		}
		if err := w.bot.Import(context.Background(), w.id("zoe"), s); err != nil {
			t.Fatal(err)
		}
	}
	w.settle()
	return w
}

// goneBy are the tokens that messages went by.
func (w *world) goneBy() (tokens []string) {
	for _, made := range w.home.all() {
		if made.outcome.Status == bot.Accepted {
			tokens = append(tokens, made.Token)
		}
	}
	return tokens
}

func TestATokenThatIsDeadTakesNoneOfTheOthersAlong(t *testing.T) {
	t.Parallel()
	w := newOnce(t, "a", "b", "c")
	w.home.refuses(1, bot.ClassPermit)
	w.sells(back("1"))
	w.passes(2 * day)
	w.sells(back("2"))
	w.passes(day)
	if got := w.goneBy(); !slices.Equal(got, []string{"b", "c"}) {
		t.Errorf("messages went by %q, want the two that are left", got)
	}
}

func TestATokenThatRanOutUnusedKeepsNoneOfTheOthersBack(t *testing.T) {
	t.Parallel()
	w := newOnce(t, "a", "b", "c")
	w.passes(2 * day)
	w.sells(back("1"))
	w.passes(2 * day)
	w.sells(back("2"))
	w.passes(day)
	if got := w.goneBy(); !slices.Equal(got, []string{"b", "c"}) {
		t.Errorf("messages went by %q, want the two that live", got)
	}
}
