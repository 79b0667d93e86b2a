package cmd

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// TestABotWhoseWriteAheadLogIsRemovedKeepsWhatItTook: somebody tidied the folder. The bot went on
// in a log that a crash would have taken along, with all that it had acknowledged, and verbs
// beside it saw none of that.
func TestABotWhoseWriteAheadLogIsRemovedKeepsWhatItTook(t *testing.T) {
	t.Parallel()
	graph := startFakeGraph(t, &fakeGraph{})
	b := startBot(t, copyBot(t, exampleRestock), graph.account())
	webhook(t, b.base, wireSecret, hook(wirePage, person, time.Now(), `{"message":{"mid":"m_1","text":"stock"}}`))
	for _, suffix := range []string{"-wal", "-shm"} {
		if err := os.Remove(filepath.Join(b.dir, "relance.db"+suffix)); err != nil {
			t.Fatal(err)
		}
	}
	endsItself(t, b.base)
	if code := b.stop(); code != exitFailed || !strings.Contains(b.out.String(), "relance.db-wal was removed") {
		t.Errorf("exit %d:\n%s", code, b.out.String())
	}
	if code, out := cli(t, nil, "why", "--dir", b.dir, "--database", "sqlite:relance.db"); code != 0 || !strings.Contains(out, person) {
		t.Errorf("exit %d: who wrote is not known any more:\n%s", code, out)
	}
}
