package bot_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/relance-bot/relance/bot"
	"github.com/relance-bot/relance/flows"
	"github.com/relance-bot/relance/storage"
)

// The story of the flagship is told once for every write that the bot does in it,
// and each time the process is killed there: just before the write is kept, or
// just after. It is started again at once, the platform brings again what was not
// acknowledged, and the story goes on. In the end it must be the same story.

// mortalWorld is a world whose process may die.
type mortalWorld struct {
	*world
	life   *mortal
	deaths int
}

func newMortal(t *testing.T, files map[string]string, dies int, after bool, eager bool) *mortalWorld {
	t.Helper()
	return newMortalWith(t, files, dies, after, eager, nil)
}

// newMortalWith is newMortal with what a developer adds.
func newMortalWith(t *testing.T, files map[string]string, dies int, after bool, eager bool, setup func(*bot.Bot)) *mortalWorld {
	t.Helper()
	w := &mortalWorld{world: newWorld(t, files)}
	w.setup = setup
	w.home.together = 50
	w.eager = eager
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
	w.home.onSend = w.watch
	return w
}

// watch sees to it that nothing goes out on a topic that was stopped: one message
// is sent right after it was claimed.
func (w *mortalWorld) watch(d bot.Delivery) {
	if d.Lane == bot.LaneWindow {
		return
	}
	topic := "restock"
	if saying("nouveautés")(d) {
		topic = "nouveautes"
	}
	if got := w.status(d.Person, topic); got != bot.StatusActive {
		w.t.Errorf("a notification goes to %s while consent is %q", d.Person, got)
	}
}

// status is what is stored of a consent.
func (w *mortalWorld) status(person, topic string) (status string) {
	w.read(func(r storage.Reader) error {
		list, err := r.Consents(w.id(person))
		for _, c := range list {
			if c.Topic == topic {
				status = c.Status
			}
		}
		return err
	})
	return status
}

// survive starts the process again if it was killed.
func (w *mortalWorld) survive(err error) {
	w.t.Helper()
	for errors.Is(err, errKilled) {
		w.deaths++
		if err := w.raw.Close(); err != nil {
			w.t.Fatal(err)
		}
		err = w.tryOpen()
	}
	if err != nil {
		w.t.Fatal(err)
	}
}

// alive tries something until the process has outlived it.
func (w *mortalWorld) alive(do func() error) {
	w.t.Helper()
	for {
		err := do()
		if err == nil {
			return
		}
		if dead, _ := w.life.killed(); !dead {
			w.t.Fatal(err)
		}
		w.survive(errKilled)
	}
}

// brought is a webhook that the platform brings until it is acknowledged.
func (w *mortalWorld) brought(e bot.Event) {
	w.t.Helper()
	w.alive(func() error { return w.receive(e) })
	w.rest()
}

// reported is an event that the shop reports until it is acknowledged.
func (w *mortalWorld) reported(e bot.ShopEvent) {
	w.t.Helper()
	w.alive(func() error {
		_, _, err := w.bot.Events(context.Background(), []bot.ShopEvent{e})
		return err
	})
	w.rest()
}

// rest lets everything happen that is due, and what a resend needs.
func (w *mortalWorld) rest() {
	w.t.Helper()
	w.alive(func() error { return w.bot.Settle(context.Background()) })
}

// waits moves the clock on, through everything that comes due.
func (w *mortalWorld) waits(d time.Duration) {
	w.t.Helper()
	end := w.clock.Now().Add(d)
	for range 1000 {
		w.rest()
		var next time.Time
		var ok bool
		w.alive(func() (err error) {
			next, ok, err = w.bot.NextDue(context.Background())
			return err
		})
		if !ok || next.After(end) {
			w.clock.Set(end)
			w.rest()
			return
		}
		if next.After(w.clock.Now()) {
			w.clock.Set(next)
		}
	}
	w.t.Fatal("the bot does not sleep")
}

