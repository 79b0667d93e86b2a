package cmd

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/relance-bot/relance/bot/messenger/emulator"
)

// TestConnectSaysEachThingThatIsWrong connects a Page to a running bot with one thing
// wrong after the other. testdata/connect.golden has what is printed for each.
func TestConnectSaysEachThingThatIsWrong(t *testing.T) {
	t.Parallel()
	platform, env := wirePlatform(t, nil)
	bot := startBot(t, writeBot(t, profiledBot, ""), env)
	ours := bot.base + "/webhooks/messenger"
	serve := func(f http.HandlerFunc) string {
		server := httptest.NewServer(f)
		t.Cleanup(server.Close)
		return server.URL
	}
	says := func(status int, text string) string {
		return serve(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(status); fmt.Fprint(w, text) })
	}
	// passing leads to the bot, and changes what passes.
	passing := func(change func(r *http.Request)) string {
		return serve(func(w http.ResponseWriter, r *http.Request) {
			change(r)
			to, err := http.NewRequestWithContext(r.Context(), r.Method, bot.base+r.URL.String(), r.Body)
			if err != nil {
				t.Error(err)
				return
			}
			to.Header = r.Header
			res, err := http.DefaultClient.Do(to)
			if err != nil {
				t.Error(err)
				return
			}
			defer res.Body.Close()
			w.WriteHeader(res.StatusCode)
			io.Copy(w, res.Body) //nolint:errcheck // nobody to tell
		})
	}
	secure := httptest.NewTLSServer(http.NotFoundHandler())
	secure.Config.ErrorLog = nil
	t.Cleanup(secure.Close)

	hook := func(a *emulator.App) { a.Webhook = ours }
	only := func(scopes ...string) func(*emulator.App) {
		return func(a *emulator.App) { hook(a); a.Scopes = scopes }
	}
	var out strings.Builder
	for _, tt := range []struct {
		name  string
		app   func(*emulator.App) // how the app stands; nil: well
		env   map[string]string   // what is set otherwise
		flags []string
		do    func() // before
		after func() // afterwards
	}{
		{name: "all is well"},
		{name: "all is well, as JSON", flags: []string{"--json"}},
		{name: "no Page", env: map[string]string{"MESSENGER_PAGE_ID": "", "MESSENGER_ACCESS_TOKEN": "", "MESSENGER_APP_SECRET": "", "MESSENGER_VERIFY_TOKEN": ""}},
		{name: "only some of the variables", env: map[string]string{"MESSENGER_APP_SECRET": ""}},
		{name: "a token that is none", env: map[string]string{"MESSENGER_ACCESS_TOKEN": "nonsense"}},
		{name: "a dead token: password changed", do: func() { platform.RevokeToken(460) }, after: func() { platform.GiveToken(wireToken) }},
		{name: "a dead token: expired", do: func() { platform.RevokeToken(463) }, after: func() { platform.GiveToken(wireToken) }},
		{name: "the token of a person", app: func(a *emulator.App) { hook(a); a.Owner, a.Kind = "900900900", "USER" }},
		{name: "the token of another Page", app: func(a *emulator.App) { hook(a); a.Owner = "555000111" }},
		{name: "a token that ends soon", app: func(a *emulator.App) { hook(a); a.Expires = setupDay.Add(5 * 24 * time.Hour) }},
		{name: "access to data that ended", app: func(a *emulator.App) { hook(a); a.DataExpires = setupDay.Add(-24 * time.Hour) }},
		{name: "the secret of another app", env: map[string]string{"MESSENGER_APP_SECRET": "another-secret"}},
		{name: "another Page id", env: map[string]string{"MESSENGER_PAGE_ID": "42"}},
		{name: "no permission to send", app: only("pages_manage_metadata")},
		{name: "no permission to subscribe", app: only("pages_messaging")},
		{name: "the platform is not there", env: map[string]string{"MESSENGER_GRAPH_URL": "http://127.0.0.1:1/v25.0"}},
		{name: "the platform is something else", env: map[string]string{"MESSENGER_GRAPH_URL": says(http.StatusNotFound, "<html>nothing</html>")}},
		{name: "the app has no webhook", app: func(a *emulator.App) { a.Webhook = "" }},
		{name: "the app's webhook is another", app: func(a *emulator.App) { a.Webhook = "https://old.example/hook" }},
		{name: "the app's webhook is switched off", app: func(a *emulator.App) { hook(a); a.Inactive = true }},
		{name: "the app's webhook lacks fields", app: func(a *emulator.App) { hook(a); a.Fields = []string{"messages", "messaging_postbacks"} }},
		{name: "--webhook mends it", app: func(a *emulator.App) { a.Webhook, a.Fields = "https://old.example/hook", []string{"leadgen"} }, flags: []string{"--webhook"}},
		{name: "the Page is not subscribed, and --check", do: func() { unsubscribe(t, platform) }, flags: []string{"--check"}},
		{name: "the Page is not subscribed", do: func() { unsubscribe(t, platform) }},
		{name: "it is now"},
		{name: "PUBLIC_URL is not set", env: map[string]string{"PUBLIC_URL": ""}},
		{name: "PUBLIC_URL is not set, and --webhook", env: map[string]string{"PUBLIC_URL": ""}, flags: []string{"--webhook"}},
		{name: "nobody answers at an address with a password", env: map[string]string{"PUBLIC_URL": "http://shop:hunter2@127.0.0.1:1"}},
		{name: "nobody answers at PUBLIC_URL", env: map[string]string{"PUBLIC_URL": "http://127.0.0.1:1"}},
		{name: "another server answers", env: map[string]string{"PUBLIC_URL": says(http.StatusOK, "It works!")}},
		{name: "a proxy leads elsewhere", env: map[string]string{"PUBLIC_URL": serve(func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, bot.base, http.StatusFound) })}},
		{name: "the server has another verify token", env: map[string]string{"MESSENGER_VERIFY_TOKEN": "another"}},
		{name: "a proxy drops the signature", env: map[string]string{"PUBLIC_URL": passing(func(r *http.Request) { r.Header.Del("X-Hub-Signature-256") })}},
		{name: "a proxy refuses what is posted", env: map[string]string{"PUBLIC_URL": serve(func(w http.ResponseWriter, r *http.Request) {
			if r.Method == http.MethodPost {
				w.WriteHeader(http.StatusBadGateway)
				return
			}
			fmt.Fprint(w, r.URL.Query().Get("hub.challenge"))
		})}},
		{name: "a certificate of nobody's", env: map[string]string{"PUBLIC_URL": secure.URL}},
		{name: "an address that is none", env: map[string]string{"PUBLIC_URL": "bot.example"}},
	} {
		vars := maps.Clone(env)
		vars["PUBLIC_URL"] = bot.base
		for name, value := range tt.env {
			vars[name] = value
		}
		platform.SetApp(func(a *emulator.App) {
			*a = emulator.App{Name: "Boutique", Ask: getOf, Webhook: ours}
			if public := vars["PUBLIC_URL"]; public != "" {
				a.Webhook = public + "/webhooks/messenger"
			}
			if tt.app != nil {
				tt.app(a)
			}
		})
		if tt.do != nil {
			tt.do()
		}
		var printed output
		a := newApp(vars, &printed)
		a.clock = stoppedClock{at: setupDay}
		code := a.execute(t.Context(), append([]string{"connect", bot.dir}, tt.flags...))
		if tt.after != nil {
			tt.after()
		}
		text := strings.ReplaceAll(printed.String(), bot.base, "SERVER")
		if public := vars["PUBLIC_URL"]; public != "" && strings.HasPrefix(public, "http") && !strings.Contains(public, "@") {
			text = strings.ReplaceAll(text, public, "PUBLIC")
		}
		for _, secret := range []string{wireToken, wireSecret, wireVerify, "hunter2"} {
			if strings.Contains(text, secret) {
				t.Errorf("%s: a secret is printed:\n%s", tt.name, text)
			}
		}
		fmt.Fprintf(&out, "== %s (exit %d)\n%s\n", tt.name, code, text)
	}
	golden(t, "connect.golden", out.String())
}

