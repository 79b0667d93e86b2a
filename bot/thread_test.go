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

// people hands conversations over to people, for half a day.
var people = with(flagship, "flows/human.yaml", `
triggers:
  - keywords: [quelqu'un]
steps:
  - say: Je te passe la boutique.
  - hand_over: true
    note: Veut parler
    resume_after: 12h
  - say: Me revoilà.
`, "flows/thread_wait.yaml", `
triggers:
  - keywords: [attends]
steps:
  - say: J'attends.
  - wait: 1h
  - say: Une heure plus tard.
`)

// controls are the changes of hands that went out to a person.
func (w *world) controls() []string {
	var out []string
	for _, made := range w.home.all() {
		if made.Control != "" {
			out = append(out, string(made.Control)+" "+made.Note)
		}
	}
	return out
}

func wantControls(t *testing.T, w *world, want ...string) {
	t.Helper()
	got := w.controls()
	if len(got) != len(want) {
		t.Fatalf("the conversation changed hands %q, want %q", got, want)
	}
	for i := range want {
		if got[i] != want[i] {
			t.Errorf("the conversation changed hands %q, want %q", got, want)
		}
	}
}

// shows are the messages among what went out.
func (w *world) shows(person string, want ...string) {
	w.t.Helper()
	got := w.texts(person)
	if len(got) < len(want) {
		w.t.Fatalf("%s sees %q, want %q at the end", person, got, want)
	}
	for i, text := range got[len(got)-len(want):] {
		if text != want[i] {
			w.t.Fatalf("%s sees %q, want %q at the end", person, got, want)
		}
	}
}

// texts are the messages a person saw, without changes of hands.
func (w *world) texts(person string) (out []string) {
	for _, made := range w.home.shown(person) {
		if made.Control == "" {
			out = append(out, sketch(made.Message))
		}
	}
	return out
}

func TestTheBotIsSilentWhilePeopleHaveTheConversation(t *testing.T) {
	t.Parallel()
	w := newWorld(t, people)
	w.subscribes("zoe", "restock", "daily")
	w.does(w.writes("zoe", "attends"))
	w.does(w.writes("zoe", "quelqu'un"))
	wantControls(t, w, "pass Veut parler")
	before := len(w.texts("zoe"))
	w.does(w.writes("zoe", "bonjour"))
	w.sells(back("1"))
	w.passes(11 * time.Hour)
	w.crash()
	w.settle()
	if got := w.texts("zoe"); len(got) != before {
		t.Fatalf("the bot says %q", got[before:])
	}
	w.decided("zoe", "held rule=thread")
	w.passes(2 * time.Hour) // past twelve
	wantControls(t, w, "pass Veut parler", "take ")
	w.shows("zoe", "Me revoilà.", "La Gazelle en 42 est de retour !  [Stop]", "Une heure plus tard.")
	w.decided("zoe", "sent lane=window")
	w.does(w.writes("zoe", "bonjour"))
	w.shows("zoe", "Bonjour !")
}

// TestAConversationGivenBackIsNotHandedOverAgain loses the answer to the hand-over, which
// people have answered before it would be sent again.
func TestAConversationGivenBackIsNotHandedOverAgain(t *testing.T) {
	t.Parallel()
	w := newWorld(t, people)
	pass := func(d bot.Delivery) bool { return d.Control == bot.ControlPass }
	w.home.answers(1, pass, bot.Outcome{Status: bot.Unknown, Code: "timeout"}, true)
	w.does(w.writes("zoe", "quelqu'un"))
	w.passes(time.Second)
	w.does(w.event(bot.EventGiven, "zoe"))
	w.passes(time.Minute)
	wantControls(t, w, "pass Veut parler")
	w.does(w.writes("zoe", "bonjour"))
	w.shows("zoe", "Bonjour !")
}

