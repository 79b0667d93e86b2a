package bot_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/relance-bot/relance/bot"
)

// withdraws lets a shop say that somebody wants to hear no more.
func (w *world) withdraws(person string, what bot.Withdrawal) {
	w.t.Helper()
	if _, err := w.bot.Withdraw(context.Background(), w.id(person), what); err != nil {
		w.t.Fatal(err)
	}
}

func TestAWithdrawalElsewhereTakesBackWhatIsHeld(t *testing.T) {
	t.Parallel()
	for _, topic := range []string{"restock", bot.AllTopics} {
		w := newWorld(t, flagship)
		w.subscribes("zoe", "restock", "daily")
		w.subscribes("zoe", "nouveautes", "weekly")
		w.sells(back("1"), back("2"))
		w.ignore("zoe")
		w.withdraws("zoe", bot.Withdrawal{Topic: topic})
		w.decided("zoe", "sent lane=recurring", "skipped rule=consent")
		w.stands("zoe", "restock", bot.StatusStopped)
		want := bot.StatusActive
		if topic == bot.AllTopics {
			want = bot.StatusStopped
		}
		w.stands("zoe", "nouveautes", want)
		w.sells(back("3"))
		w.expect("zoe") // nothing is said, neither then nor now
	}
}

func TestAWithdrawalTakesBackWhatWaitsInTheOutbox(t *testing.T) {
	t.Parallel()
	w := newWorld(t, flagship)
	w.subscribes("zoe", "restock", "daily")
	w.home.refuses(1, bot.ClassTransient)
	w.sells(back("1"))
	w.withdraws("zoe", bot.Withdrawal{Topic: "restock"})
	w.passes(time.Hour)
	w.expect("zoe")
	w.decided("zoe", "skipped rule=consent")
}

// The platform's clock, which a yes was read from, may be ahead of ours.
func TestAWithdrawalWithoutATimeIsNewerThanAnyYes(t *testing.T) {
	t.Parallel()
	w := newWorld(t, flagship)
	w.does(w.writes("zoe", "stock"))
	w.does(w.taps("zoe", "42"))
	yes := w.accepts("zoe")
	yes.At = yes.At.Add(time.Minute)
	w.does(yes)
	w.stands("zoe", "restock", bot.StatusActive)
	w.withdraws("zoe", bot.Withdrawal{Topic: "restock"})
	w.stands("zoe", "restock", bot.StatusStopped)
}

func TestAYesThatIsNewerThanALetterStands(t *testing.T) {
	t.Parallel()
	w := newWorld(t, with(flagship, "flows/bye.yaml", "triggers:\n  - opted_out: restock\nsteps:\n  - say: Au revoir.\n"))
	written := w.clock.Now().Add(-2 * day)
	w.does(w.writes("zoe", "stock"))
	w.does(w.taps("zoe", "42"))
	w.does(w.accepts("zoe"))
	w.ignore("zoe")
	w.withdraws("zoe", bot.Withdrawal{Topic: "restock", At: written, Source: "letter"})
	w.stands("zoe", "restock", bot.StatusActive)
	w.expect("zoe")
	if text := w.receipted("zoe"); !strings.Contains(text, "They stopped it, through the shop's own system; it was recorded, and changed nothing (late).") {
		t.Errorf("the ledger does not tell of the letter:\n%s", text)
	}
}

// An opted_out flow may tell the shop's systems, and the person while their window is open.
func TestAnOptedOutFlowHearsOfAWithdrawalOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t, with(flagship, "flows/bye.yaml", "triggers:\n  - opted_out: restock\nsteps:\n  - say: Au revoir.\n"))
	w.does(w.writes("zoe", "stock"))
	w.does(w.taps("zoe", "42"))
	w.does(w.accepts("zoe"))
	w.ignore("zoe")
	for range 2 {
		w.withdraws("zoe", bot.Withdrawal{Topic: "restock", Source: "page to unsubscribe", By: bot.SourceConsole})
	}
	w.settle()
	w.expect("zoe", "Au revoir.")
	if text := w.receipted("zoe"); strings.Count(text, "They stopped it, through the shop's staff.") != 2 {
		t.Errorf("the ledger does not tell of both:\n%s", text)
	}
	all := w.export("zoe").Ledger
	if last := all[len(all)-1]; !strings.HasSuffix(last.Personal.Input, ": page to unsubscribe") {
		t.Errorf("it came by %q", last.Personal.Input)
	}
}

// A question that nobody answers any more would speak on its own once its time is up.
func TestAWithdrawalOfEverythingEndsWhatGoesOn(t *testing.T) {
	t.Parallel()
	w := newWorld(t, with(flagship, "flows/later.yaml", "triggers:\n  - keywords: [plus tard]\nsteps:\n  - wait: 2h\n  - say: Me revoilà.\n"))
	w.does(w.writes("zoe", "plus tard"))
	w.withdraws("zoe", bot.Withdrawal{Topic: bot.AllTopics})
	w.passes(day)
	w.expect("zoe")
	w.does(w.writes("zoe", "stock"))
	w.expect("zoe", "Quelle pointure cherches-tu ?  [41] [42]")
}

func TestAWithdrawalWhileAMessageIsOnItsWay(t *testing.T) {
	t.Parallel()
	w := newWorld(t, flagship)
	w.subscribes("zoe", "restock", "daily")
	w.home.onSend = func(bot.Delivery) { w.withdraws("zoe", bot.Withdrawal{Topic: "restock"}) }
	w.sells(back("1"))
	w.home.onSend = nil
	w.stands("zoe", "restock", bot.StatusStopped)
	w.decided("zoe", "sent lane=recurring") // it was on its way
	w.passes(day)
	w.sells(back("2"))
	w.decided("zoe", "sent lane=recurring")
}

func TestWithdrawalsThatAreRefused(t *testing.T) {
	t.Parallel()
	w := newWorld(t, flagship)
	w.subscribes("zoe", "restock", "daily")
	ctx := context.Background()
	for want, what := range map[string]bot.Withdrawal{
		"topic is missing: one of bot.yaml, or all": {},
		`bot.yaml has no topic "restok"`:            {Topic: "restok"},
		"at lies in the future":                     {Topic: "restock", At: w.clock.Now().Add(time.Hour)},
		"source must have at most 200 characters":   {Topic: "restock", Source: strings.Repeat("a", 201)},
		"by must be api or console":                 {Topic: "restock", By: "platform"},
	} {
		_, err := w.bot.Withdraw(ctx, w.id("zoe"), what)
		if !errors.Is(err, bot.ErrWithdrawal) || !strings.HasSuffix(err.Error(), want) {
			t.Errorf("%v, want %s", err, want)
		}
	}
	if _, err := w.bot.Withdraw(ctx, w.id("adam"), bot.Withdrawal{Topic: bot.AllTopics}); !errors.Is(err, bot.ErrUnknownContact) {
		t.Errorf("of nobody: %v", err)
	}
	w.stands("zoe", "restock", bot.StatusActive)
}

func TestAWithdrawalTellsHowConsentsStand(t *testing.T) {
	t.Parallel()
	w := newWorld(t, flagship)
	w.subscribes("zoe", "restock", "daily")
	got, err := w.bot.Withdraw(context.Background(), w.id("zoe"), bot.Withdrawal{Topic: "restock"})
	if err != nil || !slices.EqualFunc(got, w.view("zoe").Consents, func(a, b bot.ConsentView) bool { return a.Topic == b.Topic && a.Status == b.Status }) {
		t.Errorf("%+v (%v), want %+v", got, err, w.view("zoe").Consents)
	}
}
