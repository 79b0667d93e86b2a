package bench

import (
	"context"
	"errors"
)

func (b *bench) openPostgres(context.Context, string) (backend, error) {
	return nil, errors.New("postgres is not here yet")
}
