package bot_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/relance-bot/relance/bot"
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

// TestWhatIsWrittenDuringACallWaitsForTheNextOne lets a call take too long, and the flow make
// another one then.
func TestWhatIsWrittenDuringACallWaitsForTheNextOne(t *testing.T) {
	t.Parallel()
	first, second := newBlocking(), newBlocking()
	w := newWorld(t, with(warehouse, "flows/stock.yaml", `
triggers:
  - keywords: [stock]
steps:
  - say: I look.
  - call: find
    with: {size: 9}
    on_error:
      - call: other
      - say: Other.
`))
	w.setup = func(b *bot.Bot) {
		bot.Handle(b, "find", first.find)
		bot.Handle(b, "other", func(ctx context.Context, c *bot.Conversation, _ struct{}) (struct{}, error) {
			_, err := second.find(ctx, c, find{})
			return struct{}{}, err
		})
	}
	a := newAliveOn(w)
	a.comes(a.writes("zoe", "stock"))
	<-first.began
	a.comes(a.writes("zoe", "said a"))
	a.shifted.Advance(time.Hour)
	<-second.began
	time.Sleep(50 * time.Millisecond)
	a.sees("zoe", "I look.")
	close(second.going)
	a.sees("zoe", "I look.", "Other.", "You said a.")
	close(first.going)
}

// A Go function that ignores its context keeps its places for ever; nobody was told why no
// call of it was made any more.
func TestAHandlerThatDoesNotReturnIsSaidOnceAllItsPlacesAreTaken(t *testing.T) {
	t.Parallel()
	const says = "a handler does not return"
	going, began := make(chan struct{}), make(chan struct{}, 100)
	w := newWorld(t, with(warehouse, "flows/stock.yaml", `
triggers:
  - keywords: [stock]
steps:
  - call: find
    with: {size: 9}
    save: stock
    timeout: 1s
    retries: 0
    on_error: [{say: "No: {{ error }}."}, {end: true}]
  - say: "{{ stock.left }} left."
`))
	w.setup = func(b *bot.Bot) {
		bot.Handle(b, "find", func(context.Context, *bot.Conversation, find) (stockLeft, error) {
			began <- struct{}{}
			<-going
			return stockLeft{Left: 1}, nil
		})
	}
	a := newAliveOn(w)
	for i := range 16 {
		a.comes(a.writes(fmt.Sprintf("p%d", i), "stock"))
		<-began
	}
	for i := range 16 {
		a.sees(fmt.Sprintf("p%d", i), "No: timeout.")
	}
	if strings.Contains(a.log.String(), says) {
		t.Errorf("nobody waits:\n%s", a.log)
	}
	a.comes(a.writes("zoe", "stock"))
	a.sees("zoe", "No: timeout.")
	a.comes(a.writes("ann", "stock"))
	a.sees("ann", "No: timeout.")
	if n := strings.Count(a.log.String(), says); n != 1 {
		t.Errorf("it is said %d times:\n%s", n, a.log)
	}
	close(going)
	a.idle()
	a.comes(a.writes("max", "stock"))
	a.sees("max", "1 left.")
}
