package cmd

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/relance-bot/relance/bot/messenger/emulator"
)

// moment is a point at which the bot is killed.
type moment string

const (
	whileStarting   moment = "while it started"
	anyTime         moment = "at any time"
	webhookPosted   moment = "after a webhook was posted"
	webhookAnswered moment = "once a webhook was answered"
	callLost        moment = "with a call on its way, which was lost"
	callTaken       moment = "with a call taken, before its answer"
	callSilent      moment = "with a call taken, whose echo came late"
	callAnswered    moment = "once a call was answered"
	eventPosted     moment = "after an event was posted"
	eventAnswered   moment = "once an event was answered"
)

// moments are drawn as often as they stand here, but for a start, which none of
// them can end. From the post of a webhook or an
// event on, the kill falls anywhere in the milliseconds in which it is stored, its
// turn is decided, and its replies are claimed, sent and settled.
var moments = []moment{
	anyTime,
	webhookPosted, webhookPosted, webhookPosted, webhookPosted, webhookPosted, webhookPosted,
	webhookAnswered, callLost, callTaken, callTaken, callSilent, callAnswered, callAnswered,
	eventPosted, eventPosted, eventAnswered,
}

// killer kills a bot at a moment that was drawn.
type killer struct {
	mu     sync.Mutex
	victim *child
	index  int // of its seat
	plan   moment
	pass   int           // so many of these moments pass by first
	delay  time.Duration // from the moment on
	done   map[moment]int
	watch  func(seat int, body []byte) // sees a call once it is taken, before it is answered
}

// draw chooses when victim dies.
func (k *killer) draw(random *rand.Rand, victim *child, index int, from []moment) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.victim, k.index, k.plan, k.delay = victim, index, from[random.IntN(len(from))], 0
	k.pass = random.IntN(4)
	switch k.plan {
	case webhookPosted, eventPosted:
		k.delay = time.Duration(random.IntN(15_000)) * time.Microsecond
	}
}

// at says that a moment is here for the bot in a seat. It reports whether it was the
// last.
func (k *killer) at(m moment, index int) bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.victim == nil || k.plan != m || k.index != index {
		return false
	}
	if k.pass > 0 {
		k.pass--
		return false
	}
	k.strike(m)
	return true
}

// now kills what is left of the victim.
func (k *killer) now(m moment) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.victim != nil {
		k.delay = 0
		k.strike(m)
	}
}

func (k *killer) strike(m moment) {
	victim := k.victim
	k.victim = nil
	kill := func() { _ = victim.process.Kill() }
	if k.delay > 0 {
		time.AfterFunc(k.delay, kill)
	} else {
		kill()
	}
	k.count(m)
}

// note counts a kill by somebody else.
func (k *killer) note(m moment) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.count(m)
}

func (k *killer) count(m moment) {
	if k.done == nil {
		k.done = map[moment]int{}
	}
	k.done[m]++
}

// String tells how often each moment was the last.
func (k *killer) String() string {
	k.mu.Lock()
	defer k.mu.Unlock()
	var lines []string
	for _, m := range slices.Sorted(maps.Keys(k.done)) {
		lines = append(lines, fmt.Sprintf("%4d %s", k.done[m], m))
	}
	return strings.Join(lines, "\n")
}

// handled is one call of a bot's that came in.
type handled struct {
	seat int
	at   time.Time
	body string
	cut  bool // its answer was not sent
}

// fault is a time in which something of a bot's may be lost: between its end and
// its next start, or while it stood still.
type fault struct {
	seat   int // everyone: what all of them need
	from   time.Time
	to     time.Time
	asleep bool // it stood still for longer than its lease, and then read every answer
}

const everyone = -1

// see lets a function see every call once it is taken.
func (k *killer) see(watch func(seat int, body []byte)) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.watch = watch
}

// graph is the platform's Graph API with the killer on the line. The first part of
// a call's path is the seat of whose call it is; note hears of the calls that came in.
func (k *killer) graph(platform *emulator.Platform, note func(handled)) http.Handler {
	inner := platform.Graph()
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		seat, path, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/"), "/")
		i, err := strconv.Atoi(seat)
		if err != nil {
			http.NotFound(w, r)
			return
		}
		r.URL.Path = "/" + path
		if r.Method != http.MethodPost {
			note(handled{seat: i, at: time.Now()})
			inner.ServeHTTP(w, r)
			return
		}
		body, err := io.ReadAll(r.Body)
		call := handled{seat: i, at: time.Now(), body: string(body), cut: true}
		defer func() { note(call) }()
		if err != nil || k.at(callLost, i) {
			panic(http.ErrAbortHandler)
		}
		r.Body = io.NopCloser(bytes.NewReader(body))
		if k.at(callSilent, i) {
			platform.TimeoutNext()
			inner.ServeHTTP(w, r) // of a message it ends the connection
			call.cut = false
			return
		}
		answer := httptest.NewRecorder()
		inner.ServeHTTP(answer, r)
		if k.at(callTaken, i) {
			panic(http.ErrAbortHandler)
		}
		k.mu.Lock()
		watch := k.watch
		k.mu.Unlock()
		if watch != nil {
			watch(i, body)
		}
		maps.Copy(w.Header(), answer.Header())
		w.WriteHeader(answer.Code)
		_, err = w.Write(answer.Body.Bytes())
		call.cut = errors.Join(err, http.NewResponseController(w).Flush()) != nil // the bot is dead
		k.at(callAnswered, i)
	})
}
