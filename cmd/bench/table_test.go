package bench

import (
	"math"
	"strings"
	"testing"
)

func TestVerdicts(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		goal         goal
		value, ratio float64
		want         string
	}{
		{floorAtMost(1.7, 1.4), 99, 1.3, "ok+"},
		{floorAtMost(1.7, 1.4), 0, 1.7, "ok"},
		{floorAtMost(1.7, 1.4), 0, 1.71, "MISS"},
		{floorAtLeast(.7, .85), 0, .85, "ok+"},
		{floorAtLeast(.7, .85), 0, .69, "MISS"},
		{floorAtLeast(.7, 0), 0, math.NaN(), "unknown"},
		{atMost(60), 60, 9, "ok"},
		{atMost(60), 61, 0, "MISS"},
		{atLeast(.8), .81, 0, "ok"},
		{goal{}, 5, 5, ""},
	} {
		if got := test.goal.verdict(test.value, test.ratio); got != test.want {
			t.Errorf("%v: %v, ratio %v: %q, want %q", test.goal, test.value, test.ratio, got, test.want)
		}
	}
}

// TestTableTakesTheMedianOfEachRunsRatio has two runs on a slow moment of the
// machine: bot and floor suffer alike, and the ratio stays.
func TestTableTakesTheMedianOfEachRunsRatio(t *testing.T) {
	t.Parallel()
	table := newTable(Config{Messages: 1000, Runs: 3}, true)
	for _, cpu := range []float64{1, 10, 8} {
		table.ours("sqlite", "webhook", figures{"cpu": cpu * 1.5, "wrong": 0})
		table.floors("sqlite", "webhook", figures{"cpu": cpu, "wrong": 0})
	}
	rows := table.Rows()
	if len(rows) != 2 || rows[0].Ratio == nil || *rows[0].Ratio != 1.5 || rows[0].Median != 12 || rows[0].Verdict != "ok" {
		t.Errorf("%+v", rows)
	}
	var text strings.Builder
	if err := table.Text(&text); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"12 (1.50-15)", "8 (1-10)", "<= 1.70 x floor (1.40) ok\n", "1000 webhooks"} {
		if !strings.Contains(text.String(), want) {
			t.Errorf("the table lacks %q:\n%s", want, text.String())
		}
	}
}
