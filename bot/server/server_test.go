package server

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/relance-bot/relance/bot"
)

// fakeBot is a bot that remembers what it was given.
type campaigner = Campaigns

type fakeBot struct {
	campaigner // of those that have any

	receive func(channel string, header http.Header, body []byte) error
	refuse  error // of everything else

	mu     sync.Mutex
	bodies []string
	events []bot.ShopEvent
	asked  []string
}

func (f *fakeBot) Receive(_ context.Context, channel string, header http.Header, body []byte) error {
	f.mu.Lock()
	f.bodies = append(f.bodies, string(body))
	f.mu.Unlock()
	if f.receive == nil {
		return nil
	}
	return f.receive(channel, header, body)
}

func (f *fakeBot) Events(_ context.Context, events []bot.ShopEvent) (accepted, duplicates int, err error) {
	if f.refuse != nil {
		return 0, 0, f.refuse
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, e := range events {
		twice := false
		for _, old := range f.events {
			twice = twice || old.ID == e.ID
		}
		if twice {
			duplicates++
			continue
		}
		accepted++
		f.events = append(f.events, e)
	}
	return accepted, duplicates, nil
}

func (f *fakeBot) note(what string) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.asked = append(f.asked, what)
	return f.refuse
}

func (f *fakeBot) Contact(_ context.Context, id string) (bot.ContactView, error) {
	return bot.ContactView{ID: id, FirstName: "Zoé"}, f.note("contact " + id)
}

func (f *fakeBot) Export(_ context.Context, id string) (bot.Export, error) {
	return bot.Export{Contact: bot.ContactView{ID: id}}, f.note("export " + id)
}

func (f *fakeBot) Contacts(_ context.Context, after string, limit int) ([]bot.ContactView, error) {
	return []bot.ContactView{{ID: "messenger:1:2"}}, f.note(strings.Join([]string{"contacts", after, strconv.Itoa(limit)}, " "))
}

func (f *fakeBot) Why(_ context.Context, id, flow string) ([]bot.DecisionView, error) {
	return []bot.DecisionView{}, f.note(strings.Join([]string{"why", id, flow}, " "))
}

func (f *fakeBot) Receipt(_ context.Context, id string) (bot.Receipt, error) {
	return bot.Receipt{Contact: id}, f.note("receipt " + id)
}

func (f *fakeBot) VerifyLedger(_ context.Context, noted map[string][]bot.Mark) ([]bot.Chain, error) {
	return []bot.Chain{}, f.note(fmt.Sprintf("verify %v", noted))
}

func (f *fakeBot) ExportLedger(_ context.Context, w io.Writer) error {
	_, _ = io.WriteString(w, "{}\n") // to memory
	return f.note("ledger")
}

func (f *fakeBot) About() bot.About { return bot.About{Name: "Foulée", Timezone: "Europe/Paris"} }

func (f *fakeBot) Withdraw(_ context.Context, id string, w bot.Withdrawal) ([]bot.ConsentView, error) {
	return []bot.ConsentView{{Topic: w.Topic, Status: bot.StatusStopped}}, f.note(fmt.Sprintf("withdraw %s %s %s %s", id, w.Topic, w.At.Format(time.DateOnly), w.Source))
}

func (f *fakeBot) Forget(_ context.Context, id string) error { return f.note("forget " + id) }

func (f *fakeBot) Decisions(_ context.Context, contact, flow string, limit int) ([]bot.DecisionView, error) {
	at := time.Date(2026, 3, 30, 9, 0, 0, 0, time.FixedZone("CEST", 7200))
	return []bot.DecisionView{
		{Kind: "sent", Lane: "recurring", At: at, Flow: "monday", Occurrence: "2026-03-30T09:00", Contact: "messenger:1:2", Text: "Sent on Monday."},
		{Kind: "held", Rule: "cadence", At: at, Next: at.AddDate(0, 0, 7), Flow: "monday", Contact: "messenger:1:3"},
	}, f.note(strings.Join([]string{"decisions", contact, flow, time.Duration(limit).String()}, " "))
}

func (f *fakeBot) Condition(context.Context) (bot.Condition, error) {
	if f.refuse != nil {
		return bot.Condition{}, f.refuse
	}
	return bot.Condition{
		Inputs: 3, InputSince: f.Now().Add(-2 * time.Second), Unsealed: 1, UnsealedSince: f.Now().Add(time.Second),
		Resting: []bot.Resting{{Page: "messenger:1", Reason: "token"}}, Shut: []bot.ShutLane{{Page: "messenger:1", Lane: "marketing"}},
	}, nil
}

func (f *fakeBot) Now() time.Time { return time.Date(2026, 3, 27, 18, 0, 0, 0, time.UTC) }

