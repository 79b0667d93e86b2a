package sqlite

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/relance-bot/relance/storage"
)

// Backup implements [storage.Backuper]. It copies one snapshot, compacted, while
// the bot goes on. path must not exist yet (the error then wraps os.ErrExist);
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
		return fmt.Errorf("%s: %w", filepath.Base(path), os.ErrExist)
	}
	dir, err := os.MkdirTemp(filepath.Dir(path), ".relance-backup-*") // 0700
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	copied := filepath.Join(dir, "copy")

	db, err := openDB(s.path, "plain", dsnOptions{busy: defaultBusyTimeout}, 1)
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
	if err := os.Link(copied, path); err != nil && !errors.Is(err, os.ErrExist) {
		return os.Rename(copied, path)
	} else if err != nil {
		return err
	}
	return settle(filepath.Dir(path))
}

// settle makes a file or a directory durable.
func settle(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}
