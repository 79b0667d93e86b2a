package postgres

import (
	"context"
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/relance-bot/relance/storage/postgres/pgtest"
)

// schema is what stands in a database: columns, indexes and versions.
const schema = `SELECT concat_ws(' ', table_name, column_name, data_type, is_nullable, column_default) AS line
		FROM information_schema.columns WHERE table_schema = 'public'
	UNION ALL SELECT indexdef FROM pg_indexes WHERE schemaname = 'public'
	UNION ALL SELECT 'version ' || version_id FROM goose_db_version ORDER BY line`

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

// upTo are the migrations up to the n-th.
func upTo(t *testing.T, n int) fstest.MapFS {
	t.Helper()
	fsys, err := migrations()
	if err != nil {
		t.Fatal(err)
	}
	names, err := fs.Glob(fsys, "*.sql")
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

func lines(t *testing.T, c *conn) []string {
	t.Helper()
	list, err := many(c, scanText, schema, nil)
	if err != nil {
		t.Fatal(err)
	}
	return list
}

func source(fsys fs.FS) func() (fs.FS, error) { return func() (fs.FS, error) { return fsys, nil } }

// TestWhicheverVersionADatabaseIsOf comes to the same schema, by several processes at once.
func TestWhicheverVersionADatabaseIsOf(t *testing.T) {
	t.Parallel()
	all := upTo(t, 1000)
	whole := open(t, pgtest.URL(t))
	if err := migrate(t.Context(), whole, source(all)); err != nil {
		t.Fatal(err)
	}
	want := lines(t, whole)
	for n := 1; n <= len(all); n += 3 {
		url := pgtest.URL(t)
		if err := migrate(t.Context(), open(t, url), source(upTo(t, n))); err != nil {
			t.Fatalf("up to %d: %v", n, err)
		}
		var running sync.WaitGroup
		for range 3 {
			c := open(t, url)
			running.Go(func() {
				if err := migrate(context.Background(), c, source(all)); err != nil {
					t.Errorf("from %d on: %v", n, err)
				}
			})
		}
		running.Wait()
		if diff := cmp.Diff(want, lines(t, open(t, url))); diff != "" {
			t.Errorf("from %d on (-at once +by steps):\n%s", n, diff)
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

func TestAMigrationThatFailsLeavesTheSchemaAsItWas(t *testing.T) {
	t.Parallel()
	all := upTo(t, 1000)
	all["0998_half.sql"] = &fstest.MapFile{Data: []byte("DROP TABLE meta; -- no end of line")}
	all["0999_broken.sql"] = &fstest.MapFile{Data: []byte("DROP TABLE nowhere;\n")}
	c := open(t, pgtest.URL(t))
	if err := migrate(t.Context(), c, source(upTo(t, 2))); err != nil {
		t.Fatal(err)
	}
	was := lines(t, c)
	if err := migrate(t.Context(), c, source(all)); err == nil || !strings.Contains(err.Error(), "nowhere") {
		t.Errorf("a broken migration: %v", err)
	}
	if c.failed = nil; !slices.Equal(was, lines(t, c)) {
		t.Error("half of it was kept")
	}
	delete(all, "0999_broken.sql")
	if err := migrate(t.Context(), c, source(all)); err != nil {
		t.Fatal(err)
	}
	if slices.ContainsFunc(lines(t, c), func(line string) bool { return strings.HasPrefix(line, "meta ") }) {
		t.Error("what came after it was not run")
	}
}
