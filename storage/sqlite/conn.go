package sqlite

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"net/url"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/relance-bot/relance/storage"
)

const (
	sqlBeginRead = `BEGIN`
	sqlRollback  = `ROLLBACK`

	// maxStatements bounds what one connection keeps prepared.
	maxStatements = 256
)

// use is what a connection is for.
type use int

const (
	forLooking use = iota // with nothing set: at a file that may not be migrated yet
	forWriting
	forReading
	forMigrating
	forVolatile // for writing, where nobody waits for the disk
)

// source is a file and how a connection to it is opened.
type source string

// sourceOf names a file in a way that survives blanks, percent and question marks.
// The settings stand in the name: whoever opens a connection opens it with them.
func sourceOf(path string, purpose use, busy time.Duration) source {
	q := url.Values{}
	q.Set("_busy_timeout", strconv.FormatInt(busy.Milliseconds(), 10))
	q.Set("_mutex", "no") // one goroutine at a time has a connection
	switch purpose {
	case forWriting, forVolatile:
		q.Set("_journal_mode", "WAL")
		q.Set("_synchronous", map[use]string{forWriting: "FULL", forVolatile: "OFF"}[purpose])
		// In KiB. Of more there is nothing to gain, as the system has the file in memory too:
		// and a commit that moved pages looks through all the cache has places for.
		q.Set("_cache_size", "-2000")
	case forReading:
		q.Set("_query_only", "1")
		q.Set("_cache_size", "-1000")
	case forMigrating:
		q.Set("_journal_mode", "WAL")
		q.Set("_synchronous", "FULL")
		q.Set("_txlock", "immediate")
	}
	path = filepath.ToSlash(path)
	if !strings.HasPrefix(path, "/") {
		path = "/" + path // a drive letter
	}
	return source("file://" + (&url.URL{Path: path}).EscapedPath() + "?" + q.Encode())
}

// openDB opens the one connection that others than this package work with.
func openDB(from source) (*sql.DB, error) {
	db, err := sql.Open(driverName, string(from))
	if err != nil {
		return nil, fmt.Errorf("opening the database: %w", err)
	}
	db.SetMaxOpenConns(1)
	return db, nil
}

// conn is one connection with the statements prepared on it. One goroutine uses
// it at a time. It works with the driver itself: what database/sql does for many
// goroutines that share connections would be a third of the price of a statement.
//
// No statement gets a context that can be cancelled: the driver would end a
// write transaction behind our back, and spend a goroutine on every query.
type conn struct {
	raw   driver.Conn
	stmts map[string]*statement
	in    []driver.NamedValue // of the statement that runs
	names                     // what has a number
	*packer

	// ctx is that of the Read that uses the connection, nil in the writer.
	ctx context.Context
	// failed is the first failure of SQLite since it was last set to nil. After
	// one, nothing more is run: it may have ended the transaction, and statements
	// outside of one would be kept each by itself.
	failed error
}

// statement is a prepared one.
type statement struct {
	stmt driver.Stmt
	row  scanner // as wide as its answer, once there was one
}

func openConn(from source) (*conn, error) {
	raw, err := openDriver(string(from))
	if err != nil {
		return nil, failure(err)
	}
	return &conn{raw: raw, stmts: make(map[string]*statement), names: newNames(), packer: newPacker()}, nil
}

// close closes the statements first: with one left, SQLite would keep the
// connection, its transaction and its locks.
func (c *conn) close() error {
	return errors.Join(c.closeStatements(), c.raw.Close())
}

func (c *conn) closeStatements() error {
	var errs []error
	for query, s := range c.stmts {
		errs = append(errs, s.stmt.Close())
		delete(c.stmts, query)
	}
	return errors.Join(errs...)
}

