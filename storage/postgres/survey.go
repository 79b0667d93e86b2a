package postgres

import (
	"context"
	"fmt"
	"time"

	"github.com/relance-bot/relance/storage"
)

const (
	sqlServer = `SELECT current_setting('fsync') = 'on', current_setting('autovacuum') = 'on'`
	// Of another role's transaction it tells nothing to whom may not see it.
	sqlOldest = `SELECT pid::bigint, coalesce(usename::text, ''), coalesce(application_name, ''), (extract(epoch FROM clock_timestamp() - xact_start) * 1000)::bigint
		FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'
			AND xact_start < clock_timestamp() - $1::bigint * interval '1 millisecond'
		ORDER BY xact_start LIMIT 1`
)

// longOpen is how long a transaction may be open: as long, nothing that the bot gives up is
// cleaned away.
const longOpen = time.Hour

// Survey implements [storage.Surveyor].
func (s *Store) Survey(ctx context.Context) ([]storage.Worry, error) { return s.survey(ctx, longOpen) }

func (s *Store) survey(ctx context.Context, long time.Duration) (worries []storage.Worry, err error) {
	worry := func(code, do, what string, in ...any) {
		worries = append(worries, storage.Worry{Code: code, What: fmt.Sprintf(what, in...), Do: do})
	}
	err = s.aside.run(ctx,
		step{query: sqlServer, row: func(r *row) {
			if !r.bool() {
				worry("fsync", "set fsync = on in postgresql.conf", "the server has fsync off: when its machine stops, what the platform was told is kept may be lost, and the database broken")
			}
			if !r.bool() {
				worry("autovacuum", "set autovacuum = on in postgresql.conf", "the server has autovacuum off: what the bot is done with stays on the disk, and slows it down")
			}
		}},
		step{query: sqlOldest, params: params{}.int(long.Milliseconds()), row: func(r *row) {
			pid, role, name, open := r.int(), r.text(), r.text(), time.Duration(r.int())*time.Millisecond
			worry("transaction", fmt.Sprintf("end it, or let whose it is: SELECT pg_terminate_backend(%d)", pid),
				"a transaction of the role %q (application %q) is open for %s: meanwhile nothing is cleaned away that the bot is done with", role, name, open.Round(time.Second))
		}},
	)
	return worries, err
}
