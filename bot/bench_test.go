package bot_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/relance-bot/relance/bot"
	"github.com/relance-bot/relance/flows"
	"github.com/relance-bot/relance/storage"
	"github.com/relance-bot/relance/storage/sqlite"
)

// asking is a conversation of one question and one answer after another.
var asking = with(flagship, "flows/hello.yaml", "", "flows/asking.yaml", `
triggers:
  - fallback: true
steps:
  - ask: Quelle pointure cherches-tu ?
    save: contact.size
    choices: [41, 42, 43]
  - go: asking
`)

// mirror is a page that takes everything at once.
type mirror struct {
	*platform
	sent atomic.Int64
}

// Send implements bot.Channel.
func (m *mirror) Send(context.Context, bot.Delivery) bot.Outcome {
	return bot.Outcome{Status: bot.Accepted, MID: fmt.Sprintf("m_%024d", m.sent.Add(1))}
}

// batching is a mirror that takes notifications fifty at a time.
type batching struct{ *mirror }

// BatchSize implements bot.BatchChannel.
func (batching) BatchSize() int { return 50 }

// SendBatch implements bot.BatchChannel.
func (m batching) SendBatch(ctx context.Context, batch []bot.Delivery) []bot.Outcome {
	out := make([]bot.Outcome, len(batch))
	for i, d := range batch {
		out[i] = m.Send(ctx, d)
	}
	return out
}

// measured is a bot that runs over SQLite as in earnest.
type measured struct {
	b     *testing.B
	store *sqlite.Store
	page  *mirror
	bot   *bot.Bot
	end   func()
}

// measure opens a bot; runs says whether it drives itself.
func measure(b *testing.B, files map[string]string, runs bool) *measured {
	b.Helper()
	m := &measured{b: b, page: &mirror{platform: newPlatform("1", tokenLane{name: "recurring"})}}
	var err error
	if m.store, err = sqlite.Open(context.Background(), filepath.Join(b.TempDir(), "relance.db"), sqlite.Config{Exclusive: true}); err != nil {
		b.Fatal(err)
	}
	m.end = func() {}
	b.Cleanup(func() {
		m.end()
		if err := m.store.Close(); err != nil {
			b.Error(err)
		}
	})
	program, data := load(b, files)
	m.bot, err = bot.New(context.Background(), bot.Config{Program: program, Data: data, Store: m.store, Channels: []bot.Channel{batching{m.page}}})
	if err != nil {
		b.Fatal(err)
	}
	if runs {
		ctx, cancel := context.WithCancel(context.Background())
		ended := make(chan struct{})
		go func() { defer close(ended); _ = m.bot.Run(ctx) }()
		m.end = func() { cancel(); <-ended }
	}
	return m
}

// crowd lets many people have agreed to a topic already, in one go.
func (m *measured) crowd(n int, topic string) {
	m.b.Helper()
	w := &world{t: m.b, home: m.page.platform, clock: bot.NewManualClock(time.Now()), raw: m.store}
	w.crowd(n, topic)
}

