package flows

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

var codeUse = regexp.MustCompile(`(?:errorf|warnf|report|force|quote|add|unreadable)\((?:[^"()\n]*, )?"([a-z]+(?:-[a-z]+)*)"|code(?:: |, message :?= )"([a-z-]+)"|\bfix\{code: "([a-z-]+)"`)

// Every code in the source is in the table, and every one of the table in the
// source, so that the reference lists what there is.
func TestEveryCodeIsListed(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	used := make(map[string]string)
	for _, file := range files {
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range codeUse.FindAllStringSubmatch(string(text), -1) {
			used[m[1]+m[2]+m[3]] = file
		}
	}
	listed := make(map[string]bool)
	for _, c := range Codes() {
		if listed[c.Name] {
			t.Errorf("%s is listed twice", c.Name)
		}
		listed[c.Name] = true
		if used[c.Name] == "" {
			t.Errorf("%s is listed, but nothing reports it", c.Name)
		}
		if !strings.HasSuffix(c.Summary, ".") {
			t.Errorf("%s: the summary is no sentence", c.Name)
		}
	}
	for code, file := range used {
		if !listed[code] {
			t.Errorf("%s reports %s, which is not listed", file, code)
		}
	}
}

var noHint = regexp.MustCompile(`(?m)^.*\b(?:errorf|warnf|report)\(.*, "",.*$`)

// A finding says what to do about it.
func TestEveryFindingHasAHint(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, line := range noHint.FindAllString(string(text), -1) {
			t.Errorf("%s: %s", file, strings.TrimSpace(line))
		}
	}
}
