package server

import (
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/relance-bot/relance/bot"
)

func TestWebhookAnswers(t *testing.T) {
	t.Parallel()
	var zipped bytes.Buffer
	zip := gzip.NewWriter(&zipped)
	_, _ = zip.Write(bytes.Repeat([]byte("{}"), 1<<20)) // a bytes.Buffer takes everything
	_ = zip.Close()

	for name, tc := range map[string]struct {
		refuse  error
		body    string
		headers []string
		status  int
		code    string
		reached bool
	}{
		"stored":               {body: `{"object":"page"}`, status: 200, reached: true},
		"bad signature":        {refuse: fmt.Errorf("page 1: %w", bot.ErrSignature), body: `{}`, status: 403, code: "signature", reached: true},
		"not JSON":             {refuse: fmt.Errorf("%w: x", bot.ErrBody), body: `{`, status: 400, code: "bad_body", reached: true},
		"not stored":           {refuse: fmt.Errorf("%w: disk full", bot.ErrUnavailable), body: `{}`, status: 503, code: "unavailable", reached: true},
		"not stored, unknown":  {refuse: errors.New("something else"), body: `{}`, status: 503, code: "unavailable", reached: true},
		"compressed":           {body: zipped.String(), headers: []string{"Content-Encoding: gzip"}, status: 415, code: "encoded"},
		"identity is encoding": {body: `{}`, headers: []string{"Content-Encoding: identity"}, status: 415, code: "encoded"},
		"a form": {
			body: "not said\r\n--b\r\nContent-Disposition:form-data;name=a\r\n\r\n1\r\n--b--\r\n", headers: []string{"Content-Type: multipart/form-data; boundary=b"},
			status: 200, reached: true,
		},
		"exactly 4 MiB": {body: strings.Repeat("x", bodyLimit), status: 200, reached: true},
		"over 4 MiB":    {body: strings.Repeat("x", bodyLimit+1), status: 413, code: "too_large"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			fake := &fakeBot{receive: func(string, http.Header, []byte) error { return tc.refuse }}
			s := listen(t, Config{Bot: fake})
			req, err := http.NewRequestWithContext(t.Context(), "POST", s.url+"/webhooks/messenger", strings.NewReader(tc.body))
			if err != nil {
				t.Fatal(err)
			}
			for _, h := range tc.headers {
				key, value, _ := strings.Cut(h, ": ")
				req.Header.Set(key, value)
			}
			res, err := client(t).Do(req)
			got := read(t, res, err)
			if got.status != tc.status || got.code() != tc.code {
				t.Errorf("%d %s, want %d %s", got.status, got.body, tc.status, tc.code)
			}
			want := []string{tc.body}
			if !tc.reached {
				want = nil
			}
			if diff := cmp.Diff(want, fake.bodies); diff != "" {
				t.Errorf("what the bot got (-want +got):\n%.2000s", diff)
			}
		})
	}
}

func TestWebhookTooLargeIsToldHoweverItComes(t *testing.T) {
	t.Parallel()
	big := strings.Repeat("x", 3*bodyLimit)
	head := "POST /webhooks/messenger HTTP/1.1\r\nHost: bot.example\r\n"
	for name, request := range map[string]string{
		"with a length":  head + fmt.Sprintf("Content-Length: %d\r\n\r\n", len(big)) + big,
		"in chunks":      head + "Transfer-Encoding: chunked\r\n\r\n" + strings.Repeat(fmt.Sprintf("%x\r\n%s\r\n", 1<<20, big[:1<<20]), 12) + "0\r\n\r\n",
		"asked before":   head + fmt.Sprintf("Expect: 100-continue\r\nContent-Length: %d\r\n\r\n", len(big)),
		"only announced": head + fmt.Sprintf("Content-Length: %d\r\n\r\n", len(big)),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m := newMetrics(t)
			s := listen(t, Config{Metrics: m})
			if got := raw(t, s.addr, request); got.status != 413 || got.code() != "too_large" {
				t.Errorf("%d %s", got.status, got.body)
			}
			// Of a body in chunks the library has forgotten by then where it went. The
			// platform sends none such.
			if n := figures(t, m)[`relance_webhooks_total{result="too_large"}`]; n != 1 && name != "in chunks" {
				t.Errorf("%v of them counted", n)
			}
		})
	}
}

func TestWebhookIsReachedWithWhatCame(t *testing.T) {
	t.Parallel()
	var channel string
	var header http.Header
	fake := &fakeBot{receive: func(c string, h http.Header, _ []byte) error {
		channel, header = c, h
		return nil
	}}
	body := `{"text":"caf\u00e9 \/ ` + "\x00" + `"}`
	got := test(t, build(t, Config{Bot: fake}), newRequest("POST", "/webhooks/messenger", body, "X-Hub-Signature-256: sha256=a", "x-hub-signature-256: sha256=b"))
	if got.status != 200 || channel != "messenger" {
		t.Errorf("%d, channel %q", got.status, channel)
	}
	if diff := cmp.Diff([]string{"sha256=a", "sha256=b"}, header.Values("X-Hub-Signature-256")); diff != "" {
		t.Error(diff)
	}
	if fake.bodies[0] != body {
		t.Errorf("body %q", fake.bodies[0])
	}
}

