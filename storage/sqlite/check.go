package sqlite

import (
	"context"

	"github.com/relance-bot/relance/storage"
)

const (
	// A check takes new pages before it gives back those of the check before, so
	// that a full file is noticed too.
	sqlCheck     = `INSERT INTO checks (filler) VALUES (zeroblob(8192))`
	sqlUnchecked = `DELETE FROM checks WHERE id < (SELECT max(id) FROM checks)`
)

// Check implements [storage.Store] by a small write of its own, through the same
// queue and to the same disk as all others.
func (s *Store) Check(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, s.checkTimeout)
	defer cancel()

	return s.writer.Check(ctx, func(tx storage.Tx) error {
		c := tx.(*transaction).c
		if err := c.exec(sqlCheck); err != nil {
			return err
		}
		return c.exec(sqlUnchecked)
	})
}
