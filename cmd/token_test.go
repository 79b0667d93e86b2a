package cmd

import (
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// TestANewTokenIsTakenUp lets a Page's access token die while the bot runs. What is to be
// said is kept, and goes when a good one stands in the file that the settings name.
func TestANewTokenIsTakenUp(t *testing.T) {
	t.Parallel()
	const fresh = "EAAB-fresh-page-token"
	b, write := startBotWithDeadToken(t, fresh, copyBot(t, exampleRestock))
	if status := webhook(t, b.base, wireSecret, hook(wirePage, person, time.Now(), `{"message":{"mid":"m_1","text":"stock"}}`)); status != http.StatusOK {
		t.Fatalf("a webhook is answered with %d", status)
	}
	within(t, 10*time.Second, "the dead token is noticed", func() bool { return strings.Contains(b.out.String(), "access token is refused") })
	write("") // as if it were just being written
	time.Sleep(3 * time.Second)
	if n := figure(t, b.base, `relance_sends_total{lane="window",result="accepted"}`); n != 0 {
		t.Errorf("%d messages were taken with a dead token", n)
	}
	write(fresh)
	within(t, 30*time.Second, "the reply goes with the new token", func() bool {
		return figure(t, b.base, `relance_sends_total{lane="window",result="accepted"}`) == 1
	})
	log := b.out.String()
	if !strings.Contains(log, "a new access token is used") || strings.Contains(log, fresh) || strings.Contains(log, wireToken) {
		t.Errorf("the log says it wrongly:\n%s", log)
	}
}

// startBotWithDeadToken runs a bot whose access token stands in a file that write changes,
// on a platform that takes fresh and no other.
func startBotWithDeadToken(t *testing.T, fresh, dir string, flags ...string) (b *runningBot, write func(token string)) {
	t.Helper()
	graph := startFakeGraph(t, &fakeGraph{answer: func(_ int, call graphCall) (int, string) {
		if call.header.Get("Authorization") == "Bearer "+fresh {
			return 0, ""
		}
		return http.StatusBadRequest, `{"error":{"message":"Error validating access token","type":"OAuthException","code":190,"error_subcode":460}}`
	}})
	file := filepath.Join(t.TempDir(), "token")
	write = func(token string) {
		t.Helper()
		if err := os.WriteFile(file, []byte(token+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write(wireToken)
	env := graph.account()
	delete(env, "MESSENGER_ACCESS_TOKEN")
	env["MESSENGER_ACCESS_TOKEN_FILE"] = file
	return runBot(t, dir, env, append(flags, "--listen", "127.0.0.1:0")...), write
}

// TestANewTokenIsTakenUpThoughTheFolderCannotBeWatched: the folder goes while --watch
// watches it, and what a dead token kept back goes all the same with a new one.
func TestANewTokenIsTakenUpThoughTheFolderCannotBeWatched(t *testing.T) {
	t.Parallel()
	const fresh = "EAAB-fresh-page-token"
	dir := copyBot(t, exampleRestock)
	b, write := startBotWithDeadToken(t, fresh, dir, "--watch", "--database", "sqlite:"+filepath.Join(t.TempDir(), "relance.db"))
	if status := webhook(t, b.base, wireSecret, hook(wirePage, person, time.Now(), `{"message":{"mid":"m_1","text":"stock"}}`)); status != http.StatusOK {
		t.Fatalf("a webhook is answered with %d", status)
	}
	within(t, 10*time.Second, "the dead token is noticed", func() bool { return strings.Contains(b.out.String(), "access token is refused") })
	if err := os.RemoveAll(dir); err != nil {
		t.Fatal(err)
	}
	within(t, 10*time.Second, "the folder is watched no more", func() bool { return strings.Contains(b.out.String(), "changes of the bot are not followed") })
	write(fresh)
	within(t, 30*time.Second, "the reply goes with the new token", func() bool {
		return figure(t, b.base, `relance_sends_total{lane="window",result="accepted"}`) == 1
	})
}
