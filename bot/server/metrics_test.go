package server

import (
	"bufio"
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// figures reads /metrics: name with labels to value.
func figures(t *testing.T, m *Metrics) map[string]float64 {
	t.Helper()
	got := test(t, build(t, Config{Metrics: m}), newRequest("GET", "/metrics", ""))
	if got.status != 200 {
		t.Fatalf("%d %s", got.status, got.body)
	}
	out := map[string]float64{}
	lines := bufio.NewScanner(strings.NewReader(got.body))
	for lines.Scan() {
		if strings.HasPrefix(lines.Text(), "#") {
			continue
		}
		i := strings.LastIndexByte(lines.Text(), ' ')
		value, err := strconv.ParseFloat(lines.Text()[i+1:], 64)
		if err != nil {
			t.Fatal(err)
		}
		out[lines.Text()[:i]] = value
	}
	return out
}

// TestFiguresWithoutTheStore wants what was counted from a bot whose store is away.
func TestFiguresWithoutTheStore(t *testing.T) {
	t.Parallel()
	m := newMetrics(t)
	m.Webhook("unavailable")
	got := test(t, build(t, Config{Metrics: m, Bot: &fakeBot{refuse: errors.New("the disk is gone")}}), newRequest("GET", "/metrics", ""))
	if got.status != 200 || !strings.Contains(got.body, `relance_webhooks_total{result="unavailable"} 1`) || strings.Contains(got.body, "relance_waiting") {
		t.Errorf("%d %s", got.status, got.body)
	}
}

func newMetrics(t *testing.T) *Metrics {
	t.Helper()
	m, err := NewMetrics("v0.1.0")
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func TestFigures(t *testing.T) {
	t.Parallel()
	m := newMetrics(t)
	m.Webhook("stored")
	m.Webhook("stored")
	m.Webhook("bad_signature")
	m.Turn("event", 3*time.Millisecond)
	m.Send("recurring", "accepted")
	m.Decision("held", "cadence")
	m.Decision("sent", "")
	m.Fault("restock")

	got := map[string]float64{}
	for name, value := range figures(t, m) {
		if !strings.HasPrefix(name, "relance_go_") && !strings.HasPrefix(name, "relance_process_") && !strings.Contains(name, "_bucket") &&
			!strings.Contains(name, "_sum") && !strings.HasPrefix(name, "relance_build_info") {
			got[name] = value
		}
	}
	want := map[string]float64{
		`relance_webhooks_total{result="stored"}`:                 2,
		`relance_webhooks_total{result="bad_signature"}`:          1,
		`relance_turns_total{kind="event"}`:                       1,
		`relance_turn_seconds_count{kind="event"}`:                1,
		`relance_sends_total{lane="recurring",result="accepted"}`: 1,
		`relance_decisions_total{kind="held",rule="cadence"}`:     1,
		`relance_decisions_total{kind="sent",rule=""}`:            1,
		`relance_faults_total{flow="restock"}`:                    1,

		`relance_waiting{part="inbox"}`:                           3,
		`relance_waiting{part="outbox"}`:                          0,
		`relance_waiting{part="ledger"}`:                          1,
		`relance_waiting_seconds{part="inbox"}`:                   2,
		`relance_waiting_seconds{part="outbox"}`:                  0,
		`relance_waiting_seconds{part="ledger"}`:                  0, // of another process, whose clock is ahead
		`relance_page_resting{page="messenger:1",reason="token"}`: 1,
		`relance_lane_shut{lane="marketing",page="messenger:1"}`:  1,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestMetricNames(t *testing.T) {
	t.Parallel()
	m := newMetrics(t)
	m.Turn("event", time.Second)
	m.Webhook("stored")
	// What is counted is a unit as well: bytes, threads; _info carries labels only.
	rule := regexp.MustCompile(`^relance_[a-z0-9_]+_(total|seconds|bytes|percent|info|goroutines|threads|objects|fds)$`)
	families, err := m.Registry().Gather()
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	for _, family := range families {
		seen[family.GetName()] = true
		if !rule.MatchString(family.GetName()) {
			t.Errorf("%s breaks the rule", family.GetName())
		}
	}
	for _, name := range []string{"relance_build_info", "relance_go_goroutines", "relance_turn_seconds", "relance_webhooks_total"} {
		if !seen[name] {
			t.Errorf("%s is missing", name)
		}
	}
}

func TestLabelsAreBounded(t *testing.T) {
	t.Parallel()
	m := newMetrics(t)
	for i := range maxLabels + 50 {
		m.Fault(fmt.Sprintf("flow%d", i))
	}
	m.Fault("flow0")
	n, got := 0, figures(t, m)
	for name := range got {
		if strings.HasPrefix(name, "relance_faults_total") {
			n++
		}
	}
	if n != maxLabels+1 || got[`relance_faults_total{flow="other"}`] != 50 || got[`relance_faults_total{flow="flow0"}`] != 2 {
		t.Errorf("%d series, other %v", n, got[`relance_faults_total{flow="other"}`])
	}
}

func TestWithoutMetricsThereIsNoPage(t *testing.T) {
	t.Parallel()
	if got := test(t, build(t, Config{}), newRequest("GET", "/metrics", "")); got.status != 404 {
		t.Errorf("%d", got.status)
	}
}
