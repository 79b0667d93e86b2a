package postgres_test

import (
	"sync"
	"testing"
	"time"

	"github.com/relance-bot/relance/storage/postgres"
	"github.com/relance-bot/relance/storage/postgres/pgtest"
	"github.com/relance-bot/relance/storage/storagetest"
)

func TestShared(t *testing.T) {
	t.Parallel()
	storagetest.RunShared(t, func(t testing.TB, n int, lease time.Duration) []storagetest.Process {
		url := pgtest.URL(t)
		all := make([]storagetest.Process, n)
		var opening sync.WaitGroup
		for i := range all {
			p, own := newProxy(t, url)
			opening.Go(func() { // the first of them migrates
				s, err := postgres.Open(t.Context(), own, postgres.Config{Lease: lease})
				if err != nil {
					t.Errorf("open: %v", err)
					return
				}
				all[i] = storagetest.Process{Store: s, Kill: func() { p.cut(true) }}
			})
		}
		opening.Wait()
		if t.Failed() {
			t.FailNow()
		}
		t.Cleanup(func() {
			for _, s := range all {
				if err := s.Close(); err != nil {
					t.Errorf("closing the store: %v", err)
				}
			}
		})
		return all
	})
}
