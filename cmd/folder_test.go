package cmd

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// With bot.yml in it a folder was called none of a bot, and every verb advised to begin one.
func TestAFolderWithBotYmlSaysWhatToRename(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "bot.yml"), []byte("name: Fern & Fig\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, verb := range []string{"check", "run", "test"} {
		if code, out := cli(t, nil, verb, dir); code != exitFailed || !strings.Contains(out, "rename bot.yml to bot.yaml") {
			t.Errorf("%s exits %d: %s", verb, code, out)
		}
	}
}
