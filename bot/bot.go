// Package bot is the runtime of a Messenger bot whose conversations are YAML
// flows. It owns what must not be forgotten or done twice: everybody's inbox,
// their sessions, consent, schedules and the messages on their way.
//
//	webhook ─ Receive ──┐
//	timer, schedule ────┼─► inbox ─► turn ─► one transaction ─► sender ─► lane ─► platform
//	shop event, API ────┘   (per contact)   {session, fields, outbox, timers, ledger, decisions}
//
// [New] makes a bot of a program, a store and channels, and [Bot.Run] lets it work until
// its context ends. What flows call is given to it by [Handle] in between; flows.Load
// learns of that by [Registered]. Most programs leave all but Handle to cmd.Main.
//
// A turn (turn.go) is decided by flows.Advance, a pure function, and stored with
// all its consequences in one transaction (effect.go). A webhook's turn may come with
// the transaction that stores it (inbox.go). A notification passes the rules of Decide
// (decide.go, pure as well) before its flow is started (notification.go, deliver.go),
// for one person or for an occurrence's whole audience (occurrence.go).
//
// A message that nothing stands before is claimed by that same transaction and goes to
// a sender from memory once it is kept (handover.go), if the desk has a place (desk.go);
// one that must wait is claimed from the outbox later (outbox.go). What became of it is
// settled with that of others, and lets the next of its line go (settle.go). What a
// platform does not take is for refusal.go, and what it does not answer for waiting.go.
//
// What there is to do next stands in agenda.go, and run.go does it. Every transaction
// says what it leaves to do (write.go), so the store is asked only for what is not
// known (agenda.go, roster.go). What several processes must know of each other on one
// store is in cluster.go and pace.go. Start reading at turn.go.
//
// The package knows no platform: a [Channel] is one, and bot/messenger implements
// it. It knows no database either: package storage holds the roles.
package bot

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/relance-bot/relance/flows"
	"github.com/relance-bot/relance/storage"
)

// Config is what a Bot is made of. Program, Store and one Channel are needed.
type Config struct {
	Program  *flows.Program
	Data     *flows.Data
	Store    storage.Store
	Channels []Channel
	// Accounts says what some of several channels have for themselves, by CHANNEL:PAGE.
	Accounts map[string]Account

	Clock    Clock        // SystemClock if nil
	Log      *slog.Logger // discards if nil
	Observer Observer     // may be nil
	// Senders is how many replies of a page may be on their way at once, and how many
	// notifications of it; 768 if 0. Of those there are never more than the
	// page may send in a second.
	Senders int
	// Endpoints reaches the handlers of bot.yaml; nil: the network, without redirects to
	// other hosts, and to public addresses only.
	Endpoints http.RoundTripper
	// AllowPrivate lets handlers be in the network that the bot runs in, as
	// allow_private does for one.
	AllowPrivate bool
	// Secret is the value of an environment variable that a handler's header names;
	// empty if it is not set. nil: none is.
	Secret func(name string) string
	// NewID makes the ids of messages; random if nil.
	NewID func() string
	// FirstChoice makes one_of and split take their first, as transcripts do; else
	// Seed is part of what they choose by.
	FirstChoice bool
	Seed        uint64
	// PublicURL is how people reach the server of this bot, https://bot.example: links in
	// messages lead there first, to be counted. Empty: they stay as they are.
	PublicURL string
	// Trace hears of every place of the flows that a turn ran, from several goroutines;
	// nil, as in production, if nobody wants to know.
	Trace func(flows.Mark)
	// Answered hears what every call of a handler came to, once the flow has gone on with
	// it, from several goroutines; nil if nobody wants to know.
	Answered func(Answer)
}

