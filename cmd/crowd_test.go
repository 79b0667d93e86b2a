package cmd

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
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
func (c *crash) live() {
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

func (c *crash) everyTick(ctx context.Context, do func()) {
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
func (c *crash) acknowledged(body []byte) {
	var hook struct {
		Entry []struct {
			Messaging []struct {
				Sender  struct{ ID string }
				Message *struct {
					MID, Text string
					IsEcho    bool `json:"is_echo"`
				}
				Postback *struct{ MID, Title string }
				OptIn    *struct{} `json:"optin"`
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
	for _, entry := range hook.Entry {
		for _, m := range entry.Messaging {
			who := m.Sender.ID
			switch {
			case m.Message != nil && !m.Message.IsEcho:
				c.acts[who] = append(c.acts[who], act{m.Message.MID, m.Message.Text})
			case m.Postback != nil:
				c.acts[who] = append(c.acts[who], act{m.Postback.MID, m.Postback.Title})
			case m.OptIn != nil:
				c.acts[who] = append(c.acts[who], act{"", accepts})
			}
		}
	}
}

// walk lets everybody take their next step, and somebody new come while few move.
func (c *crash) walk(random *rand.Rand) {
	c.mu.Lock()
	defer c.mu.Unlock()
	now, moving := time.Now(), 0
	for _, w := range c.walkers {
		if w.moving(now) {
			moving++
		}
	}
	if c.joining && moving < crashPeople {
		c.walkers = append(c.walkers, newWalker(random, c.platform.Join("", "Zoé", "", "fr_FR", "Europe/Paris"), now))
	}
	for _, w := range c.walkers {
		w.walk(c.t, c.platform, now, c.decided)
	}
}

// decided is when the first event after a time was decided for everybody; zero if
// none was. c.mu is held.
func (c *crash) decided(after time.Time) time.Time {
	for _, e := range c.events {
		if e.at.After(after) {
			return e.settled
		}
	}
	return time.Time{}
}

// restock posts an event if somebody has agreed since the last, again and again until it is
// taken, and waits until it is decided for everybody. The one who stays comes last
// in every order: once they have a decision, all the others have had their turn.
func (c *crash) restock(ctx context.Context) {
	c.mu.Lock()
	e, last := posted{id: fmt.Sprintf("restock-%d", len(c.events)+1), at: time.Now()}, time.Time{}
	if len(c.events) > 0 {
		last = c.events[len(c.events)-1].at
	}
	waiting := slices.ContainsFunc(c.walkers, func(w *walker) bool { return w.waits() && w.agreed.After(last) })
	c.mu.Unlock()
	if !waiting {
		return
	}
	body := fmt.Sprintf(`{"id":%q,"name":"restock","data":{"model":"Gazelle","size":42,"url":"https://foulee.example/g42"}}`, e.id)
	for {
		c.killer.at(eventPosted)
		status, answer := c.ask(ctx, http.MethodPost, "/v1/events", body)
		if status == http.StatusAccepted {
			c.killer.at(eventAnswered)
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
	c.events = append(c.events, e)
	c.mu.Unlock()
	for ctx.Err() == nil {
		_, answer := c.ask(ctx, http.MethodGet, "/v1/decisions?limit=1000&contact="+contactID(lastPSID), "")
		if strings.Contains(answer, strconv.Quote(e.id)) {
			break
		}
		time.Sleep(20 * time.Millisecond)
	}
	c.mu.Lock()
	c.events[len(c.events)-1].settled = time.Now()
	c.mu.Unlock()
}

// lastPSID is the id of the one who stays: after all others.
const lastPSID = "9999999999999999"

func contactID(psid string) string { return bot.ContactID("messenger", emulatorPage, psid) }

// ask does one request with the API key. The status is 0 if there is no answer.
func (c *crash) ask(ctx context.Context, method, path, body string) (status int, answer string) {
	req, err := http.NewRequestWithContext(ctx, method, "http://"+c.address+path, strings.NewReader(body))
	if err != nil {
		c.t.Error(err)
		return 0, ""
	}
	req.Header.Set("Authorization", "Bearer "+crashKey)
	res, err := c.client.Do(req)
	if err != nil {
		return 0, ""
	}
	defer res.Body.Close()
	raw, err := io.ReadAll(res.Body)
	if err != nil {
		return 0, ""
	}
	return res.StatusCode, string(bytes.TrimSpace(raw))
}
