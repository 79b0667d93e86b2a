package cmd

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"time"

	"github.com/spf13/cobra"

	"github.com/relance-bot/relance/bot/chat"
	"github.com/relance-bot/relance/flows"
)

func (a *app) testCommand() *cobra.Command {
	var how playing
	c := &cobra.Command{
		Use:   "test [DIR]",
		Short: "Play the bot's transcripts",
		Long: `Plays the transcripts in DIR/chats through the whole runtime: a temporary SQLite
database, the emulated platform, and a clock that moves only when a transcript says
so. Two transcripts never share anything.

With --coverage it says, too, which triggers, steps, branches and buttons no transcript
came by; that fails nothing.`,
		Example: "  relance test shop\n  relance test shop -run stop\n  relance test shop -update\n  relance test shop --coverage",
		Args:    arguments(0, 1),
		RunE: func(c *cobra.Command, args []string) error {
			return a.test(c.Context(), folder(args), how)
		},
	}
	c.Flags().BoolVar(&how.update, "update", false, "rewrite the expectations that do not hold")
	c.Flags().StringVar(&how.pattern, "run", "", "play only transcripts whose name matches this regular expression")
	c.Flags().BoolVar(&how.coverage, "coverage", false, "list what of the flows no transcript ran")
	c.Flags().StringVar(&how.junit, "junit", "", "write the results to this file as well, as JUnit's XML")
	c.Flags().BoolVar(&how.json, "json", false, "print the results as JSON")
	return c
}

// playing is how transcripts are played, and what is told of it.
type playing struct {
	pattern                string // empty: all
	junit                  string // a file; empty: none
	update, coverage, json bool
}

func (a *app) test(ctx context.Context, dir string, how playing) error {
	folder, err := a.load(dir)
	if err != nil {
		return err
	}
	options := chat.Options{Update: how.update, Now: time.Now}
	if how.pattern != "" {
		if options.Match, err = regexp.Compile(how.pattern); err != nil {
			return fmt.Errorf("-run: %w", err)
		}
	}
	var walked *tour
	var trace func(string) func(flows.Mark)
	if how.coverage {
		walked = newTour(folder.program)
		trace = walked.of
	}
	options.Factory = stages(folder, a.setup, nil, trace)
	began := time.Now()
	results, err := chat.RunDir(ctx, dir, options)
	if err != nil {
		return failed(err)
	}
	if how.junit != "" {
		var text bytes.Buffer
		if err := writeJUnit(&text, folder.program.Bot.Name, results); err != nil {
			return failed(err)
		}
		if err := os.WriteFile(how.junit, text.Bytes(), 0o644); err != nil {
			return failed(fmt.Errorf("--junit: %w", err))
		}
	}
	wrong := 0
	for _, r := range results {
		if !r.Passed() {
			wrong++
		}
	}
	switch {
	case how.json && how.coverage:
		err = a.printJSON(played{verdicts(results), walked.coverage()})
	case how.json:
		err = a.printJSON(verdicts(results))
	case len(results) == 0 && how.pattern != "":
		fmt.Fprintf(a.stdout, "No transcript in %s matches %s.\n", filepath.Join(dir, chat.Folder), how.pattern)
	case len(results) == 0:
		fmt.Fprintf(a.stdout, "No transcripts in %s.\n", filepath.Join(dir, chat.Folder))
	default:
		if err = a.printResults(results, wrong, time.Since(began)); err == nil && how.coverage {
			err = walked.coverage().print(a.stdout)
		}
	}
	if err != nil {
		return failed(err)
	}
	if wrong > 0 {
		return found()
	}
	return nil
}

// verdict is a result as other programs read it.
type verdict struct {
	chat.Result
	Passed  bool   `json:"passed"`
	Problem string `json:"problem,omitempty"` // why it could not be played
}

// played is all that --coverage --json prints.
type played struct {
	Transcripts []verdict `json:"transcripts"`
	Coverage    coverage  `json:"coverage"`
}

func verdicts(results []chat.Result) []verdict {
	out := []verdict{}
	for _, r := range results {
		v := verdict{Result: r, Passed: r.Passed()}
		if r.Err != nil {
			v.Problem = r.Err.Error()
		}
		out = append(out, v)
	}
	return out
}

func (a *app) printResults(results []chat.Result, wrong int, took time.Duration) error {
	width := 0
	for _, r := range results {
		width = max(width, len([]rune(r.Name)))
	}
	for _, r := range results {
		word := "pass"
		switch {
		case !r.Passed(): // though what was played of it may have been rewritten
			word = "FAIL"
		case r.Updated:
			word = "updated"
		}
		fmt.Fprintf(a.stdout, "%-7s  %-*s  %6.1f ms\n", word, width, r.Name, float64(r.Duration.Microseconds())/1000)
		if err := r.Render(a.stdout, colorful(a.stdout)); err != nil {
			return err
		}
	}
	fmt.Fprintf(a.stdout, "\n%s passed, %d failed, in %.2f s\n", count(len(results)-wrong, "transcript"), wrong, took.Seconds())
	return nil
}
