package cmd

import (
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/relance-bot/relance/bot/messenger/emulator"
)

const templatedBot = `name: Foulée
locale: en
topics:
  orders: {title: News of your orders}
channels:
  messenger: {notifications: [utility]}
templates:
  order_shipped:
    text:
      en_US: "Hi {{customer}}, your order {{order}} has left our house."
      fr_FR: "Bonjour {{customer}}, ta commande {{order}} est partie."
    example: {customer: Zoé, order: "1042"}
    buttons: [Track]
  order_late:
    text: {en_US: "Your order {{1}} comes a day late, for which you get free shipping promo."}
    example: {"1": "1042"}
`

// TestTemplatesAreSubmittedAndWatched against the emulated platform, served to a bot that
// takes it for the real one.
func TestTemplatesAreSubmittedAndWatched(t *testing.T) {
	t.Parallel()
	platform, err := emulator.New(emulator.Config{PageID: wirePage, AccessToken: wireToken, AppSecret: wireSecret})
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(platform.Graph())
	t.Cleanup(server.Close)
	env := map[string]string{
		"MESSENGER_PAGE_ID": wirePage, "MESSENGER_ACCESS_TOKEN": wireToken, "MESSENGER_APP_SECRET": wireSecret,
		"MESSENGER_VERIFY_TOKEN": wireVerify, "MESSENGER_GRAPH_URL": server.URL + "/v25.0",
	}
	dir := t.TempDir()
	for name, text := range map[string]string{"bot.yaml": templatedBot, "flows/hello.yaml": "triggers: [start: true]\nsteps: [{opt_in: orders}]\n"} {
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, step := range []struct {
		verb string
		code int
		want []string
	}{
		{"list", exitFine, []string{"order_late     en_US  not submitted", "order_shipped  en_US  not submitted", "order_shipped  fr_FR  not submitted"}},
		{"status", exitFindings, []string{"not submitted"}},
		{"push", exitFindings, []string{"order_late     en_US  rejected", "order_shipped  en_US  approved", "order_shipped  fr_FR  approved"}},
		{"list", exitFine, []string{"order_late     en_US  rejected: TAG_SHOULD_BE_MARKETING"}},
		{"status", exitFindings, []string{"rejected"}},
	} {
		code, out := cli(t, env, "templates", step.verb, dir)
		if code != step.code {
			t.Fatalf("templates %s exits %d, want %d:\n%s", step.verb, code, step.code, out)
		}
		for _, want := range step.want {
			if !strings.Contains(out, want) {
				t.Errorf("templates %s lacks %q:\n%s", step.verb, want, out)
			}
		}
		if strings.Contains(out, wireToken) {
			t.Errorf("templates %s shows the access token:\n%s", step.verb, out)
		}
	}
	if code, out := cli(t, nil, "templates", "list", dir); code != exitFailed || !strings.Contains(out, "real Page") {
		t.Errorf("without a Page: exit %d\n%s", code, out)
	}
}

// TestTemplatesOfSeveralPages are looked at on each, or on the one that is named.
func TestTemplatesOfSeveralPages(t *testing.T) {
	t.Parallel()
	env := wirePages(t)
	dir := writeBot(t, map[string]string{
		"bot.yaml":         strings.Replace(templatedBot, "  messenger: {notifications: [utility]}", "  paris: {type: messenger, notifications: [utility]}\n  lyon: {type: messenger, notifications: [utility]}", 1),
		"flows/hello.yaml": "triggers: [start: true]\nsteps: [{opt_in: orders}]\n",
	}, "")
	for _, step := range []struct {
		args string
		code int
		want []string // of both channels together
	}{
		{"push --channel lyon", exitFindings, []string{"order_shipped  en_US  approved"}},
		{"list", exitFine, []string{"paris (Page " + wirePage + "0):\n", "order_shipped  en_US  not submitted", "lyon (Page " + wirePage + "1):\n", "order_shipped  en_US  approved"}},
		{"list --json", exitFine, []string{`"channel": "paris"`, `"channel": "lyon"`}},
		{"status", exitFindings, []string{"not submitted"}},
		{"list --channel nice", exitUsage, []string{"no Page of the name \"nice\""}},
	} {
		words := strings.Fields(step.args)
		code, out := cli(t, env, append([]string{"templates", words[0], dir}, words[1:]...)...)
		if code != step.code {
			t.Errorf("templates %s exits %d, want %d:\n%s", step.args, code, step.code, out)
		}
		for _, want := range step.want {
			if !strings.Contains(out, want) {
				t.Errorf("templates %s lacks %q:\n%s", step.args, want, out)
			}
		}
	}
}
