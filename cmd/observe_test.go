package cmd

import (
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// whenever are instants that two looks one after the other differ in.
var whenever = regexp.MustCompile(`"at": "[^"]*"|"issued_at": "[^"]*"|Issued [-0-9: ]*UTC|until \d+ \w+ \d+ \d\d:\d\d`)

// TestVerbsSayTheSameOfTheServerAndOfItsDatabase asks each both ways.
func TestVerbsSayTheSameOfTheServerAndOfItsDatabase(t *testing.T) {
	t.Parallel()
	dir := makeBot(t, asking())
	b := startBot(t, dir, nil)
	h := joins(t, b, "Ann")
	h.writes("wind")
	h.sees("Wind at <the> beach")
	who := contactOf(t, b)
	nowhere := t.TempDir()
	for _, verb := range [][]string{
		{"why"},
		{"why", "--json"},
		{"why", who},
		{"why", who, "--json"},
		{"why", who, "--flow", "mondy"},
		{"why", "messenger:1:2"},
		{"export", who},
		{"export", "email=zoe@kites.example"},
		{"stats"},
		{"stats", "--json"},
		{"stats", "--by", "topic", "--since", "2026-01-05", "--until", "2036-01-05", "--window", "24h"},
		{"stats", "--by", "weather"},
		{"stats", "--since", "yesterday"},
		{"stats", "--experiments", "--json"},
		{"consent", "verify"},
		{"consent", "verify", "--json"},
		{"consent", "receipt", who},
		{"consent", "receipt", who, "--json"},
		{"consent", "receipt", who, "--html"},
		{"consent", "export"},
	} {
		t.Run(strings.ReplaceAll(strings.Join(verb, " "), who, "ANN"), func(t *testing.T) {
			ask := func(env map[string]string, dir string, more ...string) (int, string) {
				if verb[0] == "stats" {
					more = append(more, dir)
				} else {
					more = append(more, "--dir", dir)
				}
				code, out := cli(t, env, append(append([]string{}, verb...), more...)...)
				return code, strings.ReplaceAll(whenever.ReplaceAllString(out, "WHENEVER"), dir, "DIR")
			}
			code, live := ask(b.env, nowhere)
			want, kept := ask(nil, dir, "--database", "sqlite:relance.db")
			if diff := cmp.Diff(kept, live); diff != "" || code != want {
				t.Errorf("exits %d, and %d on the database (-database +server):\n%s", code, want, diff)
			}
		})
	}
	if code := b.stop(); code != exitFine {
		t.Errorf("the bot exits %d:\n%s", code, b.out)
	}
}

// TestVerbsThatLookWantNoSoundFolderBesideAServer breaks the folder while the bot runs.
func TestVerbsThatLookWantNoSoundFolderBesideAServer(t *testing.T) {
	t.Parallel()
	dir := makeBot(t, asking())
	b := startBot(t, dir, nil)
	h := joins(t, b, "Ann")
	h.writes("wind")
	h.sees("Wind at <the> beach")
	if err := os.WriteFile(filepath.Join(dir, "flows", "wind.yaml"), []byte("steps: [\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if code, out := cli(t, b.env, "why", "--dir", dir); code != exitFine || !strings.Contains(out, "Ann") {
		t.Errorf("relance why exits %d: %s", code, out)
	}
	b.stop()
}

// TestVerbsDoNotAskAnotherServer has something else listen where the bot would.
func TestVerbsDoNotAskAnotherServer(t *testing.T) {
	t.Parallel()
	dir := makeBot(t, asking())
	b := startBot(t, dir, nil)
	h := joins(t, b, "Ann")
	h.writes("wind")
	h.sees("Wind at <the> beach")
	if code := b.stop(); code != exitFine {
		t.Fatalf("the bot exits %d:\n%s", code, b.out)
	}
	for name, says := range map[string]http.HandlerFunc{
		"a page": func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("<html>")) },
		"a door": func(w http.ResponseWriter, _ *http.Request) { http.Error(w, "no", http.StatusForbidden) },
		"a bot":  func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte(`{"name":"Ferns"}`)) },
		"an old one": func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(404)
			_, _ = w.Write([]byte(`{"error":{"code":"not_found","message":"there is nothing at this address"}}`))
		},
		"other tools": func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte(`{}`)) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			other := httptest.NewServer(says)
			defer other.Close()
			env := map[string]string{"RELANCE_LISTEN": strings.TrimPrefix(other.URL, "http://")}
			if code, out := cli(t, env, "why", "--dir", dir); code != exitFine || !strings.Contains(out, "Ann") {
				t.Errorf("relance why exits %d: %s", code, out)
			}
			if name == "a bot" { // it may be meant
				return
			}
			code, out := cli(t, env, "why", "--dir", t.TempDir())
			if code != exitFailed || !strings.Contains(out, "no bot runs there at 127.0.0.1:") || !strings.Contains(out, "there is no bot.yaml") {
				t.Errorf("without a folder it exits %d: %s", code, out)
			}
		})
	}
}

func TestVerbsSayWhenTheKeyIsMissing(t *testing.T) {
	t.Parallel()
	dir := makeBot(t, asking())
	b := startBot(t, dir, map[string]string{"RELANCE_API_KEY": "a-long-random-text"})
	env := map[string]string{"RELANCE_LISTEN": b.env["RELANCE_LISTEN"]}
	if code, out := cli(t, env, "why", "--dir", dir); code != exitFailed || !strings.Contains(out, "set RELANCE_API_KEY") {
		t.Errorf("relance why exits %d: %s", code, out)
	}
	if code, out := cli(t, b.env, "why", "--dir", dir); code != exitFine {
		t.Errorf("with it relance why exits %d: %s", code, out)
	}
	b.stop()
}
