package bot_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/relance-bot/relance/bot"
	"github.com/relance-bot/relance/flows"
	"github.com/relance-bot/relance/storage"
)

// parrot says again what was said.
var parrot = with(flagship, "flows/hello.yaml", "", "flows/parrot.yaml", `
triggers:
  - fallback: true
steps:
  - ask: Say something.
    save: said
  - say: "{{ said }}!"
  - go: parrot
`)

func TestAWebhookThatComesTwiceIsHandledOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t, flagship)
	hello := w.writes("zoe", "bonjour")
	w.does(hello, hello)
	w.does(hello)
	w.crash()
	w.does(hello)
	w.expect("zoe", "Bonjour !")
}

func TestTheSameKeyOnTwoPagesIsTwoEvents(t *testing.T) {
	t.Parallel()
	w := newWorld(t, flagship, newPlatform("1"), newPlatform("2"))
	one := w.writes("zoe", "bonjour")
	other := one
	other.Page = "2"
	w.does(one, other)
	if a, b := len(w.pages[0].all()), len(w.pages[1].all()); a != 1 || b != 1 {
		t.Errorf("page 1 said %d things, page 2 %d, want one each", a, b)
	}
}

func TestInputsOfAContactAreHandledInOrder(t *testing.T) {
	t.Parallel()
	w := newWorld(t, parrot)
	w.does(w.writes("zoe", "hello"))
	w.ignore("zoe")
	var events []bot.Event
	var want []string
	for i := range 12 {
		text := fmt.Sprint("number ", i)
		events = append(events, w.writes("zoe", text))
		want = append(want, text+"!", "Say something.")
	}
	w.comes(events[:5]...)
	w.comes(events[5:]...)
	w.settle()
	w.expect("zoe", want...)
}

func TestABadSignatureOrBodyIsRefused(t *testing.T) {
	t.Parallel()
	w := newWorld(t, flagship)
	ctx := context.Background()
	good := http.Header{"Signature": {"good"}}
	if err := w.bot.Receive(ctx, "messenger", http.Header{}, []byte("[]")); !errors.Is(err, bot.ErrSignature) {
		t.Errorf("without a signature: %v, want ErrSignature", err)
	}
	if err := w.bot.Receive(ctx, "messenger", good, []byte("nonsense")); !errors.Is(err, bot.ErrBody) {
		t.Errorf("nonsense: %v, want ErrBody", err)
	}
	if err := w.bot.Receive(ctx, "elsewhere", good, []byte("[]")); !errors.Is(err, bot.ErrSignature) {
		t.Errorf("unknown channel: %v, want ErrSignature", err)
	}
}

func TestWhatIsNotForThisBotIsKeptAside(t *testing.T) {
	t.Parallel()
	w := newWorld(t, flagship)
	unknown := w.event(bot.EventUnknown, "zoe")
	unknown.Reason = "message_edit"
	elsewhere := w.writes("zoe", "bonjour")
	elsewhere.Page = "77"
	nobody := w.writes("", "bonjour")
	forged := w.writes("zoe:7", "bonjour")
	endless := w.writes(strings.Repeat("z", 1000), "bonjour")
	w.does(unknown, elsewhere, nobody, forged, endless)
	if diff := cmp.Diff([]string{"message_edit", "unknown page", "no person", "no person", "no person"}, w.strays()); diff != "" {
		t.Errorf("strays (-want +got):\n%s", diff)
	}
	if n := len(w.home.all()); n != 0 {
		t.Errorf("%d messages were sent", n)
	}
}

func TestContactsMayHaveOddCharactersInTheirIDs(t *testing.T) {
	t.Parallel()
	w := newWorld(t, flagship)
	for _, person := range []string{"zoé", "a b", "100%", "'; --", "x/../y", "\u202e1", "|"} {
		w.does(w.writes(person, "bonjour"))
		w.expect(person, "Bonjour !")
		w.does(w.writes(person, "stock"))
		w.does(w.taps(person, "42"))
		w.does(w.accepts(person))
	}
	w.sells(back("1"))
	for _, person := range []string{"zoé", "a b", "100%", "'; --", "x/../y", "\u202e1", "|"} {
		w.decided(person, "sent lane=window")
	}
}

func TestACorruptInputHoldsItsContactUpForAWhileOnly(t *testing.T) {
	t.Parallel()
	w := newWorld(t, flagship)
	w.does(w.writes("zoe", "bonjour"), w.writes("max", "bonjour"))
	w.ignore("zoe")
	w.ignore("max")
	w.write(func(tx storage.Tx) error {
		_, err := tx.Enqueue(storage.Input{Contact: w.id("zoe"), Kind: "event", Body: []byte("{"), At: w.clock.Now()})
		return err
	})
	w.does(w.writes("zoe", "encore"), w.writes("max", "encore"))
	w.expect("max", "Bonjour !")
	w.passes(2 * time.Minute)
	w.expect("zoe", "Bonjour !")
	if got := w.strays(); !slices.Contains(got, "failed event") {
		t.Errorf("strays %q: the corrupt input is not among them", got)
	}
}

