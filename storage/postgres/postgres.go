// Package postgres keeps a bot in a PostgreSQL database, for one process or for
// many that share it.
//
//	Write(f) ──► queue ──► committer: lock and fetch · f · f · f · flush and COMMIT ──► answers
//	Read(f)  ──► one of a few connections, on a snapshot
//
// As in storage/sqlite one goroutine, the committer, takes all the writes that wait
// and commits them together. The database is a round trip away, so a group costs a
// few of those and not a few for each statement: what its functions will need is
// locked and fetched at once, they work on that in memory, and what they wrote goes
// out at once with the commit.
//
// Several processes keep apart by the rows of the contacts: whoever touches a
// contact in a write has locked its row until it ends, and the methods that hand out
// work skip the rows that others have locked. A transaction of a process that stands
// still is ended by the server after [Config].Lease, and then nothing is left that
// could be committed. What a process has claimed for longer than a transaction is
// under its lease, a row that it renews.
//
// Start reading at [Open]; group.go is the committer, transaction.go what functions
// work on, flush.go what goes out; each noun of package storage has a file with its
// statements.
package postgres

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"math/rand/v2"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/relance-bot/relance/storage"
)

// Config says how a database is used. Its zero value is good for a bot.
type Config struct {
	// Lease is how long a process that gives no sign of life keeps what it has in
	// hand, claimed messages and open transactions. All processes should have the same. 0 means 10
	// seconds.
	Lease time.Duration
	// Readers is how many Reads may run at once. 0 means 4.
	Readers int
	// Existing makes nothing in a database that no bot ever used: Open's error is then
	// ErrUnused.
	Existing bool
	// CheckTimeout is how long Check waits for its small write. 0 means 2 seconds.
	CheckTimeout time.Duration
	// Now is the machine's clock. Only differences count for the lease, and for
	// Offset how far it is from the database's. nil means time.Now.
	Now func() time.Time
}

// ErrUnused is wrapped by the error of opening an existing bot's database where none ever
// was.
var ErrUnused = errors.New("no bot has used this database")

const (
	defaultLease        = 10 * time.Second
	defaultReaders      = 4
	defaultCheckTimeout = 2 * time.Second
	connectTimeout      = 5 * time.Second

	// lockPatience is how long a group waits for what another process has in hand. A
	// group that works is done long before; longer waits are for one that stands still,
	// or for one that waits for this one.
	lockPatience = 500 * time.Millisecond
)

// Store is a bot's memory in a database. It implements [storage.Store] and
// [storage.Shared].
type Store struct {
	config   Config
	address  *pgconn.Config
	settings map[string]string // of every session, with those of the address
	faithful atomic.Bool       // who stands between lends no session to others
	replaced atomic.Bool       // this is not the database that was opened

	writer *writer
	aside  *aside
	lease  *lease
	wake   *wake

	sweeper *sweeper
	name    int64                   // that commits are recorded under
	backend atomic.Pointer[session] // of the writing connection

	free  chan *conn // reading connections nobody uses
	users sync.WaitGroup

	background context.CancelFunc // ends the keepers
	keepers    sync.WaitGroup

	mu     sync.Mutex
	closed bool
}

var (
	_ storage.Store  = (*Store)(nil)
	_ storage.Shared = (*Store)(nil)
)

// Open connects to the database at url and brings its schema up to date. The
// process then has a lease. url is as libpq takes it, postgres://user@host/database;
// it must lead to the server itself, or to a pooler that keeps a session for as long as a
// connection lasts. Errors do not show it.
func Open(ctx context.Context, url string, config Config) (_ *Store, err error) {
	if config.Lease <= 0 {
		config.Lease = defaultLease
	}
	if config.Readers <= 0 {
		config.Readers = defaultReaders
	}
	if config.CheckTimeout <= 0 {
		config.CheckTimeout = defaultCheckTimeout
	}
	if config.Now == nil {
		config.Now = time.Now //nolint:forbidigo // the machine's own, for the lease; records never see it
	}
	if misplaced(url) {
		return nil, fmt.Errorf("opening the database: %w", errForm)
	}
	address, err := pgconn.ParseConfig(url)
	if err != nil {
		return nil, fmt.Errorf("opening the database: %w", badAddress(err))
	}
	if address.ConnectTimeout == 0 {
		address.ConnectTimeout = connectTimeout
	}
	if address.RuntimeParams["application_name"] == "" {
		address.RuntimeParams["application_name"] = "relance"
	}
	s := &Store{config: config, address: address, free: make(chan *conn, config.Readers)}
	address.RuntimeParams, s.settings = splitParams(address.RuntimeParams)
	s.aside = &aside{s: s}
	s.lease = &lease{s: s}
	s.wake = &wake{s: s, wakes: make(chan struct{}, 1), left: make(chan struct{}, 1)}
	s.sweeper = &sweeper{s: s, due: make(chan struct{}, 1)}
	defer func() {
		if err != nil {
			_ = s.Close()
			err = s.advised(err)
		}
	}()
	if err = s.migrate(ctx); err != nil {
		return nil, err
	}
	if err = s.lease.take(ctx); err != nil {
		return nil, fmt.Errorf("opening the database: %w", err)
	}
	s.name = rand.Int64() // numbers of leases come again in a database that is made anew
	if err = s.aside.run(ctx, step{query: sqlBeginRecord, params: params{}.int(s.name)}); err != nil {
		return nil, fmt.Errorf("opening the database: %w", err)
	}
	if s.writer, err = startWriter(ctx, s); err != nil {
		return nil, fmt.Errorf("opening the database: %w", err)
	}
	for range config.Readers {
		s.free <- nil // opened when first needed
	}
	background, cancel := context.WithCancel(context.WithoutCancel(ctx))
	s.background = cancel
	for _, keep := range []func(context.Context){s.lease.keep, s.wake.listen, s.wake.notify, s.sweeper.keep} {
		s.keepers.Go(func() { keep(background) })
	}
	return s, nil
}

