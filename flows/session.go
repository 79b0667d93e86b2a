package flows

import (
	"errors"
	"fmt"
	"slices"
	"time"
)

// Session is where a contact stands: a stack of threads whose top may wait for an
// answer, and threads beside it that wait for a time, an event or the person's
// next act. It is stored as JSON, of 16 KiB at most; the zero Session is that of
// a person nothing goes on with.
type Session struct {
	stack  []thread // the last is on top
	beside []thread // in the order they came there
	own    string   // hash of the program that threads run on unless they name another; empty: today's
	stored []byte   // as it is stored, where a turn has written it already
}

// ParseSession reads what MarshalJSON wrote. Nothing, too: no bytes are an empty
// session. Which programs it runs on is stored beside it: see On.
func ParseSession(data []byte) (Session, error) {
	if len(data) == 0 {
		return Session{}, nil
	}
	var s Session
	if err := s.UnmarshalJSON(data); err != nil {
		return Session{}, err
	}
	return s, nil
}

// UnmarshalJSON reads a stored session. One that could not have been stored is an
// error.
func (s *Session) UnmarshalJSON(data []byte) error {
	if len(data) > maxSession {
		return fmt.Errorf("session of %d bytes is larger than %d", len(data), maxSession)
	}
	r := reader{text: string(data)}
	stored := r.session()
	if !r.end() {
		return errors.New("session: this was never stored")
	}
	*s = stored
	return nil
}

// MarshalJSON gives the same bytes for the same session. They are not to be changed:
// the session a turn ends with was written already, to know how large it is.
func (s Session) MarshalJSON() ([]byte, error) {
	if s.stored != nil {
		return s.stored, nil
	}
	return s.appendJSON(nil), nil
}

// On is the session as it runs on a program, the first of those that Programs named.
// Without it, it runs on today's.
func (s Session) On(program string) Session {
	s.own = program
	return s
}

// Programs are the hashes of the programs the session runs on, most often one: the
// caller keeps them beside the session, gives the first back to On, and Advance what all
// of them name in World.Programs. Nil if nothing goes on.
func (s Session) Programs() []string {
	if s.Empty() || s.own == "" {
		return nil
	}
	out := []string{s.own}
	for _, list := range [...][]thread{s.stack, s.beside} {
		for i := range list {
			if hash := list[i].Program; hash != "" && !slices.Contains(out, hash) {
				out = append(out, hash)
			}
		}
	}
	return out
}

// sign says on which programs the threads run after a turn of today's.
func (s *Session) sign(today *Program) {
	if s.own = ""; s.Empty() {
		return
	}
	for _, list := range [...][]thread{s.stack, s.beside} {
		for i := range list {
			th := &list[i]
			hash := today.Hash
			if th.program != nil {
				hash = th.program.Hash
			}
			if s.own == "" {
				s.own = hash
			}
			if th.Program = hash; hash == s.own {
				th.Program = ""
			}
		}
	}
}

// Empty says that nothing goes on: no flow runs or waits.
func (s Session) Empty() bool { return len(s.stack) == 0 && len(s.beside) == 0 }

// Wake is the earliest time at which a wait or a timeout comes due; zero if none
// does. The caller then gives Advance an InWake. The timeout of a question below
// others on the stack counts when it is on top again.
func (s Session) Wake() time.Time {
	first := int64(0)
	sooner := func(until int64) {
		if until != 0 && (first == 0 || until < first) {
			first = until
		}
	}
	for i := range s.stack {
		if w := s.stack[i].Wait; i == len(s.stack)-1 || w.For == forCall {
			sooner(w.Until)
		}
	}
	for i := range s.beside {
		sooner(s.beside[i].Wait.Until)
	}
	if first == 0 {
		return time.Time{}
	}
	return time.UnixMilli(first).UTC()
}

// Waiting says whether a flow waits for the person's answer.
func (s Session) Waiting() bool {
	return len(s.stack) > 0 && s.stack[len(s.stack)-1].Wait.person()
}

// CallsUntil is the earliest deadline of the calls the session waits for; zero if it
// waits for none.
func (s Session) CallsUntil() time.Time {
	var first time.Time
	for _, list := range [...][]thread{s.stack, s.beside} {
		for i := range list {
			w := &list[i].Wait
			if at := time.UnixMilli(w.Until).UTC(); w.For == forCall && (first.IsZero() || at.Before(first)) {
				first = at
			}
		}
	}
	return first
}

// Calls are the ids of the handler calls the session waits for.
func (s Session) Calls() []string {
	var out []string
	for _, list := range [...][]thread{s.stack, s.beside} {
		for i := range list {
			if w := &list[i].Wait; w.For == forCall {
				out = append(out, w.Request)
			}
		}
	}
	return out
}

// Step is where the top of the stack stands, as "flow#step"; where the stack is
// empty, the newest thread beside it. Empty if nothing goes on.
func (s Session) Step() string {
	list := s.stack
	if len(list) == 0 {
		list = s.beside
	}
	if len(list) == 0 {
		return ""
	}
	f := list[len(list)-1].top()
	return f.Flow + "#" + f.Step
}

// Flows are the flows that run or wait, those on the stack first, from the top;
// each once.
func (s Session) Flows() []string {
	var out []string
	for _, list := range [...][]thread{s.stack, s.beside} {
		for i := len(list) - 1; i >= 0; i-- {
			for j := len(list[i].Frames) - 1; j >= 0; j-- {
				if id := list[i].Frames[j].Flow; !slices.Contains(out, id) {
					out = append(out, id)
				}
			}
		}
	}
	return out
}