// TestAConversationIsTakenBackWhereTheTimerComesEarly hands over between two milliseconds,
// which timers do not tell apart, and to a process whose clock is a little behind that of the
// one that fires the timer.
func TestAConversationIsTakenBackWhereTheTimerComesEarly(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name        string
		odd, behind time.Duration
	}{
		{"between two milliseconds", 600 * time.Microsecond, 0},
		{"where another clock is behind", 0, 5 * time.Millisecond},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, people)
			w.jump(c.odd)
			w.does(w.writes("zoe", "quelqu'un"))
			if c.behind > 0 { // the one ahead has fired it
				w.write(func(tx storage.Tx) error {
					_, err := tx.Enqueue(storage.Input{Contact: w.id("zoe"), Kind: "thread", At: w.clock.Now()})
					return errors.Join(err, tx.DeleteTimer(w.id("zoe"), "thread", ""))
				})
				w.clock.Set(w.clock.Now().Add(12*time.Hour - c.behind))
			} else {
				w.clock.Set(w.clock.Now().Add(12 * time.Hour).Truncate(time.Millisecond))
			}
			w.settle()
			w.passes(time.Second)
			wantControls(t, w, "pass Veut parler", "take ")
			w.shows("zoe", "Me revoilà.")
		})
	}
}

func TestPeopleGiveTheConversationBack(t *testing.T) {
	t.Parallel()
	w := newWorld(t, people)
	w.does(w.writes("zoe", "quelqu'un"))
	w.does(w.event(bot.EventGiven, "zoe"))
	w.shows("zoe", "Je te passe la boutique.", "Me revoilà.")
	w.passes(2 * day)
	wantControls(t, w, "pass Veut parler") // it need not be taken any more
	w.shows("zoe", "Je te passe la boutique.", "Me revoilà.")
}

// The platform lets a conversation rest after a day without anybody's word, and says so by
// nothing but sending what the person writes to the bot.
func TestAConversationThatNobodyGaveBackIsNotSilentForEver(t *testing.T) {
	t.Parallel()
	w := newWorld(t, with(flagship, "flows/human.yaml", `
triggers:
  - keywords: [quelqu'un]
steps:
  - say: Je te passe la boutique.
  - hand_over: true
  - say: Me revoilà.
`))
	w.does(w.writes("zoe", "quelqu'un"))
	w.passes(20 * time.Hour)
	w.does(w.writes("zoe", "stock"))
	w.shows("zoe", "Je te passe la boutique.")
	w.passes(10 * time.Hour)
	overheard := w.writes("zoe", "stock")
	overheard.Standby = true // others have it still
	w.does(overheard)
	w.shows("zoe", "Je te passe la boutique.")
	w.does(w.writes("zoe", "stock"))
	w.shows("zoe", "Je te passe la boutique.", "Me revoilà.", "Quelle pointure cherches-tu ?  [41] [42]")
}

func TestStandbyStartsNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t, people)
	w.subscribes("zoe", "restock", "daily")
	overheard := w.writes("zoe", "bonjour")
	overheard.Standby = true
	w.does(overheard)
	stop := w.writes("zoe", "stop")
	stop.Standby = true
	w.does(stop)
	w.stands("zoe", "restock", bot.StatusStopped)
	if got := w.texts("zoe"); len(got) > 0 {
		t.Errorf("the bot says %q in somebody else's conversation", got)
	}
	if w.view("zoe").LastAct.IsZero() {
		t.Error("the window did not open")
	}
}

func TestAStopThatIsTappedInStandbyCountsWithoutItsPayload(t *testing.T) {
	t.Parallel()
	for label, want := range map[string]string{"Stop": bot.StatusStopped, "La boutique": bot.StatusActive, "J'arrête": bot.StatusStopped, "": bot.StatusActive} {
		w := newWorld(t, with(people, "flows/enough.yaml", "triggers:\n  - keywords: [assez]\nsteps:\n  - say: Assez ?\n    buttons: [{label: J’arrête, opt_out: restock}]\n"))
		w.subscribes("zoe", "restock", "daily")
		w.sells(back("1"))
		tap := w.writes("zoe", "")
		tap.Kind, tap.Label, tap.Standby = bot.EventPostback, label, true
		w.does(tap)
		w.stands("zoe", "restock", want)
	}
}

