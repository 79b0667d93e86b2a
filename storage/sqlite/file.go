package sqlite

import (
	"errors"
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
