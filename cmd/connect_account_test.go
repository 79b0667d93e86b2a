package cmd

import (
	"fmt"
	"maps"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/relance-bot/relance/bot/messenger/emulator"
)

const wireAccount = "17841400000000010"

// accountBot talks on an account of Instagram, and hears comments.
var accountBot = map[string]string{
	"bot.yaml": `name: Foulée
locale: fr
channels:
  insta:
    type: instagram
    greeting: Bonjour
    ice_breakers: [{label: Ma pointure, go: hello}]
    menu: [{label: Ma pointure, go: hello}, {label: La boutique, open: "https://foulee.example"}]
`,
	"flows/hello.yaml":   "triggers: [start: true]\nsteps: [{say: Salut}]\n",
	"flows/comment.yaml": "triggers: [{comment: pointure}]\nsteps: [{say: \"Ta pointure ?\"}]\n",
	"locales/en.yaml":    "Ma pointure: My size\n",
}

// wireInstagram is an account on an emulated platform, and the settings of a bot that
// talks on it.
func wireInstagram(t *testing.T) (*emulator.Platform, map[string]string) {
	t.Helper()
	platform, env := wirePlatform(t, func(c *emulator.Config) { c.Instagram, c.PageID, c.Name = true, wireAccount, "Foulée" })
	out := map[string]string{}
	for name, value := range env {
		out[strings.Replace(name, "MESSENGER_", "INSTA_", 1)] = value
	}
	out["INSTA_PAGE_ID"] = wireAccount
	return platform, out
}

// onRoad lets the account be reached through a Page, or by its owner's login.
func onRoad(linked bool, platform *emulator.Platform, env map[string]string) {
	delete(env, "INSTA_LINKED_PAGE_ID")
	if linked {
		env["INSTA_LINKED_PAGE_ID"] = wirePage
		platform.SetApp(func(a *emulator.App) { a.Linked = wirePage })
	}
}

// TestAnAccountOfInstagramHasAProfile of ice breakers and a menu, on both roads.
func TestAnAccountOfInstagramHasAProfile(t *testing.T) {
	t.Parallel()
	const left = "warning: left out: the greeting: Instagram shows none\n"
	const whole = `ice breaker: Ma pointure → go hello
ice breaker en_GB: My size → go hello
ice breaker en_US: My size → go hello
menu: Ma pointure → go hello
menu: La boutique → https://foulee.example
menu en_GB: My size → go hello
menu en_GB: La boutique → https://foulee.example
menu en_US: My size → go hello
menu en_US: La boutique → https://foulee.example
`
	all := "+ " + strings.ReplaceAll(strings.TrimSuffix(whole, "\n"), "\n", "\n+ ") + "\n"
	for _, linked := range []bool{false, true} {
		platform, env := wireInstagram(t)
		onRoad(linked, platform, env)
		dir := writeBot(t, accountBot, "")
		for i, step := range []struct {
			verb  string
			code  int
			calls int
			want  string
		}{
			{"show", exitFine, 2, "The account shows nothing yet: relance profile push\n"},
			{"push", exitFine, 3, left + all},
			{"show", exitFine, 2, whole},
			{"diff", exitFine, 2, left + "The account shows what bot.yaml says.\n"},
		} {
			if step.verb == "diff" && linked { // the menu goes from bot.yaml
				rewrite(t, dir+"/bot.yaml", `    menu: [{label: Ma pointure, go: hello}, {label: La boutique, open: "https://foulee.example"}]`+"\n", "")
				_, goes, _ := strings.Cut(whole, "en_US: My size → go hello\n")
				step.verb, step.want, step.calls = "push", left+"- "+strings.ReplaceAll(strings.TrimSuffix(goes, "\n"), "\n", "\n- ")+"\n", 3
			}
			before := len(platform.Log())
			code, out := cli(t, env, "profile", step.verb, dir)
			if diff := cmp.Diff(step.want, out); code != step.code || diff != "" {
				t.Errorf("linked %t, %d: profile %s exits %d, want %d (-want +got):\n%s", linked, i, step.verb, code, step.code, diff)
			}
			if calls := len(platform.Log()) - before; calls != step.calls {
				t.Errorf("linked %t, %d: profile %s makes %d calls, want %d", linked, i, step.verb, calls, step.calls)
			}
		}
	}
}

