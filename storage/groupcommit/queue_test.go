package groupcommit

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"runtime"
	"sync"
	"testing"
	"time"

	"github.com/relance-bot/relance/storage"
)

// recorder is a backend that keeps nothing but the sizes of its groups.
type recorder struct {
	mu        sync.Mutex
	groups    []int
	rollbacks int
}

func (r *recorder) commit(group []*Request) {
	r.mu.Lock()
	r.groups = append(r.groups, len(group))
	r.mu.Unlock()
	for _, one := range group {
		one.Err = one.Run(nil)
	}
}

func (r *recorder) rollback() { r.rollbacks++ }

func start(t *testing.T) (*Queue, *recorder) {
	t.Helper()
	r := &recorder{}
	q := Start(r.commit, r.rollback)
	t.Cleanup(q.Close)
	return q, r
}

func nothing(storage.Tx) error { return nil }

// hold keeps the committer busy with a group of one until release is called.
func hold(t *testing.T, q *Queue) (release func()) {
	t.Helper()
	held, free := make(chan struct{}), make(chan struct{})
	r := q.Submit(func(storage.Tx) error {
		close(held)
		<-free
		return nil
	})
	<-held
	return func() {
		close(free)
		if err := r.Wait(); err != nil {
			t.Error(err)
		}
	}
}

func TestWhatGathersDuringACommitIsOneGroup(t *testing.T) {
	t.Parallel()
	q, r := start(t)
	release := hold(t, q)
	wrong := errors.New("wrong")
	var requests []*Request
	for i := range 5 {
		requests = append(requests, q.Submit(func(storage.Tx) error {
			if i == 3 {
				return wrong
			}
			return nil
		}))
	}
	release()
	for i, one := range requests {
		if err := one.Wait(); (i == 3) != errors.Is(err, wrong) {
			t.Errorf("%d: %v", i, err)
		}
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.groups) != 2 || r.groups[1] != 5 {
		t.Errorf("groups of %v, want 1 and 5", r.groups)
	}
}

func TestAGroupHasABound(t *testing.T) {
	t.Parallel()
	q, r := start(t)
	release := hold(t, q)
	var last *Request
	for range maxGroup + 1 {
		last = q.Submit(nothing)
	}
	release()
	if err := last.Wait(); err != nil {
		t.Error(err)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.groups) != 3 || r.groups[1] != maxGroup {
		t.Errorf("groups of %v, want 1, %d and 1", r.groups, maxGroup)
	}
}

func TestACallerMayLeaveUntilItsWriteIsTaken(t *testing.T) {
	t.Parallel()
	q, _ := start(t)
	release := hold(t, q)
	ctx, cancel := context.WithCancel(t.Context())
	left := make(chan error)
	go func() {
		left <- q.Write(ctx, func(storage.Tx) error { t.Error("it was run all the same"); return nil }, nil)
	}()
	for q.Waiting() == 0 {
		runtime.Gosched()
	}
	cancel()
	if err := <-left; !errors.Is(err, context.Canceled) {
		t.Errorf("%v, want %v", err, context.Canceled)
	}
	release()
	if err := q.Write(t.Context(), nothing, nil); err != nil {
		t.Error(err)
	}
}

func TestEveryWriteHasItsOwnAnswer(t *testing.T) {
	t.Parallel()
	q, _ := start(t)
	var all sync.WaitGroup
	for caller := range 64 {
		all.Go(func() {
			for i := range 200 {
				mine := fmt.Errorf("%d of %d", i, caller)
				ctx, cancel := context.WithCancel(t.Context())
				if i%3 == 0 {
					go cancel() // before, while or after it is run
				}
				ran := false
				err := q.Write(ctx, func(storage.Tx) error { ran = true; return mine }, nil)
				cancel()
				switch left := errors.Is(err, context.Canceled); {
				case left && (ran || i%3 != 0):
					t.Errorf("%v, and it was run: %v", err, ran)
				case !left && (err != mine || !ran):
					t.Errorf("%v, want %v", err, mine)
				}
			}
		})
	}
	all.Wait()
}

func TestNobodyWaitsForAQueueThatIsClosedMeanwhile(t *testing.T) {
	t.Parallel()
	for range 200 {
		r := &recorder{}
		q := Start(r.commit, r.rollback)
		var all sync.WaitGroup
		for range 8 {
			all.Go(func() {
				for {
					ran := false
					switch err := q.Write(context.Background(), func(storage.Tx) error { ran = true; return nil }, nil); {
					case err == nil && ran:
					case errors.Is(err, storage.ErrClosed) && !ran:
						return
					default:
						t.Errorf("%v, and it was run: %v", err, ran)
						return
					}
				}
			})
		}
		runtime.Gosched()
		q.Close()
		all.Wait()
	}
}

// It looks whether the queue is open, and comes when it is closed and empty.
func TestWhatIsSubmittedWhileTheQueueClosesIsAnswered(t *testing.T) {
	t.Parallel()
	q, _ := start(t)
	q.Close()
	late := &Request{F: nothing, ctx: t.Context(), answered: make(chan struct{})}
	q.enter(late)
	select {
	case <-late.answered:
	case <-time.After(10 * time.Second):
		t.Fatal("nobody answers")
	}
	if err := late.Wait(); !errors.Is(err, storage.ErrClosed) {
		t.Errorf("%v, want %v", err, storage.ErrClosed)
	}
}

