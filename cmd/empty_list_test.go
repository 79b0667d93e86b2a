package cmd

import (
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"
)

// A program that goes through what --json prints had null in its hands on the first day.
func TestAListOfNothingIsAListInJSON(t *testing.T) {
	t.Parallel()
	b := startBot(t, makeBot(t, asking()), nil)
	list := func(name string, text []byte) {
		t.Helper()
		var out []any
		if err := json.Unmarshal(text, &out); err != nil || out == nil || len(out) > 0 {
			t.Errorf("%s answers %s, want an empty list", name, text)
		}
	}
	for name, args := range map[string][]string{
		"why":                 {"why", "--json", "--dir", b.dir},
		"consent verify":      {"consent", "verify", "--json", "--dir", b.dir},
		"stats --experiments": {"stats", "--experiments", "--json", b.dir},
		"next":                {"next", "--json", b.dir},
	} {
		code, out := cli(t, b.env, args...)
		if code != exitFine {
			t.Fatalf("%s exits %d: %s", name, code, out)
		}
		list(name, []byte(out))
	}
	res, err := http.Get(b.base + "/v1/stats/experiments")
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil || res.StatusCode != http.StatusOK {
		t.Errorf("GET /v1/stats/experiments answers %d, %v", res.StatusCode, err)
	}
	list("GET /v1/stats/experiments", body)
	joins(t, b, "Ann").writes("hello")
	_, out := cli(t, b.env, "export", contactOf(t, b), "--dir", b.dir)
	if strings.Contains(out, "null") {
		t.Errorf("of somebody who only said hello there is:\n%s", out)
	}
	if code := b.stop(); code != exitFine {
		t.Errorf("the bot exits %d", code)
	}
}