// TestTheStopButtonOfAnotherToolCounts is of one that the Page's former tool left in the chat:
// its payload says nothing to the bot, and its label does.
func TestTheStopButtonOfAnotherToolCounts(t *testing.T) {
	t.Parallel()
	for _, standby := range []bool{false, true} {
		for _, kind := range []bot.EventKind{bot.EventPostback, bot.EventMessage} {
			w := newWorld(t, people)
			w.subscribes("zoe", "restock", "daily")
			tap := w.event(kind, "zoe")
			if tap.Payload, tap.Standby = "UNSUBSCRIBE_ALL", standby; kind == bot.EventPostback {
				tap.Label = "STOP 🛑"
			} else {
				tap.Text = "STOP 🛑"
			}
			w.does(tap)
			if got := w.consent("zoe", "restock").Status; got != bot.StatusStopped {
				t.Errorf("a %s, standby %v: the consent is %s", kind, standby, got)
			}
		}
	}
}

func TestAConversationThatCannotBeGivenAwayComesBackInADay(t *testing.T) {
	t.Parallel()
	w := newWorld(t, with(people, "flows/human.yaml", "triggers:\n  - keywords: [quelqu'un]\nsteps:\n  - hand_over: true\n  - say: Me revoilà.\n"))
	given := func(d bot.Delivery) bool { return d.Control == bot.ControlPass }
	w.home.answers(1, given, bot.Outcome{Status: bot.Refused, Class: bot.ClassOperator, Code: "200"}, false)
	w.does(w.writes("zoe", "quelqu'un"))
	w.passes(23 * time.Hour)
	w.does(w.writes("zoe", "bonjour"))
	if got := w.texts("zoe"); len(got) > 0 {
		t.Fatalf("the bot says %q", got)
	}
	w.passes(2 * time.Hour)
	w.shows("zoe", "Me revoilà.")
}

// tellHandOver is a story of a conversation that people have for a night.
func tellHandOver(w *mortalWorld) int {
	w.alive(func() error {
		return errors.Join(
			w.bot.Meet(context.Background(), w.id("zoe"), flows.Contact{FirstName: "Zoé"}),
			w.bot.Import(context.Background(), w.id("zoe"), subscription(w.clock.Now(), "restock")),
		)
	})
	w.brought(w.writes("zoe", "quelqu'un"))
	w.gets("zoe", "Je te passe la boutique.")
	w.waits(time.Minute)
	w.brought(w.writes("zoe", "bonjour"))
	w.reported(back("1"))
	w.waits(13 * time.Hour)
	w.brought(w.writes("zoe", "stop"))
	w.waits(day)
	_, writes := w.life.killed()
	return writes
}

func TestAConversationChangesHandsOnceWhereverTheProcessDies(t *testing.T) {
	t.Parallel()
	calm := newMortal(t, people, 0, false, false)
	writes := tellHandOver(calm)
	want, decided := calm.once("zoe"), calm.decisions("zoe")
	calm.shows("zoe", "Je te passe la boutique.", "Me revoilà.", "La Gazelle en 42 est de retour !  [Stop]", "C'est fait : je ne t'écrirai plus de moi-même.")
	everyDeath(t, people, false, writes, tellHandOver, want, decided)
}

// TestAChangeOfHandsThatIsToldLateChangesNothing brings what the platform tells in
// another order than it happened: the last change counts, not the last word of one.
func TestAChangeOfHandsThatIsToldLateChangesNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t, people)
	told := func(kind bot.EventKind, after time.Duration) bot.Event {
		e := w.event(kind, "zoe")
		e.At = e.At.Add(after)
		return e
	}
	taken, given, again := told(bot.EventTaken, 0), told(bot.EventGiven, time.Second), told(bot.EventTaken, 2*time.Second)
	w.does(w.writes("zoe", "bonjour"))
	w.jump(time.Minute)
	w.does(given)
	w.does(taken)
	w.does(w.writes("zoe", "bonjour"))
	w.shows("zoe", "Bonjour !", "Bonjour !")
	before := len(w.texts("zoe"))
	w.does(again)
	w.does(told(bot.EventGiven, -time.Minute)) // a word of the first time
	w.does(w.writes("zoe", "bonjour"))
	if got := w.texts("zoe"); len(got) != before {
		t.Fatalf("the bot says %q while people have the conversation", got[before:])
	}
	w.does(told(bot.EventGiven, 0))
	w.does(w.writes("zoe", "bonjour"))
	if got := w.texts("zoe"); len(got) != before+1 {
		t.Fatalf("the bot says %q, want an answer", got[before:])
	}
}
