package bot_test

import (
	"context"
	"fmt"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/relance-bot/relance/bot"
	"github.com/relance-bot/relance/flows"
	"github.com/relance-bot/relance/storage"
)

// beginning is a clock that runs with the machine's, from the start of stories.
type beginning struct {
	bot.SystemClock
	ahead time.Duration
}

func (c beginning) Now() time.Time { return c.SystemClock.Now().Add(c.ahead) }

func (c beginning) At(t time.Time) (<-chan struct{}, func()) {
	return c.SystemClock.At(t.Add(-c.ahead))
}

// alive is a world whose bot runs by itself.
type alive struct {
	*world
	shifted *bot.ShiftedClock
	end     context.CancelFunc
	ended   chan error
	traffic *traffic
}

// traffic counts what a store is asked for.
type traffic struct {
	storage.Store
	writes, reads atomic.Int64
}

func (c *traffic) Write(ctx context.Context, f func(storage.Tx) error, needs ...storage.Need) error {
	c.writes.Add(1)
	return c.Store.Write(ctx, f, needs...)
}

func (c *traffic) Read(ctx context.Context, f func(storage.Reader) error) error {
	c.reads.Add(1)
	return c.Store.Read(ctx, f)
}

// newAlive runs a bot.
func newAlive(t *testing.T, files map[string]string, pages ...*platform) *alive {
	t.Helper()
	return newAliveOn(newWorld(t, files, pages...))
}

// newAliveOn runs the bot of a world.
func newAliveOn(w *world) *alive {
	w.t.Helper()
	a := &alive{world: w, ended: make(chan error, 1)}
	a.shifted = bot.NewShiftedClock(beginning{ahead: time.Until(paris(w.t, start))})
	for _, page := range a.pages {
		page.clock = a.shifted
	}
	a.traffic = &traffic{Store: a.raw}
	a.runs()
	return a
}

// runs starts the bot.
func (a *alive) runs() {
	a.t.Helper()
	_, data := load(a.t, a.files)
	c := a.config(data)
	c.Clock, c.Store = a.shifted, a.traffic
	var err error
	if a.bot, err = bot.New(context.Background(), c); err != nil {
		a.t.Fatal(err)
	}
	if a.setup != nil {
		a.setup(a.bot)
	}
	ctx, end := context.WithCancel(context.Background())
	a.end = end
	go func() { a.ended <- a.bot.Run(ctx) }()
	a.t.Cleanup(func() {
		end()
		select {
		case <-a.ended:
		case <-time.After(30 * time.Second):
			a.t.Error("the bot does not end")
		}
	})
}

// idle waits until nothing is left to do.
func (a *alive) idle() {
	a.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	if err := a.bot.Idle(ctx); err != nil {
		a.t.Fatalf("the bot does not come to rest: %v\n%s", err, a.log)
	}
}

// stops ends the bot and waits for it.
func (a *alive) stops() {
	a.t.Helper()
	a.end()
	select {
	case err := <-a.ended:
		a.ended <- err
		if err != nil {
			a.t.Errorf("Run: %v", err)
		}
	case <-time.After(30 * time.Second):
		a.t.Fatal("the bot does not end")
	}
}

// soon waits until something holds.
func soon(t *testing.T, what string, holds func() bool) {
	t.Helper()
	for end := time.Now().Add(10 * time.Second); !holds(); {
		if time.Now().After(end) {
			t.Fatalf("it never happens that %s", what)
		}
		time.Sleep(time.Millisecond)
	}
}

func TestTheFlagshipLive(t *testing.T) {
	t.Parallel()
	a := newAlive(t, flagship)
	people := []string{"ann", "bob", "cyd", "dan", "eve"}
	all := func(do func(person string) bot.Event) {
		for _, person := range people {
			a.acts += 100
			e := do(person)
			e.At = a.shifted.Now()
			a.comes(e)
		}
		a.idle()
	}
	all(func(p string) bot.Event { return a.writes(p, "stock") })
	all(func(p string) bot.Event { return a.taps(p, "42") })
	all(func(p string) bot.Event { return a.accepts(p) })
	a.shifted.Advance(2 * day)
	if _, _, err := a.bot.Events(context.Background(), []bot.ShopEvent{back("1")}); err != nil {
		t.Fatal(err)
	}
	a.idle()
	all(func(p string) bot.Event { return a.taps(p, "Stop") })
	for _, person := range people {
		a.expect(person, "Quelle pointure cherches-tu ?  [41] [42]", "(opt-in) Ta pointure est de retour  [Non merci]", "C'est noté !",
			"La Gazelle en 42 est de retour !  [Stop]", "C'est fait : plus de messages « Ta pointure est de retour ».")
		a.decided(person, "sent lane=recurring")
	}
	a.stops()
}

