package bot_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/relance-bot/relance/bot"
	"github.com/relance-bot/relance/flows"
	"github.com/relance-bot/relance/storage"
)

// becomes deploys other files while the bot runs on.
func (w *world) becomes(files map[string]string) {
	w.t.Helper()
	program, data := load(w.t, files)
	if err := w.bot.Deploy(context.Background(), program, data); err != nil {
		w.t.Fatal(err)
	}
	w.files, w.program = files, program
	w.settle()
}

func TestABotThatRunsTakesAnotherProgram(t *testing.T) {
	t.Parallel()
	w := newWorld(t, talk)
	w.does(w.writes("zoe", "parlons"))
	w.becomes(shorter)
	w.does(w.writes("zoe", "Zoé"))
	w.crash() // what it runs is stored
	w.does(w.writes("zoe", "Lyon"))
	w.expect("zoe", "Ton nom ?", "Enchanté, Zoé.", "Ta ville ?", "Ah, Lyon !")
	w.does(w.writes("zoe", "parlons"))
	w.expect("zoe", "On ne parle plus.")
	w.becomes(talk)
	w.does(w.writes("zoe", "parlons"))
	w.expect("zoe", "Ton nom ?")
}

func TestSchedulesFollowTheProgramThatABotTakes(t *testing.T) {
	t.Parallel()
	w := newWorld(t, flagship)
	w.subscribes("zoe", "nouveautes", "weekly")
	cron := func() (out []string) {
		w.read(func(r storage.Reader) error {
			timers, err := r.Timers("")
			for _, timer := range timers {
				out = append(out, timer.Key)
			}
			return err
		})
		return out
	}
	if got := cron(); len(got) != 1 {
		t.Fatalf("schedules are %q", got)
	}
	daily := with(flagship, "flows/daily.yaml", "triggers:\n  - cron: 30 18 * * *\n    topic: nouveautes\nsteps:\n  - say: Bonsoir !\n")
	delete(daily, "flows/monday.yaml")
	w.becomes(daily)
	if got := cron(); !slices.Equal(got, []string{"daily/cron:30 18 * * * | Europe/Paris"}) {
		t.Errorf("schedules are %q", got)
	}
	w.passes(day)
	w.expect("zoe", "Bonsoir !  [Stop]")
	w.becomes(flagship)
	w.until(paris(t, "2026-03-31 09:30"))
	w.expect("zoe", news)
}

// A store that fails leaves the bot on the program it has.
func TestADeployThatCannotBeStoredChangesNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t, talk)
	program, data := load(t, shorter)
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if err := w.bot.Deploy(ctx, program, data); err == nil {
		t.Error("a deploy that was not stored is no error")
	}
	if got := w.bot.Program().Hash; got != w.program.Hash {
		t.Errorf("it runs %q", got)
	}
	w.does(w.writes("zoe", "parlons"))
	w.expect("zoe", "Ton nom ?")
}

// In the middle of a rolling deploy either process may get what somebody does next.
func TestARollingDeployServesWhoeverStandsInEitherProgram(t *testing.T) {
	t.Parallel()
	w, _ := newShared(t, talk)
	other, _ := w.fellow(0, shorter)
	w.does(w.writes("zoe", "parlons")) // by the process that runs the older
	other.does(w.writes("zoe", "Zoé"))
	w.expect("zoe", "Ton nom ?", "Enchanté, Zoé.", "Ta ville ?")
	other.does(w.writes("zoe", "Lyon"))
	w.expect("zoe", "Ah, Lyon !")
	other.does(w.writes("zoe", "parlons"))
	w.expect("zoe", "On ne parle plus.")

	other.becomes(with(talk, "flows/talk.yaml", strings.ReplaceAll(talk["flows/talk.yaml"], "Ton nom", "Ton prénom")))
	other.does(w.writes("max", "parlons"))
	w.does(w.writes("max", "Max")) // by the process that runs the older
	w.expect("max", "Ton prénom ?", "Enchanté, Max.", "Ta ville ?")
	w.does(w.writes("max", "parlons")) // where it begins anew in its own
	w.expect("max", "Ah, parlons !")
	w.does(w.writes("max", "parlons"))
	other.does(w.writes("max", "Maxime"))
	w.expect("max", "Ton nom ?", "Enchanté, Maxime.", "Ta ville ?")
}

// A message of the newer program waits for the platform, and the process of the older one
// finds it: that knows nothing of its trigger.
func TestAnOlderProgramEndsNoNotificationOfTheNewer(t *testing.T) {
	t.Parallel()
	w, _ := newShared(t, with(flagship, "flows/back_in_stock.yaml", ""))
	other, _ := w.fellow(0, flagship)
	other.subscribes("zoe", "restock", "daily")
	w.home.refuses(1, bot.ClassTransient)
	other.sells(back("1"))
	w.jump(2 * time.Minute)
	w.settle()
	other.jump(2 * time.Minute)
	other.passes(time.Minute)
	w.expect("zoe", "La Gazelle en 42 est de retour !  [Stop]")
	w.decided("zoe", "sent lane=recurring")
}

