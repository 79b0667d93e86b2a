package cmd

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestSchemasAreWrittenIntoABot(t *testing.T) {
	t.Parallel()
	dir := copyBot(t, exampleRestock)
	for _, first := range []bool{true, false} {
		code, out := cli(t, nil, "schema", "--write", dir)
		if code != exitFine {
			t.Fatalf("schema --write exits %d: %s", code, out)
		}
		if named := strings.Contains(out, "bot.yaml now begins"); named != first {
			t.Errorf("the first time %v, it says:\n%s", first, out)
		}
	}
	for file, line := range map[string]string{
		"bot.yaml":           "# yaml-language-server: $schema=./.relance/bot.schema.json\n",
		"flows/restock.yaml": "# yaml-language-server: $schema=../.relance/flow.schema.json\n",
		"locales/en.yaml":    "# yaml-language-server: $schema=../.relance/locale.schema.json\n",
	} {
		text, err := os.ReadFile(filepath.Join(dir, file))
		if err != nil {
			t.Fatal(err)
		}
		if !strings.HasPrefix(string(text), line) || strings.Count(string(text), "yaml-language-server") != 1 {
			t.Errorf("%s begins with\n%.120s", file, text)
		}
		_, name, _ := strings.Cut(strings.TrimSpace(line), "=")
		if _, err := os.Stat(filepath.Join(dir, filepath.Dir(file), name)); err != nil {
			t.Error(err)
		}
	}
	if code, out := cli(t, nil, "check", dir); code != exitFine || !strings.Contains(out, "No mistakes") {
		t.Errorf("check exits %d: %s", code, out)
	}
}

func TestASchemaIsPrinted(t *testing.T) {
	t.Parallel()
	for of, want := range map[string]string{"flow": `"$ref": "#/definitions/step-ask"`, "bot": `"data_retention": {`, "locale": `"relance.no_thanks": {`} {
		code, out := cli(t, nil, "schema", of)
		if code != exitFine || !strings.Contains(out, want) || !strings.HasPrefix(out, "{\n") {
			t.Errorf("schema %s exits %d: %.100s", of, code, out)
		}
	}
	if code, out := cli(t, nil, "schema", "flows"); code != exitUsage || !strings.Contains(out, "it can be flow, bot or locale") {
		t.Errorf("schema flows exits %d: %s", code, out)
	}
}
