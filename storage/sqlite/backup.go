package sqlite

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/relance-bot/relance/storage"
)

// Abilities implements [storage.Store].
func (s *Store) Abilities() storage.Abilities { return storage.Abilities{Backuper: s} }

// Backup implements [storage.Backuper]. It copies one snapshot, compacted, while
// the bot goes on. path must not exist yet (the error then wraps fs.ErrExist);
// the copy appears there when it is whole, readable by its owner alone.
func (s *Store) Backup(ctx context.Context, path string) (err error) {
	s.mu.Lock()
	if s.closed {
		s.mu.Unlock()
		return fmt.Errorf("backing up: %w", storage.ErrClosed)
	}
	s.users.Add(1)
	s.mu.Unlock()
	defer s.users.Done()
	defer func() {
		if err != nil {
			err = fmt.Errorf("backing up: %w", err)
		}
	}()

	if path, err = filepath.Abs(path); err != nil {
		return err
	}
	if _, err := os.Lstat(path); err == nil {
		return fmt.Errorf("%s: %w", filepath.Base(path), fs.ErrExist)
	}
	dir, err := os.MkdirTemp(filepath.Dir(path), ".relance-backup-*") // 0700
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	copied := filepath.Join(dir, "copy")

	db, err := openDB(sourceOf(s.path, forLooking, defaultBusyTimeout))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	// This connection is its own and writes nothing here: it may be interrupted.
	if _, err := db.ExecContext(ctx, `VACUUM INTO ?1`, copied); err != nil {
		return failure(err)
	}
	if err := os.Chmod(copied, 0o600); err != nil {
		return err
	}
	if err := settle(copied); err != nil {
		return err
	}
	// A link does not replace what somebody put there meanwhile.
	err = os.Link(copied, path)
	if err != nil && !errors.Is(err, fs.ErrExist) { // a file system without links
		err = os.Rename(copied, path)
	}
	if err != nil {
		return err
	}
	settleDir(filepath.Dir(path))
	return nil
}
