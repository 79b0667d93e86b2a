package cmd

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/relance-bot/relance/bot/messenger/emulator"
)

var profiledBot = map[string]string{
	"bot.yaml": `name: Foulée
locale: fr
topics:
  restock: {title: Ta pointure est de retour}
channels:
  messenger:
    notifications: [recurring]
    greeting: "Bonjour {{ user_first_name }} !"
    ice_breakers: [{label: Ma pointure, go: hello}]
    menu: [{label: Ma pointure, go: hello, with: {size: 42}}, {label: Stop, opt_out: all}, {label: La boutique, open: "https://foulee.example"}, {label: Appeler, phone: "+33 1 23 45 67 89"}]
`,
	"flows/hello.yaml": "inputs: {size: number}\ntriggers: [start: true]\nsteps: [{opt_in: restock}]\n",
	"locales/en.yaml": `"Bonjour {{ user_first_name }} !": "Hello {{user_first_name}}!"
Ma pointure: My size
`,
}

// TestTheProfileIsPushed plays the verbs one after the other: what each prints, and how
// many calls it makes.
func TestTheProfileIsPushed(t *testing.T) {
	t.Parallel()
	platform, env := wirePlatform(t, nil)
	dir := writeBot(t, profiledBot, "")
	const left = "warning: left out: the menu entry \"Appeler\": the platform's menu calls no number\n"
	const whole = `get started: start
greeting: Bonjour {{user_first_name}} !
greeting en_GB: Hello {{user_first_name}}!
greeting en_US: Hello {{user_first_name}}!
ice breaker: Ma pointure → go hello
ice breaker en_GB: My size → go hello
ice breaker en_US: My size → go hello
menu: Ma pointure → go hello with {"size":42}
menu: Stop → opt_out all
menu: La boutique → https://foulee.example
menu en_GB: My size → go hello with {"size":42}
menu en_GB: Stop → opt_out all
menu en_GB: La boutique → https://foulee.example
menu en_US: My size → go hello with {"size":42}
menu en_US: Stop → opt_out all
menu en_US: La boutique → https://foulee.example
`
	all := "+ " + strings.ReplaceAll(strings.TrimSuffix(whole, "\n"), "\n", "\n+ ") + "\n"
	for i, step := range []struct {
		verb   string
		change func() // of the bot, before
		code   int
		calls  int
		want   string
	}{
		{"show", nil, exitFine, 1, "The Page shows nothing yet: relance profile push\n"},
		{"diff", nil, exitFindings, 1, left + all},
		{"push", nil, exitFine, 2, left + all},
		{"show", nil, exitFine, 1, whole},
		{"push", nil, exitFine, 1, left + "The Page shows what bot.yaml says.\n"},
		{"push", func() {
			rewrite(t, filepath.Join(dir, "bot.yaml"), `    greeting: "Bonjour {{ user_first_name }} !"`+"\n", "")
			rewrite(t, filepath.Join(dir, "bot.yaml"), `, {label: Appeler, phone: "+33 1 23 45 67 89"}`, "")
			rewrite(t, filepath.Join(dir, "bot.yaml"), `label: Stop`, "label: Arrêter")
			rewrite(t, filepath.Join(dir, "locales", "en.yaml"), `"Bonjour {{ user_first_name }} !": "Hello {{user_first_name}}!"`+"\n", "Arrêter: Stop\n")
		}, exitFine, 3, `- greeting: Bonjour {{user_first_name}} !
- greeting en_GB: Hello {{user_first_name}}!
- greeting en_US: Hello {{user_first_name}}!
- menu: Stop → opt_out all
+ menu: Arrêter → opt_out all
`},
		{"diff", nil, exitFine, 1, "The Page shows what bot.yaml says.\n"},
	} {
		if step.change != nil {
			step.change()
		}
		before := len(platform.Log())
		code, out := cli(t, env, "profile", step.verb, dir)
		if diff := cmp.Diff(step.want, out); code != step.code || diff != "" {
			t.Errorf("%d: profile %s exits %d, want %d (-want +got):\n%s", i, step.verb, code, step.code, diff)
		}
		if calls := len(platform.Log()) - before; calls != step.calls {
			t.Errorf("%d: profile %s makes %d calls, want %d", i, step.verb, calls, step.calls)
		}
	}
	// The eleventh call within ten minutes.
	if code, out := cli(t, env, "profile", "diff", dir); code != exitFailed || !strings.Contains(out, "613") {
		t.Errorf("beyond ten calls: exit %d\n%s", code, out)
	}
}

// TestWhatIsPushedIsUnderstood taps what was pushed: its payloads are those of buttons.
func TestWhatIsPushedIsUnderstood(t *testing.T) {
	t.Parallel()
	var told []string
	platform, env := wirePlatform(t, func(c *emulator.Config) { c.Deliver = keepBodies(&told) })
	dir := writeBot(t, profiledBot, "")
	if code, out := cli(t, env, "profile", "push", dir); code != exitFine {
		t.Fatalf("exit %d\n%s", code, out)
	}
	zoe := platform.Join("", "Zoé", "", "fr_FR", "")
	if err := platform.Tap(zoe, "Stop"); err != nil {
		t.Fatal(err)
	}
	if len(told) != 1 || !strings.Contains(told[0], `relance:{\"opt_out\":\"all\"}`) {
		t.Errorf("the tap is told as %v", told)
	}
}

// TestTheProfileNeedsAPage of its own, and a permission.
func TestTheProfileNeedsAPage(t *testing.T) {
	t.Parallel()
	_, env := wirePlatform(t, func(c *emulator.Config) { c.App.Scopes = []string{"pages_manage_metadata"} })
	dir := writeBot(t, profiledBot, "")
	for name, tt := range map[string]struct {
		env  map[string]string
		want string
	}{
		"no Page":       {nil, "set the MESSENGER_ variables"},
		"no permission": {env, "Page " + wirePage + ": profile: error 200"},
	} {
		code, out := cli(t, tt.env, "profile", "push", dir)
		if code != exitFailed || !strings.Contains(out, tt.want) || strings.Contains(out, wireToken) {
			t.Errorf("%s: exit %d\n%s", name, code, out)
		}
	}
}

// TestOnePageThatRefusesDoesNotHideTheOthers, and is named.
func TestOnePageThatRefusesDoesNotHideTheOthers(t *testing.T) {
	t.Parallel()
	env := wirePages(t)
	env["PARIS_ACCESS_TOKEN"] = "nonsense"
	dir := writeBot(t, profiledBot, "")
	rewrite(t, filepath.Join(dir, "bot.yaml"), "  messenger:\n", "  paris: {type: messenger}\n  lyon:\n    type: messenger\n")
	code, out := cli(t, env, "profile", "show", dir)
	if code != exitFailed || !strings.Contains(out, "lyon (Page "+wirePage+"1):\nThe Page shows nothing yet") || !strings.Contains(out, "relance: Page "+wirePage+"0: profile: error 190") {
		t.Errorf("exit %d\n%s", code, out)
	}
}

// TestWhoSetsNoPageIsToldWhichVariables its channels read.
func TestWhoSetsNoPageIsToldWhichVariables(t *testing.T) {
	t.Parallel()
	dir := copyBot(t, "testdata/language/instagram")
	for _, verb := range [][]string{{"profile", "show"}, {"connect"}, {"templates", "list"}} {
		code, out := cli(t, nil, append(verb, dir)...)
		if code != exitFailed || !strings.Contains(out, "set the PARIS_, LYON_ and INSTAGRAM_ variables") {
			t.Errorf("%s: exit %d\n%s", verb, code, out)
		}
	}
}
