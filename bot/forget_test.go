package bot_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/relance-bot/relance/bot"
	"github.com/relance-bot/relance/flows"
	"github.com/relance-bot/relance/storage"
)

func (w *world) forgets(person string) {
	w.t.Helper()
	if err := w.bot.Forget(context.Background(), w.id(person)); err != nil {
		w.t.Fatal(err)
	}
}

// gone says that nothing is kept about a person but the ledger.
func (w *world) gone(person string) {
	w.t.Helper()
	if _, err := w.bot.Contact(context.Background(), w.id(person)); !errors.Is(err, bot.ErrUnknownContact) {
		w.t.Errorf("%s is still known (%v)", person, err)
	}
	w.read(func(r storage.Reader) error {
		consents, err1 := r.Consents(w.id(person))
		permits, err2 := r.Permits(w.id(person))
		timers, err3 := r.Timers(w.id(person))
		inputs, err4 := r.Inputs(w.id(person), 10)
		sends, err5 := r.Sends(w.id(person))
		decisions, err6 := r.Decisions(storage.DecisionQuery{Contact: w.id(person)})
		outcomes, err7 := r.Outcomes(storage.OutcomeQuery{Contact: w.id(person)})
		if n := len(consents) + len(permits) + len(timers) + len(inputs) + len(sends) + len(decisions) + len(outcomes); n > 0 {
			w.t.Errorf("%d records of %s are left: %v %v %v %v %v %v %v", n, person, consents, permits, timers, inputs, sends, decisions, outcomes)
		}
		return errors.Join(err1, err2, err3, err4, err5, err6, err7)
	})
}

func TestForgettingLeavesNothingBehind(t *testing.T) {
	t.Parallel()
	w := newWorld(t, flagship)
	w.does(w.writes("zoe", "stock"))
	w.does(w.taps("zoe", "42"))
	w.does(w.accepts("zoe"))
	w.passes(day)
	w.sells(back("1"), back("2"))
	w.forgets("zoe")
	w.gone("zoe")
	w.settle()
	w.passes(8 * day)
	w.gone("zoe")
	chains, err := w.bot.VerifyLedger(context.Background(), nil)
	if err != nil || len(chains) != 1 || len(chains[0].Findings) > 0 || chains[0].Entries < 3 {
		t.Errorf("ledger %v (%v), want one whole chain", chains, err)
	}
}

func TestForgettingWhileAMessageIsOnItsWay(t *testing.T) {
	t.Parallel()
	for _, o := range []bot.Outcome{
		{Status: bot.Accepted}, {Status: bot.Unknown},
		{Status: bot.Refused, Class: bot.ClassTransient}, {Status: bot.Refused, Class: bot.ClassWindow}, {Status: bot.Refused, Class: bot.ClassTooSoon},
		{Status: bot.Refused, Class: bot.ClassPermit}, {Status: bot.Refused, Class: bot.ClassStopped}, {Status: bot.Refused, Class: bot.ClassUnreachable},
		{Status: bot.Refused, Class: bot.ClassToken}, {Status: bot.Refused, Class: bot.ClassThread}, {Status: bot.Refused, Class: bot.ClassContent},
		{Status: bot.Refused, Class: bot.ClassAskedSoon},
	} {
		w := newWorld(t, flagship)
		w.subscribes("zoe", "restock", "daily")
		w.home.onSend = func(bot.Delivery) { w.forgets("zoe") }
		w.home.answers(1, anything, o, true)
		w.sells(back("1"))
		w.home.onSend = nil
		w.does(w.echo(w.home.all()[0]))
		late := w.event(bot.EventDelivery, "zoe")
		late.MIDs = []string{w.home.all()[0].mid}
		w.does(late)
		w.passes(time.Hour)
		w.gone("zoe")
	}
}

func TestForgettingDuringALookUp(t *testing.T) {
	t.Parallel()
	page := newPlatform("1")
	var w *world
	page.onProfile = func(context.Context, string) (bot.Profile, error) {
		w.jump(5 * time.Second)
		w.write(func(tx storage.Tx) error { return tx.Erase(w.id("zoe")) })
		return bot.Profile{FirstName: "Zoé"}, nil
	}
	w = newWorld(t, flagship, page)
	w.does(w.writes("zoe", "bonjour"))
	w.gone("zoe")
}

func TestWhoComesBackAfterBeingForgottenIsNew(t *testing.T) {
	t.Parallel()
	w := newWorld(t, flagship)
	w.subscribes("zoe", "restock", "daily")
	w.forgets("zoe")
	w.does(w.writes("zoe", "bonjour"))
	w.expect("zoe", "Bonjour !")
	w.stands("zoe", "restock", "")
	if err := w.bot.Forget(context.Background(), "messenger:1:nobody"); !errors.Is(err, bot.ErrUnknownContact) {
		t.Errorf("forgetting nobody: %v, want ErrUnknownContact", err)
	}
}

func TestImportNeedsAPersonAndATopic(t *testing.T) {
	t.Parallel()
	w := newWorld(t, flagship)
	ctx := context.Background()
	agreed := bot.Subscription{Topic: "restock", At: w.clock.Now(), Wording: "restock"}
	if err := w.bot.Import(ctx, w.id("zoe"), agreed); !errors.Is(err, bot.ErrUnknownContact) {
		t.Errorf("nobody: %v, want ErrUnknownContact", err)
	}
	w.meets("zoe", flows.Contact{})
	if err := w.bot.Import(ctx, w.id("zoe"), bot.Subscription{Topic: "nonsense", At: w.clock.Now(), Wording: "nonsense"}); err == nil {
		t.Error("a topic that does not exist was taken")
	}
	if err := w.bot.Import(ctx, w.id("zoe"), agreed); err != nil {
		t.Error(err)
	}
	if c := w.consent("zoe", "restock"); c.Status != "active" || c.Cadence != "daily" {
		t.Errorf("consent %+v, want active and daily", c)
	}
	if err := w.bot.Meet(ctx, "nonsense", flows.Contact{}); err == nil {
		t.Error("an id that is none was taken")
	}
	if err := w.bot.Meet(ctx, w.id("zoe"), flows.Contact{Fields: map[string]any{"nonsense": 1}}); err == nil {
		t.Error("a field that does not exist was taken")
	}
}

func TestForgettingWhomACampaignWaitsForEndsTheWait(t *testing.T) {
	t.Parallel()
	for name, holds := range map[string]func(w *world, list []storage.Consent){
		"held": func(w *world, list []storage.Consent) {
			list[0].Status, list[0].SnoozedUntil = bot.StatusSnoozed, w.clock.Now().Add(day)
		},
		"in the outbox": func(w *world, _ []storage.Consent) {
			w.home.refuses(100, bot.ClassToken)
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, flagship)
			w.crowd(1, "restock")
			w.write(func(tx storage.Tx) error {
				list, err := tx.Consents(w.id(person(0)))
				if err != nil {
					return err
				}
				holds(w, list)
				return tx.PutConsent(list[0])
			})
			w.sells(back("1"))
			w.passes(time.Second)
			if v := w.campaign("back_in_stock@1"); v.State != bot.CampaignWaiting {
				t.Fatalf("it is %s", summary(v))
			}
			w.forgets(person(0))
			w.passes(2 * day)
			if got, want := summary(w.campaign("back_in_stock@1")), "done: 1 people: 1 gone"; got != want {
				t.Errorf("it is %s, want %s", got, want)
			}
		})
	}
}
