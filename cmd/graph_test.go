package cmd

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestABotIsDrawn(t *testing.T) {
	t.Parallel()
	for format, want := range map[string]string{"svg": "<svg ", "mermaid": "flowchart LR\n", "dot": "digraph flows {"} {
		code, out := cli(t, nil, "graph", exampleRestock, "--format", format)
		if code != exitFine || !strings.HasPrefix(out, want) || !strings.Contains(out, "back") {
			t.Errorf("graph --format %s exits %d: %.100s", format, code, out)
		}
	}
	file := filepath.Join(t.TempDir(), "bot.svg")
	if code, out := cli(t, nil, "graph", exampleRestock, "-o", file); code != exitFine || !strings.Contains(out, file) {
		t.Errorf("graph -o exits %d: %s", code, out)
	}
	if text, err := os.ReadFile(file); err != nil || !strings.HasPrefix(string(text), "<svg ") {
		t.Errorf("the file holds %.40q (%v)", text, err)
	}
	dot := filepath.Join(t.TempDir(), "bot.dot")
	if code, out := cli(t, nil, "graph", exampleRestock, "-o", dot); code != exitFine {
		t.Errorf("graph -o bot.dot exits %d: %s", code, out)
	}
	if text, err := os.ReadFile(dot); err != nil || !strings.HasPrefix(string(text), "digraph ") {
		t.Errorf("bot.dot holds %.40q (%v)", text, err)
	}
	png := filepath.Join(t.TempDir(), "bot.png")
	if code, out := cli(t, nil, "graph", exampleRestock, "-o", png); code != exitUsage || !strings.Contains(out, "not .png") {
		t.Errorf("graph -o bot.png exits %d: %s", code, out)
	}
	if _, err := os.Stat(png); err == nil {
		t.Error("bot.png was written")
	}
	if code, out := cli(t, nil, "graph", exampleRestock, "--format", "png"); code != exitUsage || !strings.Contains(out, "svg, mermaid or dot") {
		t.Errorf("graph --format png exits %d: %s", code, out)
	}
}
