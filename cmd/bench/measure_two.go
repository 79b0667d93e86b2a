package bench

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/relance-bot/relance/storage"
)

// maxTwo bounds what two processes do: their rates show with less.
const maxTwo = 20_000

// two is how much each number of processes does.
func (c Config) two() int { return min(c.Messages, maxTwo) }

var twoPart = part{
	name: "two",
	only: "postgres",
	title: func(c Config) string {
		return fmt.Sprintf("two processes on one database and one CPU: %d webhooks to both, a campaign of %d", c.two(), c.two())
	},
	measures: []measure{
		{key: "one replies", label: "one process, replies/s"},
		{key: "two replies", label: "two processes, replies/s"},
		{key: "share replies", label: "two against one", goal: atLeast(1)},
		{key: "one messages", label: "one process, messages/s"},
		{key: "two messages", label: "two processes, messages/s"},
		{key: "share messages", label: "two against one, campaign", goal: atLeast(1)},
		{key: "wrong", label: "unanswered, doubled or refused", goal: atMost(0)},
		{key: "missed", label: "people with none or with two", goal: atMost(0)},
	},
	ours: func(ctx context.Context, b *bench) (figures, error) {
		f := figures{}
		for n, name := range []string{"one", "two"} {
			if err := b.processes(ctx, n+1, name, f); err != nil {
				return nil, err
			}
		}
		f["share replies"] = f["two replies"] / max(1, f["one replies"])
		f["share messages"] = f["two messages"] / max(1, f["one messages"])
		return f, nil
	},
}

// processes lets so many share what there is to do.
func (b *bench) processes(ctx context.Context, count int, name string, f figures) (err error) {
	n := b.two()
	_, url, drop, err := b.database(ctx, "shared", func(ctx context.Context, s storage.Store) error {
		// Twice as many are known as are told: the others write.
		if err := seedPeople(ctx, s, 2*n, b.now); err != nil {
			return err
		}
		return seedSubscribers(ctx, s, n, "restock", "daily", b.now, time.Time{})
	})
	if err != nil {
		return err
	}
	defer drop()
	var all []*server
	defer func() {
		for _, s := range all {
			err = errors.Join(err, s.end())
		}
	}()
	for range count {
		s, err := b.startBot(ctx, url, "", false)
		if err != nil {
			return err
		}
		all = append(all, s)
	}
	j := job{Messages: n, Senders: min(n, b.senders()), Offset: n, Replies: true}.at(all...)
	warm := j
	warm.Messages = max(1, min(maxWarmUp, n/10))
	if _, err := all[0].work(ctx, warm, nil, nil); err != nil {
		return err
	}
	w, err := all[0].work(ctx, j, nil, nil)
	if err != nil {
		return err
	}
	f[name+" replies"] = rate(w.Replies, w.ReplySpan)
	f["wrong"] += w.wrong(j)
	w, err = all[0].work(ctx, job{People: n}, nil, func() error { return all[0].tellEvent(ctx, campaignEvent) })
	f[name+" messages"] = rate(w.People, w.NotifySpan)
	f["missed"] += float64(n - w.People + w.Twice + w.Unasked)
	return err
}
