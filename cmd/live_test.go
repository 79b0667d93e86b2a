package cmd

import (
	"bufio"
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"
)

// request does one request to a running bot and returns its status and body.
func request(t *testing.T, method, url string, header http.Header, body []byte) (status int, answer string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, url, bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	for k, v := range header {
		req.Header[k] = v
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	raw, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res.StatusCode, string(raw)
}

// advance moves the emulator's clock.
func advance(t *testing.T, b *runningBot, by time.Duration) {
	t.Helper()
	body, err := json.Marshal(map[string]string{"advance": by.String()})
	if err != nil {
		t.Fatal(err)
	}
	if status, answer := request(t, http.MethodPost, b.base+"/dev/clock", http.Header{"Content-Type": {"application/json"}}, body); status != http.StatusOK && status != http.StatusNoContent {
		t.Fatalf("moving the clock: %d %s", status, answer)
	}
}

// toMorning moves the clock to a morning a few days on, when nobody sleeps and
// every window has closed.
func toMorning(t *testing.T, b *runningBot) {
	t.Helper()
	zone, err := time.LoadLocation("Europe/Paris")
	if err != nil {
		t.Fatal(err)
	}
	now := time.Now().In(zone)
	morning := time.Date(now.Year(), now.Month(), now.Day()+3, 10, 30, 0, 0, zone)
	advance(t, b, morning.Sub(now))
}

// contactOf is the id of the one person a bot knows.
func contactOf(t *testing.T, b *runningBot) string {
	t.Helper()
	code, out := cli(t, b.env, "why", "--dir", b.dir)
	if code != exitFine {
		t.Fatalf("relance why exits %d: %s", code, out)
	}
	id, _, ok := strings.Cut(strings.TrimSpace(out), " ")
	if !ok || strings.Contains(strings.TrimSpace(out), "\n") {
		t.Fatalf("not one person: %q", out)
	}
	return id
}

// figure reads one line of a bot's metrics: a name with its labels. It is 0 if
// nothing was counted yet.
func figure(t *testing.T, base, name string) int {
	t.Helper()
	status, page := request(t, http.MethodGet, base+"/metrics", nil, nil)
	if status != http.StatusOK {
		t.Fatalf("/metrics is answered with %d", status)
	}
	for lines := bufio.NewScanner(strings.NewReader(page)); lines.Scan(); {
		if value, ok := strings.CutPrefix(lines.Text(), name+" "); ok {
			n, err := strconv.ParseFloat(value, 64)
			if err != nil {
				t.Fatal(err)
			}
			return int(n)
		}
	}
	return 0
}

// within waits until something holds.
func within(t *testing.T, patience time.Duration, what string, holds func() bool) {
	t.Helper()
	for deadline := time.Now().Add(patience); !holds(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("not in %s: %s", patience, what)
		}
	}
}
