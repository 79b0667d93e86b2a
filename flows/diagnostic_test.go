package flows

import (
	"bytes"
	"encoding/json"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// A copy of a bot with mistakes of every sort: each is named once, on its line.
func TestTwentyMistakes(t *testing.T) {
	t.Parallel()
	_, _, found := Load(os.DirFS("testdata/twenty"))
	var out bytes.Buffer
	if err := found.Render(&out, false); err != nil {
		t.Fatal(err)
	}
	const golden = "testdata/twenty/want.txt"
	if *update {
		if err := os.WriteFile(golden, out.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(strings.Split(string(want), "\n"), strings.Split(out.String(), "\n")); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
	for _, d := range found {
		if d.Hint == "" {
			t.Errorf("no hint:\n%v", d)
		}
	}
}

func TestAFindingIsThreeLinesAndAHint(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name string
		d    Diagnostic
		want string
	}{
		{
			"the form of the contract",
			Diagnostic{File: "flows/restock.yaml", Line: 14, Column: 13, EndLine: 14, EndColumn: 19, Severity: Error, Code: "flow-unknown",
				Message: `unknown flow "restok"`, Hint: `did you mean "restock"?`, Source: "        go: restok"},
			"flows/restock.yaml:14:13: error: unknown flow \"restok\" [flow-unknown]\n" +
				"   14 |         go: restok\n" +
				"      |             ^~~~~~\n" +
				"   hint: did you mean \"restock\"?\n",
		},
		{
			"wide characters, a tab and no hint",
			Diagnostic{File: "a.yaml", Line: 1000, Column: 6, EndLine: 1000, EndColumn: 8, Severity: Warning, Code: "x", Message: "odd", Source: "\t日本👟ab c"},
			"a.yaml:1000:6: warning: odd [x]\n 1000 |     日本👟ab c\n      |            ^~\n",
		},
		{
			"a mark that goes on below",
			Diagnostic{File: "a.yaml", Line: 2, Column: 3, EndLine: 4, EndColumn: 2, Severity: Error, Code: "x", Message: "odd", Source: "  abc"},
			"a.yaml:2:3: error: odd [x]\n    2 |   abc\n      |   ^~~\n",
		},
		{
			"right behind the line",
			Diagnostic{File: "a.yaml", Line: 2, Column: 4, EndLine: 2, EndColumn: 5, Severity: Error, Code: "x", Message: "odd", Source: "abc"},
			"a.yaml:2:4: error: odd [x]\n    2 | abc\n      |    ^\n",
		},
		{
			"a file as a whole",
			Diagnostic{File: "bot.yaml", Severity: Error, Code: "file", Message: "there is no bot.yaml here", Hint: "make one"},
			"bot.yaml: error: there is no bot.yaml here [file]\n   hint: make one\n",
		},
		{
			"what a terminal must not see",
			Diagnostic{File: "a.yaml", Line: 1, Column: 1, EndLine: 1, EndColumn: 2, Severity: Error, Code: "x", Message: "an \x1b[2J in it", Source: "\x1b[2J"},
			"a.yaml:1:1: error: an \ufffd[2J in it [x]\n    1 | \ufffd[2J\n      | ^\n",
		},
		{
			"a long line is shown around its place",
			Diagnostic{File: "a.yaml", Line: 1, Column: 201, EndLine: 1, EndColumn: 204, Severity: Error, Code: "x", Message: "odd", Source: strings.Repeat("a", 200) + "bcd" + strings.Repeat("e", 200)},
			"a.yaml:1:201: error: odd [x]\n    1 | …" + strings.Repeat("a", 60) + "bcd" + strings.Repeat("e", 60) + "…\n      | " + strings.Repeat(" ", 61) + "^~~\n",
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(tt.want, tt.d.String()); diff != "" {
				t.Errorf("-want +got\n%s", diff)
			}
			plain := strings.NewReplacer("\x1b[1m", "", "\x1b[31;1m", "", "\x1b[33;1m", "", "\x1b[2m", "", "\x1b[36m", "", "\x1b[0m", "").Replace(tt.d.Render(true))
			if plain != tt.want {
				t.Errorf("in color it says something else: %q", plain)
			}
		})
	}
}

func TestFindingsAsJSON(t *testing.T) {
	t.Parallel()
	got, err := Diagnostics(nil).JSON()
	if err != nil || string(got) != "[]" {
		t.Errorf("got %s, %v", got, err)
	}
	d := Diagnostic{File: "a.yaml", Line: 1, Column: 2, EndLine: 1, EndColumn: 3, Severity: Error, Code: "x", Message: "odd"}
	got, err = Diagnostics{d}.JSON()
	if err != nil {
		t.Fatal(err)
	}
	var list []map[string]any
	if err := json.Unmarshal(got, &list); err != nil {
		t.Fatal(err)
	}
	want := []map[string]any{{"file": "a.yaml", "line": 1.0, "column": 2.0, "end_line": 1.0, "end_column": 3.0, "severity": "error", "code": "x", "message": "odd"}}
	if diff := cmp.Diff(want, list); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
}
