package cmd

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/relance-bot/relance/cmd/bench"
)

// TestBenchMeasuresEverything runs the smallest benchmark there is, with all its
// processes. How fast anything was is nothing a test could ask for; that nobody was
// lost or told twice is.
func TestBenchMeasuresEverything(t *testing.T) {
	t.Parallel()
	for _, database := range []string{"sqlite", "postgres"} {
		t.Run(database, func(t *testing.T) {
			t.Parallel()
			if database == "postgres" {
				needsInitdb(t)
			}
			temp := t.TempDir()
			if err := os.Chmod(filepath.Dir(temp), 0o755); err != nil { // for the user postgres
				t.Fatal(err)
			}
			c := startChild(t, map[string]string{"TMPDIR": temp}, "bench", "--messages", "200", "--runs", "1", "--database", database, "--json")
			select {
			case <-c.ended:
			case <-time.After(5 * time.Minute):
				t.Fatalf("the benchmark does not end:\n%s", c.log)
			}
			if code := c.wait(t); code != exitFine {
				t.Fatalf("the benchmark ends with %d:\n%s", code, c.log)
			}
			var table struct{ Rows []bench.Row }
			if err := json.Unmarshal([]byte(c.out.String()), &table); err != nil {
				t.Fatalf("%v in %s", err, c.out)
			}
			checkRows(t, database, table.Rows)
			left, err := os.ReadDir(temp)
			if err != nil || len(left) > 0 {
				t.Errorf("%d files are left, %v", len(left), err)
			}
		})
	}
}

// needsInitdb skips a test where no PostgreSQL is installed; in CI that is a failure.
func needsInitdb(t *testing.T) {
	t.Helper()
	found, err := filepath.Glob("/usr/lib/postgresql/*/bin/initdb")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := exec.LookPath("initdb"); err != nil && len(found) == 0 {
		if os.Getenv("CI") == "true" {
			t.Fatal("no PostgreSQL in CI: .ci/run installs it")
		}
		t.Skip("no PostgreSQL on this machine: its benchmark is not tested")
	}
}

// checkRows looks for every part, for a floor where there is one, and for people
// who were lost or told twice.
func checkRows(t *testing.T, database string, rows []bench.Row) {
	t.Helper()
	floors := map[string]bool{"webhook": true, "steady": true, "latency": true, "accept": true, "campaign": true, "advance": true}
	seen, counted := map[string]int{}, map[string]bool{}
	for _, row := range rows {
		seen[row.Part]++
		name := row.Part + ": " + row.Measure
		if row.Database != database || len(row.Ours) != 1 {
			t.Errorf("%s, %s: %d runs", row.Database, name, len(row.Ours))
		}
		if strings.Contains(row.Goal, "floor") && (!floors[row.Part] || len(row.Floor) != 1 || row.Ratio == nil) {
			t.Errorf("%s is held against a floor that was not measured", name)
		}
		if row.Goal == "<= 0" {
			counted[row.Part] = true
			if row.Median != 0 || row.Verdict != "ok" || len(row.Floor) > 0 && row.Floor[0] != 0 {
				t.Errorf("%s: %v, of the floor %v", name, row.Median, row.Floor)
			}
		}
		if row.Median < 0 {
			t.Errorf("%s is %v", name, row.Median)
		}
	}
	for _, part := range bench.PartNames() {
		if seen[part] == 0 && (part != "two" || database == "postgres") {
			t.Errorf("%s was not measured", part)
		}
	}
	for _, part := range []string{"webhook", "steady", "latency", "accept", "campaign", "fanout"} {
		if !counted[part] {
			t.Errorf("%s: nobody was counted", part)
		}
	}
}

func TestBenchRefusesWhatItCannotMeasure(t *testing.T) {
	t.Parallel()
	for _, args := range [][]string{
		{"--messages", "1"}, {"--runs", "0"}, {"--only", "speed"}, {"--database", "mysql://u:secret@h/d"},
	} {
		code, out := cli(t, nil, append([]string{"bench"}, args...)...)
		if code != exitUsage || strings.Contains(out, "secret") {
			t.Errorf("%v: exit %d: %s", args, code, out)
		}
	}
}