func TestAStoreThatFailsForAMomentCostsNoInput(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, pattern string
		corrupt       bool // an input beside it, so that each is tried by itself
	}{
		{"the batch fails", "--+", false},
		{"a turn by itself fails", "+-+-+", true},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, flagship)
			w.down()
			var fault *flaky
			w.wrap = func(s storage.Store) storage.Store { fault = &flaky{Store: s}; return fault }
			w.open()
			w.comes(w.writes("zoe", "bonjour"))
			if c.corrupt {
				w.write(func(tx storage.Tx) error {
					_, err := tx.Enqueue(storage.Input{Contact: w.id("max"), Kind: "event", Body: []byte("{"), At: w.clock.Now()})
					return err
				})
			}
			// The disk is nearly full: what is large does not fit, what is small does.
			for range 10 {
				fault.fails(c.pattern)
				_ = w.bot.Settle(context.Background())
				w.jump(time.Minute)
			}
			fault.fails("")
			w.passes(time.Hour)
			w.expect("zoe", "Bonjour !")
			for _, reason := range w.strays() {
				if !c.corrupt {
					t.Errorf("%s", reason)
				}
			}
		})
	}
}

func TestOneContactThatCannotBeReadHoldsUpNobodyElse(t *testing.T) {
	t.Parallel()
	w := newWorld(t, flagship)
	for _, person := range []string{"ann", "bob", "cyd"} {
		w.subscribes(person, "restock", "daily")
	}
	w.write(func(tx storage.Tx) error {
		c, err := tx.Contact(w.id("bob"))
		c.Fields = []byte("{")
		return errors.Join(err, tx.PutContact(c))
	})
	if _, _, err := w.bot.Events(context.Background(), []bot.ShopEvent{back("1")}); err != nil {
		t.Fatal(err)
	}
	for range 5 {
		_ = w.bot.Settle(context.Background())
		w.jump(time.Minute)
	}
	w.settle()
	w.expect("ann", "La Gazelle en 42 est de retour !  [Stop]")
	w.expect("cyd", "La Gazelle en 42 est de retour !  [Stop]")
}

func TestOneMessageThatCannotBeReadHoldsUpNobodyElse(t *testing.T) {
	t.Parallel()
	for _, state := range []string{storage.SendPending, storage.SendClaimed, storage.SendWaiting} {
		t.Run(state, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, flagship)
			w.does(w.writes("zoe", "bonjour"), w.writes("max", "bonjour"))
			w.ignore("zoe")
			w.write(func(tx storage.Tx) error {
				return tx.PutSend(storage.Send{
					ID: "corrupt", Contact: w.id("zoe"), Page: "messenger:1", State: state, Ready: w.clock.Now(), At: w.clock.Now(),
					ClaimAt: w.clock.Now(), Lane: bot.LaneWindow, Body: []byte("{"),
				})
			})
			w.crash()
			w.comes(w.writes("zoe", "encore"))
			w.passes(time.Minute)
			w.expect("zoe", "Bonjour !")
		})
	}
}

func TestAUniqueValueIsSavedForOnePersonOnly(t *testing.T) {
	t.Parallel()
	w := newWorld(t, flagship)
	w.meets("zoe", flows.Contact{Fields: map[string]any{"card": "7"}})
	w.meets("max", flows.Contact{Fields: map[string]any{"card": "7", "size": 41}})
	view, err := w.bot.Contact(context.Background(), "card=7")
	if err != nil || view.ID != w.id("zoe") {
		t.Fatalf("card=7 is %q (%v), want zoe", view.ID, err)
	}
	if got := w.view("max").Fields; got["card"] != nil || got["size"] != 41.0 {
		t.Errorf("max has %v, want his size alone", got)
	}
}

func TestANumberCanNameAPerson(t *testing.T) {
	t.Parallel()
	w := newWorld(t, with(flagship, "bot.yaml", strings.Replace(flagship["bot.yaml"], "card: {type: text", "card: {type: number", 1)))
	w.meets("zoe", flows.Contact{Fields: map[string]any{"card": 12345678}})
	if view, err := w.bot.Contact(context.Background(), "card=12345678"); err != nil || view.ID != w.id("zoe") {
		t.Fatalf("card=12345678 is %q (%v), want zoe", view.ID, err)
	}
}
