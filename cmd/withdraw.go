package cmd

import (
	"context"
	"fmt"
	"net/http"
	"strings"

	"github.com/spf13/cobra"

	"github.com/relance-bot/relance/bot"
	"github.com/relance-bot/relance/storage"
)

func (a *app) withdrawCommand() *cobra.Command {
	var in inspection
	what := bot.Withdrawal{}
	c := &cobra.Command{
		Use:   "withdraw CONTACT TOPIC|all",
		Short: "End what a person agreed to, who said so elsewhere than in the chat",
		Long: `Ends what a person agreed to hear about, as their own stop in the chat does: for those who
say so by telephone, by letter, or on the shop's page to unsubscribe. Nothing more is sent,
what is held or waits is dropped, and the consent ledger keeps it. They get no message about it.

` + contactArgument,
		Example: "  relance consent withdraw messenger:1000000000000001:7 restock --source telephone --dir shop\n  relance consent withdraw email=zoe@foulee.example all --dir shop",
		Args:    arguments(2, 2),
		RunE: func(c *cobra.Command, args []string) error {
			what.Topic = args[1]
			return a.withdraw(c.Context(), in, args[0], what)
		},
	}
	in.place(c)
	c.Flags().StringVar(&what.Source, "source", "", "where they said so, for the ledger")
	return c
}

// withdraw asks the running bot, or does it in the database if none runs.
func (a *app) withdraw(ctx context.Context, in inspection, contact string, what bot.Withdrawal) error {
	var left []bot.ConsentView
	err := a.change(ctx, in,
		func(r *remote) error {
			return a.told(r.call(ctx, http.MethodPost, personAt(contact)+"/withdraw", what, &left), in.dir)
		},
		func(ctx context.Context, b *bot.Bot, _ storage.Store) (err error) {
			left, err = b.Withdraw(ctx, contact, what)
			return err
		})
	if err != nil {
		return err
	}
	var stands []string
	for _, v := range left {
		if v.Status != "" {
			stands = append(stands, v.Topic+" is "+v.Status)
		}
	}
	if len(stands) == 0 {
		stands = []string{"they never agreed to anything"}
	}
	fmt.Fprintf(a.stdout, "Done: %s.\n", strings.Join(stands, ", "))
	return nil
}
