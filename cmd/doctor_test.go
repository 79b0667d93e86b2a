package cmd

import (
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/relance-bot/relance/bot"
	"github.com/relance-bot/relance/bot/messenger/emulator"
	"github.com/relance-bot/relance/storage"
	"github.com/relance-bot/relance/storage/postgres/pgtest"
	"github.com/relance-bot/relance/storage/sealed"
)

// doctoredBot tracks a link, hears an event and calls an address with a secret.
var doctoredBot = map[string]string{
	"bot.yaml": `name: Foulée
locale: fr
topics:
  restock: {title: Ta pointure est de retour}
events:
  restock: {model: text}
channels:
  messenger: {notifications: [recurring]}
`,
	"flows/hello.yaml": "triggers: [start: true]\nsteps: [{opt_in: restock}]\n",
	"flows/back.yaml": `triggers: [{event: restock, topic: restock}]
steps:
  - say: "{{ event.model }} est de retour !"
    buttons: [{label: Voir, open: "https://foulee.example"}, {label: Stop, opt_out: restock}]
`,
	".env": "# nothing yet\n",
}

const doctorKey = "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE="

// TestDoctorSaysEachThingThatIsWrong looks at a bot with one thing wrong after the other.
// testdata/doctor.golden has what is printed, without the lines that say ok.
func TestDoctorSaysEachThingThatIsWrong(t *testing.T) {
	t.Parallel()
	platform, env := wirePlatform(t, nil)
	_, insta := wireInstagram(t)
	up := startBot(t, writeBot(t, profiledBot, ""), env)
	platform.SetApp(func(a *emulator.App) { a.Name, a.Webhook = "Boutique", up.base+"/webhooks/messenger" })
	says := func(status int) string {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(status) }))
		t.Cleanup(server.Close)
		return strings.TrimPrefix(server.URL, "http://")
	}
	// keep writes into the bot's database before it is looked at.
	keep := func(f func(tx storage.Tx) error) func(t *testing.T, dir string) {
		return func(t *testing.T, dir string) {
			t.Helper()
			store, err := database{file: filepath.Join(dir, "relance.db"), keys: parsedKeys(t, doctorKey)}.open(t.Context(), toRun, func() time.Time { return setupDay })
			if err != nil {
				t.Fatal(err)
			}
			defer store.Close()
			if err := store.Write(t.Context(), f); err != nil {
				t.Fatal(err)
			}
		}
	}
	file := func(name, text string) func(*testing.T, string) {
		return func(t *testing.T, dir string) {
			t.Helper()
			path := filepath.Join(dir, name)
			if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
		}
	}
	page := "messenger:" + wirePage
	zoe := page + ":1"
	contact := func(tx storage.Tx) error {
		return tx.PutContact(storage.Contact{ID: zoe, Timezone: "Europe/Atlantis", CreatedAt: setupDay, LastAct: setupDay})
	}
	rests := func(reason string) func(*testing.T, string) {
		return keep(func(tx storage.Tx) error {
			return tx.SetMeta("rest:"+page, []byte(`{"reason":"`+reason+`","since":"2026-11-22T08:00:00Z","until":"2026-11-22T13:00:00Z","times":2}`))
		})
	}
	paid := map[string]string{"MESSENGER_AD_ACCOUNT": "act_1", "MESSENGER_CAMPAIGN": "2"}
	shuts := func(until string) func(*testing.T, string) {
		return func(t *testing.T, dir string) {
			t.Helper()
			keep(func(tx storage.Tx) error {
				return tx.SetMeta("shut:"+page+" marketing", []byte(`{"code":"2300068","until":"`+until+`"}`))
			})(t, dir)
			rewrite(t, filepath.Join(dir, "bot.yaml"), "[recurring]", "[recurring, marketing]")
		}
	}
	var out strings.Builder
	for _, tt := range []struct {
		name  string
		env   map[string]string // what is set otherwise
		do    func(t *testing.T, dir string)
		clock time.Duration // how far the machine's is ahead
		room  uint64        // on the disk, in MB; 0: enough
		whole bool          // show what is ok too
	}{
		{name: "all is well", do: keep(contact), whole: true},
		{name: "nothing was ever stored, on an emulated Page", env: map[string]string{"MESSENGER_PAGE_ID": "", "MESSENGER_ACCESS_TOKEN": "", "MESSENGER_APP_SECRET": "", "MESSENGER_VERIFY_TOKEN": ""}, whole: true},

		{name: ".env is no list of settings", do: file(".env", "MESSENGER_PAGE_ID\n")},
		{name: ".env can be read by others", do: func(t *testing.T, dir string) {
			if err := os.Chmod(filepath.Join(dir, ".env"), 0o644); err != nil {
				t.Fatal(err)
			}
		}},
		{name: "a file of secrets can be read by others", env: map[string]string{"MESSENGER_APP_SECRET": ""}, do: func(t *testing.T, dir string) {
			secret := filepath.Join(dir, "app_secret")
			file("app_secret", wireSecret)(t, dir)
			file(".env", "MESSENGER_APP_SECRET_FILE="+secret+"\n")(t, dir)
			if err := os.Chmod(secret, 0o644); err != nil {
				t.Fatal(err)
			}
		}},
		{name: "a misspelt setting", do: file(".env", "MESSENGER_PAGEID=104052009337321\n")},
		{name: "a secret file that is not there", env: map[string]string{"MESSENGER_APP_SECRET": "", "MESSENGER_APP_SECRET_FILE": "/nowhere/secret"}},
		{name: "half a Page", env: map[string]string{"MESSENGER_APP_SECRET": ""}},
		{name: "half a Page that has run", env: map[string]string{"MESSENGER_APP_SECRET": ""}, do: keep(contact)},
		{name: "a level that is none", env: map[string]string{"LOG_LEVEL": "loud"}},
		{name: "an address to listen on that is none", env: map[string]string{"RELANCE_LISTEN": "8080"}},
		{name: "PUBLIC_URL is no address", env: map[string]string{"PUBLIC_URL": "bot.example"}},
		{name: "PUBLIC_URL is not set, and links are tracked", env: map[string]string{"PUBLIC_URL": ""}},
		{name: "no secret key", env: map[string]string{"RELANCE_SECRET_KEY": ""}},
		{name: "a secret key that is none", env: map[string]string{"RELANCE_SECRET_KEY": "hunter2"}},
		{name: "no API key", env: map[string]string{"RELANCE_API_KEY": ""}},
		{name: "no API key, and no events", env: map[string]string{"RELANCE_API_KEY": ""}, do: func(t *testing.T, dir string) {
			rewrite(t, filepath.Join(dir, "bot.yaml"), "events:\n  restock: {model: text}\n", "")
			if err := os.Remove(filepath.Join(dir, "flows", "back.yaml")); err != nil {
				t.Fatal(err)
			}
		}},
		{name: "a secret of bot.yaml is missing", do: func(t *testing.T, dir string) {
			keep(contact)(t, dir)
			rewrite(t, filepath.Join(dir, "bot.yaml"), "events:", "webhooks:\n  crm: {url: \"https://foulee.example/crm\", events: [opt_in], secret: $CRM_KEY}\nevents:")
		}},

		{name: "a bot with mistakes", do: file("flows/hello.yaml", "triggers: [start: true]\nsteps: [{go: nowhere}]\n")},
		{name: "a bot with warnings", do: file("flows/hello.yaml", "triggers: [start: true]\nsteps: [{say: Salut}, {opt_in: restock}]\n# \ninputs: {size: number}\n")},

		{name: "no server", env: map[string]string{"RELANCE_LISTEN": "127.0.0.1:1"}},
		{name: "a server that is not ready", env: map[string]string{"RELANCE_LISTEN": says(http.StatusServiceUnavailable)}},
		{name: "another server", env: map[string]string{"RELANCE_LISTEN": says(http.StatusTeapot)}},

		{name: "a database of another kind", env: map[string]string{"RELANCE_DATABASE": "mysql://root:hunter2@db.example/shop"}},
		{name: "a PostgreSQL that is not there", env: map[string]string{"RELANCE_DATABASE": "postgres://relance:hunter2@127.0.0.1:1/shop?connect_timeout=2"}},
		{name: "a PostgreSQL of the name monkey that is not there", env: map[string]string{"RELANCE_DATABASE": "postgres://relance:hunter2@127.0.0.1:1/monkey?connect_timeout=2"}},
		{name: "a file that is no database", do: file("relance.db", strings.Repeat("no database\n", 1000))},
		{name: "a database under another key", env: map[string]string{"RELANCE_SECRET_KEY": "QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVphYmNkZWY="}, do: keep(contact)},
		{name: "a database under a key, and none is set", env: map[string]string{"RELANCE_SECRET_KEY": ""}, do: keep(contact)},
		{name: "little room on the disk", room: 700},
		{name: "no room on the disk", room: 7},

		{name: "the clock is ahead", clock: 90 * time.Second},
		{name: "the clock is behind", clock: -time.Hour},

		{name: "inputs and messages wait", do: keep(func(tx storage.Tx) error {
			if err := contact(tx); err != nil {
				return err
			}
			for range 3 {
				if _, err := tx.Enqueue(storage.Input{Contact: zoe, Kind: "message", Body: []byte(`{}`), At: setupDay.Add(-10 * time.Minute)}); err != nil {
					return err
				}
			}
			return tx.PutSend(storage.Send{ID: "s1", Contact: zoe, Page: page, State: storage.SendPending, Ready: setupDay.Add(-time.Hour), At: setupDay.Add(-time.Hour), Lane: "window", Body: []byte(`{}`)})
		})},
		{name: "the ledger is not sealed", do: keep(func(tx storage.Tx) error {
			_, err := tx.Append(storage.Entry{Page: page, Contact: zoe, Topic: "restock", Action: "asked", At: setupDay.Add(-time.Hour), Body: []byte(`{}`), Commit: []byte("x")})
			return err
		})},
		{name: "somebody lives nowhere", do: keep(func(tx storage.Tx) error {
			if err := contact(tx); err != nil {
				return err
			}
			return tx.PutConsent(storage.Consent{Contact: zoe, Topic: "restock", Status: "active", Cadence: "daily", ActiveSince: setupDay})
		})},
		{name: "the token was refused", do: rests("token")},
		{name: "the token was refused, and is dead", env: map[string]string{"MESSENGER_ACCESS_TOKEN": "another"}, do: rests("token")},
		{name: "the token was refused, and the platform is not there", env: map[string]string{"MESSENGER_GRAPH_URL": "http://127.0.0.1:1/v25.0"}, do: rests("token")},
		{name: "the Page was barred", do: rests("page")},
		{name: "the platform wants fewer", do: rests("backoff")},
		{name: "a lane is closed for the whole Page", env: paid, do: shuts("2026-11-22T13:00:00Z")},
		{name: "a lane was closed, and is not", env: paid, do: shuts("2026-11-22T08:00:00Z")},

		{name: "an account of Instagram", env: map[string]string{
			"INSTA_PAGE_ID": wireAccount, "INSTA_ACCESS_TOKEN": wireToken, "INSTA_APP_SECRET": wireSecret, "INSTA_VERIFY_TOKEN": wireVerify,
			"INSTA_GRAPH_URL": insta["INSTA_GRAPH_URL"],
		}, do: func(t *testing.T, dir string) {
			keep(contact)(t, dir)
			rewrite(t, filepath.Join(dir, "bot.yaml"), "channels:\n", "channels:\n  insta: {type: instagram}\n")
		}},
		{name: "the token of an account was refused, and the platform is not there", env: map[string]string{
			"INSTA_PAGE_ID": wireAccount, "INSTA_ACCESS_TOKEN": wireToken, "INSTA_APP_SECRET": wireSecret, "INSTA_VERIFY_TOKEN": wireVerify,
			"INSTA_GRAPH_URL": "http://127.0.0.1:1/v25.0",
		}, do: func(t *testing.T, dir string) {
			keep(func(tx storage.Tx) error {
				return tx.SetMeta("rest:instagram:"+wireAccount, []byte(`{"reason":"token","since":"2026-11-22T08:00:00Z","until":"2026-11-22T13:00:00Z","times":2}`))
			})(t, dir)
			rewrite(t, filepath.Join(dir, "bot.yaml"), "channels:\n", "channels:\n  insta: {type: instagram}\n")
		}},
		{name: "the token is dead", env: map[string]string{"MESSENGER_ACCESS_TOKEN": "another"}},
		{name: "the platform is not there", env: map[string]string{"MESSENGER_GRAPH_URL": "http://127.0.0.1:1/v25.0"}},
	} {
		dir := writeBot(t, doctoredBot, "")
		if err := os.Chmod(filepath.Join(dir, ".env"), 0o600); err != nil {
			t.Fatal(err)
		}
		if tt.do != nil {
			tt.do(t, dir)
		}
		vars := maps.Clone(env)
		maps.Copy(vars, map[string]string{
			"PUBLIC_URL": up.base, "RELANCE_LISTEN": up.env["RELANCE_LISTEN"], "RELANCE_SECRET_KEY": doctorKey, "RELANCE_API_KEY": "a-long-random-text",
		})
		maps.Copy(vars, tt.env)
		var printed output
		a := newApp(vars, &printed)
		a.clock = stoppedClock{at: setupDay.Add(tt.clock)}
		a.room = func(string) (uint64, bool) {
			if tt.room == 0 {
				return 1 << 40, true
			}
			return tt.room << 20, true
		}
		code := a.execute(t.Context(), []string{"doctor", dir})
		text := printed.String()
		for from, to := range map[string]string{up.env["RELANCE_LISTEN"]: "SERVER", vars["RELANCE_LISTEN"]: "SERVER", dir: "DIR"} {
			if !strings.Contains(from, "/") && !strings.Contains(from, ":") {
				continue // what is set wrong is shown as it is
			}
			text = strings.ReplaceAll(text, from, to)
		}
		for _, secret := range []string{wireToken, wireSecret, wireVerify, doctorKey, "hunter2", "a-long-random-text"} {
			if strings.Contains(text, secret) {
				t.Errorf("%s: a secret is printed:\n%s", tt.name, text)
			}
		}
		fmt.Fprintf(&out, "== %s (exit %d)\n", tt.name, code)
		for line := range strings.Lines(text) {
			if tt.whole || !strings.Contains(line, ": ok: ") {
				out.WriteString(line)
			}
		}
		out.WriteString("\n")
	}
	golden(t, "doctor.golden", out.String())
}

