package postgres_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/relance-bot/relance/storage"
	"github.com/relance-bot/relance/storage/postgres"
	"github.com/relance-bot/relance/storage/postgres/pgtest"
)

// closed opens a store that is closed with the test.
func closed(t testing.TB, url string, config postgres.Config) *postgres.Store {
	t.Helper()
	s := open(t, url, config)
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Errorf("closing the store: %v", err)
		}
	})
	return s
}

// query reads one number past the store.
func query(t testing.TB, url, sql string, in ...any) (n int) {
	t.Helper()
	c, err := pgx.Connect(context.Background(), url)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close(context.Background()) //nolint:errcheck // it only read
	if err := c.QueryRow(context.Background(), sql, in...).Scan(&n); err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
	return n
}

// count adds one to a named value, and returns what it made it.
func count(tx storage.Tx, key string) (int, error) {
	was, err := tx.Meta(key)
	if err != nil && !errors.Is(err, storage.ErrNotFound) {
		return 0, err
	}
	n, _ := strconv.Atoi(string(was))
	return n + 1, tx.SetMeta(key, strconv.AppendInt(nil, int64(n+1), 10))
}

func counted(t testing.TB, s *postgres.Store, key string) (n int) {
	t.Helper()
	err := s.Read(context.Background(), func(r storage.Reader) error {
		was, err := r.Meta(key)
		n, _ = strconv.Atoi(string(was))
		return err
	})
	if err != nil && !errors.Is(err, storage.ErrNotFound) {
		t.Fatal(err)
	}
	return n
}

// TestATerminatedConnectionIsReplaced lets the server end all connections of a
// store, again and again while it writes and reads.
func TestATerminatedConnectionIsReplaced(t *testing.T) {
	t.Parallel()
	url := pgtest.URL(t)
	s := closed(t, url, postgres.Config{})
	ctx, cancel := context.WithCancel(t.Context())
	var acknowledged atomic.Int64
	var writers sync.WaitGroup
	for range 4 {
		writers.Go(func() {
			for ctx.Err() == nil {
				err := s.Write(context.Background(), func(tx storage.Tx) error {
					_, err1 := count(tx, "counter")
					_, err2 := tx.Enqueue(storage.Input{Contact: "a", At: now})
					return errors.Join(err1, err2, tx.PutContact(storage.Contact{ID: "a"}))
				})
				switch {
				case err == nil:
					acknowledged.Add(1)
				case !errors.Is(err, storage.ErrUnavailable):
					t.Errorf("write: %v", err)
				}
			}
		})
	}
	for range 25 {
		time.Sleep(20 * time.Millisecond)
		query(t, url, `SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()`)
	}
	cancel()
	writers.Wait()
	if kept, want := counted(t, s, "counter"), int(acknowledged.Load()); kept != want || want == 0 {
		t.Errorf("%d writes are kept, %d were acknowledged", kept, want)
	}
	if kept, want := query(t, url, `SELECT count(*) FROM inbox`), int(acknowledged.Load()); kept != want {
		t.Errorf("%d inputs are kept, %d were acknowledged", kept, want)
	}
	if err := s.Check(t.Context()); err != nil {
		t.Errorf("check: %v", err)
	}
}

// TestACheckIsAWrite keeps the commits from being recorded.
func TestACheckIsAWrite(t *testing.T) {
	t.Parallel()
	url := pgtest.URL(t)
	s := closed(t, url, postgres.Config{CheckTimeout: 200 * time.Millisecond})
	c, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close(context.Background()) //nolint:errcheck // it kept nothing
	if _, err := c.Exec(t.Context(), `BEGIN; LOCK commits IN SHARE MODE`); err != nil {
		t.Fatal(err)
	}
	if err := s.Check(t.Context()); !errors.Is(err, storage.ErrUnavailable) {
		t.Errorf("while nothing can be written: %v", err)
	}
	if _, err := c.Exec(t.Context(), `ROLLBACK`); err != nil {
		t.Fatal(err)
	}
	if err := s.Check(t.Context()); err != nil {
		t.Errorf("once it can: %v", err)
	}
}

