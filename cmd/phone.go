package cmd

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strings"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/relance-bot/relance/bot"
	"github.com/relance-bot/relance/bot/messenger/emulator"
	"github.com/relance-bot/relance/bot/server"
	"github.com/relance-bot/relance/flows"
	"github.com/relance-bot/relance/storage"
)

// phone is the emulated platform beside a running bot, once for each of its channels:
// its Graph API on a loopback address of its own, its webhooks posted to the bot's
// server, and a clock that can be moved.
type phone struct {
	p      *process
	clock  *bot.ShiftedClock
	stands []*stand

	ready chan struct{} // closed once base is known
	base  string
	once  sync.Once

	moving sync.Mutex // one advance at a time
}

// stand is the platform as one channel knows it.
type stand struct {
	account  account
	platform *emulator.Platform
	graph    *http.Server
}

// phoneSuffix is what the names of the files that a phone keeps begin with, behind that of the
// database.
const phoneSuffix = ".emulator"

func newPhone(ctx context.Context, p *process) (*phone, error) {
	offset, err := clockOffset(ctx, p.store)
	if err != nil {
		return nil, err
	}
	ph := &phone{
		p: p, clock: bot.NewShiftedClock(p.clock), ready: make(chan struct{}),
	}
	ph.clock.Begin(offset)
	if err := p.elsewhere.begin(ctx, p.store, ph.clock); err != nil {
		return nil, err
	}
	for i, acc := range emulatedAccounts(p.folder.program) {
		state := phoneSuffix + ".json"
		if i > 0 {
			state = phoneSuffix + "-" + acc.Channel.Name + ".json"
		}
		s, err := ph.sit(acc, p.place.beside(state))
		if err != nil {
			return nil, errors.Join(err, ph.close())
		}
		ph.stands = append(ph.stands, s)
	}
	return ph, nil
}

// sit begins the platform of an account.
func (ph *phone) sit(acc account, state string) (*stand, error) {
	program := ph.p.folder.program
	c := emulatedOf(program, acc)
	c.Name, c.Now, c.Advance = program.Bot.Name, ph.clock.Now, ph.advance
	c.Profiles, c.Receipts, c.State = true, true, state
	c.Deliver = func(ctx context.Context, header http.Header, body []byte) (int, error) {
		return ph.deliver(ctx, acc.Channel.Type, header, body)
	}
	platform, err := emulator.New(c)
	if err != nil {
		return nil, err
	}
	if len(platform.People()) == 0 {
		platform.Join("", "Zoé", "", platformLocale(program), program.Bot.Timezone)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, errors.Join(fmt.Errorf("the emulated platform: %w", err), platform.Close())
	}
	s := &stand{platform: platform, graph: &http.Server{Handler: platform.Graph(), ReadHeaderTimeout: 5 * time.Second}}
	go s.graph.Serve(listener)
	acc.GraphURL = "http://" + listener.Addr().String() + "/v25.0"
	s.account = acc
	return s, nil
}

// accounts are how the bot speaks for each channel.
func (ph *phone) accounts() (out []account) {
	for _, s := range ph.stands {
		out = append(out, s.account)
	}
	return out
}

// page is where the phone of a channel is: the first has the plain address, and the others
// are below one that is none of its own.
func (ph *phone) page(i int) string {
	if i == 0 {
		return "/phone"
	}
	return "/phone/at/" + ph.stands[i].account.Channel.Name
}

// pages serves the phones of all channels.
func (ph *phone) pages() http.Handler {
	first := ph.stands[0].platform.Phone()
	others := map[string]http.Handler{}
	for i, s := range ph.stands[1:] {
		at := ph.page(i + 1)
		others[at] = http.StripPrefix(at, s.platform.Phone())
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		name, _, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/phone/at/"), "/")
		if h := others["/phone/at/"+name]; h != nil && strings.HasPrefix(r.URL.Path, "/phone/at/") {
			h.ServeHTTP(w, r)
			return
		}
		first.ServeHTTP(w, r)
	})
}

// addresses tells where the phones are, in lines.
func (ph *phone) addresses(base string) string {
	if len(ph.stands) == 1 {
		return "Phone:    " + base + ph.page(0) + "\n"
	}
	var b strings.Builder
	for i, s := range ph.stands {
		fmt.Fprintf(&b, "Phone:    %s%s (%s)\n", base, ph.page(i), s.account.Channel.Name)
	}
	return b.String()
}

