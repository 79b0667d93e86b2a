package bot_test

import (
	"context"
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/relance-bot/relance/bot"
	"github.com/relance-bot/relance/storage"
	"github.com/relance-bot/relance/storage/postgres"
	"github.com/relance-bot/relance/storage/postgres/pgtest"
	"github.com/relance-bot/relance/storage/sqlite"
)

// pair are two bots that run on one database, each with a store of its own.
func pair(t *testing.T, files map[string]string, page *platform, stores ...storage.Store) (bots []*bot.Bot, clock *bot.ShiftedClock) {
	t.Helper()
	clock = bot.NewShiftedClock(beginning{ahead: time.Until(paris(t, start))})
	page.clock = clock
	program, data := load(t, files)
	for _, store := range stores {
		b, err := bot.New(context.Background(), bot.Config{
			Program: program, Data: data, Store: store, Clock: clock, Channels: []bot.Channel{batcher{page}}, FirstChoice: true,
		})
		if err != nil {
			t.Fatal(err)
		}
		ctx, end := context.WithCancel(context.Background())
		ended := make(chan error, 1)
		go func() { ended <- b.Run(ctx) }()
		t.Cleanup(func() { end(); <-ended })
		bots = append(bots, b)
	}
	return bots, clock
}

func TestTwoProcessesLive(t *testing.T) {
	t.Parallel()
	t.Run("on one store that says it is shared", func(t *testing.T) {
		t.Parallel()
		s, err := sqlite.Open(context.Background(), filepath.Join(t.TempDir(), "relance.db"), sqlite.Config{Exclusive: true})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = s.Close() })
		twoTalk(t, s, new(commune).claims(t, s), new(commune).claims(t, s))
	})
	t.Run("on PostgreSQL", func(t *testing.T) {
		t.Parallel()
		url := pgtest.URL(t)
		var stores []storage.Store
		for range 2 {
			s, err := postgres.Open(context.Background(), url, postgres.Config{})
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = s.Close() })
			stores = append(stores, s)
		}
		twoTalk(t, stores[0], stores...)
	})
}

// twoTalk lets people talk to two bots in turns while a campaign goes out: each is
// answered once for each message, in order, and told once.
func twoTalk(t *testing.T, raw storage.Store, stores ...storage.Store) {
	page := newPlatform("1", tokenLane{name: "recurring"})
	page.together = 50
	const crowd, talkers, each = 150, 6, 10
	files := with(parrot, "bot.yaml", rated("200/s")["bot.yaml"])
	w := &world{t: t, home: page, clock: bot.NewManualClock(paris(t, start)), raw: raw}
	w.crowd(crowd, "restock")
	bots, clock := pair(t, files, page, stores...)
	says := func(b *bot.Bot, who, text string) {
		w.bot = b
		e := w.writes(who, text)
		e.At = clock.Now()
		w.comes(e)
	}
	for p := range talkers {
		says(bots[p%2], fmt.Sprint("t", p), "hi")
	}
	if _, _, err := bots[0].Events(context.Background(), []bot.ShopEvent{back("1")}); err != nil {
		t.Fatal(err)
	}
	for i := range each {
		for p := range talkers {
			says(bots[(i+p)%2], fmt.Sprint("t", p), fmt.Sprint("number ", i))
		}
	}
	all := crowd + talkers*(1+2*each)
	soon(t, "everything is sent", func() bool { return len(page.all()) >= all })
	for _, b := range bots {
		ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
		defer cancel()
		if err := b.Idle(ctx); err != nil {
			t.Fatal(err)
		}
	}
	got, want := map[string][]string{}, map[string][]string{}
	for _, made := range page.all() {
		got[made.Person] = append(got[made.Person], sketch(made.Message))
	}
	for i := range crowd {
		want[person(i)] = []string{"La Gazelle en 42 est de retour !  [Stop]"}
	}
	for p := range talkers {
		lines := []string{"Say something."}
		for i := range each {
			lines = append(lines, fmt.Sprintf("number %d!", i), "Say something.")
		}
		want[fmt.Sprint("t", p)] = lines
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("messages by person (-want +got):\n%s", diff)
	}
}
