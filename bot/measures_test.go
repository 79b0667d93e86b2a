package bot_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/relance-bot/relance/bot"
	"github.com/relance-bot/relance/storage"
	"github.com/relance-bot/relance/storage/postgres/pgtest"
)

const public = "https://bot.example"

// linked is a shop whose notification has a link, with query and fragment.
var linked = with(flagship, "flows/back_in_stock.yaml", `
triggers:
  - event: restock
    topic: restock
    where: event.model == interest.model && event.size == interest.size
steps:
  - say: La {{ event.model }} en {{ event.size }} est de retour !
    buttons:
      - {label: J'achète, open: "https://foulee.example/g42?model=a%20b#top"}
      - {label: En parler, open: "https://m.me/foulee"}
      - {label: Stop, opt_out: restock}
`)

// trackingWorld is a world with tracked links.
func trackingWorld(t *testing.T, files map[string]string) *world {
	t.Helper()
	w := newWorld(t, files)
	w.adjust = func(c *bot.Config) { c.PublicURL = public + "/" }
	w.crash()
	return w
}

// told subscribes Zoé and tells her of one restock. It returns the code of the link.
func (w *world) toldOf(occurrence string) (code string) {
	w.t.Helper()
	w.sells(back(occurrence))
	buttons := w.last("zoe").Message.Buttons
	code, ok := strings.CutPrefix(buttons[0].Open, public+"/l/")
	if !ok || buttons[1].Open != "https://m.me/foulee" {
		w.t.Fatalf("the buttons open %q and %q", buttons[0].Open, buttons[1].Open)
	}
	return code
}

func (w *world) last(person string) post {
	list := w.home.shown(person)
	return list[len(list)-1]
}

func (w *world) outcomes(kind string) (out []storage.Outcome) {
	w.t.Helper()
	w.read(func(r storage.Reader) (err error) {
		out, err = r.Outcomes(storage.OutcomeQuery{Kind: kind})
		return err
	})
	return out
}

func (w *world) clicks(code string) string {
	w.t.Helper()
	target, err := w.bot.Click(context.Background(), code)
	if err != nil {
		w.t.Fatal(err)
	}
	return target
}

// measures is the whole in one line.
func (w *world) measures() string {
	w.t.Helper()
	s, err := w.bot.Stats(context.Background(), bot.StatsQuery{})
	if err != nil {
		w.t.Fatal(err)
	}
	f := s.Total
	return fmt.Sprintf("asked %d/%d sent %d delivered %d read %d clicked %d people %d out %d bought %d today %d %v other %d %v",
		f.Accepted, f.Asked, f.Sent, f.Delivered, f.Read, f.Clicked, f.People, f.OptOuts, f.Purchases, f.SameDay, f.Revenue, f.OtherPurchases, f.OtherRevenue)
}

func (w *world) buys(id string, data map[string]any, contact string) error {
	_, _, err := w.bot.Events(context.Background(), []bot.ShopEvent{{ID: id, Name: "purchase", Data: data, Contact: contact}})
	if err == nil {
		w.settle()
	}
	return err
}

func euros(amount float64) map[string]any { return map[string]any{"amount": amount, "currency": "eur"} }

func TestALinkIsFollowedAndCounted(t *testing.T) {
	t.Parallel()
	w := trackingWorld(t, linked)
	w.subscribes("zoe", "restock", "daily")
	code := w.toldOf("1")
	if want := "https://foulee.example/g42?model=a%20b&rl=" + code + "#top"; w.clicks(code) != want {
		t.Errorf("leads to %s, want %s", w.clicks(code), want)
	}
	w.clicks(code) // a double tap
	w.jump(time.Minute)
	w.crash() // another process follows it as well
	w.clicks(code)
	got := w.outcomes(bot.OutcomeClicked)
	if len(got) != 1 || got[0].Value != 2 || got[0].Trigger != w.trigger("back_in_stock") || got[0].Occurrence != "1" || got[0].Lane != "recurring" || got[0].Topic != "restock" {
		t.Errorf("clicks %+v, want one that happened twice", got)
	}
	if target, err := w.bot.Link(context.Background(), code); err != nil || !strings.HasSuffix(target, "#top") {
		t.Errorf("whoever only looks is led to %q (%v)", target, err)
	}
	if w.jump(time.Minute); w.outcomes(bot.OutcomeClicked)[0].Value != 2 {
		t.Error("to look counts as a click")
	}
	w.forgets("zoe")
	w.clicks(code)
	if got := w.outcomes(bot.OutcomeClicked); len(got) > 0 {
		t.Errorf("of somebody who was forgotten %+v is kept", got)
	}
}

