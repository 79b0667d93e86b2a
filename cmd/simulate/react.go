package simulate

import (
	"errors"
	"time"

	"github.com/relance-bot/relance/bot/messenger/emulator"
	"github.com/relance-bot/relance/flows"
)

// react plans what somebody does about what the Page said.
func (r *run) react(p *person) error {
	p.listed = false
	if p.gone || len(p.news) == 0 {
		return nil
	}
	last := p.news[len(p.news)-1]
	for _, s := range p.news {
		switch {
		case topicOf(s) != "":
			r.notified(p, s)
		case s.OptIn != nil:
			r.asked(p, s)
		}
	}
	if topicOf(last) != "" || last.OptIn != nil || !p.engaged || p.patience <= 0 || !p.chance(r.settings.Answer) {
		return nil
	}
	p.patience--
	r.queue.add(r.now().Add(p.between(8*time.Second, 90*time.Second)), func() error { return r.reply(p, last) })
	return nil
}

// topicOf is the topic of a notification, told by its one-tap way out; "" of any other
// message. That every notification has one is a promise of the bot's.
func topicOf(s emulator.Shown) string {
	topic := ""
	for _, b := range buttons(s) {
		if payload, ok := flows.DecodePayload(b.Payload); ok && payload.OptOut != "" {
			topic = payload.OptOut
		}
	}
	return topic
}

// buttons are all that can be tapped on a message.
func buttons(s emulator.Shown) []emulator.ShownButton {
	list := append(append([]emulator.ShownButton{}, s.QuickReplies...), s.Buttons...)
	for _, card := range s.Cards {
		list = append(list, card.Buttons...)
	}
	return list
}

// asked plans the answer to an opt-in request.
func (r *run) asked(p *person, s emulator.Shown) {
	switch x := p.rng.Float64(); {
	case x < r.settings.Accept:
		r.queue.add(r.now().Add(p.between(10*time.Second, 4*time.Minute)), func() error {
			err := r.platform().AcceptMessage(p.psid, s.MID)
			if err == nil {
				r.journal.accept(r.now(), p, s.MID)
			}
			return ignore(err, emulator.ErrNoRequest)
		})
	case x < r.settings.Accept+r.settings.Decline && len(s.QuickReplies) > 0:
		r.queue.add(r.now().Add(p.between(10*time.Second, 2*time.Minute)), func() error { return r.tap(p, s, s.QuickReplies[0]) })
	}
}

// notified plans when somebody reads a notification, if they do.
func (r *run) notified(p *person, s emulator.Shown) {
	if p.muted || !p.chance(min(r.settings.Read*(0.7+0.3*p.keen), 0.98)) {
		return
	}
	r.queue.add(p.awake(r.now().Add(p.soon(100*time.Minute))), func() error { return r.read(p, s) })
}

// read lets somebody look at a notification, and do what they do about it.
func (r *run) read(p *person, s emulator.Shown) error {
	if p.gone || p.muted {
		return nil
	}
	if err := r.look(p); err != nil {
		return err
	}
	x := p.rng.Float64()
	for _, way := range []struct {
		share float64
		do    func() error
	}{
		{r.settings.Stop / max(p.keen, 0.3), func() error { return r.stop(p, s) }},
		{r.settings.Block / max(p.keen, 0.3), func() error { p.gone = true; return r.platform().Block(p.psid) }},
		{r.settings.Mute / max(p.keen, 0.3), func() error { p.muted = true; return nil }},
		{r.settings.Forget, func() error { return r.forget(p) }},
		{r.settings.Settings, func() error { return r.preferences(p) }},
		{r.settings.Reply, func() error { return r.thank(p) }},
	} {
		if x < way.share {
			return way.do()
		}
		x -= way.share
	}
	if !p.keenly(r.settings.Click) {
		return nil
	}
	r.begin(p)
	var follow *emulator.ShownButton
	for _, b := range buttons(s) {
		if b.URL != "" {
			return r.open(p, s, b)
		}
		if payload, ok := flows.DecodePayload(b.Payload); ok && payload.OptOut == "" && follow == nil {
			follow = &b
		}
	}
	if follow != nil {
		return r.tap(p, s, *follow)
	}
	return nil
}

// look opens the chat.
func (r *run) look(p *person) error {
	if err := r.platform().Look(p.psid); err != nil {
		return err
	}
	r.journal.read(r.now(), p)
	return nil
}

// stop ends it, by the button below the message, by a word, or by the platform's switch.
func (r *run) stop(p *person, s emulator.Shown) error {
	p.engaged = false
	if p.chance(0.15) {
		for _, t := range r.platform().Topics(p.psid) {
			if t.Token == s.Recipient && !t.Stopped {
				return r.platform().StopTopic(p.psid, t.Title)
			}
		}
	}
	if !p.chance(0.2) {
		for _, b := range buttons(s) {
			if payload, ok := flows.DecodePayload(b.Payload); ok && payload.OptOut != "" {
				return r.tap(p, s, b)
			}
		}
	}
	return r.platform().Write(p.psid, "stop")
}

// preferences opens the preference centre from the menu, if it is there.
func (r *run) preferences(p *person) error {
	if r.centre == "" {
		return nil
	}
	r.begin(p)
	return r.platform().Tap(p.psid, r.centre)
}

// thank lets somebody answer with words that ask for nothing.
func (r *run) thank(p *person) error {
	if p.chance(0.5) {
		return ignore(r.platform().React(p.psid, "❤"), emulator.ErrNothing)
	}
	return r.platform().Write(p.psid, "👍")
}

// forget has everything deleted that is kept about somebody; they may come again.
func (r *run) forget(p *person) error {
	r.report.Funnel.Forgotten++
	r.journal.forgotten(r.now(), p)
	p.engaged = false
	return r.forgotten(p)
}

// tap taps a button of a message, if it is still there.
func (r *run) tap(p *person, s emulator.Shown, b emulator.ShownButton) error {
	p.news, p.touched = nil, b.Payload
	return ignore(r.platform().TapButton(p.psid, s.MID, b.ID), emulator.ErrNoButton)
}

// open follows a link, and may lead to a purchase.
func (r *run) open(p *person, s emulator.Shown, b emulator.ShownButton) error {
	if err := r.tap(p, s, b); err != nil {
		return err
	}
	r.report.Funnel.Opened++
	code, err := r.stage.Click(r.ctx, b.URL)
	if err != nil {
		return err
	}
	if code != "" {
		r.journal.click(r.now(), p, s.MID)
	}
	switch x := p.rng.Float64() / p.keen; {
	case x < r.settings.Buy:
		r.queue.add(r.now().Add(p.between(3*time.Minute, 50*time.Minute)), func() error { return r.buy(p, code) })
	case x < r.settings.Buy+r.settings.BuyLater:
		r.queue.add(p.sometime(r.now().Add(p.between(2*24*time.Hour, 6*24*time.Hour))), func() error { return r.buy(p, "") })
	}
	return nil
}

// ignore drops an error that only says that the screen has changed meanwhile.
func ignore(err, usual error) error {
	if errors.Is(err, usual) {
		return nil
	}
	return err
}
