package sqlite

import (
	"errors"
	"fmt"
	"path/filepath"
	"syscall"
)

// errSharingViolation is ERROR_SHARING_VIOLATION.
const errSharingViolation = syscall.Errno(32)

// lock is the claim of one process on a database: a file beside it, open and
// shared with nobody.
type lock struct{ handle syscall.Handle }

func takeLock(database string) (*lock, error) {
	name, err := syscall.UTF16PtrFromString(database + ".lock")
	if err != nil {
		return nil, fmt.Errorf("locking the database: %w", err)
	}
	handle, err := syscall.CreateFile(name, syscall.GENERIC_READ|syscall.GENERIC_WRITE, 0, nil,
		syscall.OPEN_ALWAYS, syscall.FILE_ATTRIBUTE_NORMAL, 0)
	if errors.Is(err, errSharingViolation) {
		return nil, fmt.Errorf("%s is %w", filepath.Base(database), ErrInUse)
	}
	if err != nil {
		return nil, fmt.Errorf("locking the database: %w", err)
	}
	return &lock{handle}, nil
}

func (l *lock) release() error { return syscall.CloseHandle(l.handle) }
