package cmd

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/relance-bot/relance/bot"
	"github.com/relance-bot/relance/bot/chat"
)

// TestTranscriptsNameWhatIsThere breaks a line of each kind that names something, and
// wants to hear what is wrong and what was meant.
func TestTranscriptsNameWhatIsThere(t *testing.T) {
	t.Parallel()
	factory := Stage(exampleRestock, nil)
	for name, test := range map[string]struct{ line, message, hint string }{
		"a field":                   {"person Zoé (sise=42)", `there is no field "sise"`, `did you mean "size"?`},
		"the value of a field":      {"person Zoé (size=big)", `size must be a number from 35 to 48`, ``},
		"a time zone":               {"person Zoé (timezone=Paris)", `there is no time zone "Paris"`, `write its name, as in Europe/Paris or America/New_York`},
		"a locale":                  {"person Zoé (locale=french)", `"french" is no locale`, `write a language and a country, as in fr_FR or en_US`},
		"a topic":                   {"given consent restok", `there is no topic "restok"`, `did you mean "restock"?`},
		"an interest":               {"given consent restock modle=Gazelle", `there is no value of the interest in restock "modle"`, `did you mean "model"?`},
		"an event":                  {"! event restok", `there is no event "restok"`, `did you mean "restock"?`},
		"a value of an event":       {"! event restock modle=Gazelle", `there is no value of event restock called "modle"`, `did you mean "model"?`},
		"what a value must be":      {"! event restock size=big", `size must be a number`, ``},
		"a field that is checked":   {"= sise 42", `there is no field "sise"`, `did you mean "size"?`},
		"a consent that is checked": {"= consent nouveauté active", `there is no topic "nouveauté"`, `did you mean "nouveautes"?`},
		"a goal":                    {"= goal bought", `there is no goal that a flow tracks called "bought"`, `there is none at all`},
		"a label":                   {"> [Ma pointur]", `no message shows such a button: "Ma pointur"`, `nothing with a label was shown so far`},
		"a request":                 {"> (accept)", `there is no open opt-in request`, ``},
		"a switch":                  {"> (stop Ta pointure)", `there is no such topic: "Ta pointure" (they accepted none)`, ``},
		"a folder":                  {"! deploy nowhere", `there is no bot in the folder "nowhere"`, ``},
		"a folder beside":           {"! deploy ../ticketz", `there is no folder with a bot "../ticketz"`, `did you mean "../tickets"?`},
		"a time":                    {"@ 2025-01-01 10:00", `the clock only goes forward, and it is 2026-01-05 10:00 already`, `times are those of Europe/Paris`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			script, found := chat.Parse("a.chat", []byte("# a comment\n"+test.line+"\n"))
			if len(found) > 0 {
				t.Fatal(found)
			}
			failures, _, err := chat.Play(t.Context(), script, chat.Options{Factory: factory})
			if err != nil || len(failures) != 1 {
				t.Fatalf("%v, %v", failures, err)
			}
			got := fmt.Sprintf("%d: %s | %s", failures[0].Line, failures[0].Message, failures[0].Hint)
			if want := fmt.Sprintf("2: %s | %s", test.message, test.hint); got != want {
				t.Errorf("got  %s\nwant %s", got, want)
			}
		})
	}
}

// TestAFailureSaysWhyNothingWasSent breaks a flow of the example, and wants the reason
// beside the message that did not come, once.
func TestAFailureSaysWhyNothingWasSent(t *testing.T) {
	t.Parallel()
	const played = `at 2026-03-26 17:00 Europe/Paris
given consent restock weekly model=Gazelle size=42
given consent nouveautes weekly
! event restock model=Gazelle size=42 url=https://foulee.example/g42
< /Gazelle/  [J'achète] [Stop]
= decision sent lane=recurring
`
	for name, test := range map[string]struct{ file, old, new, hint string }{
		"a condition": {"flows/back_in_stock.yaml", "event.size == interest.size", "event.size != interest.size",
			"back_in_stock: Not sent: nothing they asked for about “Ta pointure est de retour” matches it, or its condition does not hold for them."},
		"quiet hours": {"bot.yaml", "quiet_hours: 21:00-08:00", "quiet_hours: 16:00-08:00",
			"back_in_stock: Held: it fell into their quiet hours, 16:00 to 08:00. Next chance: Friday 27 March 08:00."},
		"a comparison": {"flows/back_in_stock.yaml", "    topic: restock\n", "    topic: restock\n    holdout: 99%\n",
			"back_in_stock: Not sent: they belong to the share of people who are left out, for comparison."},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := copyBot(t, exampleRestock)
			rewrite(t, filepath.Join(dir, filepath.FromSlash(test.file)), test.old, test.new)
			script, found := chat.Parse("a.chat", []byte(played))
			if len(found) > 0 {
				t.Fatal(found)
			}
			failures, _, err := chat.Play(t.Context(), script, chat.Options{Factory: Stage(dir, nil)})
			if err != nil || len(failures) != 2 {
				t.Fatalf("%v, %v", failures, err)
			}
			if failures[0].Line != 5 || failures[0].Hint != test.hint || failures[1].Hint != "" {
				t.Errorf("line %d\ngot  %s\nwant %s\nand then %q", failures[0].Line, failures[0].Hint, test.hint, failures[1].Hint)
			}
		})
	}
}

