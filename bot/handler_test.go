package bot_test

import (
	"context"
	"errors"
	"runtime"
	"strings"
	"testing"

	"github.com/relance-bot/relance/bot"
	"github.com/relance-bot/relance/flows"
)

// What goes wrong in a Go function is its call's error.
func TestWhatGoesWrongInAHandler(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name  string
		do    func(ctx context.Context, try int) (stockLeft, error)
		tries int
		want  string
	}{
		{"it works", func(context.Context, int) (stockLeft, error) { return stockLeft{Left: 2}, nil }, 1, "2 left."},
		{"at the second try", func(_ context.Context, try int) (stockLeft, error) {
			if try == 1 {
				return stockLeft{}, errors.New("zoe@hobnail.example is busy")
			}
			return stockLeft{Left: 2}, nil
		}, 2, "2 left."},
		{"an error", func(context.Context, int) (stockLeft, error) {
			return stockLeft{}, errors.New("zoe@hobnail.example is busy")
		}, 3, "No: failed."},
		{"for good", func(context.Context, int) (stockLeft, error) {
			return stockLeft{}, bot.Final(flows.CallRefused, errors.New("zoe@hobnail.example is unknown"))
		}, 1, "No: refused."},
		{"for good, without a word", func(context.Context, int) (stockLeft, error) {
			return stockLeft{Left: 2}, bot.Final("", errors.New("sold"))
		}, 1, "No: failed."},
		{"for good, in words of its own", func(context.Context, int) (stockLeft, error) {
			return stockLeft{}, bot.Final("zoe@hobnail.example has one", errors.New("sold"))
		}, 1, "No: failed."},
		{"the end of its goroutine", func(context.Context, int) (stockLeft, error) {
			runtime.Goexit()
			return stockLeft{}, nil
		}, 3, "No: failed."},
		{"its own time-out", func(context.Context, int) (stockLeft, error) { return stockLeft{}, context.DeadlineExceeded }, 3, "No: timeout."},
		{"a panic", func(context.Context, int) (stockLeft, error) { panic("zoe@hobnail.example") }, 3, "No: failed."},
		{"a defect", func(context.Context, int) (stockLeft, error) { var f *stockLeft; return *f, nil }, 3, "No: failed."},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			tries, ids := 0, map[string]bool{}
			w := newWorld(t, warehouse)
			var order []string
			wrap := func(name string) bot.Middleware {
				return func(next bot.Handler) bot.Handler {
					return func(ctx context.Context, c *bot.Conversation, with map[string]any) (any, error) {
						order = append(order, name)
						return next(ctx, c, with)
					}
				}
			}
			w.setup = func(b *bot.Bot) {
				b.Use(wrap("outer"))
				bot.Handle(b, "find", func(ctx context.Context, c *bot.Conversation, in find) (stockLeft, error) {
					tries++
					ids[c.ID()] = true
					if c.Try() != tries || c.Handler() != "find" || c.Flow() != "stock" || c.Contact().ID != w.id("zoe") || in.Size != 9 {
						t.Errorf("the conversation is %s %d %s %s, in %v", c.Handler(), c.Try(), c.Flow(), c.Contact().ID, in)
					}
					return tt.do(ctx, tries)
				})
				b.Use(wrap("inner"))
			}
			w.setup(w.bot)
			w.does(w.writes("zoe", "stock"))
			shown := w.home.shown("zoe")
			if got := shown[len(shown)-1].Message.Text; got != tt.want || tries != tt.tries || len(ids) != 1 {
				t.Errorf("%q after %d tries with %d ids, want %q after %d with 1", got, tries, len(ids), tt.want, tt.tries)
			}
			if len(order) != 2*tries || order[0] != "outer" || order[1] != "inner" {
				t.Errorf("the wrappers ran %v", order)
			}
			if strings.Contains(w.log.String(), "hobnail.example") {
				t.Errorf("the log holds personal text:\n%s", w.log)
			}
		})
	}
}

// A wrapper is run for each try, and what it does before there is a handler is of that try.
func TestAWrapperThatPanicsWhileItWrapsEndsItsCallAlone(t *testing.T) {
	t.Parallel()
	w := newWorld(t, warehouse)
	w.setup = func(b *bot.Bot) {
		b.Use(func(bot.Handler) bot.Handler { panic("zoe@hobnail.example") })
		bot.Handle(b, "find", func(context.Context, *bot.Conversation, find) (stockLeft, error) { return stockLeft{Left: 2}, nil })
	}
	a := newAliveOn(w)
	a.comes(a.writes("zoe", "stock"))
	a.sees("zoe", "I look.", "No: failed.")
}

