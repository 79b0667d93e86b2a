package cmd

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/relance-bot/relance/bot/chat"
	"github.com/relance-bot/relance/flows"
)

func (a *app) checkCommand() *cobra.Command {
	var asJSON bool
	c := &cobra.Command{
		Use:   "check [DIR]",
		Short: "Find mistakes in a bot before anybody else does",
		Long: `Reads bot.yaml, flows, locales, data and transcripts, and says for every mistake where
it is, what is wrong and what to do. Exits with 1 if there are errors; warnings alone
are fine. Paths are those within DIR.`,
		Example: "  relance check shop\n  relance check shop --json",
		Args:    arguments(0, 1),
		RunE:    func(_ *cobra.Command, args []string) error { return a.check(folder(args), asJSON) },
	}
	c.Flags().BoolVar(&asJSON, "json", false, "print the findings as JSON")
	return c
}

// check prints every diagnostic of a bot: its flows, and its transcripts.
func (a *app) check(dir string, asJSON bool) error {
	if err := isBot(dir); err != nil {
		return failed(err)
	}
	_, _, problems := flows.Load(os.DirFS(dir))
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
		src, err := os.ReadFile(file)
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
	out := json.NewEncoder(a.stdout)
	out.SetIndent("", "  ")
	if err := out.Encode(v); err != nil {
		return failed(err)
	}
	return nil
}
