package cmd

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/relance-bot/relance/bot"
	"github.com/relance-bot/relance/bot/messenger/emulator"
	"github.com/relance-bot/relance/storage"
)

// evidence is what both ends of the wire say about the flagship once everything
// has come to rest: the platform what it saw and showed, the bot what it kept.
type evidence struct {
	people []*witnessed
	events []posted
	rate   int       // of the Page, a second
	at     time.Time // when both ends were asked

	apart time.Duration // how far the times of two processes may be apart

	calls       []emulator.Call
	undelivered []emulator.Undelivered
	line        []handled // the calls again, as they came in
	faults      []fault

	chains      []bot.Chain
	occurrences []storage.Occurrence
	strays      []storage.Stray
	timers      []storage.Timer // of schedules
}

// witnessed is one person's part of it.
type witnessed struct {
	psid string
	kind kind
	off  time.Time // when they used the platform's own switch

	chat []emulator.Shown
	acts []act // those the bot acknowledged, in order

	sends     []storage.Send // in order
	decisions []storage.Decision
	ledger    []bot.LedgerLine
	status    string    // of the consent
	active    time.Time // since when it counts
	inputs    int       // left in the inbox
}

// act is what a person did: what they wrote, the label they tapped, or one of those
// below.
type act struct{ mid, does string }

const (
	accepts     = "accept"
	acceptsNews = "accept the news"
	switchesOff = "switch off" // on the platform
	switchesOn  = "switch on"
)

// posted is an event of the shop that the bot has accepted, or a fire of the weekly
// news.
type posted struct {
	id      string
	news    bool
	at      time.Time // when it was posted first
	settled time.Time // when it was known to be decided for everybody; zero: never
}

// gather asks both ends for all they know.
func (c *trial) gather() *evidence {
	c.t.Helper()
	c.mu.Lock()
	defer c.mu.Unlock()
	e := &evidence{events: c.events, rate: c.c.rate, at: time.Now(), calls: c.platform.Log(), undelivered: c.platform.Undelivered(), line: c.line, faults: c.faults}
	if len(c.bots) > 1 {
		e.apart = time.Second
	}
	for i, call := range e.calls { // what stood in a batch is a form
		if form, err := url.QueryUnescape(call.Body); err == nil && !strings.HasPrefix(call.Body, "{") {
			e.calls[i].Body = form
		}
	}
	c.inspect(func(ctx context.Context, b *bot.Bot, store storage.Store) (err error) {
		if e.chains, err = b.VerifyLedger(ctx, nil); err != nil {
			return err
		}
		sends, err := sendsOf(ctx, store)
		if err != nil {
			return err
		}
		for _, w := range c.walkers {
			p := &witnessed{psid: w.psid, kind: w.kind, off: w.off, chat: c.platform.Chat(w.psid), acts: c.acts[w.psid], sends: sends[contactID(w.psid)]}
			if err := p.remember(ctx, b, store); err != nil {
				return fmt.Errorf("%s: %w", w.psid, err)
			}
			e.people = append(e.people, p)
		}
		return store.Read(ctx, func(r storage.Reader) (err error) {
			if e.strays, err = r.Strays(0, 1000); err != nil {
				return err
			}
			if e.occurrences, err = r.RecentOccurrences(10_000); err != nil {
				return err
			}
			e.timers, err = r.Timers("")
			return err
		})
	})
	return e
}

// sendsOf is the whole outbox: each contact's messages in order.
func sendsOf(ctx context.Context, store storage.Store) (map[string][]storage.Send, error) {
	sends := map[string][]storage.Send{}
	err := store.Read(ctx, func(r storage.Reader) error {
		for _, state := range []string{
			storage.SendPending, storage.SendClaimed, storage.SendWaiting, storage.SendSent, storage.SendUnknown, storage.SendFailed, storage.SendDropped,
		} {
			some, err := r.SendsIn(state, 0)
			if err != nil {
				return err
			}
			for _, s := range some {
				sends[s.Contact] = append(sends[s.Contact], s)
			}
		}
		return nil
	})
	for _, line := range sends {
		slices.SortFunc(line, func(a, b storage.Send) int { return int(a.Seq - b.Seq) })
	}
	return sends, err
}

