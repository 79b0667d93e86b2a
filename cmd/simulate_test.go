package cmd

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// simulated runs relance simulate and returns what it prints.
func simulatedYear(t *testing.T, args ...string) (stdout, stderr string, code int) {
	t.Helper()
	var out, errs bytes.Buffer
	code = Run(t.Context(), append([]string{"simulate"}, args...), strings.NewReader(""), &out, &errs, nil)
	return out.String(), errs.String(), code
}

// TestASimulationIsDrawnBySeed wants the same figures of the same seed, and others of
// another.
func TestASimulationIsDrawnBySeed(t *testing.T) {
	t.Parallel()
	run := func(seed string) string {
		out, errs, code := simulatedYear(t, "../examples/tickets", "--people", "60", "--days", "45", "--seed", seed)
		if code != exitFine {
			t.Fatalf("exit %d: %s", code, errs)
		}
		return out
	}
	first := run("7")
	if diff := cmp.Diff(first, run("7")); diff != "" {
		t.Errorf("the same seed gives other figures (-first +second):\n%s", diff)
	}
	if first == run("8") {
		t.Error("another seed gives the same figures")
	}
	for _, want := range []string{"60 people in 30 time zones, 45 days from 2026-01-01, seed 7", "Nothing unlawful happened"} {
		if !strings.Contains(first, want) {
			t.Errorf("%q is missing in:\n%s", want, first)
		}
	}
}

// TestEveryBotCanBeSimulated tries the bots that relance new writes, which say nothing
// of how people behave.
func TestEveryBotCanBeSimulated(t *testing.T) {
	t.Parallel()
	for _, template := range templates {
		t.Run(template.name, func(t *testing.T) {
			t.Parallel()
			out, errs, code := simulatedYear(t, filepath.Join("starter", template.name), "--people", "20", "--days", "20")
			if code != exitFine || !strings.Contains(out, "Nothing unlawful") {
				t.Errorf("exit %d: %s%s", code, out, errs)
			}
		})
	}
}

// TestTheExampleFindsThePeopleOfAYearThatWasKept does what the verb's help says, one line
// after the other.
func TestTheExampleFindsThePeopleOfAYearThatWasKept(t *testing.T) {
	t.Parallel()
	year := filepath.Join(t.TempDir(), "year")
	var printed output
	a := newApp(nil, &printed)
	lines := strings.Split(a.simulateCommand().Example, "\n")
	for _, line := range lines[len(lines)-2:] {
		line = strings.NewReplacer(" shop", " ../examples/restock", "1000", "20", "$PWD/year", year, "keep year", "keep "+year).Replace(line)
		if code := a.execute(t.Context(), strings.Fields(line)[1:]); code != exitFine {
			t.Fatalf("%s exits %d: %s", line, code, printed.String())
		}
	}
	if !strings.Contains(printed.String(), "messenger:1000000000000001:7200000000000000") {
		t.Errorf("nobody is listed: %s", printed.String())
	}
}

// TestTheFiguresStandARecount simulates each example and compares what relance stats says
// of the database with what a program that knows only the journal counts.
func TestTheFiguresStandARecount(t *testing.T) {
	t.Parallel()
	recount := filepath.Join(t.TempDir(), "recount.exe")
	if out, err := exec.CommandContext(t.Context(), "go", "build", "-o", recount, "./simulate/testdata/recount").CombinedOutput(); err != nil {
		t.Fatalf("building the recount: %v\n%s", err, out)
	}
	folders, err := filepath.Glob("../examples/*/simulate.yaml")
	if err != nil || len(folders) < 4 {
		t.Fatalf("%d examples can be simulated: %v", len(folders), err)
	}
	for _, file := range folders {
		dir := filepath.Dir(file)
		t.Run(filepath.Base(dir), func(t *testing.T) {
			t.Parallel()
			keep := filepath.Join(t.TempDir(), "year")
			if _, errs, code := simulatedYear(t, dir, "--people", "300", "--days", "60", "--seed", "5", "--keep", keep); code != exitFine {
				t.Fatalf("exit %d: %s", code, errs)
			}
			var out, errs bytes.Buffer
			if code := Run(t.Context(), []string{"stats", dir, "--json", "--database", "sqlite:" + filepath.Join(keep, "relance.db")}, strings.NewReader(""), &out, &errs, nil); code != exitFine {
				t.Fatalf("relance stats: exit %d: %s", code, errs.String())
			}
			var stats struct{ Total map[string]any }
			if err := json.Unmarshal(out.Bytes(), &stats); err != nil {
				t.Fatal(err)
			}
			text, err := exec.CommandContext(t.Context(), recount, keep).Output()
			if err != nil {
				t.Fatalf("recount: %v", err)
			}
			var counted map[string]any
			if err := json.Unmarshal(text, &counted); err != nil {
				t.Fatal(err)
			}
			if counted["sent"].(float64) < 100 || counted["purchases"].(float64)+counted["other_purchases"].(float64) < 10 {
				t.Errorf("too little happened to compare: %v", counted)
			}
			for figure, n := range counted {
				said, there := stats.Total[figure]
				if !there { // of nothing nothing is said
					said = 0.0
				}
				if diff := cmp.Diff(n, said); diff != "" && !(figure == "other_revenue" && !there) {
					t.Errorf("%s (-recount +relance stats):\n%s", figure, diff)
				}
			}
		})
	}
}

