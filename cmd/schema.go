package cmd

import (
	"bytes"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/relance-bot/relance/cmd/schema"
)

func (a *app) schemaCommand() *cobra.Command {
	var write bool
	c := &cobra.Command{
		Use:   "schema [flow|bot|locale], or schema --write [DIR]",
		Short: "Let an editor complete and explain the keys of a bot",
		Long: `Prints the JSON Schema of a file of flows/, of bot.yaml or of a file of locales/.

With --write, puts all three into DIR/.relance, and on top of each file of the bot that
lacks it the line by which editors find them. Editors with the YAML language server
(VS Code with the extension YAML, Neovim, Emacs and others) then complete keys, explain
them and underline mistakes. Write them again after an update of relance.`,
		Example: "  relance schema > flow.schema.json\n  relance schema --write shop",
		Args:    arguments(0, 1),
		RunE: func(_ *cobra.Command, args []string) error {
			if write {
				return a.writeSchemas(folder(args))
			}
			of := "flow"
			if len(args) > 0 {
				of = args[0]
			}
			return a.printSchema(of)
		},
	}
	c.Flags().BoolVar(&write, "write", false, "write the schemas into a bot, instead of printing one")
	return c
}

func (a *app) printSchema(of string) error {
	files, err := schema.Files()
	if err != nil {
		return failed(err)
	}
	for _, f := range files {
		if f.Of == of {
			if _, err := a.stdout.Write(f.Text); err != nil {
				return failed(err)
			}
			return nil
		}
	}
	return fmt.Errorf("there is no schema of %q: it can be flow, bot or locale", of)
}

// writeSchemas puts the schemas into a bot, and the line that names them into files
// that lack it.
func (a *app) writeSchemas(dir string) error {
	if err := isBot(dir); err != nil {
		return failed(err)
	}
	if err := putSchemas(dir); err != nil {
		return failed(err)
	}
	fmt.Fprintf(a.stdout, "The schemas stand in %s.\n", filepath.Join(dir, schema.Folder))
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name, err := filepath.Rel(dir, path)
		if err != nil {
			return err
		}
		line, ok := schema.Line(filepath.ToSlash(name))
		if d.IsDir() || !ok || strings.HasPrefix(d.Name(), ".") {
			if d.IsDir() && name != "." && strings.HasPrefix(d.Name(), ".") {
				return fs.SkipDir
			}
			return nil
		}
		text, err := os.ReadFile(path)
		if err != nil || bytes.Contains(text, []byte("# yaml-language-server:")) {
			return err
		}
		fmt.Fprintf(a.stdout, "%s now begins with the line that names its schema.\n", path)
		return replaceFile(path, append([]byte(line+"\n"), text...))
	})
	if err != nil {
		return failed(err)
	}
	return nil
}

// putSchemas writes the schemas of a bot.
func putSchemas(dir string) error {
	files, err := schema.Files()
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Join(dir, schema.Folder), 0o755); err != nil {
		return err
	}
	for _, f := range files {
		if err := os.WriteFile(filepath.Join(dir, schema.Folder, f.Name), f.Text, 0o644); err != nil {
			return err
		}
	}
	return nil
}

// replaceFile gives a file of an author another text, whole or not at all, with the
// permissions it has.
func replaceFile(path string, text []byte) error {
	info, err := os.Stat(path)
	if err != nil {
		return err
	}
	beside := path + ".new"
	if err := os.WriteFile(beside, text, info.Mode().Perm()); err != nil {
		return err
	}
	return os.Rename(beside, path)
}
