package messenger

import (
	"context"
	"time"
)

// Pause waits by the wall clock. It is the Config.Pause of a program that talks to
// the real platform.
func Pause(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}
