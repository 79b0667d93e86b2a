package cmd

import (
	"context"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/relance-bot/relance/bot"
	"github.com/relance-bot/relance/flows"
)

// folderTexts are the files of a folder by path.
func folderTexts(t *testing.T, dir string) map[string]string {
	t.Helper()
	out := make(map[string]string)
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		text, err := os.ReadFile(path)
		out[path] = string(text)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func TestFmtLeavesGoodBotsAlone(t *testing.T) {
	t.Parallel()
	var good []string
	for _, pattern := range []string{"../examples/*/bot.yaml", "starter/*/bot.yaml", "testdata/language/*/bot.yaml"} {
		found, err := filepath.Glob(pattern)
		if err != nil {
			t.Fatal(err)
		}
		good = append(good, found...)
	}
	if len(good) < 5 {
		t.Fatalf("only %d bots", len(good))
	}
	for _, file := range good {
		dir := copyBot(t, filepath.Dir(file))
		before := folderTexts(t, dir)
		if code, out := cli(t, nil, "fmt", dir); code != exitFine || out != "Nothing to mend.\n" {
			t.Errorf("%s: fmt exits %d: %s", file, code, out)
		}
		if diff := cmp.Diff(before, folderTexts(t, dir)); diff != "" {
			t.Errorf("%s: fmt changed\n%s", file, diff)
		}
	}
}

// TestFmtMendsBrokenBots takes every broken bot whose mistake is one of YAML and which
// says what to write instead.
func TestFmtMendsBrokenBots(t *testing.T) {
	t.Parallel()
	broken, err := filepath.Glob("../flows/testdata/broken/yaml-*")
	if err != nil {
		t.Fatal(err)
	}
	mended := 0
	for _, from := range broken {
		_, _, found := flows.Load(os.DirFS(from))
		if len(lowest(found, nil)) == 0 {
			continue
		}
		mended++
		t.Run(filepath.Base(from), func(t *testing.T) {
			t.Parallel()
			dir := copyBot(t, from)
			before := folderTexts(t, dir)
			if code, out := cli(t, nil, "fmt", dir, "--check"); code != exitFindings || len(out) == 0 {
				t.Errorf("fmt --check exits %d: %s", code, out)
			}
			if diff := cmp.Diff(before, folderTexts(t, dir)); diff != "" {
				t.Errorf("fmt --check changed\n%s", diff)
			}
			code, out := cli(t, nil, "fmt", dir)
			_, _, left := flows.Load(os.DirFS(dir))
			if code != exitFine || left.HasErrors() {
				t.Errorf("fmt exits %d: %s\nleft:\n%v", code, out, left)
			}
			after := folderTexts(t, dir)
			if code, out := cli(t, nil, "fmt", dir); code != exitFine || out != "Nothing to mend.\n" {
				t.Errorf("the second time, fmt exits %d: %s", code, out)
			}
			if diff := cmp.Diff(after, folderTexts(t, dir)); diff != "" {
				t.Errorf("the second time, fmt changed\n%s", diff)
			}
		})
	}
	if mended < 8 {
		t.Errorf("only %d broken bots say what to write instead", mended)
	}
}

func TestFmtKeepsEverythingElse(t *testing.T) {
	t.Parallel()
	dir := copyBot(t, exampleRestock)
	file := filepath.Join(dir, "flows", "extra.yaml")
	before := "# a comment  \r\ndescription: What is new   # for us\r\ntriggers:\r\n  - cron: @daily\r\n    topic: nouveautes\r\nsteps:\r\n  - say: {{ contact.first_name ?? \"toi\" }} : voilà   \r\n\r\n    quick_replies: [ {label: Voir, go: nouveautes} ]\r\n  - say: Attention: 42\r\n"
	after := strings.NewReplacer(`@daily`, `"@daily"`, `{{ contact.first_name ?? "toi" }} : voilà`, `'{{ contact.first_name ?? "toi" }} : voilà'`, `say: Attention: 42`, `say: "Attention: 42"`).Replace(before)
	if err := os.WriteFile(file, []byte(before), 0o600); err != nil {
		t.Fatal(err)
	}
	code, out := cli(t, nil, "fmt", dir)
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(after, string(text)); diff != "" || code != exitFine {
		t.Errorf("fmt exits %d (-want +got):\n%s\n%s", code, diff, out)
	}
	if info, err := os.Stat(file); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the file's permissions are %v (%v)", info.Mode(), err)
	}
	if !strings.Contains(out, `flows/extra.yaml:4: - cron: "@daily"`) {
		t.Errorf("fmt says:\n%s", out)
	}
}

