package postgres

import (
	"context"
	"fmt"

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

	r := s.startCheck()
	select {
	case <-r.answered:
		return r.err
	case <-ctx.Done():
		return fmt.Errorf("%w: the check had no answer: %w", storage.ErrUnavailable, ctx.Err())
	}
}

// startCheck joins the check under way or starts one. Those who ask while the
// store hangs must not pile up in its queue.
func (s *Store) startCheck() *request {
	s.mu.Lock()
	defer s.mu.Unlock()
	if r := s.checking; r != nil {
		select {
		case <-r.answered:
		default:
			return r
		}
	}
	s.checking = s.writer.submit(func(tx storage.Tx) error {
		t := tx.(*transaction)
		return t.send(step{query: sqlCheck}, step{query: sqlUnchecked})
	})
	return s.checking
}
