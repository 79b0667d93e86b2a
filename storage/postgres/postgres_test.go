package postgres_test

import (
	"context"
	"sync"
	"testing"

	"github.com/relance-bot/relance/storage"
	"github.com/relance-bot/relance/storage/postgres"
	"github.com/relance-bot/relance/storage/postgres/pgtest"
	"github.com/relance-bot/relance/storage/storagetest"
)

func TestStore(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	urls := make(map[string]string) // by the folder that names a store
	storagetest.Run(t, func(t testing.TB, dir string) storage.Store {
		mu.Lock()
		url, ok := urls[dir]
		if !ok {
			url = pgtest.URL(t)
			urls[dir] = url
		}
		mu.Unlock()
		return open(t, url, postgres.Config{})
	})
}

func open(t testing.TB, url string, config postgres.Config) *postgres.Store {
	t.Helper()
	s, err := postgres.Open(context.Background(), url, config)
	if err != nil {
		t.Fatalf("open: %v", err)
	}
	return s
}
