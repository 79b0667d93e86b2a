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
	psid  string
	stays bool          // never stops
	haste time.Duration // stops by a word so long after agreeing; 0 waits to be told

	step    int
	moved   time.Time // when they took it
	agreed  time.Time // when they read that they had agreed
	stopped bool      // they have said stop
	done    bool
}

// patience is how long somebody who should have been told waits before they stop
// by a word: what became of their notification is unknown.
const patience = 4 * time.Second

// Steps of the way.
const (
	atStart = iota
	atSize
	atCadence
	atRequest
	atAgreed
	atEnd
)

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
		w.step++
		w.moved = now
	}
	switch {
	case w.step == atStart:
		does(platform.Write(w.psid, "stock"))
	case w.step == atSize && says(flagship["stock"][0]):
		does(platform.Tap(w.psid, "42"))
	case w.step == atCadence && says(flagship["42"][1]):
		does(platform.Tap(w.psid, "Chaque semaine"))
	case w.step == atRequest && says(optInTitle):
		does(platform.Accept(w.psid))
	case w.step == atAgreed && says(agreedText):
		w.agreed, w.moved, w.step = now, now, atEnd
	case w.step < atEnd:
	case w.stopped:
		w.done = says("C'est fait")
	case w.stays:
	case w.haste == 0 && slices.ContainsFunc(chat, told):
		w.stopped = true
		does(platform.Tap(w.psid, "Stop"))
	case w.haste > 0 && now.Sub(w.agreed) > w.haste, w.haste == 0 && waited(decided(w.agreed), now):
		w.stopped = true
		does(platform.Write(w.psid, "stop"))
	}
}

func waited(since, now time.Time) bool { return !since.IsZero() && now.Sub(since) > patience }

// waits reports whether the person is to be told of the next event.
func (w *walker) waits() bool { return w.step == atEnd && !w.stopped && !w.stays }

// moving reports whether they have done something lately. Who has not mostly waits
// for a reply of unknown outcome.
func (w *walker) moving(now time.Time) bool {
	return !w.done && !w.stays && now.Sub(w.moved) < time.Second
}

// newWalker draws what kind of person somebody is: three in four wait to be told,
// the others stop soon after they agreed, some of them while they are being told.
func newWalker(random *rand.Rand, psid string, now time.Time) *walker {
	w := &walker{psid: psid, moved: now}
	if random.IntN(4) == 0 {
		w.haste = time.Duration(1+random.IntN(2000)) * time.Millisecond
	}
	return w
}