func parsedKeys(t *testing.T, secret string) []sealed.Key {
	t.Helper()
	keys, err := sealed.ParseKeys(secret)
	if err != nil {
		t.Fatal(err)
	}
	return keys
}

// TestDoctorOnPostgreSQL compares the clock with the database's too.
func TestDoctorOnPostgreSQL(t *testing.T) {
	t.Parallel()
	dir := writeBot(t, doctoredBot, "")
	address := pgtest.URL(t)
	env := map[string]string{"RELANCE_DATABASE": address, "RELANCE_SECRET_KEY": doctorKey, "RELANCE_LISTEN": "127.0.0.1:1"}
	for range 2 { // it makes nothing
		code, out := cli(t, env, "doctor", dir)
		if want := "database: ok: there is none yet: 'relance run' makes it\n"; code != exitFine || !strings.Contains(out, want) {
			t.Fatalf("before a bot has run: exit %d, want %q:\n%s", code, want, out)
		}
	}
	store, err := database{url: address}.open(t.Context(), toRun, nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := store.Close(); err != nil {
		t.Fatal(err)
	}
	for name, tt := range map[string]struct {
		ahead time.Duration
		want  []string
	}{
		"in step": {0, []string{"database: ok: reachable, of this version, and takes writes\n", "database: warning: the server has fsync off: ", "clock: ok: in step with the database's\n"}},
		"ahead":   {time.Hour, []string{"clock: warning: this machine's clock is 1h0m0s from the database's, by which bots go [clock-database]\n"}},
	} {
		var printed output
		a := newApp(env, &printed)
		a.clock = &offsetClock{bot.SystemClock{}, func() time.Duration { return tt.ahead }}
		if code := a.execute(t.Context(), []string{"doctor", dir}); code != exitFine {
			t.Errorf("%s: exit %d", name, code)
		}
		for _, want := range tt.want {
			if !strings.Contains(printed.String(), want) {
				t.Errorf("%s lacks %q:\n%s", name, want, printed.String())
			}
		}
	}
}

// TestEveryFindingSaysWhatToDo reads what doctor and connect are known to print.
func TestEveryFindingSaysWhatToDo(t *testing.T) {
	t.Parallel()
	wrong := regexp.MustCompile(`^[^ ].*: (error|warning): .* \[[a-z-]+\]$`)
	for _, file := range []string{"doctor.golden", "connect.golden", "connect_account.golden"} {
		text, err := os.ReadFile(filepath.Join("testdata", file))
		if err != nil {
			t.Fatal(err)
		}
		lines, n := strings.Split(string(text), "\n"), 0
		for i, line := range lines {
			if !wrong.MatchString(line) {
				continue
			}
			if n++; !strings.HasPrefix(lines[i+1], "   hint: ") {
				t.Errorf("%s:%d: no hint: %s", file, i+1, line)
			}
		}
		if n < 10 {
			t.Errorf("%s has %d findings: are they printed in another way?", file, n)
		}
	}
}
