package flows

import (
	"fmt"
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
)

var (
	yamlBlock = regexp.MustCompile("(?ms)^```yaml\n(.*?)^```$")
	fileMark  = regexp.MustCompile(`^# (bot\.yaml|(?:flows|locales|data)/\S+)\n`)
)

// Every YAML sample of the reference loads without a finding. One that begins with
// a comment "# flows/x.yaml" is that file; any other is a list of steps. All belong
// to the bot of the first section; a second bot.yaml is tried by itself, and
// one of handlers, webhooks or templates alone belongs to the first.
func TestSamplesOfTheReferenceLoad(t *testing.T) {
	t.Parallel()
	reference := readReference(t)
	bot := fstest.MapFS{
		"flows/news.yaml":   {Data: []byte("steps:\n  - opt_in: news\n")},
		"flows/hold.yaml":   {Data: []byte("steps:\n  - opt_in: restock\n    about: {size: 42}\n")},
		"flows/orders.yaml": {Data: []byte("steps:\n  - say: Hello\n")},
	}
	extra := make(map[string]string)
	steps := 0
	for _, m := range yamlBlock.FindAllStringSubmatch(reference, -1) {
		line := strings.Count(reference[:strings.Index(reference, m[0])], "\n") + 1
		file := fileMark.FindStringSubmatch(m[1])
		switch {
		case strings.HasPrefix(m[1], "# bot.yaml\nname: Foulée\nhandlers:\n"), strings.HasPrefix(m[1], "# bot.yaml\nname: Foulée\nwebhooks:\n"),
			strings.HasPrefix(m[1], "# bot.yaml\nname: Foulée\ntemplates:\n"):
			_, part, _ := strings.Cut(m[1], "name: Foulée\n")
			bot["bot.yaml"].Data = slices.Concat(bot["bot.yaml"].Data, []byte(part))
		case file == nil:
			steps++
			indented := "  " + strings.ReplaceAll(strings.TrimRight(m[1], "\n"), "\n", "\n  ")
			bot[fmt.Sprintf("flows/sample%d.yaml", line)] = &fstest.MapFile{Data: []byte("steps:\n" + indented + "\n")}
		case bot[file[1]] != nil:
			extra[file[1]] = m[1]
		default:
			bot[file[1]] = &fstest.MapFile{Data: []byte(m[1])}
		}
	}
	if steps < 15 || len(extra) != 1 {
		t.Fatalf("%d samples of steps, %d of whole bots", steps, len(extra))
	}
	_, _, found := Load(bot)
	found = slices.DeleteFunc(found, func(d Diagnostic) bool { return d.Severity == Info })
	report(t, found)

	whole := maps.Clone(bot)
	for name := range whole {
		if strings.HasPrefix(name, "flows/") && name != "flows/restock.yaml" {
			delete(whole, name)
		}
	}
	delete(whole, "locales/en.yaml")
	whole["bot.yaml"] = &fstest.MapFile{Data: []byte(extra["bot.yaml"])}
	_, _, found = Load(whole)
	report(t, found)
}

// report fails on findings, except those about what a sample leaves aside.
func report(t *testing.T, found Diagnostics) {
	t.Helper()
	for _, d := range found {
		switch d.Code {
		case "locale-missing", "trigger-twice", "unstarted", "handler-unused":
		default:
			t.Error(d)
		}
	}
}

func readReference(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile("REFERENCE.md")
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestTheReferenceIsComplete(t *testing.T) {
	t.Parallel()
	reference := readReference(t)
	for _, k := range kinds() {
		want := "\n### " + k.verb + "\n"
		if !strings.Contains(reference, want) {
			t.Errorf("the step %s is not described", k.verb)
		}
	}
	for _, k := range triggerKinds {
		want := "| `" + string(k.kind)
		if !strings.Contains(reference, want) && !strings.Contains(reference, ", `"+string(k.kind)+": ") {
			t.Errorf("the trigger %s is not described", k.kind)
		}
	}
	for name := range usage {
		if !strings.Contains(reference, "`"+name+"(") {
			t.Errorf("the function %s is not described", name)
		}
	}
	out := &reporter{sources: make(map[string]*source)}
	english, _ := ownTexts("en", newDialect(), out)
	french, _ := ownTexts("fr", newDialect(), out)
	for _, k := range textKeys {
		if row := fmt.Sprintf("| `%s` | %s | %s |", k.key, english[k.key].source, french[k.key].source); !strings.Contains(reference, row) {
			t.Errorf("the reference lacks the row\n%s", row)
		}
	}
}
