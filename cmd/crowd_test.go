package cmd

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/relance-bot/relance/bot"
)

// live lets the platform, the people and the shop do what they do until the test
// ends.
func (c *trial) live() {
	ctx, cancel := context.WithCancel(context.Background())
	var parts sync.WaitGroup
	parts.Go(func() {
		if err := c.platform.Run(ctx); err != nil {
			c.t.Error(err)
		}
	})
	people := rand.New(rand.NewPCG(c.random.Uint64(), 1))
	parts.Go(func() { c.everyTick(ctx, func() { c.walk(people) }) })
	parts.Go(func() { c.everyTick(ctx, func() { c.restock(ctx) }) })
	c.t.Cleanup(func() {
		cancel()
		parts.Wait()
	})
}

func (c *trial) everyTick(ctx context.Context, do func()) {
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			do()
		}
	}
}

// acknowledged notes what a webhook that was answered with 200 told the bot that
// a person did.
func (c *trial) acknowledged(i int, header http.Header, body []byte) {
	var hook struct {
		Entry []struct {
			Messaging []struct {
				Sender  struct{ ID string }
				Message *struct {
					MID, Text string
					IsEcho    bool `json:"is_echo"`
				}
				Postback *struct{ MID, Title string }
				OptIn    *struct {
					Title  string
					Status string `json:"notification_messages_status"`
				} `json:"optin"`
			}
		}
	}
	if err := json.Unmarshal(body, &hook); err != nil {
		c.t.Error(err)
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.answered++
	c.bots[i].answered++
	c.bodies = append(c.bodies, delivered{header, body})
	for _, entry := range hook.Entry {
		for _, m := range entry.Messaging {
			who := m.Sender.ID
			switch {
			case m.Message != nil && !m.Message.IsEcho:
				c.acts[who] = append(c.acts[who], act{m.Message.MID, m.Message.Text})
			case m.Postback != nil:
				c.acts[who] = append(c.acts[who], act{m.Postback.MID, m.Postback.Title})
			case m.OptIn != nil:
				c.acts[who] = append(c.acts[who], act{"", optInAct(m.OptIn.Status, m.OptIn.Title)})
			}
		}
	}
}

// optInAct is what somebody does with an opt-in request, or with the platform's own
// switch for a topic.
func optInAct(status, title string) string {
	switch {
	case status == "STOP NOTIFICATIONS":
		return switchesOff
	case status == "RESUME NOTIFICATIONS":
		return switchesOn
	case title == newsTitle:
		return acceptsNews
	}
	return accepts
}

// walk lets everybody take their next step, and somebody new come while few move.
func (c *trial) walk(random *rand.Rand) {
	c.mu.Lock()
	defer c.mu.Unlock()
	now, moving := time.Now(), 0
	for _, w := range c.walkers {
		if w.moving(now) {
			moving++
		}
	}
	if c.joining && moving < c.c.people && (c.c.most == 0 || len(c.walkers) < c.c.most) {
		w := newWalker(random, c.c.readers, now)
		w.psid = c.platform.Join("", "Zoé", "", "fr_FR", w.zone)
		c.walkers = append(c.walkers, w)
	}
	for _, w := range c.walkers {
		w.walk(c.t, c.platform, now, c.decided)
	}
}

// decided is when the first event after a time was decided for everybody; zero if
// none was. c.mu is held.
func (c *trial) decided(after time.Time) time.Time {
	for _, e := range c.events {
		if e.at.After(after) && !e.news {
			return e.settled
		}
	}
	return time.Time{}
}

// restock posts an event if people have agreed since the last, again and again until it is
// taken, and waits until it is decided for everybody. The one who stays comes last
// in every order: once they have a decision, all the others have had their turn.
func (c *trial) restock(ctx context.Context) {
	c.mu.Lock()
	e, last := posted{id: fmt.Sprintf("restock-%d", len(c.events)+1), at: time.Now()}, time.Time{}
	for _, before := range c.events {
		if !before.news {
			last = before.at
		}
	}
	waiting, longest := 0, time.Duration(0)
	for _, w := range c.walkers {
		if w.waits() && w.agreed.After(last) {
			waiting++
			longest = max(longest, e.at.Sub(w.agreed))
		}
	}
	c.mu.Unlock()
	if waiting < c.c.quorum && (waiting == 0 || longest < c.c.wait) {
		return
	}
	body := fmt.Sprintf(`{"id":%q,"name":"restock","data":{"model":"Gazelle","size":42,"url":"https://foulee.example/g42"}}`, e.id)
	for {
		for i := range c.bots {
			c.killer.at(eventPosted, i)
		}
		i, status, answer := c.ask(ctx, http.MethodPost, "/v1/events", body)
		if status == http.StatusAccepted {
			c.killer.at(eventAnswered, i)
			break
		}
		if ctx.Err() != nil {
			return
		}
		if status != 0 && status != http.StatusServiceUnavailable {
			c.t.Errorf("the event is answered with %d %s", status, answer)
		}
		time.Sleep(5 * time.Millisecond)
	}
	c.mu.Lock()
	n := len(c.events)
	c.events = append(c.events, e)
	c.mu.Unlock()
	for ctx.Err() == nil {
		_, _, answer := c.ask(ctx, http.MethodGet, "/v1/decisions?limit=1000&contact="+contactID(lastPSID), "")
		if strings.Contains(answer, strconv.Quote(e.id)) {
			break
		}
		time.Sleep(20 * time.Millisecond)
	}
	c.mu.Lock()
	c.events[n].settled = time.Now()
	c.mu.Unlock()
}

// crowded reports whether so many people have agreed to something and wait to be
// told. c.mu is held.
func (c *trial) crowded(news bool, n int) bool {
	return len(slices.DeleteFunc(slices.Clone(c.walkers), func(w *walker) bool {
		return w.agreed.IsZero() || (w.kind == reads) != news
	})) >= n
}

// lastPSID is the id of the one who stays: after all others.
const lastPSID = "9999999999999999"

func contactID(psid string) string { return bot.ContactID("messenger", emulatorPage, psid) }
