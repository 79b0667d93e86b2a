package bot

import (
	"sync"
	"time"

	"github.com/relance-bot/relance/storage"
)

// throttles are the paces of campaigns that have one of their own. Where several
// processes work on one they share its slots by way of the store, as those of a page.
type throttles struct {
	mu   sync.Mutex
	list map[campaignKey]*throttle
}

type throttle struct {
	rate  float64
	pace  *pace
	asked time.Time // last
}

// throttleRest is how long a throttle is kept that nobody asks.
const throttleRest = time.Minute

// of is the pace of a campaign; nil if it has none of its own. It changes with the rate.
func (t *throttles) of(c storage.Campaign, shared bool, now time.Time) *pace {
	if c.Rate <= 0 {
		return nil
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	key := campaignKey{c.Trigger, c.ID}
	have := t.list[key]
	if have == nil || have.rate != c.Rate {
		have = &throttle{rate: c.Rate, pace: newPace(c.Rate, shared)}
		if t.list == nil {
			t.list = map[campaignKey]*throttle{}
		}
		t.list[key] = have
	}
	have.asked = now
	return have.pace
}

// all are those that somebody asked lately, by the names the store knows them by.
func (t *throttles) all(now time.Time) map[string]*pace {
	t.mu.Lock()
	defer t.mu.Unlock()
	if len(t.list) == 0 {
		return nil
	}
	out := make(map[string]*pace, len(t.list))
	for key, have := range t.list {
		if now.Sub(have.asked) > throttleRest+have.pace.every {
			delete(t.list, key)
			continue
		}
		out[key.trigger+" "+key.id] = have.pace
	}
	return out
}
