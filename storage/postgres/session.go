package postgres

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
)

// A session is the server's end of a connection: settings, prepared statements, LISTEN
// and the number that it can be ended by are its own. A pooler may stand before it. One
// that keeps a session for a connection as long as that lasts is as good as none; one that
// lends it to others between two transactions is not.

// settings are those of every session. The statements here are made for their
// indexes; a table that was just filled, or emptied, must not lead the planner to
// anything else. How long an exchange may take is watched here: a time that the
// operator allows each statement would end waits for locks before theirs, and migrations
// and sweeps of large tables always; and one that sessions may be idle would end those
// that wait for work. An open transaction keeps its time: a process that stands still in a
// long read must not keep the server from cleaning up for ever.
//
// They are set once there is a session, and not with the first words to the server, of
// which poolers take few.
var settings = map[string]string{
	"DateStyle":                           "ISO",
	"client_encoding":                     "UTF8",
	"client_min_messages":                 "error",
	"default_transaction_isolation":       "read committed",
	"enable_hashjoin":                     "off",
	"enable_mergejoin":                    "off",
	"enable_seqscan":                      "off",
	"idle_in_transaction_session_timeout": "300000",
	"idle_session_timeout":                "0",
	"jit":                                 "off",
	"plan_cache_mode":                     "force_generic_plan",
	"statement_timeout":                   "0",
	"transaction_timeout":                 "0",
}

// newer are settings that older servers do not know.
var newer = map[string]bool{"idle_session_timeout": true, "transaction_timeout": true}

// spoken are what an address may set that goes with the first words: everybody between
// here and the server takes the first, and the others are nothing that could be set later.
var spoken = map[string]bool{"application_name": true, "options": true, "replication": true}

const (
	// sqlSession sets what it is given if this is the session with that number, and says
	// which it is. When a session began is told by one connection to another, as text.
	sqlSession = `SELECT pg_backend_pid()::bigint,
			(SELECT to_char(backend_start AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS.US') || '+00' FROM pg_stat_get_activity(pg_backend_pid())),
			current_setting('server_encoding'),
			(SELECT count(set_config(s.name, s.value, false)) FROM unnest($1::text[], $2::text[], $3::bool[]) AS s (name, value, optional)
				WHERE pg_backend_pid() = $4::bigint AND (NOT s.optional OR current_setting(s.name, true) IS NOT NULL))`
	// sqlSame fails, by the square root of -1, in any session but the one with that number.
	sqlSame = `SELECT sqrt(CASE WHEN pg_backend_pid() = $1::bigint THEN 0 ELSE -1 END)`
	sqlPID  = `SELECT pg_backend_pid()::bigint`
)

// session is one end of a connection at the server.
type session struct {
	pid     int64
	started string // when it did: numbers come again
	foreign bool   // the number is not the one that the connection was told: somebody stands between
}

// errLent is that of a pooler that gives a session to others between two transactions.
var errLent = errors.New("a pooler stands before the database that lends its sessions to others after each transaction or statement")

var errEncoding = errors.New("the database has the encoding")

// errNoSession is that of a pooler that takes a connection and has no session left for it.
var errNoSession = errors.New("the connection was taken, and no session of the server's given to it")

// own makes a new connection's session ready, or refuses it. Through a pooler that says
// nothing of what it does, it is found out before anything is set: in a session that is
// lent it would be set for others.
func (s *Store) own(ctx context.Context, c *conn, wanted map[string]string) error {
	ctx, cancel := context.WithTimeout(ctx, s.address.ConnectTimeout)
	defer cancel()
	told := int64(c.pg.PID())
	encoding, err := c.settle(ctx, wanted, told)
	if pgconn.Timeout(err) {
		err = fmt.Errorf("%w in time: %w", errNoSession, err)
	}
	if err != nil {
		return failure(err)
	}
	if c.session.foreign = c.session.pid != told; c.session.foreign {
		if !s.faithful.Load() {
			if err := s.probe(ctx, c); err != nil {
				return failure(err)
			}
			s.faithful.Store(true)
		}
		mine := c.session.pid
		if encoding, err = c.settle(ctx, wanted, mine); err != nil {
			return failure(err)
		}
		if c.session.pid != mine {
			return failure(errLent)
		}
		c.prefix = "s" + rand.Text()[:8] + "_"
	}
	if !strings.EqualFold(encoding, "UTF8") {
		return fmt.Errorf("%w %s, want UTF8", errEncoding, encoding)
	}
	return nil
}

// settle runs sqlSession, in a statement without a name.
func (c *conn) settle(ctx context.Context, wanted map[string]string, pid int64) (encoding string, err error) {
	var t table
	for _, name := range slices.Sorted(maps.Keys(wanted)) {
		t.text(name).text(wanted[name]).bool(newer[name]).next()
	}
	result := c.pg.ExecParams(ctx, sqlSession, t.params().int(pid), nil, binaryFormat, binaryFormat).Read()
	if result.Err != nil {
		return "", result.Err
	}
	r := row{values: result.Rows[0]}
	c.session.pid, c.session.started, encoding = r.int(), r.text(), r.text()
	return encoding, r.err
}

// probes is how many connections look at once whether they get another's session.
const probes = 3

// probe finds out whether a session is lent to others while its connection lasts: others
// that begin transactions then get it, or find it gone when it is asked for again. Where
// many use the pooler it may be missed; then [sqlSame] finds it.
func (s *Store) probe(ctx context.Context, c *conn) error {
	for range probes {
		other, err := pgconn.ConnectConfig(ctx, s.address)
		if err != nil {
			return err
		}
		defer func() {
			ctx, cancel := context.WithTimeout(context.Background(), time.Second)
			defer cancel()
			_ = other.Close(ctx) // it has done nothing
		}()
		theirs, err := numberOf(ctx, other, `BEGIN; `+sqlPID)
		if pgconn.Timeout(err) {
			return fmt.Errorf("%w in time: %w", errNoSession, err)
		}
		if code(err) == codeProtocol { // PgBouncer in statement mode takes no BEGIN
			return fmt.Errorf("%w: %w", errLent, err)
		}
		if err != nil {
			return err
		}
		mine, err := numberOf(ctx, c.pg, sqlPID)
		if err != nil {
			return err
		}
		if theirs == c.session.pid || mine != c.session.pid {
			return errLent
		}
	}
	return nil
}

// numberOf runs statements and reads the number that the last answers with.
func numberOf(ctx context.Context, pg *pgconn.PgConn, query string) (int64, error) {
	results, err := pg.Exec(ctx, query).ReadAll()
	if err != nil {
		return 0, err
	}
	last := results[len(results)-1]
	if len(last.Rows) != 1 {
		return 0, errBroken
	}
	return strconv.ParseInt(string(last.Rows[0][0]), 10, 64)
}

// lent says that an error shows that a foreign session is another than before: the one that
// was asked has none of our statements, or says itself that it is not the one.
func lent(err error) bool {
	c := code(err)
	return c == codeAnother || c == codeNoStatement || c == codeStatementThere
}

// splitParams parts what an address sets into what goes with the first words and what is
// set then.
func splitParams(all map[string]string) (first, later map[string]string) {
	first, later = make(map[string]string), maps.Clone(settings)
	for name, value := range all {
		if spoken[name] {
			first[name] = value
		} else if !ours(name) {
			later[name] = value
		}
	}
	return first, later
}

// ours says that a setting is one of settings: names are written in any case.
func ours(name string) bool {
	for known := range settings {
		if strings.EqualFold(known, name) {
			return true
		}
	}
	return false
}