// build makes a server over a bot, a fake one if there is none.
func build(t *testing.T, c Config) *Server {
	t.Helper()
	if c.Bot == nil {
		c.Bot = &fakeBot{}
	}
	if c.Webhooks == nil {
		c.Webhooks = []Webhook{{Channel: "messenger", Handshake: func(q url.Values) (string, error) {
			if q.Get("hub.verify_token") != "secret-verify" {
				return "", errors.New("handshake refused")
			}
			return q.Get("hub.challenge"), nil
		}}}
	}
	s, err := New(c)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// listening is a server on a port of its own.
type listening struct {
	*Server
	addr string
	url  string
	stop func() error // ends it and gives what Listen returned
}

func listen(t *testing.T, c Config) listening {
	t.Helper()
	s := build(t, c)
	ctx, cancel := context.WithCancel(t.Context())
	ready, ended := make(chan net.Addr, 1), make(chan error, 1)
	go func() { ended <- s.Listen(ctx, "127.0.0.1:0", func(a net.Addr) { ready <- a }) }()
	var addr net.Addr
	select {
	case addr = <-ready:
	case err := <-ended:
		t.Fatal(err)
	}
	stop := sync.OnceValue(func() error {
		cancel()
		return <-ended
	})
	t.Cleanup(func() { _ = stop() })
	return listening{s, addr.String(), "http://" + addr.String(), stop}
}

// client shares no connection with other tests.
func client(t *testing.T) *http.Client {
	t.Helper()
	transport := &http.Transport{}
	t.Cleanup(transport.CloseIdleConnections)
	return &http.Client{Transport: transport, Timeout: 10 * time.Second}
}

// request makes a request; headers are "Name: value".
func newRequest(method, target, body string, headers ...string) *http.Request {
	r := httptest.NewRequest(method, target, strings.NewReader(body))
	for _, h := range headers {
		name, value, _ := strings.Cut(h, ": ")
		if name == "Host" {
			r.Host = value
		}
		r.Header.Add(name, value)
	}
	return r
}

// response is what came back.
type response struct {
	status int
	header http.Header
	body   string
}

func read(t *testing.T, res *http.Response, err error) response {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return response{res.StatusCode, res.Header, string(body)}
}

// code is the code of an error answer; "" if it is none.
func (r response) code() string {
	var e struct {
		Error struct{ Code, Message string }
	}
	if json.Unmarshal([]byte(r.body), &e) != nil || e.Error.Message == "" {
		return ""
	}
	return e.Error.Code
}

// test answers a request without a listener.
func test(t *testing.T, s *Server, r *http.Request) response {
	t.Helper()
	res, err := s.Test(r)
	return read(t, res, err)
}

// raw writes bytes to a server and reads one answer.
func raw(t *testing.T, addr, request string) response {
	t.Helper()
	nc, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = nc.Close() }()
	if err := nc.SetDeadline(time.Now().Add(10 * time.Second)); err != nil {
		t.Fatal(err)
	}
	if _, err := io.WriteString(nc, request); err != nil {
		t.Fatal(err)
	}
	res, err := http.ReadResponse(bufio.NewReader(nc), nil)
	return read(t, res, err)
}

// journal is a log that can be read.
type journal struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (j *journal) Write(p []byte) (int, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.buf.Write(p)
}

func (j *journal) String() string {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.buf.String()
}

func (j *journal) logger() *slog.Logger {
	return slog.New(slog.NewJSONHandler(j, &slog.HandlerOptions{Level: slog.LevelDebug}))
}

func TestNewRefusesAConfigThatCannotWork(t *testing.T) {
	t.Parallel()
	shake := func(url.Values) (string, error) { return "", nil }
	for name, c := range map[string]Config{
		"no bot":                 {},
		"a channel with a slash": {Bot: &fakeBot{}, Webhooks: []Webhook{{Channel: "a/b", Handshake: shake}}},
		"a channel with a colon": {Bot: &fakeBot{}, Webhooks: []Webhook{{Channel: ":x", Handshake: shake}}},
		"a channel twice":        {Bot: &fakeBot{}, Webhooks: []Webhook{{Channel: "a", Handshake: shake}, {Channel: "a", Handshake: shake}}},
		"no handshake":           {Bot: &fakeBot{}, Webhooks: []Webhook{{Channel: "messenger"}}},
		"a check without probe":  {Bot: &fakeBot{}, Checks: []Check{{Name: "database"}}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if _, err := New(c); err == nil {
				t.Error("New took it")
			}
		})
	}
}

