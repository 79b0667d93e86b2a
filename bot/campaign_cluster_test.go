package bot_test

import (
	"context"
	"testing"
	"time"

	"github.com/relance-bot/relance/bot"
	"github.com/relance-bot/relance/storage"
	"github.com/relance-bot/relance/storage/postgres"
	"github.com/relance-bot/relance/storage/postgres/pgtest"
)

// Two processes send a campaign, and a third that does not run pauses it, lets it go on at
// a pace of its own, and cancels it: each counts everybody once.
func TestACampaignIsSteeredFromAnyProcess(t *testing.T) {
	t.Parallel()
	const crowd, id = 600, "back_in_stock@1"
	ctx := context.Background()
	url := pgtest.URL(t)
	var stores []storage.Store
	for range 3 {
		s, err := postgres.Open(ctx, url, postgres.Config{})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = s.Close() })
		stores = append(stores, s)
	}
	page := newPlatform("1", tokenLane{name: "recurring"})
	page.together = 50
	files := rated("100/s")
	w := &world{t: t, home: page, clock: bot.NewManualClock(paris(t, start)), raw: stores[0]}
	w.crowd(crowd, "restock")
	bots, clock := pair(t, files, page, stores[:2]...)
	program, data := load(t, files)
	third, err := bot.Inspect(bot.Config{Program: program, Data: data, Store: stores[2], Clock: clock, Channels: []bot.Channel{page}})
	if err != nil {
		t.Fatal(err)
	}
	w.bot = third
	if _, _, err := bots[0].Events(ctx, []bot.ShopEvent{back("1")}); err != nil {
		t.Fatal(err)
	}
	until := func(what string, holds func(v bot.CampaignView) bool) bot.CampaignView {
		t.Helper()
		for deadline := time.Now().Add(time.Minute); ; time.Sleep(20 * time.Millisecond) {
			v, err := third.Campaign(ctx, id)
			if err == nil && holds(v) {
				return v
			}
			if time.Now().After(deadline) {
				t.Fatalf("%s does not come: %v, %s", what, err, summary(v))
			}
		}
	}
	until("a part", func(v bot.CampaignView) bool { return v.Sent >= 100 })
	_, paused := w.steers("pause", id)
	until("what was claimed", func(v bot.CampaignView) bool { return v.Sent == v.Accepted })
	calls := len(page.all())
	time.Sleep(time.Second)
	if now := until("a look", func(bot.CampaignView) bool { return true }); summary(now) != summary(paused) || len(page.all()) != calls {
		t.Errorf("in the pause: %s, %d more messages; as it was paused: %s", summary(now), len(page.all())-calls, summary(paused))
	}
	if _, _, err := third.ThrottleCampaign(ctx, id, 20, by("")); err != nil {
		t.Fatal(err)
	}
	w.steers("resume", id)
	time.Sleep(3 * time.Second)
	if n := len(page.all()) - calls; n < 30 || n > 80 {
		t.Errorf("%d messages in 3 s at 20/s", n)
	}
	_, cut := w.steers("cancel", id)
	got := until("the end", func(v bot.CampaignView) bool { return !v.Counted && v.Queued == 0 && v.Sent == v.Accepted })
	if got.People != crowd || got.Sent+got.Cancelled != crowd || got.Sent != cut.Sent || len(page.all()) != got.Sent || w.twice() > 0 {
		t.Errorf("%s, as it was cancelled %s; %d messages, %d twice", summary(got), summary(cut), len(page.all()), w.twice())
	}
}
