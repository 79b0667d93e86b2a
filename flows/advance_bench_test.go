package flows

import (
	"testing"
	"time"
)

// turnBot asks, checks the answer, branches on it and replies.
const turnBot = `
-- bot.yaml --
name: Test
locale: fr
fields:
  name: {type: text}
  size: {type: number, min: 35, max: 48}
-- flows/size.yaml --
triggers:
  - keywords: [pointure]
steps:
  - ask: Comment t'appelles-tu ?
    save: contact.name
  - ask: Quelle pointure cherches-tu, {{ contact.name }} ?
    save: contact.size
    choices: [39, 40, 41, 42, 43]
    check: value % 0.5 == 0
    retry: Une pointure entre 35 et 48, s'il te plaît.
  - set: {large: "{{ contact.size > 44 }}"}
  - if: large || contact.size < 36
    then:
      - say: Il faudra la commander, {{ contact.name }}.
    else:
      - say: J'ai du {{ contact.size }}, {{ contact.name }}.
`

// BenchmarkTurn is one turn as the runtime does it: the session is read, the answer
// to a question taken, checked and saved, the flow branches and replies, and the
// session is written.
func BenchmarkTurn(b *testing.B) {
	p, data := compileTalk(b, turnBot)
	at := time.Date(2026, 3, 27, 17, 0, 0, 0, time.UTC)
	w := World{
		Now: at, WindowUntil: at.Add(24 * time.Hour), Data: data,
		Contact: Contact{ID: "messenger:1:2", Locale: "fr_FR", Timezone: "Europe/Paris", Fields: map[string]any{"name": "Zoé", "size": 40.0}},
	}
	asked := []byte(`{"s":[{"f":[{"f":"size","s":"2"}],"w":{"k":"answer"}}]}`)
	for _, bb := range []struct {
		name string
		in   Input
	}{
		{"typed", Input{Kind: InMessage, ID: "m_1", At: at, Text: "42,5"}},
		{"tapped", Input{Kind: InMessage, ID: "m_1", At: at, Text: "42", Payload: Payload{Flow: "size", Step: "2", Choice: "42"}.Encode()}},
		{"keyword", Input{Kind: InMessage, ID: "m_1", At: at, Text: "Pointure !"}},
		{"wrong", Input{Kind: InMessage, ID: "m_1", At: at, Text: "grande"}},
	} {
		b.Run(bb.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				s, err := ParseSession(asked)
				if err != nil {
					b.Fatal(err)
				}
				turn := p.Advance(s, bb.in, w)
				if len(turn.Effects) == 0 {
					b.Fatal("nothing happened")
				}
				if _, err := turn.Session.MarshalJSON(); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
