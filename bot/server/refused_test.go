package server

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/relance-bot/relance/bot"
)

func TestRefusedWebhooksAreLoggedAndFillNoLog(t *testing.T) {
	t.Parallel()
	var log journal
	now := time.Date(2026, time.November, 2, 9, 0, 0, 0, time.UTC)
	fake := &fakeBot{receive: func(_ string, h http.Header, _ []byte) error {
		if h.Get("X-Case") == "body" {
			return bot.ErrBody
		}
		return bot.ErrSignature
	}}
	s := build(t, Config{Bot: fake, Log: log.logger(), APIKey: "k", Clock: func() time.Time { return now }})
	post := func(n int, header ...string) {
		t.Helper()
		for range n {
			test(t, s, newRequest("POST", "/webhooks/messenger?x=secret-query", "secret-body", header...))
		}
	}
	post(100)
	post(3, "X-Case: body")
	now = now.Add(59 * time.Second)
	post(1)
	now = now.Add(2 * time.Second)
	post(1)
	test(t, s, newRequest("POST", "/v1/events", "x", "Content-Encoding: gzip", "Authorization: Bearer k")) // no webhook
	var lines []string
	for line := range strings.Lines(log.String()) {
		if strings.Contains(line, `"level":"WARN"`) {
			lines = append(lines, line)
		}
	}
	want := []string{`"code":"signature","status":403,"count":1,`, `"code":"bad_body","status":400,"count":1,`, `"code":"signature","status":403,"count":101,`}
	if len(lines) != len(want) {
		t.Fatalf("%d lines, want %d:\n%s", len(lines), len(want), strings.Join(lines, ""))
	}
	for i, line := range lines {
		if !strings.Contains(line, want[i]) || strings.Contains(line, "secret") {
			t.Errorf("line %d lacks %s, or tells too much: %s", i+1, want[i], line)
		}
	}
}

// TestAStoreThatIsAwayFillsNoLog: the platform brings webhooks as ever, and whoever likes
// asks whether the bot is ready, and for its figures.
func TestAStoreThatIsAwayFillsNoLog(t *testing.T) {
	t.Parallel()
	var log journal
	now := time.Date(2026, time.November, 2, 9, 0, 0, 0, time.UTC)
	away := fmt.Errorf("%w: the disk is full", bot.ErrUnavailable)
	fake := &fakeBot{receive: func(string, http.Header, []byte) error { return away }, refuse: away}
	s := build(t, Config{Bot: fake, Metrics: newMetrics(t), Log: log.logger(), Clock: func() time.Time { return now }, Checks: []Check{{"database", func(context.Context) error { return away }}}})
	for range 100 {
		if got := test(t, s, newRequest("POST", "/webhooks/messenger", "{}")); got.status != http.StatusServiceUnavailable {
			t.Fatalf("a webhook that is not stored is answered with %d", got.status)
		}
		test(t, s, newRequest("GET", "/readyz", ""))
		test(t, s, newRequest("GET", "/metrics", ""))
	}
	now = now.Add(61 * time.Second)
	test(t, s, newRequest("POST", "/webhooks/messenger", "{}"))
	test(t, s, newRequest("GET", "/readyz", ""))
	test(t, s, newRequest("GET", "/metrics", ""))
	for _, of := range []string{"webhook", "not ready", "metrics"} {
		lines := 0
		for line := range strings.Lines(log.String()) {
			if strings.Contains(line, of) && strings.Contains(line, "the disk is full") {
				lines++
			}
		}
		if lines != 2 || !strings.Contains(log.String(), `"count":100`) {
			t.Errorf("%s: %d lines, want 2, the second of 100:\n%.2000s", of, lines, log.String())
		}
	}
}
