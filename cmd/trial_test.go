package cmd

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
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

// deliver brings a webhook of the platform to one of the processes: to another if
// the first does not take it, as whoever spreads the load does.
func (c *trial) deliver(ctx context.Context, header http.Header, body []byte) (status int, err error) {
	c.mu.Lock()
	if c.unheard != "" && bytes.Contains(body, []byte(c.unheard)) {
		c.mu.Unlock()
		return http.StatusServiceUnavailable, nil // says the network
	}
	lags := time.Duration(0)
	if c.c.overtake && receipt.Match(body) {
		lags = time.Duration(1+c.delivery.IntN(400)) * time.Millisecond
		c.late++
		c.lagging++
	}
	c.mu.Unlock()
	if lags == 0 {
		return c.bring(ctx, header, body)
	}
	time.AfterFunc(lags, func() {
		for range 1000 {
			status, err := c.bring(context.Background(), header, body)
			if err == nil && status == http.StatusOK {
				break
			}
			time.Sleep(20 * time.Millisecond)
		}
		c.mu.Lock()
		defer c.mu.Unlock()
		c.lagging--
	})
	return http.StatusOK, nil // by whoever passes it on
}

func (c *trial) bring(ctx context.Context, header http.Header, body []byte) (status int, err error) {
	c.mu.Lock()
	order := c.delivery.Perm(len(c.bots))
	now := time.Now()
	slices.SortStableFunc(order, func(i, j int) int { return c.bots[i].avoided(now) - c.bots[j].avoided(now) })
	c.mu.Unlock()
	for _, i := range order {
		c.killer.at(webhookPosted, i)
		status, err = postWebhook(ctx, c.client, "http://"+c.bots[i].address, header, body)
		if err != nil {
			c.avoid(i)
		}
		if err == nil && status == http.StatusOK {
			c.acknowledged(i, header, body)
			c.killer.at(webhookAnswered, i)
			return status, nil
		}
	}
	return status, err
}

// receipt recognizes the webhooks that may be overtaken: those that tell what was
// delivered and read. A delivery that comes before the echo is known to be lost.
var receipt = regexp.MustCompile(`"delivery":|"read":`)

// avoid lets the others be asked first for a while.
func (c *trial) avoid(i int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.bots[i].silent = time.Now()
}

// avoided is 1 for a process that gave no answer lately.
func (s *seat) avoided(now time.Time) int {
	if now.Sub(s.silent) < time.Second {
		return 1
	}
	return 0
}

// platformPatience is how long the platform waits for the answer to a webhook.
const platformPatience = 5 * time.Second