// remember adds what the bot knows about a person.
func (p *witnessed) remember(ctx context.Context, b *bot.Bot, store storage.Store) error {
	export, err := b.Export(ctx, contactID(p.psid))
	if errors.Is(err, bot.ErrUnknownContact) {
		return nil
	}
	if err != nil {
		return err
	}
	p.ledger = export.Ledger
	for _, consent := range export.Contact.Consents {
		p.status = consent.Status
	}
	return store.Read(ctx, func(r storage.Reader) (err error) {
		inputs, err := r.Inputs(contactID(p.psid), 0)
		if err != nil {
			return err
		}
		p.inputs = len(inputs)
		if p.active, err = activeSince(r, contactID(p.psid)); err != nil {
			return err
		}
		if p.decisions, err = r.Decisions(storage.DecisionQuery{Contact: contactID(p.psid), Limit: 10_000}); err != nil {
			return err
		}
		return nil
	})
}

// agreement is when the person read that they had agreed, and when they began to
// stop; zero if they never did.
func (p *witnessed) agreement() (agreed, stopping time.Time) {
	for _, m := range p.chat {
		switch {
		case m.From == emulator.FromPage && (m.Text == agreedText || m.Text == flagship[acceptsNews][0]) && agreed.IsZero():
			agreed = m.At
		case m.From == emulator.FromPerson && slices.Contains(stops, m.Text) && stopping.IsZero():
			stopping = m.At
		}
	}
	if !p.off.IsZero() && (stopping.IsZero() || p.off.Before(stopping)) {
		stopping = p.off
	}
	return agreed, stopping
}

// acts counts what people did and the bot acknowledged.
func (e *evidence) acts() int {
	n := 0
	for _, p := range e.people {
		n += len(p.acts)
	}
	return n
}

// replies are the messages of the outbox that are no notifications.
func (p *witnessed) replies() []storage.Send {
	return slices.DeleteFunc(slices.Clone(p.sends), func(s storage.Send) bool { return s.Bulk })
}

func (p *witnessed) fromPage() []emulator.Shown {
	return slices.DeleteFunc(slices.Clone(p.chat), func(m emulator.Shown) bool { return !fromPage(m) })
}

// shown is what the platform showed of one message of the outbox.
func (p *witnessed) shown(id string) []emulator.Shown {
	return slices.DeleteFunc(p.fromPage(), func(m emulator.Shown) bool { return m.Metadata != id })
}

// words is the text of a message in the outbox.
func words(s storage.Send) string { return outboxBody(s).Message.Text }

// kept is what the outbox keeps of a message, as far as the checker reads it.
type kept struct {
	Message struct {
		Text string `json:"text"`
	} `json:"message"`
	Resent bool `json:"resent"`
}

func outboxBody(s storage.Send) (body kept) {
	if err := json.Unmarshal(s.Body, &body); err != nil {
		body.Message.Text = err.Error() // no reply begins like that
	}
	return body
}

// textOf is the text of a message in the chat.
func textOf(m emulator.Shown) string {
	if m.OptIn != nil {
		return m.OptIn.Title
	}
	return m.Text
}

// shown counts what the platform showed.
func (e *evidence) shown(is func(emulator.Shown) bool) int {
	n := 0
	for _, p := range e.people {
		for _, m := range p.chat {
			if is(m) {
				n++
			}
		}
	}
	return n
}

func fromPage(m emulator.Shown) bool { return m.From == emulator.FromPage }

func told(m emulator.Shown) bool { return strings.HasSuffix(m.Text, toldText) || news(m) }

// news reports whether a message is the weekly one.
func news(m emulator.Shown) bool { return m.OptIn == nil && strings.HasPrefix(m.Text, newsText) }

func confirms(m emulator.Shown) bool {
	return slices.ContainsFunc(stops, func(stop string) bool { return m.Text == flagship[stop][0] })
}
