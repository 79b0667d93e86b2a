package postgres

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// sqlOutcome is what became of a transaction: committed, aborted, in progress, or
// NULL if it is too long ago. A server that was killed knows it after its recovery.
const sqlOutcome = `SELECT pg_xact_status($1::text::xid8)`

// outcome asks whether a transaction was kept, whose connection broke under the
// commit. A server that starts again is waited for, and a transaction that the
// server has not given up yet.
func (w *writer) outcome(xid string) (kept bool, err error) {
	ctx, cancel := context.WithTimeout(context.Background(), w.s.config.Lease)
	defer cancel()
	for pause := 10 * time.Millisecond; ; pause = min(2*pause, time.Second) {
		status, err := w.askOutcome(ctx, xid)
		switch {
		case err == nil && status == "committed":
			return true, nil
		case err == nil && status == "aborted":
			return false, nil
		case err == nil && status != "in progress":
			return false, fmt.Errorf("the server says %q", status)
		case err == nil:
			err = errors.New("it is still in progress")
		}
		select {
		case <-time.After(pause):
		case <-ctx.Done():
			return false, err
		}
	}
}

func (w *writer) askOutcome(ctx context.Context, xid string) (status string, err error) {
	if w.c == nil || w.c.broken() {
		if w.c != nil {
			w.c.close()
		}
		if err := w.open(ctx); err != nil {
			return "", err
		}
	}
	status, err = one(w.c, scanText, sqlOutcome, params{}.text(xid))
	w.c.rollback()
	return status, err
}