// It comes while the last group is committed, and may still be in it.
func TestWhatIsSubmittedDuringTheLastCommitIsAnswered(t *testing.T) {
	t.Parallel()
	q, _ := start(t)
	release := hold(t, q)
	closed := make(chan struct{})
	go func() {
		q.Close()
		close(closed)
	}()
	<-q.closing
	late := &Request{F: nothing, ctx: t.Context(), answered: make(chan struct{})}
	q.enter(late)
	release()
	<-closed
	select {
	case <-late.answered:
	case <-time.After(10 * time.Second):
		t.Fatal("nobody answers")
	}
	if err := late.Wait(); err != nil && !errors.Is(err, storage.ErrClosed) {
		t.Errorf("%v, want none or %v", err, storage.ErrClosed)
	}
}

func TestAFullQueueIsSaidAtOnce(t *testing.T) {
	t.Parallel()
	q, _ := start(t)
	release := hold(t, q)
	for range maxQueue {
		q.Submit(nothing)
	}
	if err := q.Submit(nothing).Wait(); !errors.Is(err, storage.ErrUnavailable) {
		t.Errorf("%v, want %v", err, storage.ErrUnavailable)
	}
	release()
}

func TestCloseServesThoseWhoWereLetIn(t *testing.T) {
	t.Parallel()
	q, _ := start(t)
	release := hold(t, q)
	last := q.Submit(nothing)
	closed := make(chan struct{})
	go func() {
		q.Close()
		close(closed)
	}()
	<-q.closing
	if err := q.Write(t.Context(), nothing, nil); !errors.Is(err, storage.ErrClosed) {
		t.Errorf("%v, want %v", err, storage.ErrClosed)
	}
	release()
	<-closed
	if err := last.Wait(); err != nil {
		t.Errorf("let in before: %v", err)
	}
	if err := q.Submit(nothing).Wait(); !errors.Is(err, storage.ErrClosed) {
		t.Errorf("%v, want %v", err, storage.ErrClosed)
	}
}

func TestAFunctionThatEndsItsGoroutineLosesItsGroupAndNoMore(t *testing.T) {
	t.Parallel()
	q, r := start(t)
	release := hold(t, q)
	group := []*Request{q.Submit(nothing), q.Submit(func(storage.Tx) error { runtime.Goexit(); return nil }), q.Submit(nothing)}
	release()
	for i, one := range group[1:] {
		if err := one.Wait(); !errors.Is(err, errEnded) {
			t.Errorf("%d: %v, want %v", i+1, err, errEnded)
		}
	}
	if err := q.Write(t.Context(), nothing, nil); err != nil {
		t.Errorf("the next: %v", err)
	}
	if r.rollbacks != 1 {
		t.Errorf("%d roll-backs, want 1", r.rollbacks)
	}
}

func TestAPanicIsItsOwnersErrorWithItsStack(t *testing.T) {
	t.Parallel()
	q, _ := start(t)
	err := q.Write(t.Context(), func(storage.Tx) error { panic("one") }, nil)
	var p *storage.PanicError
	if !errors.As(err, &p) || p.Value != "one" || len(p.Stack) == 0 {
		t.Errorf("%v, want a PanicError with its stack", err)
	}
}

func TestWhatAPanicSaysShowsNoPersonalText(t *testing.T) {
	t.Parallel()
	q, _ := start(t)
	for _, c := range []struct {
		name string
		f    func(storage.Tx) error
		want string
	}{
		{"a text", func(storage.Tx) error { panic("Zoé lives in Lille") }, `^panic in a write: string at queue_test.go:\d+$`},
		{"an error", func(storage.Tx) error { panic(errors.New("Zoé lives in Lille")) }, `^panic in a write: \*errors.errorString at queue_test.go:\d+$`},
		{"the runtime's", func(storage.Tx) error { var none *recorder; none.rollback(); return nil }, `invalid memory address .* at queue_test.go:\d+$`},
	} {
		err := q.Write(t.Context(), c.f, nil)
		if err == nil || !regexp.MustCompile(c.want).MatchString(err.Error()) {
			t.Errorf("%s: %v, want %s", c.name, err, c.want)
		}
	}
}

func TestChecksDoNotPileUp(t *testing.T) {
	t.Parallel()
	q, _ := start(t)
	release := hold(t, q)
	first := q.check(nothing)
	for range 100 {
		if q.check(nothing) != first {
			t.Fatal("another check was begun while one waits")
		}
	}
	if n := q.Waiting(); n != 1 {
		t.Errorf("%d in the queue, want 1", n)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := q.Check(ctx, nothing); !errors.Is(err, storage.ErrUnavailable) {
		t.Errorf("%v, want %v", err, storage.ErrUnavailable)
	}
	release()
	if err := q.Check(t.Context(), nothing); err != nil {
		t.Error(err)
	}
}
