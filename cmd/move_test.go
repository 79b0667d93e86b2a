package cmd

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/relance-bot/relance/storage/postgres/pgtest"
)

// TestABotMovesToPostgreSQL: who stood at a question answers it there, who has agreed is told
// there, the ledger verifies there, and nobody can start a second bot on the file.
func TestABotMovesToPostgreSQL(t *testing.T) {
	t.Parallel()
	url := pgtest.URL(t)
	graph := startFakeGraph(t, &fakeGraph{})
	dir := copyBot(t, exampleRestock)
	rewrite(t, filepath.Join(dir, "bot.yaml"), "quiet_hours: 21:00-08:00\n", "")
	env := graph.account()
	env["RELANCE_API_KEY"], env["RELANCE_SECRET_KEY"] = "an-api-key", doctorKey

	b := startBot(t, dir, env)
	if empty := runBot(t, dir, env, "--listen", "127.0.0.1:0", "--database", pgtest.URL(t)); !strings.Contains(empty.out.String(), "'relance move' takes them") {
		t.Errorf("beside a file that was not moved:\n%s", empty.out)
	} else {
		empty.stop()
	}
	table := write(t, "old.csv", importHead+"101;restock;daily;2026-01-05T10:00:00+01:00;Préviens-moi;formulaire;Gazelle;42;tok-101;2099-01-01T00:00:00Z;daily\n")
	if code, out := cli(t, b.env, "import", table, dir); code != exitFine {
		t.Fatalf("exit %d:\n%s", code, out)
	}
	webhook(t, b.base, wireSecret, hook(wirePage, person, time.Now(), `{"message":{"mid":"m_1","text":"stock"}}`))
	sizes := graph.sends(t, 1)
	_, _, payloads := sizes.message(t)
	move := func(args ...string) (int, string) {
		return cli(t, env, append([]string{"move", "--dir", dir, "--database", "sqlite:relance.db"}, args...)...)
	}
	if code, out := move(url); code != exitFailed || !strings.Contains(out, "relance.db is in use: stop the bot first") {
		t.Errorf("of a bot that runs: exit %d:\n%s", code, out)
	}
	b.stop()

	code, out := move(url)
	if code != exitFine || !strings.Contains(out, "moved: 2 people, 1 consent, 1 permit, ") || !strings.Contains(out, "is the same") {
		t.Fatalf("exit %d:\n%s", code, out)
	}
	for _, args := range [][]string{{"run", dir}, {"why", "--dir", dir, "--database", "sqlite:relance.db"}, {"move", url, "--dir", dir}} {
		if code, out := cli(t, env, args...); code != exitFailed || !strings.Contains(out, "relance.db was moved to PostgreSQL ("+database{url: url}.address()+") on ") {
			t.Errorf("%v: exit %d:\n%s", args, code, out)
		}
	}

	b = runBot(t, dir, env, "--listen", "127.0.0.1:0", "--database", url)
	webhook(t, b.base, wireSecret, hook(wirePage, person, time.Now(), `{"message":{"mid":"m_1","text":"stock"}}`)) // once more
	webhook(t, b.base, wireSecret, hook(wirePage, person, time.Now(), fmt.Sprintf(`{"message":{"mid":"m_2","text":"42","quick_reply":{"payload":%q}}}`, payloads["42"])))
	graph.sends(t, 2).is(t, `{"recipient":{"id":"`+person+`"},"messaging_type":"RESPONSE","message":{"text":"Plus de 42 pour le moment, Zoé.","metadata":"…"}}`)
	if code, out := cli(t, b.env, "event", "restock", "model=Gazelle", "size=42", "url=https://foulee.example/g42", "--dir", dir); code != exitFine {
		t.Fatalf("exit %d: %s", code, out)
	}
	within(t, 20*time.Second, "who has agreed is told", func() bool {
		graph.mu.Lock()
		defer graph.mu.Unlock()
		for _, call := range graph.calls {
			if call.method == http.MethodPost && strings.Contains(call.body, "tok-101") && strings.Contains(call.body, "est de retour !") {
				return true
			}
		}
		return false
	})
	if code, out := cli(t, b.env, "consent", "verify", "--dir", dir, "--database", url); code != exitFine {
		t.Errorf("the ledger: exit %d:\n%s", code, out)
	}
	b.stop()

	other := copyBot(t, exampleRestock)
	startBot(t, other, graph.account()).stop()
	code, out = cli(t, nil, "move", url, "--dir", other)
	if code != exitFailed || !strings.Contains(out, "that database is not empty, or in use") || strings.Contains(out, url) {
		t.Errorf("into what is taken: exit %d:\n%s", code, out)
	}
	if code := startBot(t, other, graph.account()).stop(); code != exitFine {
		t.Errorf("what was not moved does not run: exit %d", code)
	}
}

// TestWhatCannotBeMovedIsSaid: from where, and to where.
func TestWhatCannotBeMovedIsSaid(t *testing.T) {
	t.Parallel()
	dir := copyBot(t, exampleRestock)
	for args, want := range map[string]string{
		"sqlite:other.db": "a bot moves into a PostgreSQL database",
		"postgres://relance:planted@127.0.0.1:1/shop --database postgres://relance:planted@127.0.0.1:1/other": "is in PostgreSQL already",
		"postgres://relance:planted@127.0.0.1:1/shop":                                                         "there is no database",
	} {
		code, out := cli(t, nil, append([]string{"move", "--dir", dir}, strings.Fields(args)...)...)
		if code != exitFailed || !strings.Contains(out, want) || strings.Contains(out, "planted") {
			t.Errorf("move %s: exit %d:\n%s", args, code, out)
		}
	}
}

// TestThePhoneGoesAlong: else those whom the bot knows are not on the phone that it is tried on.
func TestThePhoneGoesAlong(t *testing.T) {
	t.Parallel()
	dir := copyBot(t, exampleRestock)
	startBot(t, dir, nil).stop()
	if code, out := cli(t, nil, "move", pgtest.URL(t), "--dir", dir); code != exitFine {
		t.Fatalf("exit %d:\n%s", code, out)
	}
	was, err := os.ReadFile(filepath.Join(dir, "relance.db.emulator.json"))
	if err != nil {
		t.Fatal(err)
	}
	if is, err := os.ReadFile(filepath.Join(dir, "relance.emulator.json")); err != nil || string(is) != string(was) {
		t.Errorf("%s, %v; was %s", is, err, was)
	}
}