// TestABotWithMistakesIsNotPlayed wants the first error told, once for each transcript.
func TestABotWithMistakesIsNotPlayed(t *testing.T) {
	t.Parallel()
	dir := copyBot(t, exampleRestock)
	if err := os.WriteFile(filepath.Join(dir, "flows", "accueil.yaml"), []byte("steps:\n  - sya: Bonjour\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	script, _ := chat.Parse("a.chat", []byte("> stock\n"))
	if _, _, err := chat.Play(t.Context(), script, chat.Options{Factory: Stage(dir, nil)}); err == nil {
		t.Error("it is played")
	}
}

// TestWhatTheBotComplainsAboutStandsWithItsTranscript lets a label be empty, which
// ends the flow, and wants that said below the transcript where it happened.
func TestWhatTheBotComplainsAboutStandsWithItsTranscript(t *testing.T) {
	t.Parallel()
	dir := copyBot(t, exampleRestock)
	rewrite(t, filepath.Join(dir, "flows", "monday.yaml"), "{label: Voir, go", `{label: "{{ contact.last_name }}", go`)
	const complaint = "the bot: a flow was ended (flow monday, step 1): quick_replies: a label is empty"
	for pattern, want := range map[string]int{"^two_time_zones$": 1, "^welcome$": 0} {
		if _, out := cli(t, nil, "test", dir, "-run", pattern); strings.Count(out, complaint) != want {
			t.Errorf("%s: want it %d times:\n%s", pattern, want, out)
		}
	}
}

// TestATranscriptThatFailsSaysWhatWentWrongInTheGoFunction wants the error itself: a
// developer could only see that the flow had gone another way.
func TestATranscriptThatFailsSaysWhatWentWrongInTheGoFunction(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for name, text := range map[string]string{
		"bot.yaml":        "name: Hobnail\n",
		"flows/find.yaml": "triggers: [{keywords: [find]}]\nsteps:\n  - {call: find, on_error: [{say: Not now.}, {end: true}]}\n  - say: Found.\n",
	} {
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o755), os.WriteFile(path, []byte(text), 0o644)); err != nil {
			t.Fatal(err)
		}
	}
	for name, test := range map[string]struct {
		chat string
		do   func() error
		want string
	}{
		"an error":               {"> find\n< Found.\n", func() error { return errors.New("no shelf 7") }, "the call of find failed (failed): the Go function gave an error of the type *errors.errorString: no shelf 7"},
		"a panic":                {"> find\n< Found.\n", func() error { panic("shelf") }, "the call of find failed (failed): the Go function broke off: panic with string at stage_names_test.go:"},
		"as the transcript says": {"! call find fails\n> find\n< Found.\n", func() error { return nil }, ""},
		"of another line":        {"> find\n< Not now.\n> hello\n< Found.\n", func() error { return errors.New("no shelf 7") }, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			script, found := chat.Parse("a.chat", []byte(test.chat))
			if len(found) > 0 {
				t.Fatal(found)
			}
			failures, _, err := chat.Play(t.Context(), script, chat.Options{Factory: Stage(dir, func(b *bot.Bot) error {
				bot.Handle(b, "find", func(context.Context, *bot.Conversation, struct{}) (struct{}, error) { return struct{}{}, test.do() })
				return nil
			})})
			if err != nil || len(failures) != 1 {
				t.Fatalf("%v, %v", failures, err)
			}
			if got := failures[0].Hint; !strings.HasPrefix(got, test.want) || test.want == "" && strings.Contains(got, "the call of") {
				t.Errorf("got  %s\nwant %s", got, test.want)
			}
		})
	}
}