// TestFmtKnowsTheGoFunctions mends a bot that calls one, and finds nothing left.
func TestFmtKnowsTheGoFunctions(t *testing.T) {
	t.Parallel()
	dir := copyBot(t, "../examples/stock/shop")
	rewrite(t, filepath.Join(dir, "flows", "stock.yaml"), "say: You know where", "say: Well: you know where")
	var out output
	a := newApp(nil, &out)
	a.setup = func(b *bot.Bot) error {
		type anything = map[string]any
		bot.Handle(b, "stock.find", func(context.Context, *bot.Conversation, anything) (anything, error) { return nil, nil })
		bot.Handle(b, "stock.keep", func(context.Context, *bot.Conversation, anything) (anything, error) { return nil, nil })
		return nil
	}
	if code := a.execute(t.Context(), []string{"fmt", dir}); code != exitFine || !strings.Contains(out.String(), `"Well: you know where`) || strings.Contains(out.String(), "left") {
		t.Errorf("exit code %d\n%s", code, out.String())
	}
}

// TestFmtPutsNoNoteInFrontOfPeople takes lines that lack quotes and end in a comment: only
// their author knows where the quotes belong.
func TestFmtPutsNoNoteInFrontOfPeople(t *testing.T) {
	t.Parallel()
	for name, line := range map[string]string{
		"a colon":        "Attention : 42 # ask Ann",
		"braces":         "{{ contact.id }} : voilà # ask Ann",
		"a sign":         "@ann # ask Ann",
		"a closed quote": `"42" : voilà # ask Ann`,
	} {
		dir := copyBot(t, exampleRestock)
		file := filepath.Join(dir, "flows", "extra.yaml")
		before := "triggers: [{keywords: [extra]}]\nsteps:\n  - say: " + line + "\n"
		if err := os.WriteFile(file, []byte(before), 0o600); err != nil {
			t.Fatal(err)
		}
		code, out := cli(t, nil, "fmt", dir)
		text, err := os.ReadFile(file)
		if err != nil || string(text) != before || code != exitFine || !strings.Contains(out, "1 error left") {
			t.Errorf("%s: fmt exits %d (%v) and leaves\n%s\n%s", name, code, err, text, out)
		}
		if code, out := cli(t, nil, "check", dir); code != exitFindings || !strings.Contains(out, "put a comment on a line of its own") {
			t.Errorf("%s: check exits %d:\n%s", name, code, out)
		}
	}
}

func TestFmtListsWhatItMendedFromTheTop(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for name, text := range map[string]string{
		"bot.yaml":       "name: Fern & Fig\nlocale: en\n",
		"flows/a.yaml":   "triggers:\n  - start: true\nsteps:\n  - say: One: two\n  - say: Three: four\n",
		"flows/b.yaml":   "triggers:\n  - keywords: [b]\nsteps:\n  - say: Five: six\n",
		"flows/c/d.yaml": "triggers:\n  - keywords: [d]\nsteps:\n  - say: Seven: eight\n",
	} {
		file := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want := `flows/a.yaml:4: - say: "One: two"
flows/a.yaml:5: - say: "Three: four"
flows/b.yaml:4: - say: "Five: six"
flows/c/d.yaml:4: - say: "Seven: eight"
`
	if code, out := cli(t, nil, "fmt", dir); code != exitFine || out != want {
		t.Errorf("fmt exits %d:\n%s", code, out)
	}
}
