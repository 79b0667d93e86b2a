package sqlite

import (
	"context"
	"path/filepath"
	"strings"
	"testing"

	"github.com/relance-bot/relance/storage"
)

// TestADumpTellsOfEveryTable: one that a migration adds must be told, or stand here with why
// it is not.
func TestADumpTellsOfEveryTable(t *testing.T) {
	t.Parallel()
	untold := map[string]string{
		"words":            "each is told where it stands",
		"once":             "its keys are those of once_log",
		"inflight":         "what is in it lands before",
		"checks":           "nothing is kept there",
		"goose_db_version": "the schema is each backend's own",
	}
	told := strings.Join([]string{
		sqlAllContacts, sqlAllUniques, sqlAllInputs, sqlAllKeys, sqlAllConsents, sqlAllTerms, sqlAllPermits, sqlAllTimers, sqlAllOccurrences, sqlAllCampaigns,
		sqlAllCounts, sqlAllDecisions, sqlAllUnsettled, sqlAllSettled, sqlAllOutcomes, sqlAllEntries, sqlAllSalts, sqlAllValues, sqlAllPrograms, sqlAllStrays,
		sqlNumbers,
	}, " ") + " "
	s, err := Open(context.Background(), filepath.Join(t.TempDir(), "relance.db"), Config{})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	err = s.Read(context.Background(), func(r storage.Reader) error {
		tables, err := many(r.(reader).c, scanText, `SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'`)
		for _, table := range tables {
			if untold[table] == "" && !strings.Contains(told, "FROM "+table+" ") {
				t.Errorf("no dump tells what is in %s", table)
			}
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}
