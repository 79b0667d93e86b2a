package bot_test

import (
	"context"
	"errors"
	"log/slog"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"github.com/relance-bot/relance/bot"
	"github.com/relance-bot/relance/flows"
	"github.com/relance-bot/relance/storage"
	"github.com/relance-bot/relance/storage/postgres"
	"github.com/relance-bot/relance/storage/sqlite"
)

// start is when every story begins, a Friday in spring.
const start = "2026-03-27 18:00"

const day = 24 * time.Hour

// world is one bot on a real database, with platforms around it and a clock that
// moves when the story says so.
type world struct {
	t     testing.TB
	path  string // of its file, or the address of a PostgreSQL database
	clock *bot.ManualClock
	home  *platform   // the page that people are on unless they say otherwise
	pages []*platform // all of them
	files map[string]string
	wrap  func(storage.Store) storage.Store // what the bot sees of its database
	rate  int                               // of senders; 0: the bot's own
	eager bool                              // webhooks are handled at once
	setup func(*bot.Bot)                    // what a developer adds; may be nil
	near  bool                              // handlers may be in the machine's own network

	adjust func(*bot.Config) // changes what the bot is made of

	program *flows.Program
	raw     storage.Store
	store   storage.Store
	bot     *bot.Bot
	log     *lines

	seen map[string]int // posts that expect has looked at, by person
	acts int
}

// newWorld opens a bot that is given as its files.
func newWorld(t *testing.T, files map[string]string, pages ...*platform) *world {
	t.Helper()
	return newWorldOn(t, filepath.Join(t.TempDir(), "relance.db"), files, pages...)
}

// newWorldOn is newWorld on another database.
func newWorldOn(t *testing.T, database string, files map[string]string, pages ...*platform) *world {
	t.Helper()
	if len(pages) == 0 {
		pages = []*platform{newPlatform("1", tokenLane{name: "recurring"})}
	}
	w := &world{
		t: t, path: database, clock: bot.NewManualClock(paris(t, start)), home: pages[0], pages: pages,
		files: files, seen: map[string]int{}, log: &lines{},
	}
	for _, page := range pages {
		page.clock = w.clock
	}
	w.open()
	t.Cleanup(func() {
		if w.raw != nil {
			_ = w.raw.Close()
		}
	})
	return w
}

// load compiles the files of a bot.
func load(t testing.TB, files map[string]string) (*flows.Program, *flows.Data) {
	t.Helper()
	fsys := fstest.MapFS{}
	for name, text := range files {
		fsys[name] = &fstest.MapFile{Data: []byte(text)}
	}
	program, data, problems := flows.Load(fsys)
	if program == nil {
		for _, p := range problems {
			t.Error(p.Render(false))
		}
		t.FailNow()
	}
	return program, data
}

// open starts the bot on what is stored.
func (w *world) open() {
	w.t.Helper()
	if err := w.tryOpen(); err != nil {
		w.t.Fatalf("opening the bot: %v", err)
	}
}

func (w *world) tryOpen() error {
	w.t.Helper()
	var data *flows.Data
	w.program, data = load(w.t, w.files)
	var err error
	if strings.HasPrefix(w.path, "postgres://") {
		w.raw, err = postgres.Open(context.Background(), w.path, postgres.Config{})
	} else {
		w.raw, err = sqlite.Open(context.Background(), w.path, sqlite.Config{Exclusive: true})
	}
	if err != nil {
		w.t.Fatal(err)
	}
	w.store = w.raw
	if w.wrap != nil {
		w.store = w.wrap(w.raw)
	}
	if w.bot, err = bot.New(context.Background(), w.config(data)); err == nil && w.eager {
		w.bot.Eager()
	}
	if err == nil && w.setup != nil {
		w.setup(w.bot)
	}
	return err
}