// getOf is what a GET of an address answers.
func getOf(ctx context.Context, address string) (int, []byte, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return 0, nil, err
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return 0, nil, err
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	return res.StatusCode, body, err
}

// unsubscribe takes the app from the Page.
func unsubscribe(t *testing.T, platform *emulator.Platform) {
	t.Helper()
	r := httptest.NewRequest(http.MethodDelete, "/v25.0/me/subscribed_apps?appsecret_proof="+proofOf(wireSecret, wireToken), nil)
	r.Header.Set("Authorization", "Bearer "+wireToken)
	w := httptest.NewRecorder()
	platform.Graph().ServeHTTP(w, r)
	if w.Code != http.StatusOK {
		t.Fatalf("status %d: %s", w.Code, w.Body)
	}
}

// proofOf is how the platform wants it proven that a caller knows the app secret.
func proofOf(secret, token string) string {
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write([]byte(token))
	return hex.EncodeToString(mac.Sum(nil))
}

// TestSeveralPagesAreSetUpTogether, or one of them by its name.
func TestSeveralPagesAreSetUpTogether(t *testing.T) {
	t.Parallel()
	dir := writeBot(t, map[string]string{
		"bot.yaml": `name: Foulée
locale: fr
channels:
  paris: {type: messenger, notifications: [recurring], greeting: Bonjour de Paris}
  lyon: {type: messenger, notifications: [recurring], greeting: Bonjour de Lyon}
`,
		"flows/hello.yaml": "triggers: [start: true]\nsteps: [{say: Salut}]\n",
	}, "")
	env := map[string]string{}
	for prefix, page := range map[string]string{"PARIS_": "11", "LYON_": "22"} {
		_, one := wirePlatform(t, func(c *emulator.Config) { c.PageID, c.App.Webhook = page, "https://bot.example/webhooks/messenger" })
		for name, value := range one {
			env[strings.Replace(name, "MESSENGER_", prefix, 1)] = value
		}
		env[prefix+"PAGE_ID"] = page
	}
	env["LYON_ACCESS_TOKEN"] = "another"
	env["PUBLIC_URL"] = "http://127.0.0.1:1"
	for _, step := range []struct {
		args string
		code int
		want []string
		not  string
	}{
		{"connect", exitFindings, []string{"PARIS_ACCESS_TOKEN: ok: ", "paris: permissions: ok: ", "LYON_ACCESS_TOKEN: error: the access token is dead", "lyon: webhook: error: nobody answers"}, "MESSENGER_"},
		{"connect --channel paris", exitFindings, []string{"PARIS_ACCESS_TOKEN: ok: "}, "LYON_"},
		{"connect --channel nice", exitUsage, []string{`no Page of the name "nice"`}, "ok"},
		{"profile push --channel paris", exitFine, []string{"paris (Page 11):\n+ get started: start\n+ greeting: Bonjour de Paris\n"}, "Lyon"},
		{"profile show --channel paris --json", exitFine, []string{`"paris": {`, `"text": "Bonjour de Paris"`}, "Page 11"},
		{"profile push", exitFailed, []string{"paris (Page 11):\nThe Page shows what bot.yaml says.\n", "Page 22: profile: error 190"}, "Lyon"},
		{"profile show", exitFailed, []string{"Page 22: profile: error 190"}, "messenger: "},
	} {
		words := strings.Fields(step.args)
		code, out := cli(t, env, append(words, dir)...)
		if code != step.code || strings.Contains(out, step.not) {
			t.Errorf("%s: exit %d, want %d, and nothing of %q:\n%s", step.args, code, step.code, step.not, out)
		}
		for _, want := range step.want {
			if !strings.Contains(out, want) {
				t.Errorf("%s lacks %q:\n%s", step.args, want, out)
			}
		}
	}
}

