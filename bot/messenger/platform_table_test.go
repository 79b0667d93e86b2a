package messenger

import (
	"bytes"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// repository is where the module's root is, seen from here.
const repository = "../.."

var (
	tableRow = regexp.MustCompile(`^\| (.+) \| (.+) \|$`)
	// evidence is a test, `folder.TestName` or `folder.TestName/case`, or the path of a
	// transcript.
	evidence    = regexp.MustCompile("`([^`]+)`")
	testName    = regexp.MustCompile(`^([a-z0-9_/]+)\.((?:Test|Fuzz|Example)[A-Za-z0-9_]*)(?:/(.+))?$`)
	notBecause  = regexp.MustCompile(`^not, because .{10,}$`)
	numbered    = regexp.MustCompile(`^## ([0-9]+(?:\.[0-9]+)?) .+$`)
	declaration = regexp.MustCompile(`(?m)^func ((?:Test|Fuzz|Example)[A-Za-z0-9_]*)\(`)
)

// TestEveryRowOfThePlatformNamesItsProof reads PLATFORM.md and looks for what its rows
// name: a test that is not there proves nothing.
func TestEveryRowOfThePlatformNamesItsProof(t *testing.T) {
	t.Parallel()
	tests := testsOf(t)
	section, rows := "", map[string]int{}
	for n, line := range strings.Split(string(readFile(t, "PLATFORM.md")), "\n") {
		if m := numbered.FindStringSubmatch(line); m != nil {
			if section = m[1]; rows[section] > 0 {
				t.Errorf("line %d: section %s stands there twice", n+1, section)
			}
			continue
		}
		if !strings.HasPrefix(line, "|") || section == "" {
			continue
		}
		m := tableRow.FindStringSubmatch(line)
		if m == nil {
			if !strings.HasPrefix(line, "|---|") {
				t.Errorf("line %d is no row of two cells: %s", n+1, line)
			}
			continue
		}
		if m[2] == "proof" {
			continue
		}
		rows[section]++
		if notBecause.MatchString(m[2]) {
			continue
		}
		named := evidence.FindAllStringSubmatch(m[2], -1)
		if rest := strings.Trim(evidence.ReplaceAllString(m[2], ""), " ,;"); len(named) == 0 || rest != "" {
			t.Errorf("line %d: the proof is neither tests and transcripts alone nor a \"not, because …\": %s", n+1, m[2])
		}
		for _, name := range named {
			if why := tests.find(name[1]); why != "" {
				t.Errorf("line %d: %s: %s", n+1, name[1], why)
			}
		}
	}
	for _, section := range topics {
		if rows[section] == 0 {
			t.Errorf("section %s has no row", section)
		}
	}
}

// topics are the sections that must have rows.
var topics = []string{"3.6", "4.1", "4.2", "4.3", "4.4", "4.5", "4.6", "5.1", "5.2", "5.3", "5.4", "5.5", "6.1", "6.2", "7.1", "7.2", "7.3", "7.4", "7.5", "7.6", "8.1", "10"}

// TestEveryErrorHasARow looks for each error that is known in the rows of its list.
func TestEveryErrorHasARow(t *testing.T) {
	t.Parallel()
	text := string(readFile(t, "PLATFORM.md"))
	for _, r := range refusals {
		name := graphError{code: r.code, subcode: r.subcode}.name()
		if r.to != 0 {
			name = fmt.Sprintf("%d-%d", r.code, r.to)
		}
		if !regexp.MustCompile(`(?m)^\| (?:[^|]*, )?` + name + `[,:]`).MatchString(text) {
			t.Errorf("no row for %s, %s", name, r.meaning)
		}
	}
}

// suite is the tests of the repository, by the folder they stand in.
type suite map[string]*tests

type tests struct {
	names map[string]bool
	text  []byte // of all test files
}

// testsOf reads every test file of the module.
func testsOf(t *testing.T) suite {
	t.Helper()
	all := suite{}
	err := filepath.WalkDir(repository, func(file string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && strings.HasPrefix(d.Name(), ".") && d.Name() != "..":
			return fs.SkipDir
		case d.IsDir() || !strings.HasSuffix(file, "_test.go"):
			return nil
		}
		folder, err := filepath.Rel(repository, filepath.Dir(file))
		if err != nil {
			return err
		}
		folder = filepath.ToSlash(folder)
		if all[folder] == nil {
			all[folder] = &tests{names: map[string]bool{}}
		}
		text := readFile(t, file)
		for _, m := range declaration.FindAllSubmatch(text, -1) {
			all[folder].names[string(m[1])] = true
		}
		all[folder].text = append(all[folder].text, text...)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// find says why there is no such test or transcript, or nothing. A folder may be named
// by its last parts alone; a case is a text that stands in the folder's tests.
func (s suite) find(name string) (why string) {
	m := testName.FindStringSubmatch(name)
	if m == nil {
		if path.Ext(name) != ".chat" {
			return "it is neither `folder.TestName` nor a transcript"
		}
		if _, err := os.Stat(filepath.Join(repository, filepath.FromSlash(name))); err != nil {
			return "there is no such transcript"
		}
		return ""
	}
	for folder, tests := range s {
		if (folder == m[1] || strings.HasSuffix(folder, "/"+m[1])) && tests.names[m[2]] {
			if m[3] != "" && !bytes.Contains(tests.text, []byte(m[3])) {
				return "there is no such case"
			}
			return ""
		}
	}
	return "there is no such test"
}

func readFile(t testing.TB, file string) []byte {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return text
}
