package bot_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/relance-bot/relance/bot"
	"github.com/relance-bot/relance/flows"
	"github.com/relance-bot/relance/storage"
)

// warehouse is a bot that asks a handler.
var warehouse = map[string]string{
	"bot.yaml": `
name: Hobnail & Sons
fields: {size: number, asked: number}
handlers:
  find: {post: "https://hobnail.example/find", in: {size: number}, out: {left: number}}
  other: {post: "https://hobnail.example/other"}
`,
	"flows/stock.yaml": `
triggers:
  - keywords: [stock]
steps:
  - say: I look.
  - call: find
    with: {size: 9}
    save: stock
    on_error:
      - say: "No: {{ error }}."
      - end: true
  - set: {contact.asked: "{{ (contact.asked ?? 0) + 1 }}"}
  - say: "{{ stock.left }} left."
`,
	"flows/other.yaml": `
triggers:
  - keywords: [other]
steps:
  - call: other
  - say: Other.
`,
	"flows/echo.yaml": `
triggers:
  - pattern: said (?P<what>.+)
inputs: {what: text}
steps:
  - say: "You said {{ what }}."
`,
}

type (
	find      struct{ Size float64 }
	stockLeft struct {
		Left int `json:"left"`
	}
	finder func(ctx context.Context, c *bot.Conversation, in find) (stockLeft, error)
)

// asked is how often a flow went on behind its call.
func (w *world) asked(person string) any {
	w.t.Helper()
	view, err := w.bot.Contact(context.Background(), w.id(person))
	if err != nil {
		w.t.Fatal(err)
	}
	return view.Fields["asked"]
}

// callTimers are how many calls the store has.
func (w *world) callTimers(person string) (n int) {
	w.read(func(r storage.Reader) error {
		timers, err := r.Timers(w.id(person))
		for _, timer := range timers {
			if timer.Kind == "call" {
				n++
			}
		}
		return err
	})
	return n
}

// TestCallsSurviveWhereverTheProcessDies tells the story of two calls, during which the
// person goes on writing, once for every write. Nothing is lost, nothing counts twice,
// the order stays, and a call that is made again has the id it had.
func TestCallsSurviveWhereverTheProcessDies(t *testing.T) {
	t.Parallel()
	for _, eager := range []bool{false, true} {
		t.Run(fmt.Sprintf("eager %v", eager), func(t *testing.T) {
			t.Parallel()
			calm, ids := newCaller(t, 0, false, eager)
			writes := tellCalls(calm)
			want := calm.once("zoe")
			if diff := cmp.Diff([]string{"I look.", "3 left.", "You said a.", "You said b.", "I look.", "3 left.", "You said a.", "You said b."}, want); diff != "" {
				t.Fatalf("the story without a death (-want +got):\n%s", diff)
			}
			if len(*ids) != 2 {
				t.Fatalf("%d calls without a death", len(*ids))
			}
			for dies := 1; dies <= writes; dies++ {
				for _, after := range []bool{false, true} {
					t.Run(fmt.Sprintf("%d %v", dies, after), func(t *testing.T) {
						t.Parallel()
						w, ids := newCaller(t, dies, after, eager)
						tellCalls(w)
						if w.deaths != 1 {
							t.Fatalf("the process died %d times, want once", w.deaths)
						}
						if diff := cmp.Diff(want, w.once("zoe")); diff != "" {
							t.Errorf("what zoe sees (-want +got):\n%s", diff)
						}
						if got := w.asked("zoe"); got != 2.0 {
							t.Errorf("the results counted %v times, want 2", got)
						}
						if different := slices.Compact(slices.Sorted(slices.Values(*ids))); len(different) != 2 {
							t.Errorf("%d calls have %d ids, want 2", len(*ids), len(different))
						}
						if n := w.callTimers("zoe"); n > 0 {
							t.Errorf("%d calls are left in the store", n)
						}
						if strays := w.strays(); len(strays) > 0 {
							t.Errorf("strays %q", strays)
						}
					})
				}
			}
		})
	}
}

// newCaller is a mortal world whose handler lets the person write twice while it works.
func newCaller(t *testing.T, dies int, after, eager bool) (*mortalWorld, *[]string) {
	t.Helper()
	var w *mortalWorld
	ids := &[]string{}
	said := map[string][]bot.Event{} // the same call says the same, however often it is made
	w = newMortalWith(t, warehouse, dies, after, eager, func(b *bot.Bot) {
		bot.Handle(b, "find", func(_ context.Context, c *bot.Conversation, _ find) (stockLeft, error) {
			*ids = append(*ids, c.ID())
			if said[c.ID()] == nil {
				said[c.ID()] = []bot.Event{w.writes("zoe", "said a"), w.writes("zoe", "said b")}
			}
			for _, e := range said[c.ID()] { // one that is not taken comes again with the call
				if w.receive(e) != nil {
					return stockLeft{}, errors.New("cut off")
				}
			}
			return stockLeft{Left: 3}, nil
		})
		bot.Handle(b, "other", func(context.Context, *bot.Conversation, struct{}) (struct{}, error) { return struct{}{}, nil })
	})
	return w, ids
}

func tellCalls(w *mortalWorld) int {
	for range 2 {
		w.brought(w.writes("zoe", "stock"))
		w.waits(20 * time.Second)
		w.gets("zoe", "3 left.")
		w.waits(time.Minute)
	}
	_, writes := w.life.killed()
	return writes
}

