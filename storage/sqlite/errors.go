package sqlite

import (
	"errors"
	"fmt"

	"github.com/relance-bot/relance/storage"
)

// ErrInUse is returned by an exclusive Open of a file that another process has open
// so.
var ErrInUse = errors.New("in use by another process")

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
