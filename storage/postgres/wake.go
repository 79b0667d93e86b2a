package postgres

import (
	"context"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
)

const (
	// channel is what processes tell each other on that there is work.
	channel = "relance_work"
	// calm is the least time between two signals. A signal stands for all commits
	// before it.
	calm = 20 * time.Millisecond

	// A signal need not outlive the server, so it does not wait for the disk. It is
	// never sent in a group's transaction: all commits with one wait for each other.
	// Not SET LOCAL, of which the server notes in its log that no transaction was begun.
	sqlNoWait = `SELECT set_config('synchronous_commit', 'off', true)`
	sqlNotify = `SELECT pg_notify('` + channel + `', $1::text)`
	// It is idle for as long as there is nothing to hear.
	sqlListen = `SELECT set_config('idle_session_timeout', '0', false) WHERE current_setting('idle_session_timeout', true) IS NOT NULL; LISTEN ` + channel
)

// wake is the signal between processes.
type wake struct {
	s     *Store
	wakes chan struct{} // someone else left work
	left  chan struct{} // this process left work
}

// Wakes implements [storage.Shared].
func (s *Store) Wakes() <-chan struct{} { return s.wake.wakes }

// wakeOthers asks for a signal to be sent.
func (s *Store) wakeOthers() { raise(s.wake.left) }

// raise leaves one signal in a channel.
func raise(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}

// notify sends the signals of this process.
func (w *wake) notify(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-w.left:
		}
		if w.s.lease.others.Load() > 0 {
			name := strconv.FormatInt(w.s.lease.id(), 10)
			// A signal may be missed: everyone looks now and then without one.
			_ = w.s.aside.run(ctx, step{query: sqlNoWait}, step{query: sqlNotify, params: params{}.text(name)})
		}
		select {
		case <-ctx.Done():
			return
		case <-time.After(calm):
		}
	}
}

// listen receives the signals of others, on a connection of its own.
func (w *wake) listen(ctx context.Context) {
	const shortest, longest = 50 * time.Millisecond, 5 * time.Second
	for pause := shortest; ; pause = min(2*pause, longest) {
		if w.hear(ctx) {
			pause = shortest
		}
		select {
		case <-ctx.Done():
			return
		case <-time.After(pause):
		}
	}
}

// hear listens until the connection ends, and says whether there was one.
func (w *wake) hear(ctx context.Context) bool {
	address := w.s.address.Copy()
	address.OnNotification = func(_ *pgconn.PgConn, n *pgconn.Notification) {
		if n.Payload != strconv.FormatInt(w.s.lease.id(), 10) {
			raise(w.wakes)
		}
	}
	pg, err := pgconn.ConnectConfig(ctx, address)
	if err != nil {
		return false
	}
	defer func() {
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		_ = pg.Close(ctx) // nothing is lost with it
	}()
	if _, err := pg.Exec(ctx, sqlListen).ReadAll(); err != nil {
		return false
	}
	raise(w.wakes) // something may have been missed
	for {
		if err := pg.WaitForNotification(ctx); err != nil {
			return true
		}
	}
}
