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
		Use:   "backup FILE",
		Short: "Copy the database to a file, while the bot runs",
		Long: `Copies the database to a file, while the bot runs. The copy is whole, and readable by
its owner alone: it holds what people said. To go back to it, stop the bot and put the
copy in the place of relance.db.`,
		Example: "  relance backup shop-monday.db --dir shop",
		Args:    arguments(1, 1),
		RunE: func(c *cobra.Command, args []string) error {
			return a.inspect(c.Context(), in.dir, in.database, func(ctx context.Context, _ *bot.Bot, s storage.Store) error {
				return a.backup(ctx, s, args[0])
			})
		},
	}
	in.place(c)
	return c
}

func (a *app) backup(ctx context.Context, s storage.Store, file string) error {
	if _, err := os.Stat(file); err == nil {
		return fmt.Errorf("%s is there already: a backup never overwrites", file)
	}
	source := s.Abilities().Backuper
	if source == nil {
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
