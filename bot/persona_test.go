package bot_test

import (
	"context"
	"errors"
	"strconv"
	"testing"
	"time"

	"github.com/relance-bot/relance/bot"
	"github.com/relance-bot/relance/flows"
)

// faced is a platform that knows personas.
type faced struct{ *platform }

func (f faced) CreatePersona(_ context.Context, p flows.Persona) (string, error) {
	return f.onPersona(p)
}

// A persona is made once, outlives the process, and is made again when the platform
// has lost it; where that fails, messages go without it.
func TestPersonasAreMadeOnce(t *testing.T) {
	t.Parallel()
	page := newPlatform("1")
	made, fail := 0, errors.New("no such permission")
	page.onPersona = func(p flows.Persona) (string, error) {
		if fail != nil {
			return "", fail
		}
		made++
		return "persona " + strconv.Itoa(made), nil
	}
	w := newWorld(t, map[string]string{
		"bot.yaml":         "name: Foulée\nlocale: fr\npersonas:\n  zoe: {name: Zoé, picture: \"https://foulee.example/zoe.png\"}\n",
		"flows/hello.yaml": "triggers: [{keywords: [bonjour]}]\nsteps:\n  - say: Bonjour !\n    persona: zoe\n",
	}, page)
	says := func(want string) {
		t.Helper()
		w.does(w.writes("zoe", "bonjour"))
		if got := page.posts[len(page.posts)-1]; got.PersonaID != want || got.outcome.Status != bot.Accepted {
			t.Errorf("said as %q, %+v, want %q", got.PersonaID, got.outcome, want)
		}
	}
	says("")
	fail = nil
	says("") // it rests
	w.passes(2 * time.Minute)
	says("persona 1")
	says("persona 1")
	w.crash()
	says("persona 1")
	page.script = []answer{{meant: func(bot.Delivery) bool { return true }, left: 1, outcome: bot.Outcome{Status: bot.Accepted, MID: "m_gone", PersonaGone: true}, shown: true}}
	says("persona 1")
	says("persona 2")
}
