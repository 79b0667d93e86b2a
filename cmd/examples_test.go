package cmd

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/relance-bot/relance/bot/chat"
	"github.com/relance-bot/relance/flows"
)

// TestTheExamplesPlay plays the transcripts of every example and of the bot that
// `relance new` writes.
func TestTheExamplesPlay(t *testing.T) {
	t.Parallel()
	bots, err := filepath.Glob("../examples/*/bot.yaml")
	if err != nil || len(bots) == 0 {
		t.Fatalf("no examples: %v", err)
	}
	for _, file := range append(bots, "starter/bot.yaml") {
		dir := filepath.Dir(file)
		t.Run(filepath.Base(dir), func(t *testing.T) {
			t.Parallel()
			chat.Run(t, dir, Stage(dir, nil))
		})
	}
}

// TestTheExamplesAreFreeOfFindings wants not even a warning.
func TestTheExamplesAreFreeOfFindings(t *testing.T) {
	t.Parallel()
	bots, err := filepath.Glob("../examples/*/bot.yaml")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range append(bots, "starter/bot.yaml") {
		_, _, problems := flows.Load(os.DirFS(filepath.Dir(file)))
		for _, p := range problems {
			t.Errorf("%s: %s", file, p.Render(false))
		}
	}
}
