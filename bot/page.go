package bot

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/relance-bot/relance/storage"
)

// pages remembers which accounts may not be sent to for a time. When a rest is over
// one message at a time tries whether the page is well again. Rests are kept in the
// store: a restart does not forget them.
type pages struct {
	mu    sync.Mutex
	rest  map[string]rest      // by CHANNEL:PAGE
	eased map[string]time.Time // until when notifications wait, near a limit
}

// rest is why and until when a page is left alone.
type rest struct {
	Reason string    `json:"reason"` // token, page, backoff
	First  time.Time `json:"first"`  // the first refusal in a row; zero in a rest of an earlier version
	Since  time.Time `json:"since"`  // the newest one that was no echo of the one before
	Until  time.Time `json:"until"`
	Times  int       `json:"times"` // refusals in a row
}

func restMeta(page string) string { return "rest:" + page }

func (p *pages) load(r storage.MetaReader, channels map[string]Channel) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.rest = map[string]rest{}
	for page := range channels {
		rest, err := storedRest(r, page)
		if err != nil {
			return err
		}
		if !rest.Since.IsZero() {
			p.rest[page] = rest
		}
	}
	return nil
}

// storedRest is a page's rest as it is stored; the zero rest if there is none.
func storedRest(r storage.MetaReader, page string) (rest, error) {
	raw, err := r.Meta(restMeta(page))
	if errors.Is(err, storage.ErrNotFound) || err == nil && len(raw) == 0 {
		return rest{}, nil
	}
	if err != nil {
		return rest{}, err
	}
	var out rest
	if err := json.Unmarshal(raw, &out); err != nil {
		return rest{}, fmt.Errorf("rest of %s: %w", page, err)
	}
	return out, nil
}

func (p *pages) put(tx *txn, page string, r rest) error {
	raw, err := json.Marshal(r)
	if err != nil {
		return fmt.Errorf("rest of %s: %w", page, err)
	}
	tx.whenKept(func() {
		p.mu.Lock()
		defer p.mu.Unlock()
		// Of two that were kept together the later one may come here first.
		old := p.rest[page]
		if r.Since.After(old.Since) || r.Since.Equal(old.Since) && r.Until.After(old.Until) {
			p.rest[page] = r
		}
	})
	return tx.SetMeta(restMeta(page), raw)
}

// refused rests a page after a refusal of a message that was claimed at some time.
// Those that were on their way together count as one, and the longest rest of them
// holds. times is how many there were in a row.
func (p *pages) refused(tx *txn, page, reason string, claimed, now time.Time, length func(times int) time.Duration) (times int, err error) {
	r, err := storedRest(tx, page)
	if err != nil {
		return 0, err
	}
	if fresh := claimed.After(r.Since); fresh {
		if r.First.IsZero() {
			r.First = now
		}
		r = rest{First: r.First, Since: now, Times: r.Times + 1}
	}
	if until := now.Add(length(r.Times)); until.After(r.Until) {
		r.Reason, r.Until = reason, until
	}
	return r.Times, p.put(tx, page, r)
}

// probed lets a page rest while one message tries whether it is well.
func (p *pages) probed(tx *txn, page string, now time.Time) error {
	r, err := storedRest(tx, page)
	if err != nil {
		return err
	}
	r.Until = now.Add(tokenProbe)
	return p.put(tx, page, r)
}

// well ends a page's trouble after a message was accepted that was claimed since it
// began. It reports whether there was any.
func (p *pages) well(tx *txn, page string, claimed time.Time) (was bool, err error) {
	p.mu.Lock()
	r, ok := p.rest[page]
	p.mu.Unlock()
	if !ok || !claimed.After(r.Since) {
		return false, nil
	}
	tx.whenKept(func() {
		p.mu.Lock()
		defer p.mu.Unlock()
		delete(p.rest, page)
	})
	return true, tx.SetMeta(restMeta(page), nil)
}

// closed lists the pages that rest now, and those whose rest is over but that may
// only be tried with one message.
func (p *pages) closed(now time.Time) (resting, probing []string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, page := range slices.Sorted(maps.Keys(p.rest)) {
		if p.rest[page].Until.After(now) {
			resting = append(resting, page)
		} else {
			probing = append(probing, page)
		}
	}
	return resting, probing
}

// unwell says whether a page was refused and no message was accepted since.
func (p *pages) unwell(page string) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	_, ok := p.rest[page]
	return ok
}

// ends is when a page's rest is over: now if it does not rest.
func (p *pages) ends(page string, now time.Time) time.Time {
	p.mu.Lock()
	defer p.mu.Unlock()
	if until := p.rest[page].Until; until.After(now) {
		return until
	}
	return now
}
