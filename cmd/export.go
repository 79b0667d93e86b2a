package cmd

import (
	"context"
	"fmt"
	"net/http"

	"github.com/spf13/cobra"

	"github.com/relance-bot/relance/bot"
	"github.com/relance-bot/relance/storage"
)

func (a *app) exportCommand() *cobra.Command {
	var in inspection
	c := &cobra.Command{
		Use:     "export CONTACT",
		Short:   "Print everything kept about a person, as JSON",
		Long:    "Prints everything kept about a person, as JSON: at most 50,000 decisions and as many\noutcomes, the newest, with \"cut\": true where there may be more.\n\n" + contactArgument,
		Example: "  relance export messenger:1000000000000001:7 --dir shop",
		Args:    arguments(1, 1),
		RunE: func(c *cobra.Command, args []string) error {
			return a.observe(c.Context(), in, func(ctx context.Context, b observed) error {
				export, err := b.Export(ctx, args[0])
				if err != nil {
					return err
				}
				return a.printJSON(export)
			})
		},
	}
	in.place(c)
	return c
}

func (a *app) forgetCommand() *cobra.Command {
	var in inspection
	c := &cobra.Command{
		Use:   "forget CONTACT",
		Short: "Delete everything kept about a person",
		Long: `Deletes what is kept about a person: data, session, consents, held notifications and
what waits to be sent. The consent ledger still verifies, and no longer says who it was.

` + contactArgument,
		Example: "  relance forget messenger:1000000000000001:7 --dir shop",
		Args:    arguments(1, 1),
		RunE:    func(c *cobra.Command, args []string) error { return a.forget(c.Context(), in, args[0]) },
	}
	in.place(c)
	return c
}

// forget asks the running bot, or does it in the database if none runs.
func (a *app) forget(ctx context.Context, in inspection, contact string) error {
	err := a.change(ctx, in,
		func(r *remote) error {
			return a.told(r.call(ctx, http.MethodDelete, personAt(contact), nil, nil), in.dir)
		},
		func(ctx context.Context, b *bot.Bot, _ storage.Store) error { return b.Forget(ctx, contact) })
	if err == nil {
		fmt.Fprintln(a.stdout, "Forgotten.")
	}
	return err
}
