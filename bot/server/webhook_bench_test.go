package server

import (
	"context"
	"net/http"
	"net/url"
	"testing"

	"github.com/valyala/fasthttp"
)

// receiver is a bot that keeps nothing.
type receiver struct{ fakeBot }

func (*receiver) Receive(context.Context, string, http.Header, []byte) error { return nil }

// BenchmarkWebhook is what the platform's usual request costs between the connection
// and the bot, and back.
func BenchmarkWebhook(b *testing.B) {
	s, err := New(Config{Bot: &receiver{}, Webhooks: []Webhook{{Channel: "messenger", Headers: []string{"X-Hub-Signature-256"}, Handshake: func(url.Values) (string, error) { return "", nil }}}})
	if err != nil {
		b.Fatal(err)
	}
	serve := s.app.Server().Handler
	var c fasthttp.RequestCtx
	for name, value := range map[string]string{
		"Host": "bot.foulee.example", "User-Agent": "facebookexternalua", "Content-Type": "application/json", "Accept": "*/*",
		"X-Hub-Signature": "sha1=0123456789012345678901234567890123456789", "Accept-Encoding": "deflate, gzip", "X-Forwarded-For": "192.0.2.7",
		"X-Hub-Signature-256": "sha256=0123456789012345678901234567890123456789012345678901234567890123",
	} {
		c.Request.Header.Set(name, value)
	}
	c.Request.Header.SetMethod(http.MethodPost)
	c.Request.SetRequestURI("/webhooks/messenger")
	c.Request.SetBody(make([]byte, 358))
	b.ReportAllocs()
	for b.Loop() {
		c.Response.Reset()
		if serve(&c); c.Response.StatusCode() != http.StatusOK {
			b.Fatal(c.Response.StatusCode())
		}
	}
}
