package cmd

import (
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// made are bodies after the shapes of the platform's documentation, one or more for each
// kind of event, and what each is said to be.
const (
	made       = "../bot/messenger/testdata/webhook/made/*.json"
	madeGolden = "../bot/messenger/testdata/webhook/made.golden"
)

// madeEvents are the kinds of the events of each body, as the golden file states them:
// "message", "unknown malformed".
func madeEvents(t *testing.T) map[string]map[string]int {
	t.Helper()
	text, err := os.ReadFile(madeGolden)
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]map[string]int{}
	for line := range strings.Lines(string(text)) {
		name, event, _ := strings.Cut(strings.TrimSpace(line), " ")
		var e struct{ Kind, Reason string }
		if err := json.Unmarshal([]byte(event), &e); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if e.Kind != "unknown" && e.Kind != "message" {
			e.Reason = ""
		}
		if out[name] == nil {
			out[name] = map[string]int{}
		}
		out[name][strings.TrimSpace(e.Kind+" "+e.Reason)]++
	}
	return out
}

// TestEveryMadeBodyPassesThroughARunningServer posts them, signed, to a bot that runs:
// each is accepted, understood as stated, and found again as something that was stored,
// kept or counted.
func TestEveryMadeBodyPassesThroughARunningServer(t *testing.T) {
	t.Parallel()
	env := newFakeGraph(t).account()
	env["MESSENGER_PAGE_ID"] = "10"
	b := startBot(t, copyBot(t, exampleRestock), env)
	files, err := filepath.Glob(made)
	want := madeEvents(t)
	if err != nil || len(files) < 100 || len(files) != len(want) {
		t.Fatalf("%d bodies, %d in the golden file, %v; want at least a hundred", len(files), len(want), err)
	}
	post := func(file string) (kinds, results map[string]int) {
		t.Helper()
		body, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		before := webhookFigures(t, b.base)
		if status := webhook(t, b.base, wireSecret, string(body)); status != http.StatusOK {
			t.Errorf("%s is answered with %d", filepath.Base(file), status)
		}
		after := webhookFigures(t, b.base)
		return after.kinds.since(before.kinds), after.results.since(before.results)
	}
	events, sum := 0, map[string]int{}
	for _, file := range files {
		name := strings.TrimSuffix(filepath.Base(file), ".json")
		kinds, results := post(file)
		if diff := cmp.Diff(want[name], kinds); diff != "" {
			t.Errorf("%s is understood otherwise than stated:\n%s", name, diff)
		}
		found := 0
		for result, n := range results {
			found += n
			sum[result] += n
		}
		stated := 0
		for _, n := range want[name] {
			stated += n
		}
		if events += stated; found != stated {
			t.Errorf("%s: %d of %d events are lost: %v", name, stated-found, stated, results)
		}
	}
	t.Logf("%d bodies with %d events: %v", len(files), events, sum)
	if sum["duplicate"] > 0 || sum["stored"] == 0 || sum["stray"] == 0 || sum["ignored"] == 0 {
		t.Errorf("where they are found: %v", sum)
	}
	for _, file := range files { // the platform posts again what it is not sure about
		if _, results := post(file); results["stored"]+results["stray"] > 0 {
			t.Errorf("%s posted again counts again: %v", filepath.Base(file), results)
		}
	}
	for _, stray := range straysOf(t, b) {
		if strings.HasPrefix(stray.Reason, "failed") {
			t.Errorf("an event could not be handled: %s %s", stray.Reason, stray.Body)
		}
	}
}

// tally counts by name.
type tally map[string]int

// since is what was counted after an earlier look; nothing of zeros.
func (t tally) since(before tally) map[string]int {
	out := map[string]int{}
	for name, n := range t {
		if more := n - before[name]; more != 0 {
			out[name] = more
		}
	}
	return out
}

// webhookCounts are the figures about webhooks: events by kind and reason, and what
// became of them.
type webhookCounts struct{ kinds, results tally }

var (
	kindFigure   = regexp.MustCompile(`(?m)^relance_events_total\{kind="([^"]*)",reason="([^"]*)"\} (\d+)$`)
	resultFigure = regexp.MustCompile(`(?m)^relance_webhooks_total\{result="([^"]*)"\} (\d+)$`)
)

func webhookFigures(t *testing.T, base string) webhookCounts {
	t.Helper()
	status, page := request(t, http.MethodGet, base+"/metrics", nil, nil)
	if status != http.StatusOK {
		t.Fatalf("/metrics is answered with %d", status)
	}
	number := func(text string) int {
		n, err := strconv.Atoi(text)
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	out := webhookCounts{tally{}, tally{}}
	for _, m := range kindFigure.FindAllStringSubmatch(page, -1) {
		out.kinds[strings.TrimSpace(m[1]+" "+m[2])] = number(m[3])
	}
	for _, m := range resultFigure.FindAllStringSubmatch(page, -1) {
		out.results[m[1]] = number(m[2])
	}
	return out
}