func TestAForgedLinkLeadsNowhere(t *testing.T) {
	t.Parallel()
	w := trackingWorld(t, linked)
	for _, code := range []string{"", "x"} { // before there is a key
		if target, err := w.bot.Click(context.Background(), code); !errors.Is(err, bot.ErrUnknownLink) || target != "" {
			t.Errorf("%q leads to %q (%v)", code, target, err)
		}
	}
	w.subscribes("zoe", "restock", "daily")
	code := w.toldOf("1")
	other := trackingWorld(t, linked)
	other.subscribes("zoe", "restock", "daily")
	forged := []string{other.toldOf("1"), code[1:], code + "A", code + "=", strings.ToUpper(code), "", ".", strings.Repeat("A", 100), strings.Repeat("A", 5000)}
	for n := 1; n < len(code); n += 7 {
		forged = append(forged, code[:n], code[:n]+"A"+code[n+1:], code[:n]+"_"+code[n+1:])
	}
	for _, one := range forged {
		if one == code {
			continue
		}
		if target, err := w.bot.Click(context.Background(), one); !errors.Is(err, bot.ErrUnknownLink) || target != "" {
			t.Errorf("%q leads to %q (%v)", one, target, err)
		}
	}
	if got := w.outcomes(bot.OutcomeClicked); len(got) > 0 {
		t.Errorf("clicks %+v", got)
	}
}

func TestWithoutAPublicAddressLinksStay(t *testing.T) {
	t.Parallel()
	w := newWorld(t, linked)
	w.subscribes("zoe", "restock", "daily")
	w.sells(back("1"))
	if got := w.last("zoe").Message.Buttons[0].Open; got != "https://foulee.example/g42?model=a%20b#top" {
		t.Errorf("the button opens %q", got)
	}
}

func TestALinkThatWouldBeTooLongStays(t *testing.T) {
	t.Parallel()
	long := "https://foulee.example/" + strings.Repeat("a", 1900)
	w := trackingWorld(t, with(flagship, "flows/long.yaml", "triggers: [{keywords: [long]}]\nsteps: [{say: x, buttons: [{label: a, open: '"+long+"'}]}]\n"))
	w.does(w.writes("zoe", "long"))
	if got := w.last("zoe").Message.Buttons[0].Open; got != long {
		t.Errorf("the button opens %q", got)
	}
}

func TestPurchasesAreCounted(t *testing.T) {
	t.Parallel()
	w := trackingWorld(t, linked)
	w.subscribes("zoe", "restock", "daily")
	code := w.toldOf("1")
	zoe := w.id("zoe")
	for _, tc := range []struct {
		id      string
		data    map[string]any
		contact string
		want    string // what is wrong with it
	}{
		{"p1", euros(59.9), zoe, ""},
		{"p1", euros(59.9), zoe, ""}, // comes again
		{"p2", map[string]any{"amount": "12.005", "currency": "KWD", "rl": code, "order": "77"}, "", ""}, // the link says whose
		{"p3", map[string]any{"amount": 1200, "currency": "JPY", "rl": "forged"}, zoe, ""},
		{"p4", map[string]any{"amount": 10, "currency": "EUR", "rl": "forged"}, "", ""}, // of nobody
		{"p5", euros(5), "", ""}, // of nobody
		{"p6", euros(-9.9), zoe, ""},
		{"e1", map[string]any{"currency": "EUR"}, zoe, "amount"},
		{"e2", map[string]any{"amount": "much", "currency": "EUR"}, zoe, "amount"},
		{"e3", map[string]any{"amount": 5}, zoe, "currency"},
		{"e4", map[string]any{"amount": 5, "currency": "€"}, zoe, "currency"},
		{"e5", map[string]any{"amount": 1e15, "currency": "EUR"}, zoe, "too large"},
		{"e6", euros(5), "messenger:1:nobody", "nobody is known"},
	} {
		switch err := w.buys(tc.id, tc.data, tc.contact); {
		case tc.want == "" && err != nil:
			t.Errorf("%s: %v", tc.id, err)
		case tc.want != "" && (err == nil || !strings.Contains(err.Error(), tc.want)):
			t.Errorf("%s: %v, want %s", tc.id, err, tc.want)
		}
	}
	var got []string
	for _, o := range w.outcomes(bot.OutcomePurchased) {
		got = append(got, fmt.Sprintf("%s %s %d %s %s", o.Input, o.Contact, o.Amount, o.Currency, o.Occurrence))
	}
	want := []string{"event:p6 " + zoe + " -990 EUR ", "event:p3 " + zoe + " 1200 JPY ", "event:p2 " + zoe + " 12005 KWD 1", "event:p1 " + zoe + " 5990 EUR "}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("purchases (-want +got):\n%s", diff)
	}
}

