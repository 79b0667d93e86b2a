package bench

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"time"
)

// starts is how many starts one run takes the median of.
const starts = 5

var startPart = part{
	name: "start",
	title: func(c Config) string {
		return fmt.Sprintf("cold start: from exec to /readyz 200, median of %d", starts)
	},
	measures: []measure{
		{key: "small", label: fmt.Sprintf("%d flows, empty database, ms", benchFlows), goal: atMost(100)},
		{key: "again", label: "the same, second start, ms"},
		{key: "large", label: "with the people of the fan-out, ms", goal: atMost(1000)},
		{key: "memory", label: "memory when ready, MiB"},
	},
	ours: func(ctx context.Context, b *bench) (figures, error) { return b.coldStart(ctx) },
}

func (b *bench) coldStart(ctx context.Context) (figures, error) {
	var small, again, memory []float64
	for range starts {
		_, url, drop, err := b.database(ctx, "", nil)
		if err != nil {
			return nil, err
		}
		first, held, err := b.startOnce(ctx, url)
		if err == nil {
			small, memory = append(small, first), append(memory, held)
			first, _, err = b.startOnce(ctx, url)
			again = append(again, first)
		}
		drop()
		if err != nil {
			return nil, err
		}
	}
	_, url, drop, err := b.database(ctx, "many", b.seedMany)
	if err != nil {
		return nil, err
	}
	defer drop()
	var large []float64
	for range starts {
		took, _, err := b.startOnce(ctx, url)
		if err != nil {
			return nil, err
		}
		large = append(large, took)
	}
	return figures{"small": median(small), "again": median(again), "large": median(large), "memory": median(memory)}, nil
}

// startOnce starts the bot and ends it, and says how long it took to get ready and
// what it holds then.
func (b *bench) startOnce(ctx context.Context, url string) (ms, mib float64, err error) {
	s, err := b.startBot(ctx, url, "", false)
	if err != nil {
		return 0, 0, err
	}
	ms = float64(time.Since(s.process.began)) / 1e6
	return ms, s.process.memory("VmRSS"), s.end()
}

var schedulesPart = part{
	name:  "schedules",
	title: func(c Config) string { return fmt.Sprintf("%d people's timers", c.people()) },
	measures: []measure{
		{key: "disk", label: "database added by 1,000,000, MiB", goal: atMost(60), only: "sqlite"},
		{key: "memory", label: "more memory in the process, MiB", goal: atMost(20)},
		{key: "tick", label: "an empty tick, microseconds", goal: atMost(50), only: "sqlite"},
	},
	ours: func(ctx context.Context, b *bench) (figures, error) { return b.schedules(ctx) },
}

// schedules compares a database of people with the same after each has got a timer.
func (b *bench) schedules(ctx context.Context) (figures, error) {
	n := b.people()
	name, url, drop, err := b.database(ctx, "many", b.seedMany)
	if err != nil {
		return nil, err
	}
	defer drop()
	_, without, err := b.startOnce(ctx, url)
	if err != nil {
		return nil, err
	}
	small, err := b.backend.size(ctx, name)
	if err != nil {
		return nil, err
	}
	store, err := b.backend.open(ctx, url)
	if err != nil {
		return nil, err
	}
	if err := errors.Join(seedTimers(ctx, store, n, b.now), store.Close()); err != nil {
		return nil, err
	}
	_, with, err := b.startOnce(ctx, url)
	if err != nil {
		return nil, err
	}
	large, err := b.backend.size(ctx, name)
	if err != nil {
		return nil, err
	}
	tick, err := b.tick(ctx, url)
	return figures{"disk": (large - small) * million / float64(n), "memory": max(0, with-without), "tick": tick}, err
}

// tick asks a bot that does not run how long it takes to find nothing to do.
func (b *bench) tick(ctx context.Context, url string) (float64, error) {
	p, err := b.launcher.child(serverCPU, nil, role("tick", filepath.Join(b.dir, "bot"), url)...)
	if err != nil {
		return 0, err
	}
	var said struct{ Microseconds float64 }
	if err := p.answer(ctx, &said, readyPatience); err != nil {
		return 0, err
	}
	<-p.ended
	return said.Microseconds, nil
}
