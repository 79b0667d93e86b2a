package postgres

import (
	"context"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
)

const (
	// sweepAfter is how many rows of the inbox or the outbox are given up until their
	// room is made free for others. Both stay small as long as that comes in time; the
	// server's own cleaning comes once a minute, in which a campaign is over.
	sweepAfter = 10_000
	// Between two sweeps is at least this time, and so many times what the last one took:
	// it goes through all indexes, and the outbox keeps what was sent for some days.
	sweepPause = time.Second
	sweepShare = 20

	// Nobody waits for it, and it waits for nobody. What another process sweeps is left.
	sqlSweep = `VACUUM (SKIP_LOCKED, TRUNCATE false) `
)

// sweeper makes the room free that rows have left.
type sweeper struct {
	s             *Store
	inbox, outbox atomic.Int64 // rows given up since the last time
	flights       atomic.Int64 // and sends in them
	due           chan struct{}
}

// left notes that so many rows were given up.
func (w *sweeper) left(inbox, outbox, flights int) {
	w.inbox.Add(int64(inbox))
	w.outbox.Add(int64(outbox))
	w.flights.Add(int64(flights))
	if w.inbox.Load() >= sweepAfter || w.outbox.Load() >= sweepAfter || w.flights.Load() >= sweepAfter {
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
		began := w.s.config.Now()
		for table, rows := range map[string]*atomic.Int64{"inbox": &w.inbox, "outbox": &w.outbox, "flights": &w.flights} {
			if rows.Load() >= sweepAfter {
				rows.Store(0)
				_ = w.sweep(ctx, table) // the server does it too, only later
			}
		}
		select {
		case <-ctx.Done():
			return
		case <-time.After(max(sweepPause, sweepShare*w.s.config.Now().Sub(began))):
		}
	}
}

// sweep uses a connection of its own: the statement takes a while, and must stand
// alone.
func (w *sweeper) sweep(ctx context.Context, table string) error {
	pg, err := pgconn.ConnectConfig(ctx, w.s.address.Copy())
	if err != nil {
		return failure(err)
	}
	defer func() {
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		_ = pg.Close(ctx) // nothing is lost with it
	}()
	_, err = pg.Exec(ctx, sqlSweep+table).ReadAll()
	return failure(err)
}
