package graph

import (
	"os"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/relance-bot/relance/flows"
)

// thirty is a bot of thirty flows, as a shop grows one: a menu, questions that lead on
// to each other, topics with their notifications, and a few flows that stand alone.
// Its files stand in one, each behind a line with its name.
func thirty(t *testing.T) *flows.Program {
	t.Helper()
	text, err := os.ReadFile("testdata/thirty.txt")
	if err != nil {
		t.Fatal(err)
	}
	files := make(fstest.MapFS)
	for _, chunk := range strings.Split("\n"+string(text), "\n-- ")[1:] {
		name, content, ok := strings.Cut(chunk, " --\n")
		if !ok {
			t.Fatalf("thirty.txt: %.40q", chunk)
		}
		files[name] = &fstest.MapFile{Data: []byte(content + "\n")}
	}
	return load(t, files)
}

// load compiles a bot that must be without errors.
func load(t *testing.T, files fstest.MapFS) *flows.Program {
	t.Helper()
	p, _, found := flows.Load(files)
	if found.HasErrors() {
		t.Fatal(found)
	}
	return p
}