// TestACutCommitIsFoundOut cuts the way to the server before the commit of a write,
// or behind it, so that its answer never comes.
func TestACutCommitIsFoundOut(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name string
		v    verdict
	}{{"before the server has it", cutFirst}, {"before the answer", cutAfter}} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			url := pgtest.URL(t)
			p, through := newProxy(t, url)
			s := closed(t, through, postgres.Config{})
			write(t, s, func(tx storage.Tx) error { // its statements are prepared
				_, err := count(tx, "counter")
				return err
			})
			const cuts = 12
			once := 0
			for i := range cuts {
				var cut atomic.Bool
				p.watch(func(sent []byte) verdict {
					// The value of this write goes out with its commit.
					if bytes.Contains(sent, fmt.Appendf(nil, "value-%d.", i)) && cut.CompareAndSwap(false, true) {
						return c.v
					}
					return pass
				})
				runs := 0
				err := s.Write(t.Context(), func(tx storage.Tx) error {
					runs++
					_, err := count(tx, "counter")
					return errors.Join(err, tx.SetMeta("value", fmt.Appendf(nil, "value-%d.", i)))
				})
				if err != nil || !cut.Load() {
					t.Fatalf("write %d, cut %v: %v", i, cut.Load(), err)
				}
				if runs == 1 {
					once++
				} else if runs != 2 {
					t.Errorf("the function ran %d times", runs)
				}
			}
			// A commit on its way may still be cancelled with its connection.
			if arrived := c.v == cutAfter; arrived != (once > cuts/2) || !arrived && once > 0 {
				t.Errorf("%d of %d commits were found to be kept", once, cuts)
			}
			if n := counted(t, s, "counter"); n != cuts+1 {
				t.Errorf("%d writes are kept, want %d", n, cuts+1)
			}
		})
	}
}

// TestAServerMayBeRestarted stops a server under load as if it were killed.
func TestAServerMayBeRestarted(t *testing.T) {
	t.Parallel()
	server := pgtest.Start(t, pgtest.Config{Fsync: true})
	url := server.URL(t)
	stores := []*postgres.Store{closed(t, url, postgres.Config{}), closed(t, url, postgres.Config{})}
	ctx, cancel := context.WithCancel(t.Context())
	var acknowledged, refused [2]atomic.Int64
	var writers sync.WaitGroup
	for i, s := range stores {
		for range 3 {
			writers.Go(func() {
				for ctx.Err() == nil {
					err := s.Write(context.Background(), func(tx storage.Tx) error {
						_, err := count(tx, fmt.Sprint("counter ", i))
						return err
					})
					switch {
					case err == nil:
						acknowledged[i].Add(1)
					case errors.Is(err, storage.ErrUnavailable):
						refused[i].Add(1)
						time.Sleep(5 * time.Millisecond)
					default:
						t.Errorf("write: %v", err)
					}
				}
			})
		}
	}
	for range 3 {
		time.Sleep(150 * time.Millisecond)
		server.Stop(t, true)
		time.Sleep(50 * time.Millisecond)
		server.Start(t)
	}
	time.Sleep(150 * time.Millisecond)
	cancel()
	writers.Wait()
	for i, s := range stores {
		// A store that was without its server for longer than its lease cannot know what
		// became of its last commit, and says that it is not available.
		kept, least := counted(t, s, fmt.Sprint("counter ", i)), int(acknowledged[i].Load())
		if most := least + int(refused[i].Load()); kept < least || kept > most || least == 0 {
			t.Errorf("store %d: %d writes are kept, %d were acknowledged and %d refused", i, kept, least, most-least)
		}
		for end := time.Now().Add(time.Minute); !s.Holds() && time.Now().Before(end); {
			time.Sleep(10 * time.Millisecond)
		}
		if !s.Holds() {
			t.Errorf("store %d does not hold its lease a minute later", i)
		}
	}
}

// TestALostLeaseIsReplaced cuts a store off for longer than its lease.
func TestALostLeaseIsReplaced(t *testing.T) {
	t.Parallel()
	const lease = time.Second
	url := pgtest.URL(t)
	p, through := newProxy(t, url)
	away := closed(t, through, postgres.Config{Lease: lease})
	here := closed(t, url, postgres.Config{Lease: lease})
	name := away.Claimer()
	if name == here.Claimer() || name == "" || !away.Holds() {
		t.Fatalf("claimers %q and %q, holds %v", name, here.Claimer(), away.Holds())
	}
	if n, err := here.Others(t.Context()); n != 1 || err != nil {
		t.Errorf("%d others, %v, want 1", n, err)
	}
	p.cut(true)
	until(t, 3*lease, "the lease to end", func() bool { return !away.Holds() })
	until(t, 3*lease, "the server to see it", func() bool { n, err := here.Others(t.Context()); return n == 0 && err == nil })
	if !here.Holds() {
		t.Error("the other lost its lease too")
	}
	p.cut(false)
	until(t, 5*lease, "a new lease", away.Holds)
	if now := away.Claimer(); now == name {
		t.Errorf("it claims as %q again", now)
	}
	write(t, away, func(tx storage.Tx) error {
		return tx.PutSend(storage.Send{ID: "s1", Contact: "a", State: storage.SendClaimed})
	})
	write(t, here, func(tx storage.Tx) error {
		list, err := tx.Orphans(10)
		if len(list) > 0 {
			t.Errorf("orphans %v, want none: it is claimed under the new lease", list)
		}
		return err
	})
}

