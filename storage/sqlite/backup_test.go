package sqlite_test

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"github.com/relance-bot/relance/storage"
	"github.com/relance-bot/relance/storage/sqlite"
)

func TestBackupIsOneSnapshotOfARunningStore(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	dir := t.TempDir()
	s := open(t, filepath.Join(dir, "relance.db"), sqlite.Config{Exclusive: true})
	defer s.Close()
	put(t, s, "a")

	// Every write keeps an input and a timer; a copy holds as many of both.
	stop := make(chan struct{})
	var writer sync.WaitGroup
	writer.Go(func() {
		for i := 0; ; i++ {
			select {
			case <-stop:
				return
			default:
			}
			err := s.Write(ctx, func(tx storage.Tx) error {
				if _, err := tx.Enqueue(storage.Input{Contact: "a"}); err != nil {
					return err
				}
				return tx.PutTimer(storage.Timer{Contact: "a", Kind: "wait", Key: fmt.Sprint(i)})
			})
			if err != nil {
				t.Errorf("write during a backup: %v", err)
				return
			}
		}
	})
	copied := filepath.Join(dir, "copies", "copy.db")
	if err := os.Mkdir(filepath.Dir(copied), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := s.Backup(ctx, copied); err != nil {
		t.Fatal(err)
	}
	close(stop)
	writer.Wait()
	put(t, s, "b")

	if left, err := os.ReadDir(filepath.Dir(copied)); err != nil || len(left) != 1 {
		t.Errorf("beside the copy: %v %v", left, err)
	}
	c := open(t, copied, sqlite.Config{Exclusive: true})
	defer c.Close()
	want(t, c, "a")
	err := c.Read(ctx, func(r storage.Reader) error {
		inputs, err1 := r.Inputs("a", 0)
		timers, err2 := r.Timers("a")
		if len(inputs) != len(timers) {
			t.Errorf("%d inputs and %d timers", len(inputs), len(timers))
		}
		return errors.Join(err1, err2)
	})
	if err != nil {
		t.Fatal(err)
	}
	put(t, c, "c") // a copy is a whole store
}

// TestACopyInThePlaceOfACrashedDatabaseIsNotMixedWithIt: what the crash left in the log
// beside it is of the file that was there before.
func TestACopyInThePlaceOfACrashedDatabaseIsNotMixedWithIt(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	dir := t.TempDir()
	s := open(t, filepath.Join(dir, "relance.db"), sqlite.Config{Exclusive: true})
	put(t, s, "a")
	saved := filepath.Join(dir, "saved.db")
	if err := s.Backup(ctx, saved); err != nil {
		t.Fatal(err)
	}
	put(t, s, "b")
	crashed := map[string][]byte{}
	for _, suffix := range []string{"-wal", "-shm"} {
		left, err := os.ReadFile(s.Path() + suffix)
		if err != nil || len(left) == 0 {
			t.Fatal("there is no log", err)
		}
		crashed[suffix] = left
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	for _, first := range []string{"a bot", "a look", "a copy"} {
		place := filepath.Join(t.TempDir(), "relance.db")
		copied, err := os.ReadFile(saved)
		if err != nil {
			t.Fatal(err)
		}
		for path, content := range map[string][]byte{place: copied, place + "-wal": crashed["-wal"], place + "-shm": crashed["-shm"]} {
			if err := os.WriteFile(path, content, 0o600); err != nil {
				t.Fatal(err)
			}
		}
		switch first {
		case "a look":
			s := open(t, place, sqlite.Config{})
			want(t, s, "a")
			if err := s.Close(); err != nil {
				t.Fatal(err)
			}
		case "a copy":
			if err := sqlite.Backup(ctx, place, place+".copy"); err != nil {
				t.Fatal(err)
			}
		}
		s := open(t, place, sqlite.Config{Exclusive: true})
		want(t, s, "a")
		put(t, s, "c")
		if err := s.Close(); err != nil {
			t.Errorf("%s first: %v", first, err)
		}
		s = open(t, place, sqlite.Config{Existing: true})
		want(t, s, "a", "c")
		if err := s.Close(); err != nil {
			t.Errorf("%s first: %v", first, err)
		}
	}
}

func TestBackupReplacesNothing(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	dir := t.TempDir()
	s := open(t, filepath.Join(dir, "relance.db"), sqlite.Config{Exclusive: true})
	put(t, s, "a")
	for _, path := range []string{s.Path(), filepath.Join(dir, "relance.db.lock")} {
		if err := s.Backup(ctx, path); !errors.Is(err, fs.ErrExist) {
			t.Errorf("backup to %s: %v, want %v", filepath.Base(path), err, fs.ErrExist)
		}
	}
	if err := s.Backup(ctx, filepath.Join(dir, "nowhere", "copy.db")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("backup to a missing folder: %v, want %v", err, fs.ErrNotExist)
	}
	cancelled, cancel := context.WithCancel(ctx)
	cancel()
	if err := s.Backup(cancelled, filepath.Join(dir, "copy.db")); !errors.Is(err, context.Canceled) {
		t.Errorf("a backup nobody waits for: %v, want %v", err, context.Canceled)
	}
	want(t, s, "a")
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if err := s.Backup(ctx, filepath.Join(dir, "copy.db")); !errors.Is(err, storage.ErrClosed) {
		t.Errorf("backup of a closed store: %v, want %v", err, storage.ErrClosed)
	}
	if left, err := filepath.Glob(filepath.Join(dir, "*")); err != nil || len(left) != 2 {
		t.Errorf("left: %v %v, want the database and its lock", left, err)
	}
}
