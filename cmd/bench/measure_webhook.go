package bench

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/relance-bot/relance/storage"
)

// How much of each work is done.
const (
	senders       = 10_000
	steadyRate    = 250
	steadySeconds = 20
	slowAnswer    = 50 * time.Millisecond
	maxWarmUp     = 2_000
)

// loadLabel is the share of its CPU that the load process was busy. Near 1 it, and
// not who is measured, bounds a rate. othersLabel is what strangers took of the
// server's CPU: much of it, and rates say nothing. CPU seconds then say more.
const (
	loadLabel   = "load process, CPUs used"
	othersLabel = "strangers on the server's CPU"
	ownLabel    = "of it its own, not the program's file"
)

// senders of a run; with few messages there are few people.
func (c Config) senders() int { return min(senders, max(1, c.Messages/2)) }

var webhookPart = part{
	name: "webhook",
	title: func(c Config) string {
		return fmt.Sprintf("%d webhooks to replies, %d connections, %d people", c.Messages, connections, c.senders())
	},
	measures: []measure{
		{key: "accepted", label: "accepted/s"},
		{key: "replies", label: "replies/s"},
		{key: "p50", label: "reply p50, ms"},
		{key: "p99", label: "reply p99, ms"},
		{key: "cpu", label: "CPU seconds per 10,000", goal: floorAtMost(1.7, 1.4), only: "sqlite"},
		{key: "memory", label: "peak memory, MiB"},
		{key: "busy", label: loadLabel},
		{key: "others", label: othersLabel},
		{key: "wrong", label: "unanswered, doubled or refused", goal: atMost(0)},
	},
	ours:  func(ctx context.Context, b *bench) (figures, error) { return b.chat(ctx, true, b.busy(), "webhook") },
	floor: func(ctx context.Context, b *bench) (figures, error) { return b.chat(ctx, false, b.busy(), "") },
}

var steadyPart = part{
	name: "steady",
	title: func(c Config) string {
		return fmt.Sprintf("%d webhooks at %d a second, whatever becomes of them", c.steady().Messages, steadyRate)
	},
	measures: []measure{
		{key: "p50", label: "reply p50, ms", goal: floorAtMost(1.3, 0), only: "sqlite"},
		{key: "p99", label: "reply p99, ms", goal: floorAtMost(1.5, 0), only: "sqlite"},
		{key: "cpu", label: "CPU seconds per 10,000"},
		{key: "others", label: othersLabel},
		{key: "wrong", label: "unanswered, doubled or refused", goal: atMost(0)},
	},
	ours:  func(ctx context.Context, b *bench) (figures, error) { return b.chat(ctx, true, b.steady(), "") },
	floor: func(ctx context.Context, b *bench) (figures, error) { return b.chat(ctx, false, b.steady(), "") },
}

var latencyPart = part{
	name:  "latency",
	title: func(Config) string { return fmt.Sprintf("the same with a Send API that answers in %s", slowAnswer) },
	measures: []measure{
		{key: "replies", label: "replies/s"},
		{key: "share", label: "of the rate at 0 ms", goal: atLeast(.8)},
		{key: "p99", label: "reply p99, ms"},
		{key: "wrong", label: "unanswered, doubled or refused", goal: atMost(0)},
	},
	ours:  func(ctx context.Context, b *bench) (figures, error) { return b.slow(ctx, true) },
	floor: func(ctx context.Context, b *bench) (figures, error) { return b.slow(ctx, false) },
}

var acceptPart = part{
	name:  "accept",
	title: func(c Config) string { return fmt.Sprintf("%d webhooks that nobody answers", c.Messages) },
	measures: []measure{
		{key: "accepted", label: "accepted/s, turns held back", goal: floorAtLeast(.70, .85), only: "sqlite"},
		{key: "cpu", label: "CPU seconds per 10,000"},
		{key: "turns", label: "accepted/s, silent turns beside"},
		{key: "turnscpu", label: "CPU seconds per 10,000, with them"},
		{key: "busy", label: loadLabel},
		{key: "others", label: othersLabel},
		{key: "wrong", label: "refused, or answered", goal: atMost(0)},
	},
	ours:  func(ctx context.Context, b *bench) (figures, error) { return b.accept(ctx, true) },
	floor: func(ctx context.Context, b *bench) (figures, error) { return b.accept(ctx, false) },
}

func (c Config) busy() job { return job{Messages: c.Messages, Senders: c.senders(), Replies: true} }

func (c Config) steady() job {
	return job{Messages: min(c.Messages, steadyRate*steadySeconds), Senders: c.senders(), Rate: steadyRate, Replies: true}
}

// chatOptions are what differs between the servers of the webhook works.
type chatOptions struct {
	reply   bool   // a floor answers
	hold    bool   // a bot's turns are held back
	profile string // name of a bot's profiles
}

