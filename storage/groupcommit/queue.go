// Package groupcommit gathers the writes of many goroutines into groups, so that
// those of a group share one commit. It is what the backends of storage have in
// common; what a commit is, each of them says itself.
//
// Nothing is ever waited for: a group is what has gathered while the one before was
// committed.
package groupcommit

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"sync"
	"sync/atomic"

	"github.com/relance-bot/relance/storage"
)

const (
	// maxQueue bounds how many writes wait before their callers do.
	maxQueue = 1024
	// maxGroup bounds how many writes share a commit, and so how long the first of
	// them waits for the last.
	maxGroup = 256
)

// errEnded is the answer to a write whose function ended its goroutine, as
// t.FailNow does.
var errEnded = errors.New("the function of a write ended its goroutine")

// What became of a request.
const (
	waiting = iota // in the queue
	taken          // by the committer, who will answer
	left           // by its caller, nobody will answer
)

// Request is one Write on its way.
type Request struct {
	F     func(tx storage.Tx) error
	Needs []storage.Need
	Err   error // what its caller is told; the commit sets it

	ctx   context.Context
	state atomic.Int32
	// answered is closed with the answer; where it has room that is written into it, and
	// the request can be used again.
	answered chan struct{}
}

// Run runs the request's function. A panic in it is a *[storage.PanicError].
func (r *Request) Run(tx storage.Tx) (err error) {
	defer func() {
		if v := recover(); v != nil {
			err = &storage.PanicError{Value: v, Stack: debug.Stack()}
		}
	}()
	return r.F(tx)
}

func (r *Request) answer(err error) {
	r.Err = err
	if cap(r.answered) > 0 {
		r.answered <- struct{}{}
		return
	}
	close(r.answered)
}

// Queue is where writes wait for their group.
type Queue struct {
	commit   func(group []*Request)
	rollback func()

	queue   chan *Request
	closing chan struct{} // closed when no more writes are taken
	ended   chan struct{} // closed when the committer is gone
	once    sync.Once
	group   []*Request // the committer's alone
	spare   sync.Pool  // of *Request, answered and read

	mu       sync.Mutex
	checking *Request // the newest check
}

// Start begins to commit, in a goroutine that lasts until Close. commit keeps what
// the functions of a group did, or nothing, and gives each request its Err. rollback
// is called, in the same goroutine's place, after a function has ended it.
func Start(commit func(group []*Request), rollback func()) *Queue {
	q := &Queue{
		commit:   commit,
		rollback: rollback,
		queue:    make(chan *Request, maxQueue),
		closing:  make(chan struct{}),
		ended:    make(chan struct{}),
	}
	q.spare.New = func() any { return &Request{answered: make(chan struct{}, 1)} }
	go q.run()
	return q
}

// Write hands f to the committer and waits for its answer. Until f is taken the
// caller may leave, as ctx says; after that there is no way back.
func (q *Queue) Write(ctx context.Context, f func(tx storage.Tx) error, needs []storage.Need) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	r := q.spare.Get().(*Request)
	r.F, r.Needs, r.ctx = f, needs, ctx
	ended, err := q.put(r)
	if err != nil {
		return err
	}
	if !q.await(r, ended) {
		if err := ctx.Err(); err != nil {
			return err
		}
		return storage.ErrClosed
	}
	err = r.Err
	*r = Request{answered: r.answered}
	q.spare.Put(r)
	return err
}

// await waits for the answer to a request; false if its caller leaves before it is
// taken, because its context or the queue has ended.
func (q *Queue) await(r *Request, ended <-chan struct{}) bool {
	cancelled := r.ctx.Done()
	if cancelled == nil && ended == nil {
		<-r.answered
		return true
	}
	select {
	case <-r.answered:
		return true
	case <-cancelled:
	case <-ended:
	}
	if r.state.CompareAndSwap(waiting, left) {
		return false
	}
	<-r.answered
	return true
}

// put queues a request, and waits while there is no room. If the queue is being closed
// nobody may come for the request any more: it is to be given up when ended is closed.
func (q *Queue) put(r *Request) (ended <-chan struct{}, err error) {
	select {
	case <-q.closing:
		return nil, storage.ErrClosed
	default:
	}
	select {
	case q.queue <- r:
	default:
		select {
		case q.queue <- r:
		case <-q.closing:
			return nil, storage.ErrClosed
		case <-r.ctx.Done():
			return nil, r.ctx.Err()
		}
	}
	select {
	case <-q.closing:
		return q.ended, nil
	default: // whoever is in the queue before it is closed is answered
		return nil, nil
	}
}

