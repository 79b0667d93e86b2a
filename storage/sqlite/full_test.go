//go:build linux

package sqlite_test

import (
	"context"
	"errors"
	"fmt"
	"os/signal"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/relance-bot/relance/storage"
	"github.com/relance-bot/relance/storage/sqlite"
)

// TestFullDisk runs in a process of its own, whose files may not grow.
func TestFullDisk(t *testing.T) {
	t.Parallel()
	cmd := child(t, "full", filepath.Join(t.TempDir(), "relance.db"))
	if out, err := cmd.Output(); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}

// fillDisk takes the room from a store and gives it back.
func fillDisk(path string) error {
	ctx := context.Background()
	signal.Ignore(syscall.SIGXFSZ) // a write beyond the limit then fails like one to a full disk
	s, err := sqlite.Open(ctx, path, sqlite.Config{Exclusive: true})
	if err != nil {
		return err
	}
	// One write is many contacts: half of one would be seen.
	const each = 40
	put := func(n int) error {
		return s.Write(ctx, func(tx storage.Tx) error {
			for i := range each {
				c := storage.Contact{ID: fmt.Sprintf("c%04d-%02d", n, i), Session: make([]byte, 4000)}
				if err := tx.PutContact(c); err != nil {
					return err
				}
			}
			return nil
		})
	}
	count := func() (int, error) {
		var n int
		err := s.Read(ctx, func(r storage.Reader) error {
			list, err := r.Contacts("", 0)
			n = len(list)
			return err
		})
		return n, err
	}

	var before syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_FSIZE, &before); err != nil {
		return err
	}
	kept := 0
	for round := range 3 {
		full := before
		full.Cur = uint64(1+round) << 20
		if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &full); err != nil {
			return err
		}
		var failed error
		for n := 0; failed == nil; n++ {
			if n == 1000 {
				return errors.New("the disk never got full")
			}
			if failed = put(round*1000 + n); failed == nil {
				kept += each
			}
		}
		for n := 0; ; n++ { // what is left, in small pieces
			id := fmt.Sprintf("d%d-%04d", round, n)
			if err := s.Write(ctx, func(tx storage.Tx) error { return tx.PutContact(storage.Contact{ID: id}) }); err != nil {
				break
			}
			kept++
		}
		if !errors.Is(failed, storage.ErrUnavailable) {
			return fmt.Errorf("a write to a full disk: %w, want storage.ErrUnavailable", failed)
		}
		if err := s.Check(ctx); !errors.Is(err, storage.ErrUnavailable) {
			return fmt.Errorf("a check on a full disk: %w, want storage.ErrUnavailable", err)
		}
		if n, err := count(); err != nil || n != kept {
			return fmt.Errorf("on a full disk: %d contacts, %w; want %d", n, err, kept)
		}

		if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &before); err != nil {
			return err
		}
		if err := s.Check(ctx); err != nil {
			return fmt.Errorf("a check with room again: %w", err)
		}
		if err := put(round*1000 + 999); err != nil {
			return fmt.Errorf("a write with room again: %w", err)
		}
		kept += each
		if n, err := count(); err != nil || n != kept {
			return fmt.Errorf("with room again: %d contacts, %w; want %d", n, err, kept)
		}
	}
	return s.Close()
}
