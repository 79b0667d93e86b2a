package cmd

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"reflect"

	"github.com/spf13/cobra"

	"github.com/relance-bot/relance/bot/chat"
	"github.com/relance-bot/relance/flows"
)

func (a *app) checkCommand() *cobra.Command {
	var asJSON, watch, lanes bool
	var where laneQuestion
	c := &cobra.Command{
		Use:   "check [DIR]",
		Short: "Find mistakes in a bot before anybody else does",
		Long: `Reads bot.yaml, flows, locales, data and transcripts, and says for every mistake where
it is, what is wrong and what to do. Exits with 1 if there are errors; warnings alone
are fine. Paths are those within DIR.

As JSON, the findings are a list of objects: file, line, column, end_line, end_column,
severity (error, warning, info), code, message, hint, source (the line), and fix where it
is known what was meant: a stretch (line, column, end_line, end_column) and the text to
write there. Lines and columns count from 1, columns in characters, and an end is the
place behind the last one; line is 0 if a finding is about a whole file.

With --watch it stays, and looks again whenever something in the folder changes.

With --lanes it says instead, for every notification of the bot, which ways the Page has
to carry it after the 24 hours: today, or on another day, in bot.yaml's region or another,
to people of the same region or another.`,
		Example: "  relance check shop\n  relance check shop --json\n  relance check shop --watch\n  relance check shop --lanes --region US --people EU",
		Args:    arguments(0, 1),
		RunE: func(c *cobra.Command, args []string) error {
			if lanes {
				return a.checkLanes(folder(args), where, asJSON)
			}
			if where != (laneQuestion{}) {
				return errors.New("--at, --region and --people go with --lanes")
			}
			if watch {
				return a.checkAlways(c.Context(), folder(args), asJSON)
			}
			return a.check(folder(args), asJSON)
		},
	}
	c.Flags().BoolVar(&asJSON, "json", false, "print the findings as JSON")
	c.Flags().BoolVar(&lanes, "lanes", false, "say which lanes may carry each notification")
	where.flags(c)
	c.Flags().BoolVar(&watch, "watch", false, "look again after every change")
	c.MarkFlagsMutuallyExclusive("lanes", "watch")
	return c
}

// check prints every diagnostic of a bot: its flows, and its transcripts.
func (a *app) check(dir string, asJSON bool) error {
	if err := isBot(dir); err != nil {
		return failed(err)
	}
	_, _, problems, err := readBot(os.DirFS(dir), a.setup)
	if err != nil {
		return failed(err)
	}
	transcripts, err := checkTranscripts(dir)
	if err != nil {
		return failed(err)
	}
	problems = append(problems, transcripts...)
	if asJSON {
		out, err := problems.JSON()
		if err != nil {
			return failed(err)
		}
		fmt.Fprintln(a.stdout, string(out))
	} else {
		if err := problems.Render(a.stdout, colorful(a.stdout)); err != nil {
			return failed(err)
		}
		fmt.Fprintln(a.stdout, summary(problems))
	}
	if problems.HasErrors() {
		return found()
	}
	return nil
}

// checkAlways prints every diagnostic of a bot, and anew after every change, until ctx
// ends. What cannot be read just now, while a file is replaced, may be soon.
func (a *app) checkAlways(ctx context.Context, dir string, asJSON bool) error {
	if err := isBot(dir); err != nil {
		return failed(err)
	}
	look := func() {
		var exit *exitError
		if err := a.check(dir, asJSON); errors.As(err, &exit) && exit.err != nil {
			fmt.Fprintln(a.stderr, "relance:", exit.err)
		}
		if !asJSON {
			fmt.Fprintln(a.stdout, "Looking again after every change; Ctrl+C ends.")
		}
	}
	err := watchFolder(ctx, dir, look, func() {
		if !asJSON && terminal(a.stdout) {
			fmt.Fprint(a.stdout, "\x1b[2J\x1b[3J\x1b[H") // clear the screen, and what was scrolled away
		} else if !asJSON {
			fmt.Fprintln(a.stdout)
		}
		look()
	})
	if err != nil {
		return failed(err)
	}
	return nil
}

// checkTranscripts reads the transcripts of a bot without playing them.
func checkTranscripts(dir string) (flows.Diagnostics, error) {
	files, err := chat.Find(dir)
	if errors.Is(err, os.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var problems flows.Diagnostics
	for _, file := range files {
		src, err := chat.Read(file)
		if err != nil {
			return nil, err
		}
		name, err := filepath.Rel(dir, file)
		if err != nil {
			name = file
		}
		_, found := chat.Parse(filepath.ToSlash(name), src)
		problems = append(problems, found...)
	}
	return problems, nil
}

func summary(problems flows.Diagnostics) string {
	failures, warnings, notes := 0, 0, 0
	for _, p := range problems {
		switch p.Severity {
		case flows.Error:
			failures++
		case flows.Warning:
			warnings++
		default:
			notes++
		}
	}
	text := fmt.Sprintf("%s, %s", count(failures, "error"), count(warnings, "warning"))
	if failures+warnings == 0 {
		text = "No mistakes found"
	}
	if notes > 0 {
		text += ", " + count(notes, "note")
	}
	return text + "."
}

// count says "1 error", "2 errors".
func count(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

// printJSON prints a value for other programs.
func (a *app) printJSON(v any) error {
	if list := reflect.ValueOf(v); list.Kind() == reflect.Slice && list.IsNil() {
		v = []any{} // a list of nothing is no null
	}
	out := json.NewEncoder(a.stdout)
	out.SetIndent("", "  ")
	if err := out.Encode(v); err != nil {
		return failed(err)
	}
	return nil
}
