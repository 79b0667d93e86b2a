package cmd

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/relance-bot/relance/bot/messenger/emulator"
	"github.com/relance-bot/relance/flows"
)

const trialKey = "trial-api-key"

// trialConfig says what is tried.
type trialConfig struct {
	seed      uint64
	databases []string      // one process for each; "" is SQLite in the bot's folder
	look      string        // the database as the test itself reaches it; "" is the first
	people    int           // that move at once
	most      int           // people at all; 0 is no limit
	quorum    int           // the shop waits until so many are to be told,
	wait      time.Duration // or somebody waits for so long
	readers   bool          // some people want the weekly news
	rate      int           // of the Page; 0 is the flagship's
	overtake  bool          // receipts come late, in any order
	faulty    bool          // the store will fail: the bots' logs may say so
	env       func(i int) map[string]string
}

// trial is everything but the bots: their platform, their people, their shop, and
// who disturbs them.
type trial struct {
	t        *testing.T
	c        trialConfig
	random   *rand.Rand
	dir      string
	env      map[string]string // of whoever looks into the store
	platform *emulator.Platform
	killer   *killer
	client   *http.Client
	bots     []*seat

	kills, starts int

	mu       sync.Mutex
	delivery *rand.Rand // which process gets a request
	acts     map[string][]act
	answered int
	repeated int
	slowest  time.Duration // answer to one of those
	late     int           // webhooks that were overtaken
	lagging  int           // those on their way
	bodies   []delivered
	walkers  []*walker
	events   []posted
	line     []handled
	faults   []fault
	unheard  string // a person whose webhooks do not come through
	joining  bool   // whoever is done makes room for somebody new
}

// seat is the place of one process: whoever sits there has its address.
type seat struct {
	address   string
	env       map[string]string
	startTime time.Duration // of the last start, until it listened
	bot       *child
	silent    time.Time // when it last gave no answer
	answered  int       // webhooks
	calls     int       // of the platform's API
}

// delivered is a webhook that was answered with 200.
type delivered struct {
	header http.Header
	body   []byte
}

func newTrial(t *testing.T, config trialConfig) *trial {
	t.Helper()
	if len(config.databases) == 0 {
		config.databases = []string{""}
	}
	seed := rand.New(rand.NewPCG(config.seed, 0))
	c := &trial{
		t: t, c: config, random: seed, dir: copyBot(t, exampleRestock), killer: &killer{},
		client: &http.Client{Timeout: 10 * time.Second}, acts: map[string][]act{}, delivery: rand.New(rand.NewPCG(config.seed, 2)),
	}
	if len(config.databases) > 1 {
		c.client.Timeout = time.Second // another process takes it then
	}
	rewrite(t, filepath.Join(c.dir, "bot.yaml"), "quiet_hours: 21:00-08:00\n", "")
	for _, title := range []string{"    title: Ta pointure est de retour\n", "    title: Les nouveautés de la semaine\n"} { // most people here stop
		rewrite(t, filepath.Join(c.dir, "bot.yaml"), title, title+"    pause_if: {opt_outs: 100%, errors: 100%}\n")
	}
	if config.rate > 0 {
		rewrite(t, filepath.Join(c.dir, "bot.yaml"), "rate: 40/s", fmt.Sprintf("rate: %d/s", config.rate))
	} else {
		c.c.rate = 40
	}
	var err error
	c.platform, err = emulator.New(emulator.Config{
		PageID: emulatorPage, AccessToken: emulatorToken, AppSecret: emulatorSecret, VerifyToken: emulatorVerify,
		Deliver: c.deliver, Profiles: true, Receipts: true, SendsPerSecond: -1,
		GetStarted: flows.Payload{Start: true}.Encode(),
	})
	if err != nil {
		t.Fatal(err)
	}
	graph := httptest.NewServer(c.killer.graph(c.platform, c.called))
	t.Cleanup(graph.Close)
	c.env = map[string]string{
		"MESSENGER_PAGE_ID": emulatorPage, "MESSENGER_ACCESS_TOKEN": emulatorToken, "MESSENGER_APP_SECRET": emulatorSecret,
		"MESSENGER_VERIFY_TOKEN": emulatorVerify, "RELANCE_API_KEY": trialKey, "LOG_LEVEL": "warn",
	}
	for i, address := range freeAddresses(t, len(config.databases)) {
		s := &seat{address: address, env: map[string]string{"MESSENGER_GRAPH_URL": fmt.Sprintf("%s/%d/v25.0", graph.URL, i)}}
		for name, value := range c.env {
			s.env[name] = value
		}
		if url := config.databases[i]; url != "" {
			s.env["RELANCE_DATABASE"] = url
		}
		if config.env != nil {
			for name, value := range config.env(i) {
				s.env[name] = value
			}
		}
		c.bots = append(c.bots, s)
	}
	if c.env["RELANCE_DATABASE"] = config.look; config.look == "" {
		c.env["RELANCE_DATABASE"] = config.databases[0]
	}
	if c.env["RELANCE_DATABASE"] == "" {
		delete(c.env, "RELANCE_DATABASE")
	}
	c.live()
	return c
}

