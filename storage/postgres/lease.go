package postgres

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/relance-bot/relance/storage"
)

const (
	sqlTakeLease = `INSERT INTO processes (id, until)
		VALUES (nextval('process_seq'), clock_timestamp() + $1::bigint * interval '1 millisecond') RETURNING id`
	sqlRenewLease = `UPDATE processes SET until = clock_timestamp() + $2::bigint * interval '1 millisecond'
		WHERE id = $1::bigint AND until > clock_timestamp()`
	sqlSetBackend = `UPDATE processes SET backend = $2::bigint, started = $3::text::timestamptz WHERE id = $1::bigint`
	sqlGiveLease  = `DELETE FROM processes WHERE id = $1::bigint`
	sqlOthers     = `SELECT count(*) FROM processes WHERE id <> $1::bigint AND until > clock_timestamp()`
	sqlClock      = `SELECT (extract(epoch FROM clock_timestamp()) * 1000000)::bigint`
)

// offsetNoise is how much of a change of the clocks' difference is put down to the
// measurement.
const offsetNoise = 20 * time.Millisecond

// ErrMoving is wrapped by the error of opening a database that somebody fills, or has filled
// until a moment ago.
var ErrMoving = errors.New("a bot is being moved into this database: try again in a minute")

// tenure is one lease: a number that no process had before, and when the server
// last confirmed it, by the clock of this process before it asked.
type tenure struct {
	id      int64
	at      time.Time
	refused *atomic.Bool // Holds said no: what it was said of is dropped, so it stays no
}

// lease is the row that says that this process lives. The server's clock decides
// when it ends; this process only measures how long ago it was confirmed.
type lease struct {
	s       *Store
	current atomic.Pointer[tenure]
	offset  atomic.Int64 // nanoseconds the server's clock is ahead
	others  atomic.Int64 // other processes, at the last renewal
}

// id is the number that claims are made under.
func (l *lease) id() int64 {
	if t := l.current.Load(); t != nil {
		return t.id
	}
	return 0
}

// margin is how long before its end a lease is no longer relied on.
func (l *lease) margin() time.Duration { return l.s.config.Lease / 5 }

// holds says that the lease was confirmed not so long ago. A machine that sleeps
// stops one of its clocks, and someone may set the other: the longer time counts.
func (l *lease) holds() bool {
	t := l.current.Load()
	if t == nil {
		return false
	}
	now := l.s.config.Now()
	if max(now.Sub(t.at), now.Round(0).Sub(t.at.Round(0))) >= l.s.config.Lease-l.margin() {
		t.refused.Store(true)
	}
	return !t.refused.Load()
}

// take gets a new lease.
func (l *lease) take(ctx context.Context) error {
	before := l.s.config.Now()
	var id int64
	err := l.s.aside.run(ctx,
		step{query: sqlTakeLease, params: params{}.int(l.s.config.Lease.Milliseconds()), row: func(r *row) { id = r.int() }},
		step{query: sqlForgetCommits},
		step{query: sqlClock, row: func(r *row) { l.measure(before, r.int()) }},
	)
	if code(err) == codeLocked {
		return fmt.Errorf("%w: %w", ErrMoving, err)
	}
	if err == nil {
		l.current.Store(&tenure{id: id, at: before, refused: new(atomic.Bool)})
		l.others.Store(1) // until it is known
	}
	return err
}

// backend tells which connection the process writes on.
func (l *lease) backend(ctx context.Context) error {
	b := l.s.backend.Load()
	if b == nil {
		return nil
	}
	return l.s.aside.run(ctx, step{query: sqlSetBackend, params: params{}.int(l.id()).int(b.pid).text(b.started)})
}

// renew confirms the lease; held is false if it is lost.
func (l *lease) renew(ctx context.Context) (held bool, err error) {
	t := l.current.Load()
	if t.refused.Load() {
		err := l.s.aside.run(ctx, step{query: sqlGiveLease, params: params{}.int(t.id)})
		return false, err
	}
	before := l.s.config.Now()
	var n int64
	ours := true
	err = l.s.aside.run(ctx,
		step{query: sqlOwnRecord, params: params{}.int(l.s.name), row: func(r *row) { ours = r.bool() }},
		step{query: sqlRenewLease, params: params{}.int(t.id).int(l.s.config.Lease.Milliseconds()), count: &n},
		step{query: sqlOthers, params: params{}.int(t.id), row: func(r *row) { l.others.Store(r.int()) }},
		step{query: sqlClock, row: func(r *row) { l.measure(before, r.int()) }},
	)
	if !ours {
		l.s.replaced.Store(true)
	}
	err = l.s.noticed(err)
	if err == nil && n == 1 {
		l.current.Store(&tenure{id: t.id, at: before, refused: t.refused})
	}
	return n == 1, err
}

// measure compares the clocks: the server read its own somewhere between before and
// now, in microseconds. Where in between is not known, and a process may have slept
// for minutes of it: what was known changes only as far as this proves it wrong.
func (l *lease) measure(before time.Time, server int64) {
	at, now := time.UnixMicro(server), l.s.config.Now().Round(0)
	was := time.Duration(l.offset.Load())
	offset := min(max(was, at.Sub(now)), at.Sub(before.Round(0)))
	if (offset - was).Abs() >= offsetNoise {
		l.offset.Store(int64(offset))
	}
}

// keep renews the lease until the store is closed. A process whose lease ended
// gets another, under another number and not at once: whatever it had in hand
// must be dropped first, and it is when Holds says no.
func (l *lease) keep(ctx context.Context) {
	period := l.s.config.Lease / 3
	wait := period
	lost := false
	for {
		select {
		case <-ctx.Done():
			return
		case <-time.After(wait):
		}
		if lost {
			wait = period / 3
			if l.take(ctx) == nil {
				lost, wait = false, period
				_ = l.backend(ctx) // only a stopped process needs it
			}
			continue
		}
		held, err := l.renew(ctx)
		switch {
		case err != nil:
			wait = period / 5 // the server may be back soon
		case held:
			wait = period
		default:
			lost, wait = true, period
			l.current.Load().refused.Store(true)
		}
	}
}

// release gives the lease up.
func (l *lease) release() {
	t := l.current.Swap(nil)
	if t == nil {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	_ = l.s.aside.run(ctx, step{query: sqlGiveLease, params: params{}.int(t.id)},
		step{query: sqlForgetOwn, params: params{}.int(l.s.name)}) // both end by themselves
}

// Holds implements [storage.Shared].
func (s *Store) Holds() bool { return s.lease.holds() }

// Claimer implements [storage.Shared].
func (s *Store) Claimer() string { return claimerName(s.lease.id()) }

// Abilities implements [storage.Store].
func (s *Store) Abilities() storage.Abilities {
	return storage.Abilities{Shared: s, Dumper: s, Loader: s, Surveyor: s}
}

// Offset implements [storage.Shared]. It is how far the database's clock is ahead of
// Config.Now, as of the last renewal of the lease.
func (s *Store) Offset() time.Duration { return time.Duration(s.lease.offset.Load()) }

// Others is how many other processes hold a lease now.
func (s *Store) Others(ctx context.Context) (n int, err error) {
	if err := ctx.Err(); err != nil {
		return 0, err
	}
	err = s.aside.run(ctx, step{query: sqlOthers, params: params{}.int(s.lease.id()), row: func(r *row) { n = int(r.int()) }})
	return n, err
}