// Bot runs one program over one store. Either Run drives it in the background,
// or the caller drives it step by step with Settle.
type Bot struct {
	store    storage.Store
	channels map[string]Channel            // by CHANNEL:PAGE
	named    map[string]map[string]Channel // those of a name, by CHANNEL:PAGE
	accounts map[string]Account            // likewise
	clock    Clock
	log      *slog.Logger
	observer Observer
	newID    func() string
	first    bool
	seed     uint64
	trace    func(flows.Mark)
	answered func(Answer)

	today   atomic.Pointer[version]
	data    atomic.Pointer[flows.Data]
	old     programs // that sessions still run on
	zones   zones
	lines   roster       // who may have messages that are not settled
	inboxes roster       // who may have inputs
	leads   atomic.Bool  // no newer program has been started on the store
	kept    atomic.Int64 // when it kept up with other processes, in ms

	handlers   map[string]goHandler
	middleware []Middleware
	endpoints  *endpoints
	calls      calls
	notices    notices
	links      links
	clicks     clicks

	lanes     map[string][]Lane    // of each channel, by CHANNEL:PAGE
	keys      map[[2]string]string // CHANNEL:PAGE, by both
	paces     map[string]*pace     // by CHANNEL:PAGE
	throttles throttles
	pages     pages
	odds      odds
	shut      shut // lanes of pages
	regions   regions
	stalled   moment // until when the oldest occurrence waits for a slot

	eager     bool           // a webhook is handled at once although Run does not run
	shared    storage.Shared // nil unless several processes may use the store
	running   atomic.Bool
	retaining atomic.Bool // whoever was silent for too long is being looked for
	resealing atomic.Bool // values are being written anew under a key
	desk      *desk
	handed    tray           // what Settle will send
	bundled   chan []*letter // to senders at leisure
	over      chan struct{}  // closed when Run ends
	senders   sync.WaitGroup // that send, or wait for work until then
	leisure   atomic.Int64   // senders that wait for work
	terms     Terms          // of sends
	spares    spares         // batches to be filled again
	writings  sync.Pool      // of *writing
	letters   stationery     // of those that are settled
	asked     atomic.Int64   // look-ups on their way
	plan      plan
	unsettled outcomes
	personas  personas
	uploads   uploads
	lookUps   map[string]chan struct{} // of each page, a place for each that may run at once
	fault     atomic.Pointer[error]    // why the last round of decisions failed; nil if it did not
	faults    atomic.Int64             // how often in a row
	work      signal                   // something to decide
	mail      signal                   // something to send
	tasks     sync.WaitGroup
}

// New returns a Bot on a store. It stores the program, finds what a crash left
// behind, and puts the timers of the program's schedules in order.
func New(ctx context.Context, c Config) (*Bot, error) {
	b, err := Inspect(c)
	if err != nil {
		return nil, err
	}
	if err := b.prepare(ctx); err != nil {
		return nil, err
	}
	return b, nil
}

