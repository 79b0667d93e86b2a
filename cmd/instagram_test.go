package cmd

import (
	"cmp"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestEveryEventOfInstagramIsTakenAndNoneIsLost posts the bodies that bot/instagram knows,
// signed, to a bot that runs, and counts where their events went.
func TestEveryEventOfInstagramIsTakenAndNoneIsLost(t *testing.T) {
	t.Parallel()
	graph := newFakeGraph(t)
	dir := t.TempDir()
	if err := os.CopyFS(dir, os.DirFS("testdata/language/instagram")); err != nil {
		t.Fatal(err)
	}
	rewrite(t, filepath.Join(dir, "bot.yaml"), "  paris: {type: messenger, notifications: [recurring]}\n  lyon: {type: messenger, notifications: [recurring]}\n", "")
	b := startBot(t, dir, settingsOf(strings.TrimSuffix(graph.base, "/v25.0"), map[string]string{"instagram": "17841400000000010"}))
	r := newRecorder(t, b)
	files, err := filepath.Glob("../bot/instagram/testdata/*.json")
	if err != nil || len(files) < 25 {
		t.Fatalf("%d bodies, %v", len(files), err)
	}
	post := func(file string) string {
		body, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		status, _ := request(t, http.MethodPost, b.base+"/webhooks/instagram", http.Header{
			"Content-Type": {"application/json"}, "X-Hub-Signature-256": {"sha256=" + hmacHex("secret-17841400000000010", string(body))},
		}, body)
		if status != http.StatusOK {
			t.Errorf("%s is answered with %d", filepath.Base(file), status)
		}
		before, after := r.last, r.now()
		r.last = after
		switch {
		case after.failed > before.failed:
			return "failed"
		case after.stored == before.stored+1:
			return "taken" // a receipt of what is not ours is kept as well
		case after.ignored == before.ignored+1:
			return "ignored"
		case after.duplicates == before.duplicates+1:
			return "duplicate"
		case after.strays == before.strays+1:
			return "kept"
		}
		return "lost"
	}
	want := map[string]string{"comment": "ignored", "live_comment": "ignored", "own_comment": "ignored", "mention": "kept", "of_a_page": "kept", "unsent": "kept"}
	for _, file := range files {
		name := strings.TrimSuffix(filepath.Base(file), ".json")
		if got := post(file); got != cmp.Or(want[name], "taken") {
			t.Errorf("%s is %s, want %s", name, got, cmp.Or(want[name], "taken"))
		}
	}
	for _, file := range files { // the platform posts again what it is not sure about
		if got := post(file); got != "duplicate" && got != "ignored" {
			t.Errorf("%s, posted again, is %s", filepath.Base(file), got)
		}
	}
	status, _ := request(t, http.MethodPost, b.base+"/webhooks/instagram", http.Header{"Content-Type": {"application/json"}}, []byte(`{"object":"instagram","entry":[]}`))
	if status != http.StatusForbidden {
		t.Errorf("without a signature: %d, want 403", status)
	}
	status, _ = request(t, http.MethodPost, b.base+"/webhooks/messenger", http.Header{"Content-Type": {"application/json"}}, []byte(`{}`))
	if status != http.StatusNotFound {
		t.Errorf("a bot without a Page answers /webhooks/messenger with %d, want 404", status)
	}
}

// TestEachChannelHasItsPhone: with no variables set every Page and account is emulated, and
// the first has the plain address.
func TestEachChannelHasItsPhone(t *testing.T) {
	t.Parallel()
	b := startBot(t, copyBot(t, "testdata/language/instagram"), nil)
	for channel, phone := range map[string]string{"paris": "/phone", "lyon": "/phone/at/lyon", "instagram": "/phone/at/instagram"} {
		if line := "Phone:    " + b.base + phone + " (" + channel + ")\n"; !strings.Contains(b.out.String(), line) {
			t.Errorf("the bot does not say %q:\n%s", line, b.out)
		}
		if status, page := request(t, http.MethodGet, b.base+phone+"/", nil, nil); status != http.StatusOK || !strings.Contains(page, "<html") {
			t.Errorf("%s is answered with %d", phone, status)
		}
		h := joinsOn(t, b, phone, "Ann")
		h.writes("news")
		want := map[bool]string{true: "May I write to you about “What is new at Foulée”?", false: "What is new at Foulée"}[channel == "instagram"]
		h.sees(want)
	}
	if code := b.stop(); code != exitFine {
		t.Errorf("the bot exits %d:\n%s", code, b.out)
	}
}

// TestSomeChannelsAreNotEnough: either all speak for real accounts, or none does.
func TestSomeChannelsAreNotEnough(t *testing.T) {
	t.Parallel()
	dir := copyBot(t, "testdata/language/instagram")
	env := settingsOf("http://127.0.0.1:1", map[string]string{"paris": "101", "instagram": "17841400000000010"})
	code, out := cli(t, env, "run", dir, "--listen", "127.0.0.1:0")
	if code != exitFailed || !strings.Contains(out, "LYON_ACCESS_TOKEN, LYON_APP_SECRET, LYON_PAGE_ID, LYON_VERIFY_TOKEN") || strings.Contains(out, "PARIS_") {
		t.Errorf("exit %d: %s", code, out)
	}
	env = settingsOf("http://127.0.0.1:1", map[string]string{"paris": "101", "lyon": "101", "instagram": "17841400000000010"})
	if code, out := cli(t, env, "run", dir, "--listen", "127.0.0.1:0"); code != exitFailed || !strings.Contains(out, "messenger:101 stands twice") {
		t.Errorf("one Page under two names: exit %d: %s", code, out)
	}
	env = settingsOf("http://127.0.0.1:1", map[string]string{"paris": "101", "lyon": "102", "instagram": "17841400000000010"})
	env["INSTAGRAM_RECURRING"] = "maybe"
	if code, out := cli(t, env, "run", dir, "--listen", "127.0.0.1:0"); code != exitFailed || !strings.Contains(out, "INSTAGRAM_RECURRING is on or off") {
		t.Errorf("exit %d: %s", code, out)
	}
}

// TestAChannelMayHaveTheNameOfAnAddress of the first one's phone.
func TestAChannelMayHaveTheNameOfAnAddress(t *testing.T) {
	t.Parallel()
	b := startBot(t, shopOf(t, "  paris: {type: messenger}\n  chat: {type: messenger}\n  at: {type: messenger}\n"), nil)
	ann := joins(t, b, "Ann")
	ann.writes("hello")
	ann.sees("paris salue Ann")
	if status, chat := request(t, http.MethodGet, b.base+"/phone/chat?person="+ann.person, nil, nil); status != http.StatusOK || !strings.Contains(chat, "paris salue Ann") {
		t.Errorf("the chat of the first channel is answered with %d: %.80s", status, chat)
	}
	for _, name := range []string{"chat", "at"} {
		phone := regexp.MustCompile(`http://\S+(/phone\S*) \(` + name + `\)`).FindStringSubmatch(b.out.String())
		if phone == nil {
			t.Fatalf("the bot does not say where the phone of %s is:\n%s", name, b.out)
		}
		bob := joinsOn(t, b, phone[1], "Bob")
		bob.writes("hello")
		bob.sees(name + " salue Bob")
	}
}
