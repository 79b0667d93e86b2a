package server

import (
	"os"
	"strings"
	"testing"
)

// TestEveryAddressOfTheAPIIsInTheReference looks for what the router takes below /v1.
func TestEveryAddressOfTheAPIIsInTheReference(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("REFERENCE.md")
	if err != nil {
		t.Fatal(err)
	}
	s, err := New(Config{Bot: &fakeBot{}})
	if err != nil {
		t.Fatal(err)
	}
	found := 0
	for _, r := range s.app.GetRoutes(true) {
		if r.Method == "HEAD" || !strings.HasPrefix(r.Path, "/v1/") || r.Path == "/v1/" {
			continue
		}
		found++
		if want := "`" + r.Method + " " + strings.ReplaceAll(r.Path, ":id", "{id}"); !strings.Contains(string(text), want+"`") && !strings.Contains(string(text), want+"?") {
			t.Errorf("%s %s is not in REFERENCE.md", r.Method, r.Path)
		}
	}
	if found < 10 {
		t.Errorf("%d addresses below /v1", found)
	}
}
