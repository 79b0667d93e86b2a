package bench

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/relance-bot/relance/storage"
)

var campaignPart = part{
	name:  "campaign",
	title: func(c Config) string { return fmt.Sprintf("a campaign of %d by token, outside the window", c.Messages) },
	measures: []measure{
		{key: "rate", label: "messages/s", goal: floorAtLeast(.80, 0), only: "sqlite"},
		{key: "rate", label: "messages/s", goal: floorAtLeast(.70, .85), only: "postgres"},
		{key: "cpu", label: "CPU seconds per 100,000", goal: floorAtMost(1.5, 0), only: "sqlite"},
		{key: "cpu", label: "CPU seconds per 100,000", only: "postgres"},
		{key: "memory", label: "peak memory, MiB", goal: atMost(60)},
		{key: "own", label: ownLabel},
		{key: "disk", label: "database added per 100,000, MiB", goal: atMost(40), only: "sqlite"},
		{key: "disk", label: "database added per 100,000, MiB", only: "postgres"},
		{key: "requests", label: "HTTP requests per 100,000"},
		{key: "busy", label: loadLabel},
		{key: "others", label: othersLabel},
		{key: "wrong", label: "people with none or with two", goal: atMost(0)},
		{key: "unrecorded", label: "without a decision and message id", goal: atMost(0)},
	},
	ours:  func(ctx context.Context, b *bench) (figures, error) { return b.campaign(ctx) },
	floor: func(ctx context.Context, b *bench) (figures, error) { return b.floorCampaign(ctx) },
}

// campaignEvent sets the campaign off.
const campaignEvent = `{"id":"bench-restock-1","name":"restock","data":{"model":"Gazelle","size":42,"url":"https://shop.example/g42"}}`

// campaign tells everybody, once, that a shoe is back.
func (b *bench) campaign(ctx context.Context) (_ figures, err error) {
	n := b.Messages
	name, url, drop, err := b.database(ctx, "subscribers", func(ctx context.Context, s storage.Store) error {
		return seedSubscribers(ctx, s, n, "restock", "daily", b.now, time.Time{})
	})
	if err != nil {
		return nil, err
	}
	defer drop()
	before, err := b.backend.size(ctx, b.seeds["subscribers"])
	if err != nil {
		return nil, err
	}
	s, err := b.startBot(ctx, url, "campaign", false)
	if err != nil {
		return nil, err
	}
	w, err := s.work(ctx, job{People: n}, nil, func() error { return s.tellEvent(ctx, campaignEvent) })
	if err != nil {
		return nil, errors.Join(err, s.end())
	}
	peak, own := s.process.peak()
	if err := s.end(); err != nil {
		return nil, err
	}
	f, err := b.campaignFigures(ctx, w, name, before)
	if err != nil {
		return nil, err
	}
	f["memory"], f["own"] = peak, own
	f["unrecorded"], err = b.unrecorded(ctx, url, n)
	return f, err
}

// tellEvent posts an event of the shop.
func (s *server) tellEvent(ctx context.Context, event string) error {
	if status, answer := s.ask(ctx, http.MethodPost, "/v1/events", event); status != http.StatusAccepted {
		return fmt.Errorf("the event is answered with %d %s", status, answer)
	}
	return nil
}

func (b *bench) campaignFigures(ctx context.Context, w worked, name string, before float64) (figures, error) {
	after, err := b.backend.size(ctx, name)
	return figures{
		"rate": rate(w.People, w.NotifySpan), "cpu": per(100_000, w.cpu, b.Messages), "busy": w.busy, "others": w.others, "disk": (after - before) * 100_000 / float64(b.Messages),
		"requests": float64(w.Requests) * 100_000 / float64(b.Messages), "wrong": float64(b.Messages - w.People + w.Twice + w.Unasked),
	}, err
}

// unrecorded is how many people the database holds no decision for that names the
// platform's message.
func (b *bench) unrecorded(ctx context.Context, url string, people int) (float64, error) {
	store, err := b.backend.open(ctx, url)
	if err != nil {
		return 0, err
	}
	seen := make(map[string]bool, people)
	err = store.Read(ctx, func(r storage.Reader) error {
		decisions, err := r.Decisions(storage.DecisionQuery{Topic: "restock", Kinds: []string{"sent"}, Limit: 2 * people})
		for _, d := range decisions {
			if d.MID != "" {
				seen[d.Contact] = true
			}
		}
		return err
	})
	return float64(people - len(seen)), errors.Join(err, store.Close())
}

// floorCampaign is the floor's.
func (b *bench) floorCampaign(ctx context.Context) (_ figures, err error) {
	name, url, drop, err := b.database(ctx, "", nil)
	if err != nil {
		return nil, err
	}
	defer drop()
	p, err := b.launcher.child(serverCPU, nil, role("floor-campaign", url, b.graph, strconv.Itoa(b.Messages))...)
	if err != nil {
		return nil, err
	}
	if _, err := p.line(ctx, "ready", readyPatience); err != nil {
		p.kill()
		return nil, err
	}
	before, err := b.backend.size(ctx, name)
	if err != nil {
		return nil, err
	}
	s := &server{bench: b, process: p}
	w, err := s.work(ctx, job{People: b.Messages}, nil, func() error {
		_, err := p.in.Write([]byte("go\n"))
		return err
	})
	if err == nil {
		_, err = p.line(ctx, "done", readyPatience)
	}
	if err != nil {
		p.kill()
		return nil, err
	}
	peak, own := p.peak()
	if err := errors.Join(p.in.Close(), p.end(syscall.SIGTERM)); err != nil {
		return nil, err
	}
	f, err := b.campaignFigures(ctx, w, name, before)
	if err == nil {
		f["memory"], f["own"] = peak, own
	}
	return f, err
}

// sampled says what is wrong with the first reply: it must be the whole message.
func sampled(r report) error {
	if got := strings.Count(r.Sample, `"content_type":"text"`); got != 3 {
		return fmt.Errorf("a reply has %d quick replies, want 3: %.300s", got, r.Sample)
	}
	return nil
}
