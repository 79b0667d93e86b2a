package sqlite

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"

	"github.com/relance-bot/relance/storage"
)

// maxQueue bounds how many writes wait before their callers do.
const maxQueue = 1024

// What became of a request.
const (
	requestWaiting = iota // in the queue
	requestTaken          // by the committer, who will answer
	requestLeft           // by its caller, nobody will answer
)

// request is one Write on its way.
type request struct {
	ctx      context.Context
	f        func(tx storage.Tx) error
	needs    []storage.Need
	state    atomic.Int32
	err      error
	answered chan struct{}
}

func (r *request) answer(err error) {
	r.err = err
	close(r.answered)
}

// writer is the committer and its queue.
type writer struct {
	from    source
	queue   chan *request
	closing chan struct{} // closed when no more writes are taken
	ended   chan struct{} // closed when the committer is gone
	once    sync.Once

	// What follows belongs to the committer alone.
	c     *conn // nil when the last one was broken
	tx    *transaction
	group []*request
}

func startWriter(from source) (*writer, error) {
	w := &writer{
		from:    from,
		queue:   make(chan *request, maxQueue),
		closing: make(chan struct{}),
		ended:   make(chan struct{}),
	}
	if err := w.open(); err != nil {
		return nil, err
	}
	go w.run()
	return w, nil
}

// write hands f to the committer and waits for its answer. Until f is taken the
// caller may leave; after that there is no way back.
func (w *writer) write(ctx context.Context, f func(tx storage.Tx) error, needs ...storage.Need) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	r := &request{ctx: ctx, f: f, needs: needs, answered: make(chan struct{})}
	select {
	case <-w.closing:
		return storage.ErrClosed
	default:
	}
	select {
	case w.queue <- r:
	case <-w.closing:
		return storage.ErrClosed
	case <-ctx.Done():
		return ctx.Err()
	}

	select {
	case <-r.answered:
		return r.err
	case <-ctx.Done():
		if r.state.CompareAndSwap(requestWaiting, requestLeft) {
			return ctx.Err()
		}
	case <-w.ended:
		if r.state.CompareAndSwap(requestWaiting, requestLeft) {
			return storage.ErrClosed
		}
	}
	<-r.answered
	return r.err
}

// submit queues f without waiting for it. It is answered at once if that is not
// possible.
func (w *writer) submit(f func(tx storage.Tx) error) *request {
	r := &request{ctx: context.Background(), f: f, answered: make(chan struct{})}
	select {
	case <-w.closing:
		r.answer(storage.ErrClosed)
		return r
	default:
	}
	select {
	case w.queue <- r:
	default:
		r.answer(fmt.Errorf("%w: %d writes are waiting", storage.ErrUnavailable, maxQueue))
	}
	return r
}

// end serves those who were let in, and refuses all others.
func (w *writer) end() {
	w.once.Do(func() {
		close(w.closing)
		<-w.ended
		// Whoever got into the queue in the last moment is told.
		for {
			select {
			case r := <-w.queue:
				if r.state.CompareAndSwap(requestWaiting, requestTaken) {
					r.answer(storage.ErrClosed)
				}
				continue
			default:
			}
			break
		}
	})
}

// close closes the connection, after the end.
func (w *writer) close() error {
	w.end()
	if w.c == nil {
		return nil
	}
	err := w.c.close()
	w.c = nil
	return err
}
