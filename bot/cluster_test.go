package bot_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/relance-bot/relance/bot"
	"github.com/relance-bot/relance/storage"
)

// commune is a database that says it is shared: several bots of one test process use
// it, each with a lease of its own.
type commune struct {
	storage.Store
	claimer string
	lost    atomic.Bool
	wakes   chan struct{}
	busy    atomic.Value // a contact that another process has in hand
	away    atomic.Value // a flow whose occurrences it has in hand; "" if none
}

// busyTx is a transaction to which a contact is another's.
type busyTx struct {
	storage.Tx
	busy any
	away any
}

func (t busyTx) Occurrences(state string, limit int) ([]storage.Occurrence, error) {
	list, err := t.Tx.Occurrences(state, limit)
	return slices.DeleteFunc(list, func(o storage.Occurrence) bool { return o.Flow == t.away }), err
}

func (t busyTx) Has(contact string) bool { return contact != t.busy && t.Tx.Has(contact) }

func (c *commune) Write(ctx context.Context, f func(tx storage.Tx) error, needs ...storage.Need) error {
	return c.Store.Write(ctx, func(tx storage.Tx) error { return f(busyTx{tx, c.busy.Load(), c.away.Load()}) }, needs...)
}

// claims is a commune on a store, whose claims all have the name of that opening.
func (c *commune) claims(t testing.TB, s storage.Store) *commune {
	t.Helper()
	err := s.Write(context.Background(), func(tx storage.Tx) error {
		const id = "who"
		if err := tx.PutSend(storage.Send{ID: id, Contact: id, State: storage.SendClaimed}); err != nil {
			return err
		}
		sent, err := tx.Send(id)
		c.claimer = sent.Claimer
		return errors.Join(err, tx.DeleteSend(id))
	})
	if err != nil {
		t.Fatal(err)
	}
	c.Store = s
	return c
}

func (c *commune) Holds() bool            { return !c.lost.Load() }
func (c *commune) Claimer() string        { return c.claimer }
func (c *commune) Wakes() <-chan struct{} { return c.wakes }
func (c *commune) Offset() time.Duration  { return 0 }

func (c *commune) Abilities() storage.Abilities { return storage.Abilities{Shared: c} }

// Others makes two of one.
func (c *commune) Others(context.Context) (int, error) { return 1, nil }

// fellow is another process of the same bot, driven by the test as w is. Its clock may
// be wrong.
func (w *world) fellow(wrong time.Duration, files map[string]string) (*world, *commune) {
	w.t.Helper()
	lease := new(commune).claims(w.t, w.raw)
	other := &world{
		t: w.t, path: w.path, clock: bot.NewManualClock(w.clock.Now().Add(wrong)), home: w.home, pages: w.pages, files: files,
		raw: w.raw, store: lease, adjust: w.adjust, seen: map[string]int{}, log: &lines{}, acts: 1000,
	}
	program, data := load(w.t, files)
	other.program = program
	c := other.config(data)
	var err error
	if other.bot, err = bot.New(context.Background(), c); err != nil {
		w.t.Fatal(err)
	}
	return other, lease
}

// newShared is a world whose database says it is shared.
func newShared(t *testing.T, files map[string]string) (*world, *commune) {
	t.Helper()
	w := newWorld(t, files)
	w.down()
	lease := &commune{}
	w.wrap = func(s storage.Store) storage.Store { return lease.claims(t, s) }
	w.open()
	return w, lease
}

// watched is a Store of somebody's own that looks on and knows nothing of leases.
type watched struct{ storage.Store }

func TestWhoWrapsASharedStoreInATypeOfTheirOwnStillSharesIt(t *testing.T) {
	t.Parallel()
	w := newWorld(t, flagship)
	w.down()
	lease := &commune{}
	w.wrap = func(s storage.Store) storage.Store { return watched{lease.claims(t, s)} }
	w.open()
	lease.lost.Store(true)
	w.comes(w.writes("zoe", "bonjour"))
	ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond) // it never comes to rest
	defer cancel()
	_ = w.bot.Settle(ctx)
	w.expect("zoe") // others may have sent it
}

