// Package pgtest gives tests a PostgreSQL server: a real one, made with initdb and
// pg_ctl in a temporary folder, on a socket that nobody else finds.
//
//	store, err := postgres.Open(ctx, pgtest.URL(t), postgres.Config{})
//
// All tests of a binary share one server, each with databases of its own. A test
// that stops its server, or wants the disk to be waited for, has one of its own by
// [Start].
package pgtest

import (
	"sync"
	"testing"
)

// shared starts the server of this binary when the first test asks for it. It has
// no end here: its guard sees the end of the process.
var shared = sync.OnceValues(func() (*Server, error) { return start(Config{}) })

// URL returns the address of a new database on the server that the tests of this
// binary share. It is dropped when the test ends. The test is skipped where
// PostgreSQL is not installed; in CI that is a failure.
func URL(t testing.TB) string {
	t.Helper()
	s, err := shared()
	check(t, err)
	return s.URL(t)
}

// Dump is all that stands in a database of the shared server, as pg_dump writes it.
func Dump(t testing.TB, url string, options ...string) string {
	t.Helper()
	s, err := shared()
	check(t, err)
	return s.dump(t, url, options)
}
