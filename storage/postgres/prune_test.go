package postgres_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/relance-bot/relance/storage"
	"github.com/relance-bot/relance/storage/postgres"
	"github.com/relance-bot/relance/storage/postgres/pgtest"
)

// TestPruningPartsOfDecisionsSparesTheYoung: where the table is in parts, or on several
// servers, the place of a row is that of another's in the next part, and young decisions
// and held ones went with the old.
func TestPruningPartsOfDecisionsSparesTheYoung(t *testing.T) {
	t.Parallel()
	url := pgtest.URL(t)
	s := closed(t, url, postgres.Config{})
	c, err := pgx.Connect(context.Background(), url)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close(context.Background()) //nolint:errcheck // nothing is left to say
	if _, err := c.Exec(context.Background(), `
		ALTER TABLE decisions RENAME TO whole;
		CREATE TABLE decisions (LIKE whole INCLUDING ALL) PARTITION BY HASH (contact);
		DROP TABLE whole;
		CREATE TABLE part_0 PARTITION OF decisions FOR VALUES WITH (MODULUS 3, REMAINDER 0);
		CREATE TABLE part_1 PARTITION OF decisions FOR VALUES WITH (MODULUS 3, REMAINDER 1);
		CREATE TABLE part_2 PARTITION OF decisions FOR VALUES WITH (MODULUS 3, REMAINDER 2);`); err != nil {
		t.Fatal(err)
	}
	const each = 30
	limit := now.Add(-time.Hour)
	write(t, s, func(tx storage.Tx) error {
		for i := range each {
			for _, d := range []storage.Decision{
				{Occurrence: "old", Kind: "sent", At: limit.Add(-time.Minute)},
				{Occurrence: "held", Kind: "held", At: limit.Add(-time.Minute)},
				{Occurrence: "young", Kind: "sent", At: limit},
			} {
				d.Contact, d.Trigger = fmt.Sprint(d.Occurrence, i), "monday"
				if err := tx.PutDecision(d); err != nil {
					return err
				}
			}
		}
		return nil
	})
	write(t, s, func(tx storage.Tx) error {
		n, err := tx.PruneDecisions(limit, 1000)
		if n != each {
			t.Errorf("%d are pruned, want %d", n, each)
		}
		return err
	})
	for occurrence, want := range map[string]int{"old": 0, "held": each, "young": each} {
		if n := query(t, url, "SELECT count(*) FROM decisions WHERE occurrence = $1", occurrence); n != want {
			t.Errorf("%d are left of %s, want %d", n, occurrence, want)
		}
	}
}
