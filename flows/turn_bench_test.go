package flows

import (
	"testing"
	"time"
)

// crowdBot has what most turns are: a menu somebody writes for or taps, and a
// notification to many.
const crowdBot = `
-- bot.yaml --
name: Test
locale: en_GB
topics:
  restock: {title: Your size is back, cadence: [daily, weekly]}
  letter: {title: The letter of the month, cadence: [monthly]}
events:
  restock: {model: text, size: number, url: text}
  letter: {headline: text}
-- flows/back.yaml --
triggers:
  - event: restock
    topic: restock
steps:
  - say: "{{ contact.first_name ?? 'Good news' }}, the {{ event.model }} is back in {{ event.size }}."
    buttons:
      - {label: Buy it, open: "{{ event.url }}"}
      - {label: Stop, opt_out: restock}
-- flows/letter.yaml --
triggers:
  - event: letter
    topic: letter
steps:
  - say: Our letter of the month is here.
    buttons:
      - {label: Read it, open: "https://shop.example/letter"}
-- flows/menu.yaml --
triggers:
  - keywords: [menu]
steps:
  - choose: Hello {{ contact.first_name ?? "you" }}, what are you looking for?
    options:
      - {label: Sizes, go: menu}
      - {label: New in, go: menu}
      - {label: Help, go: menu}
`

// BenchmarkMenu is one turn of somebody who writes for the menu, or taps it, while the
// one before still waits: the session is read, the menu shown again, and the session
// written.
func BenchmarkMenu(b *testing.B) {
	p, data := compileTalk(b, crowdBot)
	at := time.Date(2026, 3, 27, 17, 0, 0, 0, time.UTC)
	w := World{
		Now: at, WindowUntil: at.Add(24 * time.Hour), Data: data,
		Contact: Contact{ID: "messenger:1:2", FirstName: "Zoé", Locale: "en_GB", Timezone: "Europe/Paris", Fields: map[string]any{}},
	}
	asked := []byte(`{"s":[{"f":[{"f":"menu","s":"1"}],"w":{"k":"answer"}}]}`)
	for _, bb := range []struct {
		name string
		in   Input
	}{
		{"written", Input{Kind: InMessage, ID: "m_1", At: at, Text: "menu"}},
		{"tapped", Input{Kind: InPostback, ID: "m_1", At: at, Label: "Menu", Payload: Payload{Go: "menu"}.Encode()}},
	} {
		b.Run(bb.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				s, err := ParseSession(asked)
				if err != nil {
					b.Fatal(err)
				}
				turn := p.Advance(s, bb.in, w)
				if len(turn.Effects) != 2 || !turn.Session.Waiting() {
					b.Fatal(turn.Effects)
				}
				if _, err := turn.Session.MarshalJSON(); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkNotify is one notification of a campaign to somebody with whom nothing goes
// on: the trigger is matched, and its flow says one thing and ends.
func BenchmarkNotify(b *testing.B) {
	p, data := compileTalk(b, crowdBot)
	at := time.Date(2026, 3, 27, 17, 0, 0, 0, time.UTC)
	event := map[string]any{"model": "Gazelle", "size": 42.0, "url": "https://shop.example/gazelle?size=42"}
	for _, bb := range []struct{ name, trigger, topic string }{
		{"filled", "back/event:restock", "restock"},
		{"fixed", "letter/event:letter", "letter"},
	} {
		b.Run(bb.name, func(b *testing.B) {
			t, ok := p.Trigger(bb.trigger)
			if !ok {
				b.Fatal("no trigger")
			}
			b.ReportAllocs()
			for b.Loop() {
				w := World{
					Now: at, Data: data,
					Contact: Contact{ID: "messenger:1:2", FirstName: "Zoé", Locale: "en_GB", Timezone: "Europe/Paris"},
				}
				interest, ok := p.Match(t, w, event, nil)
				if !ok {
					b.Fatal("no match")
				}
				turn := p.Advance(Session{}, Input{Kind: InNotify, ID: "n_1", At: at, Trigger: bb.trigger, Topic: bb.topic, Event: event, Interest: interest}, w)
				if len(turn.Effects) != 2 || !turn.Session.Empty() {
					b.Fatal(turn.Effects)
				}
			}
		})
	}
}
