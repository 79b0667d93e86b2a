package flows

import (
	"strconv"
	"testing"
	"testing/fstest"
)

// TestSplitsAreFairAndStay gives ten thousand people a variant.
func TestSplitsAreFairAndStay(t *testing.T) {
	t.Parallel()
	p, data, found := Load(fstest.MapFS{
		"bot.yaml": {Data: []byte("name: Shop\n")},
		"flows/hello.yaml": {Data: []byte(`triggers:
  - keywords: [hello]
steps:
  - split: tone
    variants:
      - {name: warm, weight: 3, steps: [{say: Hello you}]}
      - {name: never, weight: 0, steps: [{say: HELLO}]}
      - {name: plain, steps: [{say: Hello}]}
  - split: colour
    variants:
      - {name: red, steps: [{say: Red}]}
      - {name: blue, steps: [{say: Blue}]}
`)},
	})
	if p == nil {
		t.Fatal(found)
	}
	const people = 10_000
	counts := map[string]int{}
	for i := range people {
		w := World{Data: data, Contact: Contact{ID: "messenger:1:" + strconv.Itoa(i)}}
		w.WindowUntil = w.Now.Add(1)
		key := ""
		for _, id := range []string{"first", "second"} {
			var chosen string
			for _, e := range p.Advance(Session{}, Input{Kind: InMessage, ID: id, Text: "hello"}, w).Effects {
				if c, ok := e.(Chose); ok {
					chosen += c.Variant + " "
					counts[c.Variant]++
				}
			}
			if key != "" && key != chosen {
				t.Fatalf("contact %d is given %q and then %q", i, key, chosen)
			}
			key = chosen
		}
		counts[key]++
	}
	for name, share := range map[string]float64{
		"warm": 1.5, "plain": 0.5, "red": 1, "blue": 1, "never": 0, // of two turns each
		"warm red ": 0.375, "plain blue ": 0.125, // one split says nothing about another
	} {
		got := float64(counts[name]) / people
		if got < share-0.03 || got > share+0.03 {
			t.Errorf("%q was given to %v of people, want %v", name, got, share)
		}
	}
}