// platformLocale is one of the platform's for the bot's own language.
func platformLocale(program *flows.Program) string {
	known := map[string]string{"fr": "fr_FR", "en": "en_GB", "es": "es_ES", "de": "de_DE", "pt": "pt_PT", "it": "it_IT"}
	if l, ok := known[program.Bot.Locale]; ok {
		return l
	}
	return program.Bot.Locale
}

func items(buttons []flows.Button) []emulator.Item {
	var out []emulator.Item
	for _, b := range buttons {
		out = append(out, emulator.Item{Label: b.Label, Payload: b.Payload, URL: b.Open})
	}
	return out
}

// connect tells where the bot's server listens.
func (ph *phone) connect(_ context.Context, base string) {
	ph.once.Do(func() {
		ph.base = base
		close(ph.ready)
	})
}

func (ph *phone) deliver(ctx context.Context, kind string, header http.Header, body []byte) (int, error) {
	select {
	case <-ph.ready:
		return post(ctx, ph.base+"/webhooks/"+kind, header, body)
	case <-ctx.Done():
		return 0, ctx.Err()
	}
}

// run delivers webhooks until ctx ends.
func (ph *phone) run(ctx context.Context) error {
	parts, ctx := errgroup.WithContext(ctx)
	for _, s := range ph.stands {
		parts.Go(func() error { return s.platform.Run(ctx) })
	}
	return parts.Wait()
}

// maxAdvance is how far the clock may be moved at once, and maxStops at how many
// due things it may stop on the way.
const (
	maxAdvance = 400 * 24 * time.Hour
	maxStops   = 20_000
)

// advanceOf reads how far a clock is to be moved: a duration, or to what is due next.
func advanceOf(spec string) (d time.Duration, next bool, err error) {
	if spec == "next" {
		return 0, true, nil
	}
	if d, err = time.ParseDuration(spec); err != nil || d <= 0 || d > maxAdvance {
		return 0, false, fmt.Errorf("want up to 9600h, or \"next\", not %.20q", spec)
	}
	return d, false, nil
}

// advance moves the clock by a duration ("24h"), or to what is due next ("next").
// Everything that comes due on the way happens at its own time, in order.
func (ph *phone) advance(ctx context.Context, spec string) error {
	ph.moving.Lock()
	defer ph.moving.Unlock()
	d, isNext, err := advanceOf(spec)
	if err != nil {
		return fmt.Errorf("%w: %w", server.ErrAdvance, err)
	}
	target := ph.clock.Now().Add(d)
	if isNext {
		next, ok, err := ph.nextDue(ctx)
		if err != nil {
			return err
		}
		if !ok {
			return fmt.Errorf("%w: nothing is waiting for a time", server.ErrAdvance)
		}
		target = next
	}
	for range maxStops {
		next, ok, err := ph.nextDue(ctx)
		if err != nil {
			return err
		}
		if !ok || next.After(target) {
			break
		}
		if err := ph.moveTo(ctx, next); err != nil {
			return err
		}
	}
	return ph.moveTo(ctx, target)
}

// nextDue is when the bot has something to do after now.
func (ph *phone) nextDue(ctx context.Context) (time.Time, bool, error) {
	if err := ph.p.bot.Idle(ctx); err != nil {
		return time.Time{}, false, err
	}
	return ph.p.bot.NextDue(ctx)
}

func (ph *phone) moveTo(ctx context.Context, t time.Time) error {
	ph.clock.Advance(t.Sub(ph.clock.Now()))
	offset := ph.clock.Offset()
	err := ph.p.store.Write(ctx, func(tx storage.Tx) error { return tx.SetMeta(metaClock, []byte(offset.String())) })
	if err != nil {
		return err
	}
	for _, s := range ph.stands {
		s.platform.Wake()
	}
	return ph.p.bot.Idle(ctx)
}

func (ph *phone) close() error {
	var problems []error
	for _, s := range ph.stands {
		problems = append(problems, s.graph.Close(), s.platform.Close())
	}
	return errors.Join(problems...)
}
