package cmd

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// TestASettingThatChangesWhileTheBotRunsIsSaid: a new app secret in .env was not taken, every
// webhook went on being refused, and nothing said why.
func TestASettingThatChangesWhileTheBotRunsIsSaid(t *testing.T) {
	t.Parallel()
	graph := startFakeGraph(t, &fakeGraph{})
	env := graph.account()
	delete(env, "MESSENGER_APP_SECRET")
	dir := copyBot(t, exampleRestock)
	write := func(text string) {
		t.Helper()
		if err := os.WriteFile(filepath.Join(dir, ".env"), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("MESSENGER_APP_SECRET=" + wireSecret + "\n")
	b := startBot(t, dir, env)
	webhook(t, b.base, "another-secret", hook(wirePage, person, time.Now(), `{"message":{"mid":"m_1","text":"stock"}}`))
	if log := b.out.String(); !strings.Contains(log, "APP_SECRET") {
		t.Errorf("of a wrong signature the log does not say what to do:\n%s", log)
	}
	before := strings.Count(b.out.String(), "MESSENGER_APP_SECRET")
	write("MESSENGER_APP_SECRET=another-secret\n")
	within(t, 15*time.Second, "the change is said", func() bool { return strings.Count(b.out.String(), "MESSENGER_APP_SECRET") > before })
	time.Sleep(6 * time.Second)
	log := b.out.String()
	if strings.Count(log, "MESSENGER_APP_SECRET") != before+1 || strings.Contains(log, "another-secret") {
		t.Errorf("it is said wrongly:\n%s", log)
	}
}
