package bot

import (
	"context"
	"sync/atomic"
	"time"
)

// termStep is how much longer than asked for a term may last.
const termStep = time.Second

// Term is a context that ends at its deadline and for no other reason: who keeps to the
// deadline need not watch it. Everyone who begins within the same second has the same
// one, so that what is done thousands of times a second needs no timer for each.
type Term struct{ context.Context }

// Terms gives out terms. The zero value is ready; its methods may be called from any
// goroutine.
type Terms struct{ newest atomic.Pointer[Term] }

// Begin returns a context that lasts for at least d, the same at each call, and at most a
// second longer.
func (t *Terms) Begin(d time.Duration) *Term {
	if term := t.newest.Load(); term != nil && term.Err() == nil { // it is over if the process stood still
		return term
	}
	ctx, cancel := context.WithTimeout(context.Background(), d+termStep)
	term := &Term{ctx}
	context.AfterFunc(ctx, cancel) // nobody ends it before
	t.newest.Store(term)
	time.AfterFunc(termStep, func() { t.newest.CompareAndSwap(term, nil) })
	return term
}
