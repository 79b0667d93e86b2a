package bench

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/relance-bot/relance/storage"
)

// people is how many the large works are about: ten for each message.
func (c Config) people() int { return 10 * c.Messages }

const (
	chatEvery     = 100 * time.Millisecond
	fanoutGoal    = 60.0 // seconds for a million
	fanoutPatient = 15 * time.Minute
	million       = 1_000_000
)

// The fan-out is of an event with an hour to live, to people who all had their
// letter of the month. So each passes the rules up to the cadence, is skipped by
// it, and that is recorded with what the rule saw; nothing is sent.
var fanoutPart = part{
	name: "fanout",
	title: func(c Config) string {
		return fmt.Sprintf("fan-out of %d subscriptions, each decided (skipped by its cadence) and recorded; one person chats every %s", c.people(), chatEvery)
	},
	measures: []measure{
		{key: "seconds", label: "seconds for 1,000,000", goal: atMost(fanoutGoal)},
		{key: "p50", label: "chat reply p50, ms"},
		{key: "p99", label: "chat reply p99, ms", goal: atMost(250)},
		{key: "cpu", label: "CPU seconds for 1,000,000"},
		{key: "memory", label: "peak memory, MiB", goal: atMost(100)},
		{key: "own", label: ownLabel},
		{key: "disk", label: "database added by 1,000,000, MiB"},
		{key: "others", label: othersLabel},
		{key: "wrong", label: "undecided, or chat unanswered", goal: atMost(0)},
	},
	ours: func(ctx context.Context, b *bench) (figures, error) { return b.fanout(ctx) },
}

const fanoutEvent = `{"id":"bench-letter-1","name":"letter","data":{"headline":"Everything is new"}}`

// seedMany makes the database of the large works.
func (b *bench) seedMany(ctx context.Context, s storage.Store) error {
	return seedSubscribers(ctx, s, b.people(), "letter", "monthly", b.now, b.now.Add(-time.Hour))
}

func (b *bench) fanout(ctx context.Context) (_ figures, err error) {
	n := b.people()
	name, url, drop, err := b.database(ctx, "many", b.seedMany)
	if err != nil {
		return nil, err
	}
	defer drop()
	before, err := b.backend.size(ctx, b.seeds["many"])
	if err != nil {
		return nil, err
	}
	s, err := b.startBot(ctx, url, "fanout", false)
	if err != nil {
		return nil, err
	}
	var took time.Duration
	chat := job{Messages: math.MaxInt32, Senders: 1, Offset: n, Rate: float64(time.Second / chatEvery), Replies: true}
	w, err := s.work(ctx, chat.at(s), func() error {
		began := time.Now()
		if err := s.tellEvent(ctx, fanoutEvent); err != nil {
			return err
		}
		err := s.decided(ctx, n)
		took = time.Since(began)
		time.Sleep(max(0, time.Second-took)) // some chat there must be
		return err
	}, nil)
	peak, own := s.process.peak()
	if err := errors.Join(err, s.end()); err != nil {
		return nil, err
	}
	after, err := b.backend.size(ctx, name)
	if err != nil {
		return nil, err
	}
	undecided, err := b.undecided(ctx, url, n)
	scale := million / float64(n)
	return figures{
		"seconds": took.Seconds() * scale, "p50": w.ReplyP50, "p99": w.ReplyP99, "cpu": w.cpu.Seconds() * scale, "memory": peak, "own": own,
		"disk": (after - before) * scale, "others": w.others, "wrong": undecided + float64(w.Refused+w.Unasked+w.Accepted-w.Replies),
	}, err
}

// decided waits until the server has counted so many decisions.
func (s *server) decided(ctx context.Context, n int) error {
	for deadline := time.Now().Add(fanoutPatient); ctx.Err() == nil && time.Now().Before(deadline); time.Sleep(100 * time.Millisecond) {
		_, metrics := s.ask(ctx, http.MethodGet, "/metrics", "")
		sum := 0.0
		for line := range strings.Lines(metrics) {
			if value, ok := strings.CutPrefix(line, "relance_decisions_total{"); ok {
				_, value, _ = strings.Cut(value, "} ")
				one, err := strconv.ParseFloat(strings.TrimSpace(value), 64)
				if err != nil {
					return fmt.Errorf("metrics: %w", err)
				}
				sum += one
			}
		}
		if int(sum) >= n {
			return nil
		}
		select {
		case <-s.process.ended:
			return fmt.Errorf("the bot ended: %s", s.process.log)
		default:
		}
	}
	return fmt.Errorf("not everybody is decided in %s", fanoutPatient)
}

// undecided is how many the occurrence's own counts leave out.
func (b *bench) undecided(ctx context.Context, url string, n int) (float64, error) {
	store, err := b.backend.open(ctx, url)
	if err != nil {
		return 0, err
	}
	decided := 0
	err = store.Read(ctx, func(r storage.Reader) error {
		recent, err := r.RecentOccurrences(1)
		if err != nil || len(recent) != 1 || recent[0].State != "done" {
			return errors.Join(err, errors.New("the fan-out is not done"))
		}
		var counts map[string]int
		if err := json.Unmarshal(recent[0].Counts, &counts); err != nil {
			return err
		}
		decided = counts["skipped"] + counts["held"]
		return nil
	})
	return float64(n - decided), errors.Join(err, store.Close())
}