// begin starts the bots, lets one person agree who stays, and opens the door for
// the others.
func (c *trial) begin() {
	c.t.Helper()
	for _, s := range c.bots { // all at once, on an empty database
		s.bot = c.launch(s)
	}
	for _, s := range c.bots {
		c.started(s)
	}
	stays := &walker{psid: c.platform.Join(lastPSID, "Ida", "", "fr_FR", "Europe/Paris"), kind: stays}
	c.mu.Lock()
	c.walkers = append(c.walkers, stays)
	c.mu.Unlock()
	c.until("the one who stays has agreed", func() bool { return !stays.agreed.IsZero() })
	c.join(true)
}

// launch starts a process on what is stored, at the same address as ever.
func (c *trial) launch(s *seat) *child {
	c.starts++
	return startChild(c.t, s.env, "run", c.dir, "--listen", s.address)
}

// start starts a process and waits until it listens.
func (c *trial) start(s *seat) {
	c.t.Helper()
	s.bot = c.launch(s)
	c.started(s)
}

func (c *trial) started(s *seat) {
	c.t.Helper()
	for range 50 {
		begun := time.Now()
		select {
		case <-s.bot.ready:
			s.startTime = time.Since(begun)
			c.platform.Retry()
			return
		case <-s.bot.ended:
		case <-time.After(30 * time.Second):
			c.t.Fatalf("the bot does not start:\n%s", s.bot.log)
		}
		if !portTaken(s.bot) {
			c.t.Fatalf("the bot does not start again: %v\n%s", s.bot.state, s.bot.log)
		}
		time.Sleep(50 * time.Millisecond)
		s.bot = c.launch(s)
	}
	c.t.Fatalf("%s stays in use", s.address)
}

// portTaken reports whether a bot that has ended found its port in use: somebody
// else on this machine got it for a moment.
func portTaken(b *child) bool {
	return !b.killed() && strings.Contains(b.log.String(), "address already in use")
}

// called notes a call of one process.
func (c *trial) called(call handled) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if call.seat < len(c.bots) {
		c.bots[call.seat].calls++
	}
	c.line = append(c.line, call)
}

// hit notes what was done to one process, or to everyone, from a time until now.
func (c *trial) hit(seat int, from time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.faults = append(c.faults, fault{seat: seat, from: from, to: time.Now()})
}

// join opens the door for new people, or closes it.
func (c *trial) join(open bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.joining = open
}

func (c *trial) echo() {
	if err := c.platform.Echo(); err != nil {
		c.t.Error(err)
	}
}

// buried waits for the end of a bot that was killed.
func (c *trial) buried(seat int, b *child) {
	c.t.Helper()
	b.wait(c.t)
	c.hit(seat, time.Now())
	if !b.killed() {
		c.t.Fatalf("the bot ended by itself: %v\n%s", b.state, b.log)
	}
	c.kills++
	c.healthy(b)
}

// healthy looks for what no fault excuses.
func (c *trial) healthy(b *child) {
	c.t.Helper()
	signs := []string{"DATA RACE", "panic:"}
	if !c.c.faulty {
		signs = append(signs, `"level":"ERROR"`)
	}
	for _, sign := range signs {
		if log := b.log.String(); strings.Contains(log, sign) {
			c.t.Errorf("the bot's log says %s:\n%s", sign, log)
		}
	}
}

func (c *trial) until(what string, holds func() bool) {
	c.t.Helper()
	for deadline := time.Now().Add(2 * time.Minute); ; time.Sleep(10 * time.Millisecond) {
		c.mu.Lock()
		ok := holds()
		c.mu.Unlock()
		if ok {
			return
		}
		if time.Now().After(deadline) {
			c.t.Fatalf("not in two minutes: %s\n%s", what, c.bots[0].bot.log)
		}
	}
}

// trialSeed draws what happens in a trial; RELANCE_CRASH_SEED draws the same again.
func trialSeed(t *testing.T) uint64 {
	t.Helper()
	seed := uint64(time.Now().UnixNano())
	if text := os.Getenv("RELANCE_CRASH_SEED"); text != "" {
		seed = number(t, text)
	}
	t.Logf("RELANCE_CRASH_SEED=%d", seed)
	return seed
}

// trialKills is how often a process is killed; RELANCE_CRASH_KILLS sets another
// number.
func trialKills(t *testing.T, usual, short int) int {
	t.Helper()
	if text := os.Getenv("RELANCE_CRASH_KILLS"); text != "" {
		return int(number(t, text))
	}
	if testing.Short() {
		return short
	}
	return usual
}

func number(t *testing.T, text string) uint64 {
	t.Helper()
	n, err := strconv.ParseUint(text, 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	return n
}