// TestMistakesInSimulateYAML wants each found, with its line.
func TestMistakesInSimulateYAML(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ name, text, want string }{
		{"a share", "opt_in: {accept: 130%}", "simulate.yaml:1:18: error: 130% is out of bounds"},
		{"both shares", "opt_in: {accept: 80%, decline: 40%}", "more people answer an opt-in request than get one"},
		{"no number", "people: {visits: often}", "simulate.yaml:1:18: error: this is no number"},
		{"an unknown group", "mood: {sunny: 3}", `simulate.yaml:1:1: error: "mood" is no group of settings`},
		{"an unknown key", "chat:\n  answers: 3%", `simulate.yaml:2:3: error: chat: has no "answers"`},
		{"a zone", "people:\n  zones: {Europe/Pari: 1}", `"Europe/Pari" is not known`},
		{"nobody", "people:\n  entries: {keyword: 0}", "nobody is left"},
		{"a day", "start: yesterday", "simulate.yaml:1:8: error: this is no day to begin with"},
		{"an event", "events:\n  restok: {per_week: 3}", `simulate.yaml:2:3: error: bot.yaml has no event "restok"`},
		{"a table", "events:\n  restock: {from: hats}", `there is no table "hats"`},
		{"whom", "events:\n  restock: {to: nobody}", `"nobody" is nobody`},
		{"amounts", "purchases: {least: 50, most: 20}", "the least purchase is larger than the most"},
		{"a currency", "purchases: {currency: euros}", `"euros" is no currency`},
		{"YAML", "chat: {answer: 3%", "the bracket is never closed"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			if err := os.CopyFS(dir, os.DirFS("../examples/restock")); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(filepath.Join(dir, "simulate.yaml"), []byte(test.text+"\n"), 0o600); err != nil {
				t.Fatal(err)
			}
			_, errs, code := simulatedYear(t, dir, "--people", "1", "--days", "1")
			if code != exitFindings || !strings.Contains(errs, test.want) {
				t.Errorf("exit %d, want %q in:\n%s", code, test.want, errs)
			}
		})
	}
}

// TestASimulationOfNobody wants bounds on what is asked for.
func TestASimulationOfNobody(t *testing.T) {
	t.Parallel()
	for _, args := range [][]string{{"--people", "0"}, {"--days", "0"}, {"--people", "2000000"}, {"--days", "9999"}} {
		if _, errs, code := simulatedYear(t, append([]string{"../examples/restock"}, args...)...); code != exitUsage || !strings.Contains(errs, args[0]) {
			t.Errorf("%v: exit %d: %s", args, code, errs)
		}
	}
	full := t.TempDir()
	if err := os.WriteFile(filepath.Join(full, "relance.db"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, errs, code := simulatedYear(t, "../examples/restock", "--people", "1", "--days", "1", "--keep", full); code != exitFailed || !strings.Contains(errs, "is not empty") {
		t.Errorf("--keep into a full folder: exit %d: %s", code, errs)
	}
}
