package sqlite

import (
	"errors"
	"fmt"

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

// failure names the errors of SQLite, and marks those about its surroundings as
// storage.ErrUnavailable. What is left is a mistake of this package.
func failure(err error) error {
	switch {
	case err == nil || errors.Is(err, storage.ErrUnavailable):
		return err
	case unavailable(err):
		return fmt.Errorf("%w: sqlite: %w", storage.ErrUnavailable, err)
	}
	return fmt.Errorf("sqlite: %w", err)
}
