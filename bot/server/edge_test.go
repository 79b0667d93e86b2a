package server

import (
	"errors"
	"net/http"
	"strings"
	"testing"

	"github.com/relance-bot/relance/bot"
)

// planted are values that must stay where they are.
var planted = []string{"secret-api-key", "secret-query", "secret-body", "secret-signature", "secret-cookie", "77777", "secret-verify", "secret-panic", "secret-path"}

func TestTheLogKeepsSecrets(t *testing.T) {
	t.Parallel()
	var log journal
	fake := &fakeBot{receive: func(_ string, h http.Header, body []byte) error {
		switch h.Get("X-Case") {
		case "panic":
			panic("secret-panic " + string(body))
		case "index":
			_ = body[len(body)+1]
		case "odd":
			return errors.New("it did not work")
		}
		return bot.ErrSignature
	}}
	s := listen(t, Config{Bot: fake, APIKey: "secret-api-key", Log: log.logger()})
	secrets := "Host: localhost\r\nAuthorization: Bearer secret-api-key\r\nCookie: a=secret-cookie\r\nX-Hub-Signature-256: sha256=secret-signature\r\n"
	for request, status := range map[string]int{
		"POST /webhooks/messenger?x=secret-query HTTP/1.1\r\n" + secrets + "Content-Length: 11\r\n\r\nsecret-body":           403,
		"POST /webhooks/messenger HTTP/1.1\r\nX-Case: panic\r\n" + secrets + "Content-Length: 11\r\n\r\nsecret-body":         500,
		"POST /webhooks/messenger HTTP/1.1\r\nX-Case: index\r\n" + secrets + "Content-Length: 11\r\n\r\nsecret-body":         500,
		"POST /webhooks/messenger HTTP/1.1\r\nX-Case: odd\r\n" + secrets + "Content-Length: 11\r\n\r\nsecret-body":           503,
		"GET /webhooks/messenger?hub.verify_token=secret-verifyx&hub.challenge=secret-query HTTP/1.1\r\n" + secrets + "\r\n": 403,
		"GET /v1/contacts/messenger:1:77777?token=secret-query HTTP/1.1\r\n" + secrets + "\r\n":                              200,
		"POST /v1/events HTTP/1.1\r\n" + secrets + "Content-Length: 11\r\n\r\nsecret-body":                                   400,
		"GET /secret-path HTTP/1.1\r\n" + secrets + "\r\n":                                                                   404,
		"GET /v1/secret-path HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer secret-api-keyx\r\n\r\n":                   401,
		"secret-body secret-path\r\n\r\n": 400,
	} {
		if got := raw(t, s.addr, request); got.status != status {
			t.Errorf("%.60q: %d %s", request, got.status, got.body)
		} else if strings.Contains(request, "Case") && (strings.Contains(got.body, "secret") || strings.Contains(got.body, "goroutine")) {
			t.Errorf("the answer tells too much: %s", got.body)
		}
	}
	if err := s.stop(); err != nil {
		t.Error(err)
	}
	text := log.String()
	for _, secret := range planted {
		if strings.Contains(text, secret) {
			t.Errorf("%s stands in the log:\n%s", secret, text)
		}
	}
	for _, want := range []string{`"route":"/v1/contacts/:id"`, `"status":403`, "index out of range", "it did not work", "a string"} {
		if !strings.Contains(text, want) {
			t.Errorf("%s does not stand in the log:\n%s", want, text)
		}
	}
}

func TestRequestIDsAreOurs(t *testing.T) {
	t.Parallel()
	s := build(t, Config{})
	seen := map[string]bool{}
	for range 50 {
		got := test(t, s, newRequest("GET", "/healthz", "", "X-Request-Id: chosen\tby-the-caller"))
		id := got.header.Get(requestIDHeader)
		if seen[id] || strings.Contains(id, "chosen") || len(id) < 10 {
			t.Fatalf("id %q", id)
		}
		seen[id] = true
	}
}
