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
func (s *Store) Abilities() storage.Abilities { return storage.Abilities{Backuper: s, Dumper: s} }

// Backup implements [storage.Backuper]: it is [Backup] of the store's own file.
func (s *Store) Backup(ctx context.Context, path string) error {
	s.mu.Lock()
	if s.closed {
		s.mu.Unlock()
		return fmt.Errorf("backing up: %w", storage.ErrClosed)
	}
	s.users.Add(1)
	s.mu.Unlock()
	defer s.users.Done()
	return Backup(ctx, s.path, path)
}

// Backup copies one snapshot of a file, compacted, while a bot goes on with it: as it is,
// of whatever version its schema and under whatever key. path must not exist yet (the
// error then wraps fs.ErrExist); the copy appears there when it is whole, readable by its
// owner alone.
func Backup(ctx context.Context, from, path string) (err error) {
	defer func() {
		if err != nil {
			err = fmt.Errorf("backing up: %w", err)
		}
	}()

	if from, err = locate(from, false); err != nil {
		return err
	}
	if path, err = filepath.Abs(path); err != nil {
		return err
	}
	if _, err := os.Lstat(path); err == nil {
		return fmt.Errorf("%s: %w", filepath.Base(path), fs.ErrExist)
	}
	if err := dropForeignLog(ctx, from, false); err != nil {
		return err
	}
	dir, err := os.MkdirTemp(filepath.Dir(path), ".relance-backup-*") // 0700
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	copied := filepath.Join(dir, "copy")

	db, err := openDB(sourceOf(from, forLooking, defaultBusyTimeout))
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
