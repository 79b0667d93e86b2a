package flows

import (
	"strings"
	"testing"
	"time"
)

func TestAProgramKnowsTheSessionsItCanGoOnWith(t *testing.T) {
	t.Parallel()
	const bot = `
-- bot.yaml --
name: Test
locale: en
-- flows/talk.yaml --
triggers:
  - keywords: [talk]
steps:
  - say: Hello.
  - ask: Your name?
    save: name
-- flows/other.yaml --
triggers:
  - keywords: [other]
steps:
  - say: Hello.
`
	p, data := compileTalk(t, strings.TrimPrefix(bot, "\n"))
	now := time.Date(2026, 1, 5, 9, 0, 0, 0, time.UTC)
	turn := p.Advance(Session{}, Input{Kind: InMessage, ID: "1", At: now, Text: "talk"}, World{Now: now, WindowUntil: now.Add(time.Hour), Data: data})
	if turn.Session.Empty() {
		t.Fatal("nothing waits")
	}
	for _, c := range []struct {
		what, from, to string
		want           bool
	}{
		{"the same", "", "", true},
		{"another text", "Your name?", "Your first name?", true},
		{"a step less", "  - say: Hello.\n  - ask", "  - ask", false},
		{"another flow", "flows/talk.yaml", "flows/speak.yaml", false},
	} {
		other, _ := compileTalk(t, strings.TrimPrefix(strings.Replace(bot, c.from, c.to, 1), "\n"))
		if got := other.Knows(turn.Session); got != c.want {
			t.Errorf("%s: %v, want %v", c.what, got, c.want)
		}
		if !other.Knows(Session{}) {
			t.Errorf("%s: it does not know a session where nothing goes on", c.what)
		}
	}
}
