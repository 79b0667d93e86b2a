package cmd

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/relance-bot/relance/bot"
	"github.com/relance-bot/relance/storage"
	"github.com/relance-bot/relance/storage/sqlite"
)

// crowdOfCampaign is how many people a campaign is tried with; RELANCE_CAMPAIGN_PEOPLE
// sets another number.
func crowdOfCampaign(t *testing.T) int {
	t.Helper()
	if text := os.Getenv("RELANCE_CAMPAIGN_PEOPLE"); text != "" {
		return int(number(t, text))
	}
	if testing.Short() {
		return 1000
	}
	return 2000
}

// toldPeople is the platform's own log: how often each token carried a message.
type toldPeople struct {
	mu    sync.Mutex
	calls int
	told  map[string]int
}

func (p *toldPeople) take(call graphCall) {
	var body struct {
		Recipient struct {
			Token string `json:"notification_messages_token"`
		}
	}
	if json.Unmarshal([]byte(call.body), &body) != nil || body.Recipient.Token == "" {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.calls++
	p.told[body.Recipient.Token]++
}

func (p *toldPeople) counts() (people, calls int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.told), p.calls
}

// campaignTrial is a campaign of many people, whose bot is a process of its own.
type campaignTrial struct {
	t        *testing.T
	dir      string
	env      map[string]string
	platform toldPeople
	bot      *child
}

// settles stores people who have agreed, as an import does.
func (c *campaignTrial) settles(people int) {
	c.t.Helper()
	store, err := sqlite.Open(c.t.Context(), filepath.Join(c.dir, "relance.db"), sqlite.Config{Exclusive: true})
	if err != nil {
		c.t.Fatal(err)
	}
	since := time.Now().Add(-time.Hour)
	for from := 0; from < people; from += 1000 {
		err = errors.Join(err, store.Write(c.t.Context(), func(tx storage.Tx) error {
			for i := from; i < min(from+1000, people); i++ {
				id := bot.ContactID("messenger", wirePage, fmt.Sprint(2_000_000_000_000_000+i))
				record, err := bot.Consent{
					Contact: id, Topic: "restock", Status: bot.StatusActive, Cadence: "daily", ActiveSince: since, ChangedAt: since,
					Interests: []map[string]any{{"model": "Gazelle", "size": 42.0}},
				}.Record()
				err = errors.Join(err, tx.PutContact(storage.Contact{ID: id, Fields: []byte("{}"), Locale: "fr_FR", Timezone: "Europe/Paris", CreatedAt: since}),
					tx.PutConsent(record),
					tx.PutPermit(storage.Permit{Contact: id, Lane: "recurring", Topic: "restock", Token: fmt.Sprint("token-", i), Body: []byte(`{"title":"Ta pointure est de retour"}`)}))
				if err != nil {
					return err
				}
			}
			return nil
		}))
	}
	if err := errors.Join(err, store.Close()); err != nil {
		c.t.Fatal(err)
	}
}

func (c *campaignTrial) starts() {
	c.t.Helper()
	c.bot = startChild(c.t, c.env, "run", c.dir, "--listen", c.env["RELANCE_LISTEN"])
	c.bot.await(c.t)
}

// dies is kill -9.
func (c *campaignTrial) dies() {
	c.t.Helper()
	if err := c.bot.process.Kill(); err != nil {
		c.t.Fatal(err)
	}
	c.bot.wait(c.t)
	if log := c.bot.log.String(); !c.bot.killed() || strings.Contains(log, "panic:") {
		c.t.Fatalf("the bot ended by itself: %v\n%s", c.bot.state, log)
	}
}

// says runs a verb of the campaign, and keeps what it printed in the test's log.
func (c *campaignTrial) says(args ...string) string {
	c.t.Helper()
	code, out := cli(c.t, c.env, append(append([]string{"campaign"}, args...), "--dir", c.dir)...)
	c.t.Logf("relance campaign %s\n%s", strings.Join(args, " "), out)
	if code != exitFine {
		c.t.Fatalf("relance campaign %s: exit %d", strings.Join(args, " "), code)
	}
	return out
}

func (c *campaignTrial) view() (v bot.CampaignView) {
	c.t.Helper()
	code, out := cli(c.t, c.env, "campaign", "show", "back_in_stock", "--json", "--dir", c.dir)
	if err := json.Unmarshal([]byte(out), &v); code != exitFine || err != nil {
		c.t.Fatalf("show: exit %d, %v\n%s", code, err, out)
	}
	return v
}

func (c *campaignTrial) until(what string, holds func(v bot.CampaignView) bool) bot.CampaignView {
	c.t.Helper()
	for deadline := time.Now().Add(15 * time.Minute); ; time.Sleep(50 * time.Millisecond) {
		v := c.view()
		if holds(v) {
			return v
		}
		if time.Now().After(deadline) {
			c.t.Fatalf("%s does not come: %s\n%s", what, countsLine(v), c.bot.log)
		}
	}
}

// stands wants nobody to be told in a time, but what was on its way.
func (c *campaignTrial) stands(d time.Duration) {
	c.t.Helper()
	time.Sleep(time.Second) // what was claimed is settled
	_, before := c.platform.counts()
	time.Sleep(d)
	if _, after := c.platform.counts(); after != before {
		c.t.Errorf("%d messages went out of a campaign that does not run", after-before)
	}
}