func TestAStopCountsWhereAnotherProcesssClockIsBehind(t *testing.T) {
	t.Parallel()
	w, _ := newShared(t, flagship)
	late, _ := w.fellow(-time.Minute, flagship)
	w.does(w.writes("zoe", "stock"))
	w.does(w.taps("zoe", "42"))
	w.does(w.accepts("zoe"))
	w.jump(10 * time.Second)
	stop := w.writes("zoe", "stop") // by the platform's clock, which is right
	late.jump(10 * time.Second)
	late.does(stop)
	w.stands("zoe", "restock", "stopped")
}

func TestAWebhookGetsItsTurnAtOnceUnlessAnotherProcessHasThePerson(t *testing.T) {
	t.Parallel()
	w, lease := newShared(t, flagship)
	w.does(w.writes("zoe", "stock"))
	w.bot.Eager()
	waiting := func() (n int) {
		w.read(func(r storage.Reader) error {
			inputs, err := r.Inputs(w.id("zoe"), 0)
			n = len(inputs)
			return err
		})
		return n
	}
	before := len(w.home.all())
	lease.busy.Store(w.id("zoe"))
	w.comes(w.writes("zoe", "stock"))
	if waiting() != 1 {
		t.Error("what came for a person in another's hands has its turn already")
	}
	lease.busy.Store("")
	w.comes(w.writes("zoe", "stock"))
	if waiting() != 2 {
		t.Error("what came second has its turn before the first")
	}
	w.settle()
	w.comes(w.writes("zoe", "stock"))
	if waiting() != 0 {
		t.Error("what came for a person in nobody's hands waits")
	}
	w.settle()
	if n := len(w.home.all()) - before; n != 3 {
		t.Errorf("%d answers to three messages", n)
	}
}

func TestAProcessWithoutItsLeaseSendsNothing(t *testing.T) {
	t.Parallel()
	w, lease := newShared(t, flagship)
	w.subscribes("zoe", "restock", "daily")
	lease.lost.Store(true)
	w.comes(w.writes("max", "bonjour"))
	if _, _, err := w.bot.Events(context.Background(), []bot.ShopEvent{back("1")}); err != nil {
		t.Fatal(err)
	}
	// Without a lease it would claim and give back for ever.
	ctx, cancel := context.WithTimeout(context.Background(), 300*time.Millisecond)
	defer cancel()
	_ = w.bot.Settle(ctx)
	if n := len(w.home.all()); n > 0 {
		t.Fatalf("%d messages went out", n)
	}
	lease.lost.Store(false)
	w.settle()
	w.expect("max", "Bonjour !")
	w.expect("zoe", "La Gazelle en 42 est de retour !  [Stop]")
	w.decided("zoe", "sent lane=recurring")
}

func TestAnAcceptanceCountsAlthoughOthersTookTheProcessForDead(t *testing.T) {
	t.Parallel()
	w, _ := newShared(t, flagship)
	w.subscribes("zoe", "restock", "daily")
	w.home.onSend = func(d bot.Delivery) {
		w.write(func(tx storage.Tx) error { // as another process does with what it finds
			s, err := tx.Send(d.ID)
			if err != nil {
				return err
			}
			s.State, s.Ready = storage.SendWaiting, w.clock.Now().Add(30*time.Second)
			return tx.PutSend(s)
		})
	}
	w.does(w.writes("max", "bonjour"))
	w.sells(back("1"))
	w.home.onSend = nil
	w.passes(time.Hour)
	w.expect("max", "Bonjour !")
	w.expect("zoe", "La Gazelle en 42 est de retour !  [Stop]")
	w.decided("zoe", "sent lane=recurring")
}

func TestOthersNoticeThatAPageRests(t *testing.T) {
	t.Parallel()
	w, _ := newShared(t, flagship)
	other, _ := w.fellow(0, flagship)
	w.home.refuses(always, bot.ClassToken)
	w.does(w.writes("ann", "bonjour"))
	other.does(other.writes("bob", "bonjour"))
	for range 9 {
		w.jump(time.Second)
		other.jump(time.Second)
		w.settle()
		other.settle()
	}
	if n := len(w.home.all()); n != 1 {
		t.Errorf("%d tries within ten seconds of the refusal, want the one that was refused", n)
	}
	w.home.heals()
	w.jump(2 * time.Second)
	other.jump(2 * time.Second)
	w.settle()
	other.settle()
	w.settle()
	w.expect("ann", "Bonjour !")
	w.expect("bob", "Bonjour !")
}

