package postgres_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/relance-bot/relance/storage/postgres"
	"github.com/relance-bot/relance/storage/postgres/pgtest"
)

// TestALoadKnowsEveryTable: one that a migration adds must be dumped and loaded, or stand here
// with why it is not.
func TestALoadKnowsEveryTable(t *testing.T) {
	t.Parallel()
	unloaded := map[string]string{
		"processes":        "their leases are of now",
		"commits":          "each is of a process that runs",
		"goose_db_version": "the schema is each backend's own",
	}
	url := pgtest.URL(t)
	defer open(t, url, postgres.Config{}).Close()
	loaded := strings.FieldsFunc(postgres.LoadedTables, func(r rune) bool { return strings.ContainsRune(", \n\t", r) })
	conn, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(t.Context()) //nolint:errcheck // nothing was written
	rows, _ := conn.Query(t.Context(), `SELECT relname::text FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace`)
	tables, err := pgx.CollectRows(rows, pgx.RowTo[string]) // with the error of the query
	if err != nil || len(tables) < len(loaded) {
		t.Fatalf("%q, %v", tables, err)
	}
	for _, table := range tables {
		if unloaded[table] == "" && !slices.Contains(loaded, table) {
			t.Errorf("no load knows of %s", table)
		}
	}
}
