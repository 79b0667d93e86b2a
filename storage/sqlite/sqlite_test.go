package sqlite_test

import (
	"context"
	"path/filepath"
	"testing"

	"github.com/relance-bot/relance/storage"
	"github.com/relance-bot/relance/storage/sqlite"
	"github.com/relance-bot/relance/storage/storagetest"
)

func TestStore(t *testing.T) {
	t.Parallel()
	storagetest.Run(t, func(t testing.TB, dir string) storage.Store {
		return open(t, filepath.Join(dir, "relance.db"), sqlite.Config{Exclusive: true})
	})
}

func open(t testing.TB, path string, config sqlite.Config) *sqlite.Store {
	t.Helper()
	s, err := sqlite.Open(context.Background(), path, config)
	if err != nil {
		t.Fatalf("open: %v", err)
	}
	return s
}