// blocking is a handler that works until it is let go.
type blocking struct {
	began chan string
	going chan struct{}
}

func newBlocking() *blocking {
	return &blocking{began: make(chan string, 100), going: make(chan struct{})}
}

func (b *blocking) find(ctx context.Context, c *bot.Conversation, _ find) (stockLeft, error) {
	b.began <- c.ID()
	select {
	case <-b.going:
		return stockLeft{Left: 1}, nil
	case <-ctx.Done():
		return stockLeft{}, ctx.Err()
	}
}

// newShop runs a warehouse with a handler.
func newShop(t *testing.T, f finder) *alive {
	t.Helper()
	w := newWorld(t, warehouse)
	w.setup = func(b *bot.Bot) {
		bot.Handle(b, "find", f)
		bot.Handle(b, "other", func(context.Context, *bot.Conversation, struct{}) (struct{}, error) { return struct{}{}, nil })
	}
	return newAliveOn(w)
}

// sees waits until a person has been shown these texts, in this order, and nothing else.
func (a *alive) sees(person string, want ...string) {
	a.t.Helper()
	var got []string
	for range 1000 {
		got = nil
		for _, made := range a.home.shown(person) {
			got = append(got, made.Message.Text)
		}
		if len(got) >= len(want) {
			break
		}
		time.Sleep(5 * time.Millisecond)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		a.t.Errorf("what %s sees (-want +got):\n%s", person, diff)
	}
}

func TestWhatIsWrittenDuringACallWaits(t *testing.T) {
	t.Parallel()
	h := newBlocking()
	a := newShop(t, h.find)
	a.comes(a.writes("zoe", "stock"))
	<-h.began
	a.comes(a.writes("zoe", "said one"))
	a.comes(a.writes("zoe", "said two"), a.writes("ann", "said three"))
	a.sees("ann", "You said three.")
	a.sees("zoe", "I look.")
	close(h.going)
	a.sees("zoe", "I look.", "1 left.", "You said one.", "You said two.")
	a.idle()
}

func TestAStopWordEndsACallAtOnce(t *testing.T) {
	t.Parallel()
	for _, before := range [][]string{nil, {"said one", "said two"}} {
		t.Run(fmt.Sprintf("behind %d", len(before)), func(t *testing.T) {
			t.Parallel()
			h := newBlocking()
			a := newShop(t, h.find)
			a.comes(a.writes("zoe", "stock"))
			<-h.began
			for _, text := range before {
				a.comes(a.writes("zoe", text))
			}
			time.Sleep(50 * time.Millisecond) // they are looked at, and wait
			a.comes(a.writes("zoe", "stop"))
			const stopped = "Done: I won't write to you on my own any more."
			a.sees("zoe", "I look.", stopped)
			a.comes(a.writes("zoe", "said three"))
			a.sees("zoe", "I look.", stopped, "You said three.")
			close(h.going)
			a.idle()
			a.sees("zoe", "I look.", stopped, "You said three.") // the late result is ignored
			if got := a.asked("zoe"); got != nil {
				t.Errorf("the flow went on: %v", got)
			}
			if n := a.callTimers("zoe"); n > 0 {
				t.Errorf("%d calls are left in the store", n)
			}
		})
	}
}

// A handler that does not answer keeps its own line, and nobody else's.
func TestASlowHandlerHoldsUpNobodyElse(t *testing.T) {
	t.Parallel()
	h := newBlocking()
	a := newShop(t, h.find)
	const people = 40
	for i := range people {
		a.comes(a.writes(fmt.Sprintf("p%d", i), "stock"))
	}
	for range 16 {
		<-h.began
	}
	a.comes(a.writes("ann", "other"))
	a.sees("ann", "Other.")
	close(h.going)
	for i := range people {
		a.sees(fmt.Sprintf("p%d", i), "I look.", "1 left.")
	}
	a.idle()
}

// What was called when the process ended in order is called again by the next.
func TestACallIsMadeAgainAfterARestart(t *testing.T) {
	t.Parallel()
	h := newBlocking()
	a := newShop(t, h.find)
	a.comes(a.writes("zoe", "stock"))
	first := <-h.began
	a.stops()
	a.runs()
	select {
	case again := <-h.began:
		if again != first {
			t.Errorf("it has another id: %s, then %s", first, again)
		}
	case <-time.After(20 * time.Second):
		t.Fatal("it is not made again")
	}
	close(h.going)
	a.sees("zoe", "I look.", "1 left.")
}

// A call that lasts longer than its lease is made once.
func TestACallIsNotMadeTwiceWhileItLasts(t *testing.T) {
	t.Parallel()
	h := newBlocking()
	a := newShop(t, h.find)
	a.comes(a.writes("zoe", "stock"))
	<-h.began
	time.Sleep(4500 * time.Millisecond)
	close(h.going)
	a.sees("zoe", "I look.", "1 left.")
	a.idle()
	if len(h.began) > 0 {
		t.Error("it was made again while it lasted")
	}
}

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

func TestForgettingDuringACall(t *testing.T) {
	t.Parallel()
	w := newWorld(t, warehouse)
	w.setup = func(b *bot.Bot) {
		bot.Handle(b, "find", func(context.Context, *bot.Conversation, find) (stockLeft, error) {
			w.forgets("zoe")
			return stockLeft{Left: 1}, nil
		})
	}
	w.setup(w.bot)
	w.does(w.writes("zoe", "stock"))
	w.gone("zoe")
	w.passes(time.Hour)
	w.gone("zoe")
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
