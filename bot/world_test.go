package bot_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/relance-bot/relance/bot"
	"github.com/relance-bot/relance/flows"
	"github.com/relance-bot/relance/storage"
	"github.com/relance-bot/relance/storage/sqlite"
)

// start is when every story begins, a Friday in spring.
const start = "2026-03-27 18:00"

const day = 24 * time.Hour

// world is one bot on a real database, with platforms around it and a clock that
// moves when the story says so.
type world struct {
	t     *testing.T
	path  string
	clock *bot.ManualClock
	home  *platform   // the page that people are on unless they say otherwise
	pages []*platform // all of them
	files map[string]string
	wrap  func(storage.Store) storage.Store // what the bot sees of its database
	rate  int                               // of senders; 0: the bot's own

	program *flows.Program
	raw     *sqlite.Store
	store   storage.Store
	bot     *bot.Bot
	log     *lines

	seen map[string]int // posts that expect has looked at, by person
	acts int
}

// newWorld opens a bot that is given as its files.
func newWorld(t *testing.T, files map[string]string, pages ...*platform) *world {
	t.Helper()
	if len(pages) == 0 {
		pages = []*platform{newPlatform("1", tokenLane{name: "recurring"})}
	}
	w := &world{
		t: t, path: filepath.Join(t.TempDir(), "relance.db"), clock: bot.NewManualClock(paris(t, start)), home: pages[0], pages: pages,
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
func load(t *testing.T, files map[string]string) (*flows.Program, *flows.Data) {
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
	if w.raw, err = sqlite.Open(context.Background(), w.path, sqlite.Config{}); err != nil {
		w.t.Fatal(err)
	}
	w.store = w.raw
	if w.wrap != nil {
		w.store = w.wrap(w.raw)
	}
	w.bot, err = bot.New(context.Background(), w.config(data))
	return err
}

func (w *world) config(data *flows.Data) bot.Config {
	c := bot.Config{
		Program: w.program, Data: data, Store: w.store, Clock: w.clock, FirstChoice: true, Senders: w.rate,
		Log: slog.New(slog.NewTextHandler(w.log, &slog.HandlerOptions{Level: slog.LevelDebug})),
	}
	for _, page := range w.pages {
		if page.onProfile != nil {
			c.Channels = append(c.Channels, profiler{page})
			continue
		}
		c.Channels = append(c.Channels, page)
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

func paris(t *testing.T, text string) time.Time { return local(t, text, "Europe/Paris") }

// local reads a wall time in a zone.
func local(t *testing.T, text, zone string) time.Time {
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

// id is a person's contact id on the home page.
func (w *world) id(person string) string { return bot.ContactID("messenger", w.home.page, person) }

// event is one event of a person on the home page, now.
func (w *world) event(kind bot.EventKind, person string) bot.Event {
	w.acts++
	return bot.Event{Kind: kind, Page: w.home.page, Person: person, At: w.clock.Now(), Key: fmt.Sprintf("k%d", w.acts)}
}

// receive brings one webhook.
func (w *world) receive(events ...bot.Event) error {
	w.t.Helper()
	body, err := json.Marshal(events)
	if err != nil {
		w.t.Fatal(err)
	}
	return w.bot.Receive(context.Background(), "messenger", http.Header{"Signature": {"good"}}, body)
}

// comes is receive that must work.
func (w *world) comes(events ...bot.Event) {
	w.t.Helper()
	if err := w.receive(events...); err != nil {
		w.t.Fatalf("receiving: %v", err)
	}
}

func (w *world) writes(person, text string) bot.Event {
	e := w.event(bot.EventMessage, person)
	e.Text = text
	return e
}

// taps is a tap on the newest button or quick reply of that label.
func (w *world) taps(person, label string) bot.Event {
	w.t.Helper()
	shown := w.home.shown(person)
	for i := len(shown) - 1; i >= 0; i-- {
		m := shown[i].Message
		for _, button := range m.Buttons {
			if button.Label == label {
				e := w.event(bot.EventPostback, person)
				e.Payload, e.Label = button.Payload, label
				return e
			}
		}
		for _, reply := range m.QuickReplies {
			if reply.Label == label {
				e := w.writes(person, label)
				e.Payload = reply.Payload
				return e
			}
		}
	}
	w.t.Fatalf("%s has no message with [%s]", person, label)
	return bot.Event{}
}

// accepts is a yes to the newest request of the platform.
func (w *world) accepts(person string) bot.Event {
	w.t.Helper()
	shown := w.home.shown(person)
	for i := len(shown) - 1; i >= 0; i-- {
		if m := shown[i].Message; m.OptIn != nil {
			e := w.event(bot.EventOptIn, person)
			e.Payload = m.OptIn.Request
			e.Permit = &bot.Permit{Lane: "recurring", Token: "token-" + person + "-" + m.OptIn.Topic, Title: m.Text}
			return e
		}
	}
	w.t.Fatalf("%s has no opt-in request", person)
	return bot.Event{}
}

// switches is the platform's own switch for a topic's messages: a stop or a resume.
func (w *world) switches(kind bot.EventKind, person, topic string) bot.Event {
	e := w.event(kind, person)
	e.Permit = &bot.Permit{Lane: "recurring", Token: "token-" + person + "-" + topic}
	return e
}

// echo is the platform's echo of a post.
func (w *world) echo(made post) bot.Event {
	e := w.event(bot.EventEcho, made.Person)
	e.MID, e.Send, e.Key = made.mid, made.ID, "echo-"+made.mid
	return e
}

// does lets events come and everything happen that follows.
func (w *world) does(events ...bot.Event) {
	w.t.Helper()
	w.comes(events...)
	w.settle()
}

// sells is an event of the shop that must be taken.
func (w *world) sells(events ...bot.ShopEvent) {
	w.t.Helper()
	if _, _, err := w.bot.Events(context.Background(), events); err != nil {
		w.t.Fatal(err)
	}
	w.settle()
}

// back is the event that the 42 is back.
func back(id string) bot.ShopEvent {
	return bot.ShopEvent{ID: id, Name: "restock", Data: map[string]any{"model": "Gazelle", "size": 42, "url": "https://foulee.example/g42"}}
}

// meets makes a person known.
func (w *world) meets(person string, who flows.Contact) {
	w.t.Helper()
	if err := w.bot.Meet(context.Background(), w.id(person), who); err != nil {
		w.t.Fatal(err)
	}
}

// subscribes lets a person have said yes already, to watch the 42.
func (w *world) subscribes(person, topic, cadence string) {
	w.t.Helper()
	w.meets(person, flows.Contact{FirstName: strings.ToUpper(person[:1]) + person[1:]})
	s := bot.Subscription{
		Topic: topic, Cadence: cadence, At: w.clock.Now(), Wording: topic,
		Permit: &bot.Permit{Lane: "recurring", Token: "token-" + person + "-" + topic},
	}
	if topic == "restock" {
		s.Interest = map[string]any{"model": "Gazelle", "size": 42.0}
	}
	if err := w.bot.Import(context.Background(), w.id(person), s); err != nil {
		w.t.Fatal(err)
	}
	w.settle()
}

// expect compares what a person was shown since the last look.
func (w *world) expect(person string, want ...string) {
	w.t.Helper()
	shown := w.home.shown(person)
	var got []string
	for _, made := range shown[w.seen[person]:] {
		got = append(got, sketch(made.Message))
	}
	w.seen[person] = len(shown)
	if diff := cmp.Diff(want, got); diff != "" {
		w.t.Fatalf("what %s sees (-want +got):\n%s", person, diff)
	}
}

// ignore looks at everything a person was shown.
func (w *world) ignore(person string) { w.seen[person] = len(w.home.shown(person)) }

// decisions are a person's, oldest first: "sent lane=recurring", "held rule=cadence
// next=2026-03-28 18:00", in Paris.
func (w *world) decisions(person string) []string {
	w.t.Helper()
	list, err := w.bot.Decisions(context.Background(), w.id(person), "", 1000)
	if err != nil {
		w.t.Fatal(err)
	}
	var out []string
	for i := len(list) - 1; i >= 0; i-- {
		out = append(out, w.spell(list[i]))
	}
	return out
}

func (w *world) spell(d bot.DecisionView) string {
	text := d.Kind
	if d.Rule != "" {
		text += " rule=" + d.Rule
	}
	if d.Lane != "" {
		text += " lane=" + d.Lane
	}
	if !d.Next.IsZero() {
		zone, _ := time.LoadLocation("Europe/Paris")
		text += " next=" + d.Next.In(zone).Format("2006-01-02 15:04")
	}
	return text
}

// decided compares all of a person's decisions, oldest first.
func (w *world) decided(person string, want ...string) {
	w.t.Helper()
	if diff := cmp.Diff(want, w.decisions(person)); diff != "" {
		w.t.Fatalf("decisions about %s (-want +got):\n%s", person, diff)
	}
}

// view is what the bot knows about a person.
func (w *world) view(person string) bot.ContactView {
	w.t.Helper()
	view, err := w.bot.Contact(context.Background(), w.id(person))
	if err != nil {
		w.t.Fatal(err)
	}
	return view
}

// consent is a person's consent to a topic; its zero value if there is none.
func (w *world) consent(person, topic string) bot.ConsentView {
	w.t.Helper()
	for _, c := range w.view(person).Consents {
		if c.Topic == topic {
			return c
		}
	}
	return bot.ConsentView{}
}

// stands compares a consent's status.
func (w *world) stands(person, topic, status string) {
	w.t.Helper()
	if got := w.consent(person, topic).Status; got != status {
		w.t.Fatalf("consent of %s to %s is %q, want %q", person, topic, got, status)
	}
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

// strays are the reasons of what was put aside.
func (w *world) strays() []string {
	w.t.Helper()
	var out []string
	w.read(func(r storage.Reader) error {
		strays, err := r.Strays(0, 1000)
		for _, s := range strays {
			out = append(out, s.Reason)
		}
		return err
	})
	return out
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
