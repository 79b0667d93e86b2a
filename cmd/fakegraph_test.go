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
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/relance-bot/relance/bot"
	"github.com/relance-bot/relance/bot/messenger"
	"github.com/relance-bot/relance/flows"
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
	// Each call of a batch is one; there unanswered makes its entry null.
	answer func(n int, call graphCall) (status int, body string)

	mu    sync.Mutex
	calls []graphCall
}

const unanswered = -1

// graphCall is one request as it came, or one call of a batch: with the header and
// the query of the whole, and its form as one JSON object.
type graphCall struct {
	method, path string
	query        url.Values
	header       http.Header
	body         string
	batched      bool
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
	w.Header().Set("Content-Type", "application/json; charset=UTF-8")
	call := graphCall{r.Method, r.URL.Path, r.URL.Query(), r.Header, string(body), false}
	if call.method == http.MethodPost && call.path == "/graph/" {
		g.batch(w, call)
		return
	}
	status, answer := g.take(call)
	w.WriteHeader(status)
	fmt.Fprint(w, answer)
}

// take records a call and says how it is answered.
func (g *fakeGraph) take(call graphCall) (status int, body string) {
	g.mu.Lock()
	g.calls = append(g.calls, call)
	n := len(g.calls)
	g.mu.Unlock()
	if g.answer != nil {
		if status, body := g.answer(n, call); status != 0 {
			return status, body
		}
	}
	if call.method == http.MethodGet {
		return http.StatusOK, `{"first_name":"Zoé","last_name":"Martin","locale":"fr_FR","timezone":1,"id":"24"}`
	}
	return http.StatusOK, fmt.Sprintf(`{"recipient_id":"24","message_id":"mid.$wire-%d"}`, n)
}

// batch takes the calls of a batch, the last first: the platform promises no order.
// Its token is that of each.
func (g *fakeGraph) batch(w http.ResponseWriter, whole graphCall) {
	var calls []struct {
		Method string
		URL    string `json:"relative_url"`
		Body   string
	}
	form, err := url.ParseQuery(whole.body)
	if err == nil {
		err = json.Unmarshal([]byte(form.Get("batch")), &calls)
	}
	if err != nil || len(calls) == 0 || len(calls) > 50 || form.Get("include_headers") != "false" ||
		whole.header.Get("Authorization") != "Bearer "+form.Get("access_token") {
		w.WriteHeader(http.StatusBadRequest)
		fmt.Fprint(w, `{"error":{"message":"(#100) batch","type":"OAuthException","code":100,"fbtrace_id":"A1"}}`)
		return
	}
	entries := make([]any, len(calls))
	for i, c := range slices.Backward(calls) {
		call := graphCall{c.Method, whole.path + c.URL, whole.query, whole.header, formAsJSON(c.Body), true}
		if status, body := g.take(call); status != unanswered {
			entries[i] = map[string]any{"code": status, "body": body}
		}
	}
	if err := json.NewEncoder(w).Encode(entries); err != nil {
		return // nobody to tell: the bot has left
	}
}

// formAsJSON writes a form, whose values are JSON or words, as one object.
func formAsJSON(body string) string {
	form, err := url.ParseQuery(body)
	if err != nil {
		return err.Error()
	}
	fields := map[string]any{}
	for name := range form {
		fields[name] = form.Get(name)
		if json.Valid([]byte(form.Get(name))) {
			fields[name] = json.RawMessage(form.Get(name))
		}
	}
	text, err := json.Marshal(fields)
	if err != nil {
		return err.Error()
	}
	return string(text)
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

// TestTheFakeGraphTakesBatches sends two notifications and a third that gets no
// answer.
func TestTheFakeGraphTakesBatches(t *testing.T) {
	t.Parallel()
	graph := startFakeGraph(t, &fakeGraph{answer: func(n int, _ graphCall) (int, string) {
		return map[int]int{1: unanswered, 2: http.StatusBadRequest}[n], `{"error":{"code":551}}`
	}})
	page, err := messenger.New(messenger.Config{
		PageID: wirePage, AccessToken: wireToken, AppSecret: wireSecret, VerifyToken: wireVerify, GraphURL: graph.base,
	})
	if err != nil {
		t.Fatal(err)
	}
	notification := bot.Delivery{ID: "notification", Person: "24", Lane: "recurring", Token: "5931742809931",
		Message: flows.Message{Kind: flows.Text, Text: "La pointure 42 & plus"}}
	outs := page.SendBatch(t.Context(), []bot.Delivery{notification, notification, notification})
	want := []bot.Outcome{
		{Status: bot.Accepted, MID: "mid.$wire-3"},
		{Status: bot.Refused, Class: bot.ClassUnreachable, Code: "551"},
		{Status: bot.Unknown, Code: "null"},
	}
	if diff := cmp.Diff(want, outs); diff != "" {
		t.Error(diff)
	}
	call := graph.sends(t, 3)
	call.is(t, `{"recipient":{"notification_messages_token":"5931742809931"},"message":{"text":"La pointure 42 & plus","metadata":"…"}}`)
	proved(t, call)
	if want := "/graph/v25.0/" + wirePage + "/messages"; call.path != want || !call.batched {
		t.Errorf("posted to %s, want %s", call.path, want)
	}
}
