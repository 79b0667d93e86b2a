package sqlite

import (
	"errors"
	"fmt"

	sqlite3 "github.com/mattn/go-sqlite3"

	"github.com/relance-bot/relance/storage"
)

var (
	// ErrInUse is returned by an exclusive Open of a file that another process has
	// open so.
	ErrInUse = errors.New("in use by another process")
	// ErrNewer is returned by Open for a file that a newer program wrote.
	ErrNewer = errors.New("written by a newer version of relance")
)

// PanicError is what Write returns when its function panicked.
type PanicError struct {
	Value any
	Stack []byte
}

func (e *PanicError) Error() string { return fmt.Sprintf("panic in a write: %v", e.Value) }

// failure marks the errors of SQLite that are about its surroundings, the disk
// and other processes, as storage.ErrUnavailable. What is left is a mistake of
// this package.
func failure(err error) error {
	if err == nil || errors.Is(err, storage.ErrUnavailable) {
		return err
	}
	var e sqlite3.Error
	if !errors.As(err, &e) {
		return fmt.Errorf("sqlite: %w", err)
	}
	switch e.Code {
	case sqlite3.ErrFull, sqlite3.ErrBusy, sqlite3.ErrLocked, sqlite3.ErrIoErr, sqlite3.ErrReadonly,
		sqlite3.ErrCantOpen, sqlite3.ErrNomem, sqlite3.ErrProtocol, sqlite3.ErrCorrupt, sqlite3.ErrNotADB:
		return fmt.Errorf("%w: sqlite: %w", storage.ErrUnavailable, err)
	}
	return fmt.Errorf("sqlite: %w", err)
}
