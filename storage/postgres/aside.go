package postgres

import (
	"context"
	"sync"
)

// aside is a connection for what must not be part of a group's transaction: the
// lease, the signals, and the rows that stand for the locks of unknown contacts.
// Each exchange is a transaction of its own, so nothing it holds can be held up by
// a process that stands still.
type aside struct {
	s  *Store
	mu sync.Mutex
	c  *conn
}

// run runs steps in one transaction.
func (a *aside) run(ctx context.Context, steps ...step) error {
	return a.do(ctx, func(c *conn) error { return c.run(steps...) })
}

// do runs f with the connection, and once more if that turns out to be broken.
func (a *aside) do(ctx context.Context, f func(c *conn) error) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	for fresh := false; ; {
		if a.c == nil || a.c.broken() {
			a.drop()
			c, err := a.s.connect(ctx, "")
			if err != nil {
				return err
			}
			a.c, fresh = c, true
		}
		a.c.failed = nil
		err := f(a.c)
		if err == nil || fresh || !a.c.broken() {
			return err
		}
	}
}

func (a *aside) drop() {
	if a.c != nil {
		a.c.close()
		a.c = nil
	}
}

func (a *aside) close() {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.drop()
}