// TestTheBotGetsTheHeadersOfItsChannel: of a channel that names some it gets those, and
// nothing of the request before.
func TestTheBotGetsTheHeadersOfItsChannel(t *testing.T) {
	t.Parallel()
	var got []http.Header
	fake := &fakeBot{receive: func(_ string, h http.Header, _ []byte) error {
		got = append(got, h.Clone())
		return nil
	}}
	s := listen(t, Config{Bot: fake, Webhooks: []Webhook{{
		Channel: "messenger", Headers: []string{"X-Hub-Signature-256", "X-Shop"}, Handshake: func(url.Values) (string, error) { return "", nil },
	}}})
	for _, headers := range []string{
		"X-Hub-Signature-256: sha256=a\r\nX-Shop: foulee\r\nX-Other: no\r\n",
		"x-hub-signature-256: sha256=b\r\nX-HUB-Signature-256: sha256=c\r\n",
		"X-Other: no\r\n",
	} {
		if res := raw(t, s.addr, "POST /webhooks/messenger HTTP/1.1\r\nHost: bot.example\r\nContent-Length: 2\r\nConnection: close\r\n"+headers+"\r\n{}"); res.status != 200 {
			t.Fatal(res.status, res.body)
		}
	}
	want := []http.Header{
		{"X-Hub-Signature-256": {"sha256=a"}, "X-Shop": {"foulee"}},
		{"X-Hub-Signature-256": {"sha256=b", "sha256=c"}, "X-Shop": {}},
		{"X-Hub-Signature-256": {}, "X-Shop": {}},
	}
	if diff := cmp.Diff(want, got, cmpopts.EquateEmpty()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestBodiesAreNotSharedBetweenRequests(t *testing.T) {
	t.Parallel()
	var kept [][]byte
	fake := &fakeBot{receive: func(_ string, _ http.Header, body []byte) error {
		kept = append(kept, body)
		return nil
	}}
	s := listen(t, Config{Bot: fake})
	c := client(t) // one connection, whose memory the library uses again
	for i := range 20 {
		body := fmt.Sprintf("body number %02d", i)
		res, err := c.Post(s.url+"/webhooks/messenger", "application/json", strings.NewReader(body))
		if got := read(t, res, err); got.status != 200 {
			t.Fatal(got)
		}
	}
	for i, body := range kept {
		if want := fmt.Sprintf("body number %02d", i); string(body) != want {
			t.Errorf("%q became %q", want, body)
		}
	}
}

func TestHandshake(t *testing.T) {
	t.Parallel()
	s := build(t, Config{})
	for name, tc := range map[string]struct {
		query  string
		status int
		body   string
	}{
		"the right token":      {"?hub.mode=subscribe&hub.challenge=1158201444&hub.verify_token=secret-verify", 200, "1158201444"},
		"a challenge of marks": {"?hub.challenge=%3Cb%3Ea%26b&hub.verify_token=secret-verify", 200, "<b>a&b"},
		"another token":        {"?hub.challenge=1&hub.verify_token=no", 403, ""},
		"nothing":              {"", 403, ""},
		"a broken query":       {"?hub.challenge=%zz", 400, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := test(t, s, newRequest("GET", "/webhooks/messenger"+tc.query, ""))
			if got.status != tc.status || tc.status == 200 && got.body != tc.body {
				t.Errorf("%d %q", got.status, got.body)
			}
			if tc.status == 200 && got.header.Get("Content-Type") != "text/plain; charset=utf-8" {
				t.Errorf("Content-Type %q", got.header.Get("Content-Type"))
			}
			if tc.status != 200 && got.code() == "" {
				t.Errorf("no error in %s", got.body)
			}
		})
	}
}

func TestAWebhookThatDoesNotReachTheBotIsCounted(t *testing.T) {
	t.Parallel()
	m := newMetrics(t)
	s := build(t, Config{Metrics: m, APIKey: "k"})
	for _, path := range []string{"/webhooks/messenger", "/v1/events"} {
		got := test(t, s, newRequest("POST", path, "x", "Content-Encoding: gzip", "Authorization: Bearer k"))
		if got.status != 415 {
			t.Errorf("%s: %d %s", path, got.status, got.body)
		}
	}
	if n := figures(t, m)[`relance_webhooks_total{result="encoded"}`]; n != 1 {
		t.Errorf("%v counted", n)
	}
}
