package bot

import (
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/relance-bot/relance/storage"
)

// pages remembers which accounts may not be sent to for a time: the breaker. It
// is kept in the store, so that a restart does not forget it.
type pages struct {
	mu     sync.Mutex
	paused map[string]pagePause // by CHANNEL:PAGE
}

// pagePause is why and until when a page rests.
type pagePause struct {
	Until  time.Time `json:"until"`
	Reason string    `json:"reason"` // token, page, backoff
	// Probe lets one message at a time try whether the page is well again.
	Probe bool `json:"probe,omitempty"`
}

func pageMeta(page string) string { return "pause:" + page }

func (p *pages) load(r storage.MetaReader, channels map[string]Channel) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.paused = map[string]pagePause{}
	for page := range channels {
		raw, err := r.Meta(pageMeta(page))
		if errors.Is(err, storage.ErrNotFound) || err == nil && len(raw) == 0 {
			continue
		}
		if err != nil {
			return err
		}
		var pause pagePause
		if err := json.Unmarshal(raw, &pause); err != nil {
			return fmt.Errorf("pause of %s: %w", page, err)
		}
		p.paused[page] = pause
	}
	return nil
}

// pause rests a page.
func (p *pages) pause(w storage.MetaWriter, page string, pause pagePause) error {
	raw, err := json.Marshal(pause)
	if err != nil {
		return fmt.Errorf("pause of %s: %w", page, err)
	}
	if err := w.SetMeta(pageMeta(page), raw); err != nil {
		return err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.paused[page] = pause
	return nil
}

// well ends a pause after a message was accepted. It reports whether there was one.
func (p *pages) well(w storage.MetaWriter, page string) (was bool, err error) {
	p.mu.Lock()
	_, was = p.paused[page]
	delete(p.paused, page)
	p.mu.Unlock()
	if !was {
		return false, nil
	}
	return true, w.SetMeta(pageMeta(page), nil)
}

// closed lists the pages that rest now, and those whose rest is over but that may
// only be probed, with the earliest end of a rest.
func (p *pages) closed(now time.Time) (resting, probing []string, next time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for page, pause := range p.paused {
		switch {
		case pause.Until.After(now):
			resting = append(resting, page)
			if next.IsZero() || pause.Until.Before(next) {
				next = pause.Until
			}
		case pause.Probe:
			probing = append(probing, page)
		}
	}
	return resting, probing, next
}

// opens is when a message that is ready at a time may go, as far as the pages'
// rests are concerned. While any page rests, what is ready now waits for the end
// of the first rest.
func (p *pages) opens(ready, now time.Time) time.Time {
	resting, _, next := p.closed(now)
	if len(resting) > 0 && !ready.After(now) && next.After(ready) {
		return next
	}
	return ready
}
