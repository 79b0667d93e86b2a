package flows

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// What stands between these lines of the reference is made of the table of codes and
// the broken bots, by "go test ./flows -run TestTheReferenceShowsEveryFinding -update".
const (
	findingsBegin = "<!-- findings: made by go test ./flows -update -->"
	findingsEnd   = "<!-- end of findings -->"
)

var (
	wantTail  = regexp.MustCompile(` *# want: [a-z-]+$`)
	maxSample = 130 // characters of a line that is shown
)

func TestTheReferenceShowsEveryFinding(t *testing.T) {
	t.Parallel()
	reference := readReference(t)
	begin, end := strings.Index(reference, findingsBegin), strings.Index(reference, findingsEnd)
	if begin < 0 || end < begin {
		t.Fatal("the reference has no place for the findings")
	}
	begin += len(findingsBegin)
	want := "\n\n" + findingsText(t) + "\n"
	if reference[begin:end] == want {
		return
	}
	if !*update {
		t.Fatal("the findings of the reference are not those of the broken bots: run go test ./flows -run TestTheReferenceShowsEveryFinding -update")
	}
	if err := os.WriteFile("REFERENCE.md", []byte(reference[:begin]+want+reference[end:]), 0o644); err != nil {
		t.Fatal(err)
	}
}

// findingsText is each code with what it means and an example.
func findingsText(t *testing.T) string {
	t.Helper()
	bots := brokenBots(t)
	slices.SortStableFunc(bots, func(a, b broken) int { return strings.Compare(a.variant, b.variant) })
	var out strings.Builder
	for _, c := range Codes() {
		fmt.Fprintf(&out, "**`%s`** %s\n\n```text\n", c.Name, plainText(c.Summary))
		for _, b := range bots {
			if b.code == c.Name { // the one without variant, which is the first
				out.WriteString(printedSample(t, b))
				break
			}
		}
		out.WriteString("```\n\n")
	}
	return strings.TrimRight(out.String(), "\n") + "\n"
}

// plainText keeps signs in a summary from being read as Markdown.
func plainText(s string) string {
	s = strings.ReplaceAll(s, "@ ` % * & ! | >", "`` @ ` % * & ! | > ``")
	if !strings.Contains(s, "``") {
		s = strings.NewReplacer("{{", "`{{`", "}}", "`}}`", "<<", "`<<`", " # ", " `#` ", " ! ", " `!` ").Replace(s)
	}
	return s
}

// printedSample is a finding as it is printed, without what only the test needs, and what to
// write instead where that is known.
func printedSample(t *testing.T, b broken) string {
	t.Helper()
	_, _, found := Load(os.DirFS(b.dir))
	for _, d := range found {
		if d.Code != b.code {
			continue
		}
		instead := ""
		if d.Fix != nil && d.Fix.Line == d.Fix.EndLine {
			text, err := os.ReadFile(filepath.Join(b.dir, d.File))
			if err != nil {
				t.Fatal(err)
			}
			fixed := wantTail.ReplaceAllString(strings.Split(string(d.Fix.Apply(text)), "\n")[d.Fix.Line-1], "")
			fixed = strings.TrimSpace(fixed)
			if shown := strings.TrimSpace(wantTail.ReplaceAllString(d.Source, "")); fixed != shown && !strings.Contains(d.Hint, strings.TrimPrefix(fixed, "- ")) {
				instead = "   write: " + fixed + "\n"
			}
		}
		tail := wantTail.FindString(d.Source)
		d.Source = strings.TrimSuffix(d.Source, tail)
		if d.EndLine == d.Line {
			d.EndColumn = max(min(d.EndColumn, runes(d.Source)+1), d.Column+1)
		}
		d.Hint = strings.ReplaceAll(d.Hint, tail, "")
		if r := []rune(d.Source); len(r) > maxSample {
			d.Source = string(r[:maxSample]) + " …"
		}
		return strings.ReplaceAll(d.Render(false), "\ufeff", "\ufffd") + instead
	}
	t.Fatalf("%s has no finding", b.dir)
	return ""
}