func (w *world) config(data *flows.Data) bot.Config {
	c := bot.Config{
		Program: w.program, Data: data, Store: w.store, Clock: w.clock, FirstChoice: true, Senders: w.rate, AllowPrivate: w.near,
		Log: slog.New(slog.NewTextHandler(w.log, &slog.HandlerOptions{Level: slog.LevelDebug})),
	}
	for _, page := range w.pages {
		switch {
		case page.onProfile != nil:
			c.Channels = append(c.Channels, profiler{page})
		case page.onPersona != nil:
			c.Channels = append(c.Channels, faced{page})
		case page.together > 0:
			c.Channels = append(c.Channels, batcher{page})
		default:
			c.Channels = append(c.Channels, page)
		}
	}
	if w.adjust != nil {
		w.adjust(&c)
	}
	return c
}

// crash ends the process without a word, and starts it again.
func (w *world) crash() {
	w.t.Helper()
	w.down()
	w.open()
}

// down ends the process; open starts it again.
func (w *world) down() {
	w.t.Helper()
	if err := w.raw.Close(); err != nil {
		w.t.Fatal(err)
	}
}

// settle lets everything happen that is due now. Afterwards nothing may be left to
// do, and the bot must say so.
func (w *world) settle() {
	w.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	if err := w.bot.Settle(ctx); err != nil {
		w.t.Fatalf("settling: %v\n%s", err, w.log)
	}
	if w.bot.Busy() {
		w.t.Fatal("everything is settled, but some message has its place still")
	}
	if next, ok := w.due(); ok && !next.After(w.clock.Now()) {
		w.t.Fatalf("everything is settled at %s, but something is said to be due at %s", w.clock.Now(), next)
	}
}

func (w *world) due() (time.Time, bool) {
	w.t.Helper()
	next, ok, err := w.bot.NextDue(context.Background())
	if err != nil {
		w.t.Fatal(err)
	}
	return next, ok
}

// passes moves the clock on, from one thing that comes due to the next.
func (w *world) passes(d time.Duration) {
	w.t.Helper()
	w.until(w.clock.Now().Add(d))
}

func (w *world) until(end time.Time) {
	w.t.Helper()
	w.settle()
	for range 10_000 {
		next, ok := w.due()
		if !ok || next.After(end) {
			w.clock.Set(end)
			w.settle()
			return
		}
		w.clock.Set(next)
		w.settle()
	}
	w.t.Fatalf("10,000 things came due until %s: the bot does not sleep", end)
}

// jump moves the clock at once, as when the process was not there.
func (w *world) jump(d time.Duration) { w.clock.Set(w.clock.Now().Add(d)) }

func paris(t testing.TB, text string) time.Time { return local(t, text, "Europe/Paris") }

// local reads a wall time in a zone.
func local(t testing.TB, text, zone string) time.Time {
	t.Helper()
	loc, err := time.LoadLocation(zone)
	if err != nil {
		t.Fatal(err)
	}
	at, err := time.ParseInLocation("2006-01-02 15:04", text, loc)
	if err != nil {
		t.Fatal(err)
	}
	return at
}

// read looks into the database.
func (w *world) read(f func(r storage.Reader) error) {
	w.t.Helper()
	if err := w.raw.Read(context.Background(), f); err != nil {
		w.t.Fatal(err)
	}
}

// write changes the database behind the bot's back.
func (w *world) write(f func(tx storage.Tx) error) {
	w.t.Helper()
	if err := w.raw.Write(context.Background(), f); err != nil {
		w.t.Fatal(err)
	}
}

// lines collects a log.
type lines struct {
	mu   sync.Mutex
	text strings.Builder
}

func (l *lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

func (l *lines) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

// errKilled is what a store says once its process is dead.
var errKilled = errors.New("the process was killed")

// damage changes what is stored of a session; "" and nil leave it.
func (w *world) damage(person, program string, session []byte) {
	w.t.Helper()
	w.write(func(tx storage.Tx) error {
		c, err := tx.Contact(w.id(person))
		if err != nil {
			return err
		}
		if len(c.Session) == 0 {
			return errors.New("there is no session")
		}
		if program != "" {
			c.Program = program
		}
		if session != nil {
			c.Session = session
		}
		return tx.PutContact(c)
	})
}
