package cmd

import (
	"path/filepath"
	"strings"
	"testing"
)

// TestRunWithoutTheDatabasesFolderDoesNotSendToRun asks for a file in a folder that is
// not there.
func TestRunWithoutTheDatabasesFolderDoesNotSendToRun(t *testing.T) {
	t.Parallel()
	missing := filepath.Join(t.TempDir(), "data")
	code, out := cli(t, nil, "run", makeBot(t, asking()), "--listen", "127.0.0.1:0", "--database", "sqlite:"+filepath.Join(missing, "relance.db"))
	if want := "there is no folder " + missing + " for the database: make it first"; code != exitFailed || !strings.Contains(out, want) {
		t.Errorf("relance run exits %d: %s", code, out)
	}
}
