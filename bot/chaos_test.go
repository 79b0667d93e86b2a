package bot_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/relance-bot/relance/bot"
	"github.com/relance-bot/relance/flows"
	"github.com/relance-bot/relance/storage"
)

// chaos tells stories that nobody wrote: people, the shop, the platform and the
// process do whatever comes to a random source, and the promises must hold.
type chaos struct {
	*world
	r     *rand.Rand
	told  []string // what happened, for when it goes wrong
	life  *mortal
	had   map[string]bool      // notifications the platform has, or may have
	last  map[string]time.Time // the last of them, by person and text
	zones map[string]*time.Location
	asked map[string]string // the version of the last question each person was asked
	seen  map[string]bool   // messages that went out, by id
}

var chaotic = with(flagship,
	"bot.yaml", strings.Replace(flagship["bot.yaml"], "cadence: [weekly, monthly]", "cadence: [daily, weekly, monthly]", 1)+"quiet_hours: 21:00-08:00\n",
	"flows/monday.yaml", strings.Replace(flagship["flows/monday.yaml"], "0 9 * * MON", "0 9 * * *", 1),
	"flows/news.yaml", `
triggers:
  - keywords: [news]
steps:
  - opt_in: nouveautes
    cadence: [daily]
    accepted:
      - say: Noté.
`)

// versions are programs that take each other's place: each with words of its own, the
// second without the shop's trigger, the third without the schedule.
var versions = []map[string]string{
	chaotic,
	with(chaotic, "flows/restock.yaml", versionOf("2"), "flows/back_in_stock.yaml", ""),
	with(chaotic, "flows/restock.yaml", versionOf("3"), "flows/monday.yaml", ""),
}

// versionOf is the flow that asks, in the words of a version. Its steps have other places.
func versionOf(v string) string {
	flow := strings.NewReplacer("cherches-tu ?", "cherches-tu, "+v+" ?", "C'est noté !", "C'est noté, "+v+" !").Replace(flagship["flows/restock.yaml"])
	return strings.Replace(flow, "steps:\n", "steps:\n  - set: {version: "+v+"}\n", 1)
}

func TestWhateverHappensThePromisesHold(t *testing.T) {
	t.Parallel()
	stories := uint64(40)
	if testing.Short() {
		stories = 12
	}
	for seed := range stories {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			t.Parallel()
			c := &chaos{
				world: newWorld(t, chaotic), r: rand.New(rand.NewPCG(seed, 1)), had: map[string]bool{}, last: map[string]time.Time{},
				zones: map[string]*time.Location{}, asked: map[string]string{}, seen: map[string]bool{},
			}
			c.home.together = 1 + int(seed%3)
			c.eager = seed%2 == 1
			c.down()
			c.wrap = func(s storage.Store) storage.Store { c.life = &mortal{Store: s}; return c.life }
			c.open()
			c.home.onSend = c.watch
			defer func() {
				if t.Failed() {
					t.Logf("what happened:\n%s", strings.Join(c.told, "\n"))
				}
			}()
			for _, person := range []string{"ann", "bob"} {
				c.subscribes(person, "restock", "daily")
				c.subscribes(person, "nouveautes", "daily")
			}
			for range 60 {
				c.something()
			}
			c.peace()
		})
	}
}

func (c *chaos) note(format string, args ...any) {
	c.told = append(c.told, c.clock.Now().UTC().Format("01-02 15:04:05 ")+fmt.Sprintf(format, args...))
}

// watch looks at every message on its way out.
func (c *chaos) watch(d bot.Delivery) {
	topic := ""
	switch {
	case strings.HasPrefix(d.Message.Text, "La Gazelle"):
		topic = "restock"
	case strings.HasPrefix(d.Message.Text, "Les nouveautés de la semaine 👟"):
		topic = "nouveautes"
	}
	c.note("→ %s %s %s", d.Person, d.Lane, sketch(d.Message))
	c.consistent(d)
	if topic == "" {
		return
	}
	now := c.clock.Now()
	if c.had[d.ID] {
		c.t.Errorf("a notification goes out again that the platform may have")
	}
	zone := c.zones[d.Person]
	if zone == nil {
		zone = paris(c.t, start).Location()
	}
	if hour := now.In(zone).Hour(); hour >= 21 || hour < 8 {
		c.t.Errorf("a notification goes out at %s in %s", now.In(zone).Format("15:04"), zone)
	}
	key := d.Person + " " + topic
	if last, ok := c.last[key]; ok && last.In(zone).Format(time.DateOnly) == now.In(zone).Format(time.DateOnly) {
		c.t.Errorf("a second notification on one day about %s", topic)
	}
	c.read(func(r storage.Reader) error {
		consents, err := r.Consents(c.id(d.Person))
		for _, consent := range consents {
			if consent.Topic == topic && consent.Status != bot.StatusActive {
				c.t.Errorf("a notification about %s goes out while consent is %s", topic, consent.Status)
			}
		}
		return err
	})
}