func TestABusyProcessKeepsUpAlthoughItKnowsWhatIsDue(t *testing.T) {
	t.Parallel()
	w, _ := newShared(t, flagship)
	other, _ := w.fellow(0, flagship)
	looks := func() {
		t.Helper()
		if err := other.bot.Look(context.Background()); err != nil {
			t.Fatal(err)
		}
	}
	looks()
	w.home.refuses(always, bot.ClassToken)
	w.does(w.writes("ann", "bonjour"))
	other.jump(50 * time.Millisecond)
	if looks(); other.bot.Rests("messenger:1") {
		t.Error("the store is read again after 50 ms, although all that is due was known")
	}
	other.jump(50 * time.Millisecond)
	if looks(); !other.bot.Rests("messenger:1") {
		t.Error("after 100 ms it does not know yet that the page rests")
	}
}

func TestProcessesShareThePageOfACampaign(t *testing.T) {
	t.Parallel()
	w, _ := newShared(t, rated("20/s"))
	other, _ := w.fellow(0, w.files)
	w.crowd(200, "restock")
	w.sells(back("1"))
	for range 300 {
		w.jump(50 * time.Millisecond)
		other.jump(50 * time.Millisecond)
		w.settle()
		other.settle()
	}
	posts := w.home.all()
	seen := map[string]int{}
	for _, made := range posts {
		seen[made.Person]++
	}
	if len(posts) != 200 || len(seen) != 200 {
		t.Errorf("%d messages to %d people in 15 s at 20/s, want one for each of 200", len(posts), len(seen))
	}
	if most := busiest(posts, time.Second); most > 30 {
		t.Errorf("%d messages within one second at 20/s", most)
	}
}

func TestWhatWasHeldForManyIsSharedToo(t *testing.T) {
	t.Parallel()
	files := rated("20/s")
	files["bot.yaml"] += "quiet_hours: 17:00-19:00\n"
	w, _ := newShared(t, files)
	other, _ := w.fellow(0, files)
	w.crowd(100, "restock")
	w.sells(back("1"))
	w.jump(time.Hour)
	other.jump(time.Hour)
	for range 300 {
		w.jump(50 * time.Millisecond)
		other.jump(50 * time.Millisecond)
		w.settle()
		other.settle()
	}
	posts := w.home.all()
	if len(posts) != 100 {
		t.Errorf("%d messages in 15 s at 20/s, want all 100", len(posts))
	}
	if most := busiest(posts, time.Second); most > 30 {
		t.Errorf("%d messages within one second at 20/s", most)
	}
}

func TestAnOlderProgramLeavesTheNewersWorkAlone(t *testing.T) {
	t.Parallel()
	old, _ := newShared(t, with(flagship, "flows/monday.yaml", "", "flows/back_in_stock.yaml", ""))
	w, _ := old.fellow(0, flagship) // the deploy goes on: both run
	w.subscribes("zoe", "restock", "daily")
	w.subscribes("zoe", "nouveautes", "weekly")
	if _, _, err := w.bot.Events(context.Background(), []bot.ShopEvent{back("1")}); err != nil {
		t.Fatal(err)
	}
	old.settle()
	w.passes(time.Second)
	w.expect("zoe", "La Gazelle en 42 est de retour !  [Stop]")
	w.write(func(tx storage.Tx) error {
		_, err := tx.Enqueue(storage.Input{
			Contact: w.id("zoe"), Kind: "notify", At: w.clock.Now(),
			Body: fmt.Appendf(nil, `{"trigger":%q,"occurrence":"x","due":"2026-03-27T17:00:00Z","expires":"2026-03-27T18:00:00Z"}`, w.trigger("monday")),
		})
		return err
	})
	old.settle()
	w.passes(3 * time.Second) // a slot of the pace comes
	w.expect("zoe", news)
	monday := paris(t, "2026-04-06 09:00").Sub(w.clock.Now())
	w.jump(monday)
	old.clock.Set(w.clock.Now())
	old.settle()
	w.passes(2 * time.Second)
	w.expect("zoe", news)
	if got := w.fires("zoe"); !slices.Contains(got, "2026-04-06T09:00 sent") {
		t.Errorf("fires %q, want Monday's at nine", got)
	}
}

