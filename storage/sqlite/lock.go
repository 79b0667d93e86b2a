package sqlite

import (
	"context"
	"errors"
	"time"
)

const (
	// lockPatience is how long an exclusive Open waits for one who has the lock
	// only to migrate.
	lockPatience = 250 * time.Millisecond
	// lockPace is how often a lock is tried.
	lockPace = 10 * time.Millisecond
)

// waitForLock takes the lock of a database, or returns ErrInUse when somebody
// kept it all the while.
func waitForLock(ctx context.Context, database string, patience time.Duration) (*lock, error) {
	l, err := takeLock(database)
	if !errors.Is(err, ErrInUse) {
		return l, err
	}
	enough := time.NewTimer(patience)
	defer enough.Stop()
	again := time.NewTicker(lockPace)
	defer again.Stop()
	for {
		select {
		case <-again.C:
			if l, err := takeLock(database); !errors.Is(err, ErrInUse) {
				return l, err
			}
		case <-enough.C:
			return nil, err
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}