// startChat starts a bot that knows its people, or the floor, which needs none.
func (b *bench) startChat(ctx context.Context, ours bool, o chatOptions) (s *server, end func() error, err error) {
	seed := ""
	if ours {
		seed = "people"
	}
	_, url, drop, err := b.database(ctx, seed, func(ctx context.Context, s storage.Store) error {
		return seedPeople(ctx, s, b.senders(), b.now)
	})
	if err != nil {
		return nil, nil, err
	}
	if ours {
		s, err = b.startBot(ctx, url, o.profile, o.hold)
	} else {
		s, err = b.startFloor(ctx, url, o.reply)
	}
	if err != nil {
		drop()
		return nil, nil, err
	}
	return s, func() error {
		err := s.end()
		drop()
		return err
	}, nil
}

// warm lets a server do some of a job before it is measured.
func (s *server) warm(ctx context.Context, j job) error {
	j.Messages, j.Rate, j.Latency = min(maxWarmUp, max(1, j.Messages/10)), 0, 0
	_, err := s.work(ctx, j.at(s), nil, nil)
	return err
}

func (j job) at(servers ...*server) job {
	for _, s := range servers {
		j.Addresses = append(j.Addresses, s.address)
	}
	return j
}

// wrong is how many webhooks did not get exactly what they should.
func (r report) wrong(j job) float64 {
	n := r.Refused + r.Unasked + j.Messages - r.Accepted
	if j.Replies {
		n += r.Accepted - r.Replies
	}
	return float64(n)
}

func per(n int, used time.Duration, count int) float64 {
	return used.Seconds() * float64(n) / float64(max(1, count))
}

func rate(count int, seconds float64) float64 {
	if seconds <= 0 {
		return 0
	}
	return float64(count) / seconds
}

// chat measures a job of webhooks that are answered.
func (b *bench) chat(ctx context.Context, ours bool, j job, profile string) (f figures, err error) {
	s, end, err := b.startChat(ctx, ours, chatOptions{reply: true, profile: profile})
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, end()) }()
	if err := s.warm(ctx, j); err != nil {
		return nil, err
	}
	w, err := s.work(ctx, j.at(s), nil, nil)
	if err != nil {
		return nil, err
	}
	if err := sampled(w.report); err != nil {
		return nil, err
	}
	return figures{
		"accepted": rate(w.Accepted, w.AckSpan), "replies": rate(w.Replies, w.ReplySpan), "p50": w.ReplyP50, "p99": w.ReplyP99,
		"cpu": per(10_000, w.cpu, w.Accepted), "memory": s.process.memory("VmHWM"), "busy": w.busy, "others": w.others, "wrong": w.wrong(j),
	}, nil
}

// slow compares the rate at an API that takes its time with that at one that does
// not, of one process.
func (b *bench) slow(ctx context.Context, ours bool) (f figures, err error) {
	s, end, err := b.startChat(ctx, ours, chatOptions{reply: true})
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, end()) }()
	j := b.busy()
	j.Messages = min(j.Messages, 50_000)
	if err := s.warm(ctx, j); err != nil {
		return nil, err
	}
	quick, err := s.work(ctx, j.at(s), nil, nil)
	if err != nil {
		return nil, err
	}
	late := j
	late.Latency = slowAnswer
	slow, err := s.work(ctx, late.at(s), nil, nil)
	if err != nil {
		return nil, err
	}
	f = figures{"replies": rate(slow.Replies, slow.ReplySpan), "p99": slow.ReplyP99, "wrong": slow.wrong(j) + quick.wrong(j)}
	f["share"] = f["replies"] / max(1, rate(quick.Replies, quick.ReplySpan))
	return f, nil
}

// accept measures webhooks that are taken and not answered: with the bot's turns
// held back, so that it does what the floor does, and with turns that say nothing.
func (b *bench) accept(ctx context.Context, ours bool) (figures, error) {
	f := figures{}
	held := b.busy()
	held.Replies = false
	silent := held
	silent.Silent = true
	for i, j := range []job{held, silent} {
		if i == 1 && !ours {
			break // a floor has no turns
		}
		if err := b.acceptOnce(ctx, ours, j, f); err != nil {
			return nil, err
		}
	}
	return f, nil
}

func (b *bench) acceptOnce(ctx context.Context, ours bool, j job, f figures) (err error) {
	s, end, err := b.startChat(ctx, ours, chatOptions{hold: !j.Silent})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, end()) }()
	if err := s.warm(ctx, j); err != nil {
		return err
	}
	w, err := s.work(ctx, j.at(s), nil, nil)
	if err != nil {
		return err
	}
	accepted, cpu := "accepted", "cpu"
	if j.Silent {
		accepted, cpu = "turns", "turnscpu"
	} else {
		f["busy"], f["others"] = w.busy, w.others
	}
	f[accepted], f[cpu] = rate(w.Accepted, w.AckSpan), per(10_000, w.cpu, w.Accepted)
	f["wrong"] += w.wrong(j)
	return nil
}
