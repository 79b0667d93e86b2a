package postgres

import (
	"context"
	"time"

	"github.com/relance-bot/relance/storage"
)

// reader is the reading half of every role, statement by statement.
type reader struct {
	c   *conn
	ctx context.Context // of the Read; nil in a write
}

var _ storage.Reader = reader{}

// list reads all rows of an answer.
func list[T any](r reader, scan func(*row) T, query string, in params) ([]T, error) {
	if r.ctx != nil {
		if err := r.ctx.Err(); err != nil {
			return nil, err
		}
	}
	return many(r.c, scan, query, in)
}

// single reads one row; storage.ErrNotFound if there is none.
func single[T any](r reader, scan func(*row) T, query string, in params) (v T, err error) {
	rows, err := list(r, scan, query, in)
	if err == nil && len(rows) == 0 {
		err = storage.ErrNotFound
	}
	if err != nil {
		return v, err
	}
	return rows[0], nil
}

// earliest reads the one time a query answers with, if it is not NULL.
func (r reader) earliest(query string, in params) (at time.Time, ok bool, err error) {
	rows, err := list(r, func(r *row) int64 {
		if ok = !r.null(); ok {
			return r.int()
		}
		return 0
	}, query, in)
	if err != nil || len(rows) == 0 || !ok {
		return time.Time{}, false, err
	}
	return instant(rows[0]), true, nil
}
