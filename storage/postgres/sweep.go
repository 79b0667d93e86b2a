package postgres

import (
	"context"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
)

const (
	// sweepAfter is how many rows of the inbox and the outbox are given up until their
	// room is made free for others. Both stay small as long as that comes in time; the
	// server's own cleaning comes once a minute, in which a campaign is over.
	sweepAfter = 10_000
	// sweepPause is the least time between two sweeps.
	sweepPause = time.Second

	// Nobody waits for it, and it waits for nobody. What another process sweeps is left.
	sqlSweep = `VACUUM (SKIP_LOCKED, TRUNCATE false) outbox, inbox`
)

// sweeper makes the room free that rows have left.
type sweeper struct {
	s    *Store
	rows atomic.Int64 // given up since the last time
	due  chan struct{}
}

// left notes that so many rows were given up.
func (w *sweeper) left(rows int) {
	if rows > 0 && w.rows.Add(int64(rows)) >= sweepAfter {
		raise(w.due)
	}
}

// keep sweeps whenever enough has been left.
func (w *sweeper) keep(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-w.due:
		}
		w.rows.Store(0)
		_ = w.sweep(ctx) // the server does it too, only later
		select {
		case <-ctx.Done():
			return
		case <-time.After(sweepPause):
		}
	}
}

// sweep uses a connection of its own: the statement takes a while, and must stand
// alone.
func (w *sweeper) sweep(ctx context.Context) error {
	pg, err := pgconn.ConnectConfig(ctx, w.s.address.Copy())
	if err != nil {
		return failure(err)
	}
	defer func() {
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		_ = pg.Close(ctx) // nothing is lost with it
	}()
	_, err = pg.Exec(ctx, sqlSweep).ReadAll()
	return failure(err)
}
