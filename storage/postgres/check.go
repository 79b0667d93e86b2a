package postgres

import (
	"context"

	"github.com/relance-bot/relance/storage"
)

const (
	sqlCheck     = `INSERT INTO checks (filler) VALUES (decode(repeat('00', 8), 'hex'))`
	sqlUnchecked = `DELETE FROM checks`
)

// Check implements [storage.Store] by a small write of its own, through the same
// queue and to the same disk as all others.
func (s *Store) Check(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, s.config.CheckTimeout)
	defer cancel()

	return s.writer.Check(ctx, func(tx storage.Tx) error {
		return tx.(*transaction).send(step{query: sqlCheck}, step{query: sqlUnchecked})
	})
}
