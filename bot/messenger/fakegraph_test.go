package messenger

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"sync"
	"testing"
)

// fakeGraph is the other end of the wire: it records requests and answers what a
// test wants.
type fakeGraph struct {
	server *httptest.Server
	mu     sync.Mutex
	seen   []recorded
}

type recorded struct {
	method, path string
	query        url.Values
	header       http.Header
	body         string
}

// answer writes what the platform answers to one request.
type answer = http.HandlerFunc

func newFakeGraph(t *testing.T, reply answer) *fakeGraph {
	t.Helper()
	f := &fakeGraph{}
	f.server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		f.mu.Lock()
		f.seen = append(f.seen, recorded{r.Method, r.URL.Path, r.URL.Query(), r.Header, string(body)})
		f.mu.Unlock()
		reply(w, r)
	}))
	t.Cleanup(f.server.Close)
	return f
}

func (f *fakeGraph) channel(t *testing.T, c Config) *Channel {
	t.Helper()
	c.GraphURL = f.server.URL + "/v25.0"
	return newTestChannel(t, c)
}

func (f *fakeGraph) requests() []recorded {
	f.mu.Lock()
	defer f.mu.Unlock()
	return append([]recorded(nil), f.seen...)
}

// says answers with a status and a body.
func says(status int, body string) answer {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json; charset=UTF-8")
		w.WriteHeader(status)
		io.WriteString(w, body)
	}
}

// ok is the platform's answer to a message it took.
func ok(w http.ResponseWriter, r *http.Request) {
	says(http.StatusOK, `{"recipient_id":"20","message_id":"m_1"}`)(w, r)
}

// canonical writes JSON with its keys in order, to compare bodies.
func canonical(t *testing.T, body string) string {
	t.Helper()
	var v any
	if err := json.Unmarshal([]byte(body), &v); err != nil {
		t.Fatalf("%v in %q", err, body)
	}
	out, err := json.MarshalIndent(v, "", " ")
	if err != nil {
		t.Fatal(err)
	}
	return string(out)
}
