package bot_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/relance-bot/relance/bot"
	"github.com/relance-bot/relance/storage"
)

// Deletion of the test's platform reads PERSON/CODE.
func (p *platform) Deletion(signed string, _ time.Time) (bot.Deletion, error) {
	person, code, ok := strings.Cut(signed, "/")
	if !ok {
		return bot.Deletion{}, bot.ErrSignature
	}
	return bot.Deletion{Person: person, Code: code}, nil
}

func TestThePlatformHasSomebodyDeleted(t *testing.T) {
	t.Parallel()
	w := newWorld(t, flagship)
	ctx := context.Background()
	w.subscribes("zoe", "restock", "daily")
	w.does(w.writes("adam", "bonjour"))
	asks := func(signed, want string) {
		t.Helper()
		code, err := w.bot.Delete(ctx, "messenger", signed)
		if err != nil || code != want {
			t.Errorf("%s: code %q (%v), want %q", signed, code, err, want)
		}
	}
	asks("zoe/c1", "c1")
	w.gone("zoe")
	at, err := w.bot.Deletion(ctx, "c1")
	if err != nil || !at.Equal(w.clock.Now().Truncate(time.Second)) {
		t.Errorf("done at %v (%v)", at, err)
	}
	asks("nobody/c2", "c2") // nobody learns who is known

	w.does(w.writes("zoe", "bonjour"))
	asks("zoe/c1", "c1") // replayed
	w.read(func(r storage.Reader) error {
		_, err := r.Contact(w.id("zoe"))
		_, err2 := r.Contact(w.id("adam"))
		return errors.Join(err, err2)
	})
	for _, channel := range []string{"messenger", "pigeon"} {
		if _, err := w.bot.Delete(ctx, channel, "forged"); !errors.Is(err, bot.ErrSignature) {
			t.Errorf("forged, for %s: %v, want ErrSignature", channel, err)
		}
	}
	if _, err := w.bot.Deletion(ctx, "c9"); !errors.Is(err, bot.ErrUnknownDeletion) {
		t.Errorf("a code that nobody was given: %v", err)
	}
}

// TestWhoRemovesTheAppStaysSubscribed: the app's permissions are those of people who log
// in with it, and what was agreed to in the chat is not among them.
func TestWhoRemovesTheAppStaysSubscribed(t *testing.T) {
	t.Parallel()
	w := newWorld(t, flagship)
	w.subscribes("zoe", "restock", "daily")
	if err := w.bot.Deauthorised(context.Background(), "messenger", "zoe/c1"); err != nil {
		t.Fatal(err)
	}
	w.read(func(r storage.Reader) error {
		consents, err := r.Consents(w.id("zoe"))
		if err == nil && (len(consents) != 1 || consents[0].Status != "active") {
			t.Errorf("consents %+v", consents)
		}
		return err
	})
	if err := w.bot.Deauthorised(context.Background(), "messenger", "forged"); !errors.Is(err, bot.ErrSignature) {
		t.Errorf("forged: %v, want ErrSignature", err)
	}
}
