package messenger

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestAProfileMayComeInSeveralEntries: each tells of some parts, and leaves the others as
// they are.
func TestAProfileMayComeInSeveralEntries(t *testing.T) {
	t.Parallel()
	want := PageProfile{
		GetStarted: "S", Greeting: []Greeting{{Locale: "default", Text: "Bonjour"}},
		IceBreakers: []Menu{{Locale: "default", Items: []MenuEntry{{Label: "Ouvert ?", Payload: "O"}}}},
		Menu:        []Menu{{Locale: "default", Items: []MenuEntry{{Label: "Boutique", URL: "https://foulee.example"}}}},
		Commands:    true,
	}
	const (
		started  = `"get_started":{"payload":"S"}`
		greeting = `"greeting":[{"locale":"default","text":"Bonjour"}]`
		ice      = `"ice_breakers":[{"locale":"default","call_to_actions":[{"question":"Ouvert ?","payload":"O"}]}]`
		menu     = `"persistent_menu":[{"locale":"default","call_to_actions":[{"type":"web_url","title":"Boutique","url":"https://foulee.example"}]}]`
		commands = `"commands":[{"locale":"default","commands":[{"name":"aide"}]}]`
	)
	for _, body := range []string{
		`{"data":[{` + started + `,` + greeting + `,` + ice + `,` + menu + `,` + commands + `}]}`,
		`{"data":[{` + started + `,` + menu + `,` + commands + `},{` + greeting + `,` + ice + `}]}`,
		`{"data":[{` + ice + `},{` + commands + `},{` + menu + `},{` + greeting + `},{` + started + `}]}`,
	} {
		got, err := readPageProfile([]byte(body))
		if diff := cmp.Diff(want, got); err != nil || diff != "" {
			t.Errorf("%s: %v\n%s", body, err, diff)
		}
	}
}
