package cmd

import (
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/relance-bot/relance/cmd/schema"
)

// starter is the bot that new writes.
//
//go:embed all:starter
var starter embed.FS

func (a *app) newCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "new DIR",
		Short: "Start a bot in a new folder",
		Long: `Writes a small bot that works: a question, a topic people can subscribe to, a
notification and its transcript. DIR must be new, or empty.`,
		Example: "  relance new shop\n  relance test shop\n  relance run shop",
		Args:    arguments(1, 1),
		RunE:    func(_ *cobra.Command, args []string) error { return a.new(args[0]) },
	}
}

func (a *app) new(dir string) error {
	entries, err := os.ReadDir(dir)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return failed(err)
	}
	if len(entries) > 0 {
		return failed(fmt.Errorf("%s is not empty: a bot begins in a folder of its own", dir))
	}
	err = fs.WalkDir(starter, "starter", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		content, err := starter.ReadFile(path)
		if err != nil {
			return err
		}
		name, err := filepath.Rel("starter", path)
		if err != nil {
			return err
		}
		to := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(to), 0o755); err != nil {
			return err
		}
		if line, ok := schema.Line(filepath.ToSlash(name)); ok {
			content = append([]byte(line+"\n"), content...)
		}
		return os.WriteFile(to, content, 0o644)
	})
	if err == nil {
		err = putSchemas(dir)
	}
	if err != nil {
		return failed(err)
	}
	fmt.Fprintf(a.stdout, "A bot stands in %s. Try it:\n\n  relance test %s\n  relance chat %s\n  relance run %s\n", dir, dir, dir, dir)
	return nil
}
