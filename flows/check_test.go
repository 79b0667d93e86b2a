package flows

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
)

// A file of testdata/check holds small bots with mistakes in them. "=== TITLE"
// begins a bot, "--- FILE" a file of it; what stands before the first "---" is
// flows/test.yaml. A bot without bot.yaml has that of testdata/check/bot.yaml, and
// with it flows/base.yaml. # want "REGEXP" at the end of a line is taken away
// before the file is read, and must match "severity: message [code] hint" of a
// finding on that line; every finding must be wanted.
func TestMistakesAreFoundWhereTheyAre(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("testdata/check/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatal("no fixtures", err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, chunk := range strings.Split("\n"+string(text), "\n=== ")[1:] {
			title, body, _ := strings.Cut(chunk, "\n")
			t.Run(strings.TrimSuffix(filepath.Base(file), ".txt")+"/"+title, func(t *testing.T) {
				t.Parallel()
				checkChunk(t, body)
			})
		}
	}
}

var wantMark = regexp.MustCompile(`\s*# want ((?:"(?:[^"\\]|\\.)*"\s*)+)$`)
var wantText = regexp.MustCompile(`"((?:[^"\\]|\\.)*)"`)

func checkChunk(t *testing.T, body string) {
	t.Helper()
	bot := fstest.MapFS{}
	wants := make(map[string][]string) // by file:line
	name := "flows/test.yaml"
	var lines []string
	store := func() {
		if len(lines) > 0 {
			bot[name] = &fstest.MapFile{Data: []byte(strings.Join(lines, "\n") + "\n")}
		}
		lines = nil
	}
	for _, line := range strings.Split(strings.TrimRight(body, "\n"), "\n") {
		if next, ok := strings.CutPrefix(line, "--- "); ok && !strings.HasPrefix(next, "#") {
			store()
			name = strings.TrimSpace(next)
			if file, want, ok := strings.Cut(name, " # want "); ok {
				name = file
				for _, m := range wantText.FindAllStringSubmatch(want, -1) {
					wants[name+":0"] = append(wants[name+":0"], m[1])
				}
			}
			continue
		}
		if m := wantMark.FindStringSubmatch(line); m != nil {
			line = strings.TrimSuffix(line, m[0])
			at := fmt.Sprintf("%s:%d", name, len(lines)+1)
			for _, one := range wantText.FindAllStringSubmatch(m[1], -1) {
				wants[at] = append(wants[at], one[1])
			}
		}
		lines = append(lines, line)
	}
	store()
	if bot["bot.yaml"] == nil && wants["bot.yaml:0"] == nil {
		for _, file := range []string{"bot.yaml", "flows/base.yaml"} {
			text, err := os.ReadFile("testdata/check/" + filepath.Base(file))
			if err != nil {
				t.Fatal(err)
			}
			bot[file] = &fstest.MapFile{Data: text}
		}
	}
	_, _, found := Load(bot)
	for _, d := range found {
		if d.Code == "field-unsaved" { // the fields of the common bot are there for all fixtures
			continue
		}
		at := fmt.Sprintf("%s:%d", d.File, d.Line)
		text := fmt.Sprintf("%s: %s [%s] %s", d.Severity, d.Message, d.Code, d.Hint)
		matched := -1
		for i, want := range wants[at] {
			if ok, err := regexp.MatchString(strings.ReplaceAll(want, `\"`, `"`), text); err != nil {
				t.Fatal(err)
			} else if ok {
				matched = i
				break
			}
		}
		if matched < 0 && slices.Contains([]string{"unstarted", "ask-unsaved", "way-out"}, d.Code) {
			continue // most of these flows are samples of steps
		}
		if matched < 0 {
			t.Errorf("not wanted:\n%v", d)
			continue
		}
		wants[at] = append(wants[at][:matched:matched], wants[at][matched+1:]...)
		if d.Line > 0 && (d.Column < 1 || d.Column > len([]rune(d.Source))+1 || d.EndLine == d.Line && d.EndColumn <= d.Column) {
			t.Errorf("the span %d:%d-%d:%d is not in the line:\n%v", d.Line, d.Column, d.EndLine, d.EndColumn, d)
		}
	}
	for at, left := range wants {
		for _, want := range left {
			t.Errorf("%s: nothing matches %q", at, want)
		}
	}
}
