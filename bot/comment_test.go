package bot_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/relance-bot/relance/bot"
	"github.com/relance-bot/relance/flows"
	"github.com/relance-bot/relance/storage"
)

// commented is a bot that answers comments.
var commented = map[string]string{
	"bot.yaml": "name: Foulée\nfields: {size: number, word: text}\n",
	"flows/size.yaml": `
triggers:
  - comment: pointure
  - comment: taille
steps:
  - set:
      contact.word: "{{ comment }}"
  - split: tone
    variants:
      - {name: warm, steps: []}
      - {name: cool, steps: []}
  - track: answered
  - say: Bonjour {{ contact.first_name ?? "toi" }} ! Quel modèle ?
  - say: Bien. {{ contact.word }}
  - ask: Et ta pointure ?
    save: contact.size
  - say: Je regarde en {{ contact.size }}.
`,
	"flows/hello.yaml": "triggers: [{fallback: true}]\nsteps: [{say: Salut}]\n",
	"flows/city.yaml":  "triggers: [{keywords: [ville]}]\nsteps:\n  - ask: Quelle ville ?\n    save: city\n    attempts: 1\n  - say: À {{ city }}.\n",
}

const privateReply = "Bonjour Zoé ! Quel modèle ?"

// comments is a comment of a person: their nth.
func (w *world) comments(person string, n int, text string) bot.Event {
	e := w.event(bot.EventComment, "")
	e.Comment, e.Name, e.Text = fmt.Sprintf("%s-%d", person, n), "Zoé Laforêt", text
	e.Key = "comment:" + e.Comment
	return e
}

// known are the people of the bot.
func (w *world) known() (out []string) {
	w.t.Helper()
	w.read(func(r storage.Reader) error {
		people, err := r.Contacts("", 0)
		for _, c := range people {
			out = append(out, strings.TrimPrefix(c.ID, w.id("")))
		}
		return err
	})
	return out
}

func (w *world) knows(people ...string) {
	w.t.Helper()
	if diff := cmp.Diff(people, w.known()); diff != "" {
		w.t.Errorf("people (-want +got):\n%s", diff)
	}
	if strays := w.strays(); len(strays) > 0 {
		w.t.Errorf("strays %q", strays)
	}
}

func TestACommentIsAnsweredInPrivate(t *testing.T) {
	t.Parallel()
	w := newWorld(t, commented)
	e := w.comments("zoe", 1, "Et la POINTURE 42 ?")
	w.does(e)
	w.expect("zoe", privateReply)
	w.knows("zoe")
	w.does(e) // again
	w.does(w.echo(w.home.all()[0]))
	w.expect("zoe")
	w.does(w.writes("zoe", "Gazelle"))
	w.expect("zoe", "Bien. Et la POINTURE 42 ?", "Et ta pointure ?")
	w.does(w.writes("zoe", "42"))
	w.expect("zoe", "Je regarde en 42.")
	w.does(w.writes("zoe", "merci"))
	w.expect("zoe", "Salut")
	w.read(func(r storage.Reader) error {
		goals, err := r.Outcomes(storage.OutcomeQuery{Contact: w.id("zoe"), Kind: bot.OutcomeGoal})
		if len(goals) != 1 || goals[0].Name != "answered" {
			t.Errorf("outcomes %v, want the goal that was reached before the reply", goals)
		}
		c, err2 := r.Contact(w.id("zoe"))
		if c.FirstName != "Zoé" || c.LastName != "Laforêt" || !strings.Contains(string(c.Prefs), `"tone"`) {
			t.Errorf("contact %+v, want the name and the variant of the comment", c)
		}
		return errors.Join(err, err2)
	})
}

func TestACommentOfSomebodyKnownWaitsBesideWhatTheyDo(t *testing.T) {
	t.Parallel()
	w := newWorld(t, commented)
	w.meets("zoe", flows.Contact{FirstName: "Zora", Fields: map[string]any{"size": 40.0}})
	w.does(w.writes("zoe", "ville"))
	w.expect("zoe", "Quelle ville ?")
	w.does(w.comments("zoe", 1, "quelle taille ?"))
	w.does(w.comments("zoe", 2, "taille ?"))
	w.expect("zoe", privateReply, privateReply)
	w.knows("zoe")
	w.does(w.writes("zoe", "Lyon"))
	w.expect("zoe", "À Lyon.")
	w.does(w.writes("zoe", "Gazelle"))
	w.expect("zoe", "Bien. taille ?", "Et ta pointure ?")
	w.does(w.writes("zoe", "43"))
	w.expect("zoe", "Je regarde en 43.")
	w.does(w.writes("zoe", "oui"))
	w.expect("zoe", "Salut") // of the older comment nothing goes on
	w.read(func(r storage.Reader) error {
		c, err := r.Contact(w.id("zoe"))
		if c.FirstName != "Zora" {
			t.Errorf("the known name gave way to %q", c.FirstName)
		}
		return err
	})
}

func TestNothingIsKeptOfCommentsThatStartNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t, commented)
	without := w.comments("zoe", 1, "Magnifiques ! Depointure")
	old := w.comments("zoe", 2, "pointure ?")
	old.At = w.clock.Now().Add(-7 * day)
	elsewhere := w.comments("zoe", 3, "pointure ?")
	elsewhere.Page = "9"
	wrong := w.comments("zoe:1", 4, "pointure ?")
	ignored := w.event(bot.EventIgnored, "")
	ignored.Text = "pointure"
	disguised := w.event(bot.EventMessage, "comment-1")
	for _, e := range []bot.Event{without, old, elsewhere, wrong, ignored} {
		w.does(e)
	}
	w.knows()
	w.does(disguised) // no contact, but kept as what it is
	if people, strays := w.known(), w.strays(); len(people) > 0 || len(strays) != 1 {
		t.Errorf("people %q and strays %q after a message of nobody", people, strays)
	}
	if n := len(w.home.all()); n > 0 {
		t.Errorf("%d messages went out", n)
	}
}

