package cmd

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// The Page of the tests that speak the wire by hand.
const (
	wirePage   = "104052009337321"
	wireToken  = "EAAB-wire-page-token"
	wireSecret = "0f1e2d3c4b5a69788796a5b4c3d2e1f0"
	wireVerify = "wire-verify-token"
)

// fakeGraph is a Graph endpoint written down by hand from Meta's pages: it records
// what it is asked, accepts every message and knows everybody as Zoé.
type fakeGraph struct {
	base string // of all calls, with a path of its own
	// answer, if set, answers the n-th call in its own way; status 0 leaves it to g.
	answer func(n int, call graphCall) (status int, body string)

	mu    sync.Mutex
	calls []graphCall
}

// graphCall is one request as it came.
type graphCall struct {
	method, path string
	query        url.Values
	header       http.Header
	body         string
}

func newFakeGraph(t *testing.T) *fakeGraph { return startFakeGraph(t, &fakeGraph{}) }

func startFakeGraph(t *testing.T, g *fakeGraph) *fakeGraph {
	t.Helper()
	server := httptest.NewServer(g)
	t.Cleanup(server.Close)
	g.base = server.URL + "/graph/v25.0"
	return g
}

// account are the settings of a bot that speaks to g as to its Page.
func (g *fakeGraph) account() map[string]string {
	return map[string]string{
		"MESSENGER_PAGE_ID": wirePage, "MESSENGER_ACCESS_TOKEN": wireToken, "MESSENGER_APP_SECRET": wireSecret,
		"MESSENGER_VERIFY_TOKEN": wireVerify, "MESSENGER_GRAPH_URL": g.base,
	}
}

// ServeHTTP implements http.Handler.
func (g *fakeGraph) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return
	}
	call := graphCall{r.Method, r.URL.Path, r.URL.Query(), r.Header, string(body)}
	g.mu.Lock()
	g.calls = append(g.calls, call)
	n := len(g.calls)
	g.mu.Unlock()
	w.Header().Set("Content-Type", "application/json; charset=UTF-8")
	if g.answer != nil {
		if status, body := g.answer(n, call); status != 0 {
			w.WriteHeader(status)
			fmt.Fprint(w, body)
			return
		}
	}
	if r.Method == http.MethodGet {
		fmt.Fprint(w, `{"first_name":"Zoé","last_name":"Martin","locale":"fr_FR","timezone":1,"id":"24"}`)
		return
	}
	fmt.Fprintf(w, `{"recipient_id":"24","message_id":"mid.$wire-%d"}`, n)
}

// sends waits until so many messages were sent, and returns the last of them.
func (g *fakeGraph) sends(t *testing.T, n int) graphCall {
	t.Helper()
	for deadline := time.Now().Add(20 * time.Second); ; time.Sleep(2 * time.Millisecond) {
		g.mu.Lock()
		var posts []graphCall
		for _, call := range g.calls {
			if call.method == http.MethodPost {
				posts = append(posts, call)
			}
		}
		g.mu.Unlock()
		if len(posts) >= n {
			return posts[n-1]
		}
		if time.Now().After(deadline) {
			t.Fatalf("%d messages were sent, want %d", len(posts), n)
		}
	}
}

// message is the body of a call in a form that can be compared: what differs from
// run to run, the id in metadata and the payloads, is taken out and returned.
func (c graphCall) message(t *testing.T) (body map[string]any, metadata string, payloads map[string]string) {
	t.Helper()
	if err := json.Unmarshal([]byte(c.body), &body); err != nil {
		t.Fatalf("%v in %s", err, c.body)
	}
	payloads = map[string]string{}
	blank(body, payloads)
	if message, ok := body["message"].(map[string]any); ok {
		metadata, _ = message["metadata"].(string)
		message["metadata"] = "…"
	}
	return body, metadata, payloads
}

// blank replaces every payload that is a text, and notes it by its title.
func blank(v any, payloads map[string]string) {
	switch v := v.(type) {
	case []any:
		for _, item := range v {
			blank(item, payloads)
		}
	case map[string]any:
		if payload, ok := v["payload"].(string); ok {
			title, _ := v["title"].(string)
			payloads[title], v["payload"] = payload, "…"
		}
		for _, item := range v {
			blank(item, payloads)
		}
	}
}

// is compares a call's body with JSON, payloads and metadata aside.
func (c graphCall) is(t *testing.T, want string) (payloads map[string]string) {
	t.Helper()
	var wanted map[string]any
	if err := json.Unmarshal([]byte(want), &wanted); err != nil {
		t.Fatal(err)
	}
	got, metadata, payloads := c.message(t)
	if diff := cmp.Diff(wanted, got); diff != "" {
		t.Errorf("the message differs:\n%s", diff)
	}
	if n := len(metadata); n < 8 || n > 999 {
		t.Errorf("metadata has %d characters: it carries the id of the message", n)
	}
	for title, payload := range payloads {
		if n := len([]rune(payload)); n < 1 || n > 1000 {
			t.Errorf("the payload of %q has %d characters", title, n)
		}
	}
	return payloads
}

// hmacHex is what Meta calls a SHA256 signature: hex, in lower case.
func hmacHex(key, text string) string {
	mac := hmac.New(sha256.New, []byte(key))
	mac.Write([]byte(text))
	return hex.EncodeToString(mac.Sum(nil))
}

// webhook posts a body to a bot, signed with a secret, and returns the status.
func webhook(t *testing.T, base, secret, body string) int {
	t.Helper()
	status, _ := request(t, http.MethodPost, base+"/webhooks/messenger", http.Header{
		"Content-Type": {"application/json"}, "X-Hub-Signature-256": {"sha256=" + hmacHex(secret, body)},
	}, []byte(body))
	return status
}

// hook wraps one event of a person the way the platform posts it.
func hook(page, person string, at time.Time, event string) string {
	var b bytes.Buffer
	fmt.Fprintf(&b, `{"object":"page","entry":[{"id":%q,"time":%d,"messaging":[{"sender":{"id":%q},"recipient":{"id":%q},"timestamp":%d,`,
		page, at.UnixMilli(), person, page, at.UnixMilli())
	b.WriteString(strings.TrimPrefix(event, "{"))
	b.WriteString(`]}]}`)
	return b.String()
}
