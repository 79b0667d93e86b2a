// Package sqlite keeps a bot in one SQLite file. It is the default backend, and
// all a bot on one machine needs.
//
//	Write(f) ──► queue ──► committer: BEGIN · f · f · f · COMMIT ──► answers
//	Read(f)  ──► one of a few query-only connections, on a snapshot
//
// There is one writing connection, owned by one goroutine, the committer. It
// takes all the writes that wait, runs one after the other, commits once and
// answers them all; while it commits, the next group gathers. If one fails, they are
// run again, each in a savepoint. So the price of a
// durable commit (an fsync: synchronous=FULL, since a webhook answered with 200
// does not come again) is shared without anyone being made to wait for company.
//
// The file is in WAL mode: readers never wait for the writer, nor it for them.
// Start reading at [Open]; write.go is the writing connection and group.go the committer; each
// noun of package storage has a file with its statements.
package sqlite

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/relance-bot/relance/storage"
)

// Config says how a file is opened. Its zero value is good for looking into a
// file beside the bot that runs on it.
type Config struct {
	// Exclusive takes the file for this process: while it is open, another
	// exclusive Open fails with ErrInUse. A running bot opens it so; inspection
	// does not.
	Exclusive bool
	// Readers is how many Reads may run at once. 0 means 4.
	Readers int
	// BusyTimeout is how long a write waits for another process that writes. 0
	// means 5 seconds.
	BusyTimeout time.Duration
	// CheckTimeout is how long Check waits for its small write. 0 means 2 seconds.
	CheckTimeout time.Duration
	// Existing makes Open fail with an error that wraps fs.ErrNotExist, instead of
	// creating a file, where there is none.
	Existing bool
	// Volatile leaves it to the operating system when what is committed reaches the
	// disk: it survives the process, and not the machine. For tests, which wait for
	// the disk most of their time otherwise.
	Volatile bool
}

const (
	defaultReaders      = 4
	defaultBusyTimeout  = 5 * time.Second
	defaultCheckTimeout = 2 * time.Second
)

// Store is a bot's memory in one file. It implements [storage.Store] and
// [storage.Backuper].
type Store struct {
	path         string
	checkTimeout time.Duration

	lock    *lock // nil unless exclusive
	reading source
	writer  *writer

	free     chan *conn    // reading connections nobody uses
	unopened chan struct{} // one for each that was never opened
	users    sync.WaitGroup

	mu     sync.Mutex
	closed bool
}

var (
	_ storage.Store    = (*Store)(nil)
	_ storage.Backuper = (*Store)(nil)
)

// Open opens the file at path, creates it if there is none, and brings its
// schema up to date. The file is readable by its owner alone: it holds tokens.
func Open(ctx context.Context, path string, config Config) (_ *Store, err error) {
	if config.Readers <= 0 {
		config.Readers = defaultReaders
	}
	if config.BusyTimeout <= 0 {
		config.BusyTimeout = defaultBusyTimeout
	}
	if config.CheckTimeout <= 0 {
		config.CheckTimeout = defaultCheckTimeout
	}

	if path, err = locate(path, !config.Existing); err != nil {
		return nil, fmt.Errorf("opening the database: %w", err)
	}
	s := &Store{path: path, checkTimeout: config.CheckTimeout, free: make(chan *conn, config.Readers), unopened: make(chan struct{}, config.Readers)}
	defer func() {
		if err != nil {
			_ = s.Close()
		}
	}()
	if config.Exclusive {
		if s.lock, err = waitForLock(ctx, path, lockPatience); err != nil {
			return nil, err
		}
	}
	if err = dropForeignLog(ctx, path, config.Exclusive); err != nil {
		return nil, fmt.Errorf("opening the database: %w", err)
	}
	if err = migrate(ctx, path, config.Exclusive, config.BusyTimeout, migrations); err != nil {
		return nil, err
	}

	s.reading = sourceOf(path, forReading, config.BusyTimeout)
	writing := forWriting
	if config.Volatile {
		writing = forVolatile
	}
	if s.writer, err = startWriter(sourceOf(path, writing, config.BusyTimeout)); err != nil {
		return nil, err
	}
	if config.Exclusive {
		if err = s.writer.Write(ctx, countOpening, nil); err != nil {
			return nil, fmt.Errorf("opening the database: %w", err)
		}
	}
	for range config.Readers {
		s.unopened <- struct{}{}
	}
	return s, nil
}

// countOpening numbers an exclusive opening. What an earlier one claimed is an
// orphan from then on. One that only looks beside a running bot gets no number, and
// disturbs no claim.
func countOpening(tx storage.Tx) error {
	t := tx.(*transaction)
	if _, err := t.next(counterOpening); err != nil {
		return err
	}
	if err := t.landAll(); err != nil {
		return err
	}
	return t.c.exec(sqlOrphan)
}

// Path is where the file is.
func (s *Store) Path() string { return s.path }

// Write implements [storage.Store]. A panic in f is returned as a *[storage.PanicError].
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
	c.ctx = ctx
	broken := true
	defer func() {
		c.ctx = nil
		s.releaseReader(c, broken)
	}()

	if err = c.exec(sqlBeginRead); err == nil {
		err = f(reader{c, new(flightLog)})
	}
	broken = c.rollback() != nil
	return err
}

// takeReader waits for a free connection. Another one is opened only if all that are
// open are in use: each has pages and prepared statements of its own to warm up.
func (s *Store) takeReader(ctx context.Context) (*conn, error) {
	s.mu.Lock()
	if s.closed {
		s.mu.Unlock()
		return nil, storage.ErrClosed
	}
	s.users.Add(1)
	s.mu.Unlock()

	select {
	case c := <-s.free:
		return c, nil
	default:
	}
	select {
	case c := <-s.free:
		return c, nil
	case <-s.unopened:
	case <-ctx.Done():
		s.users.Done()
		return nil, ctx.Err()
	}
	c, err := openConn(s.reading)
	if err != nil {
		s.unopened <- struct{}{}
		s.users.Done()
		return nil, err
	}
	return c, nil
}

// releaseReader gives a connection back, or the place of one that is broken.
func (s *Store) releaseReader(c *conn, broken bool) {
	if broken {
		_ = c.close()
		s.unopened <- struct{}{}
	} else {
		s.free <- c
	}
	s.users.Done()
}

// Close waits for the writes that run and the reads, refuses new ones, and
// closes the file.
func (s *Store) Close() error {
	s.mu.Lock()
	if s.closed {
		s.mu.Unlock()
		return nil
	}
	s.closed = true
	s.mu.Unlock()

	var errs []error
	if s.writer != nil {
		s.writer.Close()
	}
	s.users.Wait()
	close(s.free)
	for c := range s.free {
		errs = append(errs, c.close())
	}
	// The last connection to be closed folds the log into the file, and only one
	// that may write can.
	if s.writer != nil {
		errs = append(errs, s.writer.close())
	}
	if s.lock != nil {
		errs = append(errs, s.lock.release())
	}
	return errors.Join(errs...)
}