// consistent says whether what follows a question is of the program that asked it.
func (c *chaos) consistent(d bot.Delivery) {
	if c.seen[d.ID] {
		return // it is sent again
	}
	c.seen[d.ID] = true
	_, question, asks := strings.Cut(d.Message.Text, "cherches-tu")
	_, noted, ends := strings.Cut(d.Message.Text, "C'est noté")
	switch {
	case asks:
		c.asked[d.Person] = strings.Trim(question, " ,?")
	case ends && strings.Trim(noted, " ,!") != c.asked[d.Person]:
		c.t.Errorf("%q follows a question of version %q", d.Message.Text, c.asked[d.Person])
	}
}

// deploys puts another program in the place of the one that runs: in another process or
// in the same, which may die of it.
func (c *chaos) deploys() {
	n := c.r.IntN(len(versions))
	c.files = versions[n] // whoever starts anew starts with it
	if c.r.IntN(2) == 0 {
		c.note("deploy %d, in another process", n+1)
		ended := false
		c.tries(func() error {
			if ended {
				return nil
			}
			ended = true
			c.life.kill()
			return errKilled
		})
		c.rests()
		return
	}
	c.note("deploy %d, in the same process", n+1)
	program, data := load(c.t, c.files)
	c.tries(func() error { return c.bot.Deploy(context.Background(), program, data) })
	c.program = program
	c.rests()
}

// looks takes note of what became of messages since the last look.
func (c *chaos) looks() {
	for _, made := range c.home.all() {
		notification := strings.HasPrefix(made.Message.Text, "La Gazelle") || strings.HasPrefix(made.Message.Text, "Les nouveautés de la semaine 👟")
		if !notification || made.outcome.Status == bot.Refused || c.had[made.ID] {
			continue
		}
		topic := "restock"
		if strings.HasPrefix(made.Message.Text, "Les") {
			topic = "nouveautes"
		}
		c.had[made.ID] = true
		c.last[made.Person+" "+topic] = made.at
	}
}

// tries does something with the bot, and starts it again if that killed it.
func (c *chaos) tries(do func() error) {
	c.t.Helper()
	for {
		err := do()
		c.looks()
		if err == nil {
			return
		}
		if !errors.Is(err, errKilled) {
			c.t.Fatalf("%v", err)
		}
		c.note("killed")
		if err := c.raw.Close(); err != nil {
			c.t.Fatal(err)
		}
		for err := c.tryOpen(); err != nil; err = c.tryOpen() {
			c.t.Fatal(err)
		}
	}
}

func (c *chaos) brings(e bot.Event) {
	c.tries(func() error { return c.receive(e) })
	c.rests()
}

func (c *chaos) rests() {
	c.tries(func() error { return c.bot.Settle(context.Background()) })
	if c.bot.Busy() {
		c.t.Error("a message keeps its place although nothing is on its way")
	}
}

func (c *chaos) something() {
	person := []string{"ann", "bob"}[c.r.IntN(2)]
	late := func(e bot.Event) bot.Event {
		if c.r.IntN(5) == 0 {
			return c.ago(e, time.Duration(c.r.IntN(7200))*time.Second)
		}
		return e
	}
	switch c.r.IntN(20) {
	case 0, 1, 2:
		text := []string{"stock", "42", "stock", "bonjour", "news", "oui", "42", "news", "stop"}[c.r.IntN(9)]
		c.note("%s writes %s", person, text)
		c.brings(late(c.writes(person, text)))
	case 3, 4:
		label := []string{"42", "Oui", "Non merci", "42", "Oui", "Stop"}[c.r.IntN(6)]
		shown := slices.ContainsFunc(c.home.shown(person), func(p post) bool { return slices.Contains(labels(p.Message), label) })
		if shown {
			c.note("%s taps %s", person, label)
			c.brings(late(c.taps(person, label)))
		}
	case 5, 6:
		asked := slices.ContainsFunc(c.home.shown(person), func(p post) bool { return p.Message.OptIn != nil })
		if asked {
			c.note("%s accepts", person)
			c.brings(late(c.accepts(person)))
		}
	case 7:
		kind := []bot.EventKind{bot.EventResume, bot.EventResume, bot.EventStop}[c.r.IntN(3)]
		topic := []string{"restock", "nouveautes"}[c.r.IntN(2)]
		c.note("%s: %s of %s on the platform", person, kind, topic)
		c.brings(late(c.switches(kind, person, topic)))
	case 8, 9, 16, 17:
		c.acts++
		e := back(fmt.Sprint("event ", c.acts))
		c.note("the shop reports")
		c.tries(func() error {
			_, _, err := c.bot.Events(context.Background(), []bot.ShopEvent{e})
			return err
		})
		c.rests()
	case 10:
		c.trouble()
	case 11:
		c.receipts()
	case 12:
		c.life.killSoon(1+c.r.IntN(12), c.r.IntN(2) == 0)
		c.note("the process will die")
	case 13:
		zone := []string{"Asia/Tokyo", "America/New_York", "Europe/Paris", "Pacific/Auckland"}[c.r.IntN(4)]
		c.note("%s moves to %s", person, zone)
		c.tries(func() error { return c.bot.Meet(context.Background(), c.id(person), flows.Contact{Timezone: zone}) })
		c.zones[person], _ = time.LoadLocation(zone)
		c.rests()
	case 14:
		c.deploys()
	case 15:
		c.note("programs are collected")
		c.tries(func() error { return c.bot.Collect(context.Background()) })
	default:
		d := []time.Duration{time.Second, 15 * time.Second, time.Minute, 20 * time.Minute, 3 * time.Hour, 14 * time.Hour, 30 * time.Hour}[c.r.IntN(7)]
		c.note("%s pass", d)
		c.waits(d)
	}
}

