package cmd

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestNewOffersItsTemplates(t *testing.T) {
	t.Parallel()
	folders, err := os.ReadDir("starter")
	if err != nil {
		t.Fatal(err)
	}
	if len(folders) != len(templates) {
		t.Errorf("%d folders of starter/ and %d templates", len(folders), len(templates))
	}
	for _, template := range templates {
		dir := filepath.Join(t.TempDir(), "shop")
		if code, out := cli(t, nil, "new", dir, "--template", template.name); code != exitFine || !strings.Contains(out, "relance test "+dir) {
			t.Fatalf("new --template %s exits %d: %s", template.name, code, out)
		}
		for _, verb := range []string{"check", "test"} {
			if code, out := cli(t, nil, verb, dir); code != exitFine || !strings.Contains(out, "No mistakes") && !strings.Contains(out, "passed, 0 failed") {
				t.Errorf("%s: %s exits %d: %s", template.name, verb, code, out)
			}
		}
		text, err := os.ReadFile(filepath.Join(dir, "flows", "welcome.yaml"))
		if err != nil || !strings.HasPrefix(string(text), "# yaml-language-server: $schema=../.relance/flow.schema.json\n") {
			t.Errorf("%s: welcome.yaml begins with %.60q (%v)", template.name, text, err)
		}
		if _, err := os.Stat(filepath.Join(dir, ".relance", "flow.schema.json")); err != nil {
			t.Error(err)
		}
		if code, out := cli(t, nil, "new", dir); code != exitFailed || !strings.Contains(out, "is not empty") {
			t.Errorf("new in a folder that is there exits %d: %s", code, out)
		}
	}
	code, out := cli(t, nil, "new", filepath.Join(t.TempDir(), "x"), "--template", "shop")
	if code != exitUsage || !strings.Contains(out, `there is no template "shop"`) || !strings.Contains(out, "booking     books an appointment") {
		t.Errorf("new --template shop exits %d: %s", code, out)
	}
}
