package bot

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/relance-bot/relance/flows"
	"github.com/relance-bot/relance/storage"
)

// What the shop wants to be told is stored with what happened, and told afterwards:
//
//	turn ─ a timer "webhook" stored with it ─► fire ─ lease ─► line of its target ─► POST
//	                     ▲                                                            │
//	                     └─ later ◄── refused ─────────────── delivered: the timer goes, the next one of the person is due
//
// Only the first of each person and target is due; those behind it wait for it, so a
// shop hears of a person in order. One that is not answered with 2xx comes again under
// the same id, at ever longer intervals, for noticePatience. It holds the body alone:
// where it goes and how it is signed is today's bot.yaml.

// Bounds of outgoing webhooks.
const (
	timerNotice    = "webhook"          // key: the target, and its place in the person's line; body: webhookBody
	noticePatience = 3 * 24 * time.Hour // how long a target is tried
	noticeTimeout  = 10 * time.Second   // of one try
	noticeLease    = 90 * time.Second   // of the process that has it in hand
	noticesAtOnce  = 8                  // to one target
	noticesWaiting = 100                // in memory for one target, before others
	firstNotice    = 5 * time.Second    // until the second try, at least
	lastNotice     = time.Hour          // between two tries, at most
	targetRest     = 30 * time.Second   // of a target that does not answer
)

// webhookBody is what a target is told, as it goes out.
type webhookBody struct {
	ID      string           `json:"id"`
	Kind    string           `json:"kind"`
	Time    time.Time        `json:"time"`
	Contact string           `json:"contact"`
	Topic   string           `json:"topic,omitempty"`
	Cadence string           `json:"cadence,omitempty"`
	About   []map[string]any `json:"interests,omitempty"`
	Source  string           `json:"source,omitempty"`
	Flow    string           `json:"flow,omitempty"`
	Event   string           `json:"event,omitempty"` // the shop's id of it
	Lane    string           `json:"lane,omitempty"`
	Data    map[string]any   `json:"data,omitempty"`
}

// posting is a notice on its way.
type posting struct {
	storage.Timer
	target string
	until  time.Time // of the lease
}

// tell stores a notice for each target that wants its kind, in the transaction of what
// happened.
func (x *txn) tell(n webhookBody, contact string) error {
	var timers []storage.Timer
	for _, h := range x.program.Bot.Webhooks {
		if !slices.Contains(h.Events, n.Kind) {
			continue
		}
		if timers == nil {
			var err error
			if timers, err = x.Timers(contact); err != nil {
				return err
			}
		}
		line := lineOf(timers, h.Name)
		n.ID, n.Contact, n.Time = randomID(x.now), contact, n.Time.UTC()
		body, err := json.Marshal(n)
		if err != nil {
			return fmt.Errorf("webhook: %w", err)
		}
		timer := storage.Timer{Contact: contact, Kind: timerNotice, At: x.now, Body: body}
		place := fmt.Sprintf("%013d-%06d", x.now.UnixMilli(), 0)
		if len(line) > 0 {
			last := line[len(line)-1].Key
			if last = last[len(h.Name)+1:]; place <= last {
				var ms, i int64
				if _, err := fmt.Sscanf(last, "%d-%d", &ms, &i); err != nil {
					return fmt.Errorf("webhook: %w", err)
				}
				place = fmt.Sprintf("%013d-%06d", ms, i+1)
			}
			timer.At = x.now.Add(noticePatience)
		}
		timer.Key = h.Name + " " + place
		if err := x.PutTimer(timer); err != nil {
			return err
		}
		timers = append(timers, timer)
	}
	return nil
}

// lineOf are the notices of a person for a target, in order.
func lineOf(timers []storage.Timer, target string) (line []storage.Timer) {
	for _, timer := range timers {
		if timer.Kind == timerNotice && strings.HasPrefix(timer.Key, target+" ") {
			line = append(line, timer)
		}
	}
	slices.SortFunc(line, func(a, b storage.Timer) int { return cmp.Compare(a.Key, b.Key) })
	return line
}

// fireNotice hands a notice to its target's line, under a lease.
func (b *Bot) fireNotice(tx *txn, timer storage.Timer, now time.Time) error {
	name, _, _ := strings.Cut(timer.Key, " ")
	h, ok := webhook(tx.program, name)
	timers, err := tx.Timers(timer.Contact)
	if err != nil {
		return err
	}
	line := lineOf(timers, name)
	var n webhookBody
	if err := json.Unmarshal(timer.Body, &n); err != nil {
		return fmt.Errorf("its body: %w", err)
	}
	born, wanted := placed(timer.Key), ok && slices.Contains(h.Events, n.Kind)
	switch {
	case len(line) > 0 && line[0].Key < timer.Key: // one before it is still tried
		timer.At = now.Add(noticePatience)
		return tx.PutTimer(timer)
	case !wanted && !b.leads.Load(): // its program runs elsewhere
		timer.At = now.Add(leaveAlone)
		return tx.PutTimer(timer)
	case !wanted || now.Sub(born) >= noticePatience:
		tx.whenKept(func() {
			b.told(name, "dropped")
			b.log.Error("a webhook was not told in time, or is gone: what it was to be told is dropped", "webhook", name, "kind", n.Kind, "id", n.ID)
		})
		return b.nextNotice(tx, timer, name)
	case b.notices.rests(name, now):
		timer.At = latest(b.notices.until(name), now.Add(b.noticePause(timer, now.Sub(born))))
		return tx.PutTimer(timer)
	}
	timer.At = now.Add(noticeLease)
	tx.notices = append(tx.notices, posting{timer, name, timer.At})
	return tx.PutTimer(timer)
}

