package cmd

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

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
