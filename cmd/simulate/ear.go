package simulate

import (
	"math/rand/v2"
	"time"

	"github.com/relance-bot/relance/bot/messenger/emulator"
)

// Hooks are what the emulated platform must be given, and the bot.
type Hooks struct {
	Heard  func(psid string, s emulator.Shown) // emulator.Config.Heard
	Mishap func() emulator.Mishap              // emulator.Config.Mishap
	NewID  func() string                       // bot.Config.NewID
}

// Notes of the platform's in a chat, as emulator writes them.
const (
	noteAccepted   = "accepted"
	noteStopped    = "stopped"
	noteResumed    = "resumed"
	noteHandedOver = "handedOver"
)

// heard takes what came to stand in a chat. Nothing may be done about it yet.
func (r *run) heard(psid string, s emulator.Shown) {
	p := r.byPSID[psid]
	if p == nil {
		return
	}
	r.journal.shown(psid, s)
	r.law.shown(p, s)
	switch {
	case s.From == emulator.FromPage:
		r.report.month(s.At).Messages++
		if topicOf(s) == "" {
			r.report.Funnel.Replies++
		} else {
			r.report.Funnel.Shown++
		}
		p.news = append(p.news, s)
		if len(p.news) > keepNews {
			p.news = p.news[1:]
		}
		if !p.listed {
			p.listed, r.moved = true, append(r.moved, p)
		}
	case s.Kind == noteHandedOver:
		r.handed = append(r.handed, p)
	}
}

// keepNews is how many messages somebody looks back at.
const keepNews = 6

// mishaps are what goes wrong on the platform.
func (r *run) mishaps(rng *rand.Rand) func() emulator.Mishap {
	return func() emulator.Mishap {
		switch x := rng.Float64(); {
		case x < r.settings.Timeouts:
			r.report.Platform.Timeouts++
			r.echo = true
			return emulator.Mishap{Timeout: true}
		case x < r.settings.Timeouts+r.settings.RateLimit:
			r.report.Platform.Refusals++
			return emulator.Mishap{Code: 613}
		}
		return emulator.Mishap{}
	}
}

// after does what things that were heard lead to.
func (r *run) after() error {
	for len(r.moved) > 0 {
		moved := r.moved
		r.moved = nil
		for _, p := range moved {
			if err := r.react(p); err != nil {
				return err
			}
		}
	}
	for _, p := range r.handed {
		if p.chance(0.7) { // the others forget to: resume_after does it
			r.queue.add(r.now().Add(p.between(20*time.Minute, 5*time.Hour)), func() error { return r.handBack(p) })
		}
	}
	r.handed = r.handed[:0]
	if r.echo {
		r.echo = false
		r.queue.add(r.now().Add(time.Minute), func() error { return r.platform().Echo() })
	}
	return nil
}

// handBack lets the people in the inbox give a conversation back.
func (r *run) handBack(p *person) error {
	_ = r.platform().HandBack(p.psid) // it may be back already
	return nil
}
