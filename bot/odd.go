package bot

import (
	"sync"
	"time"
)

// oddEvery is how often the log tells of one kind of what is odd in webhooks.
const oddEvery = time.Hour

// odds remembers what the log has told of. Its zero value is ready.
type odds struct {
	mu   sync.Mutex
	told map[string]time.Time // by reason: few, all ours or of the pages that are posted to
}

// maxOdds bounds the reasons that are told of within an hour.
const maxOdds = 100

// tell says whether the log is to tell of a reason now.
func (o *odds) tell(reason string, now time.Time) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	for old, at := range o.told {
		if now.Sub(at) >= oddEvery || now.Before(at) {
			delete(o.told, old)
		}
	}
	if _, known := o.told[reason]; known || len(o.told) >= maxOdds {
		return false
	}
	if o.told == nil {
		o.told = map[string]time.Time{}
	}
	o.told[reason] = now
	return true
}

// count tells the observer of the events of a webhook, and the log of what is odd among
// them, an hour at a time: what is not understood, and what is about a page of somebody
// else.
func (b *Bot) count(arrivals []arrival) {
	heard, _ := b.observer.(EventObserver)
	for i := range arrivals {
		e := &arrivals[i]
		b.observer.Webhook(e.result)
		reason := ""
		if e.Kind == EventUnknown || e.Kind == EventMessage {
			reason = e.Reason
		}
		if heard != nil {
			heard.Event(string(e.Kind), reason)
		}
		_, ours := b.channels[e.page]
		switch {
		case e.result == "duplicate":
		case !ours && e.result == "stray":
			if b.odds.tell("page "+e.page, b.clock.Now()) {
				b.log.Warn("events come of a page that the bot does not speak for: they are kept", "page", e.page)
			}
		case reason != "" && b.odds.tell(reason, b.clock.Now()):
			if e.Kind == EventUnknown {
				b.log.Warn("events come that the bot cannot act on: they are kept", "page", e.page, "reason", reason)
			} else {
				b.log.Warn("messages come with something in them that is not what it says it is", "page", e.page, "reason", reason)
			}
		}
	}
}
