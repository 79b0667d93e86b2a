package bot

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/relance-bot/relance/flows"
	"github.com/relance-bot/relance/storage"
)

// A call goes from the turn that wants it to its handler through memory, as a message
// goes to its sender:
//
//	turn ─ a timer "call" stored with it ─ kept ─► line of its handler ─► handler
//	                                                                        │
//	turn ◄─ the session goes on, the timer goes: one transaction ◄─ result ─┘
//
// The timer is the lease of the process that makes the call: it moves it on while it
// does. If it ends, the timer comes due, and whoever fires it makes the call again
// under the same id. Meanwhile the contact's inputs wait (queue.go). The deadline is the
// session's own timer.

// call is one call of a contact.
type call struct {
	flows.Call
	Contact string `json:"-"`

	place *callPlace // in its line; nil while it has none
}

// calls are those this process makes.
type calls struct {
	mu     sync.Mutex
	ctx    context.Context // of Run; nil while it does not run
	inHand map[string]call // by id
	lines  map[string]*callLine
	handed []call // that Settle will make
	stops  map[string]bool

	tasks sync.WaitGroup
}

// drop notes that a call is not in hand any more.
func (c *calls) drop(id string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.inHand, id)
}

// busy says whether any call is in hand.
func (c *calls) busy() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.inHand) > 0
}

// open lets calls be made in the background until ctx ends.
func (c *calls) open(ctx context.Context, b *Bot) {
	c.mu.Lock()
	c.ctx = ctx
	handed := c.handed
	c.handed = nil
	for _, one := range handed {
		delete(c.inHand, one.ID)
	}
	c.tasks.Go(func() { b.renewCalls(ctx) })
	c.mu.Unlock()
	c.take(b, handed)
}

// close waits for the calls that are made. They end with their context: the next start,
// or another process, makes them again.
func (c *calls) close() {
	c.mu.Lock()
	for _, line := range c.lines {
		line.waiting = nil
	}
	c.ctx, c.lines = nil, nil
	c.mu.Unlock()
	c.tasks.Wait()
	c.mu.Lock()
	c.inHand, c.handed = nil, nil
	c.mu.Unlock()
}

// callHanded makes, on this goroutine, the calls that were left for Settle.
func (b *Bot) callHanded(ctx context.Context) (worked bool, err error) {
	b.calls.mu.Lock()
	handed := b.calls.handed
	b.calls.handed = nil
	b.calls.mu.Unlock()
	for i, one := range handed {
		err := b.call(ctx, &one)
		b.calls.drop(one.ID)
		if err != nil {
			for _, rest := range handed[i+1:] {
				b.calls.drop(rest.ID)
			}
			return true, err
		}
	}
	return len(handed) > 0, nil
}

// wantCall stores a call with the turn that wants it, and lets it be made once that is
// kept.
func (t *turn) wantCall(e flows.Call) error {
	body, err := json.Marshal(e)
	if err != nil {
		return fmt.Errorf("call: %w", err)
	}
	t.tx.calls = append(t.tx.calls, call{Call: e, Contact: t.contact.ID})
	return t.tx.PutTimer(storage.Timer{Contact: t.contact.ID, Kind: timerCall, Key: e.ID, At: t.now.Add(callLease), Body: body})
}

// fireCall makes a call whose process is gone. One that is in hand here only gets a
// new lease.
func (b *Bot) fireCall(tx *txn, timer storage.Timer, now time.Time) error {
	c := call{Contact: timer.Contact}
	if err := json.Unmarshal(timer.Body, &c.Call); err != nil {
		return fmt.Errorf("its body: %w", err)
	}
	tx.calls = append(tx.calls, c)
	timer.At = now.Add(callLease)
	if err := tx.PutTimer(timer); err != nil {
		return err
	}
	return b.heed(tx, c.Contact)
}

// renewCalls moves the timers of the calls in hand on, so that nobody else makes them.
func (b *Bot) renewCalls(ctx context.Context) {
	for ctx.Err() == nil {
		due, stop := b.clock.At(b.clock.Now().Add(callRenew))
		select {
		case <-ctx.Done():
		case <-due:
		}
		stop()
		for batch := range slices.Chunk(b.calls.renewable(), timerBatch) {
			if err := b.renew(ctx, batch); err != nil && ctx.Err() == nil {
				b.log.Warn("renewing the lease of calls", "error", err)
			}
		}
	}
}

