package cmd

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/relance-bot/relance/storage/postgres/pgtest"
)

// askingBot is a bot that asks the shop in the middle of a conversation.
var askingBot = map[string]string{
	"bot.yaml": `
name: Hobnail & Sons
locale: en
timezone: Europe/London
handlers:
  find: {post: "SHOP/find", out: {left: number}}
`,
	"flows/stock.yaml": `
triggers:
  - keywords: [stock]
steps:
  - say: I look.
  - call: find
    save: stock
    timeout: 2m
    on_error: [{say: "No: {{ error }}."}, {end: true}]
  - say: "{{ stock.left }} left."
`,
	"flows/echo.yaml": `
triggers:
  - pattern: said (?P<what>.+)
inputs: {what: text}
steps:
  - say: You said {{ what }}.
`,
}

// TestACallOutlivesTheProcessesThatMakeIt kills one process of the real binary after the
// other on PostgreSQL, each while the shop is being asked, and lets the shop answer the
// last. The shop hears one id, and the person one answer, before what they wrote since.
func TestACallOutlivesTheProcessesThatMakeIt(t *testing.T) {
	t.Parallel()
	const kills = 3
	asked := make(chan string, 10)
	var answers atomic.Bool
	shop := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body) // else nobody sees the caller die
		asked <- r.Header.Get("Idempotency-Key")
		if !answers.Load() {
			<-r.Context().Done()
			return
		}
		w.Header().Set("Content-Type", "application/json")
		fmt.Fprint(w, `{"left": 3}`)
	}))
	t.Cleanup(shop.Close)
	dir := writeBot(t, askingBot, shop.URL)
	g := newFakeGraph(t)
	env := g.account()
	env["RELANCE_DATABASE"], env["RELANCE_ALLOW_PRIVATE"] = pgtest.URL(t), "1"
	launch := func() *child {
		c := startChild(t, env, "run", dir, "--listen", "127.0.0.1:0")
		c.await(t)
		return c
	}
	said := 0
	says := func(by *child, text string) {
		t.Helper()
		said++
		event := fmt.Sprintf(`{"message":{"mid":"m_%d","text":%q}}`, said, text)
		if status := webhook(t, by.base, wireSecret, hook(wirePage, "24", time.Now(), event)); status != http.StatusOK {
			t.Fatalf("a webhook is answered %d", status)
		}
	}
	hears := func() string {
		t.Helper()
		select {
		case id := <-asked:
			return id
		case <-time.After(30 * time.Second):
			t.Fatal("the shop is not asked")
			return ""
		}
	}
	runs := launch()
	says(runs, "stock")
	id := hears()
	want := []string{"I look.", "3 left."}
	for i := range kills {
		says(runs, fmt.Sprint("said ", i))
		want = append(want, fmt.Sprintf("You said %d.", i))
		next := launch()
		answers.Store(i == kills-1)
		if err := runs.process.Kill(); err != nil {
			t.Fatal(err)
		}
		runs.wait(t)
		runs = next
		if again := hears(); again != id {
			t.Errorf("the shop is asked again under another id: %s, then %s", id, again)
		}
	}
	g.sends(t, len(want))
	if code := runs.terminate(t); code != exitFine {
		t.Errorf("exit code %d\n%s", code, runs.log)
	}
	if diff := cmp.Diff(want, g.texts(t)); diff != "" {
		t.Errorf("what the person sees (-want +got):\n%s", diff)
	}
	if n := len(asked); n > 0 {
		t.Errorf("the shop was asked %d times more", n)
	}
}

// writeBot writes a bot's files, with the address of its shop.
func writeBot(t *testing.T, files map[string]string, shop string) (dir string) {
	t.Helper()
	dir = t.TempDir()
	for name, text := range files {
		file := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(strings.ReplaceAll(text, "SHOP", shop)), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// texts are those of the messages that were sent, in order.
func (g *fakeGraph) texts(t *testing.T) (out []string) {
	t.Helper()
	g.mu.Lock()
	defer g.mu.Unlock()
	for _, call := range g.calls {
		var body struct{ Message struct{ Text string } }
		if call.method != http.MethodPost {
			continue
		}
		if err := json.Unmarshal([]byte(call.body), &body); err != nil {
			t.Fatal(err)
		}
		out = append(out, body.Message.Text)
	}
	return out
}
