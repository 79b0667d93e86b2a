package cmd

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// shopWith writes a small bot with one flow.
func shopWith(t *testing.T, flow string) string {
	t.Helper()
	dir := t.TempDir()
	for file, text := range map[string]string{"bot.yaml": "name: Fern & Fig\nfields: {pot: number}\n", "flows/hello.yaml": flow} {
		path := filepath.Join(dir, filepath.FromSlash(file))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

const goodFlow = "triggers: [{keywords: [hello]}]\nsteps:\n  - say: Hello\n"

// Other programs read this: a key may be added, but none changes.
func TestCheckPrintsFindingsForPrograms(t *testing.T) {
	t.Parallel()
	dir := shopWith(t, "triggers: [{keywords: [hello]}]\nsteps:\n  - say: Attention: closed\n  - ask: Which pot?\n    savee: contact.pot\n")
	code, out := cli(t, nil, "check", dir, "--json")
	want := `[
  {
    "file": "flows/hello.yaml",
    "line": 3,
    "column": 19,
    "end_line": 3,
    "end_column": 20,
    "severity": "error",
    "code": "yaml-colon",
    "message": "a text with a colon in it must stand in quotes",
    "hint": "put it in quotes: - say: \"Attention: closed\"",
    "fix": {
      "line": 3,
      "column": 1,
      "end_line": 3,
      "end_column": 27,
      "text": "  - say: \"Attention: closed\""
    },
    "source": "  - say: Attention: closed"
  },
  {
    "file": "flows/hello.yaml",
    "line": 5,
    "column": 5,
    "end_line": 5,
    "end_column": 10,
    "severity": "error",
    "code": "key-unknown",
    "message": "unknown key \"savee\" in a step",
    "hint": "did you mean \"save\"?",
    "fix": {
      "line": 5,
      "column": 5,
      "end_line": 5,
      "end_column": 10,
      "text": "save"
    },
    "source": "    savee: contact.pot"
  }
]
`
	if code != exitFindings || out != want {
		t.Errorf("exit code %d\n%s", code, out)
	}
	if code, out := cli(t, nil, "check", shopWith(t, goodFlow), "--json"); code != exitFine || out != "[]\n" {
		t.Errorf("exit code %d of a good bot, which prints %q", code, out)
	}
}

func TestCheckLooksAgainAfterEveryChange(t *testing.T) {
	t.Parallel()
	dir := shopWith(t, goodFlow)
	var printed output
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	ended := make(chan int, 1)
	go func() { ended <- newApp(nil, &printed).execute(ctx, []string{"check", dir, "--watch"}) }()
	seen := 0
	tells := func(what string) {
		t.Helper()
		within(t, 20*time.Second, "check says "+what, func() bool {
			text := printed.String()
			at := strings.Index(text[seen:], what)
			if at < 0 || !strings.Contains(text[seen+at:], "Looking again") {
				return false
			}
			seen = len(text)
			return true
		})
	}
	put := func(file, text string) {
		t.Helper()
		if err := os.WriteFile(filepath.Join(dir, file), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	tells("No mistakes found.")
	put("flows/hello.yaml", strings.Replace(goodFlow, "say:", "sya:", 1))
	tells(`unknown step "sya"`)

	// As most editors save: a new file takes the place of the old one.
	put("flows/.hello.yaml.swp", goodFlow)
	if err := os.Rename(filepath.Join(dir, "flows/.hello.yaml.swp"), filepath.Join(dir, "flows/hello.yaml")); err != nil {
		t.Fatal(err)
	}
	tells("No mistakes found.")

	// Again, now that the file that was there at first is gone.
	put("flows/.hello.yaml.swp", strings.Replace(goodFlow, "Hello", `"Hello`, 1))
	if err := os.Rename(filepath.Join(dir, "flows/.hello.yaml.swp"), filepath.Join(dir, "flows/hello.yaml")); err != nil {
		t.Fatal(err)
	}
	tells("the quote is never closed")
	put("flows/hello.yaml", goodFlow)
	tells("No mistakes found.")

	// A folder that was not there at first.
	if err := os.Mkdir(filepath.Join(dir, "locales"), 0o755); err != nil {
		t.Fatal(err)
	}
	tells("No mistakes found.")
	put("locales/fr.yaml", "Helo: Bonjour\n")
	tells("no flow has this text any more")

	// For a moment there is no bot.
	if err := os.Rename(filepath.Join(dir, "bot.yaml"), filepath.Join(dir, "bot.yaml~")); err != nil {
		t.Fatal(err)
	}
	tells("bot.yaml")
	if err := os.Rename(filepath.Join(dir, "bot.yaml~"), filepath.Join(dir, "bot.yaml")); err != nil {
		t.Fatal(err)
	}
	tells("no flow has this text any more")
	stop()
	if code := <-ended; code != exitFine {
		t.Errorf("it ends with %d", code)
	}
}
