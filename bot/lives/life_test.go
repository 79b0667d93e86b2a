package lives

import (
	"context"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strconv"
	"testing/fstest"
	"time"

	"pgregory.net/rapid"

	"github.com/relance-bot/relance/bot"
	"github.com/relance-bot/relance/bot/messenger"
	"github.com/relance-bot/relance/bot/messenger/emulator"
	"github.com/relance-bot/relance/flows"
	"github.com/relance-bot/relance/storage"
	"github.com/relance-bot/relance/storage/sqlite"
)

// crowd is how many people a life is about.
const crowd = 50

// The emulated Page's credentials. They protect nothing.
const (
	pageID      = "1000000000000001"
	accessToken = "emulated-page-access-token"
	appSecret   = "emulated-app-secret"
)

// life is one bot with its people, shop and platform, from its first day to its last.
type life struct {
	t     *rapid.T
	world *world
	shop  *shop
	which int // edition that runs

	memory   *memory // nil: a database in a file
	path     string
	start    time.Time
	clock    *bot.ManualClock
	platform *emulator.Platform
	channel  *messenger.Channel
	raw      storage.Store
	mortal   *mortal
	bot      *bot.Bot

	people []*person
	byID   map[string]*person
	tokens map[string]string // whom a notification token belongs to
	heard  map[string]*act   // webhooks by their body
	tape   *tape

	letters, said, events int
	held                  bool // the platform keeps webhooks back

	endings map[string][]ending // by PSID
	fated   *person             // forgotten with the next message to them
	owed    func()              // what the process died of, and is asked again
}

// person is somebody with a phone.
type person struct {
	psid, name string
	zone       string // as the platform's profile and the shop know it at first; "" unknown
	born       string
	screen     []string // labels shown to them, newest last
}

// world is what lives have in common.
type world struct {
	shops    []*shop
	compiler compiler
	dir      string
	blank    []byte // a database in which nothing stands yet
	sums     sums
}

// newWorld prepares for lives in a folder.
func newWorld(dir string) (*world, error) {
	w := &world{shops: shops(), dir: dir}
	path := filepath.Join(dir, "blank.db")
	store, err := sqlite.Open(context.Background(), path, sqlite.Config{Volatile: true})
	if err != nil {
		return nil, err
	}
	if err := store.Close(); err != nil {
		return nil, err
	}
	w.blank, err = os.ReadFile(path)
	return w, err
}

// read copies a file, or what stands in a folder, into files.
func read(files fstest.MapFS, from fs.FS, name string) {
	// What is not there in one of two folders is in the other.
	_ = fs.WalkDir(from, name, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		text, err := fs.ReadFile(from, path)
		files[path] = &fstest.MapFile{Data: text}
		return err
	})
}

