package cmd

import (
	"log/slog"
	"os"
	"path/filepath"
	"testing"

	"github.com/relance-bot/relance/bot/chat"
	"github.com/relance-bot/relance/flows"
)

// examples are the bots of examples/ and those that `relance new` writes.
func examples(t *testing.T) []string {
	t.Helper()
	bots, err := filepath.Glob("../examples/*/bot.yaml")
	if err != nil || len(bots) == 0 {
		t.Fatalf("no examples: %v", err)
	}
	for _, template := range templates {
		bots = append(bots, filepath.Join("starter", template.name, "bot.yaml"))
	}
	return bots
}

// TestTheExamplesPlay plays the transcripts of every example and of every bot that
// `relance new` writes, and wants them to come by nearly every step.
func TestTheExamplesPlay(t *testing.T) {
	t.Parallel()
	for _, file := range examples(t) {
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
				if c.Total.Percent < 95 {
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
	for _, file := range examples(t) {
		_, _, problems := flows.Load(os.DirFS(filepath.Dir(file)))
		for _, p := range problems {
			t.Errorf("%s: %s", file, p.Render(false))
		}
	}
}