// trouble lets the platform answer in its own way for a while.
func (c *chaos) trouble() {
	classes := []bot.Class{
		bot.ClassTransient, bot.ClassBackoff, bot.ClassWindow, bot.ClassTooSoon, bot.ClassPermit, bot.ClassStopped, bot.ClassUnreachable,
		bot.ClassAskedSoon, bot.ClassAskBarred, bot.ClassThread, bot.ClassPage, bot.ClassToken, bot.ClassOperator, bot.ClassContent,
	}
	n := 1 + c.r.IntN(4)
	switch i := c.r.IntN(len(classes) + 4); {
	case i < len(classes):
		c.note("the platform refuses %d: %s", n, classes[i])
		c.home.refuses(n, classes[i])
	default:
		shown := c.r.IntN(2) == 0
		c.note("the platform swallows %d, shown %v", n, shown)
		c.home.swallows(n, shown)
	}
}

// receipts lets some message be echoed and delivered, perhaps once more.
func (c *chaos) receipts() {
	posts := c.home.all()
	if len(posts) == 0 {
		return
	}
	made := posts[c.r.IntN(len(posts))]
	if !made.shown {
		return
	}
	c.note("an echo and a delivery of an earlier message")
	e := c.event(bot.EventDelivery, made.Person)
	e.MIDs = []string{made.mid}
	if c.r.IntN(2) == 0 {
		c.brings(c.echo(made))
	}
	c.brings(e)
}

// waits moves the clock on, through everything that comes due.
func (c *chaos) waits(d time.Duration) {
	end := c.clock.Now().Add(d)
	for range 20_000 {
		c.rests()
		var next time.Time
		var ok bool
		c.tries(func() (err error) {
			next, ok, err = c.bot.NextDue(context.Background())
			return err
		})
		if !ok || next.After(end) {
			c.clock.Set(end)
			c.rests()
			return
		}
		if !next.After(c.clock.Now()) {
			if dead, _ := c.life.killed(); !dead {
				continue // what a start left to do
			}
		}
		if next.After(c.clock.Now()) {
			c.clock.Set(next)
		}
	}
	c.t.Fatal("the bot does not sleep")
}

// peace lets everything come to its end, and looks at what is left.
func (c *chaos) peace() {
	c.home.heals()
	c.note("peace")
	c.waits(2 * day)
	for _, person := range []string{"ann", "bob"} {
		c.brings(c.writes(person, "stop"))
	}
	c.waits(9 * day)
	c.read(func(r storage.Reader) error {
		for _, state := range []string{storage.SendPending, storage.SendClaimed, storage.SendWaiting} {
			sends, err := r.SendsIn(state, 10)
			if err != nil {
				return err
			}
			for _, s := range sends {
				c.t.Errorf("a message is still %s, since %s", state, s.At)
			}
		}
		held, err1 := r.Decisions(storage.DecisionQuery{Kinds: []string{bot.DecisionHeld}})
		for _, d := range held {
			c.t.Errorf("%s is still held for %s", d.Flow, d.Rule)
		}
		running, err2 := r.Occurrences("running", 10)
		if len(running) > 0 {
			c.t.Errorf("%d occurrences still run", len(running))
		}
		inputs, err3 := r.Pending(c.clock.Now().Add(day), 10)
		if len(inputs) > 0 {
			c.t.Errorf("%d inputs wait", len(inputs))
		}
		return errors.Join(err1, err2, err3)
	})
	for _, person := range []string{"ann", "bob"} {
		shown := c.home.shown(person)
		if len(shown) == 0 || !strings.HasPrefix(shown[len(shown)-1].Message.Text, "C'est fait") {
			c.t.Errorf("%s was not told that everything has stopped", person)
		}
	}
	if strings.Contains(c.log.String(), "the program it began with is gone") {
		c.t.Error("a program was lost that somebody stood in")
	}
	if strays := c.strays(); slices.ContainsFunc(strays, func(s string) bool { return strings.HasPrefix(s, "failed") }) {
		c.t.Errorf("strays %q", strays)
	}
	chains, err := c.bot.VerifyLedger(context.Background(), nil)
	if err != nil {
		c.t.Error(err)
	}
	for _, chain := range chains {
		if len(chain.Findings) > 0 || chain.Unsealed > 0 {
			c.t.Errorf("ledger: %+v", chain)
		}
	}
}
