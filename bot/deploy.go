package bot

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/relance-bot/relance/flows"
	"github.com/relance-bot/relance/storage"
)

// A running session finishes on its own program. Two things are done by today's
// all the same, however old the session: a notification is made, and a button does
// what it says.

// programFor is the program that decides about an input.
func (t *turn) programFor(in flows.Input) *flows.Program {
	today := t.b.program
	switch in.Kind {
	case flows.InNotify:
		return today
	case flows.InMessage, flows.InPostback, flows.InReferral:
		if runsToday(today, in) {
			return today
		}
	}
	return t.program
}

// runsToday says whether an act empties the stack and starts something that today's
// program has: a payload, unless it is a choice of a question, or a link.
func runsToday(today *flows.Program, in flows.Input) bool {
	p, ours := flows.DecodePayload(in.Payload)
	starts := func(kind flows.TriggerKind, value string) bool {
		return value != "" && slices.ContainsFunc(today.Triggers, func(trigger flows.Trigger) bool {
			prefix, open := strings.CutSuffix(trigger.Value, "*")
			return trigger.Kind == kind && (trigger.Value == value || open && strings.HasPrefix(value, prefix))
		})
	}
	switch {
	case !ours:
		return starts(flows.OnPostback, in.Payload) || in.Kind == flows.InReferral && starts(flows.OnReferral, in.Ref)
	case p.Go != "":
		flow, _, _ := strings.Cut(p.Go, "#")
		return today.Has(flow)
	}
	return p.Start || p.OptOut != ""
}

// goOn settles where the session goes on after an input that the program in t did,
// and that may not be the session's own.
//
// A notification leaves a running session as it was. What it has to say after its
// one message goes on beside it where that session's program knows how to, and is
// left out where it does not.
func (t *turn) goOn(own *flows.Program, in flows.Input, w flows.World, next flows.Session) {
	today := t.program
	if own == today || in.Kind != flows.InNotify {
		t.session = next
		return
	}
	w.Trace = nil // it only asks what would be
	alone := today.Advance(flows.Session{}, in, w).Session
	switch {
	case sameSession(alone, next): // nothing of the other is left
		t.session = next
	case own.Knows(next):
		t.program, t.session = own, next
	default:
		t.program = own
	}
}

func sameSession(a, b flows.Session) bool {
	one, err1 := json.Marshal(a)
	other, err2 := json.Marshal(b)
	return err1 == nil && err2 == nil && bytes.Equal(one, other)
}

// programs keeps the programs that sessions still run on, compiled once.
type programs struct {
	mu     sync.Mutex
	byHash map[string]*flows.Program
}

func (p *programs) init(current *flows.Program) {
	p.byHash = map[string]*flows.Program{current.Hash: current}
}

// get compiles a stored program the first time it is asked for. errCorrupt says that
// it can run no more.
func (p *programs) get(hash string, data *flows.Data, r storage.MetaReader) (*flows.Program, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if program, ok := p.byHash[hash]; ok {
		return program, nil
	}
	stored, err := r.Program(hash)
	if errors.Is(err, storage.ErrNotFound) {
		return nil, fmt.Errorf("program %.12s is not there: %w", hash, errCorrupt)
	}
	if err != nil {
		return nil, fmt.Errorf("program %.12s: %w", hash, err)
	}
	var sources map[string][]byte
	if err := json.Unmarshal(stored, &sources); err != nil {
		return nil, fmt.Errorf("program %.12s: %w", hash, errors.Join(errCorrupt, err))
	}
	program, problems := flows.Compile(sources, data)
	if program == nil {
		return nil, fmt.Errorf("program %.12s no longer compiles, with %d problems: %w", hash, len(problems), errCorrupt)
	}
	p.byHash[hash] = program
	return program, nil
}

func encodeSources(sources map[string][]byte) ([]byte, error) {
	out, err := json.Marshal(sources)
	if err != nil {
		return nil, fmt.Errorf("the program's sources: %w", err)
	}
	return out, nil
}
