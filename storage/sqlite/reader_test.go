package sqlite

import (
	"context"
	"path/filepath"
	"testing"

	"github.com/relance-bot/relance/storage"
)

// TestOneReaderNeedsOneConnection is about what reads one after the other: each
// connection more is a schema read, and statements compiled, once more.
func TestOneReaderNeedsOneConnection(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	s, err := Open(ctx, filepath.Join(t.TempDir(), "relance.db"), Config{Readers: 3})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	opened := func() int { return cap(s.unopened) - len(s.unopened) }

	for range 10 {
		if err := s.Read(ctx, func(storage.Reader) error { return nil }); err != nil {
			t.Fatal(err)
		}
	}
	if opened() != 1 {
		t.Errorf("%d connections are open after ten reads one after the other, want 1", opened())
	}
	err = s.Read(ctx, func(storage.Reader) error {
		return s.Read(ctx, func(storage.Reader) error { return nil })
	})
	if err != nil || opened() != 2 {
		t.Errorf("%d connections are open after a read within a read (%v), want 2", opened(), err)
	}
}
