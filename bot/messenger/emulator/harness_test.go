package emulator

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

const (
	testPage   = "1112223334445"
	testToken  = "page-token"
	testSecret = "app-secret"
)

// friday is when the tests begin: 27 March 2026, 18:00 in Paris.
var friday = time.Date(2026, time.March, 27, 17, 0, 0, 0, time.UTC)

type m = map[string]any

// bench is a platform with a clock, one person, and a bot that keeps what it is told.
type bench struct {
	t *testing.T
	*Platform
	zoe string

	mu     sync.Mutex
	now    time.Time
	bodies []string
	status func(n int) int // the bot's answer to its nth webhook, from 0; nil: 200
	answer func(event m)   // what the bot does with an event
}

// newBench starts a platform; change may adjust its Config.
func newBench(t *testing.T, change func(*Config)) *bench {
	t.Helper()
	b := &bench{t: t, now: friday}
	c := Config{
		PageID: testPage, AccessToken: testToken, AppSecret: testSecret, VerifyToken: "verify",
		Name: "Foulée", Now: b.clock, Deliver: b.deliver,
	}
	if change != nil {
		change(&c)
	}
	p, err := New(c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := p.Close(); err != nil {
			t.Error(err)
		}
	})
	b.Platform = p
	if old := p.People(); len(old) > 0 {
		b.zoe = old[0].PSID
	} else {
		b.zoe = p.Join("", "Zoé", "Martin", "fr_FR", "Europe/Paris")
	}
	return b
}

func (b *bench) clock() time.Time {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.now
}

func (b *bench) pass(d time.Duration) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.now = b.now.Add(d)
}

func (b *bench) set(t time.Time) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.now = t
}

func (b *bench) deliver(_ context.Context, header http.Header, body []byte) (int, error) {
	b.mu.Lock()
	n := len(b.bodies)
	b.bodies = append(b.bodies, string(body))
	status, answer := b.status, b.answer
	b.mu.Unlock()
	if want := "sha256=" + keyed(testSecret, string(body)); header.Get("X-Hub-Signature-256") != want {
		b.t.Errorf("the signature is not that of the body")
	}
	if status != nil {
		if s := status(n); s != http.StatusOK {
			return s, nil
		}
	}
	if answer != nil {
		answer(item(b.t, string(body)))
	}
	return http.StatusOK, nil
}

// told are the bodies that the bot got since the last call.
func (b *bench) told() []string {
	b.mu.Lock()
	defer b.mu.Unlock()
	bodies := b.bodies
	b.bodies = nil
	return bodies
}

// item is the one event of a body.
func item(t *testing.T, body string) m {
	t.Helper()
	var e struct {
		Entry []struct{ Messaging, Changes []m }
	}
	if err := json.Unmarshal([]byte(body), &e); err != nil || len(e.Entry) != 1 {
		t.Fatalf("no webhook body: %v\n%s", err, body)
	}
	all := append(e.Entry[0].Messaging, e.Entry[0].Changes...)
	if len(all) != 1 {
		t.Fatalf("%d events in one body", len(all))
	}
	return all[0]
}

// reply is the answer to a Graph call.
type graphReply struct {
	Status    int    `json:"-"` // HTTP
	MessageID string `json:"message_id"`
	Recipient string `json:"recipient_id"`
	Error     struct {
		Message   string
		Code      int
		Subcode   int `json:"error_subcode"`
		Transient bool
	}
	header http.Header
	body   m
}

// code writes an error as tables do: "10/2018278", "100", "" for none.
func (r graphReply) code() string {
	switch {
	case r.Error.Code == 0:
		return ""
	case r.Error.Subcode == 0:
		return strconv.Itoa(r.Error.Code)
	}
	return strconv.Itoa(r.Error.Code) + "/" + strconv.Itoa(r.Error.Subcode)
}

func jsonOf(v any) string {
	text, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return string(text)
}

// call makes a Graph call with a valid token and proof.
func (b *bench) call(method, path string, body any) (graphReply, error) {
	b.t.Helper()
	var reader io.Reader
	if body != nil {
		reader = bytes.NewReader([]byte(jsonOf(body)))
	}
	mark := "?"
	if strings.Contains(path, "?") {
		mark = "&"
	}
	r, err := http.NewRequest(method, "https://graph.facebook.com/v25.0/"+path+mark+"appsecret_proof="+keyed(testSecret, testToken), reader)
	if err != nil {
		b.t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+testToken)
	r.Header.Set("Content-Type", "application/json")
	return b.do(r)
}

func (b *bench) do(r *http.Request) (graphReply, error) {
	b.t.Helper()
	response, err := (&http.Client{Transport: b.RoundTripper()}).Do(r)
	if err != nil {
		return graphReply{}, err
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		b.t.Fatal(err)
	}
	out := graphReply{Status: response.StatusCode, header: response.Header}
	if err := errors.Join(json.Unmarshal(text, &out), json.Unmarshal(text, &out.body)); err != nil {
		b.t.Fatalf("%v\n%s", err, text)
	}
	return out, nil
}

// send posts to the Send API.
func (b *bench) send(body m) graphReply {
	b.t.Helper()
	r, err := b.call(http.MethodPost, testPage+"/messages", body)
	if err != nil {
		b.t.Fatal(err)
	}
	return r
}

// must is send for what has to be accepted.
func (b *bench) must(body m) graphReply {
	b.t.Helper()
	r := b.send(body)
	if r.Error.Code != 0 {
		b.t.Fatalf("refused: %s %s", r.code(), r.Error.Message)
	}
	return r
}

func to(psid string, message m) m {
	return m{"recipient": m{"id": psid}, "messaging_type": "RESPONSE", "message": message}
}

func byToken(token string, message m) m {
	return m{"recipient": m{"notification_messages_token": token}, "message": message}
}

func template(payload m) m {
	return m{"attachment": m{"type": "template", "payload": payload}}
}

func optIn(title string, more ...m) m {
	payload := m{"template_type": "notification_messages", "title": title, "payload": "request-1"}
	for _, fields := range more {
		for k, v := range fields {
			payload[k] = v
		}
	}
	return template(payload)
}

// quickly is a list of quick replies.
func quickly(labels ...string) []m {
	var list []m
	for _, label := range labels {
		list = append(list, m{"content_type": "text", "title": label, "payload": "P:" + label})
	}
	return list
}

// write lets Zoé write, which opens the window.
func (b *bench) write(text string) {
	b.t.Helper()
	if err := b.Write(b.zoe, text); err != nil {
		b.t.Fatal(err)
	}
}

// accepted lets Zoé accept a topic now and returns its token.
func (b *bench) accepted(title string) string {
	b.t.Helper()
	b.write("stock")
	b.must(to(b.zoe, optIn(title)))
	if err := b.Accept(b.zoe); err != nil {
		b.t.Fatal(err)
	}
	return b.Topics(b.zoe)[0].Token
}

// ok fails the test on an error.
func (b *bench) ok(err error) {
	b.t.Helper()
	if err != nil {
		b.t.Fatal(err)
	}
}