func TestManyWebhooksAtOnceLive(t *testing.T) {
	t.Parallel()
	a := newAlive(t, parrot)
	const people, each = 8, 6
	var want []string
	for i := range each {
		want = append(want, fmt.Sprintf("n%d!", i), "Say something.")
	}
	for p := range people {
		e := a.writes(fmt.Sprint("p", p), "hi")
		e.At = a.shifted.Now()
		a.comes(e)
	}
	a.idle()
	done := make(chan error, people)
	for p := range people {
		go func() {
			var err error
			for i := range each {
				e := bot.Event{
					Kind: bot.EventMessage, Page: "1", Person: fmt.Sprint("p", p), At: a.shifted.Now(), Key: fmt.Sprintf("%d-%d", p, i), Text: fmt.Sprintf("n%d", i),
				}
				if err = a.receive(e, e); err != nil {
					break
				}
			}
			done <- err
		}()
	}
	for range people {
		if err := <-done; err != nil {
			t.Fatal(err)
		}
	}
	a.idle()
	for p := range people {
		a.expect(fmt.Sprint("p", p), append([]string{"Say something."}, want...)...)
	}
}

func TestNothingGoesOutBehindAConfirmationLive(t *testing.T) {
	t.Parallel()
	page := newPlatform("1", tokenLane{name: "recurring"})
	page.onSend = func(bot.Delivery) { time.Sleep(3 * time.Millisecond) }
	a := newAlive(t, rated("200/s"), page)
	const people = 60
	a.clock.Set(a.shifted.Now())
	a.crowd(people, "restock")
	if _, _, err := a.bot.Events(context.Background(), []bot.ShopEvent{back("1")}); err != nil {
		t.Fatal(err)
	}
	for p := range people {
		e := a.writes(fmt.Sprintf("p%06d", p), "stop")
		e.At = a.shifted.Now()
		a.comes(e)
	}
	soon(t, "everybody is told", func() bool {
		a.idle()
		told := 0
		for _, made := range page.all() {
			if strings.HasPrefix(made.Message.Text, "C'est fait") {
				told++
			}
		}
		return told == people
	})
	for p := range people {
		done := false
		for _, made := range page.shown(fmt.Sprintf("p%06d", p)) {
			if done {
				t.Errorf("%q goes out behind the confirmation", made.Message.Text)
			}
			done = strings.HasPrefix(made.Message.Text, "C'est fait")
		}
	}
}

func TestRunEndsWithMessagesOnTheirWay(t *testing.T) {
	t.Parallel()
	a := newAlive(t, flagship)
	entered, release := make(chan struct{}, 10), make(chan struct{})
	a.home.onSend = func(bot.Delivery) { entered <- struct{}{}; <-release }
	e := a.writes("zoe", "bonjour")
	e.At = a.shifted.Now()
	a.comes(e)
	<-entered
	a.end()
	time.Sleep(20 * time.Millisecond)
	close(release)
	a.stops()
	a.read(func(r storage.Reader) error {
		claimed, err := r.SendsIn(storage.SendClaimed, 10)
		if len(claimed) > 0 {
			t.Errorf("%d messages are not settled", len(claimed))
		}
		return err
	})
	if err := a.bot.Working(); err == nil {
		t.Error("a bot that has ended says that it works")
	}
}

// awayStore is a store that cannot be reached for a while.
type awayStore struct {
	storage.Store
	away atomic.Bool
}

func (s *awayStore) Read(ctx context.Context, f func(storage.Reader) error) error {
	if s.away.Load() {
		return fmt.Errorf("%w: on purpose", storage.ErrUnavailable)
	}
	return s.Store.Read(ctx, f)
}

func (s *awayStore) Write(ctx context.Context, f func(storage.Tx) error, needs ...storage.Need) error {
	if s.away.Load() {
		return fmt.Errorf("%w: on purpose", storage.ErrUnavailable)
	}
	return s.Store.Write(ctx, f, needs...)
}

// TestAStoreThatStaysAwayFillsNoLog, and that it is back is said too.
func TestAStoreThatStaysAwayFillsNoLog(t *testing.T) {
	t.Parallel()
	w := newWorld(t, flagship)
	store := &awayStore{Store: w.store}
	_, data := load(t, flagship)
	c := w.config(data)
	c.Store, c.Clock = store, bot.NewShiftedClock(bot.SystemClock{})
	b, err := bot.New(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	store.away.Store(true)
	ctx, end := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- b.Run(ctx) }()
	time.Sleep(5500 * time.Millisecond) // some six tries of each loop
	if n := strings.Count(w.log.String(), "the store fails"); n < 2 || n > 4 {
		t.Errorf("it is logged %d times:\n%s", n, w.log)
	}
	store.away.Store(false)
	soon(t, "the store is back", func() bool { return strings.Contains(w.log.String(), "the store works again") && b.Working() == nil })
	end()
	if err := <-ended; err != nil {
		t.Error(err)
	}
}