func TestATimerThatAFastClockFiredComesAgainInTime(t *testing.T) {
	t.Parallel()
	files := with(flagship, "flows/hello.yaml", `
triggers:
  - fallback: true
steps:
  - say: Un instant.
  - wait: 1h
  - say: Me voilà.
`)
	w, _ := newShared(t, files)
	fast, _ := w.fellow(2*time.Hour, files)
	w.does(w.writes("zoe", "bonjour"))
	w.expect("zoe", "Un instant.")
	w.write(func(tx storage.Tx) error { // the fast one fires it, the right one has the turn
		if err := tx.DeleteTimer(w.id("zoe"), "wake", ""); err != nil {
			return err
		}
		_, err := tx.Enqueue(storage.Input{Contact: w.id("zoe"), Kind: "wake", At: fast.clock.Now()})
		return err
	})
	w.settle()
	w.expect("zoe")
	w.passes(time.Hour)
	w.expect("zoe", "Me voilà.")
}

// runs opens the bot once more, with a clock that goes on by itself, for Run.
func (w *world) runs() *bot.ShiftedClock {
	w.t.Helper()
	w.down()
	clock := bot.NewShiftedClock(bot.SystemClock{})
	clock.Begin(time.Until(w.clock.Now()))
	w.adjust = func(c *bot.Config) { c.Clock = clock }
	w.open()
	return clock
}

// TestAProcessWithoutItsLeaseDoesNotClaimAgainAndAgain: what it has claimed it gives back,
// and it takes nothing until it has a lease.
func TestAProcessWithoutItsLeaseDoesNotClaimAgainAndAgain(t *testing.T) {
	t.Parallel()
	w, lease := newShared(t, flagship)
	clock := w.runs()
	lease.lost.Store(true)
	w.comes(w.writes("max", "bonjour"))
	ctx, stop := context.WithCancel(context.Background())
	defer stop()
	ended := make(chan error, 1)
	go func() { ended <- w.bot.Run(ctx) }()
	time.Sleep(500 * time.Millisecond)
	told := strings.Count(w.log.String(), "the lease is lost")
	lease.lost.Store(false)
	for deadline := time.Now().Add(10 * time.Second); len(w.home.all()) == 0 && time.Now().Before(deadline); time.Sleep(10 * time.Millisecond) {
		clock.Advance(time.Second)
	}
	stop()
	if err := <-ended; err != nil {
		t.Error(err)
	}
	if told > 2 {
		t.Errorf("the log tells %d times of one message", told)
	}
	w.expect("max", "Bonjour !")
}

// deaf is a commune that cannot say for what others have left.
type deaf struct {
	*commune
	away atomic.Bool
}

type deafTx struct{ storage.Tx }

var errAway = fmt.Errorf("%w: the database is away", storage.ErrUnavailable)

func (deafTx) Orphans(int) ([]storage.Send, error) { return nil, errAway }

func (d *deaf) Write(ctx context.Context, f func(tx storage.Tx) error, needs ...storage.Need) error {
	if !d.away.Load() {
		return d.commune.Write(ctx, f, needs...)
	}
	return d.commune.Write(ctx, func(tx storage.Tx) error { return f(deafTx{tx}) }, needs...)
}

// TestADatabaseThatIsAwayDoesNotFillTheLog: one that takes no writes is told of ever less
// often, and that it is back.
func TestADatabaseThatIsAwayDoesNotFillTheLog(t *testing.T) {
	t.Parallel()
	w := newWorld(t, flagship)
	w.down()
	d := &deaf{commune: &commune{}}
	w.wrap = func(s storage.Store) storage.Store { d.claims(t, s); return d }
	w.open()
	clock := w.runs()
	d.away.Store(true)
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- w.bot.Run(ctx) }()
	for range 100 { // five minutes
		time.Sleep(2 * time.Millisecond)
		clock.Advance(3 * time.Second)
	}
	stop()
	if err := <-ended; err != nil {
		t.Error(err)
	}
	if n := strings.Count(w.log.String(), "looking for what others left"); n == 0 || n > 8 {
		t.Errorf("the log tells %d times of it:\n%s", n, w.log.String())
	}
}
