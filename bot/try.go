package bot

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/relance-bot/relance/flows"
)

// Answer is what a call of a handler came to, after all tries.
type Answer struct {
	Handler    string
	Flow, Step string
	Result     any    // as encoding/json reads it; nil if it failed
	Problem    string // what the flow is told: flows.CallTimeout …; empty: it worked
	Cause      string // of the problem, for people; it holds no secret and nothing personal
	Err        error  // of the last try, if one failed; its words may be what a person wrote
}

// tries tries a call until it works, or trying is over.
func (b *Bot) tries(ctx context.Context, c *call, conversation *Conversation) Answer {
	out := Answer{Handler: c.Handler, Flow: c.Flow, Step: c.Step}
	left := c.Deadline.Sub(b.clock.Now())
	if left <= 0 {
		out.Problem, out.Cause = flows.CallTimeout, "its time was up before it could be asked"
		return out
	}
	whole, cancel := limited(ctx, left)
	defer cancel()
	for n := 1; ; n++ {
		at := *conversation
		at.try = n
		result, err := b.try(whole, c, &at)
		if err == nil {
			out.Result = result
			return out
		}
		if ctx.Err() != nil {
			return out // the process ends: nobody hears of it
		}
		word, final := wordOf(whole, err)
		cause := causeOf(err)
		b.log.Warn("a call failed", "handler", c.Handler, "flow", c.Flow, "step", c.Step, "try", n, "result", word, "problem", cause)
		if final || n > c.Retries || !b.later(whole, b.backoff(c.ID, n)) {
			out.Problem, out.Cause, out.Err = word, cause, err
			return out
		}
	}
}

// limited is ctx for a limited time, with the error of a call that takes longer.
func limited(ctx context.Context, most time.Duration) (context.Context, context.CancelFunc) {
	return context.WithTimeoutCause(ctx, most, &callError{
		word: flows.CallTimeout, final: false, err: fmt.Errorf("took longer than %s", most.Round(100*time.Millisecond)),
	})
}

// backoff is the pause behind the n-th try of a call: callers that failed together come
// back apart.
func (b *Bot) backoff(id string, n int) time.Duration {
	most := min(firstCallPause<<min(n-1, 10), lastCallPause)
	return most/2 + b.spread(most/2, id, n)
}

// later waits for a time; false if ctx ends before. A bot that is driven by Settle does
// not wait: its clock stands still.
func (b *Bot) later(ctx context.Context, d time.Duration) bool {
	if !b.running.Load() {
		return ctx.Err() == nil
	}
	due, stop := b.clock.At(b.clock.Now().Add(d))
	defer stop()
	select {
	case <-ctx.Done():
		return false
	case <-due:
		return true
	}
}

// try runs the handler once. One that does not return when its time is up is left
// behind, and keeps its place in the line.
func (b *Bot) try(ctx context.Context, c *call, conversation *Conversation) (any, error) {
	run := b.endpoint
	if h, ok := b.handlers[c.Handler]; ok {
		run = h.run
	} else if h, ok := b.Program().Handler(c.Handler); ok && h.Timeout > 0 {
		var cancel context.CancelFunc
		ctx, cancel = limited(ctx, h.Timeout)
		defer cancel()
	}
	type outcome struct {
		result any
		err    error
	}
	done := make(chan outcome, 1)
	b.calls.use(c)
	go func() {
		defer b.calls.leave(b, c)
		o := outcome{err: &callError{word: flows.CallFailed, err: errors.New("the Go function ended its goroutine")}}
		defer func() {
			if p := recover(); p != nil {
				o = outcome{err: &callError{word: flows.CallFailed, final: false, err: errors.New("the Go function broke off: " + defect(p))}}
			}
			done <- o
		}()
		for _, m := range slices.Backward(b.middleware) { // here, as it may panic too
			run = m(run)
		}
		switch o.result, o.err = run(ctx, conversation, maps.Clone(c.With)); { // which a wrapper may change
		case o.err == nil:
			o.result, o.err = plainResult(o.result)
		case ctx.Err() != nil && errors.Is(o.err, ctx.Err()):
			o.err = context.Cause(ctx)
		}
	}()
	select {
	case o := <-done:
		return o.result, o.err
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
}

// wordOf is what a flow is told of an error. ctx is that of the call as a whole.
func wordOf(ctx context.Context, err error) (word string, final bool) {
	var known *callError
	switch {
	case ctx.Err() != nil:
		return flows.CallTimeout, true
	case errors.As(err, &known):
		return known.word, known.final
	case errors.Is(err, context.DeadlineExceeded):
		return flows.CallTimeout, false
	}
	return flows.CallFailed, false
}

// causeOf is what people are told of an error: of a Go function's own only the type,
// since its words may hold what a person wrote.
func causeOf(err error) string {
	var known *callError
	switch {
	case errors.As(err, &known) && !known.theirs:
		return known.Error()
	case errors.Is(err, context.DeadlineExceeded):
		return "the Go function ran into a time-out of its own"
	}
	for inner := errors.Unwrap(err); inner != nil; inner = errors.Unwrap(err) {
		err = inner
	}
	return fmt.Sprintf("the Go function gave an error of the type %T", err)
}