// renewable are the calls in hand.
func (c *calls) renewable() []call {
	c.mu.Lock()
	defer c.mu.Unlock()
	out := make([]call, 0, len(c.inHand))
	for _, one := range c.inHand {
		out = append(out, one)
	}
	return out
}

func (b *Bot) renew(ctx context.Context, batch []call) error {
	need := storage.Need{}
	for _, c := range batch {
		need.Contacts = append(need.Contacts, c.Contact)
	}
	return b.write(ctx, func(tx *txn) error {
		for _, c := range batch {
			timers, err := tx.Timers(c.Contact)
			if err != nil {
				return err
			}
			i := slices.IndexFunc(timers, func(timer storage.Timer) bool { return timer.Kind == timerCall && timer.Key == c.ID })
			if i < 0 {
				continue // it is over
			}
			timers[i].At = tx.now.Add(callLease)
			if err := tx.PutTimer(timers[i]); err != nil {
				return err
			}
			if err := b.heed(tx, c.Contact); err != nil {
				return err
			}
		}
		return nil
	}, need)
}

// call makes one call and stores what came of it. An error is the store's: the call is
// made again.
func (b *Bot) call(ctx context.Context, c *call) error {
	conversation, err := b.conversation(ctx, c)
	if err != nil {
		return err
	}
	var a Answer
	if conversation != nil {
		a = b.tries(ctx, c, conversation)
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	for {
		err := b.finish(ctx, c, a)
		switch {
		case err == nil:
			return nil
		case passing(err) && b.running.Load():
			if !b.later(ctx, time.Second) {
				return err
			}
		case a.Problem != flows.CallFailed && !passing(err):
			b.observer.Fault(c.Flow)
			b.log.Error("the result of a call could not be handled, the call fails", "handler", c.Handler, "flow", c.Flow, "error", err)
			a.Result, a.Problem, a.Cause = nil, flows.CallFailed, "its result could not be handled"
		default:
			return err
		}
	}
}

// finish gives the session what came of a call; one that nobody waits for is over.
func (b *Bot) finish(ctx context.Context, c *call, a Answer) error {
	return b.write(ctx, func(tx *txn) error {
		t, err := b.begin(tx, c.Contact, tx.now)
		if err != nil {
			return err
		}
		if !slices.Contains(t.session.Calls(), c.ID) {
			return tx.DeleteTimer(c.Contact, timerCall, c.ID)
		}
		t.input, t.answer = "call:"+c.ID, &a
		err = t.advance(flows.Input{Kind: flows.InResult, At: tx.now, Call: c.ID, Result: a.Result, Error: a.Problem})
		if err != nil {
			return err
		}
		began := tx.now
		tx.whenKept(func() { b.observer.Turn(timerCall, b.clock.Now().Sub(began)) })
		return t.commit()
	}, storage.Need{Contacts: []string{c.Contact}})
}

// called tells what became of a call once the flow has gone on with it.
func (t *turn) called(e flows.Called) {
	var a Answer
	if t.answer != nil {
		a, t.answer = *t.answer, nil
	}
	if a.Handler, a.Flow, a.Step = e.Handler, e.Flow, e.Step; e.Error != "" {
		a.Result, a.Problem, a.Cause = nil, e.Error, cmp.Or(e.Detail, a.Cause)
		t.b.log.Warn("a flow goes on without a handler", "handler", a.Handler, "flow", a.Flow, "step", a.Step, "result", a.Problem, "problem", a.Cause)
	}
	t.tx.whenKept(func() {
		t.b.observer.Call(e.Handler, resultOf(e), e.Took)
		if t.b.answered != nil {
			t.b.answered(a)
		}
	})
}

// resultOf is what came of a call, as figures call it.
func resultOf(e flows.Called) string {
	if e.Error == "" {
		return "ok"
	}
	return strings.ReplaceAll(e.Error, " ", "_")
}
