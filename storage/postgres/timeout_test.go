package postgres_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/relance-bot/relance/storage"
	"github.com/relance-bot/relance/storage/postgres"
	"github.com/relance-bot/relance/storage/postgres/pgtest"
)

// limited is a store on a database whose operator allows no statement more than a moment.
// Somebody else's transaction there, which exec goes on with, has locked the contact "a"
// until free is called.
func limited(t *testing.T) (s *postgres.Store, exec func(sql string), free func()) {
	t.Helper()
	url := pgtest.URL(t)
	held, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { held.Close(context.Background()) }) //nolint:errcheck // it is done
	exec = func(sql string) {
		t.Helper()
		if _, err := held.Exec(context.Background(), sql); err != nil {
			t.Errorf("%s: %v", sql, err)
		}
	}
	exec(`DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET statement_timeout = ''50ms''', current_database()); END $$`)
	s = closed(t, url, postgres.Config{})
	write(t, s, func(tx storage.Tx) error { return tx.PutContact(storage.Contact{ID: "a"}) })
	exec(`BEGIN`)
	exec(`SELECT FROM contacts WHERE id = 'a' FOR UPDATE`)
	return s, exec, func() { exec(`ROLLBACK`) }
}

// soon runs f after a moment that is longer than a statement may take, and shorter than a
// group waits.
func soon(f func()) (wait func()) {
	ran := make(chan struct{})
	time.AfterFunc(300*time.Millisecond, func() {
		defer close(ran)
		f()
	})
	return func() { <-ran }
}

// TestALockIsWaitedForLongerThanTheOperatorsStatementTimeout holds a contact for longer
// than statements may take by default, and for less than a group waits.
func TestALockIsWaitedForLongerThanTheOperatorsStatementTimeout(t *testing.T) {
	t.Parallel()
	s, _, free := limited(t)
	defer soon(free)()
	began, runs := time.Now(), 0
	write(t, s, func(tx storage.Tx) error {
		runs++
		return tx.PutContact(storage.Contact{ID: "a", FirstName: "later"})
	}, storage.Need{Contacts: []string{"a"}})
	if took := time.Since(began); runs != 1 || took < 200*time.Millisecond {
		t.Errorf("it ran %d times in %v, want once, after the lock", runs, took)
	}
}

// TestAGroupThatWaitsForALockInVainCanBeTriedLater holds a contact for longer than a
// group waits: others are not kept from writing, and nothing is wrong once it is free.
func TestAGroupThatWaitsForALockInVainCanBeTriedLater(t *testing.T) {
	t.Parallel()
	s, _, free := limited(t)
	put := func(tx storage.Tx) error { return tx.PutContact(storage.Contact{ID: "a", FirstName: "later"}) }
	began := time.Now()
	if err := s.Write(t.Context(), put); !errors.Is(err, storage.ErrUnavailable) {
		t.Errorf("%v, want %v", err, storage.ErrUnavailable)
	}
	if took := time.Since(began); took < 500*time.Millisecond || took > 10*time.Second {
		t.Errorf("it waited %v", took)
	}
	write(t, s, func(tx storage.Tx) error { return tx.PutContact(storage.Contact{ID: "b"}) })
	free()
	write(t, s, put)
}

// TestAReadMayTakeLongerThanTheOperatorsStatementTimeout lets one wait for a table.
func TestAReadMayTakeLongerThanTheOperatorsStatementTimeout(t *testing.T) {
	t.Parallel()
	s, exec, free := limited(t)
	exec(`LOCK TABLE contacts IN ACCESS EXCLUSIVE MODE`)
	defer soon(free)()
	err := s.Read(t.Context(), func(r storage.Reader) error {
		_, err := r.Contact("a")
		return err
	})
	if err != nil {
		t.Error(err)
	}
}

// TestAReadMayPauseLongerThanTheOperatorsIdleTimeout for transactions.
func TestAReadMayPauseLongerThanTheOperatorsIdleTimeout(t *testing.T) {
	t.Parallel()
	s, exec, free := limited(t)
	free()
	exec(`DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET idle_in_transaction_session_timeout = ''50ms''', current_database()); END $$`)
	err := s.Read(t.Context(), func(r storage.Reader) error { // the first: its connection is new
		_, err := r.Contact("a")
		time.Sleep(300 * time.Millisecond)
		_, again := r.Contact("a")
		return errors.Join(err, again)
	})
	if err != nil {
		t.Error(err)
	}
}

// TestADatabaseThatWasReadOnlyForAWhileIsWrittenToAfterwards: hosts set it so when a disk is
// nearly full, or while they move it. Each session keeps what it found when it began.
func TestADatabaseThatWasReadOnlyForAWhileIsWrittenToAfterwards(t *testing.T) {
	t.Parallel()
	s, exec, free := limited(t)
	free()
	exec(`DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET default_transaction_read_only = on', current_database()); END $$`)
	exec(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()`)
	put := func() error {
		return s.Write(t.Context(), func(tx storage.Tx) error { return tx.PutContact(storage.Contact{ID: "b"}) })
	}
	if err := put(); !errors.Is(err, storage.ErrUnavailable) {
		t.Errorf("%v, want %v", err, storage.ErrUnavailable)
	}
	exec(`DO $$ BEGIN EXECUTE format('ALTER DATABASE %I RESET default_transaction_read_only', current_database()); END $$`)
	if err := put(); err != nil {
		t.Errorf("once it is not read-only any more: %v", err)
	}
}

// TestConnectionsThatWaitOutliveTheOperatorsIdleTimeout for sessions: the one that listens has
// nothing else to do.
func TestConnectionsThatWaitOutliveTheOperatorsIdleTimeout(t *testing.T) {
	t.Parallel()
	url := pgtest.URL(t)
	c, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close(context.Background()) //nolint:errcheck // it is done
	if _, err := c.Exec(t.Context(), `DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET idle_session_timeout = ''100ms''', current_database()); END $$`); err != nil {
		t.Skip("this server has no such setting: ", err)
	}
	closed(t, url, postgres.Config{})
	const listening = `SELECT coalesce(max(pid), 0) FROM pg_stat_activity WHERE datname = current_database() AND query LIKE '%; LISTEN %' AND pid <> pg_backend_pid() AND state = 'idle'`
	first, look := 0, url+"&idle_session_timeout=0"
	for deadline := time.Now().Add(time.Minute); first == 0 && time.Now().Before(deadline); time.Sleep(10 * time.Millisecond) {
		first = query(t, look, listening)
	}
	time.Sleep(500 * time.Millisecond)
	if now := query(t, look, listening); first == 0 || now != first {
		t.Errorf("%d listens, want %d, as before", now, first)
	}
}
