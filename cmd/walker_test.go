package cmd

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/relance-bot/relance/bot/messenger/emulator"
)

// walker is a person who walks through the flagship, one step for each thing the
// bot says, until they have stopped what they asked for.
type walker struct {
	psid, zone string
	kind       kind
	haste      time.Duration // stops by a word so long after agreeing, if hasty

	step    int       // on the way to agreeing
	moved   time.Time // when they took it
	agreed  time.Time // when they read that they had agreed
	off     time.Time // when they used the platform's own switch
	on      bool      // and again
	stopped bool      // they have said stop
	done    bool
}

// kind is what kind of person a walker is.
type kind int

const (
	waits   kind = iota // to be told, and then taps Stop
	hasty               // stops by a word soon after agreeing, perhaps while being told
	returns             // is told, uses the platform's own switch, off and on, and then taps Stop
	stays               // never stops
	reads               // wants the weekly news instead, and stays
)

// patience is how long somebody who should have been told waits before they stop
// by a word: what became of their notification is unknown.
const patience = 4 * time.Second

// hesitation is how long a topic stays switched off.
const hesitation = 300 * time.Millisecond

// way is how somebody comes to agree: what the bot says, and what they do about it.
type way []struct {
	invites string
	do      func(*emulator.Platform, string) error
}

func writes(text string) func(*emulator.Platform, string) error {
	return func(p *emulator.Platform, psid string) error { return p.Write(psid, text) }
}

func taps(label string) func(*emulator.Platform, string) error {
	return func(p *emulator.Platform, psid string) error { return p.Tap(psid, label) }
}

func agrees(p *emulator.Platform, psid string) error { return p.Accept(psid) }

// walk takes the next step if the chat invites to it.
func (w *walker) walk(t *testing.T, platform *emulator.Platform, now time.Time, decided func(since time.Time) time.Time) {
	if w.done {
		return
	}
	chat := platform.Chat(w.psid)
	says := func(text string) bool {
		return slices.ContainsFunc(chat, func(m emulator.Shown) bool {
			return m.From == emulator.FromPage && strings.HasPrefix(textOf(m), text)
		})
	}
	does := func(err error) {
		if err != nil {
			t.Errorf("%s, at step %d: %v", w.psid, w.step, err)
		}
		w.moved = now
	}
	if steps, last := w.way(); w.step < len(steps) {
		if next := steps[w.step]; next.invites == "" || says(next.invites) {
			w.step++
			does(next.do(platform, w.psid))
		}
		return
	} else if w.agreed.IsZero() {
		if says(last) {
			w.agreed, w.moved = now, now
			w.done = w.kind == reads
		}
		return
	}
	heard := slices.ContainsFunc(chat, told)
	switch {
	case w.stopped:
		w.done = says("C'est fait")
	case w.kind == stays:
	case w.kind == returns && heard && w.off.IsZero():
		w.off = now
		does(platform.StopTopic(w.psid, optInTitle))
	case w.kind == returns && heard && !w.on:
		if w.on = now.Sub(w.off) > hesitation; w.on {
			does(platform.ResumeTopic(w.psid, optInTitle))
		}
	case w.kind != hasty && heard:
		w.stopped = true
		does(platform.Tap(w.psid, "Stop"))
	case w.kind == hasty && now.Sub(w.agreed) > w.haste, w.kind != hasty && waited(decided(w.agreed), now):
		w.stopped = true
		does(platform.Write(w.psid, "stop"))
	}
}

// way is how this walker comes to agree, and what they read then.
func (w *walker) way() (way, string) {
	if w.kind == reads {
		return way{
			{"", writes("nouveautés")}, {flagship["nouveautés"][0], writes("43")}, {flagship["43"][1], taps("Chaque mois")}, {newsTitle, agrees},
		}, flagship[acceptsNews][0]
	}
	return way{
		{"", writes("stock")}, {flagship["stock"][0], taps("42")}, {flagship["42"][1], taps("Chaque semaine")}, {optInTitle, agrees},
	}, agreedText
}

func waited(since, now time.Time) bool { return !since.IsZero() && now.Sub(since) > patience }

// waits reports whether the person is to be told of the next event.
func (w *walker) waits() bool {
	return !w.agreed.IsZero() && !w.stopped && w.kind != stays && w.kind != reads
}

// moving reports whether they have done something lately. Who has not mostly waits
// for a reply of unknown outcome.
func (w *walker) moving(now time.Time) bool {
	return !w.done && w.psid != lastPSID && now.Sub(w.moved) < time.Second
}

// readersZones are where readers live: each zone has a schedule of its own.
var readersZones = []string{"Europe/Paris", "Europe/London", "Europe/Athens", "America/New_York"}

// newWalker draws what kind of person somebody is: most wait to be told, others
// stop soon after they agreed, some of them while they are being told.
func newWalker(random *rand.Rand, readers bool, now time.Time) *walker {
	w := &walker{moved: now, zone: "Europe/Paris"}
	switch n := random.IntN(16); {
	case n < 4:
		w.kind, w.haste = hasty, time.Duration(1+random.IntN(2000))*time.Millisecond
	case n < 6:
		w.kind = returns
	case n < 7:
		w.kind = stays
	case n < 10 && readers:
		w.kind, w.zone = reads, readersZones[random.IntN(len(readersZones))]
	}
	return w
}
