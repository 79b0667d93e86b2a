package postgres

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/relance-bot/relance/storage"
	"github.com/relance-bot/relance/storage/postgres/pgtest"
)

// standing is all that stands in a database, and its versions.
func standing(t *testing.T, url string) string {
	t.Helper()
	versions, err := many(open(t, url), scanText, `SELECT 'version ' || version_id FROM goose_db_version ORDER BY version_id`, nil)
	if err != nil {
		t.Fatal(err)
	}
	return pgtest.Dump(t, url, "--exclude-table-data", "goose_db_version*") + strings.Join(versions, "\n")
}

func open(t *testing.T, url string) *conn {
	t.Helper()
	config, err := pgconn.ParseConfig(url)
	if err != nil {
		t.Fatal(err)
	}
	c, err := connect(t.Context(), config, "", time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.close)
	return c
}

// upTo are the migrations up to the n-th, without the schema.
func upTo(t *testing.T, n int) fstest.MapFS {
	t.Helper()
	fsys, err := migrations()
	if err != nil {
		t.Fatal(err)
	}
	names, err := fs.Glob(fsys, "[0-9]*.sql")
	if err != nil {
		t.Fatal(err)
	}
	some := fstest.MapFS{}
	for _, name := range names[:min(n, len(names))] {
		text, err := fs.ReadFile(fsys, name)
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(string(text), "+goose Down") || strings.Contains(string(text), "NO TRANSACTION") {
			t.Errorf("%s is not to be run as it stands, in one transaction with others", name)
		}
		some[name] = &fstest.MapFile{Data: text}
	}
	return some
}

func source(fsys fs.FS) func() (fs.FS, error) { return func() (fs.FS, error) { return fsys, nil } }

// TestWhicheverVersionADatabaseIsOf comes to the same schema, by several processes at
// once: that of the file, which an empty one gets, is what the migrations make.
func TestWhicheverVersionADatabaseIsOf(t *testing.T) {
	t.Parallel()
	steps := upTo(t, 1000)
	url := pgtest.URL(t)
	if err := migrate(t.Context(), open(t, url), source(steps)); err != nil {
		t.Fatal(err)
	}
	want := standing(t, url)
	for n := 0; n <= len(steps); n += 3 {
		url := pgtest.URL(t)
		if n > 0 {
			if err := migrate(t.Context(), open(t, url), source(upTo(t, n))); err != nil {
				t.Fatalf("up to %d: %v", n, err)
			}
		}
		var running sync.WaitGroup
		for range 3 {
			c := open(t, url)
			running.Go(func() {
				if err := migrate(context.Background(), c, migrations); err != nil {
					t.Errorf("from %d on: %v", n, err)
				}
			})
		}
		running.Wait()
		if diff := cmp.Diff(want, standing(t, url)); diff != "" {
			t.Errorf("from %d on (-the migrations +this):\n%s", n, diff)
		}
	}
}

// TestAProcessThatWaitedForAMigrationFindsItDone although its backend remembers that it
// looked for the versions in vain. (A large migration would have made it forget.)
func TestAProcessThatWaitedForAMigrationFindsItDone(t *testing.T) {
	t.Parallel()
	small := source(fstest.MapFS{"0001_small.sql": {Data: []byte("CREATE TABLE small ();")}})
	url := pgtest.URL(t)
	first, second := open(t, url), open(t, url)
	hold := func(does string) {
		t.Helper()
		if _, err := first.pg.Exec(t.Context(), fmt.Sprintf(`SELECT pg_advisory_%s(%d)`, does, migrationLock)).ReadAll(); err != nil {
			t.Fatal(err)
		}
	}
	hold("lock")
	waited := make(chan error, 1)
	go func() { waited <- migrate(context.Background(), second, small) }()
	for waits := false; !waits; {
		var err error
		if waits, err = one(first, (*row).bool, `SELECT EXISTS (SELECT FROM pg_locks WHERE locktype = 'advisory' AND NOT granted
			AND database = (SELECT oid FROM pg_database WHERE datname = current_database()))`, nil); err != nil {
			t.Fatal(err)
		}
	}
	if err := migrate(t.Context(), first, small); err != nil {
		t.Fatal(err)
	}
	hold("unlock")
	if err := <-waited; err != nil {
		t.Error(err)
	}
}

// TestANewerVersionDoesNotChangeTheSchemaUnderAnOlderThatRuns, be it a bot or a verb that
// only looks: a migration may drop what the older writes.
func TestANewerVersionDoesNotChangeTheSchemaUnderAnOlderThatRuns(t *testing.T) {
	t.Parallel()
	url := pgtest.URL(t)
	c := open(t, url)
	if err := migrate(t.Context(), c, source(upTo(t, len(upTo(t, 1000))-1))); err != nil {
		t.Fatal(err)
	}
	lease := func(until string) {
		t.Helper()
		text := `INSERT INTO processes (id, until) VALUES (nextval('process_seq'), clock_timestamp() + interval '` + until + `')`
		if _, err := c.pg.Exec(t.Context(), text).ReadAll(); err != nil {
			t.Fatal(err)
		}
	}
	lease("1 hour")
	was := standing(t, url)
	if _, err := Open(t.Context(), url, Config{Lease: 200 * time.Millisecond}); !errors.Is(err, storage.ErrOlder) {
		t.Fatalf("beside a process of the older version: %v", err)
	}
	if diff := cmp.Diff(was, standing(t, url)); diff != "" {
		t.Errorf("it was migrated (-before +after):\n%s", diff)
	}
	if _, err := c.pg.Exec(t.Context(), `DELETE FROM processes`).ReadAll(); err != nil {
		t.Fatal(err)
	}
	lease("1 second") // of one that was killed
	s, err := Open(t.Context(), url, Config{Lease: 2 * time.Second})
	if err != nil {
		t.Fatalf("once the lease is over: %v", err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
}

func TestAMigrationThatFailsLeavesTheSchemaAsItWas(t *testing.T) {
	t.Parallel()
	all := upTo(t, 1000)
	all["0998_half.sql"] = &fstest.MapFile{Data: []byte("DROP TABLE meta; -- no end of line")}
	all["0999_broken.sql"] = &fstest.MapFile{Data: []byte("DROP TABLE nowhere;\n")}
	url := pgtest.URL(t)
	c := open(t, url)
	if err := migrate(t.Context(), c, source(upTo(t, 2))); err != nil {
		t.Fatal(err)
	}
	was := standing(t, url)
	if err := migrate(t.Context(), c, source(all)); err == nil || !strings.Contains(err.Error(), "nowhere") {
		t.Errorf("a broken migration: %v", err)
	}
	if diff := cmp.Diff(was, standing(t, url)); diff != "" {
		t.Errorf("half of it was kept (-before +after):\n%s", diff)
	}
	c.failed = nil
	delete(all, "0999_broken.sql")
	if err := migrate(t.Context(), c, source(all)); err != nil {
		t.Fatal(err)
	}
	if strings.Contains(standing(t, url), "TABLE public.meta ") {
		t.Error("what came after it was not run")
	}
}
