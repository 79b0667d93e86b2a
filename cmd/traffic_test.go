package cmd

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"
)

// deliver brings a webhook of the platform to one of the processes: to another if
// the first does not take it, as whoever spreads the load does.
func (c *trial) deliver(ctx context.Context, header http.Header, body []byte) (status int, err error) {
	c.mu.Lock()
	if c.unheard != "" && bytes.Contains(body, []byte(c.unheard)) {
		c.mu.Unlock()
		return http.StatusServiceUnavailable, nil // says the network
	}
	lags := time.Duration(0)
	if c.c.overtake && receipt.Match(body) {
		lags = time.Duration(1+c.delivery.IntN(400)) * time.Millisecond
		c.late++
		c.lagging++
	}
	c.mu.Unlock()
	if lags == 0 {
		return c.bring(ctx, header, body)
	}
	time.AfterFunc(lags, func() {
		for range 1000 {
			status, err := c.bring(context.Background(), header, body)
			if err == nil && status == http.StatusOK {
				break
			}
			time.Sleep(20 * time.Millisecond)
		}
		c.mu.Lock()
		defer c.mu.Unlock()
		c.lagging--
	})
	return http.StatusOK, nil // by whoever passes it on
}

func (c *trial) bring(ctx context.Context, header http.Header, body []byte) (status int, err error) {
	c.mu.Lock()
	order := c.delivery.Perm(len(c.bots))
	now := time.Now()
	slices.SortStableFunc(order, func(i, j int) int { return c.bots[i].avoided(now) - c.bots[j].avoided(now) })
	c.mu.Unlock()
	for _, i := range order {
		c.killer.at(webhookPosted, i)
		var got answer
		got, err = probe(ctx, c.client.Timeout, http.MethodPost, "http://"+c.bots[i].address+"/webhooks/messenger", header, body)
		status = got.status
		if err != nil {
			c.avoid(i)
		}
		if err == nil && status == http.StatusOK {
			c.acknowledged(i, header, body)
			c.killer.at(webhookAnswered, i)
			return status, nil
		}
	}
	return status, err
}

// receipt recognizes the webhooks that may be overtaken, also by each other: those
// that tell what was taken, delivered and read.
var receipt = regexp.MustCompile(`"is_echo":true|"delivery":|"read":`)

// avoid lets the others be asked first for a while.
func (c *trial) avoid(i int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.bots[i].silent = time.Now()
}

// avoided is 1 for a process that gave no answer lately.
func (s *seat) avoided(now time.Time) int {
	if now.Sub(s.silent) < time.Second {
		return 1
	}
	return 0
}

// platformPatience is how long the platform waits for the answer to a webhook.
const platformPatience = 5 * time.Second

// repeat posts webhooks again that were answered with 200, in any order and to any
// process, from several connections at once. Every one must be answered with 200
// while the platform waits.
func (c *trial) repeat(n int) {
	var senders sync.WaitGroup
	for range 8 {
		senders.Go(func() {
			for range n / 8 {
				c.mu.Lock()
				again := c.bodies[c.delivery.IntN(len(c.bodies))]
				to := c.bots[c.delivery.IntN(len(c.bots))]
				c.repeated++
				c.mu.Unlock()
				begun := time.Now()
				got, err := probe(context.Background(), platformPatience, http.MethodPost, "http://"+to.address+"/webhooks/messenger", again.header, again.body)
				c.mu.Lock()
				c.slowest = max(c.slowest, time.Since(begun))
				c.mu.Unlock()
				if err != nil || got.status != http.StatusOK {
					c.t.Errorf("a webhook that comes again is answered with %d, %v", got.status, err)
				}
			}
		})
	}
	senders.Wait()
}

// ask does one request with the API key to any of the processes. The status is 0 if
// there is no answer.
func (c *trial) ask(ctx context.Context, method, path, body string) (i, status int, answer string) {
	c.mu.Lock()
	i = c.delivery.IntN(len(c.bots))
	c.mu.Unlock()
	req, err := http.NewRequestWithContext(ctx, method, "http://"+c.bots[i].address+path, strings.NewReader(body))
	if err != nil {
		c.t.Error(err)
		return i, 0, ""
	}
	req.Header.Set("Authorization", "Bearer "+trialKey)
	res, err := c.client.Do(req)
	if err != nil {
		return i, 0, ""
	}
	defer res.Body.Close()
	raw, err := io.ReadAll(res.Body)
	if err != nil {
		return i, 0, ""
	}
	return i, res.StatusCode, string(bytes.TrimSpace(raw))
}
