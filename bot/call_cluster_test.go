package bot_test

import (
	"context"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"github.com/relance-bot/relance/bot"
	"github.com/relance-bot/relance/storage"
	"github.com/relance-bot/relance/storage/postgres"
	"github.com/relance-bot/relance/storage/postgres/pgtest"
)

// mortalStore is the store of a process that may die: then nothing of what it does is
// kept any more, and it hears of nothing.
type mortalStore struct {
	*postgres.Store
	dead atomic.Bool
}

var errDead = fmt.Errorf("%w: the process is dead", storage.ErrUnavailable)

func (s *mortalStore) Write(ctx context.Context, f func(storage.Tx) error, needs ...storage.Need) error {
	if s.dead.Load() {
		return errDead
	}
	return s.Store.Write(ctx, func(tx storage.Tx) error {
		if err := f(tx); err != nil || !s.dead.Load() {
			return err
		}
		return errDead
	}, needs...)
}

func (s *mortalStore) Read(ctx context.Context, f func(storage.Reader) error) error {
	if s.dead.Load() {
		return errDead
	}
	return s.Store.Read(ctx, f)
}

// caller is one of several processes that ask a handler.
type caller struct {
	*bot.Bot
	*blocking
	store *mortalStore
	end   context.CancelFunc
	ended chan error
}

// newCallers are processes on one PostgreSQL database, none of which runs yet, and the
// world to look at them from.
func newCallers(t *testing.T, n int) (*alive, []*caller) {
	t.Helper()
	page := newPlatform("1", tokenLane{name: "recurring"})
	clock := bot.NewShiftedClock(beginning{ahead: time.Until(paris(t, start))})
	page.clock = clock
	program, data := load(t, warehouse)
	url := pgtest.URL(t)
	var callers []*caller
	for range n {
		s, err := postgres.Open(context.Background(), url, postgres.Config{})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = s.Close() })
		c := &caller{blocking: newBlocking(), store: &mortalStore{Store: s}, ended: make(chan error, 1)}
		c.Bot, err = bot.New(context.Background(), bot.Config{
			Program: program, Data: data, Store: c.store, Clock: clock, Channels: []bot.Channel{page}, FirstChoice: true,
		})
		if err != nil {
			t.Fatal(err)
		}
		bot.Handle(c.Bot, "find", c.find)
		callers = append(callers, c)
	}
	w := &world{t: t, home: page, clock: bot.NewManualClock(paris(t, start)), raw: callers[0].store.Store, program: program, log: &lines{}, seen: map[string]int{}}
	return &alive{world: w, shifted: clock}, callers
}

// runs starts a process.
func (c *caller) runs(t *testing.T) {
	t.Helper()
	var ctx context.Context
	ctx, c.end = context.WithCancel(context.Background())
	go func() { c.ended <- c.Run(ctx) }()
	t.Cleanup(func() { c.end(); <-c.ended })
}

// hears lets a process take what somebody writes.
func (a *alive) hears(by *caller, person, text string) {
	a.t.Helper()
	a.bot = by.Bot
	e := a.writes(person, text)
	e.At = a.shifted.Now()
	a.comes(e)
}

// TestACallOutlivesItsProcess lets the process die that has asked a handler, while the
// person goes on writing. Another one asks again, under the same id; the result comes
// once, and what was written meanwhile is answered behind it, in order.
func TestACallOutlivesItsProcess(t *testing.T) {
	t.Parallel()
	a, both := newCallers(t, 2)
	for _, c := range both {
		c.runs(t)
	}
	a.hears(both[0], "zoe", "stock")
	var died, lives *caller
	var id string
	select {
	case id = <-both[0].began:
		died, lives = both[0], both[1]
	case id = <-both[1].began:
		died, lives = both[1], both[0]
	}
	a.hears(died, "zoe", "said one")
	a.hears(lives, "zoe", "said two")
	died.store.dead.Store(true)
	a.hears(lives, "zoe", "said three")
	select {
	case again := <-lives.began:
		if again != id {
			t.Errorf("it is asked again under another id: %s, then %s", id, again)
		}
	case <-time.After(30 * time.Second):
		t.Fatal("it is not asked again")
	}
	close(died.going) // its answer comes to nothing
	time.Sleep(100 * time.Millisecond)
	a.sees("zoe", "I look.")
	close(lives.going)
	a.bot = lives.Bot
	a.sees("zoe", "I look.", "1 left.", "You said one.", "You said two.", "You said three.")
	soon(t, "the call is over", func() bool { return a.callTimers("zoe") == 0 })
	if got := a.asked("zoe"); got != 1.0 {
		t.Errorf("the result counted %v times, want once", got)
	}
	if n := len(lives.began); n > 0 {
		t.Errorf("it is asked %d times more", n)
	}
}

// TestAStopEndsTheCallOfAnotherProcess lets a process take a stop while another one has
// asked the handler: one that goes on, and one that dies right behind it, so that
// nobody else was told.
func TestAStopEndsTheCallOfAnotherProcess(t *testing.T) {
	t.Parallel()
	for _, dies := range []bool{false, true} {
		name := "it goes on"
		if dies {
			name = "it dies"
		}
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a, both := newCallers(t, 2)
			asks, takes := both[0], both[1]
			asks.runs(t)
			a.hears(asks, "zoe", "stock")
			<-asks.began
			if !dies {
				takes.runs(t)
			}
			a.hears(takes, "zoe", "said one")
			time.Sleep(100 * time.Millisecond) // it is looked at, and waits
			a.hears(takes, "zoe", "stop")
			a.bot = asks.Bot
			a.sees("zoe", "I look.", stopped)
			close(asks.going)
			a.hears(asks, "zoe", "said two")
			a.sees("zoe", "I look.", stopped, "You said two.")
			soon(t, "the call is over", func() bool { return a.callTimers("zoe") == 0 })
			if got := a.asked("zoe"); got != nil {
				t.Errorf("the flow went on: %v", got)
			}
		})
	}
}
