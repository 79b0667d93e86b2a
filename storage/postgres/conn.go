package postgres

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/relance-bot/relance/storage"
)

// step is one statement of an exchange.
type step struct {
	query  string
	params params
	row    func(r *row) // of an answer with rows
	count  *int64       // of the rows that were changed
}

// conn is one connection with the statements prepared on it. One goroutine uses it
// at a time.
//
// It runs statements in exchanges: all of one are sent at once and answered at
// once, so that an exchange costs one round trip, whatever it holds.
type conn struct {
	pg    *pgconn.PgConn
	stmts map[string]*pgconn.StatementDescription

	begin string // goes before the first statement of a transaction
	open  bool   // a transaction is

	// failed is the first failure since it was last set to nil. After one, nothing
	// more is run: it ended the transaction.
	failed error
	// patience ends the connection if an exchange takes longer.
	patience time.Duration
	watchdog *time.Timer

	session session
	prefix  string // of the names of statements

	room room

	exchanges int64 // for tests and benchmarks
}

const (
	sqlBegin     = `BEGIN`
	sqlBeginRead = `BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY`
	sqlCommit    = `COMMIT`
)

var binaryFormat = []int16{1}

// errBroken is the failure of a connection that was closed under way.
var errBroken = errors.New("the connection is closed")

// connect opens a connection.
func connect(ctx context.Context, config *pgconn.Config, begin string, patience time.Duration) (*conn, error) {
	pg, err := pgconn.ConnectConfig(ctx, config)
	if err != nil {
		return nil, failure(unreachable(err))
	}
	c := &conn{pg: pg, stmts: make(map[string]*pgconn.StatementDescription), prefix: "s", begin: begin, patience: patience}
	socket := pg.Conn()
	c.watchdog = time.AfterFunc(time.Hour, func() { _ = socket.Close() })
	c.watchdog.Stop()
	return c, nil
}

// close says good-bye if that can be done at once.
func (c *conn) close() {
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	_ = c.pg.Close(ctx) // there is nothing left that could be lost
}

func (c *conn) broken() bool { return c.pg.IsClosed() }

// run sends the steps in one exchange and reads all their answers. If one fails,
// those behind it are not run.
func (c *conn) run(steps ...step) error {
	if c.failed != nil {
		return c.failed
	}
	if c.pg.IsClosed() {
		return c.fail(errBroken)
	}
	c.exchanges++
	c.watchdog.Reset(c.patience)
	defer c.watchdog.Stop()

	p := c.pg.StartPipeline(context.Background())
	steps = c.opened(steps)
	c.makeRoom(steps)
	var fresh []string // queries that are prepared on the way
	for _, s := range steps {
		formats := binaryFormat
		if len(s.params) == 0 {
			formats = nil
		}
		if sd, ok := c.stmts[s.query]; ok {
			p.SendQueryStatement(sd, s.params, formats, binaryFormat)
			continue
		}
		i := slices.Index(fresh, s.query)
		if i < 0 {
			i = len(fresh)
			fresh = append(fresh, s.query)
			p.SendPrepare(c.statementName(i), s.query, nil)
		}
		p.SendQueryPrepared(c.statementName(i), s.params, formats, binaryFormat)
	}
	err := p.Sync()
	if err == nil {
		err = c.receive(p, steps, fresh)
	}
	if closing := p.Close(); err == nil && closing != nil {
		err = closing
	}
	if err != nil {
		return c.fail(err)
	}
	return nil
}

// opened are the steps with what must go before them: the beginning of a transaction, and
// through a pooler the question whether it is in the same session as all before.
func (c *conn) opened(steps []step) []step {
	begins := c.begin != "" && !c.open
	if c.session.foreign && (begins || c.begin == "") {
		steps = append([]step{{query: sqlSame, params: params{}.int(c.session.pid)}}, steps...)
	}
	if begins {
		steps = append([]step{{query: c.begin}}, steps...)
		c.open = true
	}
	return steps
}

// statementName is that of the statement that will be the i-th after those there
// are.
func (c *conn) statementName(i int) string { return c.prefix + strconv.Itoa(len(c.stmts)+i) }

// receive reads the answers of an exchange.
func (c *conn) receive(p *pgconn.Pipeline, steps []step, fresh []string) (first error) {
	note := func(err error) {
		if first == nil {
			first = err
		}
	}
	for {
		result, err := p.GetResults()
		if err != nil {
			note(err)
			var pg *pgconn.PgError
			if !errors.As(err, &pg) || pg.Severity == "FATAL" || pg.Severity == "PANIC" {
				return first
			}
			continue
		}
		switch result := result.(type) {
		case *pgconn.StatementDescription:
			result.Name = c.statementName(0)
			c.stmts[fresh[0]] = result
			fresh = fresh[1:]
		case *pgconn.ResultReader:
			s := steps[0]
			steps = steps[1:]
			for result.NextRow() {
				if s.row == nil {
					continue
				}
				r := row{values: result.Values()}
				s.row(&r)
				if r.err != nil {
					note(fmt.Errorf("reading an answer: %w", r.err))
				}
			}
			tag, err := result.Close()
			if err != nil {
				note(err)
			} else if s.count != nil {
				*s.count = tag.RowsAffected()
			}
		case *pgconn.PipelineSync:
			return first
		default:
			note(errBroken)
			return first
		}
	}
}

// fail remembers an error. A connection that is good for nothing any more is closed: one
// that has lost its session, and one that takes no writes, which another may: to the server
// that took over, or to the same, whose default each session keeps as it found it.
func (c *conn) fail(err error) error {
	switch {
	case c.session.foreign && lent(err):
		err = fmt.Errorf("%w: %w", errLent, err)
		c.close()
	case code(err) == codeReadOnly:
		c.close()
	}
	c.failed = failure(err)
	return c.failed
}

// rollback ends whatever transaction there is. If it cannot, the connection is
// broken.
func (c *conn) rollback() {
	c.failed = nil
	if !c.open {
		return
	}
	c.open = false
	if c.pg.IsClosed() || c.pg.TxStatus() == 'I' {
		return
	}
	c.watchdog.Reset(c.patience)
	defer c.watchdog.Stop()
	if _, err := c.pg.Exec(context.Background(), `ROLLBACK`).ReadAll(); err != nil {
		c.close()
	}
}

// one reads the one row that scan understands; storage.ErrNotFound if there is
// none.
func one[T any](c *conn, scan func(*row) T, query string, in params) (v T, err error) {
	found := false
	err = c.run(step{query: query, params: in, row: func(r *row) { v, found = scan(r), true }})
	if err == nil && !found {
		err = storage.ErrNotFound
	}
	return v, err
}

// many reads all rows of an answer.
func many[T any](c *conn, scan func(*row) T, query string, in params) (list []T, err error) {
	err = c.run(step{query: query, params: in, row: func(r *row) { list = append(list, scan(r)) }})
	if err != nil {
		return nil, err
	}
	return list, nil
}

func scanText(r *row) string { return r.text() }

// stale says that the server has closed the connection since it was last used. What
// a look at the socket misses shows with the first statement.
func (c *conn) stale() bool {
	//lint:ignore SA1019 to be certain would take a round trip for each use
	return c.pg.IsClosed() || c.pg.CheckConn() != nil
}
