package cmd

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestACopyPutOverARunningBotsDatabaseIsWholeAfterwards: as by cp, which writes into the file
// that is there. The bot went on, answering from what it had read before, and left a file that
// no bot could open any more.
func TestACopyPutOverARunningBotsDatabaseIsWholeAfterwards(t *testing.T) {
	t.Parallel()
	dir := copyBot(t, exampleRestock)
	env := startFakeGraph(t, &fakeGraph{}).account()
	run := func() *child {
		c := startChild(t, env, "run", dir, "--listen", "127.0.0.1:0")
		c.await(t)
		return c
	}
	first := run()
	copied, file := filepath.Join(t.TempDir(), "copy.db"), filepath.Join(dir, "relance.db")
	if code, out := cli(t, nil, "backup", copied, "--dir", dir); code != 0 {
		t.Fatal(out)
	}
	kept, err := os.ReadFile(copied)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, kept, 0o600); err != nil {
		t.Fatal(err)
	}
	if code := first.wait(t); code != exitFailed || !strings.Contains(first.log.String(), "relance.db was removed, or another file put in its place") {
		t.Errorf("exit %d:\n%s", code, first.log)
	}
	if after, err := os.ReadFile(file); err != nil || string(after) != string(kept) {
		t.Errorf("the copy was changed: %v", err)
	}
	if code := run().terminate(t); code != 0 {
		t.Errorf("exit %d", code)
	}
}