// Inspect returns a Bot that touches nothing in the store by itself: to ask what
// is there, or to leave something for a Bot that is started later. One that runs
// already on a store that is its own does not look for what others leave there.
func Inspect(c Config) (*Bot, error) {
	if c.Program == nil || c.Store == nil || len(c.Channels) == 0 || slices.Contains(c.Channels, nil) {
		return nil, errors.New("a bot needs a program, a store and a channel")
	}
	if c.PublicURL != "" && !reachable(c.PublicURL) {
		return nil, errors.New("PublicURL is not an address like https://bot.example")
	}
	b := &Bot{
		store: c.Store, channels: map[string]Channel{}, named: map[string]map[string]Channel{}, accounts: c.Accounts, clock: c.Clock, log: c.Log, observer: c.Observer,
		newID: c.NewID, first: c.FirstChoice, seed: c.Seed, trace: c.Trace, answered: c.Answered,
		paces: map[string]*pace{}, pages: pages{rest: map[string]rest{}}, lookUps: map[string]chan struct{}{}, lanes: map[string][]Lane{}, keys: map[[2]string]string{}, work: newSignal(), mail: newSignal(), bundled: make(chan []*letter), spares: make(spares, maxSpareBatches),
	}
	b.leads.Store(true)
	b.old.signatures = b.signatures
	b.shared = c.Store.Abilities().Shared
	if err := b.become(c.Program); err != nil {
		return nil, err
	}
	senders, rate := b.setDefaults(c.Senders)
	b.desk = newDesk(senders)
	for _, ch := range c.Channels {
		key := pageKey(ch.Name(), ch.Page())
		if _, twice := b.channels[key]; twice {
			return nil, fmt.Errorf("channel %s stands twice", key)
		}
		own := rate
		if at := c.Accounts[key].Rate; at > 0 {
			own = at
		}
		b.channels[key], b.paces[key] = ch, newPace(own, b.shared != nil)
		if b.named[ch.Name()] == nil {
			b.named[ch.Name()] = map[string]Channel{}
		}
		b.named[ch.Name()][key] = ch
		b.lanes[key], b.keys[[2]string{ch.Name(), ch.Page()}] = ch.Lanes(), key
		b.desk.share[key] = max(1, min(senders, int(own)))
		b.lookUps[key] = make(chan struct{}, maxLookUps)
	}
	for key := range c.Accounts {
		if _, ok := b.channels[key]; !ok {
			return nil, fmt.Errorf("account %s is of no channel", key)
		}
	}
	b.SetPublicURL(c.PublicURL)
	b.data.Store(c.Data)
	b.endpoints = newEndpoints(c)
	return b, nil
}

// setDefaults fills in what the configuration leaves out, and returns how many may send
// at once and the pace of a page in messages a second.
func (b *Bot) setDefaults(senders int) (_ int, rate float64) {
	if b.clock == nil {
		b.clock = SystemClock{}
	}
	if b.log == nil {
		b.log = slog.New(slog.DiscardHandler)
	}
	if b.observer == nil {
		b.observer = noObserver{}
	}
	if b.newID == nil {
		b.newID = func() string { return randomID(b.clock.Now()) }
	}
	if rate = b.Program().Bot.Rate; rate <= 0 {
		rate = defaultRate
	}
	if senders <= 0 {
		senders = defaultSenders
	}
	return senders, rate
}

// SetData replaces the tables of data/ from the next turn on.
func (b *Bot) SetData(d *flows.Data) { b.data.Store(d) }

// Program is the program new conversations run on.
func (b *Bot) Program() *flows.Program { return b.today.Load().program }

// Now is the time on the bot's clock.
func (b *Bot) Now() time.Time { return b.clock.Now() }

// prepare is what New does in the store.
func (b *Bot) prepare(ctx context.Context) error {
	err := b.keepProgram(ctx, b.Program())
	if err == nil {
		err = b.write(ctx, func(tx *txn) error {
			if err := b.pages.load(tx, b.channels); err != nil {
				return err
			}
			if err := b.shut.load(tx, b.channels); err != nil {
				return err
			}
			return b.lead(tx)
		})
	}
	if err == nil {
		err = b.recoverClaims(ctx)
	}
	if err == nil {
		err = b.store.Read(ctx, b.loadRosters)
	}
	if err != nil {
		return fmt.Errorf("preparing the store: %w", err)
	}
	return nil
}

// signal wakes one loop; a signal nobody waits for yet is kept.
type signal chan struct{}

func newSignal() signal { return make(signal, 1) }

func (s signal) raise() {
	select {
	case s <- struct{}{}:
	default:
	}
}

// moment is a time that several goroutines look at; the zero moment is long ago.
type moment struct{ nanos atomic.Int64 }

func (m *moment) set(t time.Time) { m.nanos.Store(t.UnixNano()) }

// until is the moment, or now if it is over.
func (m *moment) until(now time.Time) time.Time {
	if nanos := m.nanos.Load(); nanos > now.UnixNano() {
		return time.Unix(0, nanos)
	}
	return now
}
