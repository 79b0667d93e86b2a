package cmd

import (
	"context"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/relance-bot/relance/bot"
	"github.com/relance-bot/relance/bot/messenger/emulator"
	"github.com/relance-bot/relance/flows"
	"github.com/relance-bot/relance/storage"
)

const (
	crashKills  = 240
	crashPeople = 8 // that move at once
	crashKey    = "crash-test-api-key"
)

// TestKilledAnywhereKeepsItsPromises runs the flagship for many people at once on
// a bot that is killed again and again, and restarted on what it had stored. Its
// platform lives here, outside of the process that dies. At the end the bot may
// come to rest, and both ends are held against each other.
//
// RELANCE_CRASH_SEED draws the same people and moments again, RELANCE_CRASH_KILLS
// another number of them.
func TestKilledAnywhereKeepsItsPromises(t *testing.T) {
	t.Parallel()
	seed, kills := uint64(time.Now().UnixNano()), crashKills
	if testing.Short() {
		kills = 20
	}
	if text := os.Getenv("RELANCE_CRASH_SEED"); text != "" {
		seed = number(t, text)
	}
	if text := os.Getenv("RELANCE_CRASH_KILLS"); text != "" {
		kills = int(number(t, text))
	}
	t.Logf("RELANCE_CRASH_SEED=%d", seed)

	c := newCrash(t, seed)
	begun := time.Now()
	c.arrive()
	c.disturb(kills*2/3, 0)
	if !testing.Short() { // replies of unknown outcome come again after 30 s: that is disturbed as well
		c.join(false)
		time.Sleep(29*time.Second - time.Since(begun))
	}
	c.join(true)
	c.disturb(kills, 100*time.Millisecond)
	disturbed := time.Since(begun)
	c.calm()
	e := c.gather()
	broken := e.broken()

	stuck := len(slices.DeleteFunc(slices.Clone(e.people), func(p *witnessed) bool { return !p.stuck() }))
	t.Logf("%d kills in %.1f s, at rest %.1f s later:\n%s", c.kills, disturbed.Seconds(), time.Since(begun).Seconds()-disturbed.Seconds(), c.killer)
	t.Logf("%d starts, %d people, %d webhooks answered 200, %d calls, %d messages shown, %d of them notifications, %d events, %d people lost a reply to two kills, %d promises broken",
		c.starts, len(e.people), c.answered, len(e.calls), e.shown(fromPage), e.shown(told), len(e.events), stuck, len(broken))
	for _, b := range broken {
		t.Error(b)
	}
	if c.kills < kills {
		t.Errorf("%d kills, want %d", c.kills, kills)
	}
	if allowed := 1 + len(e.people)/10; stuck > allowed {
		t.Errorf("%d people lost a reply: two kills, one for each try, may do that, but not so often", stuck)
	}
}