// repeat posts webhooks again that were answered with 200, in any order and to any
// process, from several connections at once. Every one must be answered with 200
// while the platform waits.
func (c *trial) repeat(n int) {
	client := &http.Client{Timeout: platformPatience}
	var senders sync.WaitGroup
	for range 8 {
		senders.Go(func() {
			for range n / 8 {
				c.mu.Lock()
				again := c.bodies[c.delivery.IntN(len(c.bodies))]
				to := c.bots[c.delivery.IntN(len(c.bots))]
				c.repeated++
				c.mu.Unlock()
				begun := time.Now()
				status, err := postWebhook(context.Background(), client, "http://"+to.address, again.header, again.body)
				c.mu.Lock()
				c.slowest = max(c.slowest, time.Since(begun))
				c.mu.Unlock()
				if err != nil || status != http.StatusOK {
					c.t.Errorf("a webhook that comes again is answered with %d, %v", status, err)
				}
			}
		})
	}
	senders.Wait()
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

// ask does one request with the API key to any of the processes. The status is 0 if
// there is no answer.
func (c *trial) ask(ctx context.Context, method, path, body string) (i, status int, answer string) {
	c.mu.Lock()
	i = c.delivery.IntN(len(c.bots))
	c.mu.Unlock()
	req, err := http.NewRequestWithContext(ctx, method, "http://"+c.bots[i].address+path, strings.NewReader(body))
	if err != nil {
		c.t.Error(err)
		return i, 0, ""
	}
	req.Header.Set("Authorization", "Bearer "+trialKey)
	res, err := c.client.Do(req)
	if err != nil {
		return i, 0, ""
	}
	defer res.Body.Close()
	raw, err := io.ReadAll(res.Body)
	if err != nil {
		return i, 0, ""
	}
	return i, res.StatusCode, string(bytes.TrimSpace(raw))
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

// calm lets the bots come to rest and end by themselves. A reply of unknown outcome
// comes again after 30 s, so that may take a while.
func (c *trial) calm() {
	c.t.Helper()
	c.join(false)
	c.echo()
	for deadline := time.Now().Add(2 * time.Minute); ; time.Sleep(200 * time.Millisecond) {
		unrest := c.unrest()
		if unrest == "" {
			break
		}
		if time.Now().After(deadline) {
			c.t.Errorf("the bots do not come to rest: %s", unrest)
			break
		}
		c.platform.Retry() // a webhook that failed often would come again in minutes only
	}
	for _, s := range c.bots {
		if code := s.bot.terminate(c.t); code != exitFine {
			c.t.Errorf("a bot ends with %d after SIGTERM:\n%s", code, s.bot.log)
		}
		c.healthy(s.bot)
	}
}

// unrest says what will still happen in the next minutes; "" if nothing.
func (c *trial) unrest() (what string) {
	c.inspect(func(ctx context.Context, b *bot.Bot, store storage.Store) error {
		next, ok, err := b.NextDue(ctx)
		if ok && next.Before(time.Now().Add(5*time.Minute)) {
			what = fmt.Sprintf("something is due %s from now", time.Until(next))
		}
		if err != nil {
			return err
		}
		return store.Read(ctx, func(r storage.Reader) error {
			for _, state := range []string{storage.SendClaimed, storage.SendWaiting} { // perhaps by a process that is gone
				some, err := r.SendsIn(state, 10)
				if err != nil {
					return err
				}
				for _, s := range some {
					what = fmt.Sprintf("message %s is %s since %s", s.ID, s.State, s.ClaimAt)
				}
			}
			return nil
		})
	})
	if what != "" {
		return what
	}
	still := time.Now()
	time.Sleep(300 * time.Millisecond) // whoever may take a step has done so by then
	c.mu.Lock()
	defer c.mu.Unlock()
	if n := c.lagging + len(c.platform.Undelivered()); n > 0 {
		return fmt.Sprintf("%d webhooks are on their way", n)
	}
	for _, w := range c.walkers {
		if w.waits() || w.moved.After(still) {
			return fmt.Sprintf("%s, of kind %d, is at step %d since %s", w.psid, w.kind, w.step, w.moved)
		}
	}
	return ""
}

// inspect looks into what the bots have stored.
func (c *trial) inspect(f func(context.Context, *bot.Bot, storage.Store) error) {
	c.t.Helper()
	c.open(toLook, f)
}

// open opens what the bots have stored.
func (c *trial) open(use use, f func(context.Context, *bot.Bot, storage.Store) error) {
	c.t.Helper()
	printed := &output{}
	if err := newApp(c.env, printed).open(c.t.Context(), c.dir, "", use, f); err != nil {
		c.t.Fatalf("%v\n%s", err, printed)
	}
}

// verdict gathers the evidence, prints what happened, and reports every broken
// promise.
func (c *trial) verdict(faults string) *evidence {
	c.t.Helper()
	e := c.gather()
	broken := e.broken()
	var shares []string
	for _, s := range c.bots {
		shares = append(shares, fmt.Sprintf("%d/%d", s.answered, s.calls))
	}
	c.t.Logf("%s; %d starts, %d people, %d webhooks answered 200, %d of them told of an act, %d late, %d sent again, %d calls, %d messages shown, %d of them notifications, %d events; webhooks/calls of each process: %s; %d violations",
		faults, c.starts, len(e.people), c.answered, e.acts(), c.late, c.repeated, len(e.calls), e.shown(fromPage), e.shown(told), len(e.events), strings.Join(shares, " "), len(broken))
	for _, b := range broken {
		c.t.Error(b)
	}
	return e
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
