package bot

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"reflect"
	"runtime"
	"runtime/debug"
	"strings"

	"github.com/relance-bot/relance/flows"
	"github.com/relance-bot/relance/storage"
)

// Handler is what a call: step runs: a Go function given to Handle, or an endpoint of
// bot.yaml. with is what the flow gives it, and the result what it gives back, as
// encoding/json would write it. ctx ends when the try has lasted as long as it may.
type Handler func(ctx context.Context, c *Conversation, with map[string]any) (result any, err error)

// Middleware wraps handlers.
type Middleware func(next Handler) Handler

// goHandler is a Go function that call: may run.
type goHandler struct {
	run       Handler
	signature flows.Signature
}

// Handle lets flows call a Go function by a name: call: NAME. In is a struct, whose
// fields are what with: may give; Out is what is saved, struct{} if nothing is. Both are
// read and written as encoding/json does; numbers are float64 in flows, so an id beyond
// 2^53 keeps its digits as a text: `json:"id,string"`. A function comes before an endpoint
// that bot.yaml has under its name.
//
// The function may be run several times for one call, should it fail or the process
// end: Conversation.ID is the same then. An error, or a panic, is that call's; Final
// says that trying again does not help. It must return when ctx ends.
//
// Handle is called before the bot runs. It panics if the bot runs, if the name is none, or
// taken, or if the types have no form in JSON.
func Handle[In, Out any](b *Bot, name string, f func(ctx context.Context, c *Conversation, in In) (Out, error)) {
	b.unbegun("bot.Handle")
	s, err := flows.SignatureOf(name, reflect.TypeFor[In](), reflect.TypeFor[Out]())
	switch _, twice := b.handlers[name]; {
	case err != nil:
		panic("bot.Handle: " + err.Error())
	case twice:
		panic("bot.Handle: " + name + " is there already")
	case f == nil:
		panic("bot.Handle: " + name + " is no function")
	}
	if b.handlers == nil {
		b.handlers = map[string]goHandler{}
	}
	b.handlers[name] = goHandler{signature: s, run: func(ctx context.Context, c *Conversation, with map[string]any) (any, error) {
		var in In
		given, err := json.Marshal(with)
		if err == nil {
			err = json.Unmarshal(given, &in)
		}
		if err != nil {
			return nil, misfit(err)
		}
		return f(ctx, c, in)
	}}
}

// Use wraps every handler, Go functions and endpoints, each try of a call. What is
// added first is outermost. It is called before the bot runs, and panics if it does.
func (b *Bot) Use(m Middleware) {
	if b.unbegun("bot.Use"); m == nil {
		panic("bot.Use: nil is no middleware")
	}
	b.middleware = append(b.middleware, m)
}

// unbegun panics where the bot runs: its calls would be looking at what is changed, which
// Go ends the whole process for, sooner or later.
func (b *Bot) unbegun(what string) {
	if b.running.Load() {
		panic(what + ": the bot runs already")
	}
}

// Handles says whether a Go function answers to a name.
func (b *Bot) Handles(name string) bool {
	_, ok := b.handlers[name]
	return ok
}

// Registered is what a setup gives to Handle, to check flows against. The setup is
// given a Bot that has no store and no program: all it may do with it is to call Handle
// and Use. An error is the setup's, or says that it does more.
func Registered(setup func(*Bot) error) (signatures []flows.Signature, err error) {
	if setup == nil {
		return nil, nil
	}
	b := &Bot{clock: SystemClock{}, log: slog.New(slog.DiscardHandler), observer: noObserver{}}
	defer func() {
		if p := recover(); p != nil {
			if text, ours := p.(string); ours {
				err = errors.New(text)
				return
			}
			err = fmt.Errorf("setting up the bot for a check: %s; setup may only call Handle and Use", defect(p))
		}
	}()
	if err := setup(b); err != nil {
		return nil, fmt.Errorf("setting up the bot: %w", err)
	}
	return b.signatures(), nil
}

// signatures are those of the Go functions.
func (b *Bot) signatures() []flows.Signature {
	out := make([]flows.Signature, 0, len(b.handlers))
	for _, h := range b.handlers {
		out = append(out, h.signature)
	}
	return out
}

// Final wraps the error of a handler where trying again does not help. problem is what
// the flow is told: flows.CallFailed, flows.CallRefused … Any other word counts as
// flows.CallFailed: flows could not ask for it, and it may be what a person wrote.
func Final(problem string, err error) error {
	if err == nil {
		return nil
	}
	switch problem {
	case flows.CallTimeout, flows.CallUnreachable, flows.CallRefused, flows.CallFailed, flows.CallBadAnswer:
	default:
		problem = flows.CallFailed
	}
	return &callError{word: problem, final: true, theirs: true, err: err}
}

// callError is what went wrong with a try, in the words that flows are told.
type callError struct {
	word   string
	final  bool // trying again does not help
	err    error
	theirs bool // its words are a handler's, and may hold what a person wrote
}

func (e *callError) Error() string { return e.err.Error() }
func (e *callError) Unwrap() error { return e.err }

// misfit says that what a flow gives does not fit a handler's type: which part of it, and
// never the value.
func misfit(err error) error {
	what := "what it is given does not fit its type"
	var part *json.UnmarshalTypeError
	if errors.As(err, &part) && part.Field != "" {
		kind, _, _ := strings.Cut(part.Value, " ") // "number 42.5"
		what += fmt.Sprintf(": %s is %s, and this %s cannot be one", part.Field, part.Type, kind)
	}
	return &callError{word: flows.CallFailed, final: true, err: errors.New(what)}
}

// plainResult is a result as JSON gives it back, within bounds.
func plainResult(v any) (any, error) {
	text, err := json.Marshal(v)
	if err != nil {
		return nil, &callError{word: flows.CallBadAnswer, final: true, err: fmt.Errorf("returned what has no form in JSON: %T", err)}
	}
	if len(text) > maxAnswerBody {
		return nil, &callError{word: flows.CallBadAnswer, final: true, err: fmt.Errorf("returned more than %d KiB", maxAnswerBody>>10)}
	}
	return decodeAnswer(json.NewDecoder(bytes.NewReader(text)))
}

// decodeAnswer reads JSON, and nothing behind it.
func decodeAnswer(d *json.Decoder) (any, error) {
	var out any
	if err := d.Decode(&out); err != nil {
		return nil, &callError{word: flows.CallBadAnswer, final: true, err: errors.New("its answer cannot be read as JSON")}
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return nil, &callError{word: flows.CallBadAnswer, final: true, err: errors.New("there is something behind the JSON of its answer")}
	}
	return out, nil
}

// defect is what is told of a panic, by the function that recovers from it: its kind and
// its place. What others panic with may hold what a person wrote.
func defect(p any) string {
	what := fmt.Sprintf("panic with %T", p)
	if err, ok := p.(runtime.Error); ok {
		what = err.Error()
	}
	at := storage.PanicError{Value: p, Stack: debug.Stack()}
	return what + " at " + at.Place()
}