func number(t *testing.T, text string) uint64 {
	t.Helper()
	n, err := strconv.ParseUint(text, 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// crash is everything but the bot: its platform, its people, its shop, and who
// kills it.
type crash struct {
	t        *testing.T
	random   *rand.Rand
	dir      string
	env      map[string]string
	address  string // where the bot listens
	platform *emulator.Platform
	killer   *killer
	client   *http.Client

	bot           *child
	startTime     time.Duration // of the last start, until it listened
	kills, starts int

	mu       sync.Mutex
	acts     map[string][]act
	answered int
	walkers  []*walker
	events   []posted
	joining  bool // whoever is done makes room for somebody new
}

func newCrash(t *testing.T, seed uint64) *crash {
	t.Helper()
	c := &crash{
		t: t, random: rand.New(rand.NewPCG(seed, 0)), dir: copyBot(t, exampleRestock), killer: &killer{},
		client: &http.Client{Timeout: 10 * time.Second}, acts: map[string][]act{},
	}
	rewrite(t, filepath.Join(c.dir, "bot.yaml"), "quiet_hours: 21:00-08:00\n", "")
	c.address = freeAddresses(t, 1)[0]
	var err error
	c.platform, err = emulator.New(emulator.Config{
		PageID: emulatorPage, AccessToken: emulatorToken, AppSecret: emulatorSecret, VerifyToken: emulatorVerify,
		Deliver: c.killer.webhooks("http://"+c.address, c.acknowledged), Profiles: true, Receipts: true,
		GetStarted: flows.Payload{Start: true}.Encode(),
	})
	if err != nil {
		t.Fatal(err)
	}
	graph := httptest.NewServer(c.killer.graph(c.platform))
	t.Cleanup(graph.Close)
	c.env = map[string]string{
		"MESSENGER_PAGE_ID": emulatorPage, "MESSENGER_ACCESS_TOKEN": emulatorToken, "MESSENGER_APP_SECRET": emulatorSecret,
		"MESSENGER_VERIFY_TOKEN": emulatorVerify, "MESSENGER_GRAPH_URL": graph.URL + "/v25.0",
		"RELANCE_API_KEY": crashKey, "LOG_LEVEL": "warn",
	}
	c.live()
	return c
}

// start starts the bot on what it has stored, at the same address as ever.
func (c *crash) start() *child {
	c.t.Helper()
	for range 50 {
		c.starts++
		begun := time.Now()
		bot := startChild(c.t, c.env, "run", c.dir, "--listen", c.address)
		select {
		case <-bot.ready:
			c.startTime = time.Since(begun)
			c.platform.Retry()
			return bot
		case <-bot.ended:
		case <-time.After(30 * time.Second):
			c.t.Fatalf("the bot does not start:\n%s", bot.log)
		}
		if !c.portTaken(bot) {
			c.t.Fatalf("the bot does not start again: %v\n%s", bot.state, bot.log)
		}
		time.Sleep(50 * time.Millisecond)
	}
	c.t.Fatalf("%s stays in use", c.address)
	return nil
}

// portTaken reports whether a bot that has ended found its port in use: somebody
// else on this machine got it for a moment.
func (c *crash) portTaken(b *child) bool {
	return !b.killed() && strings.Contains(b.log.String(), "address already in use")
}

// arrive starts the bot, lets one person agree who stays, and opens the door for
// the others.
func (c *crash) arrive() {
	c.bot = c.start()
	stays := &walker{psid: c.platform.Join(lastPSID, "Ida", "", "fr_FR", "Europe/Paris"), stays: true}
	c.mu.Lock()
	c.walkers = append(c.walkers, stays)
	c.mu.Unlock()
	c.until("the one who stays has agreed", func() bool { return stays.step == atEnd })
	c.join(true)
}

// join opens the door for new people, or closes it.
func (c *crash) join(open bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.joining = open
}

// disturb kills and restarts the bot until it was killed so many times. Each time
// it may live undisturbed first for up to calm.
func (c *crash) disturb(kills int, calm time.Duration) {
	for c.kills < kills {
		time.Sleep(time.Duration(c.random.Int64N(int64(calm + 1))))
		c.killer.draw(c.random, c.bot)
		select {
		case <-c.bot.ended:
		case <-time.After(time.Duration(50+c.random.IntN(400)) * time.Millisecond):
			c.killer.now(anyTime)
		}
		c.buried(c.bot)
		for c.random.IntN(10) == 0 && c.kills < kills {
			c.starts++
			early := startChild(c.t, c.env, "run", c.dir, "--listen", c.address)
			time.Sleep(time.Duration(c.random.Int64N(int64(c.startTime))))
			_ = early.process.Kill()
			early.wait(c.t)
			if !c.portTaken(early) {
				c.killer.note(whileStarting)
				c.buried(early)
			}
		}
		c.bot = c.start()
		if c.random.IntN(20) == 0 { // some echoes are late, others too late
			c.echo()
		}
	}
}

func (c *crash) echo() {
	if err := c.platform.Echo(); err != nil {
		c.t.Error(err)
	}
}

// buried waits for the end of a bot that was killed.
func (c *crash) buried(b *child) {
	c.t.Helper()
	b.wait(c.t)
	if !b.killed() {
		c.t.Fatalf("the bot ended by itself: %v\n%s", b.state, b.log)
	}
	c.kills++
	c.healthy(b)
}

// healthy looks for what no kill excuses.
func (c *crash) healthy(b *child) {
	c.t.Helper()
	for _, sign := range []string{"DATA RACE", "panic:", `"level":"ERROR"`} {
		if log := b.log.String(); strings.Contains(log, sign) {
			c.t.Errorf("the bot's log says %s:\n%s", sign, log)
		}
	}
}

func (c *crash) until(what string, holds func() bool) {
	c.t.Helper()
	for deadline := time.Now().Add(2 * time.Minute); ; time.Sleep(10 * time.Millisecond) {
		c.mu.Lock()
		ok := holds()
		c.mu.Unlock()
		if ok {
			return
		}
		if time.Now().After(deadline) {
			c.t.Fatalf("not in two minutes: %s", what)
		}
	}
}

// calm lets the bot come to rest and end by itself. A reply of unknown outcome
// comes again after 30 s, so that may take a while.
func (c *crash) calm() {
	c.t.Helper()
	c.join(false)
	c.echo()
	for deadline := time.Now().Add(4 * time.Minute); !c.resting(); time.Sleep(200 * time.Millisecond) {
		if time.Now().After(deadline) {
			c.t.Error("the bot does not come to rest")
			break
		}
		c.platform.Retry() // a webhook that failed often would come again in minutes only
	}
	if code := c.bot.terminate(c.t); code != exitFine {
		c.t.Errorf("the bot ends with %d after SIGTERM:\n%s", code, c.bot.log)
	}
	c.healthy(c.bot)
}

// resting reports whether nothing will happen any more in the next minutes.
func (c *crash) resting() bool {
	rests := false
	c.inspect(func(ctx context.Context, b *bot.Bot, _ storage.Store) error {
		next, ok, err := b.NextDue(ctx)
		rests = !ok || next.After(time.Now().Add(5*time.Minute))
		return err
	})
	if !rests {
		return false
	}
	still := time.Now()
	time.Sleep(300 * time.Millisecond) // whoever may take a step has done so by then
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.platform.Undelivered()) == 0 && !slices.ContainsFunc(c.walkers, func(w *walker) bool {
		return w.waits() || w.moved.After(still)
	})
}

// inspect looks into what the bot has stored.
func (c *crash) inspect(f func(context.Context, *bot.Bot, storage.Store) error) {
	c.t.Helper()
	printed := &output{}
	if err := newApp(c.env, printed).inspect(c.t.Context(), c.dir, "", f); err != nil {
		c.t.Fatalf("%v\n%s", err, printed)
	}
}