// nextNotice takes a notice off its line, and lets the one behind it go.
func (b *Bot) nextNotice(tx *txn, timer storage.Timer, target string) error {
	if err := tx.DeleteTimer(timer.Contact, timer.Kind, timer.Key); err != nil {
		return err
	}
	timers, err := tx.Timers(timer.Contact)
	if err != nil {
		return err
	}
	if line := lineOf(timers, target); len(line) > 0 {
		line[0].At = tx.now
		return tx.PutTimer(line[0])
	}
	return nil
}

// placed is when a notice was put, by its key.
func placed(key string) time.Time {
	var ms int64
	_, place, _ := strings.Cut(key, " ")
	_, _ = fmt.Sscanf(place, "%d-", &ms)
	return time.UnixMilli(ms)
}

func webhook(p *flows.Program, name string) (flows.Webhook, bool) {
	i := slices.IndexFunc(p.Bot.Webhooks, func(h flows.Webhook) bool { return h.Name == name })
	if i < 0 {
		return flows.Webhook{}, false
	}
	return p.Bot.Webhooks[i], true
}

// noticePause is how long a notice that was refused waits, by its age: each pause is
// half as long as all that went before.
func (b *Bot) noticePause(of storage.Timer, age time.Duration) time.Duration {
	pause := min(max(age/2, firstNotice), lastNotice)
	return pause + b.spread(pause/4, of.Contact+" "+of.Key, int(age/time.Second))
}

// notices are those this process has in hand.
type notices struct {
	mu     sync.Mutex
	ctx    context.Context // of Run; nil while it does not run
	inHand map[string]bool
	busy   map[string]int
	lines  map[string][]posting
	rest   map[string]time.Time
	handed []posting // for Settle
	tasks  sync.WaitGroup
}

func (p *posting) key() string { return p.Contact + "\x00" + p.Key }

// take puts notices into the lines of their targets. What there is no room for comes
// again when its lease is over.
func (n *notices) take(b *Bot, list []posting) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.inHand == nil {
		n.inHand, n.busy, n.lines, n.rest = map[string]bool{}, map[string]int{}, map[string][]posting{}, map[string]time.Time{}
	}
	for _, p := range list {
		switch {
		case n.inHand[p.key()]:
		case n.ctx == nil:
			n.inHand[p.key()] = true
			n.handed = append(n.handed, p)
		case n.busy[p.target] < noticesAtOnce:
			n.inHand[p.key()] = true
			n.busy[p.target]++
			n.start(b, p)
		case len(n.lines[p.target]) < noticesWaiting:
			n.inHand[p.key()] = true
			n.lines[p.target] = append(n.lines[p.target], p)
		}
	}
}

// start works on a target's line until it is empty. The caller holds mu.
func (n *notices) start(b *Bot, p posting) {
	ctx := n.ctx
	n.tasks.Go(func() {
		for {
			if err := b.postNotice(ctx, p); err != nil && ctx.Err() == nil {
				b.log.Warn("what came of a webhook could not be stored, it is told again", "webhook", p.target, "error", err)
			}
			n.mu.Lock()
			delete(n.inHand, p.key())
			line := n.lines[p.target]
			if len(line) == 0 || ctx.Err() != nil {
				n.busy[p.target]--
				n.mu.Unlock()
				return
			}
			p, n.lines[p.target] = line[0], line[1:]
			n.mu.Unlock()
		}
	})
}

func (n *notices) open(ctx context.Context, b *Bot) {
	n.mu.Lock()
	n.ctx = ctx
	handed := n.handed
	n.handed = nil
	for _, p := range handed {
		delete(n.inHand, p.key())
	}
	n.mu.Unlock()
	n.take(b, handed)
}

func (n *notices) close() {
	n.tasks.Wait()
	n.mu.Lock()
	defer n.mu.Unlock()
	n.ctx, n.inHand, n.handed = nil, nil, nil
}

func (n *notices) some() bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	return len(n.inHand) > 0
}

func (n *notices) until(target string) time.Time {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.rest[target]
}

func (n *notices) rests(target string, now time.Time) bool { return n.until(target).After(now) }

func (n *notices) setRest(target string, until time.Time) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.rest == nil {
		n.rest = map[string]time.Time{}
	}
	n.rest[target] = until
}

// postHanded tells, on this goroutine, what was left for Settle.
func (b *Bot) postHanded(ctx context.Context) (worked bool, err error) {
	b.notices.mu.Lock()
	handed := b.notices.handed
	b.notices.handed = nil
	for _, p := range handed {
		delete(b.notices.inHand, p.key())
	}
	b.notices.mu.Unlock()
	for _, p := range handed {
		if err := b.postNotice(ctx, p); err != nil {
			return true, err
		}
	}
	return len(handed) > 0, nil
}
