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

// use is what a pool of connections is for.
type use int

const (
	forLooking use = iota // with nothing set: at a file that may not be migrated yet
	forWriting
	forReading
	forMigrating
)

// openDB opens a pool that never closes a connection on its own. Settings stand
// in the data source name, since a PRAGMA sent through a pool reaches one of its
// connections only.
func openDB(path string, purpose use, busy time.Duration, conns int) (*sql.DB, error) {
	q := url.Values{}
	q.Set("_busy_timeout", strconv.FormatInt(busy.Milliseconds(), 10))
	q.Set("_mutex", "no") // one goroutine at a time has a connection
	switch purpose {
	case forWriting:
		q.Set("_journal_mode", "WAL")
		q.Set("_synchronous", "FULL")
		q.Set("_cache_size", "-8000") // KiB
	case forReading:
		q.Set("_query_only", "1")
		q.Set("_cache_size", "-2000")
	case forMigrating:
		q.Set("_journal_mode", "WAL")
		q.Set("_synchronous", "FULL")
		q.Set("_txlock", "immediate")
	}
	db, err := sql.Open("sqlite3", fileURI(path)+"?"+q.Encode())
	if err != nil {
		return nil, fmt.Errorf("opening the database: %w", err)
	}
	db.SetMaxOpenConns(conns)
	db.SetMaxIdleConns(conns)
	return db, nil
}

// fileURI names a file in a way that survives blanks, percent and question marks.
func fileURI(path string) string {
	path = filepath.ToSlash(path)
	if !strings.HasPrefix(path, "/") {
		path = "/" + path // a drive letter
	}
	return "file://" + (&url.URL{Path: path}).EscapedPath()
}

// conn is one connection with the statements prepared on it. One goroutine uses
// it at a time.
//
// No statement gets a context that can be cancelled: the driver would end a
// write transaction behind our back, and spend a goroutine on every query.
type conn struct {
	sql   *sql.Conn
	stmts map[string]*sql.Stmt
	names // what has a number

	// ctx is that of the Read that uses the connection, nil in the writer.
	ctx context.Context
	// failed is the first failure of SQLite since it was last set to nil. After
	// one, nothing more is run: it may have ended the transaction, and statements
	// outside of one would be kept each by itself.
	failed error
}

func openConn(ctx context.Context, db *sql.DB) (*conn, error) {
	c, err := db.Conn(context.WithoutCancel(ctx))
	if err != nil {
		return nil, failure(err)
	}
	return &conn{sql: c, stmts: make(map[string]*sql.Stmt), names: newNames()}, nil
}

func (c *conn) close() error {
	return errors.Join(c.closeStatements(), c.sql.Close())
}

func (c *conn) closeStatements() error {
	var errs []error
	for query, stmt := range c.stmts {
		errs = append(errs, stmt.Close())
		delete(c.stmts, query)
	}
	return errors.Join(errs...)
}

// discard closes the connection below too, instead of giving it to the pool. The
// statements go first: with one left, SQLite would keep the connection, its
// transaction and its locks.
func (c *conn) discard() {
	_ = c.closeStatements()
	_ = c.sql.Raw(func(any) error { return driver.ErrBadConn })
}

// prepared returns the statement of a query, prepared when first asked for.
func (c *conn) prepared(query string) (*sql.Stmt, error) {
	if c.failed != nil {
		return nil, c.failed
	}
	if c.ctx != nil {
		if err := c.ctx.Err(); err != nil {
			return nil, err
		}
	}
	if stmt, ok := c.stmts[query]; ok {
		return stmt, nil
	}
	stmt, err := c.sql.PrepareContext(context.Background(), opaque(query))
	if err != nil {
		return nil, c.fail(err)
	}
	if len(c.stmts) >= maxStatements { // queries that spell out their filters
		if err := c.closeStatements(); err != nil {
			return nil, c.fail(err)
		}
	}
	c.stmts[query] = stmt
	return stmt, nil
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

func (c *conn) exec(query string, in ...any) error {
	_, err := c.change(query, in...)
	return err
}

// change runs a statement and returns how many rows it changed.
func (c *conn) change(query string, in ...any) (int64, error) {
	stmt, err := c.prepared(query)
	if err != nil {
		return 0, err
	}
	result, err := stmt.Exec(in...)
	if err != nil {
		return 0, c.fail(err)
	}
	n, err := result.RowsAffected()
	if err != nil {
		return 0, c.fail(err)
	}
	return n, nil
}

// args keeps a query's arguments apart from where its answer goes.
type args []any

// row reads one row; storage.ErrNotFound if there is none.
func (c *conn) row(query string, in args, out ...any) error {
	stmt, err := c.prepared(query)
	if err != nil {
		return err
	}
	err = stmt.QueryRow(in...).Scan(out...)
	if errors.Is(err, sql.ErrNoRows) {
		return storage.ErrNotFound
	}
	if err != nil {
		return c.fail(err)
	}
	return nil
}

// scanner is a row, single or one of many.
type scanner interface{ Scan(dest ...any) error }

// one reads the one row that scan understands.
func one[T any](c *conn, scan func(scanner) (T, error), query string, in ...any) (T, error) {
	var zero T
	stmt, err := c.prepared(query)
	if err != nil {
		return zero, err
	}
	v, err := scan(stmt.QueryRow(in...))
	if errors.Is(err, sql.ErrNoRows) {
		return zero, storage.ErrNotFound
	}
	if err != nil {
		return zero, c.fail(err)
	}
	return v, nil
}

// many reads all rows of an answer.
func many[T any](c *conn, scan func(scanner) (T, error), query string, in ...any) ([]T, error) {
	stmt, err := c.prepared(query)
	if err != nil {
		return nil, err
	}
	rows, err := stmt.Query(in...)
	if err != nil {
		return nil, c.fail(err)
	}
	defer rows.Close()
	var list []T
	for rows.Next() {
		v, err := scan(rows)
		if err != nil {
			return nil, c.fail(err)
		}
		list = append(list, v)
	}
	if err := rows.Err(); err != nil {
		return nil, c.fail(err)
	}
	return list, nil
}

func scanText(row scanner) (s string, err error) {
	err = row.Scan(&s)
	return s, err
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
func (c *conn) idle() bool {
	idle := false
	_ = c.sql.Raw(func(raw any) error {
		idle = autoCommit(raw)
		return nil
	})
	return idle
}

// reader is the reading half of every role, on one connection.
type reader struct{ c *conn }

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