// gets waits until a person has a message with a text, for a resend at most.
func (w *mortalWorld) gets(person, text string) {
	w.t.Helper()
	for range 40 {
		for _, made := range w.home.shown(person) {
			if saying(text)(made.Delivery) {
				return
			}
		}
		w.waits(time.Second)
	}
	w.t.Fatalf("%s never gets %q", person, text)
}

// once are the messages a person saw, those that came twice under one id once.
func (w *mortalWorld) once(person string) []string {
	var out []string
	seen := map[string]bool{}
	for _, made := range w.home.shown(person) {
		if !seen[made.ID] {
			seen[made.ID] = true
			out = append(out, sketch(made.Message))
		}
	}
	return out
}

// tell tells the story. It returns how many writes there were.
func tell(w *mortalWorld) int {
	w.brought(w.writes("zoe", "stock"))
	w.gets("zoe", "Quelle pointure")
	w.brought(w.taps("zoe", "42"))
	w.gets("zoe", "Ta pointure est de retour")
	w.brought(w.accepts("zoe"))
	w.gets("zoe", "C'est noté !")
	w.waits(2 * day)
	w.reported(back("1"))
	w.waits(time.Minute)
	w.reported(back("2"))
	w.waits(day + time.Minute)
	w.reported(back("3"))
	w.waits(time.Minute)
	stop := w.writes("zoe", "stop")
	w.brought(stop)
	w.reported(back("4"))
	w.gets("zoe", "C'est fait")
	w.waits(2 * day)
	w.brought(w.writes("zoe", "merci"))
	w.gets("zoe", "Bonjour !")
	w.waits(time.Minute)
	_, writes := w.life.killed()
	return writes
}

// tellNights is another story: a notification that the night holds, a schedule, a
// platform that refuses and does not answer, and a stop in the middle of it.
func tellNights(w *mortalWorld) int {
	w.alive(func() error {
		return errors.Join(
			w.bot.Meet(context.Background(), w.id("zoe"), flows.Contact{FirstName: "Zoé"}),
			w.bot.Import(context.Background(), w.id("zoe"), subscription(w.clock.Now(), "restock")),
			w.bot.Import(context.Background(), w.id("zoe"), subscription(w.clock.Now(), "nouveautes")),
		)
	})
	w.waits(5 * time.Hour) // to 23:00
	w.reported(back("1"))
	w.home.answers(2, saying("Gazelle"), bot.Outcome{Status: bot.Refused, Class: bot.ClassTransient, Code: "2"}, false)
	w.waits(10 * time.Hour) // it goes at eight
	w.home.swallows(1, true)
	w.brought(w.writes("zoe", "bonjour"))
	w.waits(2 * day) // past Monday, nine
	w.home.answers(1, saying("Gazelle"), bot.Outcome{Status: bot.Refused, Class: bot.ClassTooSoon, Code: "4/2018354"}, false)
	w.reported(back("2"))
	w.waits(time.Minute)
	w.brought(w.writes("zoe", "stop"))
	w.waits(day)
	_, writes := w.life.killed()
	return writes
}

func subscription(at time.Time, topic string) bot.Subscription {
	s := bot.Subscription{Topic: topic, At: at, Wording: topic, Permit: &bot.Permit{Lane: "recurring", Token: topic}}
	if topic == "restock" {
		s.Interest = map[string]any{"model": "Gazelle", "size": 42.0}
	}
	return s
}

var nights = with(flagship, "bot.yaml", flagship["bot.yaml"]+"quiet_hours: 21:00-08:00\n")