// Check writes f as all others are written, and waits for the answer as long as ctx
// lets it. Those who ask while the store hangs share one check: they must not pile
// up in the queue.
func (q *Queue) Check(ctx context.Context, f func(tx storage.Tx) error) error {
	r := q.check(f)
	select {
	case <-r.answered:
		return r.Err
	case <-ctx.Done():
		return fmt.Errorf("%w: the check had no answer: %w", storage.ErrUnavailable, ctx.Err())
	}
}

// check joins the check under way or starts one.
func (q *Queue) check(f func(tx storage.Tx) error) *Request {
	q.mu.Lock()
	defer q.mu.Unlock()
	if r := q.checking; r != nil {
		select {
		case <-r.answered:
		default:
			return r
		}
	}
	q.checking = q.Submit(f)
	return q.checking
}

// Submit queues f without waiting for it; Wait tells what became of it, at once if
// the queue is full or closed.
func (q *Queue) Submit(f func(tx storage.Tx) error) *Request {
	r := &Request{F: f, ctx: context.Background(), answered: make(chan struct{})}
	select {
	case <-q.closing:
		r.answer(storage.ErrClosed)
	default:
		q.enter(r)
	}
	return r
}

// enter queues a request that saw the queue open; it may be closed by now.
func (q *Queue) enter(r *Request) {
	select {
	case q.queue <- r:
	default:
		r.answer(fmt.Errorf("%w: %d writes are waiting", storage.ErrUnavailable, maxQueue))
		return
	}
	select {
	case <-q.closing:
		go q.refuse(r)
	default: // whoever is in the queue before it is closed is answered
	}
}

// refuse answers a request that came while the queue closed, if nobody has when it is closed.
func (q *Queue) refuse(r *Request) {
	<-q.ended
	if r.state.CompareAndSwap(waiting, taken) {
		r.answer(storage.ErrClosed)
	}
}

// Wait waits until a submitted request is answered.
func (r *Request) Wait() error {
	<-r.answered
	return r.Err
}

// Waiting is how many writes no group has taken yet.
func (q *Queue) Waiting() int { return len(q.queue) }

// Close serves those who were let in, and refuses all others. To close again does
// nothing.
func (q *Queue) Close() {
	q.once.Do(func() {
		close(q.closing)
		<-q.ended
		// Whoever got into the queue in the last moment is told.
		for {
			select {
			case r := <-q.queue:
				if r.state.CompareAndSwap(waiting, taken) {
					r.answer(storage.ErrClosed)
				}
				continue
			default:
			}
			break
		}
	})
}

// run commits group after group until the queue is closed and empty.
func (q *Queue) run() {
	proper := false
	defer func() {
		if proper {
			close(q.ended)
			return
		}
		// A function ended this goroutine: its group is lost, the store is not.
		q.rollback()
		for _, r := range q.group {
			if r.Err == nil {
				r.Err = errEnded
			}
		}
		q.answerAll()
		go q.run()
	}()
	for q.gather() {
		if len(q.group) > 0 {
			q.commit(q.group)
		}
		q.answerAll()
	}
	proper = true
}

// gather waits for one write and takes all others that wait already.
func (q *Queue) gather() bool {
	select {
	case r := <-q.queue:
		q.take(r)
	case <-q.closing:
		// Those who were let in are served, then it ends.
		select {
		case r := <-q.queue:
			q.take(r)
		default:
			return false
		}
	}
	for len(q.group) < maxGroup {
		select {
		case r := <-q.queue:
			q.take(r)
			continue
		default:
		}
		break
	}
	return true
}

// take adds a request to the group unless its caller has left.
func (q *Queue) take(r *Request) {
	if !r.state.CompareAndSwap(waiting, taken) {
		return
	}
	if err := r.ctx.Err(); err != nil {
		r.answer(err)
		return
	}
	q.group = append(q.group, r)
}

// answerAll gives everyone in the group the answer that stands in its request.
func (q *Queue) answerAll() {
	for i, r := range q.group {
		r.answer(r.Err)
		q.group[i] = nil
	}
	q.group = q.group[:0]
}
