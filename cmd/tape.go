package cmd

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/relance-bot/relance/bot"
	"github.com/relance-bot/relance/bot/chat"
)

// tape writes a live chat down as a transcript, line by line, so that whatever ends
// the chat leaves one that can be played. A nil tape writes nothing.
type tape struct {
	file  *os.File
	to    *chat.Recorder
	said  int           // what the bot said before
	moved time.Duration // how far the clock went since the last line

	mu    sync.Mutex
	calls []bot.Answer // since the last line
	early []bot.Answer // those of them that the clock has caused
}

// newTape begins a transcript in a file that is not there yet, unless force says that
// it may be.
func newTape(name string, force bool, of string, began time.Time, zone *time.Location) (*tape, error) {
	if !strings.HasSuffix(name, chat.Extension) {
		return nil, fmt.Errorf("--record: the name of a transcript ends in %s: %s%s", chat.Extension, name, chat.Extension)
	}
	flags := os.O_WRONLY | os.O_CREATE | os.O_EXCL
	if force {
		flags = os.O_WRONLY | os.O_CREATE | os.O_TRUNC
	}
	file, err := os.OpenFile(name, flags, 0o644)
	switch {
	case errors.Is(err, fs.ErrExist):
		return nil, failed(fmt.Errorf("%s is there already: choose another name, or write over it with --force", name))
	case err != nil:
		return nil, failed(err)
	}
	if _, err := fmt.Fprintf(file, "# A chat with %s.\n", strings.Join(strings.Fields(of), " ")); err != nil {
		return nil, failed(errors.Join(err, file.Close()))
	}
	return &tape{file: file, to: chat.NewRecorder(file, began, zone)}, nil
}

// passed notes that the clock has gone on. It is written when something follows.
func (r *tape) passed(by time.Duration) {
	if r != nil {
		r.moved += by
	}
}

// called notes what a call came to.
func (r *tape) called(a bot.Answer) {
	if r == nil {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.calls = append(r.calls, a)
}

// caused are the calls since it was asked last.
func (r *tape) caused() []bot.Answer {
	r.mu.Lock()
	defer r.mu.Unlock()
	out := r.calls
	r.calls = nil
	return out
}

// answers writes what the next calls come to, in front of what causes them.
func (r *tape) answers(calls []bot.Answer) {
	for _, a := range calls {
		r.to.Call(a.Handler, a.Result, a.Problem)
	}
}

// happened writes what happened, and what the bot said to it. Where it said nothing,
// that is written as well.
func (r *tape) happened(ctx context.Context, s *stage, person string, write func(*chat.Recorder)) error {
	if r == nil {
		return nil
	}
	said, err := s.Said(ctx, person)
	if err != nil {
		return err
	}
	calls := r.caused()
	if write == nil {
		r.early, calls = append(r.early, calls...), nil
	}
	if write == nil && len(said) == r.said {
		return nil // only time has passed
	}
	if r.moved > 0 {
		r.answers(r.early)
		r.to.Pass(0, r.moved)
		r.moved, r.early = 0, nil
	}
	r.answers(calls)
	if write != nil {
		write(r.to)
	}
	for _, m := range said[r.said:] {
		r.to.Said(m)
	}
	if len(said) == r.said {
		r.to.Nothing()
	}
	r.said = len(said)
	return r.to.Err()
}

// close ends the transcript.
func (r *tape) close() error {
	if r == nil {
		return nil
	}
	return errors.Join(r.to.Err(), r.file.Close())
}