// A campaign of the newer program goes on after a pause, and the process of the older one is
// the first to look for those whom the pause has held.
func TestAnOlderProgramLeavesThoseWhomAPauseHasHeldToTheNewer(t *testing.T) {
	t.Parallel()
	w, _ := newShared(t, with(flagship, "flows/back_in_stock.yaml", ""))
	other, _ := w.fellow(0, flagship)
	other.subscribes("zoe", "restock", "daily")
	w.home.refuses(1, bot.ClassTransient)
	other.sells(back("1"))
	if err := pauses(other.bot.PauseCampaign(context.Background(), "back_in_stock", bot.Order{By: "test"})); err != nil {
		t.Fatal(err)
	}
	other.passes(time.Minute)
	other.decided("zoe", "held rule=paused")
	if err := pauses(other.bot.ResumeCampaign(context.Background(), "back_in_stock", bot.Order{By: "test"})); err != nil {
		t.Fatal(err)
	}
	w.jump(time.Minute)
	w.settle()
	other.passes(time.Minute)
	w.expect("zoe", "La Gazelle en 42 est de retour !  [Stop]")
}

// Somebody agrees where nobody lived before, by the process of an older program, which does not
// know the schedule of the newer one that is for them.
func TestAScheduleOfTheNewerProgramComesToWhoAgreedByTheOlder(t *testing.T) {
	t.Parallel()
	w, _ := newShared(t, with(flagship, "flows/monday.yaml", ""))
	other, _ := w.fellow(0, flagship)
	w.meets("zoe", flows.Contact{Timezone: "Asia/Tokyo"})
	w.subscribes("zoe", "nouveautes", "weekly")
	other.passes(time.Hour)
	if err := other.bot.Tidy(context.Background()); err != nil {
		t.Fatal(err)
	}
	other.until(paris(t, "2026-03-30 12:00"))
	w.expect("zoe", news)
}

// Programs follow each other while people write as fast as they are answered, and events
// and fires come due. What is said to one person in one conversation is of one program.
func TestProgramsChangeUnderPeopleWhoWrite(t *testing.T) {
	t.Parallel()
	versions := make([]map[string]string, 3)
	for n := range versions {
		v := string(rune('a' + n))
		versions[n] = with(flagship, "flows/talk.yaml", strings.ReplaceAll(`
triggers:
  - keywords: [parlons]
steps:
  - ask: V1 ?
    save: one
  - ask: V2 ?
    save: two
  - say: V3 {{ one }} {{ two }}
`, "V", v))
	}
	versions[1]["flows/daily.yaml"] = "triggers:\n  - cron: \"* * * * *\"\n    topic: nouveautes\nsteps:\n  - say: Encore.\n"
	a := newAlive(t, versions[0])
	const people, rounds = 12, 15
	var programs []*flows.Program
	for n := range versions {
		program, _ := load(t, versions[n])
		programs = append(programs, program)
	}
	over, deployed := make(chan struct{}), make(chan int)
	go func() {
		for n := 1; ; n++ {
			if err := a.bot.Deploy(context.Background(), programs[n%len(programs)], nil); err != nil {
				t.Error(err)
			}
			select {
			case <-over:
				deployed <- n
				return
			default:
			}
		}
	}()
	for round := range rounds {
		for person := range people {
			for _, text := range []string{"parlons", "un", "deux"} {
				a.comes(a.writes(fmt.Sprint("p", person), text))
			}
			a.comes(a.writes(fmt.Sprint("q", round, person), "parlons"))
		}
	}
	close(over)
	deploys := <-deployed
	a.idle()
	seen := map[string]int{}
	for person := range people {
		shown := a.home.shown(fmt.Sprint("p", person))
		if len(shown) != 3*rounds {
			t.Fatalf("p%d is told %d things, want %d", person, len(shown), 3*rounds)
		}
		for i := 0; i < len(shown); i += 3 {
			v := shown[i].Message.Text[:1]
			seen[v]++
			for n, want := range []string{v + "1 ?", v + "2 ?", v + "3 un deux"} {
				if got := shown[i+n].Message.Text; got != want {
					t.Errorf("p%d is told %q in a conversation of version %s, want %q", person, got, v, want)
				}
			}
		}
	}
	if len(seen) < 2 {
		t.Errorf("after %d deploys only %v was spoken", deploys, seen)
	}
	t.Logf("%d deploys, conversations by version: %v", deploys, seen)
}

func TestADeployOfNoProgramIsRefused(t *testing.T) {
	t.Parallel()
	w := newWorld(t, flagship)
	if err := w.bot.Deploy(context.Background(), nil, nil); err == nil {
		t.Error("no program was deployed")
	}
	w.does(w.writes("zoe", "bonjour"))
	w.expect("zoe", "Bonjour !")
}