// What a flow gives is each try's own: a wrapper that changes it does not change it again.
func TestAWrapperThatDoublesWhatIsGivenDoublesItOnceWhenTheCallIsTriedAgain(t *testing.T) {
	t.Parallel()
	w := newWorld(t, warehouse)
	w.setup = func(b *bot.Bot) {
		b.Use(func(next bot.Handler) bot.Handler {
			return func(ctx context.Context, c *bot.Conversation, with map[string]any) (any, error) {
				with["size"] = with["size"].(float64) * 2
				return next(ctx, c, with)
			}
		})
		bot.Handle(b, "find", func(_ context.Context, c *bot.Conversation, in find) (stockLeft, error) {
			if c.Try() < 3 {
				return stockLeft{}, errors.New("busy")
			}
			return stockLeft{Left: int(in.Size)}, nil
		})
	}
	a := newAliveOn(w)
	a.comes(a.writes("zoe", "stock"))
	a.sees("zoe", "I look.", "18 left.")
}

// A developer finds the place by the log, which has nothing of what anybody wrote.
func TestTheLogSaysWhereAGoFunctionWentWrong(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		do   func(b *bot.Bot)
		want string
	}{
		"a panic": {func(b *bot.Bot) {
			bot.Handle(b, "find", finder(func(context.Context, *bot.Conversation, find) (stockLeft, error) { panic("zoe@hobnail.example") }))
		}, "panic with string at handler_test.go:"},
		"a defect": {func(b *bot.Bot) {
			bot.Handle(b, "find", finder(func(context.Context, *bot.Conversation, find) (stockLeft, error) { var f *stockLeft; return *f, nil }))
		}, "nil pointer dereference at handler_test.go:"},
		"a value that does not fit": {func(b *bot.Bot) {
			bot.Handle(b, "find", func(context.Context, *bot.Conversation, struct{ Size []int }) (stockLeft, error) {
				return stockLeft{}, nil
			})
		}, "what it is given does not fit its type: Size is []int, and this number cannot be one"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, warehouse)
			w.setup = tt.do
			w.setup(w.bot)
			w.does(w.writes("zoe", "stock"))
			if got := w.log.String(); !strings.Contains(got, tt.want) || strings.Contains(got, "hobnail.example") {
				t.Errorf("want %q, and nothing personal, in\n%s", tt.want, got)
			}
		})
	}
}

// Calls look at the functions there are, and Go ends a process that changes a map meanwhile.
func TestAHandlerThatComesWhileTheBotRunsIsRefused(t *testing.T) {
	t.Parallel()
	a := newAliveOn(newWorld(t, warehouse))
	soon(t, "it runs", func() bool { return a.bot.Working() == nil })
	for want, do := range map[string]func(){
		"bot.Handle: the bot runs already": func() {
			bot.Handle(a.bot, "late", func(context.Context, *bot.Conversation, find) (stockLeft, error) { return stockLeft{}, nil })
		},
		"bot.Use: the bot runs already": func() { a.bot.Use(func(next bot.Handler) bot.Handler { return next }) },
	} {
		func() {
			defer func() {
				if got := recover(); got != want {
					t.Errorf("%v, want %q", got, want)
				}
			}()
			do()
		}()
	}
}

func TestWhatASetupRegisters(t *testing.T) {
	t.Parallel()
	register := func(name string, do func(b *bot.Bot)) func(*bot.Bot) error {
		return func(b *bot.Bot) error {
			do(b)
			bot.Handle(b, name, func(context.Context, *bot.Conversation, find) (stockLeft, error) { return stockLeft{}, nil })
			return nil
		}
	}
	nothing := func(*bot.Bot) {}
	for _, tt := range []struct {
		name  string
		setup func(*bot.Bot) error
		want  string
	}{
		{"a handler", register("find", nothing), ""},
		{"nothing", nil, ""},
		{"no name", register("Find It", nothing), "cannot be the name"},
		{"twice", func(b *bot.Bot) error { f := register("find", nothing); return errors.Join(f(b), f(b)) }, "is there already"},
		{"an error", func(*bot.Bot) error { return errors.New("no database") }, "no database"},
		{"more than that", register("find", func(b *bot.Bot) { b.Program().Bot.Name += "!" }), "may only call Handle and Use"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			_, err := bot.Registered(tt.setup)
			if (err == nil) != (tt.want == "") || err != nil && !strings.Contains(err.Error(), tt.want) {
				t.Errorf("%v, want %q", err, tt.want)
			}
		})
	}
}