func TestPromisesHoldWhereverTheProcessDiesInTheNight(t *testing.T) {
	t.Parallel()
	calm := newMortal(t, nights, 0, false, false)
	writes := tellNights(calm)
	want, decided := calm.once("zoe"), calm.decisions("zoe")
	if diff := cmp.Diff([]string{
		"La Gazelle en 42 est de retour !  [Stop]", "Bonjour !", news, "C'est fait : je ne t'écrirai plus de moi-même.",
	}, want); diff != "" {
		t.Fatalf("the story without a death (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"sent lane=recurring", "sent lane=recurring", "skipped rule=consent"}, decided); diff != "" {
		t.Fatalf("its decisions (-want +got):\n%s", diff)
	}
	everyDeath(t, nights, false, writes, tellNights, want, decided)
}

func TestPromisesHoldWhereverTheProcessDies(t *testing.T) {
	t.Parallel()
	t.Run("turns after their webhook", func(t *testing.T) {
		t.Parallel()
		diesEverywhere(t, false)
	})
	t.Run("turns with their webhook", func(t *testing.T) {
		t.Parallel()
		diesEverywhere(t, true)
	})
}

func diesEverywhere(t *testing.T, eager bool) {
	calm := newMortal(t, flagship, 0, false, eager)
	writes := tell(calm)
	want := calm.once("zoe")
	if diff := cmp.Diff([]string{
		"Quelle pointure cherches-tu ?  [41] [42]", "(opt-in) Ta pointure est de retour  [Non merci]", "C'est noté !",
		"La Gazelle en 42 est de retour !  [Stop]", "La Gazelle en 42 est de retour !  [Stop]",
		"C'est fait : je ne t'écrirai plus de moi-même.", "Bonjour !",
	}, want); diff != "" {
		t.Fatalf("the story without a death (-want +got):\n%s", diff)
	}
	everyDeath(t, flagship, eager, writes, tell, want, calm.decisions("zoe"))
}

// everyDeath tells a story once for every write, with a death before or after it.
func everyDeath(t *testing.T, files map[string]string, eager bool, writes int, tell func(*mortalWorld) int, want, decided []string) {
	t.Helper()
	step := 1
	if testing.Short() {
		step = 7
	}
	for dies := 1; dies <= writes; dies += step {
		for _, after := range []bool{false, true} {
			t.Run(fmt.Sprintf("%d %v", dies, after), func(t *testing.T) {
				t.Parallel()
				w := newMortal(t, files, dies, after, eager)
				tell(w)
				if w.deaths != 1 {
					t.Fatalf("the process died %d times, want once", w.deaths)
				}
				w.same(want, decided)
			})
		}
	}
}

// same compares the story with one that nobody died in.
func (w *mortalWorld) same(want, decided []string) {
	w.t.Helper()
	told := map[string]int{}
	for _, made := range w.home.all() {
		if made.Lane != bot.LaneWindow && made.outcome.Status != bot.Refused {
			told[made.ID]++
		}
	}
	for id, n := range told {
		if n > 1 {
			w.t.Errorf("notification %s went out %d times", id, n)
		}
	}
	got := w.once("zoe")
	lost := len(want) - len(got)
	// A notification that was on its way is unknown, and not repeated.
	unknown := 0
	for _, d := range w.decisions("zoe") {
		if strings.HasPrefix(d, "unknown ") {
			unknown++
		}
	}
	if lost > unknown {
		w.t.Errorf("what zoe sees (-want +got):\n%s", cmp.Diff(want, got))
	}
	if lost == 0 {
		if diff := cmp.Diff(want, got); diff != "" {
			w.t.Errorf("what zoe sees (-want +got):\n%s", diff)
		}
	}
	if unknown == 0 {
		if diff := cmp.Diff(decided, w.decisions("zoe")); diff != "" {
			w.t.Errorf("decisions (-want +got):\n%s", diff)
		}
	}
	if got := w.status("zoe", "restock"); got != bot.StatusStopped {
		w.t.Errorf("consent is %q, want stopped", got)
	}
	if strays := w.strays(); len(strays) > 0 {
		w.t.Errorf("strays %q", strays)
	}
	chains, err := w.bot.VerifyLedger(context.Background(), nil)
	if err != nil || len(chains) != 1 || len(chains[0].Findings) > 0 || chains[0].Unsealed > 0 {
		w.t.Errorf("ledger %v (%v)", chains, err)
	}
}
