package flows

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/fstest"
)

// A folder of testdata/broken is a bot with one mistake. It is called by the code of
// the finding, and what follows a dash behind that tells variants apart. The guilty
// line ends with the comment "# want: CODE"; where a comment would be another mistake,
// or no comment, the file "want" beside bot.yaml says "FILE:LINE CODE", and "FILE CODE"
// if the finding is about the whole file. The bots are read as they stand, so
// "relance check" says of each what the test wants.

// broken is a bot with one mistake.
type broken struct {
	dir, code string
	variant   string // "" of the plain one
	at        string // FILE:LINE, or FILE
}

var wantComment = regexp.MustCompile(`# want: ([a-z-]+)$`)

// brokenBots are all of them, in the order of their names.
func brokenBots(t testing.TB) []broken {
	t.Helper()
	dirs, err := filepath.Glob("testdata/broken/*")
	if err != nil || len(dirs) == 0 {
		t.Fatal("no broken bots", err)
	}
	var out []broken
	for _, dir := range dirs {
		b := broken{dir: dir}
		name := filepath.Base(dir)
		for _, c := range Codes() {
			rest, ok := strings.CutPrefix(name, c.Name)
			if ok && (rest == "" || rest[0] == '-') && len(c.Name) > len(b.code) {
				b.code, b.variant = c.Name, strings.TrimPrefix(rest, "-")
			}
		}
		if b.code == "" {
			t.Errorf("%s: no code begins like this", dir)
			continue
		}
		if b.at, err = guilty(dir, b.code); err != nil {
			t.Error(err)
			continue
		}
		out = append(out, b)
	}
	return out
}

// guilty is where the one mistake of a bot is.
func guilty(dir, code string) (string, error) {
	var found []string
	err := filepath.WalkDir(dir, func(path string, entry os.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		file := filepath.ToSlash(strings.TrimPrefix(path, dir+string(filepath.Separator)))
		for i, line := range strings.Split(string(text), "\n") {
			line = strings.TrimRight(line, "\r")
			if file == "want" {
				if at, ok := strings.CutSuffix(line, " "+code); ok {
					found = append(found, at)
				} else if line != "" {
					return fmt.Errorf("%s: %q is not FILE:LINE %s", path, line, code)
				}
			} else if m := wantComment.FindStringSubmatch(line); m != nil && m[1] == code {
				found = append(found, file+":"+strconv.Itoa(i+1))
			} else if m != nil {
				return fmt.Errorf("%s:%d: the folder is of %s", path, i+1, code)
			}
		}
		return nil
	})
	if err != nil {
		return "", err
	}
	if len(found) != 1 {
		return "", fmt.Errorf("%s: one mistake is wanted, in %v", dir, found)
	}
	return found[0], nil
}

// Each broken bot has the one finding that it is about, on its line, and no other.
func TestABrokenBotHasOneFinding(t *testing.T) {
	t.Parallel()
	for _, b := range brokenBots(t) {
		t.Run(filepath.Base(b.dir), func(t *testing.T) {
			t.Parallel()
			_, _, found := Load(os.DirFS(b.dir))
			found = slices.DeleteFunc(found, func(d Diagnostic) bool { return d.Severity == Info && d.Code != b.code })
			if len(found) != 1 {
				t.Fatalf("%d findings, one is wanted at %s [%s]:\n%v", len(found), b.at, b.code, found)
			}
			d := found[0]
			at := d.File
			if d.Line > 0 {
				at += ":" + strconv.Itoa(d.Line)
			}
			if at != b.at || d.Code != b.code {
				t.Errorf("wanted is %s at %s:\n%v", b.code, b.at, d)
			}
			if d.Hint == "" {
				t.Errorf("no hint:\n%v", d)
			}
			width := len([]rune(d.Source))
			if d.Line > 0 && (d.Column < 1 || d.Column > width+1 || d.EndLine < d.Line || d.EndLine == d.Line && (d.EndColumn <= d.Column || d.EndColumn > width+2)) {
				t.Errorf("the span %d:%d-%d:%d is not in the line:\n%v", d.Line, d.Column, d.EndLine, d.EndColumn, d)
			}
		})
	}
}

// Every kind of finding has a bot that shows it.
func TestEveryCodeHasABrokenBot(t *testing.T) {
	t.Parallel()
	shown := make(map[string]bool)
	for _, b := range brokenBots(t) {
		shown[b.code] = true
	}
	for _, c := range Codes() {
		if !shown[c.Name] {
			t.Errorf("no bot of testdata/broken shows %s: %s", c.Name, c.Summary)
		}
	}
}

// A fix that comes with a finding mends the bot.
func TestAFixMendsTheBot(t *testing.T) {
	t.Parallel()
	fixed := 0
	for _, b := range brokenBots(t) {
		bot := fstest.MapFS{}
		if err := fs.WalkDir(os.DirFS(b.dir), ".", func(file string, entry fs.DirEntry, err error) error {
			if err == nil && !entry.IsDir() {
				text, err := os.ReadFile(filepath.Join(b.dir, file))
				bot[file] = &fstest.MapFile{Data: text}
				return err
			}
			return err
		}); err != nil {
			t.Fatal(err)
		}
		_, _, found := Load(bot)
		found = slices.DeleteFunc(found, func(d Diagnostic) bool { return d.Severity == Info && d.Code != b.code })
		if len(found) != 1 || found[0].Fix == nil {
			continue
		}
		fixed++
		file := found[0].File
		bot[file].Data = found[0].Fix.Apply(bot[file].Data)
		_, _, left := Load(bot)
		left = slices.DeleteFunc(left, func(d Diagnostic) bool { return d.Code == "may-be-empty" || d.Severity == Info }) // as a name put right may
		if len(left) > 0 {
			t.Errorf("%s: %v\nwith %q it reads\n%s\nand has\n%v", b.dir, found, found[0].Fix.Text, bot[file].Data, left)
		}
	}
	if fixed < 50 {
		t.Errorf("%d findings carry a fix", fixed)
	}
}