// TestConnectTellsNoStrangerTheVerifyToken: without PUBLIC_URL the bot's address is not
// known, and what the platform names may be an old vendor's.
func TestConnectTellsNoStrangerTheVerifyToken(t *testing.T) {
	t.Parallel()
	heard := make(chan string, 10)
	stranger := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { heard <- r.Method + " " + r.URL.String() }))
	t.Cleanup(stranger.Close)
	platform, env := wirePlatform(t, nil)
	platform.SetApp(func(a *emulator.App) { a.Webhook = stranger.URL + "/hook?key=hunter2" })
	env["RELANCE_LISTEN"] = "127.0.0.1:1"
	dir := writeBot(t, profiledBot, "")
	for _, verb := range []string{"connect", "doctor"} {
		var printed output
		a := newApp(env, &printed)
		a.clock = stoppedClock{at: setupDay}
		code, out := a.execute(t.Context(), []string{verb, dir}), printed.String()
		if code != exitFine || !strings.Contains(out, "PUBLIC_URL is not set") || strings.Contains(out, "hunter2") {
			t.Errorf("%s: exit %d\n%s", verb, code, out)
		}
		select {
		case what := <-heard:
			t.Errorf("%s asks a stranger: %s", verb, what)
		default:
		}
	}
}

// TestConnectNamesAMisspeltSetting, whether it is missed or not.
func TestConnectNamesAMisspeltSetting(t *testing.T) {
	t.Parallel()
	_, env := wirePlatform(t, nil)
	dir := writeBot(t, profiledBot, "")
	for file, want := range map[string]string{
		"MESSENGER_PAGEID=" + wirePage + "\n":                                  "needs MESSENGER_PAGE_ID too; set what is missing, or nothing at all to use the emulator; nothing reads MESSENGER_PAGEID in .env: did you mean MESSENGER_PAGE_ID?",
		"MESSENGER_PAGE_ID=" + wirePage + "\nPUBLIC_ULR=https://bot.example\n": ".env: warning: nothing reads PUBLIC_ULR [setting-unknown]\n   hint: did you mean PUBLIC_URL?\n",
	} {
		if err := os.WriteFile(filepath.Join(dir, ".env"), []byte(file), 0o600); err != nil {
			t.Fatal(err)
		}
		vars := maps.Clone(env)
		delete(vars, "MESSENGER_PAGE_ID")
		if _, out := cli(t, vars, "connect", dir); !strings.Contains(out, want) {
			t.Errorf("%s: %q is missing:\n%s", file, want, out)
		}
	}
}
