package cmd

import (
	"context"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/relance-bot/relance/bot"
	"github.com/relance-bot/relance/bot/console"
)

func (a *app) receiptCommand() *cobra.Command {
	var in inspection
	var asHTML bool
	c := &cobra.Command{
		Use:   "receipt CONTACT",
		Short: "Show what a person agreed to, when, and how",
		Long: `Shows every entry of the consent ledger about a person, by topic: what they were shown,
what they did, and what proves it, in the person's own time. --html makes a page to print
or to send.

` + contactArgument,
		Example: "  relance consent receipt messenger:1000000000000001:7 --dir shop\n  relance consent receipt messenger:1000000000000001:7 --html > receipt.html",
		Args:    arguments(1, 1),
		RunE: func(c *cobra.Command, args []string) error {
			return a.observe(c.Context(), in, func(ctx context.Context, b observed) error {
				r, err := b.Receipt(ctx, args[0])
				switch {
				case err != nil:
					return err
				case in.asJSON:
					return a.printJSON(r)
				case asHTML:
					return console.WriteReceipt(a.stdout, r)
				}
				a.receipt(r)
				return nil
			})
		},
	}
	in.flags(c)
	c.Flags().BoolVar(&asHTML, "html", false, "print a web page")
	c.MarkFlagsMutuallyExclusive("json", "html")
	return c
}

// receipt prints a receipt for the terminal.
func (a *app) receipt(r bot.Receipt) {
	fmt.Fprintf(a.stdout, "Consent of %s\n%s\n", strings.TrimSpace(r.Name+" "+r.Contact), r.Issued())
	if len(r.Topics) == 0 {
		fmt.Fprintln(a.stdout, "\nThey were never asked for anything.")
	}
	for _, topic := range r.Topics {
		fmt.Fprintf(a.stdout, "\n“%s” (%s): %s\n", topic.Title, topic.Topic, topic.Standing())
		for _, e := range topic.Entries {
			fmt.Fprintf(a.stdout, "\n%6s  %s  %-9s  %s\n", e.Place(), e.Local, e.Action, e.Says)
			for _, p := range e.Behind() {
				fmt.Fprintf(a.stdout, "        %s: %s\n", p.Name, p.Value)
			}
		}
	}
}