func TestWhatBecomesOfAPrivateReply(t *testing.T) {
	t.Parallel()
	refused := func(c bot.Class) bot.Outcome { return bot.Outcome{Status: bot.Refused, Class: c, Code: "1/1"} }
	unknown := bot.Outcome{Status: bot.Unknown, Code: "timeout"}
	for name, test := range map[string]struct {
		answer bot.Outcome
		times  int
		shown  bool
		silent bool
		echo   bool
		posts  int
		joined bool
	}{
		"accepted":                       {bot.Outcome{}, 0, true, false, false, 1, true},
		"accepted of whom the echo says": {bot.Outcome{}, 0, true, true, true, 1, true},
		"accepted of nobody knows whom":  {bot.Outcome{}, 0, true, true, false, 1, false},
		"unknown":                        {unknown, 1, true, false, false, 1, false},
		"unknown, with an echo":          {unknown, 1, true, false, true, 1, true},
		"refused for good":               {refused(bot.ClassContent), always, false, false, false, 1, false},
		"refused for now":                {refused(bot.ClassTransient), 2, false, false, false, 3, true},
		"too many an hour":               {refused(bot.ClassBackoff), 9, false, false, false, 10, true},
		"the token is dead for a while":  {refused(bot.ClassToken), 2, false, false, false, 3, true},
		"others have the conversation":   {refused(bot.ClassThread), always, false, false, false, 8, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, commented)
			w.home.silent = test.silent
			w.home.answers(test.times, saying("Bonjour"), test.answer, test.shown)
			w.does(w.comments("zoe", 1, "pointure ?"))
			if test.echo {
				w.does(w.echo(w.home.all()[0]))
			}
			w.passes(2 * day)
			posts := 0
			for _, made := range w.home.all() {
				if made.Comment != "" {
					posts++
				}
			}
			if posts != test.posts {
				t.Errorf("%d requests, want %d", posts, test.posts)
			}
			w.does(w.writes("zoe", "Gazelle"))
			if got := w.home.shown("zoe"); strings.HasPrefix(sketch(got[len(got)-1].Message), "Et ta pointure") != test.joined {
				t.Errorf("to their answer they hear %q; the flow goes on: %v", sketch(got[len(got)-1].Message), test.joined)
			}
			w.passes(6 * day)
			w.knows("zoe")
			w.forgets("zoe")
			w.gone("zoe")
			w.knows()
		})
	}
}

func TestForgettingAPersonForgetsTheirComments(t *testing.T) {
	t.Parallel()
	w := newWorld(t, commented)
	w.does(w.comments("zoe", 1, "pointure pour Filoselle ?"))
	w.does(w.writes("zoe", "Gazelle"))
	w.forgets("zoe")
	w.passes(9 * day)
	path := filepath.Join(t.TempDir(), "copy.db") // holds what stands in a row still
	if err := w.raw.Abilities().Backuper.Backup(t.Context(), path); err != nil {
		t.Fatal(err)
	}
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(raw), "CREATE TABLE") {
		t.Fatal("the copy is no database")
	}
	for _, word := range []string{"Filoselle", "Laforêt", "comment-zoe"} {
		if strings.Contains(string(raw), word) {
			t.Errorf("%q stands in the database still", word)
		}
	}
}

// tellComment is a story of two comments, one of which nobody knows the fate of.
func tellComment(w *mortalWorld) int {
	first := w.comments("zoe", 1, "pointure ?")
	w.brought(first)
	w.waits(time.Minute)
	w.echoes()
	w.brought(w.writes("zoe", "Gazelle"))
	w.waits(time.Minute)
	w.home.swallows(1, true)
	w.brought(w.comments("zoe", 2, "et la taille ?"))
	w.waits(time.Minute)
	w.echoes()
	w.brought(first)
	w.waits(8 * day)
	_, writes := w.life.killed()
	return writes
}

// echoes brings the echo of every private reply.
func (w *mortalWorld) echoes() {
	w.t.Helper()
	for _, made := range w.home.shown("zoe") {
		if made.Comment != "" {
			w.brought(w.echo(made))
		}
	}
}

func TestNoCommentIsAnsweredTwiceWhereverTheProcessDies(t *testing.T) {
	t.Parallel()
	calm := newMortal(t, commented, 0, false, true)
	writes := tellComment(calm)
	want := []string{privateReply, "Bien. pointure ?", "Et ta pointure ?", privateReply}
	if diff := cmp.Diff(want, calm.once("zoe")); diff != "" {
		t.Fatalf("the story without a death (-want +got):\n%s", diff)
	}
	for dies := 1; dies <= writes; dies++ {
		for _, after := range []bool{false, true} {
			for _, eager := range []bool{false, true} {
				t.Run(fmt.Sprintf("%d %v %v", dies, after, eager), func(t *testing.T) {
					t.Parallel()
					w := newMortal(t, commented, dies, after, eager)
					tellComment(w)
					posts := map[string]int{}
					for _, made := range w.home.all() {
						posts[made.Comment]++
					}
					if posts["zoe-1"] > 1 || posts["zoe-2"] > 1 {
						t.Errorf("private replies by comment: %v, want one each at most", posts)
					}
					w.knows("zoe")
					if posts["zoe-1"]+posts["zoe-2"] == 2 {
						if diff := cmp.Diff(want, w.once("zoe")); diff != "" {
							t.Errorf("what zoe sees (-want +got):\n%s", diff)
						}
					}
				})
			}
		}
	}
}
