package bot_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/relance-bot/relance/bot"
)

// TestAPlatformThatHangsForOnePageHoldsUpNoOther: more people wait on it than there are
// places, and those of the other page have their replies.
func TestAPlatformThatHangsForOnePageHoldsUpNoOther(t *testing.T) {
	t.Parallel()
	stuck, well := newPlatform("1"), newPlatform("2")
	w := newWorld(t, flagship, stuck, well)
	w.rate = 2
	free := make(chan struct{})
	stuck.onSend = func(bot.Delivery) { <-free }
	a := newAliveOn(w)
	const people = 20
	for i := range people {
		for _, page := range []*platform{stuck, well} {
			e := a.writes(fmt.Sprintf("zoe%d", i), "bonjour")
			e.Page, e.At = page.page, a.shifted.Now()
			a.comes(e)
		}
	}
	soon(t, "the other page has said all it has to say", func() bool { return len(well.all()) == people })
	if n := len(stuck.all()); n > 0 {
		t.Errorf("the page that hangs has said %d things", n)
	}
	close(free)
	soon(t, "the page that hung has said the same", func() bool { return len(stuck.all()) == people })
}

// ofRegion is a lane of Pages in one region.
type ofRegion struct{ region string }

func (ofRegion) Name() string { return "recurring" }

func (l ofRegion) Open(f bot.LaneFacts) bot.LaneAnswer {
	if f.Region != l.region {
		return bot.LaneAnswer{Why: "region"}
	}
	return bot.LaneAnswer{Open: true}
}

func TestAnAccountMayBeElsewhere(t *testing.T) {
	t.Parallel()
	here, there := newPlatform("1", ofRegion{"US"}), newPlatform("2", ofRegion{"US"})
	w := newWorld(t, flagship, here, there)
	w.down()
	w.adjust = func(c *bot.Config) {
		c.Accounts = map[string]bot.Account{"messenger:2": {Name: "newyork", Region: "US", Rate: 5}}
	}
	w.open()
	for _, page := range w.pages {
		w.home = page
		w.subscribes("zoe", "restock", "daily")
	}
	w.sells(back("1"))
	w.passes(time.Second)
	if n, m := len(here.all()), len(there.all()); n != 0 || m != 1 {
		t.Errorf("the Page in Europe said %d things and the one in the United States %d, want 0 and 1", n, m)
	}
	w.down()
	w.adjust = func(c *bot.Config) {
		c.Accounts = map[string]bot.Account{"messenger:3": {}}
	}
	if err := w.tryOpen(); err == nil {
		t.Error("an account of no channel is taken")
	}
}

// ofApp is a page whose webhooks an app of its own signs.
type ofApp struct {
	*platform
	secret string
}

func (p ofApp) Verify(header http.Header, _ []byte) error {
	if header.Get("Signature") != p.secret {
		return bot.ErrSignature
	}
	return nil
}

func TestTheSecretOfOneAppSaysNothingAboutThePagesOfAnother(t *testing.T) {
	t.Parallel()
	one, other := newPlatform("1"), newPlatform("2")
	w := newWorld(t, flagship, one, other)
	w.down()
	w.adjust = func(c *bot.Config) { c.Channels = []bot.Channel{ofApp{one, "first"}, ofApp{other, "second"}} }
	w.open()
	ours, theirs := w.writes("zoe", "bonjour"), w.writes("zoe", "bonjour")
	theirs.Page = "2"
	post := func(secret string, events ...bot.Event) error {
		body, err := json.Marshal(events)
		if err != nil {
			t.Fatal(err)
		}
		return w.bot.Receive(context.Background(), "messenger", http.Header{"Signature": {secret}}, body)
	}
	if err := post("first", theirs); !errors.Is(err, bot.ErrSignature) {
		t.Errorf("what is about the other page alone: %v, want a wrong signature", err)
	}
	if err := post("first", ours, theirs); err != nil {
		t.Errorf("what is about both: %v", err)
	}
	w.settle()
	if n, m := len(one.all()), len(other.all()); n != 1 || m != 0 {
		t.Errorf("the page said %d things and the other %d, want 1 and 0", n, m)
	}
	if err := post("second", theirs); err != nil {
		t.Errorf("the same, by its own app: %v", err)
	}
	w.settle()
	if n := len(other.all()); n != 1 {
		t.Errorf("the other page said %d things, want 1: what was forged must not stand in its way", n)
	}
}

// TestWhatWasHeldWhileAPageWasAwayGoesWhenItIsBack: bot.yaml had lost it for a day.
func TestWhatWasHeldWhileAPageWasAwayGoesWhenItIsBack(t *testing.T) {
	t.Parallel()
	here, there := newPlatform("1", tokenLane{name: "recurring"}), newPlatform("2", tokenLane{name: "recurring"})
	w := newWorld(t, flagship, here, there)
	w.subscribes("zoe", "restock", "daily")
	w.down()
	w.pages = []*platform{there}
	w.open()
	w.sells(back("1"))
	if got := w.decisions("zoe"); len(got) != 1 || !strings.HasPrefix(got[0], "held rule=paused") {
		t.Fatalf("%q, want held rule=paused", got)
	}
	w.passes(day)
	w.down()
	w.pages = []*platform{here, there}
	w.open()
	w.passes(day)
	w.expect("zoe", "La Gazelle en 42 est de retour !  [Stop]")
}
