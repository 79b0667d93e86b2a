package flows

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// What a turn gave stays as it is whatever the turns behind it do, which may run in the
// same machine; and the same turn done again, after all of them, gives the same.
func TestTurnsShareNothing(t *testing.T) {
	t.Parallel()
	p, data := compileTalk(t, fuzzedBot)
	w := fuzzedWorld(data)
	inputs := []Input{
		{Kind: InMessage, ID: "1", At: w.Now, Text: "size"},
		{Kind: InMessage, ID: "2", At: w.Now, Text: "order 12"},
		{Kind: InPostback, ID: "3", At: w.Now, Payload: Payload{Go: "care"}.Encode()},
		{Kind: InNotify, ID: "4", At: w.Now, Trigger: "back/event:restock", Topic: "restock", Event: map[string]any{"plant": "fern", "price": 12.0}},
		{Kind: InMessage, ID: "5", At: w.Now, Text: "20"},
		{Kind: InMessage, ID: "6", At: w.Now, Text: "Ask me"},
		{Kind: InMessage, ID: "7", At: w.Now, Text: "stop"},
		{Kind: InEvent, ID: "8", At: w.Now, Name: "restock", Event: map[string]any{"plant": "fig"}},
	}
	type done struct {
		before Session
		in     Input
		turn   Turn
		stored string
	}
	var all []done
	sessions := []Session{{}}
	for at := 0; at < len(sessions); at++ {
		for _, in := range inputs {
			turn := p.Advance(sessions[at], in, w)
			text, err := turn.Session.MarshalJSON()
			if err != nil {
				t.Fatal(err)
			}
			stored := string(text) // while the turn ran
			if !slices.ContainsFunc(all, func(d done) bool { return d.stored == stored }) {
				sessions = append(sessions, turn.Session.On(p.Hash))
			}
			all = append(all, done{sessions[at], in, turn, stored})
		}
	}
	if len(sessions) < 20 {
		t.Fatalf("only %d sessions differ", len(sessions))
	}
	for i, d := range all {
		if now := string(d.turn.Session.appendJSON(nil)); now != d.stored {
			t.Fatalf("turn %d ended with\n%s\nand after the others its session is\n%s", i, d.stored, now)
		}
		again := p.Advance(d.before, d.in, w)
		if stored := string(again.Session.appendJSON(nil)); stored != d.stored {
			t.Fatalf("turn %d ended with\n%s\nand done again with\n%s", i, d.stored, stored)
		}
		if diff := cmp.Diff(d.turn.Effects, again.Effects); diff != "" {
			t.Fatalf("turn %d, done again: -first +again\n%s", i, diff)
		}
	}
}
