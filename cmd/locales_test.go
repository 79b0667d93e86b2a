package cmd

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"github.com/relance-bot/relance/flows"
)

func TestLocalesAreKeptInStep(t *testing.T) {
	t.Parallel()
	dir := copyBot(t, exampleRestock)
	file := filepath.Join(dir, "locales", "en.yaml")
	if code, out := cli(t, nil, "locales", dir, "--check"); code != exitFine || out != "locales/en.yaml: complete\n" {
		t.Errorf("locales --check exits %d: %s", code, out)
	}
	before, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	rewrite(t, filepath.Join(dir, "flows", "restock.yaml"), "Pas de souci. Écris « stock » quand tu veux.", `"Pas de souci : écris \"stock\" # quand tu veux."`)
	code, out := cli(t, nil, "locales", dir, "--check")
	if code != exitFindings || !strings.Contains(out, "1 text missing; 1 text that no flow has any more") || !strings.Contains(out, "stale: locales/en.yaml:12:") {
		t.Errorf("locales --check exits %d: %s", code, out)
	}
	if code, out := cli(t, nil, "locales", dir, "--json"); code != exitFine || !strings.Contains(out, `"line": 28`) || !strings.Contains(out, `"stale": [`) {
		t.Errorf("locales --json exits %d: %s", code, out)
	}
	if now, err := os.ReadFile(file); err != nil || string(now) != string(before) {
		t.Errorf("looking changed the file: %v", err)
	}
	for round, said := range []string{"1 text added, without a translation", "1 text not translated yet"} {
		if code, out := cli(t, nil, "locales", dir); code != exitFine || !strings.Contains(out, said) {
			t.Errorf("round %d: locales exits %d: %s", round, code, out)
		}
	}
	now, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	want := string(before) + "\n# flows/restock.yaml:28\n\"Pas de souci : écris \\\"stock\\\" # quand tu veux.\":\n"
	if diff := cmp.Diff(want, string(now)); diff != "" {
		t.Errorf("the file (-want +got):\n%s", diff)
	}
}

func TestAnotherLanguageIsBegun(t *testing.T) {
	t.Parallel()
	dir := copyBot(t, exampleRestock)
	if code, out := cli(t, nil, "locales", dir, "--add", "de"); code != exitFine || !strings.Contains(out, "locales/de.yaml: 22 texts added") {
		t.Fatalf("locales --add exits %d: %s", code, out)
	}
	p, _, found := flows.Load(os.DirFS(dir))
	if found.HasErrors() {
		t.Fatal(found)
	}
	for _, tr := range p.Translations() {
		if tr.Language != "de" {
			continue
		}
		if len(tr.Missing) != 22 || len(tr.Stale) != 0 {
			t.Errorf("%d missing, %d stale", len(tr.Missing), len(tr.Stale))
		}
		for _, m := range tr.Missing {
			if !m.Empty {
				t.Errorf("the file does not hold %q", m.Text)
			}
		}
	}
	for _, add := range []string{"de", "../de", "Deutsch"} {
		if code, out := cli(t, nil, "locales", dir, "--add", add); code == exitFine {
			t.Errorf("locales --add %s exits %d: %s", add, code, out)
		}
	}
}

// A bot written in German was told to begin a translation into German.
func TestABotIsNotTranslatedIntoItsOwnLanguage(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if err := os.CopyFS(dir, fstest.MapFS{
		"bot.yaml":         {Data: []byte("name: Speiche\nlocale: de\n")},
		"flows/hallo.yaml": {Data: []byte("triggers: [{start: true}]\nsteps: [{say: Hallo}]\n")},
	}); err != nil {
		t.Fatal(err)
	}
	if code, out := cli(t, nil, "locales", dir); code != exitFine || !strings.Contains(out, "locales --add fr") {
		t.Errorf("locales exits %d: %s", code, out)
	}
	if code, out := cli(t, nil, "locales", dir, "--add", "de"); code == exitFine || !strings.Contains(out, "written in de: name another") {
		t.Errorf("locales --add de exits %d: %s", code, out)
	}
}
