package chat

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestRun(t *testing.T) {
	t.Parallel()
	Run(t, "testdata/bot", newFake)
}

// folder makes a bot's folder with these transcripts.
func folder(t *testing.T, chats map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, src := range chats {
		file := filepath.Join(dir, Folder, name)
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(src), 0o640); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// summary is one line for each result.
func summary(results []Result) []string {
	var out []string
	for _, r := range results {
		word := "failed"
		if r.Passed() {
			word = "passed"
		}
		if r.Updated {
			word += ", updated"
		}
		out = append(out, r.Name+" "+word)
	}
	return out
}

func TestRunDir(t *testing.T) {
	t.Parallel()
	dir := folder(t, map[string]string{
		"told.chat":          "> dis un\n< un\n",
		"stop.chat":          "> dis un\n< deux\n",
		"promo/monday.chat":  "> dis un\n< un\n",
		"promo/typo.chat":    "> dis un\n<< un\nund\n",
		"notes.txt":          "nothing to play\n",
		"promo/.monday.chat": "> dis un\n< un\n",
	})
	o := Options{Factory: newFake, Workers: 2}
	tests := []struct {
		match string
		want  []string
	}{
		{"", []string{"promo/.monday passed", "promo/monday passed", "promo/typo failed", "stop failed", "told passed"}},
		{"^t", []string{"told passed"}},
		{"promo/m|stop", []string{"promo/monday passed", "stop failed"}},
		{"xyz", nil},
	}
	for _, tt := range tests {
		o.Match = nil
		if tt.match != "" {
			o.Match = regexp.MustCompile(tt.match)
		}
		results, err := RunDir(t.Context(), dir, o)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(tt.want, summary(results)); diff != "" {
			t.Errorf("%q (-want +got):\n%s", tt.match, diff)
		}
	}
	if results, err := RunDir(t.Context(), t.TempDir(), o); err != nil || len(results) != 0 {
		t.Errorf("a bot without transcripts: %v, %v", results, err)
	}
	if _, err := RunDir(t.Context(), filepath.Join(dir, "nowhere"), o); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a folder that is not there: %v", err)
	}
}

func TestUpdateRewritesFiles(t *testing.T) {
	t.Parallel()
	const wrong, right = "> dis un\r\n< deux\r\n", "> dis un\r\n< un\r\n"
	dir := folder(t, map[string]string{"a.chat": wrong, "b.chat": right, "c.chat": "oups\n"})
	file := filepath.Join(dir, Folder, "a.chat")
	o := Options{Factory: newFake, Update: true}
	for _, want := range [][]string{
		{"a passed, updated", "b passed", "c failed"},
		{"a passed", "b passed", "c failed"},
	} {
		results, err := RunDir(t.Context(), dir, o)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, summary(results)); diff != "" {
			t.Errorf("-want +got:\n%s", diff)
		}
	}
	src, err := os.ReadFile(file)
	if err != nil || string(src) != right {
		t.Errorf("the file holds %q, %v", src, err)
	}
	if info, err := os.Stat(file); err != nil || info.Mode().Perm() != 0o640 {
		t.Errorf("its permissions are %v, %v", info.Mode(), err)
	}
	if left, err := filepath.Glob(filepath.Join(dir, Folder, ".*")); err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}

func TestResult(t *testing.T) {
	t.Parallel()
	dir := folder(t, map[string]string{"a.chat": "> dis un\n< deux\n", "b.chat": "< /(/\n", "c.chat": ""})
	path := func(name string) string { return filepath.Join(dir, Folder, name) }
	var ticks atomic.Int64
	clock := func() time.Time { return time.Unix(3*ticks.Add(1), 0) }
	tests := []struct {
		file    string
		factory Factory
		want    string
	}{
		{"a.chat", newFake, "a.chat:2: the bot said something else\n    1 | > dis un\n-   2 | < deux\n+     | < un\n"},
		{"b.chat", newFake, "b.chat:1:3: error: not a regular expression: missing closing ): `(` [chat-pattern]\n" +
			"    1 | < /(/\n      |   ^~~\n   hint: the syntax is that of Go's regexp package\n"},
		{"c.chat", newFake, ""},
		{"c.chat", func(context.Context, Setup) (Stage, error) { return nil, errors.New("no flows") },
			"c.chat: could not be played: setting the stage: no flows\n"},
		{"d.chat", newFake, "d.chat: could not be played: open d.chat: no such file or directory\n"},
	}
	for _, tt := range tests {
		r := RunFile(t.Context(), path(tt.file), Options{Factory: tt.factory, Now: clock})
		var b strings.Builder
		if err := r.Render(&b, false); err != nil {
			t.Fatal(err)
		}
		if got := strings.ReplaceAll(b.String(), path("")+string(filepath.Separator), ""); got != tt.want {
			t.Errorf("got\n%swant\n%s", got, tt.want)
		}
		if r.Passed() != (tt.want == "") {
			t.Errorf("%s passed: %v", tt.file, r.Passed())
		}
		if r.Duration != 3*time.Second {
			t.Errorf("%s took %s", tt.file, r.Duration)
		}
	}
}

func TestPlayStopsWithItsContext(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(errors.New("interrupted"))
	failures, _, err := Play(ctx, mustParse(t, "a.chat", "> stock\n< …\n"), Options{Factory: newFake})
	if err != nil || len(failures) != 1 || failures[0].Message != "the transcript was stopped here: interrupted" {
		t.Errorf("%v %v", failures, err)
	}
}

// A block beyond the bound of the alignment is still compared line by line.
func TestManyMessages(t *testing.T) {
	t.Parallel()
	const n = 1500
	var b strings.Builder
	b.WriteString("> dis " + strings.Repeat("a|", n-1) + "a\n")
	for i := range n {
		if i == n/2 {
			b.WriteString("< b\n")
		} else {
			b.WriteString("< a\n")
		}
	}
	failures, repaired, err := Play(t.Context(), mustParse(t, "a.chat", b.String()), Options{Factory: newFake})
	if err != nil || len(failures) != 1 || failures[0].Line != n/2+2 || string(repaired) != b.String() {
		t.Errorf("%v %v", failures, err)
	}
}