func until(t *testing.T, patience time.Duration, what string, f func() bool) {
	t.Helper()
	for deadline := time.Now().Add(patience); !f(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("waited in vain for %s", what)
		}
	}
}

// TestAWrongClock opens a store on a machine whose clock is off: only differences
// count.
func TestAWrongClock(t *testing.T) {
	t.Parallel()
	url := pgtest.URL(t)
	for _, wrong := range []time.Duration{-time.Minute, 0, time.Hour} {
		s := closed(t, url, postgres.Config{Now: func() time.Time { return time.Now().Add(wrong) }})
		if off := (s.Offset() + wrong).Abs(); off > 500*time.Millisecond {
			t.Errorf("a clock that is %v ahead: offset %v", wrong, s.Offset())
		}
		if !s.Holds() {
			t.Errorf("a clock that is %v ahead: it does not hold its lease", wrong)
		}
	}
}

func TestOpenRefuses(t *testing.T) {
	t.Parallel()
	const secret = "hush-1234"
	url := pgtest.URL(t)
	for _, address := range []string{
		"postgres://bot:" + secret + "@%zz/relance", "postgres://bot:" + secret + "@127.0.0.1:1/relance",
		"postgres://bot:" + secret + "@/nowhere?host=/nowhere", strings.Replace(url, "/test_", "/"+"missing_", 1),
		"host=/nowhere password=" + secret + " port=x",
	} {
		s, err := postgres.Open(t.Context(), address, postgres.Config{})
		if err == nil {
			_ = s.Close()
			t.Fatalf("%q was opened", address)
		}
		if strings.Contains(err.Error(), secret) {
			t.Errorf("the password is shown: %v", err)
		}
	}

	write(t, closed(t, url, postgres.Config{}), func(tx storage.Tx) error { return tx.SetMeta("k", nil) })
	query(t, url, `WITH newer AS (INSERT INTO goose_db_version (version_id, is_applied) VALUES (999, true) RETURNING 1) SELECT count(*) FROM newer`)
	if _, err := postgres.Open(t.Context(), url, postgres.Config{}); !errors.Is(err, storage.ErrNewer) {
		t.Errorf("a newer database: %v, want %v", err, storage.ErrNewer)
	}
}

// TestTheWritingBackendIsKnownHoweverTheServerWritesDates: IST is written for India, and
// read as Israel's time.
func TestTheWritingBackendIsKnownHoweverTheServerWritesDates(t *testing.T) {
	t.Parallel()
	url := pgtest.URL(t)
	admin, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	defer admin.Close(context.Background()) //nolint:errcheck // it is done
	_, err = admin.Exec(t.Context(), `DO $$ BEGIN
		EXECUTE format('ALTER DATABASE %I SET DateStyle = "SQL, DMY"', current_database());
		EXECUTE format('ALTER DATABASE %I SET TimeZone = "Asia/Kolkata"', current_database());
	END $$`)
	if err != nil {
		t.Fatal(err)
	}
	closed(t, url, postgres.Config{})
	if n := query(t, url, `SELECT count(*) FROM processes p JOIN pg_stat_activity a ON a.pid = p.backend AND a.backend_start = p.started`); n != 1 {
		t.Errorf("%d backends are found by when they started, want 1", n)
	}
}

// TestText keeps what PostgreSQL takes in no text.
func TestText(t *testing.T) {
	t.Parallel()
	s := closed(t, pgtest.URL(t), postgres.Config{})
	for _, text := range []string{"a\x00b", "\x00", "\x01", "\x01\x30\x31", "a\xffb", "\xc3", "é\x00👟\x80", string([]byte{0xed, 0xa0, 0x80})} {
		want := storage.Contact{ID: "id " + text, FirstName: text}
		write(t, s, func(tx storage.Tx) error { return tx.PutContact(want) })
		err := s.Read(t.Context(), func(r storage.Reader) error {
			got, err := r.Contact(want.ID)
			if got.FirstName != text || got.ID != want.ID {
				t.Errorf("%q came back as %q", text, got.FirstName)
			}
			return err
		})
		if err != nil {
			t.Errorf("%q: %v", text, err)
		}
	}
}
