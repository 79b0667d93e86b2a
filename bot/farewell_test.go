package bot_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/relance-bot/relance/bot"
	"github.com/relance-bot/relance/flows"
)

// settings is the flagship with the preferences, and a field to tell secrets to.
var settings = with(flagship,
	"bot.yaml", flagship["bot.yaml"]+"quiet_hours: 21:00-08:00\n",
	"flows/settings.yaml", `
triggers:
  - keywords: [réglages]
steps:
  - go: preferences
`,
	"flows/secret.yaml", `
triggers:
  - keywords: [carte]
steps:
  - ask: Ta carte ?
    save: contact.card
  - say: C'est noté, {{ contact.first_name ?? "toi" }} ({{ contact.card ?? "" }}).
  - wait: 10d
  - say: Encore là ?
`)

const goodbye = "C'est fait, j'ai tout oublié. Prends soin de toi !"

// leaves opens the preferences and asks to be forgotten, as far as to the question
// whether they are sure.
func (w *world) leaves(person string) {
	w.t.Helper()
	w.does(w.writes(person, "réglages"))
	w.does(w.writes(person, "oublie-moi"))
}

func TestWhoAsksInTheChatIsForgotten(t *testing.T) {
	t.Parallel()
	w := newWorld(t, settings)
	w.subscribes("zoe", "restock", "daily")
	w.passes(4 * time.Hour)
	w.sells(back("1")) // held by the night
	w.leaves("zoe")
	w.ignore("zoe")
	w.does(w.taps("zoe", "Oui, efface tout"))
	w.expect("zoe", goodbye)
	w.gone("zoe")
	w.sells(back("2"))
	w.passes(8 * day)
	w.expect("zoe")
	w.gone("zoe")
	chains, err := w.bot.VerifyLedger(context.Background(), nil)
	if err != nil || len(chains) != 1 || len(chains[0].Findings) > 0 || chains[0].Entries < 2 {
		t.Errorf("ledger %v (%v), want one whole chain", chains, err)
	}
	w.does(w.writes("zoe", "bonjour"))
	w.expect("zoe", "Bonjour !")
	w.stands("zoe", "restock", "")
}

// What comes in behind the wish to be forgotten is the first thing of somebody new.
func TestWhoWritesAfterTheGoodbyeIsNew(t *testing.T) {
	t.Parallel()
	w := newWorld(t, settings)
	w.subscribes("zoe", "restock", "daily")
	w.leaves("zoe")
	w.ignore("zoe")
	w.does(w.taps("zoe", "Oui, efface tout"), w.writes("zoe", "bonjour"))
	w.expect("zoe", goodbye, "Bonjour !")
	if view := w.view("zoe"); len(view.Consents) > 0 || !view.CreatedAt.Equal(w.clock.Now()) {
		t.Errorf("%+v is not new", view)
	}
}

// The choice is of no use where the question was not asked.
func TestNobodyIsForgottenWithoutBeingAsked(t *testing.T) {
	t.Parallel()
	w := newWorld(t, settings)
	w.leaves("zoe")
	w.does(w.taps("zoe", "Retour"))
	w.ignore("zoe")
	w.does(w.taps("zoe", "Oui, efface tout"))
	w.view("zoe")
}

// Whatever becomes of the goodbye, and of what the platform tells about it later,
// nothing is left.
func TestNothingIsLeftOfAGoodbye(t *testing.T) {
	t.Parallel()
	for _, o := range []bot.Outcome{
		{Status: bot.Accepted}, {Status: bot.Unknown},
		{Status: bot.Refused, Class: bot.ClassTransient}, {Status: bot.Refused, Class: bot.ClassWindow}, {Status: bot.Refused, Class: bot.ClassTooSoon},
		{Status: bot.Refused, Class: bot.ClassPermit}, {Status: bot.Refused, Class: bot.ClassStopped}, {Status: bot.Refused, Class: bot.ClassUnreachable},
		{Status: bot.Refused, Class: bot.ClassToken}, {Status: bot.Refused, Class: bot.ClassThread}, {Status: bot.Refused, Class: bot.ClassContent},
	} {
		for _, shown := range []bool{true, false} {
			w := newWorld(t, settings)
			w.subscribes("zoe", "restock", "daily")
			w.leaves("zoe")
			w.home.answers(1, saying("oublié"), o, shown)
			w.does(w.taps("zoe", "Oui, efface tout"))
			all := w.home.all()
			last := all[len(all)-1]
			if shown {
				w.does(w.echo(last))
				delivery, read := w.event(bot.EventDelivery, "zoe"), w.event(bot.EventRead, "zoe")
				delivery.MIDs, read.Watermark = []string{last.mid}, w.clock.Now()
				w.does(delivery, read)
			}
			w.passes(2 * day)
			w.gone("zoe")
			if strays := w.strays(); len(strays) > 0 {
				t.Errorf("%+v, shown %t: strays %v", o, shown, strays)
			}
			if sends := len(w.home.all()) - len(all); o.Status == bot.Refused && o.Class == bot.ClassContent && sends > 0 {
				t.Errorf("%+v: the goodbye was sent %d times more", o, sends)
			}
		}
	}
}

