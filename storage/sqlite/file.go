package sqlite

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

// locate returns the absolute path of a file, without symbolic links, after
// creating it if it may and there is none.
func locate(path string, mayCreate bool) (string, error) {
	path, err := filepath.Abs(path)
	if err != nil {
		return "", err
	}
	_, err = os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) && mayCreate {
		err = create(path)
	}
	if err != nil {
		return "", err
	}
	return filepath.EvalSymlinks(path)
}

// create puts an empty file at path, for its owner alone. It never opens a file
// that may be there already: closing it would drop the locks that SQLite holds
// on it elsewhere in this process.
func create(path string) error {
	empty, err := os.CreateTemp(filepath.Dir(path), ".relance-*") // 0600
	if err != nil {
		return err
	}
	defer os.Remove(empty.Name())
	if err := empty.Close(); err != nil {
		return err
	}
	err = os.Link(empty.Name(), path)
	if err != nil && !errors.Is(err, fs.ErrExist) { // a file system without links
		err = os.Rename(empty.Name(), path)
	}
	if err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	settleDir(filepath.Dir(path))
	return nil
}

// dropForeignLog removes the write-ahead log of a database that is not there any more: a
// copy that [Backup] made was put in its place, and what a crash had left beside it stayed.
// SQLite takes any log of that name for the file's own, and would write the pages of the one
// into the other. A copy says in its head that it has no log, and any database of a
// bot that it has one. held says that the caller has the lock.
func dropForeignLog(ctx context.Context, path string, held bool) error {
	if foreign, err := hasForeignLog(path); !foreign || err != nil {
		return err
	}
	if !held {
		l, err := waitForLock(ctx, path, lockPatience)
		if err != nil {
			return err
		}
		defer func() { _ = l.release() }()
		if foreign, err := hasForeignLog(path); !foreign || err != nil {
			return err
		}
	}
	for _, suffix := range []string{"-wal", "-shm"} {
		if err := os.Remove(path + suffix); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("removing the log of the database that was here before: %w", err)
		}
	}
	return nil
}

// formatAt is the byte of a database's head that says whether it is read with a log: 1
// without, 2 with.
const formatAt = 19

func hasForeignLog(path string) (bool, error) {
	if _, err := os.Stat(path + "-wal"); err != nil {
		return false, nil
	}
	file, err := os.Open(path)
	if err != nil {
		return false, err
	}
	defer file.Close()
	var head [formatAt + 1]byte
	if _, err := io.ReadFull(file, head[:]); err != nil {
		return false, nil // with nothing in it: SQLite sees that by itself
	}
	return head[formatAt] == 1, nil
}

// settle makes the contents of a file durable.
func settle(path string) error {
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}

// settleDir makes new names in a directory durable, on systems that can.
func settleDir(path string) {
	dir, err := os.Open(path)
	if err != nil {
		return
	}
	_ = dir.Sync()
	_ = dir.Close()
}