// badAddress says what is wrong with an address; the error itself may show the password.
func badAddress(err error) error {
	var file *fs.PathError
	if errors.As(err, &file) {
		return fmt.Errorf("a file that its address, or a PG… variable, names cannot be read: %w", file)
	}
	var parse *pgconn.ParseConfigError
	if inner := errors.Unwrap(err); errors.As(err, &parse) && inner != nil {
		for _, part := range []string{"failed to configure TLS", "failed to read service"} {
			if strings.Contains(err.Error(), part) {
				return fmt.Errorf("%s: %w", part, inner)
			}
		}
	}
	return errForm
}

// connect opens a connection for transactions that begin so, or for none.
func (s *Store) connect(ctx context.Context, begin string) (*conn, error) {
	wanted := maps.Clone(s.settings)
	lease := func(d time.Duration) string { return strconv.FormatInt(d.Milliseconds(), 10) }
	switch begin {
	case sqlBegin:
		// A process that stands still loses its transaction, and so does one that the
		// network has cut off. A transaction lasts milliseconds, and whoever needs what it
		// has in hand waits for it.
		wanted["idle_in_transaction_session_timeout"] = lease(min(s.config.Lease/2, max(s.config.Lease/10, time.Second)))
		wanted["tcp_user_timeout"] = lease(s.config.Lease / 2)
		wanted["lock_timeout"] = lease(lockPatience)
	case "":
		wanted["lock_timeout"] = lease(lockPatience)
	}
	c, err := connect(ctx, s.address, begin, max(2*s.config.Lease, connectTimeout))
	if err != nil {
		return nil, err
	}
	if err := s.own(ctx, c, wanted); err != nil {
		c.close()
		return nil, err
	}
	if begin == sqlBegin {
		// A commit is durable when it is answered, whatever the server does by default.
		if _, err := c.pg.Exec(ctx, `SELECT set_config('synchronous_commit', 'on', false) WHERE current_setting('synchronous_commit') = 'off'`).ReadAll(); err != nil {
			c.close()
			return nil, failure(err)
		}
	}
	return c, nil
}

// Write implements [storage.Store]. A panic in f is returned as a *[storage.PanicError].
//
// If the connection breaks under a commit, the server is asked on another one what
// became of it; only if it does not say within the lease is the error about
// something that may have been kept, and says so.
func (s *Store) Write(ctx context.Context, f func(tx storage.Tx) error, needs ...storage.Need) error {
	return s.writer.Write(ctx, f, needs)
}

// Read implements [storage.Store]. ctx is looked at while waiting for a
// connection and before every query; a query that runs is not interrupted.
func (s *Store) Read(ctx context.Context, f func(r storage.Reader) error) error {
	c, err := s.takeReader(ctx)
	if err != nil {
		return err
	}
	defer func() {
		_ = s.noticed(c.failed) // f has it, as it came
		c.rollback()
		s.releaseReader(c)
	}()
	return f(reader{c: c, ctx: ctx})
}

// takeReader waits for a free connection and opens it if it never was.
func (s *Store) takeReader(ctx context.Context) (*conn, error) {
	s.mu.Lock()
	if s.closed {
		s.mu.Unlock()
		return nil, storage.ErrClosed
	}
	s.users.Add(1)
	s.mu.Unlock()
	if s.replaced.Load() {
		s.users.Done()
		return nil, storage.ErrReplaced
	}

	var c *conn
	select {
	case c = <-s.free:
	case <-ctx.Done():
		s.users.Done()
		return nil, ctx.Err()
	}
	// A server that was restarted is noticed before f runs.
	if c != nil && c.stale() {
		c.close()
		c = nil
	}
	if c != nil {
		return c, nil
	}
	c, err := s.connect(ctx, sqlBeginRead)
	if err != nil {
		s.free <- nil
		s.users.Done()
		return nil, s.advised(err)
	}
	return c, nil
}

// releaseReader gives a connection back, or the place of one that is broken.
func (s *Store) releaseReader(c *conn) {
	if c.broken() {
		c.close()
		c = nil
	}
	s.free <- c
	s.users.Done()
}

// Close ends the writes that run and the reads, refuses new ones, and gives up
// the lease: what this process has claimed is at once others' to recover.
func (s *Store) Close() error {
	s.mu.Lock()
	if s.closed {
		s.mu.Unlock()
		return nil
	}
	s.closed = true
	s.mu.Unlock()

	if s.writer != nil {
		s.writer.close()
	}
	s.users.Wait()
	if s.background != nil {
		s.background()
		s.keepers.Wait()
	}
	s.lease.release()
	s.aside.close()
	close(s.free)
	for c := range s.free {
		if c != nil {
			c.close()
		}
	}
	return nil
}
