package cmd

import (
	"fmt"
	"log/slog"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/relance-bot/relance/bot/chat"
	"github.com/relance-bot/relance/flows"
)

// TestLanguage plays the bots of testdata/language and the examples, and wants every
// trigger and step of the grammar, every option of theirs and every value these may
// have, in something that a passing transcript really came by: a trigger that started
// its flow, a step that was done, a branch that was taken, a button that was tapped.
//
// go test ./cmd -run Language -v prints the table.
func TestLanguage(t *testing.T) {
	t.Parallel()
	table := newLanguageTable()
	bots, err := filepath.Glob("testdata/language/*/bot.yaml")
	if err != nil {
		t.Fatal(err)
	}
	examples, err := filepath.Glob("../examples/*/bot.yaml")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range append(bots, examples...) {
		dir := filepath.Dir(file)
		program, data, found := flows.Load(os.DirFS(dir))
		if program == nil {
			t.Errorf("%s: %s", dir, found[0].Render(false))
			continue
		}
		walked := newTour(program)
		folder := &botFolder{dir: dir, program: program, data: data}
		results, err := chat.RunDir(t.Context(), dir, chat.Options{Factory: stages(folder, nil, slog.New(slog.DiscardHandler), walked.of)})
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range results {
			if !r.Passed() {
				var b strings.Builder
				_ = r.Render(&b, false)
				t.Errorf("%s", b.String())
				continue
			}
			table.add(filepath.Base(dir)+"/"+r.Name, r.File, walked.byFile[r.File])
		}
	}
	for _, gap := range table.gaps() {
		t.Errorf("no transcript shows %s", gap)
	}
	table.print(t)
}

// languageTable is what the language has, and who shows it.
type languageTable struct {
	order []string                   // in the order of the grammar
	shown map[string]map[string]bool // the transcripts of each
	says  map[string]string          // what a transcript says of itself
}

func newLanguageTable() *languageTable {
	table := &languageTable{shown: map[string]map[string]bool{}, says: map[string]string{}}
	for _, c := range flows.Grammar() {
		if c.Place == flows.PlaceTrigger || c.Place == flows.PlaceStep {
			walkGrammar(c, "", func(entry, _ string, _ bool) {
				if table.shown[entry] == nil {
					table.order = append(table.order, entry)
					table.shown[entry] = map[string]bool{}
				}
			})
		}
	}
	for _, part := range []string{"menu button", "ice breaker"} {
		table.order = append(table.order, part+" go")
		table.shown[part+" go"] = map[string]bool{}
	}
	return table
}

// walkGrammar visits what there is to show of a construct and its parts: the entry of
// the table, the path of the key in a Spot, with its value if the entry is one, and
// whether steps stand behind it.
func walkGrammar(c flows.Construct, prefix string, visit func(entry, path string, steps bool)) {
	for i, key := range c.Keys {
		entry := c.Title() + " " + key.Name
		switch {
		case key.Name == "id" && c.Place == flows.PlaceStep:
			entry = "step id" // of whatever step
		case i == 0 && prefix == "":
			entry = c.Title()
		}
		path := prefix + key.Name
		visit(entry, path, slices.ContainsFunc(key.Takes, func(s flows.Shape) bool { return s.Kind == flows.StepsValue }))
		shapes := slices.Clone(key.Takes)
		for len(shapes) > 0 {
			shape := shapes[0]
			shapes = shapes[1:]
			if shape.Item != nil {
				shapes = append(shapes, *shape.Item)
			}
			for _, value := range shape.Values {
				visit(entry+": "+value, path+"="+value, false)
			}
			if shape.Kind == flows.PartValue {
				if part, ok := flows.ConstructOf(flows.PlacePart, shape.Of); ok {
					walkGrammar(part, path+".", visit)
				}
			}
		}
	}
}

// ledOn are the keys that count where they were used: a button shown is not a button
// tapped, and an option offered not one chosen.
func ledOn(path string) bool {
	list, key, inList := strings.Cut(path, ".")
	switch list {
	case "options", "variants":
		return inList
	case "buttons", "quick_replies":
		return key == "go" || key == "with" || key == "opt_out"
	}
	return false
}

// add enters what one transcript came by.
func (table *languageTable) add(name, file string, c *flows.Coverage) {
	src, err := os.ReadFile(file)
	if first, _, _ := strings.Cut(string(src), "\n"); err == nil {
		table.says[name] = strings.TrimSpace(strings.TrimPrefix(first, "#"))
	}
	verbs := map[string]string{} // of steps, by flow and place
	ran := c.Ran()
	for i, spot := range c.Spots() {
		at := spot.Flow + "#" + spot.Step
		if spot.Kind == flows.StepSpot {
			verbs[at] = spot.Name
		}
		if !ran[i] {
			continue
		}
		given := map[string]bool{}
		for _, k := range spot.Keys {
			given[k.Path], given[k.Path+"="+k.Value] = true, true
		}
		if spot.Flow == "" {
			for list, part := range map[string]string{"menu": "menu button", "ice_breakers": "ice breaker"} {
				if given[list+".go"] {
					table.shown[part+" go"][name] = true
				}
			}
			continue
		}
		place, verb := flows.PlaceStep, verbs[at]
		if spot.Kind == flows.TriggerSpot {
			place, verb = flows.PlaceTrigger, spot.Name
		}
		construct, ok := flows.ConstructOf(place, verb)
		if !ok {
			continue
		}
		walkGrammar(construct, "", func(entry, path string, steps bool) {
			used := spot.Kind == flows.BranchSpot || spot.Kind == flows.ButtonSpot
			if given[path] && used == (steps || ledOn(path)) {
				table.shown[entry][name] = true
			}
		})
	}
}

// gaps are the entries that no transcript shows, beside those known; and those known
// that one does show.
func (table *languageTable) gaps() []string {
	var out []string
	for _, entry := range table.order {
		_, known := unproven[entry]
		switch shown := len(table.shown[entry]) > 0; {
		case !shown && !known:
			out = append(out, entry)
		case shown && known:
			out = append(out, fmt.Sprintf("that %q is unproven: take it out of the list", entry))
		}
	}
	for _, entry := range slices.Sorted(maps.Keys(unproven)) {
		if table.shown[entry] == nil {
			out = append(out, fmt.Sprintf("%q, which the grammar does not have", entry))
		}
	}
	return out
}

// print writes the table: each entry with at most three transcripts, and what the
// transcripts say of themselves.
func (table *languageTable) print(t *testing.T) {
	var b strings.Builder
	for _, entry := range table.order {
		names := slices.Sorted(maps.Keys(table.shown[entry]))
		more := ""
		if len(names) > 3 {
			names, more = names[:3], fmt.Sprintf(" and %d more", len(names)-3)
		}
		if len(names) == 0 {
			more = "- " + unproven[entry]
		}
		fmt.Fprintf(&b, "%-36s %s%s\n", entry, strings.Join(names, ", "), more)
	}
	b.WriteString("\n")
	for _, name := range slices.Sorted(maps.Keys(table.says)) {
		fmt.Fprintf(&b, "%-36s %s\n", name, table.says[name])
	}
	t.Logf("%d entries of the language, %d transcripts\n%s", len(table.order), len(table.says), b.String())
}
