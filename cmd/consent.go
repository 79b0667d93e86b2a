package cmd

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"

	"github.com/spf13/cobra"

	"github.com/relance-bot/relance/bot"
	"github.com/relance-bot/relance/storage"
)

func (a *app) consentCommand() *cobra.Command {
	c := &cobra.Command{
		Use:     "consent",
		Short:   "Verify the consent ledger, or show a person's part of it",
		Example: "  relance consent verify --dir shop\n  relance consent receipt messenger:1000000000000001:7 --dir shop",
		Args:    unknownVerb,
		RunE:    showHelp,
	}
	c.AddCommand(a.verifyCommand(), a.receiptCommand())
	return c
}

func (a *app) verifyCommand() *cobra.Command {
	var in inspection
	c := &cobra.Command{
		Use:   "verify",
		Short: "Find any entry of the ledger that was altered, removed or moved",
		Long: `Reads the whole consent ledger and recomputes its chain. Exits with 1 if an entry was
altered, removed or moved. Keep the head it prints elsewhere: a ledger that was written
anew from the start has another.`,
		Example: "  relance consent verify --dir shop",
		Args:    arguments(0, 0),
		RunE: func(c *cobra.Command, _ []string) error {
			return a.inspect(c.Context(), in.dir, in.database, func(ctx context.Context, b *bot.Bot, _ storage.Store) error {
				return a.verify(ctx, b, in.asJSON)
			})
		},
	}
	in.flags(c)
	return c
}

func (a *app) verify(ctx context.Context, b *bot.Bot, asJSON bool) error {
	chains, err := b.VerifyLedger(ctx)
	if err != nil {
		return err
	}
	sound := true
	for _, chain := range chains {
		sound = sound && len(chain.Findings) == 0
	}
	if asJSON {
		if err := a.printJSON(chains); err != nil {
			return err
		}
	} else {
		for _, chain := range chains {
			fmt.Fprintf(a.stdout, "%s: %s chained, %d not sealed yet, head %.16x\n", chain.Page, entries(chain.Entries), chain.Unsealed, chain.Head)
			for _, f := range chain.Findings {
				fmt.Fprintf(a.stdout, "  entry %d %s: %s\n", f.Seq, f.Kind, f.Text)
			}
		}
		switch {
		case !sound:
			fmt.Fprintln(a.stdout, "The ledger is not what it was.")
		case len(chains) == 0:
			fmt.Fprintln(a.stdout, "Nothing is in the ledger yet.")
		default:
			fmt.Fprintln(a.stdout, "The ledger is sound.")
		}
	}
	if !sound {
		return found()
	}
	return nil
}

func entries(n int64) string {
	if n == 1 {
		return "1 entry"
	}
	return fmt.Sprintf("%d entries", n)
}

func (a *app) receiptCommand() *cobra.Command {
	var in inspection
	c := &cobra.Command{
		Use:     "receipt CONTACT",
		Short:   "Show what a person agreed to, when, and how",
		Long:    "Shows every entry of the consent ledger about a person, with times in UTC.\n\n" + contactArgument,
		Example: "  relance consent receipt messenger:1000000000000001:7 --dir shop",
		Args:    arguments(1, 1),
		RunE: func(c *cobra.Command, args []string) error {
			return a.inspect(c.Context(), in.dir, in.database, func(ctx context.Context, b *bot.Bot, _ storage.Store) error {
				return a.receipt(ctx, b, args[0], in.asJSON)
			})
		},
	}
	in.flags(c)
	return c
}

func (a *app) receipt(ctx context.Context, b *bot.Bot, contact string, asJSON bool) error {
	export, err := b.Export(ctx, contact)
	if err != nil {
		return err
	}
	if asJSON {
		return a.printJSON(export.Ledger)
	}
	fmt.Fprintf(a.stdout, "Consent of %s %s\n\n", export.Contact.ID, export.Contact.FirstName)
	if len(export.Ledger) == 0 {
		fmt.Fprintln(a.stdout, "They were never asked for anything.")
	}
	for _, e := range export.Ledger {
		number := "new" // not sealed yet
		if e.Seq > 0 {
			number = strconv.FormatInt(e.Seq, 10)
		}
		fmt.Fprintf(a.stdout, "%4s  %s  %-9s  %s\n", number, e.At.UTC().Format("2006-01-02 15:04:05 MST"), e.Action, e.Topic)
		for _, line := range proof(e) {
			fmt.Fprintf(a.stdout, "        %s\n", line)
		}
	}
	return nil
}

// proof tells what stands behind a ledger entry.
func proof(e bot.LedgerLine) []string {
	var out []string
	add := func(name, value string) {
		if value != "" {
			out = append(out, name+": "+value)
		}
	}
	add("wording", e.Personal.Wording)
	add("button", e.Personal.Button)
	if len(e.Personal.About) > 0 {
		if about, err := json.Marshal(e.Personal.About); err == nil {
			add("about", string(about))
		}
	}
	add("cadence", e.Cadence)
	add("source", e.Source)
	if e.Flow != "" {
		add("step", e.Flow+"#"+e.Step)
	}
	add("language", e.Locale)
	if e.Program != "" {
		add("program", fmt.Sprintf("%.12s", e.Program))
	}
	add("recorded only", e.None)
	return out
}
