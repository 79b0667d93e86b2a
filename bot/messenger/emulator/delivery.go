package emulator

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"time"
)

// Bounds of the delivery of webhooks.
const (
	maxQueue   = 50_000           // webhooks kept for a bot that does not answer; the oldest goes first
	maxFlush   = 100_000          // tries of one Flush, for a bot that answers every echo with a message
	dropAfter  = 36 * time.Hour   // a webhook is retried that long
	alertAfter = 15 * time.Minute // without any 200, the developer is told
	leaveAfter = time.Hour        // without any 200, if Config.Unsubscribe
)

// retryAfter is how long the platform waits after each failed try: at once a few
// times, then less and less often. The last value repeats.
var retryAfter = [...]time.Duration{0, 0, 10 * time.Second, time.Minute, 5 * time.Minute, 15 * time.Minute, time.Hour}

// hook is one webhook on its way to the bot.
type hook struct {
	ID    int64     `json:"id"`
	Lane  string    `json:"lane"` // the PSID whose other events it must not overtake; "": the Page's
	Body  string    `json:"body"`
	Due   time.Time `json:"due"`
	First time.Time `json:"first"`
	Tries int       `json:"tries,omitempty"`

	status int  // answer to the last try
	held   bool // until Echo, or until the API answer is out
	flying bool // a try is under way
	again  bool // delivered already, once more on demand
}

// Undelivered is a webhook that the bot has not answered with 200 yet.
type Undelivered struct {
	PSID   string    `json:"psid,omitempty"` // whose event it is; "" for events of the Page
	Since  time.Time `json:"since"`
	Tries  int       `json:"tries"`
	Status int       `json:"status,omitempty"` // answer to the last try, 503 if there was none; 0 before the first
	Next   time.Time `json:"next"`
}

// enqueue keeps a webhook for delivery. Without anybody to deliver to it is lost,
// as on the platform.
func (p *Platform) enqueue(lane string, body []byte) *hook {
	now := p.cfg.Now()
	h := &hook{ID: p.number(), Lane: lane, Body: string(body), Due: now, First: now}
	if p.cfg.Deliver == nil || !p.subscribed {
		return h
	}
	h.Due = now.Add(p.faults.late.take())
	if len(p.queue) >= maxQueue {
		p.drop(p.queue[0])
	}
	p.queue = append(p.queue, h)
	p.keepHook(h)
	p.poke()
	return h
}

// drop takes h out of the queue.
func (p *Platform) drop(h *hook) {
	if i := slices.Index(p.queue, h); i >= 0 {
		p.queue = slices.Delete(p.queue, i, i+1)
		p.forgetHook(h)
	}
}

// next returns the first webhook that may go now: due, and with nothing of the
// same person before it. Held ones are passed by.
func (p *Platform) next(now time.Time) *hook {
	if p.holding {
		return nil
	}
	var waiting map[string]bool
	for _, h := range p.queue {
		if h.held || waiting[h.Lane] {
			continue
		}
		if !h.flying && !h.Due.After(now) {
			return h
		}
		if waiting == nil {
			waiting = map[string]bool{}
		}
		waiting[h.Lane] = true
	}
	return nil
}

// try delivers h once. p.mu is not held; h.flying is.
func (p *Platform) try(ctx context.Context, h *hook) {
	body := []byte(h.Body)
	answer, cancel := context.WithTimeout(ctx, p.cfg.AnswerWithin)
	status, err := p.cfg.Deliver(answer, p.Header(body), body)
	late := answer.Err() != nil
	cancel()
	if err != nil || late {
		status = http.StatusServiceUnavailable
	}

	p.mu.Lock()
	defer p.mu.Unlock()
	h.flying = false
	if status != http.StatusOK && ctx.Err() != nil {
		return // we gave up, not the bot
	}
	p.settle(h, status)
}

// settle records the answer to a try.
func (p *Platform) settle(h *hook, status int) {
	now := p.cfg.Now()
	h.status = status
	defer p.changed()
	if status == http.StatusOK {
		p.failing = time.Time{}
		if p.repeats > 0 && !h.again {
			p.repeats--
			h.again = true
			return
		}
		p.drop(h)
		return
	}
	if p.failing.IsZero() {
		p.failing = now
	}
	h.Due = now.Add(retryAfter[min(h.Tries, len(retryAfter)-1)])
	h.Tries++
	switch {
	case p.cfg.Unsubscribe && now.Sub(p.failing) >= leaveAfter:
		p.unsubscribeApp()
	case now.Sub(h.First) >= dropAfter:
		p.drop(h)
	default:
		p.keepHook(h)
	}
}

// deliver flushes after an act, unless Run does it in the background.
func (p *Platform) deliver() {
	p.mu.Lock()
	live := p.live
	p.mu.Unlock()
	if !live {
		_ = p.Flush(context.Background()) // ends by itself; what failed is kept
	}
}

// ErrFlush is returned by Flush when the bot and the platform go on answering
// each other.
var ErrFlush = errors.New("emulator: deliveries do not come to an end")

// Flush delivers, on the caller's goroutine, everything that is due, and what the
// bot's answers add to it. What fails is kept and due again later. It returns an
// error if ctx ends or if there is no end to it.
//
// Called while another Flush is under way (from within Deliver, say) it returns at
// once: that other one delivers what is there.
func (p *Platform) Flush(ctx context.Context) error {
	if !p.startFlush() {
		return nil
	}
	defer p.endFlush()
	for range p.flushes {
		if err := ctx.Err(); err != nil {
			return err
		}
		h := p.take()
		if h == nil {
			return nil
		}
		p.try(ctx, h)
	}
	return ErrFlush
}

func (p *Platform) startFlush() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.flushing {
		return false
	}
	p.flushing = true
	return true
}

func (p *Platform) endFlush() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.flushing = false
}

// take marks the next webhook that may go as under way and returns it, nil if
// there is none. p.mu is not held.
func (p *Platform) take() *hook {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.remind()
	h := p.next(p.cfg.Now())
	if h != nil {
		h.flying = true
	}
	return h
}

// Pending reports whether Flush would deliver something now.
func (p *Platform) Pending() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.next(p.cfg.Now()) != nil
}

// Next returns when the platform does something next by itself: it retries a webhook, or
// asks somebody whether to go on. False if nothing waits.
func (p *Platform) Next() (time.Time, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	due, ok := p.nextDue()
	if at, some := p.nextRenewal(); some && (!ok || at.Before(due)) {
		due, ok = at, true
	}
	return due, ok
}

func (p *Platform) nextDue() (due time.Time, ok bool) {
	waiting := map[string]bool{}
	for _, h := range p.queue {
		if h.held || waiting[h.Lane] {
			continue
		}
		waiting[h.Lane] = true
		if !ok || h.Due.Before(due) {
			due, ok = h.Due, true
		}
	}
	return due, ok
}

// Undelivered lists what the bot has not answered with 200 yet.
func (p *Platform) Undelivered() []Undelivered {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.undelivered()
}

func (p *Platform) undelivered() []Undelivered {
	list := make([]Undelivered, 0, len(p.queue))
	for _, h := range p.queue {
		list = append(list, Undelivered{PSID: h.Lane, Since: h.First, Tries: h.Tries, Status: h.status, Next: h.Due})
	}
	return list
}

// Retry makes every kept webhook due now, as when the bot is known to be back. It
// delivers nothing by itself.
func (p *Platform) Retry() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, h := range p.queue {
		h.Due = p.cfg.Now()
	}
	p.poke()
}

// poke wakes Run.
func (p *Platform) poke() {
	select {
	case p.wake <- struct{}{}:
	default:
	}
}
