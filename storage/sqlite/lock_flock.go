//go:build darwin || dragonfly || freebsd || illumos || linux || netbsd || openbsd

package sqlite

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
)

// lock is the claim of one process on a database: a lock on a file beside it,
// which the system drops when the process ends, however it ends.
type lock struct{ file *os.File }

func takeLock(database string) (*lock, error) {
	file, err := os.OpenFile(database+".lock", os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, fmt.Errorf("locking the database: %w", err)
	}
	if err := syscall.Flock(int(file.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		_ = file.Close()
		if errors.Is(err, syscall.EWOULDBLOCK) {
			return nil, fmt.Errorf("%s is %w", filepath.Base(database), ErrInUse)
		}
		return nil, fmt.Errorf("locking the database: %w", err)
	}
	return &lock{file}, nil
}

// release leaves the file where it is: removing it could take it from under a
// process that is just opening it.
func (l *lock) release() error { return l.file.Close() }
