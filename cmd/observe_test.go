package cmd

import (
	"encoding/json"
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

// kites is asking with an event that the person is told of.
func kites() map[string]string {
	files := asking()
	files["bot.yaml"] += "events:\n  gust: {force: number}\n"
	files["flows/gust.yaml"] = "triggers:\n  - event: gust\n    topic: wind\nsteps:\n  - say: \"Force {{ event.force }}!\"\n"
	return files
}

// TestVerbsSayTheSameOfTheServerAndOfItsDatabase asks each both ways, the server from a
// folder that holds no bot.
func TestVerbsSayTheSameOfTheServerAndOfItsDatabase(t *testing.T) {
	dir := makeBot(t, kites())
	b := startBot(t, dir, nil)
	h := joins(t, b, "Ann")
	h.writes("wind")
	h.sees("Wind at <the> beach")
	h.accepts()
	h.sees("As you like.")
	if code, out := cli(t, b.env, "event", "gust", "force=7", "--dir", dir); code != exitFine {
		t.Fatalf("relance event exits %d: %s", code, out)
	}
	h.sees("Force 7!")
	who := contactOf(t, b)
	t.Chdir(t.TempDir())
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
			ask := func(env map[string]string, more ...string) (int, string) {
				code, out := cli(t, env, append(append([]string{}, verb...), more...)...)
				return code, strings.ReplaceAll(whenever.ReplaceAllString(out, "WHENEVER"), "--dir "+dir, "--dir .")
			}
			code, live := ask(b.env)
			folder := []string{"--dir", dir, "--database", "sqlite:relance.db"}
			if verb[0] == "stats" {
				folder = folder[1:]
			}
			want, kept := ask(nil, folder...)
			if diff := cmp.Diff(kept, live); diff != "" || code != want {
				t.Errorf("exits %d, and %d on the database (-database +server):\n%s", code, want, diff)
			}
		})
	}
	if code := b.stop(); code != exitFine {
		t.Errorf("the bot exits %d:\n%s", code, b.out)
	}
}

// accepts says yes to the request that came last.
func (h *handset) accepts() {
	h.t.Helper()
	_, state := request(h.t, http.MethodGet, h.base+h.phone+"/state?person="+h.person, nil, nil)
	var view struct {
		Person struct {
			Thread []struct{ MID string } `json:"thread"`
		} `json:"person"`
	}
	if err := json.Unmarshal([]byte(state), &view); err != nil || len(view.Person.Thread) == 0 {
		h.t.Fatalf("%v: %s", err, state)
	}
	h.post("act", map[string]string{"person": h.person, "act": "accept", "mid": view.Person.Thread[len(view.Person.Thread)-1].MID})
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

// TestVerbsThatChangeDoNotSoToAnotherBot has a bot of another name listen where the one of
// the folder would.
func TestVerbsThatChangeDoNotSoToAnotherBot(t *testing.T) {
	t.Parallel()
	other := startBot(t, makeBot(t, kites()), nil)
	h := joins(t, other, "Ann")
	h.writes("wind")
	h.sees("Wind at <the> beach")
	ann := contactOf(t, other)
	files := kites()
	files["bot.yaml"] = strings.Replace(files["bot.yaml"], "Kites", "Boats", 1)
	boats := startBot(t, makeBot(t, files), nil)
	boats.stop()
	for _, verb := range [][]string{{"forget", ann}, {"campaign", "cancel", "gust"}, {"event", "gust", "force=8"}} {
		code, out := cli(t, other.env, append(verb, "--dir", boats.dir)...)
		if verb[0] == "event" && !strings.Contains(out, "No bot runs now") || verb[0] != "event" && code == exitFine {
			t.Errorf("%s exits %d: %s", verb, code, out)
		}
		if code, out := cli(t, other.env, append(verb, "--dir", boats.dir+"s")...); code != exitFailed || !strings.Contains(out, "there is no folder") {
			t.Errorf("%s of a folder that is not there exits %d: %s", verb, code, out)
		}
	}
	if code, out := cli(t, other.env, "why", "--dir", other.dir); code != exitFine || !strings.Contains(out, "Ann") {
		t.Errorf("Ann is gone: %d %s", code, out)
	}
	other.stop()
}

// TestADatabaseThatIsNamedIsTheOneThatIsChanged forgets in a copy, beside the bot.
func TestADatabaseThatIsNamedIsTheOneThatIsChanged(t *testing.T) {
	t.Parallel()
	b := startBot(t, makeBot(t, kites()), nil)
	h := joins(t, b, "Ann")
	h.writes("wind")
	h.sees("Wind at <the> beach")
	ann := contactOf(t, b)
	copied := filepath.Join(b.dir, "copy.db")
	if code, out := cli(t, b.env, "backup", copied, "--dir", b.dir); code != exitFine {
		t.Fatalf("relance backup exits %d: %s", code, out)
	}
	if code, out := cli(t, b.env, "forget", ann, "--dir", b.dir, "--database", "sqlite:copy.db"); code != exitFine {
		t.Errorf("relance forget exits %d: %s", code, out)
	}
	if contactOf(t, b) != ann {
		t.Error("the bot that runs forgot her too")
	}
	if code, out := cli(t, b.env, "forget", ann, "--dir", b.dir, "--database", "sqlite:relance.db"); code != exitFine {
		t.Errorf("in the bot's own it exits %d: %s", code, out) // which asks the bot
	}
	if _, out := cli(t, b.env, "why", "--dir", b.dir); strings.Contains(out, "Ann") {
		t.Errorf("the bot that runs still knows %s", out)
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
		})
	}
}

// TestVerbsWithoutTheKeyLookIntoTheDatabase has a server that answers nobody without it:
// who has the folder needs no server.
func TestVerbsWithoutTheKeyLookIntoTheDatabase(t *testing.T) {
	dir := makeBot(t, kites())
	b := startBot(t, dir, map[string]string{"RELANCE_API_KEY": "a-long-random-text"})
	h := joins(t, b, "Ann")
	h.writes("wind")
	h.sees("Wind at <the> beach")
	env := map[string]string{"RELANCE_LISTEN": b.env["RELANCE_LISTEN"]}
	if code, out := cli(t, env, "why", "--dir", dir); code != exitFine || !strings.Contains(out, "Ann") {
		t.Errorf("relance why exits %d: %s", code, out)
	}
	if code, out := cli(t, env, "event", "gust", "--dir", dir); code != exitFailed || !strings.Contains(out, "set RELANCE_API_KEY") {
		t.Errorf("relance event exits %d: %s", code, out)
	}
	t.Chdir(t.TempDir())
	if code, out := cli(t, env, "why"); code != exitFailed || !strings.Contains(out, "set RELANCE_API_KEY") {
		t.Errorf("relance why away from the folder exits %d: %s", code, out)
	}
	if code, out := cli(t, b.env, "why"); code != exitFine || !strings.Contains(out, "Ann") {
		t.Errorf("with the key it exits %d: %s", code, out)
	}
	b.stop()
}