// TestACampaignIsPausedKilledResumedAndCancelled counts everybody of a campaign that all
// of this happens to, and holds the counts against the platform's own log.
func TestACampaignIsPausedKilledResumedAndCancelled(t *testing.T) {
	t.Parallel()
	people := crowdOfCampaign(t)
	c := &campaignTrial{t: t, dir: copyBot(t, exampleRestock), platform: toldPeople{told: map[string]int{}}}
	rewrite(t, filepath.Join(c.dir, "bot.yaml"), "quiet_hours: 21:00-08:00\n", "")
	rewrite(t, filepath.Join(c.dir, "bot.yaml"), "rate: 40/s", fmt.Sprintf("rate: %d/s", max(200, people/50)))
	graph := startFakeGraph(t, &fakeGraph{answer: func(_ int, call graphCall) (int, string) {
		c.platform.take(call)
		return 0, ""
	}})
	c.env = graph.account()
	c.env["RELANCE_API_KEY"], c.env["LOG_LEVEL"], c.env["RELANCE_LISTEN"] = trialKey, "warn", freeAddresses(t, 1)[0]
	c.settles(people)
	begun := time.Now()
	c.starts()
	code, out := cli(t, c.env, "event", "restock", "model=Gazelle", "size=42", "url=https://foulee.example/g42", "--id", "restock-1", "--dir", c.dir)
	if code != exitFine {
		t.Fatalf("the event: exit %d\n%s", code, out)
	}
	part := func(tenths int) func(v bot.CampaignView) bool {
		return func(v bot.CampaignView) bool { return v.Sent >= people*tenths/10 }
	}
	c.until("the first fifth", part(2))
	c.says("pause", "back_in_stock", "--by", "Maud", "--why", "a wrong price")
	c.stands(2 * time.Second)
	paused := c.view()
	c.dies()
	c.starts()
	c.stands(2 * time.Second)
	if now := c.view(); countsLine(now) != countsLine(paused) || now.State != bot.CampaignPaused || now.Why != "a wrong price" {
		t.Errorf("after kill -9 in the pause: %s %s (%s), before %s", now.State, countsLine(now), now.Why, countsLine(paused))
	}
	c.says("resume", "back_in_stock", "--by", "Maud", "--why", "mended")
	c.until("two fifths", part(4))
	c.dies() // in the middle of it
	c.starts()
	c.until("half", part(5))
	c.says("throttle", "back_in_stock", "20/s")
	time.Sleep(time.Second)
	_, before := c.platform.counts()
	time.Sleep(5 * time.Second)
	_, after := c.platform.counts()
	if n := after - before; n < 50 || n > 130 {
		t.Errorf("%d messages in 5 s at 20/s", n)
	}
	c.dies()
	c.starts()
	if v := c.view(); v.Rate != 20 {
		t.Errorf("after kill -9 its rate is %v/s", v.Rate)
	}
	c.says("throttle", "back_in_stock", "off")
	c.until("six tenths", part(6))
	c.says("list")
	c.says("cancel", "back_in_stock", "--by", "Maud", "--why", "sold out")
	c.dies() // while those who are left are counted
	c.starts()
	end := c.until("the end", func(v bot.CampaignView) bool { return v.State == bot.CampaignCancelled && !v.Counted && v.Queued == 0 })
	c.stands(2 * time.Second)
	end = c.until("rest", func(v bot.CampaignView) bool { return v.Sent == v.Accepted })
	c.says("show", "back_in_stock")
	told, calls := c.platform.counts()
	t.Logf("%d people in %.1f s: %d sent, %d of unknown outcome, %d cancelled; the platform told %d people by %d messages",
		people, time.Since(begun).Seconds(), end.Sent, end.Unknown, end.Cancelled, told, calls)
	if end.People != people || end.Sent+end.Unknown+end.Cancelled != people || end.ToCome != 0 {
		t.Errorf("%s: want %d people, all of them sent, unknown or cancelled", countsLine(end), people)
	}
	if calls != told {
		t.Errorf("%d messages for %d people: somebody was told twice", calls, told)
	}
	if told < end.Sent || told > end.Sent+end.Unknown {
		t.Errorf("the platform told %d people, want the %d sent and at most the %d of unknown outcome", told, end.Sent, end.Unknown)
	}
	if code, out := cli(t, c.env, "campaign", "resume", "back_in_stock", "--dir", c.dir); code != exitFindings || !strings.Contains(out, "the campaign is over") {
		t.Errorf("resuming it: exit %d: %s", code, out)
	}
	c.whose(end)
}

// whose asks why of one who was told and of one who was not.
func (c *campaignTrial) whose(end bot.CampaignView) {
	c.t.Helper()
	err := c.look(func(b *bot.Bot) error {
		list, err := b.Decisions(context.Background(), "", "back_in_stock", 1000)
		if err != nil {
			return err
		}
		last := bot.ContactID("messenger", wirePage, fmt.Sprint(2_000_000_000_000_000+end.People-1))
		for _, id := range []string{list[0].Contact, last} {
			why, err := b.Why(context.Background(), id, "")
			if err != nil || len(why) != 1 {
				return errors.Join(err, fmt.Errorf("%d explanations for %s", len(why), id))
			}
			c.t.Logf("relance why %s\n%s", id, why[0].Text)
			if id == last && !strings.Contains(why[0].Text, "the campaign was cancelled") {
				c.t.Errorf("why %s: %s", id, why[0].Text)
			}
		}
		return nil
	})
	if err != nil {
		c.t.Error(err)
	}
}

// look gives f a bot that only answers.
func (c *campaignTrial) look(f func(b *bot.Bot) error) error {
	a := newApp(c.env, &output{})
	return a.inspect(c.t.Context(), c.dir, "", func(_ context.Context, b *bot.Bot, _ storage.Store) error { return f(b) })
}