// TestConnectSaysWhatIsWrongWithAnAccount on either road; testdata/connect_account.golden
// has what is printed for each.
func TestConnectSaysWhatIsWrongWithAnAccount(t *testing.T) {
	t.Parallel()
	platform, env := wireInstagram(t)
	bot := startBot(t, writeBot(t, accountBot, ""), env)
	ours := bot.base + "/webhooks/instagram"
	var out strings.Builder
	for _, tt := range []struct {
		name   string
		linked bool
		app    func(*emulator.App)
		env    map[string]string
		flags  []string
		gone   bool // it is subscribed to nothing
	}{
		{name: "through a Page, all is well", linked: true},
		{name: "the Page is linked to nobody", linked: true, app: func(a *emulator.App) { a.Account = "none" }},
		{name: "the Page is linked to another account", linked: true, app: func(a *emulator.App) { a.Account = "17841400000000099" }},
		{name: "the token of another Page", linked: true, app: func(a *emulator.App) { a.Owner = "555000111" }},
		{name: "no permissions for Instagram", linked: true, app: func(a *emulator.App) { a.Scopes = []string{"pages_messaging", "pages_manage_metadata"} }},
		{name: "the app has a webhook elsewhere", linked: true, app: func(a *emulator.App) { a.Webhook = "https://old.example/hook" }},
		{name: "the app's webhook lacks fields", linked: true, app: func(a *emulator.App) { a.Fields = []string{"messages", "comments"} }},
		{name: "the Page is not subscribed, and --check", linked: true, gone: true, flags: []string{"--check"}},
		{name: "the Page is not subscribed", linked: true, gone: true},
		{name: "it is now", linked: true},
		{name: "--webhook mends it", linked: true, app: func(a *emulator.App) {
			a.Webhook, a.Fields, a.Ask = "", []string{}, getOf
		}, flags: []string{"--webhook"}},

		{name: "by login, all that can be asked is well"},
		{name: "by login, another account", env: map[string]string{"INSTA_PAGE_ID": "17841400000000077"}},
		{name: "by login, a token that is none", env: map[string]string{"INSTA_ACCESS_TOKEN": "nonsense"}},
		{name: "by login, no permission to subscribe", app: func(a *emulator.App) { a.Scopes = []string{"instagram_business_manage_messages"} }},
		{name: "by login, nobody answers at PUBLIC_URL", env: map[string]string{"PUBLIC_URL": "http://127.0.0.1:1"}},
		{name: "by login, PUBLIC_URL is not set", env: map[string]string{"PUBLIC_URL": ""}},
		{name: "by login, not subscribed, and --check", gone: true, flags: []string{"--check"}},
		{name: "by login, not subscribed", gone: true},
		{name: "by login, and --webhook", flags: []string{"--webhook"}},
	} {
		vars := maps.Clone(env)
		vars["PUBLIC_URL"] = bot.base
		platform.SetApp(func(a *emulator.App) { *a = emulator.App{Name: "Boutique", Webhook: ours} })
		onRoad(tt.linked, platform, vars)
		maps.Copy(vars, tt.env)
		if tt.gone {
			unsubscribe(t, platform)
		}
		if tt.app != nil {
			platform.SetApp(tt.app)
		}
		var printed output
		a := newApp(vars, &printed)
		a.clock = stoppedClock{at: setupDay}
		code := a.execute(t.Context(), append([]string{"connect", bot.dir}, tt.flags...))
		text := strings.ReplaceAll(printed.String(), bot.base, "SERVER")
		for _, secret := range []string{wireToken, wireSecret, wireVerify} {
			if strings.Contains(text, secret) {
				t.Errorf("%s: a secret is printed:\n%s", tt.name, text)
			}
		}
		fmt.Fprintf(&out, "== %s (exit %d)\n%s\n", tt.name, code, text)
	}
	golden(t, "connect_account.golden", out.String())
}