func TestAPurchaseNamesNobodyElsesLink(t *testing.T) {
	t.Parallel()
	w := trackingWorld(t, linked)
	w.subscribes("zoe", "restock", "daily")
	code := w.toldOf("1")
	w.does(w.writes("lea", "stock"))
	data := euros(20)
	data["rl"] = code // Zoé has passed it on
	if err := w.buys("p1", data, w.id("lea")); err != nil {
		t.Fatal(err)
	}
	if got := w.outcomes(bot.OutcomePurchased); len(got) != 1 || got[0].Contact != w.id("lea") || got[0].Trigger != "" {
		t.Errorf("purchases %+v, want Léa's, of no notification", got)
	}
}

func TestTheFunnel(t *testing.T) {
	t.Parallel()
	t.Run("sqlite", func(t *testing.T) {
		t.Parallel()
		funnel(t, trackingWorld(t, linked))
	})
	t.Run("postgres", func(t *testing.T) {
		t.Parallel()
		w := newWorldOn(t, pgtest.URL(t), linked)
		w.bot.SetPublicURL(public)
		funnel(t, w)
	})
}

// funnel is a person who asks, agrees, is told, buys, looks, buys again and stops.
func funnel(t *testing.T, w *world) {
	t.Helper()
	w.does(w.writes("zoe", "stock"))
	w.does(w.taps("zoe", "42"))
	w.does(w.accepts("zoe"))
	w.does(w.accepts("zoe")) // tapped again
	code := w.toldOf("1")
	if want := "asked 1/1 sent 1 delivered 0 read 0 clicked 0 people 0 out 0 bought 0 today 0 [] other 0 []"; w.measures() != want {
		t.Errorf("when it was sent:\n%s, want\n%s", w.measures(), want)
	}
	if err := w.buys("early", euros(1), w.id("zoe")); err != nil {
		t.Fatal(err)
	}
	w.jump(time.Minute)
	mid := w.last("zoe").mid
	delivery := w.event(bot.EventDelivery, "zoe")
	delivery.MIDs = []string{mid}
	w.does(delivery)
	w.jump(time.Minute)
	w.clicks(code)
	if err := w.buys("late", euros(40), w.id("zoe")); err != nil {
		t.Fatal(err)
	}
	w.does(w.writes("zoe", "stop"))
	if want := "asked 1/1 sent 1 delivered 1 read 1 clicked 1 people 1 out 1 bought 1 today 1 [{EUR 4000}] other 1 [{EUR 100}]"; w.measures() != want {
		t.Errorf("in the end:\n%s, want\n%s", w.measures(), want)
	}
	stops := w.outcomes(bot.OutcomeStopped)
	if len(stops) != 1 || stops[0].Occurrence != "1" || stops[0].Name != bot.SourceKeyword || stops[0].Topic != "restock" {
		t.Errorf("stops %+v", stops)
	}
	w.read(func(r storage.Reader) error {
		counts, err := r.CountOutcomes(w.trigger("back_in_stock"), "1")
		if len(counts) != 2 || counts[1].Kind != bot.OutcomeStopped || counts[1].People != 1 {
			t.Errorf("of the occurrence: %+v", counts)
		}
		return err
	})
}

