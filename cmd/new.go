package cmd

import (
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/relance-bot/relance/cmd/schema"
)

// starters are the bots that new writes, one to a folder.
//
//go:embed all:starter
var starters embed.FS

// templates are the starters with what each is about, in the order they are shown.
var templates = []struct{ name, about string }{
	{"restock", "finds a size in a table, and tells who waits for one that it is back"},
	{"newsletter", "a letter every Thursday to those who said yes, and one tap to leave"},
	{"booking", "books an appointment, and reminds people the day before"},
	{"blank", "says hello, and nothing else"},
}

func (a *app) newCommand() *cobra.Command {
	template := templates[0].name
	c := &cobra.Command{
		Use:   "new DIR",
		Short: "Start a bot in a new folder",
		Long: `Writes a small bot that works, with transcripts that prove it, and the schemas by which
editors complete and explain its files. DIR must be new, or empty. The templates are:

` + templateList(),
		Example: "  relance new shop\n  relance new salon --template booking",
		Args:    arguments(1, 1),
		RunE:    func(_ *cobra.Command, args []string) error { return a.new(args[0], template) },
	}
	c.Flags().StringVarP(&template, "template", "t", template, "what to begin with")
	return c
}

// templateList shows the templates, one to a line.
func templateList() string {
	var out []string
	for _, t := range templates {
		out = append(out, fmt.Sprintf("  %-11s %s", t.name, t.about))
	}
	return strings.Join(out, "\n")
}

func (a *app) new(dir, template string) error {
	names := make([]string, len(templates))
	for i, t := range templates {
		names[i] = t.name
	}
	if !slices.Contains(names, template) {
		return fmt.Errorf("there is no template %q; there are:\n\n%s", template, templateList())
	}
	entries, err := os.ReadDir(dir)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return failed(err)
	}
	if len(entries) > 0 {
		return failed(fmt.Errorf("%s is not empty: a bot begins in a folder of its own", dir))
	}
	if err := writeStarter(dir, template); err != nil {
		return failed(err)
	}
	if err := putSchemas(dir); err != nil {
		return failed(err)
	}
	fmt.Fprintf(a.stdout, "A bot stands in %s. Try it:\n\n  relance test %s\n  relance chat %s\n  relance run %s\n", dir, dir, dir, dir)
	return nil
}

// writeStarter copies a template; what has a schema says where that is.
func writeStarter(dir, template string) error {
	root := path.Join("starter", template)
	return fs.WalkDir(starters, root, func(file string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		content, err := starters.ReadFile(file)
		if err != nil {
			return err
		}
		name := strings.TrimPrefix(file, root+"/")
		if line, ok := schema.Line(name); ok {
			content = append([]byte(line+"\n"), content...)
		}
		to := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(to), 0o755); err != nil {
			return err
		}
		return os.WriteFile(to, content, 0o644)
	})
}
