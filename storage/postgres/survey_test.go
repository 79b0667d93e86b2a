package postgres

import (
	"context"
	"slices"
	"testing"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/relance-bot/relance/storage"
	"github.com/relance-bot/relance/storage/postgres/pgtest"
)

// TestASurveyTellsOfAServerThatKeepsNoPromise, and of what keeps it from cleaning up.
func TestASurveyTellsOfAServerThatKeepsNoPromise(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		config pgtest.Config
		open   bool // a transaction is
		want   []string
	}{
		"a server as it should be":    {pgtest.Config{Fsync: true}, false, nil},
		"one of a test":               {pgtest.Config{Settings: map[string]string{"autovacuum": "off"}}, false, []string{"fsync", "autovacuum"}},
		"one with a long transaction": {pgtest.Config{Fsync: true}, true, []string{"transaction"}},
	} {
		address := pgtest.Start(t, tt.config).URL(t)
		s, err := Open(t.Context(), address, Config{})
		if err != nil {
			t.Fatal(err)
		}
		patience := longOpen
		if tt.open {
			patience = 0
			other, err := pgconn.Connect(t.Context(), address)
			if err != nil {
				t.Fatal(err)
			}
			defer other.Close(context.Background()) //nolint:errcheck // it has done nothing
			if _, err := other.Exec(t.Context(), `BEGIN; SELECT 1`).ReadAll(); err != nil {
				t.Fatal(err)
			}
		}
		found, err := s.survey(t.Context(), patience)
		var codes []string
		for _, w := range found {
			codes = append(codes, w.Code)
		}
		if err != nil || !slices.Equal(codes, tt.want) {
			t.Errorf("%s: %+v, %v, want %v", name, found, err, tt.want)
		}
		if s.Abilities().Surveyor != storage.Surveyor(s) {
			t.Errorf("%s: it is not among its abilities", name)
		}
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	}
}
