package sqlite

import (
	"context"
	"errors"
	"io/fs"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"github.com/relance-bot/relance/storage"
)

const laterMigration = "0999_later.sql"

// tomorrow is the schema of a later version: a change that must not be made
// twice.
func tomorrow() (fs.FS, error) {
	later, err := copied("9999")
	if err == nil {
		later[laterMigration] = &fstest.MapFile{Data: []byte("-- +goose Up\nUPDATE counters SET value = value + 100 WHERE name = 'inbox';\n")}
	}
	return later, err
}

// copied are the migrations up to the number that one of them begins with.
func copied(last string) (fstest.MapFS, error) {
	out := fstest.MapFS{}
	names, err := embedded.ReadDir("migrations")
	if err != nil {
		return nil, err
	}
	for _, name := range names {
		data, err := embedded.ReadFile("migrations/" + name.Name())
		if err != nil {
			return nil, err
		}
		out[name.Name()] = &fstest.MapFile{Data: data}
		if strings.HasPrefix(name.Name(), last) {
			break
		}
	}
	return out, nil
}

func TestMigrationsAreMadeOnceHoweverManyOpen(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	path := filepath.Join(t.TempDir(), "relance.db")
	s, err := Open(ctx, path, Config{})
	if err != nil {
		t.Fatal(err)
	}
	enqueued := func(s *Store) (seq int64) {
		err := s.Write(ctx, func(tx storage.Tx) (err error) {
			seq, err = tx.Enqueue(storage.Input{Contact: "a"})
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		return seq
	}
	if seq := enqueued(s); seq != 1 {
		t.Fatalf("first input %d, want 1", seq)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}

	var openers sync.WaitGroup
	for range 6 {
		openers.Go(func() {
			if err := migrate(ctx, path, false, 10*time.Second, tomorrow); err != nil {
				t.Errorf("migrating: %v", err)
			}
		})
	}
	openers.Wait()

	if _, err := Open(ctx, path, Config{}); !errors.Is(err, storage.ErrNewer) {
		t.Errorf("opened by today's version: %v, want %v", err, storage.ErrNewer)
	}
	// Look at the file as tomorrow's version would.
	w, err := startWriter(sourceOf(path, forWriting, time.Second))
	if err != nil {
		t.Fatal(err)
	}
	later := &Store{writer: w, free: make(chan *conn)}
	if seq := enqueued(later); seq != 102 {
		t.Errorf("input %d, want 102: the change was made %d times", seq, (seq-2)/100)
	}
	if err := later.Close(); err != nil {
		t.Error(err)
	}
}

func TestSchemaIsNotChangedUnderARunningBot(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	s, err := Open(ctx, filepath.Join(t.TempDir(), "relance.db"), Config{Exclusive: true})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if err := s.Write(ctx, setMeta("k")); err != nil {
		t.Fatal(err)
	}
	if err := migrate(ctx, s.Path(), false, 50*time.Millisecond, tomorrow); !errors.Is(err, ErrInUse) {
		t.Errorf("%v, want %v", err, ErrInUse)
	}
	if err := s.Write(ctx, setMeta("still works")); err != nil {
		t.Error(err)
	}
	haveMeta(t, s, map[string]bool{"k": true, "still works": true})
}

func TestBrokenMigrationLeavesTheFileAsItWas(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	path := filepath.Join(t.TempDir(), "relance.db")
	s, err := Open(ctx, path, Config{})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Write(ctx, setMeta("k")); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	broken := func() (fs.FS, error) {
		fsys, err := tomorrow()
		if err != nil {
			return nil, err
		}
		fsys.(fstest.MapFS)[laterMigration].Data = []byte("-- +goose Up\nDROP TABLE meta;\nDROP TABLE nowhere;\n")
		return fsys, nil
	}
	if err := migrate(ctx, path, false, time.Second, broken); err == nil {
		t.Error("no error")
	}
	if s, err = Open(ctx, path, Config{}); err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	haveMeta(t, s, map[string]bool{"k": true})
}
