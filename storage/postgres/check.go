package postgres

import (
	"context"

	"github.com/relance-bot/relance/storage"
)

// Check implements [storage.Store] by a small write, through the same queue and to the
// same disk as all others: the record of its own commit.
func (s *Store) Check(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, s.config.CheckTimeout)
	defer cancel()

	return s.writer.Check(ctx, func(tx storage.Tx) error { return tx.(*transaction).send() })
}
