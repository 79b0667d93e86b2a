package cmd

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"sync"
	"time"

	"github.com/relance-bot/relance/bot"
	"github.com/relance-bot/relance/bot/messenger/emulator"
	"github.com/relance-bot/relance/bot/server"
	"github.com/relance-bot/relance/flows"
	"github.com/relance-bot/relance/storage"
)

// phone is the emulated platform beside a running bot: its Graph API on a
// loopback address of its own, its webhooks posted to the bot's server, and a
// clock that can be moved.
type phone struct {
	p        *process
	clock    *bot.ShiftedClock
	platform *emulator.Platform
	graph    *http.Server
	account  account
	client   *http.Client

	ready chan struct{} // closed once base is known
	base  string
	once  sync.Once

	moving sync.Mutex // one advance at a time
}

func newPhone(ctx context.Context, p *process) (*phone, error) {
	offset, err := clockOffset(ctx, p.store)
	if err != nil {
		return nil, err
	}
	ph := &phone{
		p: p, clock: bot.NewShiftedClock(p.clock), ready: make(chan struct{}),
		client: &http.Client{Timeout: 10 * time.Second},
	}
	ph.clock.Begin(offset)
	if err := p.elsewhere.begin(ctx, p.store, ph.clock); err != nil {
		return nil, err
	}
	program := p.folder.program
	c := emulatedPage(program)
	c.Name, c.Now, c.Deliver, c.Advance = program.Bot.Name, ph.clock.Now, ph.deliver, ph.advance
	c.Profiles, c.Receipts, c.State = true, true, p.place.beside(".emulator.json")
	if ph.platform, err = emulator.New(c); err != nil {
		return nil, err
	}
	if len(ph.platform.People()) == 0 {
		ph.platform.Join("", "Zoé", "", platformLocale(program), program.Bot.Timezone)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("the emulated platform: %w", err)
	}
	ph.graph = &http.Server{Handler: ph.platform.Graph(), ReadHeaderTimeout: 5 * time.Second}
	go ph.graph.Serve(listener)
	ph.account = emulatedAccount("http://" + listener.Addr().String() + "/v25.0")
	return ph, nil
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

func (ph *phone) deliver(ctx context.Context, header http.Header, body []byte) (int, error) {
	select {
	case <-ph.ready:
		return postWebhook(ctx, ph.client, ph.base, header, body)
	case <-ctx.Done():
		return 0, ctx.Err()
	}
}

// run delivers webhooks until ctx ends.
func (ph *phone) run(ctx context.Context) error { return ph.platform.Run(ctx) }

// maxAdvance is how far the clock may be moved at once, and maxStops at how many
// due things it may stop on the way.
const (
	maxAdvance = 400 * 24 * time.Hour
	maxStops   = 20_000
)

// advance moves the clock by a duration ("24h"), or to what is due next ("next").
// Everything that comes due on the way happens at its own time, in order.
func (ph *phone) advance(ctx context.Context, spec string) error {
	ph.moving.Lock()
	defer ph.moving.Unlock()
	var target time.Time
	if spec == "next" {
		next, ok, err := ph.nextDue(ctx)
		if err != nil {
			return err
		}
		if !ok {
			return fmt.Errorf("%w: nothing is waiting for a time", server.ErrAdvance)
		}
		target = next
	} else {
		d, err := time.ParseDuration(spec)
		if err != nil || d <= 0 || d > maxAdvance {
			return fmt.Errorf("%w: want up to 9600h, or \"next\", not %.20q", server.ErrAdvance, spec)
		}
		target = ph.clock.Now().Add(d)
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
	ph.platform.Wake()
	return ph.p.bot.Idle(ctx)
}

func (ph *phone) close() error {
	return errors.Join(ph.graph.Close(), ph.platform.Close())
}
