package cmd

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"github.com/spf13/cobra"

	"github.com/relance-bot/relance/cmd/schema"
	"github.com/relance-bot/relance/flows"
)

// localesOptions are the flags of locales.
type localesOptions struct {
	add           string
	check, asJSON bool
}

func (a *app) localesCommand() *cobra.Command {
	var o localesOptions
	c := &cobra.Command{
		Use:   "locales [DIR]",
		Short: "Keep the translations of a bot in step with its flows",
		Long: `Adds to each file of DIR/locales the texts it lacks, without a translation and with the
place where each stands, and lists those that no flow has any more. What stands in the
files stays as it is. --add begins another language.`,
		Example: "  relance locales shop\n  relance locales shop --add de\n  relance locales shop --check",
		Args:    arguments(0, 1),
		RunE:    func(_ *cobra.Command, args []string) error { return a.locales(folder(args), o) },
	}
	c.Flags().StringVar(&o.add, "add", "", "begin a file for this language: de, pt_BR")
	c.Flags().BoolVar(&o.check, "check", false, "write nothing; exit with 1 if something is missing or stale")
	c.Flags().BoolVar(&o.asJSON, "json", false, "print the state of each file as JSON, and write nothing")
	return c
}

// languageName is what a locale file may be called.
var languageName = regexp.MustCompile(`^[a-z]{2,3}([_-][A-Za-z0-9]{2,8})*$`)

func (a *app) locales(dir string, o localesOptions) error {
	bot, err := a.loadQuietly(dir)
	if err != nil {
		return err
	}
	all := bot.program.Translations()
	if o.add != "" {
		if !languageName.MatchString(o.add) {
			return fmt.Errorf("%q is no language: write it like de, or with a country like pt_BR", o.add)
		}
		if o.add == bot.program.Bot.Locale {
			return fmt.Errorf("the bot itself is written in %s: name another language", o.add)
		}
		file := "locales/" + o.add + ".yaml"
		if _, err := os.Stat(filepath.Join(dir, file)); !errors.Is(err, fs.ErrNotExist) {
			return failed(fmt.Errorf("%s is there already", file))
		}
		all = []flows.Translation{{File: file, Language: o.add, Missing: bot.program.Spoken()}}
	}
	if o.asJSON {
		return a.translationsJSON(all, o.check)
	}
	if len(all) == 0 {
		other := "de"
		if strings.HasPrefix(bot.program.Bot.Locale, other) {
			other = "fr"
		}
		fmt.Fprintf(a.stdout, "The bot has no translations. 'relance locales --add %s' begins one.\n", other)
		return nil
	}
	wrong := false
	for _, t := range all {
		wrong = wrong || len(t.Missing)+len(t.Stale) > 0
		if !o.check {
			if err := addMissing(dir, t, o.add != ""); err != nil {
				return failed(err)
			}
		}
		a.translation(t, o.check)
	}
	if o.check && wrong {
		return found()
	}
	return nil
}

// translation says how far a file is.
func (a *app) translation(t flows.Translation, onlyLook bool) {
	added, empty := 0, 0
	for _, m := range t.Missing {
		if m.Empty {
			empty++
		} else {
			added++
		}
	}
	var said []string
	if added > 0 && onlyLook {
		said = append(said, count(added, "text")+" missing")
	} else if added > 0 {
		said = append(said, count(added, "text")+" added, without a translation")
	}
	if empty > 0 {
		said = append(said, count(empty, "text")+" not translated yet")
	}
	if len(t.Stale) > 0 {
		said = append(said, count(len(t.Stale), "text")+" that no flow has any more")
	}
	if said == nil {
		said = append(said, "complete")
	}
	fmt.Fprintf(a.stdout, "%s: %s\n", t.File, strings.Join(said, "; "))
	for _, m := range t.Missing {
		if !m.Empty && onlyLook {
			fmt.Fprintf(a.stdout, "  missing: %q (%s:%d)\n", m.Text, m.At.File, m.At.Start.Line)
		}
	}
	for _, s := range t.Stale {
		fmt.Fprintf(a.stdout, "  stale: %s:%d: %q\n", t.File, s.Line, s.Text)
	}
}

func (a *app) translationsJSON(all []flows.Translation, check bool) error {
	type missing struct {
		flows.Untranslated
		File string `json:"file"`
		Line int    `json:"line"`
	}
	type state struct {
		File     string        `json:"file"`
		Language string        `json:"language"`
		Missing  []missing     `json:"missing"`
		Stale    []flows.Stale `json:"stale"`
	}
	out, wrong := make([]state, 0, len(all)), false
	for _, t := range all {
		s := state{File: t.File, Language: t.Language, Missing: []missing{}, Stale: append([]flows.Stale{}, t.Stale...)}
		for _, m := range t.Missing {
			s.Missing = append(s.Missing, missing{m, m.At.File, m.At.Start.Line})
		}
		wrong = wrong || len(t.Missing)+len(t.Stale) > 0
		out = append(out, s)
	}
	if err := a.printJSON(out); err != nil {
		return err
	}
	if check && wrong {
		return found()
	}
	return nil
}

// addMissing writes what a locale file lacks behind what it holds. A file that would
// not be read as before is left alone.
func addMissing(dir string, t flows.Translation, isNew bool) error {
	var entries strings.Builder
	for _, m := range t.Missing {
		if !m.Empty {
			entries.WriteString("\n" + m.Entry())
		}
	}
	if entries.Len() == 0 {
		return nil
	}
	path := filepath.Join(dir, filepath.FromSlash(t.File))
	var text []byte
	if isNew {
		line, _ := schema.Line(t.File)
		text = []byte(line + "\n# Write each translation behind its text. " + t.Language + " is read by people who speak it.\n")
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			return err
		}
	} else {
		var err error
		if text, err = os.ReadFile(path); err != nil {
			return err
		}
	}
	ends := "\n"
	if bytes.Contains(text, []byte("\r\n")) {
		ends = "\r\n"
	}
	if len(text) > 0 && text[len(text)-1] != '\n' {
		text = append(text, ends...)
	}
	text = append(text, strings.ReplaceAll(entries.String(), "\n", ends)...)
	if err := stillReads(dir, t.File, text); err != nil {
		return err
	}
	if isNew {
		return os.WriteFile(path, text, 0o644)
	}
	return replaceFile(path, text)
}

// stillReads says whether a bot has errors with another text in one of its files.
func stillReads(dir, file string, text []byte) error {
	if _, _, found := flows.Load(overlay{os.DirFS(dir), map[string][]byte{file: text}}); found.HasErrors() {
		for _, d := range found {
			if d.Severity == flows.Error && d.Code != "handler-unknown" { // a Go function may be it
				return fmt.Errorf("%s was left as it is, since the bot would not be read any more: %s", file, d.Message)
			}
		}
	}
	return nil
}
