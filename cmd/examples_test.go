package cmd

import (
	"log/slog"
	"os"
	"path/filepath"
	"testing"

	"github.com/relance-bot/relance/bot/chat"
	"github.com/relance-bot/relance/flows"
)

// TestTheExamplesPlay plays the transcripts of every example and of the bot that
// `relance new` writes, and wants those of the examples to come by nearly every step.
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
			program, data, _ := flows.Load(os.DirFS(dir))
			if program == nil {
				t.Fatal("it has mistakes")
			}
			walked := newTour(program)
			folder := &botFolder{dir: dir, program: program, data: data}
			t.Cleanup(func() { // the transcripts are played by then
				c := walked.coverage()
				if c.Total.Percent < 95 && dir != "starter" {
					t.Errorf("%.1f %% of the steps ran:\n%v", c.Total.Percent, c.Missed)
				}
			})
			chat.Run(t, dir, stages(folder, nil, slog.New(slog.DiscardHandler), walked.of))
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
