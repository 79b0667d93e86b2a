package cmd

import (
	"context"
	"errors"
	"fmt"
	"os"

	"github.com/spf13/cobra"

	"github.com/relance-bot/relance/bot"
	"github.com/relance-bot/relance/storage"
)

func (a *app) backupCommand() *cobra.Command {
	var in inspection
	c := &cobra.Command{
		Use:     "backup FILE",
		Short:   "Copy the database to a file, while the bot runs",
		Example: "  relance backup shop-2026-11-22.db --dir shop",
		Args:    cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			return a.inspect(c.Context(), in.dir, in.database, func(ctx context.Context, _ *bot.Bot, s storage.Store) error {
				return a.backup(ctx, s, args[0])
			})
		},
	}
	c.Flags().StringVar(&in.dir, "dir", ".", "the bot's folder")
	c.Flags().StringVar(&in.database, "database", "", "database (default RELANCE_DATABASE, else sqlite:relance.db in the folder)")
	return c
}

func (a *app) backup(ctx context.Context, s storage.Store, file string) error {
	if _, err := os.Stat(file); err == nil {
		return fmt.Errorf("%s is there already: a backup never overwrites", file)
	}
	source, ok := s.(storage.Backuper)
	if !ok {
		return errors.New("this database is backed up with its own tools")
	}
	if err := source.Backup(ctx, file); err != nil {
		return err
	}
	info, err := os.Stat(file)
	if err != nil {
		return err
	}
	fmt.Fprintf(a.stdout, "%s: %.1f MB\n", file, float64(info.Size())/1e6)
	return nil
}