// newLife begins a life at a time. end takes what is left of it away.
func (w *world) newLife(t *rapid.T, s *shop, start time.Time, zones []string, file bool) (l *life, end func()) {
	l = &life{
		t: t, world: w, shop: s, start: start, clock: bot.NewManualClock(start), byID: map[string]*person{},
		tokens: map[string]string{}, heard: map[string]*act{}, tape: &tape{}, endings: map[string][]ending{},
	}
	end = func() {
		if l.raw != nil {
			_ = l.raw.Close()
		}
		_ = os.RemoveAll(filepath.Dir(l.path))
	}
	if !file {
		l.memory = newMemory()
		end = func() {}
	} else if dir, err := os.MkdirTemp(w.dir, "life-"); err != nil {
		t.Fatal(err)
	} else if l.path = filepath.Join(dir, "relance.db"); os.WriteFile(l.path, w.blank, 0o600) != nil {
		t.Fatal("a database cannot be written")
	}
	var err error
	l.platform, err = emulator.New(emulator.Config{
		PageID: pageID, AccessToken: accessToken, AppSecret: appSecret, VerifyToken: "emulated-verify-token", Region: "EU",
		Now: l.clock.Now, Deliver: l.deliver, GetStarted: flows.Payload{Start: true}.Encode(),
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := l.open(); err != nil {
		t.Fatal(err)
	}
	for i := range crowd {
		p := &person{name: names[i%len(names)] + strconv.Itoa(i), zone: zones[i%len(zones)]}
		p.born = time.Date(1990, start.Month(), start.Day()+i%20, 0, 0, 0, 0, time.UTC).Format("2006-01-02")
		p.psid = l.platform.Join("", p.name, "", "en_GB", p.zone)
		l.people = append(l.people, p)
		l.byID[p.psid] = p
	}
	return l, end
}

var names = []string{"Ana", "Bob", "Cem", "Dina", "Eva", "Fay", "Gus", "Hal", "Ida", "Jon"}

// open starts the bot on what is stored.
func (l *life) open() (err error) {
	edition := l.world.compiler.edition(l.shop, l.which)
	if edition.program == nil {
		l.t.Fatalf("%s does not load: %v", l.shop.name, edition.found)
	}
	l.channel, err = messenger.New(messenger.Config{
		PageID: pageID, AccessToken: accessToken, AppSecret: appSecret, VerifyToken: "emulated-verify-token",
		GraphURL: "http://graph.localhost", Dial: l.dial, Lanes: []string{"recurring"}, Region: "EU",
	})
	if err != nil {
		return err
	}
	if l.memory != nil {
		l.raw = l.memory.open()
	} else if l.raw, err = sqlite.Open(context.Background(), l.path, sqlite.Config{Exclusive: true, Volatile: true}); err != nil {
		return err
	}
	l.mortal = &mortal{Store: l.raw}
	l.bot, err = bot.New(context.Background(), bot.Config{
		Program: edition.program, Data: edition.data, Store: l.mortal, Channels: []bot.Channel{l.channel}, Clock: l.clock, FirstChoice: true,
		Log: slog.New(slog.NewTextHandler(io.Discard, nil)),
		NewID: func() string {
			l.letters++
			return "letter-" + strconv.Itoa(l.letters)
		},
	})
	l.tape.add(line{at: l.clock.Now(), note: began, text: strconv.Itoa(l.which + 1)})
	return err
}

// revive starts the process again that is dead.
func (l *life) revive() {
	l.tape.add(line{at: l.clock.Now(), note: died})
	l.world.sums.crashes.Add(1)
	if err := l.raw.Close(); err != nil {
		l.t.Fatal(err)
	}
	if err := l.open(); err != nil {
		l.t.Fatal(err)
	}
}

// tries does something with the bot, and does it again on the bot that is started anew
// if that killed it.
func (l *life) tries(do func() error) {
	for {
		err := do()
		if l.mortal.killed() {
			l.revive()
			if err == nil {
				return
			}
			continue
		}
		if err != nil {
			l.t.Fatalf("the bot fails: %v", err)
		}
		return
	}
}

// restless is how long the bot may take, by the machine's clock, to do what is due at one
// time: it takes milliseconds, unless it never ends.
const restless = 2 * time.Minute

// rest lets everything happen that is due at this time, on both ends of the wire.
func (l *life) rest() {
	ctx, cancel := context.WithTimeout(context.Background(), restless)
	defer cancel()
	for range 10_000 {
		if err := l.platform.Flush(ctx); err != nil {
			l.t.Fatal(err)
		}
		if l.mortal.killed() {
			l.revive()
		}
		l.tries(func() error {
			if do := l.owed; do != nil {
				l.owed = nil
				do()
			}
			if err := l.bot.Settle(ctx); err != nil || l.owed == nil {
				return err
			}
			return errKilled // amidst a call
		})
		if !l.platform.Pending() {
			if n := len(l.tape.lines); n == 0 || l.tape.lines[n-1].note != rested {
				l.tape.add(line{at: l.clock.Now(), note: rested, made: l.letters})
			}
			return
		}
	}
	l.t.Fatal("the bot and the platform do not come to rest")
}

// passes moves the clock on, through everything that comes due.
func (l *life) passes(d time.Duration) {
	end := l.clock.Now().Add(d)
	for range 100_000 {
		l.rest()
		var next time.Time
		var ok bool
		l.tries(func() (err error) {
			next, ok, err = l.bot.NextDue(context.Background())
			return err
		})
		if retry, some := l.platform.Next(); some && !l.held && (!ok || retry.Before(next)) {
			next, ok = retry, true
		}
		if !ok || next.After(end) {
			l.clock.Set(end)
			l.rest()
			return
		}
		if next.After(l.clock.Now()) {
			l.clock.Set(next)
		}
	}
	l.t.Fatal("the bot does not sleep")
}

// contact is the bot's name for somebody.
func contact(psid string) string { return bot.ContactID("messenger", pageID, psid) }

// meets tells the bot what the shop knows about somebody.
func (l *life) meets(p *person, zone string) {
	who := flows.Contact{FirstName: p.name, Timezone: zone}
	if _, has := l.shop.topics["gifts"]; has {
		who.Fields = map[string]any{"birthday": p.born}
	}
	l.tape.add(line{at: l.clock.Now(), who: p.psid, note: moved, text: zone})
	l.tries(func() error { return l.bot.Meet(context.Background(), contact(p.psid), who) })
}

// gives lets the bot take over a consent that was given elsewhere.
func (l *life) gives(p *person, topic, often string, size int) {
	title := l.shop.topics[topic].title
	for _, t := range l.platform.Topics(p.psid) {
		if t.Title == title {
			return // they have accepted, and perhaps stopped, it here
		}
	}
	l.meets(p, "")
	token, err := l.platform.Give(p.psid, title)
	if err != nil {
		l.t.Fatal(err)
	}
	l.tokens[token] = p.psid
	interest := map[string]any{}
	if topic == "restock" {
		interest["size"] = float64(size)
	}
	at := l.clock.Now()
	l.tape.add(line{at: at, who: p.psid, given: &given{topic, often, size}})
	l.tries(func() error {
		return l.bot.Import(context.Background(), contact(p.psid), bot.Subscription{
			Topic: topic, Cadence: often, Interest: interest, At: at, Wording: title,
			Permit: &bot.Permit{Lane: "recurring", Token: token, Title: title},
		})
	})
}

// reports is an event of the shop.
func (l *life) reports(size int) {
	l.events++
	e := event{l.events, size}
	l.tape.add(line{at: l.clock.Now(), event: &e})
	l.tries(func() error {
		_, _, err := l.bot.Events(context.Background(), []bot.ShopEvent{{
			ID: "restock-" + strconv.Itoa(e.n), Name: "restock", Data: map[string]any{"n": e.n, "size": e.size},
		}})
		return err
	})
}

// acts lets somebody do something. What they cannot do on their phone does not happen.
func (l *life) acts(do func() error) {
	err := do()
	if err == nil {
		l.world.sums.acts.Add(1)
	}
	if l.mortal.killed() {
		l.revive()
	}
}
