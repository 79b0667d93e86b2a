package messenger

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/relance-bot/relance/bot"
)

var updateMade = flag.Bool("update", false, "write testdata/webhook/made.golden")

// madeGolden holds a line for each event of the bodies in testdata/webhook/made: the name
// of its body, and the event as JSON, without what other tests look at: a key that is a
// hash, and the text of a body that is kept.
const madeGolden = "testdata/webhook/made.golden"

// TestEveryMadeBodyIsUnderstoodAsStated reads bodies that were made after the shapes of
// the platform's documentation, one or more for each kind of event.
func TestEveryMadeBodyIsUnderstoodAsStated(t *testing.T) {
	t.Parallel()
	c := newTestChannel(t, Config{})
	files, err := filepath.Glob("testdata/webhook/made/*.json")
	if err != nil || len(files) < 100 {
		t.Fatalf("%d bodies, %v; want at least a hundred", len(files), err)
	}
	var out strings.Builder
	for _, file := range files {
		name := strings.TrimSuffix(filepath.Base(file), ".json")
		body := readFile(t, file)
		events, err := c.Parse(body, arrival)
		if err != nil || len(events) == 0 {
			t.Errorf("%s: %d events, error %v: it is lost", name, len(events), err)
		}
		for _, e := range events {
			out.WriteString(name + " " + stated(t, body, e) + "\n")
		}
	}
	if *updateMade {
		if err := os.WriteFile(madeGolden, []byte(out.String()), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if diff := cmp.Diff(strings.Split(string(readFile(t, madeGolden)), "\n"), strings.Split(out.String(), "\n")); diff != "" {
		t.Error(diff)
	}
}

// stated is an event as its line of the golden file says it.
func stated(t *testing.T, body []byte, e bot.Event) string {
	t.Helper()
	kind, rest, _ := strings.Cut(e.Key, ":")
	if kind != string(e.Kind) || rest == "" {
		t.Errorf("the key %q does not begin with the kind %s", e.Key, e.Kind)
	}
	if len(rest) == 64 {
		e.Key = ""
	}
	if kept := len(e.Body) > 0 && bytes.Contains(body, e.Body); kept != (e.Kind == bot.EventUnknown || e.Kind.Kept()) {
		t.Errorf("a body is kept as it came: %v, for an event of kind %s", kept, e.Kind)
	}
	e.Body = nil
	line, err := json.Marshal(e)
	if err != nil {
		t.Fatal(err)
	}
	return string(line)
}
