package flows

import (
	"runtime"
	"strings"
	"testing"
)

// TestTextsThatDoubleInALoopEndWithTheTurn: what somebody wrote is joined with itself as
// often as a turn has steps. The turn ends at its bound, in little memory, with a fault,
// and whoever wrote it can go on.
func TestTextsThatDoubleInALoopEndWithTheTurn(t *testing.T) {
	for name, set := range map[string]string{
		"added":    `text: "{{ text + text }}"`,
		"a text":   `text: "{{ text }}{{ text }}"`,
		"joined":   `text: "{{ join([text, text], ' ') }}"`,
		"rows":     `text: "{{ join(map(data.ten, text)) }}"`,
		"capitals": `text: "{{ upper(text + text) }}"`,
		"named":    `text: "{{ let a = text + text; let b = a + a; b + b }}"`,
		"a list":   `text: "{{ [text, text] }}"`,
		"listed":   `list: "{{ map(list, # + #) }}"`,
	} {
		t.Run(name, func(t *testing.T) {
			p, data := compileTalk(t, `-- flows/a.yaml --
triggers: [{keywords: [begin]}]
steps:
  - ask: "Which word?"
    type: text
    save: text
  - set: {list: "{{ [text] }}"}
  - if: text != ""
    id: again
    then:
      - set: {`+set+`}
      - go: "#again"
  - say: "Done."
-- data/ten.json --
[{"n":1},{"n":2},{"n":3},{"n":4},{"n":5},{"n":6},{"n":7},{"n":8},{"n":9},{"n":10}]
`)
			w := fuzzedWorld(data)
			turn := p.Advance(Session{}, Input{Kind: InMessage, ID: "1", At: w.Now, Text: "begin"}, w)
			if !turn.Session.Waiting() {
				t.Fatalf("not asked: %v", turn.Effects)
			}
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			turn = p.Advance(turn.Session.On(p.Hash), Input{Kind: InMessage, ID: "2", At: w.Now, Text: strings.Repeat("é", 1000)}, w)
			runtime.ReadMemStats(&after)
			fault := ""
			for _, e := range turn.Effects {
				if f, ok := e.(Fault); ok {
					fault = f.Message
				}
			}
			made := (after.TotalAlloc - before.TotalAlloc) >> 20
			t.Logf("%d MiB, fault %q", made, fault)
			if fault == "" {
				t.Errorf("no fault: %v", turn.Effects)
			}
			if made > 200 {
				t.Errorf("the turn made %d MiB", made)
			}
			text, err := turn.Session.MarshalJSON()
			if err != nil {
				t.Fatal(err)
			}
			if _, err := ParseSession(text); err != nil {
				t.Error(err)
			}
			again := p.Advance(turn.Session.On(p.Hash), Input{Kind: InMessage, ID: "3", At: w.Now, Text: "begin"}, w)
			if len(again.Effects) == 0 {
				t.Error("who writes again has no answer")
			}
		})
	}
}
