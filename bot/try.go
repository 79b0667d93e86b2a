package bot

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/relance-bot/relance/flows"
)

// tries tries a call until it works, or trying is over. word is what the flow is told;
// empty if it worked.
func (b *Bot) tries(ctx context.Context, c *call, conversation *Conversation) (result any, word string) {
	left := c.Deadline.Sub(b.clock.Now())
	if left <= 0 {
		return nil, flows.CallTimeout
	}
	ctx, cancel := context.WithTimeout(ctx, left)
	defer cancel()
	for n := 1; ; n++ {
		at := *conversation
		at.try = n
		result, err := b.try(ctx, c, &at)
		if err == nil {
			return result, ""
		}
		word, final := wordOf(ctx, err)
		b.log.Warn("a call failed", "handler", c.Handler, "flow", c.Flow, "step", c.Step, "try", n, "result", word, "problem", problemOf(err))
		if final || n > c.Retries || !b.later(ctx, backoff(n)) {
			return nil, word
		}
	}
}

// backoff is the pause behind the n-th try.
func backoff(n int) time.Duration {
	most := min(firstCallPause<<min(n-1, 10), lastCallPause)
	return most/2 + rand.N(most/2)
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
		ctx, cancel = context.WithTimeout(ctx, h.Timeout)
		defer cancel()
	}
	for _, m := range slices.Backward(b.middleware) {
		run = m(run)
	}
	type outcome struct {
		result any
		err    error
	}
	done := make(chan outcome, 1)
	if c.held != nil {
		c.held.Add(1)
	}
	go func() {
		defer b.calls.leave(b, *c)
		var o outcome
		defer func() {
			if p := recover(); p != nil {
				o = outcome{err: &callError{word: flows.CallFailed, final: false, err: errors.New(defect(p))}}
			}
			done <- o
		}()
		if o.result, o.err = run(ctx, conversation, c.With); o.err == nil {
			o.result, o.err = plainResult(o.result)
		}
	}()
	select {
	case o := <-done:
		return o.result, o.err
	case <-ctx.Done():
		return nil, ctx.Err()
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

// problemOf is what is told of an error in the log: of a Go function's own only the
// type, since its words may hold what a person wrote.
func problemOf(err error) string {
	var known *callError
	if errors.As(err, &known) && !known.theirs {
		return known.Error()
	}
	for inner := errors.Unwrap(err); inner != nil; inner = errors.Unwrap(err) {
		err = inner
	}
	return fmt.Sprintf("%T", err)
}