func TestRunLeavesNoGoroutines(t *testing.T) {
	w := newWorld(t, flagship) // not in parallel: it counts
	before := runtime.NumGoroutine()
	for range 3 {
		ctx, end := context.WithCancel(context.Background())
		ended := make(chan error, 1)
		b, err := bot.New(ctx, func() bot.Config {
			_, data := load(t, flagship)
			c := w.config(data)
			c.Clock = bot.NewShiftedClock(bot.SystemClock{})
			return c
		}())
		if err != nil {
			t.Fatal(err)
		}
		go func() { ended <- b.Run(ctx) }()
		time.Sleep(20 * time.Millisecond)
		end()
		if err := <-ended; err != nil {
			t.Fatal(err)
		}
	}
	soon(t, "every goroutine ends", func() bool { return runtime.NumGoroutine() <= before+1 })
}

func TestABotRunsOnce(t *testing.T) {
	t.Parallel()
	a := newAlive(t, flagship)
	soon(t, "it runs", func() bool { return a.bot.Working() == nil })
	if err := a.bot.Run(context.Background()); err == nil {
		t.Error("it ran a second time")
	}
	if err := a.bot.Settle(context.Background()); err == nil {
		t.Error("it was settled while it runs")
	}
}

func TestARefusalOlderThanAnActSaysNothingAboutThePerson(t *testing.T) {
	t.Parallel()
	a := newAlive(t, flagship)
	if err := a.bot.Meet(context.Background(), a.id("zoe"), flows.Contact{}); err != nil {
		t.Fatal(err)
	}
	err := a.bot.Import(context.Background(), a.id("zoe"), bot.Subscription{
		Topic: "restock", At: a.shifted.Now(), Wording: "restock", Permit: &bot.Permit{Lane: "recurring", Token: "t"}, Interest: map[string]any{"model": "Gazelle", "size": 42.0},
	})
	if err != nil {
		t.Fatal(err)
	}
	a.home.answers(1, saying("Gazelle"), bot.Outcome{Status: bot.Refused, Class: bot.ClassUnreachable, Code: "551"}, false)
	a.home.onSend = func(d bot.Delivery) {
		if !strings.Contains(d.Message.Text, "Gazelle") {
			return
		}
		// She unblocks the page and writes while the platform still refuses.
		time.Sleep(5 * time.Millisecond)
		e := a.writes("zoe", "bonjour")
		e.At = a.shifted.Now()
		a.comes(e)
		soon(t, "her message is handled", func() bool { return !a.view("zoe").LastAct.IsZero() })
	}
	if _, _, err := a.bot.Events(context.Background(), []bot.ShopEvent{back("1")}); err != nil {
		t.Fatal(err)
	}
	a.idle()
	a.expect("zoe", "Bonjour !")
	if why := a.view("zoe").Unreachable; why != "" {
		t.Errorf("zoe is %q, although she writes", why)
	}
}

func TestAnOccurrenceOfManyGoesOnWithoutAskingWhatIsDue(t *testing.T) {
	t.Parallel()
	const people = 3000 // a dozen chunks
	w := newWorld(t, flagship)
	w.crowd(people, "restock")
	w.write(func(tx storage.Tx) error {
		for i := range people {
			if err := tx.NoteSent(w.id(person(i)), "restock", w.clock.Now(), 0); err != nil {
				return err
			}
		}
		return nil
	})
	a := newAliveOn(w)
	a.idle()
	before := a.traffic.reads.Load()
	if _, _, err := a.bot.Events(context.Background(), []bot.ShopEvent{back("1")}); err != nil {
		t.Fatal(err)
	}
	soon(t, "everybody is decided about", func() (all bool) {
		w.read(func(r storage.Reader) error {
			held, err := r.Decisions(storage.DecisionQuery{Topic: "restock", Kinds: []string{bot.DecisionHeld}, Limit: people})
			all = len(held) == people
			return err
		})
		return all
	})
	if asked := a.traffic.reads.Load() - before; asked > 8 {
		t.Errorf("the store was read %d times for an occurrence of %d people", asked, people)
	}
}

func TestTheStoreIsTidiedAfterTheClockWentBack(t *testing.T) {
	t.Parallel()
	a := newAlive(t, flagship)
	a.idle() // by then the bot has tidied
	a.shifted.Begin(-10 * day)
	a.write(func(tx storage.Tx) error {
		return tx.PutStray(storage.Stray{At: a.shifted.Now().Add(-40 * day), Source: "inbox", Reason: "old"})
	})
	if _, _, err := a.bot.Events(context.Background(), []bot.ShopEvent{back("1")}); err != nil { // wakes it
		t.Fatal(err)
	}
	soon(t, "what is too old is gone", func() (gone bool) {
		a.read(func(r storage.Reader) error {
			strays, err := r.Strays(0, 1)
			gone = len(strays) == 0
			return err
		})
		return gone
	})
}
