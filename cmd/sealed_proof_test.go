package cmd

import (
	"bytes"
	"encoding/base64"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// TestASealedLedgerProvesTheSame imports a consent into an encrypted database, and asks
// everything that proves it: with the key, after a new key came before it, and after the
// person was forgotten.
func TestASealedLedgerProvesTheSame(t *testing.T) {
	t.Parallel()
	dir := copyBot(t, exampleRestock)
	secret := func(letter string) string { return base64.StdEncoding.EncodeToString(bytes.Repeat([]byte(letter), 32)) }
	const id, wording = "messenger:1000000000000001:4711000815", "Préviens-moi, Zénobie"
	imports := func(b *runningBot, at, topic, about string) {
		t.Helper()
		rows := filepath.Join(t.TempDir(), "rows.jsonl")
		row := `{"contact":"` + id + `","topic":"` + topic + `","cadence":"weekly",` + about + `"consented_at":"` + at + `","wording":"` + wording +
			`","source":"form","first_name":"Zénobie","permit":{"token":"planted-token","expires_at":"2099-01-01T00:00:00Z"}}` + "\n"
		if err := os.WriteFile(rows, []byte(row), 0o644); err != nil {
			t.Fatal(err)
		}
		if code, out := cli(t, b.env, "import", rows, dir); code != exitFine || !strings.Contains(out, "1") {
			t.Fatalf("import: exit %d: %s", code, out)
		}
	}
	proves := func(env map[string]string, entries string) {
		t.Helper()
		within(t, 20*time.Second, "everything is sealed by hash", func() bool {
			_, out := cli(t, env, "consent", "verify", "--dir", dir)
			return strings.Contains(out, entries)
		})
		handed := filepath.Join(t.TempDir(), "ledger.jsonl")
		code, ledger := cli(t, env, "consent", "export", "--dir", dir)
		if err := os.WriteFile(handed, []byte(ledger), 0o644); err != nil || code != exitFine {
			t.Fatalf("consent export: exit %d, %v", code, err)
		}
		for _, c := range []struct {
			args []string
			want string
		}{
			{[]string{"consent", "verify", "--dir", dir}, entries},
			{[]string{"consent", "verify", "--file", handed}, entries},
			{[]string{"consent", "receipt", id, "--dir", dir}, wording},
			{[]string{"consent", "receipt", id, "--dir", dir, "--json"}, `"proof": "sealed"`},
			{[]string{"export", id, "--dir", dir}, wording},
		} {
			if code, out := cli(t, env, c.args...); code != exitFine || !strings.Contains(out, c.want) || strings.Contains(out, "altered") {
				t.Errorf("%v: exit %d, want %q:\n%s", c.args, code, c.want, out)
			}
		}
		for _, name := range []string{"relance.db", "relance.db-wal"} {
			content, err := os.ReadFile(filepath.Join(dir, name))
			if err == nil && (bytes.Contains(content, []byte("Zénobie")) || bytes.Contains(content, []byte("planted-token"))) {
				t.Errorf("what is personal stands in %s", name)
			}
		}
		if strings.Contains(ledger, "Zénobie") || strings.Contains(ledger, id) {
			t.Error("what is handed out names somebody")
		}
	}

	first := startBot(t, dir, map[string]string{"RELANCE_SECRET_KEY": secret("a")})
	imports(first, "2026-01-05T10:00:00Z", "restock", `"interests":[{"model":"Gazelle","size":42}],`)
	proves(first.env, "1 entr")
	first.stop()

	second := startBot(t, dir, map[string]string{"RELANCE_SECRET_KEY": secret("b") + "," + secret("a")})
	imports(second, "2026-02-05T10:00:00Z", "restock", `"interests":[{"model":"Samba","size":41}],`)
	proves(second.env, "2 entries")
	if code, out := cli(t, second.env, "forget", id, "--dir", dir); code != exitFine {
		t.Fatalf("forget: exit %d: %s", code, out)
	}
	within(t, 20*time.Second, "the ledger of the forgotten", func() bool {
		code, out := cli(t, second.env, "consent", "verify", "--dir", dir)
		return code == exitFine && strings.Contains(out, "3 entries")
	})
	if code, out := cli(t, second.env, "consent", "receipt", id, "--dir", dir); code == exitFine || strings.Contains(out, "Zénobie") {
		t.Errorf("a receipt of the forgotten: exit %d: %s", code, out)
	}
}
