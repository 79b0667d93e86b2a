package postgres_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/relance-bot/relance/storage"
	"github.com/relance-bot/relance/storage/postgres"
	"github.com/relance-bot/relance/storage/postgres/pgtest"
)

const lends = "a pooler stands before the database that lends its sessions"

// TestAPoolerThatKeepsASessionForItsConnectionIsAsGoodAsNone: what it takes no notice of with
// the first words is set all the same.
func TestAPoolerThatKeepsASessionForItsConnectionIsAsGoodAsNone(t *testing.T) {
	t.Parallel()
	direct := pgtest.URL(t)
	_, through := newPooler(t, direct)
	s := closed(t, through, postgres.Config{})
	write(t, s, func(tx storage.Tx) error { return tx.PutContact(storage.Contact{ID: "a", FirstName: "Ada"}) })
	err := s.Read(t.Context(), func(r storage.Reader) error {
		c, err := r.Contact("a")
		if err == nil && c.FirstName != "Ada" {
			t.Errorf("%q, want Ada", c.FirstName)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	var adas sync.WaitGroup
	for i := range 40 {
		adas.Go(func() {
			write(t, s, func(tx storage.Tx) error { _, err := count(tx, "ada"); return err }, storage.Need{Contacts: []string{fmt.Sprint(i)}})
		})
	}
	adas.Wait()
	if n := counted(t, s, "ada"); n != 40 {
		t.Errorf("%d were kept, want 40", n)
	}
}

// TestTheSessionIsKnownByTheServersNumberOfIt and not by that which a pooler tells: a session
// whose connection broke may be about to commit still, and is ended and awaited by it.
func TestTheSessionIsKnownByTheServersNumberOfIt(t *testing.T) {
	t.Parallel()
	direct := pgtest.URL(t)
	_, through := newPooler(t, direct)
	s := closed(t, through, postgres.Config{})
	write(t, s, func(tx storage.Tx) error { return tx.SetMeta("a", nil) })
	if n := query(t, direct, `SELECT count(*) FROM processes JOIN pg_stat_activity ON pid = backend AND backend_start = started`); n != 1 {
		t.Errorf("%d writing sessions are known, want 1", n)
	}
}

// TestAPoolerThatLendsSessionsIsRefused before anything is made or set: statements would be
// run that another connection has prepared, and settings be others'.
func TestAPoolerThatLendsSessionsIsRefused(t *testing.T) {
	t.Parallel()
	direct := pgtest.URL(t)
	p, through := newPooler(t, direct)
	p.lend(false)
	s, err := postgres.Open(t.Context(), through, postgres.Config{})
	if err == nil {
		s.Close()
	}
	if err == nil || !strings.Contains(err.Error(), lends) {
		t.Fatalf("%v, want %q", err, lends)
	}
	if n := query(t, direct, `SELECT count(*) FROM pg_tables WHERE tablename = 'contacts'`); n != 0 {
		t.Error("tables were made")
	}
	c, err := pgx.Connect(t.Context(), through) // in a session that was looked at
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close(context.Background()) //nolint:errcheck // it only read
	found, err := c.PgConn().Exec(t.Context(), `SHOW enable_seqscan`).ReadAll()
	if err != nil || string(found[0].Rows[0][0]) != "on" {
		t.Errorf("%v, %v, want nothing set", found, err)
	}
}

// TestSessionsThatAreLentLaterLoseNothing although the pooler that lends them looked as if
// it did not. What was answered is there once, and nothing else is.
func TestSessionsThatAreLentLaterLoseNothing(t *testing.T) {
	t.Parallel()
	direct := pgtest.URL(t)
	p, through := newPooler(t, direct)
	s := closed(t, through, postgres.Config{})
	keep := func() error {
		return s.Write(context.Background(), func(tx storage.Tx) error { _, err := count(tx, "kept"); return err })
	}
	if err := keep(); err != nil {
		t.Fatal(err)
	}
	p.lend(true)
	answered := 1
	var refused error
	for deadline := time.Now().Add(time.Minute); refused == nil && time.Now().Before(deadline); {
		_ = s.Read(context.Background(), func(r storage.Reader) error { _, err := r.Meta("kept"); return err }) // so that sessions move
		if refused = keep(); refused == nil {
			answered++
		}
	}
	if !errors.Is(refused, storage.ErrUnavailable) || !strings.Contains(refused.Error(), lends) {
		t.Errorf("%v, want %q", refused, lends)
	}
	if n := counted(t, closed(t, direct, postgres.Config{}), "kept"); n != answered {
		t.Errorf("%d were kept, %d answered", n, answered)
	}
}

// TestAPoolerWithoutASessionLeftIsSaidToBeThat and not a server that is slow.
func TestAPoolerWithoutASessionLeftIsSaidToBeThat(t *testing.T) {
	t.Parallel()
	p, through := newPooler(t, pgtest.URL(t))
	p.fill()
	s, err := postgres.Open(t.Context(), through+"&connect_timeout=1", postgres.Config{})
	if err == nil {
		s.Close()
	}
	if err == nil || !strings.Contains(err.Error(), "no session of the server's given") || !strings.Contains(err.Error(), "up to 7") {
		t.Errorf("%v", err)
	}
}