func TestErrorsAreJSONEverywhere(t *testing.T) {
	t.Parallel()
	s := listen(t, Config{APIKey: "k"})
	huge := "GET /healthz HTTP/1.1\r\nHost: localhost\r\nX-Pad: " + strings.Repeat("x", headerLimit) + "\r\n\r\n"
	for name, tc := range map[string]struct {
		request string
		status  int
		code    string
	}{
		"unknown address":             {"GET /nothing HTTP/1.1\r\nHost: localhost\r\n\r\n", 404, "not_found"},
		"a slash too many":            {"GET /healthz/ HTTP/1.1\r\nHost: localhost\r\n\r\n", 404, "not_found"},
		"other letters":               {"GET /HEALTHZ HTTP/1.1\r\nHost: localhost\r\n\r\n", 404, "not_found"},
		"another channel":             {"POST /webhooks/paris HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n\r\n", 404, "not_found"},
		"unknown address below /v1":   {"GET /v1/nothing HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer k\r\n\r\n", 404, "not_found"},
		"/v1 without the key":         {"GET /v1/nothing HTTP/1.1\r\nHost: localhost\r\n\r\n", 401, "unauthorized"},
		"wrong method":                {"DELETE /webhooks/messenger HTTP/1.1\r\nHost: localhost\r\n\r\n", 405, "method_not_allowed"},
		"wrong method below /v1":      {"PUT /v1/events HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer k\r\nContent-Length: 0\r\n\r\n", 405, "method_not_allowed"},
		"a method nobody has":         {"BREW /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n", 405, "method_not_allowed"},
		"the phone, not emulated":     {"GET /phone HTTP/1.1\r\nHost: localhost\r\n\r\n", 404, "not_found"},
		"the clock, not emulated":     {"POST /dev/clock HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n\r\n", 404, "not_found"},
		"a console that is not given": {"GET /console HTTP/1.1\r\nHost: localhost\r\n\r\n", 404, "not_found"},
		"no Host":                     {"GET /healthz HTTP/1.1\r\n\r\n", 400, "bad_request"},
		"no HTTP":                     {"hello secret-greeting\r\n\r\n", 400, "bad_request"},
		"headers too large":           {huge, 431, "headers_too_large"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := raw(t, s.addr, tc.request)
			if got.status != tc.status || got.code() != tc.code {
				t.Errorf("%d %s, want %d %s", got.status, got.body, tc.status, tc.code)
			}
			if strings.Contains(got.body, "secret-greeting") {
				t.Error("the answer quotes the request")
			}
			if ct := got.header.Get("Content-Type"); ct != "application/json; charset=utf-8" {
				t.Errorf("Content-Type %q", ct)
			}
			if got.header.Get("X-Content-Type-Options") != "nosniff" || got.header.Get(requestIDHeader) == "" {
				t.Errorf("headers are missing: %v", got.header)
			}
		})
	}
}

func TestA405SaysWhatIsAllowed(t *testing.T) {
	t.Parallel()
	got := test(t, build(t, Config{}), newRequest("PUT", "/webhooks/messenger", ""))
	if allow := got.header.Get("Allow"); got.status != 405 || allow != "GET, HEAD, POST" {
		t.Errorf("%d, Allow %q", got.status, allow)
	}
}

func TestAnswersTellNothingOfTheServer(t *testing.T) {
	t.Parallel()
	got := test(t, build(t, Config{}), newRequest("GET", "/healthz", ""))
	if got.status != 200 || got.body != "{\"status\":\"alive\"}\n" {
		t.Errorf("%d %s", got.status, got.body)
	}
	if name, ok := got.header["Server"]; ok {
		t.Errorf("Server: %q", name)
	}
	for name, want := range map[string]string{
		"Cache-Control": "no-store", "Referrer-Policy": "no-referrer", "Content-Security-Policy": contentPolicy,
	} {
		if got.header.Get(name) != want {
			t.Errorf("%s: %q, want %q", name, got.header.Get(name), want)
		}
	}
}

func (f *fakeBot) ImportRows(_ context.Context, rows []bot.ImportRow, dry bool) ([]bot.ImportResult, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.refuse != nil {
		return nil, f.refuse
	}
	var out []bot.ImportResult
	for _, r := range rows {
		f.asked = append(f.asked, fmt.Sprintf("import %s dry=%t", r.Contact, dry))
		out = append(out, bot.ImportResult{Result: bot.ImportAdded})
	}
	return out, nil
}

func (f *fakeBot) Stats(_ context.Context, q bot.StatsQuery) (bot.Stats, error) {
	f.asked = append(f.asked, fmt.Sprintf("stats %s %s %s %s", q.By, q.Since.Format(time.DateOnly), q.Until.Format(time.DateOnly), q.Window))
	if q.By == "weather" {
		return bot.Stats{}, fmt.Errorf("%w by weather", bot.ErrStats)
	}
	return bot.Stats{Zone: "Europe/Paris", Total: bot.Figures{Sent: 7}}, f.refuse
}

func (f *fakeBot) Experiments(_ context.Context, q bot.StatsQuery) ([]bot.Experiment, error) {
	f.asked = append(f.asked, "experiments "+q.Since.Format(time.DateOnly))
	return []bot.Experiment{{Kind: "split", Name: "tone"}}, f.refuse
}

func (f *fakeBot) Day(text string, end bool) (time.Time, error) {
	at, err := time.Parse(time.DateOnly, text)
	if end {
		at = at.AddDate(0, 0, 1)
	}
	return at, err
}