// prepared returns the statement of a query, prepared when first asked for.
func (c *conn) prepared(query string) (*statement, error) {
	if c.failed != nil {
		return nil, c.failed
	}
	if c.ctx != nil {
		if err := c.ctx.Err(); err != nil {
			return nil, err
		}
	}
	if s, ok := c.stmts[query]; ok {
		return s, nil
	}
	stmt, err := c.raw.Prepare(opaque(query))
	if err != nil {
		return nil, c.fail(err)
	}
	if len(c.stmts) >= maxStatements { // queries that spell out their filters
		if err := c.closeStatements(); err != nil {
			return nil, c.fail(err)
		}
	}
	s := &statement{stmt: stmt}
	c.stmts[query] = s
	return s, nil
}

// opaque writes every parameter as `+?`, which means the same and hides its
// value from the planner. SQLite plans `a = ?` and `LIMIT ?` with a look at the
// value, and compiles the statement anew when the parameter is bound again; as
// the driver clears all parameters before each run, that would be every run, at
// ten times the price of the run itself.
func opaque(query string) string { return strings.ReplaceAll(query, "?", "+?") }

// fail remembers an error of SQLite.
func (c *conn) fail(err error) error {
	c.failed = failure(err)
	return c.failed
}

// bind names the arguments the way the driver wants them.
func (c *conn) bind(in []any) []driver.NamedValue {
	c.in = c.in[:0]
	for i, v := range in {
		switch n := v.(type) {
		case int:
			v = int64(n)
		case uint:
			v = int64(n)
		}
		c.in = append(c.in, driver.NamedValue{Ordinal: i + 1, Value: v})
	}
	return c.in
}

// start runs a statement up to its first row. The driver binds everything and
// takes that step in one call.
func (c *conn) start(query string, in []any) (driver.Rows, *statement, error) {
	s, err := c.prepared(query)
	if err != nil {
		return nil, nil, err
	}
	rows, err := s.stmt.(driver.StmtQueryContext).QueryContext(context.Background(), c.bind(in))
	if err != nil {
		return nil, nil, c.fail(err)
	}
	if s.row == nil {
		s.row = make(scanner, len(rows.Columns()))
	}
	return rows, s, nil
}

// exec runs a statement that answers nothing.
func (c *conn) exec(query string, in ...any) error {
	rows, _, err := c.start(query, in)
	if err != nil {
		return err
	}
	if err := rows.Close(); err != nil {
		return c.fail(err)
	}
	return nil
}

// insert runs a statement that puts one row, and says whether it was not there yet. It
// costs less than change, for which the driver binds each value by itself.
func (c *conn) insert(query string, in ...any) (fresh bool, err error) {
	s, err := c.prepared(query)
	if err != nil {
		return false, err
	}
	rows, err := s.stmt.(driver.StmtQueryContext).QueryContext(context.Background(), c.bind(in))
	if err != nil && taken(err) {
		return false, nil
	}
	if err == nil {
		err = rows.Close()
	}
	if err != nil {
		return false, c.fail(err)
	}
	return true, nil
}

// change runs a statement and returns how many rows it changed.
func (c *conn) change(query string, in ...any) (int64, error) {
	s, err := c.prepared(query)
	if err != nil {
		return 0, err
	}
	result, err := s.stmt.(driver.StmtExecContext).ExecContext(context.Background(), c.bind(in))
	if err != nil {
		return 0, c.fail(err)
	}
	n, err := result.RowsAffected()
	if err != nil {
		return 0, c.fail(err)
	}
	return n, nil
}

// rollback ends whatever transaction there is.
func (c *conn) rollback() error {
	c.failed, c.ctx = nil, nil
	c.forget()
	if c.idle() {
		return nil
	}
	return c.exec(sqlRollback)
}

// idle reports whether no transaction is open.
func (c *conn) idle() bool { return autoCommit(c.raw) }

// reader is the reading half of every role, on one connection.
type reader struct {
	c   *conn
	log *flightLog // of its snapshot; nil in a transaction
}

var _ storage.Reader = reader{}

// millis is how a time is kept. The zero time is 0.
func millis(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMilli()
}

// instant is the time that was kept.
func instant(ms int64) time.Time {
	if ms == 0 {
		return time.Time{}
	}
	return time.UnixMilli(ms).UTC()
}

// bounded makes a limit of what callers give: everything for 0.
func bounded(limit int) int {
	if limit <= 0 {
		return -1
	}
	return limit
}
