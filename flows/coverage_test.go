package flows

import (
	"fmt"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
)

// TestCoverage wants every spot of a bot listed where it stands, and noted once a
// turn came by it.
func TestCoverage(t *testing.T) {
	t.Parallel()
	p, data, found := Load(fstest.MapFS{
		"bot.yaml": {Data: []byte(`name: Shop
channels:
  messenger:
    menu: [{label: Sizes, go: menu}]
`)},
		"flows/menu.yaml": {Data: []byte(`triggers:
  - keywords: [menu]
    match: word
  - fallback: true
steps:
  - choose: What would you like?
    options:
      - {label: Sizes, go: size}
      - label: Hours
        steps:
          - say: From ten to seven.
    otherwise:
      - say: Pick one.
        buttons:
          - {label: Again, go: menu}
          - {label: Site, open: "https://shop.example"}
`)},
		"flows/size.yaml": {Data: []byte(`steps:
  - ask: Which size?
    id: size
    type: number
    save: size
  - if: size > 40
    then: [{say: Large}]
    else: [{say: Small}]
`)},
	})
	if p == nil {
		t.Fatal(found)
	}
	spots := p.Spots()
	c := NewCoverage(p, spots)
	s := newStage(p, data)
	s.w.Trace, s.out = c.Hear, &strings.Builder{}
	for _, line := range []string{"> the menu please", "> nothing of it", "> [Again]", "> Sizes", "> 42"} {
		if err := s.play(line); err != nil {
			t.Fatal(err)
		}
	}
	var got []string
	for i, ran := range c.Ran() {
		mark := " "
		if ran {
			mark = "x"
		}
		at := spots[i].At
		got = append(got, fmt.Sprintf("%s %s:%d:%d %s %s %s", mark, at.File, at.Start.Line, at.Start.Column, spots[i].Kind, spots[i].Step, spots[i].Name))
	}
	want := []string{
		"  bot.yaml:4:12 button  Sizes",
		"x flows/menu.yaml:2:5 trigger  keywords",
		"  flows/menu.yaml:4:5 trigger  fallback",
		"x flows/menu.yaml:6:5 step 1 choose",
		"x flows/menu.yaml:8:9 branch 1 options.1",
		"  flows/menu.yaml:9:9 branch 1 options.2",
		"  flows/menu.yaml:11:13 step 1.options.2.1 say",
		"x flows/menu.yaml:12:5 branch 1 otherwise",
		"x flows/menu.yaml:13:9 step 1.otherwise.1 say",
		"x flows/menu.yaml:15:13 button 1.otherwise.1 Again",
		"x flows/size.yaml:2:5 step size ask",
		"x flows/size.yaml:6:5 step 2 if",
		"x flows/size.yaml:7:5 branch 2 then",
		"x flows/size.yaml:7:13 step 2.then.1 say",
		"  flows/size.yaml:8:5 branch 2 else",
		"  flows/size.yaml:8:13 step 2.else.1 say",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	keys := map[string][]Given{"keywords": nil, "choose": nil, "ask": nil}
	for _, spot := range spots {
		if _, asked := keys[spot.Name]; asked {
			keys[spot.Name] = spot.Keys
		}
	}
	wantKeys := map[string][]Given{
		"keywords": {{"keywords", ""}, {"keywords", "menu"}, {"match", "word"}},
		"choose": {
			{"choose", "What would you like?"}, {"options", ""}, {"options", ""}, {"options.label", "Sizes"}, {"options.go", "size"},
			{"options", ""}, {"options.label", "Hours"}, {"options.steps", ""}, {"otherwise", ""},
		},
		"ask": {{"ask", "Which size?"}, {"id", "size"}, {"type", "number"}, {"save", "size"}},
	}
	if diff := cmp.Diff(wantKeys, keys); diff != "" {
		t.Error(diff)
	}
}
