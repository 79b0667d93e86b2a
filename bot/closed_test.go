package bot_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/relance-bot/relance/storage"
)

// TestABotOnAClosedStoreEnds: it tried each second for ever, and said that it ran.
func TestABotOnAClosedStoreEnds(t *testing.T) {
	t.Parallel()
	w, _ := newShared(t, flagship) // which looks each second
	clock := w.runs()
	ended := make(chan error, 1)
	ctx, stop := context.WithCancel(context.Background())
	defer stop()
	go func() { ended <- w.bot.Run(ctx) }()
	time.Sleep(50 * time.Millisecond)
	if err := w.raw.Close(); err != nil {
		t.Fatal(err)
	}
	clock.Advance(2 * time.Hour)
	select {
	case err := <-ended:
		if !errors.Is(err, storage.ErrClosed) {
			t.Errorf("it ended with %v, want %v", err, storage.ErrClosed)
		}
	case <-time.After(5 * time.Second):
		t.Error("it goes on")
	}
}