// Values that are planted wherever something is kept about a person are nowhere in the
// database when they are forgotten.
func TestForgottenValuesAreNowhereInTheFile(t *testing.T) {
	t.Parallel()
	const card, name, family, word, about = "CARD-7081-SECRET", "Zoéphine-Planted", "Famille-Planted", "un-mot-planté-ici", "Gazelle-Planted"
	planted := []string{card, name, family, word, about, "person-zoe-4711"}
	w := newWorld(t, settings)
	person := "person-zoe-4711"
	w.subscribes(person, "nouveautes", "weekly")
	w.meets(person, flows.Contact{FirstName: name, LastName: family, Timezone: "Europe/Lisbon"})
	err := w.bot.Import(context.Background(), w.id(person), bot.Subscription{
		Topic: "restock", At: w.clock.Now(), Interest: map[string]any{"model": about, "size": 42.0}, Wording: word,
		Permit: &bot.Permit{Lane: "recurring", Token: "token-of-" + family},
	})
	if err != nil {
		t.Fatal(err)
	}
	w.does(w.writes(person, "carte"))
	w.does(w.writes(person, card))
	w.does(w.writes(person, word))
	w.passes(3 * day) // past Monday's notification
	file := func() []byte {
		t.Helper()
		path := filepath.Join(t.TempDir(), "copy.db")
		if err := w.raw.Abilities().Backuper.Backup(context.Background(), path); err != nil {
			t.Fatal(err)
		}
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		return text
	}
	before := file()
	for _, value := range []string{card, name, family, about, "person-zoe-4711"} {
		if !bytes.Contains(before, []byte(value)) {
			t.Errorf("%q was never in the file", value)
		}
	}
	w.leaves(person)
	w.does(w.taps(person, "Oui, efface tout"))
	w.gone(person)
	after := file()
	for _, value := range planted {
		if bytes.Contains(after, []byte(value)) {
			t.Errorf("%q is still in the file", value)
		}
	}
}

// tellFarewell is told once for every write, with a death before or after it.
func tellFarewell(w *mortalWorld) int {
	w.alive(func() error {
		return errors.Join(
			w.bot.Meet(context.Background(), w.id("zoe"), flows.Contact{FirstName: "Zoé"}),
			w.bot.Import(context.Background(), w.id("zoe"), subscription(w.clock.Now(), "restock")),
		)
	})
	w.brought(w.writes("zoe", "réglages"))
	w.gets("zoe", "Que veux-tu changer")
	w.brought(w.writes("zoe", "oublie-moi"))
	w.gets("zoe", "C'est bien ce que tu veux")
	w.brought(w.taps("zoe", "Oui, efface tout"))
	w.gets("zoe", goodbye)
	w.reported(back("1"))
	w.waits(day)
	w.gone("zoe")
	_, writes := w.life.killed()
	return writes
}

func TestTheGoodbyeIsSaidWhereverTheProcessDies(t *testing.T) {
	t.Parallel()
	for _, eager := range []bool{false, true} {
		calm := newMortal(t, settings, 0, false, eager)
		writes := tellFarewell(calm)
		want := calm.once("zoe")
		if n := len(want); n != 3 || want[n-1] != goodbye {
			t.Fatalf("the story without a death: %v", want)
		}
		for dies := 1; dies <= writes; dies++ {
			for _, after := range []bool{false, true} {
				t.Run(fmt.Sprintf("%d %v %v", dies, after, eager), func(t *testing.T) {
					t.Parallel()
					w := newMortal(t, settings, dies, after, eager)
					tellFarewell(w)
					if diff := cmp.Diff(want, w.once("zoe")); diff != "" {
						t.Errorf("what was said (-want +got):\n%s", diff)
					}
					if w.deaths != 1 {
						t.Errorf("the process died %d times, want once", w.deaths)
					}
				})
			}
		}
	}
}

// TestWhoWritesALotAfterTheGoodbyeIsHeard lets more come in behind the wish to be forgotten than
// is looked at together elsewhere.
func TestWhoWritesALotAfterTheGoodbyeIsHeard(t *testing.T) {
	t.Parallel()
	const many = 1100
	w := newWorld(t, settings)
	w.subscribes("zoe", "restock", "daily")
	w.leaves("zoe")
	w.ignore("zoe")
	w.comes(w.taps("zoe", "Oui, efface tout"))
	for range many {
		w.comes(w.writes("zoe", "bonjour"))
	}
	w.settle()
	if n := len(w.home.shown("zoe")) - w.seen["zoe"]; n != 1+many {
		t.Errorf("%d messages, want the goodbye and a reply to each of %d", n, many)
	}
}
