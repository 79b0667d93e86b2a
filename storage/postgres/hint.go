package postgres

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"
)

// Refusal is an error of [Open], or of a connection that is wanted later, with what to do
// about it.
type Refusal struct {
	Err error
	Do  string
}

// Error implements error.
func (r *Refusal) Error() string { return r.Err.Error() + ": " + r.Do }

// Unwrap gives the error without what to do.
func (r *Refusal) Unwrap() error { return r.Err }

// advised is an error of opening with what to do about it, if that is known.
func (s *Store) advised(err error) error {
	if do := s.advice(err); do != "" {
		return &Refusal{err, do}
	}
	return err
}

// connections is how many a process has at most: to write, aside, to listen, and to read.
func (s *Store) connections() int { return 3 + s.config.Readers }

// advice is what whoever runs a bot can do about an error of opening.
func (s *Store) advice(err error) string {
	text := err.Error()
	says := func(part string) bool { return strings.Contains(text, part) }
	switch c := code(err); {
	case errors.Is(err, errLent):
		return "give the server's own address, or the pooler's in session mode (Supabase: port 5432; Neon: the host without -pooler; PgBouncer: pool_mode = session)"
	case c == codeProtocol && says("startup parameter"):
		return "a pooler stands there that does not take what the address sets with options: leave it out, or give the server's own address"
	case errors.Is(err, errNoSession):
		return fmt.Sprintf("a pooler before the server may have too few (PgBouncer: default_pool_size): a process has up to %d, and a verb beside it some", s.connections())
	case errors.Is(err, errEncoding):
		return "make another one: CREATE DATABASE … ENCODING 'UTF8' TEMPLATE template0"
	case c == codeReadOnly || says("read only connection"):
		return "give the address of the server that takes writes; of several hosts target_session_attrs=read-write finds it. A host may have set the database so because its disk is full"
	case c == "42501" && says("for schema"):
		return fmt.Sprintf("let an administrator run in this database: GRANT USAGE, CREATE ON SCHEMA public TO %s, or of the schema that its search_path names", s.role())
	case c == "42501":
		return fmt.Sprintf("its tables are another role's: let an administrator give them to %s (ALTER TABLE … OWNER TO), or restore with the role that the bot has", s.role())
	case c == "3F000":
		return "the search_path of the role, database or address names no schema that is there: CREATE SCHEMA it, or name another"
	case c == "53300":
		return fmt.Sprintf("a process has up to %d connections, and a verb beside it some: raise the role's CONNECTION LIMIT or the server's max_connections, or close others", s.connections())
	case c == "53100":
		return "make room on the server's disk"
	case c == "3D000":
		return "make it, or look at the name behind the last / of the address"
	case says("no encryption"):
		return "the server wants an encrypted connection: take sslmode=require, or verify-full"
	case says("client certificate"):
		return "name one with sslcert=FILE&sslkey=FILE in the address"
	case c == "28P01" || c == "28000":
		return "look at user and password in the address, or in PGPASSWORD or ~/.pgpass, and at the server's pg_hba.conf"
	case says("x509:"):
		return "name the certificate of who signed the server's with sslrootcert=FILE, and the server as that names it"
	case says("server refused TLS"):
		return "the server speaks no TLS: leave sslmode out on a network of your own, or let the server have a certificate"
	}
	return ""
}

// role is the user, as it is written in SQL.
func (s *Store) role() string {
	user := s.address.User
	if strings.Trim(user, "abcdefghijklmnopqrstuvwxyz_0123456789") == "" {
		return user
	}
	return strconv.Quote(user)
}

// unreachable is an error of connecting in one line: each address once, without the
// attempts that it is usual for a server to refuse before it takes another.
func unreachable(err error) error {
	var failed *pgconn.ConnectError
	if !errors.As(err, &failed) {
		return err
	}
	var tries, usual []string
	for _, line := range strings.Split(failed.Unwrap().Error(), "\n") {
		line = strings.TrimSpace(line)
		switch {
		case strings.HasSuffix(line, "server refused TLS connection"):
			usual = append(usual, line)
		case line != "" && !slices.Contains(tries, line):
			tries = append(tries, line)
		}
	}
	if len(tries) == 0 {
		tries = slices.Compact(usual)
	}
	return &unreachableError{fmt.Sprintf("cannot connect to the database %q as %q: %s", failed.Config.Database, failed.Config.User, strings.Join(tries, "; ")), err}
}

type unreachableError struct {
	text string
	err  error
}

func (e *unreachableError) Error() string { return e.text }

func (e *unreachableError) Unwrap() error { return e.err }

// errForm is that of an address that is none. What it holds is not shown: a password may be
// anywhere in it.
var errForm = errors.New(`its address is not of the form postgres://USER:PASSWORD@HOST:PORT/DATABASE; in user and password write @ as %40, : as %3A, / as %2F, ? as %3F, # as %23 and % as %25`)

// misplaced says that an @ of an address stands where none can: then what was meant for the
// password would be taken for a host or a database, and shown.
func misplaced(address string) bool {
	_, rest, ok := strings.Cut(address, "://")
	if !ok {
		return false
	}
	authority := rest
	if end := strings.IndexAny(rest, "/?#"); end >= 0 {
		authority = rest[:end]
	}
	if strings.Count(authority, "@") > 1 || strings.Contains(rest, "#") {
		return true
	}
	path, query, _ := strings.Cut(rest[len(authority):], "?")
	if strings.Contains(path, "@") {
		return true
	}
	for _, set := range strings.Split(query, "&") {
		if name, _, _ := strings.Cut(set, "="); strings.Contains(name, "@") {
			return true
		}
	}
	return false
}
