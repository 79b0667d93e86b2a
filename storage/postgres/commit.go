package postgres

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/relance-bot/relance/storage"
)

// A number that a transaction got from the server does not tell what became of it:
// after a crash the server may give the number to another. So each records a number of
// its own.
const (
	sqlBeginRecord = `INSERT INTO commits (process, number, at) VALUES ($1::bigint, 0, now())
		ON CONFLICT (process) DO UPDATE SET number = excluded.number, at = excluded.at`
	// Where the row is gone the database is not the one that was opened: this fails then, by
	// the logarithm of 0, and with it all that would be committed.
	sqlRecord = `WITH own AS (UPDATE commits SET number = $2::bigint, at = now() WHERE process = $1::bigint RETURNING 1)
		SELECT ln(count(*)::float8) FROM own`
	sqlOwnRecord  = `SELECT EXISTS (SELECT FROM commits WHERE process = $1::bigint)`
	sqlLastCommit = `SELECT number FROM commits WHERE process = $1::bigint`
	// What was sent may still be under way to the server: as long as the other end of
	// the connection lives, it may commit.
	sqlEndBackend = `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
		WHERE pid = $1::bigint AND backend_start = $2::text::timestamptz AND pid <> pg_backend_pid()`
	// Of stores that are gone.
	sqlForgetCommits = `DELETE FROM commits WHERE at < now() - interval '30 days'`
	sqlForgetOwn     = `DELETE FROM commits WHERE process = $1::bigint`
)

// errUnderWay says that the server's end of a broken connection still lives.
var errUnderWay = errors.New("the transaction may still be under way")

// outcome finds out whether a transaction was kept, whose connection broke under
// the commit. A server that starts again is waited for, and the end of what it may
// still be doing.
func (w *writer) outcome(dead *conn, number int64) (kept bool, err error) {
	ctx, cancel := context.WithTimeout(context.Background(), w.s.config.Lease)
	defer cancel()
	for pause := 5 * time.Millisecond; ; pause = min(2*pause, time.Second) {
		last, err := w.lastCommit(ctx, dead)
		if err == nil {
			return last == number, nil
		}
		select {
		case <-time.After(pause):
		case <-ctx.Done():
			return false, err
		}
	}
}

// lastCommit is the number that was recorded last, once nothing can follow it.
func (w *writer) lastCommit(ctx context.Context, dead *conn) (number int64, err error) {
	if w.c == nil || w.c.broken() {
		if w.c != nil {
			w.c.close()
			w.c = nil
		}
		if err := w.open(ctx); err != nil {
			return 0, err
		}
	}
	defer w.rollback()
	ended, err := many(w.c, (*row).bool, sqlEndBackend, params{}.int(dead.session.pid).text(dead.session.started))
	if err != nil {
		return 0, err
	}
	if len(ended) > 0 {
		return 0, errUnderWay
	}
	return one(w.c, (*row).int, sqlLastCommit, params{}.int(w.s.name))
}

// noticed marks an error that shows that this is not the database that was opened: it has
// not our row of commits any more, or no tables.
func (s *Store) noticed(err error) error {
	if c := code(err); c == codeReplaced || c == codeNoTable {
		s.replaced.Store(true)
		return fmt.Errorf("%w: %w: %w", storage.ErrUnavailable, storage.ErrReplaced, err)
	}
	return err
}
