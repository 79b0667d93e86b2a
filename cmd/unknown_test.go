package cmd

import (
	"strings"
	"testing"
	"time"
)

// TestABotThatFindsNobodyInItsDatabaseSaysSo: one that was started in another folder, as that of
// a new release, or with the name of its database misspelt, made an empty one and ran on it
// without a word, and everybody who had agreed was heard of no more.
func TestABotThatFindsNobodyInItsDatabaseSaysSo(t *testing.T) {
	t.Parallel()
	graph := startFakeGraph(t, &fakeGraph{})
	dir := copyBot(t, exampleRestock)
	const said = "the database knows nobody yet"
	first := startBot(t, dir, graph.account())
	if log := first.out.String(); !strings.Contains(log, said) || !strings.Contains(log, "relance.db") {
		t.Errorf("of a database that was not there:\n%s", log)
	}
	webhook(t, first.base, wireSecret, hook(wirePage, person, time.Now(), `{"message":{"mid":"m_1","text":"stock"}}`))
	within(t, 10*time.Second, "somebody is known", func() bool {
		code, out := cli(t, nil, "why", "--dir", dir, "--database", "sqlite:relance.db")
		return code == 0 && strings.Contains(out, person)
	})
	first.stop()
	again := startBot(t, dir, graph.account())
	if log := again.out.String(); strings.Contains(log, said) {
		t.Errorf("of one that knows somebody:\n%s", log)
	}
}