// cpu is what the process has used so far.
func cpu(b *testing.B) time.Duration {
	b.Helper()
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// wait waits until so many messages went out and are settled.
func (m *measured) wait(n int64) {
	m.b.Helper()
	for m.page.sent.Load() < n {
		time.Sleep(time.Millisecond)
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	if err := m.bot.Idle(ctx); err != nil {
		m.b.Fatal(err)
	}
}

// BenchmarkTurn is a webhook, its turn, its reply and what became of that; 64 at a
// time, of 10,000 people who are known.
func BenchmarkTurn(b *testing.B) {
	m := measure(b, asking, true)
	const people = 10_000
	body := func(i int, text string) []byte {
		raw, err := json.Marshal([]bot.Event{{
			Kind: bot.EventMessage, Page: "1", Person: fmt.Sprintf("p%06d", i%people), At: time.Now(), Key: fmt.Sprintf("m_%s%024d", text, i), Text: text,
		}})
		if err != nil {
			b.Fatal(err)
		}
		return raw
	}
	header := http.Header{"Signature": {"good"}}
	bring := func(n int, text string) {
		var next atomic.Int64
		var all sync.WaitGroup
		for range 64 {
			all.Go(func() {
				for {
					i := int(next.Add(1)) - 1
					if i >= n {
						return
					}
					if err := m.bot.Receive(context.Background(), "messenger", header, body(i, text)); err != nil {
						b.Error(err)
						return
					}
				}
			})
		}
		all.Wait()
	}
	bring(people, "hi")
	m.wait(people)
	b.ReportAllocs()
	began := cpu(b)
	sent := m.page.sent.Load()
	b.ResetTimer()
	bring(b.N, "42")
	accepted := b.Elapsed()
	m.wait(sent + int64(b.N))
	b.StopTimer()
	b.ReportMetric(float64((cpu(b)-began).Microseconds())/float64(b.N), "cpu-µs/op")
	b.ReportMetric(float64(accepted.Microseconds())/float64(b.N), "accepted-µs/op")
}

// BenchmarkCampaign is one notification: decided, sent with others and settled.
func BenchmarkCampaign(b *testing.B) {
	m := measure(b, rated("99999/s"), true)
	m.crowd(b.N, "restock")
	b.ReportAllocs()
	began := cpu(b)
	b.ResetTimer()
	if _, _, err := m.bot.Events(context.Background(), []bot.ShopEvent{back("1")}); err != nil {
		b.Fatal(err)
	}
	m.wait(int64(b.N))
	b.StopTimer()
	b.ReportMetric(float64((cpu(b)-began).Microseconds())/float64(b.N), "cpu-µs/op")
	if n := m.page.sent.Load(); n != int64(b.N) {
		b.Fatalf("%d messages to %d people", n, b.N)
	}
}

// BenchmarkFanOut is one subscriber whose notification is held for the night.
func BenchmarkFanOut(b *testing.B) {
	files := rated("99999/s")
	now := time.Now().UTC()
	files["bot.yaml"] = strings.Replace(files["bot.yaml"], "Europe/Paris", "UTC", 1) +
		fmt.Sprintf("quiet_hours: %s-%s\n", now.Add(-time.Hour).Format("15:04"), now.Add(2*time.Hour).Format("15:04"))
	m := measure(b, files, true)
	m.crowd(b.N, "restock")
	b.ReportAllocs()
	began := cpu(b)
	b.ResetTimer()
	if _, _, err := m.bot.Events(context.Background(), []bot.ShopEvent{back("1")}); err != nil {
		b.Fatal(err)
	}
	for running := true; running; time.Sleep(time.Millisecond) {
		err := m.store.Read(context.Background(), func(r storage.Reader) error {
			list, err := r.Occurrences("running", 1)
			running = len(list) > 0
			return err
		})
		if err != nil {
			b.Fatal(err)
		}
	}
	b.StopTimer()
	b.ReportMetric(float64((cpu(b)-began).Microseconds())/float64(b.N), "cpu-µs/op")
}

// BenchmarkSettle is what became of one reply, settled on its own.
func BenchmarkSettle(b *testing.B) {
	m := measure(b, asking, false)
	for i := range b.N {
		id := bot.ContactID("messenger", "1", fmt.Sprintf("p%06d", i))
		if err := m.bot.Meet(context.Background(), id, flows.Contact{FirstName: "Zoé"}); err != nil {
			b.Fatal(err)
		}
		raw, err := json.Marshal([]bot.Event{{Kind: bot.EventMessage, Page: "1", Person: fmt.Sprintf("p%06d", i), At: time.Now(), Key: fmt.Sprint("k", i), Text: "hi"}})
		if err != nil {
			b.Fatal(err)
		}
		if err := m.bot.Receive(context.Background(), "messenger", http.Header{"Signature": {"good"}}, raw); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportAllocs()
	b.ResetTimer()
	if err := m.bot.Settle(context.Background()); err != nil {
		b.Fatal(err)
	}
}
