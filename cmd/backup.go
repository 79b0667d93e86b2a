package cmd

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"

	"github.com/spf13/cobra"

	"github.com/relance-bot/relance/storage/sqlite"
)

func (a *app) backupCommand() *cobra.Command {
	var in inspection
	c := &cobra.Command{
		Use:   "backup FILE",
		Short: "Copy the database to a file, while the bot runs",
		Long: `Copies the database to a file, while the bot runs. The copy is whole, and readable by
its owner alone: it holds what people said, under the key that the database is under. It
needs no key, and no bot without mistakes. To go back to it, stop the bot and put the
copy in the place of relance.db.

A PostgreSQL database is copied with its own tools, as pg_dump, also while the bot runs. To
go back to such a copy, stop every process of the bot first.`,
		Example: "  relance backup shop-monday.db --dir shop",
		Args:    arguments(1, 1),
		RunE:    func(c *cobra.Command, args []string) error { return a.backup(c.Context(), in, args[0]) },
	}
	in.place(c)
	c.Flags().Lookup("database").Usage = "the one to copy (default RELANCE_DATABASE, else sqlite:relance.db in the folder)"
	return c
}

// backup copies the file as it is: neither what the flows say by now nor what the values
// are sealed with is of any concern to a copy.
func (a *app) backup(ctx context.Context, in inspection, file string) error {
	if err := isBot(in.dir); err != nil {
		return failed(err)
	}
	env, err := a.environment(in.dir)
	if err != nil {
		return failed(err)
	}
	d, err := databaseOf(in.dir, in.database, env)
	if err != nil {
		return failed(err)
	}
	if d.url != "" {
		return failed(errors.New("this database is PostgreSQL's, and is copied with its own tools: pg_dump, or the snapshots of its host, also while the bot runs"))
	}
	if _, err := os.Stat(d.file); errors.Is(err, fs.ErrNotExist) {
		return failed(&missingDatabase{d.file})
	}
	if _, err := os.Stat(file); err == nil {
		return failed(fmt.Errorf("%s is there already: a backup never overwrites", file))
	}
	if err := sqlite.Backup(ctx, d.file, file); err != nil {
		return failed(err)
	}
	info, err := os.Stat(file)
	if err != nil {
		return failed(err)
	}
	fmt.Fprintf(a.stdout, "%s: %.1f MB\n", file, float64(info.Size())/1e6)
	return nil
}
