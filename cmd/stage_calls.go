package cmd

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/relance-bot/relance/bot"
	"github.com/relance-bot/relance/flows"
)

// prompts are what the handlers of a transcript return. A Go function that it does not
// speak of runs; an address is never asked.
type prompts struct {
	mu      sync.Mutex
	waiting map[string][]prepared // by handler, the next first
	missing string                // a handler that was called without an answer
	failed  []string              // why calls failed, since that was asked
}

// prepared is what one call of a handler comes to.
type prepared struct {
	result  any
	problem string // what the flow is told; empty: it works
}

func (a *prompts) add(handler string, p prepared) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.waiting == nil {
		a.waiting = map[string][]prepared{}
	}
	a.waiting[handler] = append(a.waiting[handler], p)
}

// next is what the next call of a handler comes to.
func (a *prompts) next(handler string) (p prepared, ok bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	list := a.waiting[handler]
	if len(list) == 0 {
		return prepared{}, false
	}
	a.waiting[handler] = list[1:]
	return list[0], true
}

// lacks takes note of a call that nobody prepared.
func (a *prompts) lacks(handler string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.missing = handler
}

// unanswered says, once, that a handler was called without an answer.
func (a *prompts) unanswered() error {
	a.mu.Lock()
	defer a.mu.Unlock()
	handler := a.missing
	if a.missing = ""; handler == "" {
		return nil
	}
	return fmt.Errorf("the flow calls %s here, and no line says what it returns: put \"! call %s returns {…}\" or \"! call %s fails\" in front", handler, handler, handler)
}

// errScripted is of a call that fails because the transcript says so.
var errScripted = errors.New("the transcript says so")

// failedCall is why a call failed, for its author alone: it has the error's own words.
func failedCall(a bot.Answer) string {
	why := a.Cause
	if a.Err != nil && !strings.Contains(why, a.Err.Error()) {
		why += ": " + a.Err.Error()
	}
	return fmt.Sprintf("the call of %s failed (%s): %s", a.Handler, a.Problem, why)
}

// came takes note of a call that failed by itself.
func (s *stage) came(a bot.Answer) {
	if s.called != nil {
		s.called(a)
	}
	if a.Problem == "" || errors.Is(a.Err, errScripted) {
		return
	}
	s.answers.mu.Lock()
	defer s.answers.mu.Unlock()
	s.answers.failed = append(s.answers.failed, failedCall(a))
}

// FailedCalls implements chat.Caller.
func (s *stage) FailedCalls() []string {
	s.answers.mu.Lock()
	defer s.answers.mu.Unlock()
	out := s.answers.failed
	s.answers.failed = nil
	return out
}

// answer is the middleware that answers for the handlers of a transcript.
func (s *stage) answer(next bot.Handler) bot.Handler {
	return func(ctx context.Context, c *bot.Conversation, with map[string]any) (any, error) {
		switch p, ok := s.answers.next(c.Handler()); {
		case ok && p.problem != "":
			return nil, bot.Final(p.problem, errScripted)
		case ok:
			return p.result, nil
		case s.network == nil && !s.bot.Handles(c.Handler()):
			s.answers.lacks(c.Handler())
			return nil, bot.Final(flows.CallUnreachable, errors.New("the transcript has no answer"))
		}
		return next(ctx, c, with)
	}
}

// declared is what of an answer bot.yaml speaks of: nothing else reaches a flow.
func declared(h flows.Handler, result any) any {
	items, many := result.([]any)
	switch {
	case len(h.Out) == 0:
		return map[string]any{}
	case !h.Many || !many:
		return only(h.Out, result)
	}
	out := make([]any, len(items))
	for i := range items {
		out[i] = only(h.Out, items[i])
	}
	return out
}

// only takes fields of a record, and of the records within.
func only(fields []flows.Field, v any) any {
	given, ok := v.(map[string]any)
	if !ok {
		return v
	}
	out := map[string]any{}
	for _, f := range fields {
		value, there := given[f.Name]
		if !there {
			continue
		}
		items, list := value.([]any)
		if list && len(f.Of) > 0 {
			items = slices.Clone(items)
			for i := range items {
				items[i] = only(f.Of, items[i])
			}
			value = items
		}
		out[f.Name] = value
	}
	return out
}

// handler says whether the bot has a handler.
func (s *stage) handler(name string) error {
	if _, ok := s.folder.program.Handler(name); ok || s.bot.Handles(name) {
		return nil
	}
	return fmt.Errorf("there is no handler %q in bot.yaml", name)
}

// Answer implements chat.World.
func (s *stage) Answer(_ context.Context, handler string, result json.RawMessage) error {
	if err := s.handler(handler); err != nil {
		return err
	}
	var p prepared
	if err := json.Unmarshal(result, &p.result); err != nil {
		return err
	}
	s.answers.add(handler, p)
	return nil
}

// Fail implements chat.World.
func (s *stage) Fail(_ context.Context, handler, problem string) error {
	if err := s.handler(handler); err != nil {
		return err
	}
	s.answers.add(handler, prepared{problem: problem})
	return nil
}

// Unasked implements chat.World.
func (s *stage) Unasked(context.Context) ([]string, error) {
	s.answers.mu.Lock()
	defer s.answers.mu.Unlock()
	var out []string
	for handler, list := range s.answers.waiting {
		out = append(out, slices.Repeat([]string{handler}, len(list))...)
	}
	slices.Sort(out)
	return out, nil
}