// Wherever the process dies, a click and a purchase that were acknowledged are there, and
// there once.
func TestClicksAndPurchasesOutliveEveryDeath(t *testing.T) {
	t.Parallel()
	story := func(dies int, after bool) (w *mortalWorld, writes int) {
		w = &mortalWorld{world: newWorld(t, linked)}
		w.adjust = func(c *bot.Config) { c.PublicURL = public }
		w.crash()
		w.subscribes("zoe", "restock", "daily")
		code := w.toldOf("1")
		w.down()
		w.wrap = func(s storage.Store) storage.Store {
			if w.life == nil {
				w.life = &mortal{Store: s, dies: dies, after: after}
			} else {
				w.life = &mortal{Store: s, writes: w.life.writes} // it dies once
			}
			return w.life
		}
		w.survive(w.tryOpen())
		w.alive(func() error { _, err := w.bot.Click(context.Background(), code); return err })
		w.reported(bot.ShopEvent{ID: "p1", Name: "purchase", Data: euros(5), Contact: w.id("zoe")})
		_, writes = w.life.killed()
		return w, writes
	}
	_, writes := story(0, false)
	for dies := 1; dies <= writes; dies++ {
		for _, after := range []bool{false, true} {
			w, _ := story(dies, after)
			if clicks, bought := len(w.outcomes(bot.OutcomeClicked)), len(w.outcomes(bot.OutcomePurchased)); clicks != 1 || bought != 1 {
				t.Errorf("dies at %d, after %v: %d clicks and %d purchases", dies, after, clicks, bought)
			}
		}
	}
}

// Two processes take the same click and the same purchase at once, with one key.
func TestSeveralProcessesCountTogether(t *testing.T) {
	t.Parallel()
	w, _ := newShared(t, linked)
	w.bot.SetPublicURL(public)
	other, _ := w.fellow(0, linked)
	other.bot.SetPublicURL(public)
	w.subscribes("zoe", "restock", "daily")
	code := w.toldOf("1")
	var accepted atomic.Int64
	var all sync.WaitGroup
	for i := range 16 {
		b := []*bot.Bot{w.bot, other.bot}[i%2]
		all.Go(func() {
			if target, err := b.Click(context.Background(), code); err != nil || !strings.Contains(target, "rl="+code) {
				t.Errorf("leads to %q (%v)", target, err)
			}
			n, _, err := b.Events(context.Background(), []bot.ShopEvent{{ID: "p1", Name: "purchase", Data: euros(5), Contact: w.id("zoe")}})
			if err != nil {
				t.Error(err)
			}
			accepted.Add(int64(n))
		})
	}
	all.Wait()
	clicks, bought := w.outcomes(bot.OutcomeClicked), w.outcomes(bot.OutcomePurchased)
	if len(clicks) != 1 || clicks[0].Value != 2 || len(bought) != 1 || accepted.Load() != 1 {
		t.Errorf("clicks %+v, purchases %+v, accepted %d; want one of each, clicked in both processes", clicks, bought, accepted.Load())
	}
}

// A stop of one topic is counted to its last notification, a stop of everything to the
// last of any.
func TestWhatAnOptOutIsCountedTo(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		later time.Duration // after the last notification
		text  string
		want  string
	}{
		"the newest of its topic":         {time.Hour, "", "restock 1"},
		"of all, the newest of any":       {time.Hour, "stop", "nouveautes 2, restock 2"},
		"nothing wrote for a week":        {8 * day, "stop", "nouveautes , restock "},
		"a week is counted to its moment": {7 * day, "stop", "nouveautes 2, restock 2"},
	} {
		w := newWorld(t, flagship)
		w.subscribes("zoe", "restock", "daily")
		w.subscribes("zoe", "nouveautes", "weekly")
		now := w.clock.Now()
		w.write(func(tx storage.Tx) error {
			return errors.Join(
				tx.PutDecision(storage.Decision{Contact: w.id("zoe"), Trigger: "a", Occurrence: "1", Topic: "restock", Kind: bot.DecisionSent, At: now.Add(-time.Hour), Send: "1"}),
				tx.PutDecision(storage.Decision{Contact: w.id("zoe"), Trigger: "b", Occurrence: "2", Topic: "nouveautes", Kind: bot.DecisionSent, At: now, Send: "2"}),
				tx.PutDecision(storage.Decision{Contact: w.id("zoe"), Trigger: "b", Occurrence: "3", Topic: "nouveautes", Kind: bot.DecisionSkipped, Rule: bot.RuleCadence, At: now}),
			)
		})
		w.jump(tc.later)
		if tc.text == "" {
			w.does(w.switches(bot.EventStop, "zoe", "restock"))
		} else {
			w.does(w.writes("zoe", tc.text))
		}
		var got []string
		for _, o := range w.outcomes(bot.OutcomeStopped) {
			got = append(got, o.Topic+" "+o.Occurrence)
		}
		slices.Sort(got)
		if strings.Join(got, ", ") != tc.want {
			t.Errorf("%s: %q, want %q", name, strings.Join(got, ", "), tc.want)
		}
	}
}
