package cmd

import (
	"context"
	"encoding/json"
	"fmt"
	"os"

	"github.com/spf13/cobra"

	"github.com/relance-bot/relance/bot"
)

func (a *app) consentCommand() *cobra.Command {
	c := &cobra.Command{
		Use:     "consent",
		Short:   "Verify the consent ledger, hand it out, show a person's part of it, or end a consent",
		Example: "  relance consent verify --dir shop\n  relance consent receipt messenger:1000000000000001:7 --dir shop\n  relance consent withdraw messenger:1000000000000001:7 restock --dir shop\n  relance consent export --dir shop > ledger.jsonl",
		Args:    unknownVerb,
		RunE:    showHelp,
	}
	c.AddCommand(a.verifyCommand(), a.receiptCommand(), a.withdrawCommand(), a.ledgerCommand())
	return c
}

func (a *app) verifyCommand() *cobra.Command {
	var in inspection
	var file, noted string
	c := &cobra.Command{
		Use:   "verify",
		Short: "Find any entry of the ledger that was altered, removed, moved or put in",
		Long: `Reads the whole consent ledger and recomputes its chain. Exits with 1 if an entry was
altered, removed, moved or put in, and says which: its place, topic and person. A chain
that was cut off at its end shows by what the sealer noted in the database.

Keep what --json prints elsewhere, and give it with --noted another day: a ledger that
was written anew, notes and all, is not the one that was noted. --file verifies a ledger
that "consent export" wrote, without a database.`,
		Example: "  relance consent verify --dir shop\n  relance consent verify --dir shop --json > noted.json\n  relance consent verify --dir shop --noted noted.json\n  relance consent verify --file ledger.jsonl",
		Args:    arguments(0, 0),
		RunE: func(c *cobra.Command, _ []string) error {
			marks, err := readMarks(noted)
			if err != nil {
				return err
			}
			if file != "" {
				chains, err := verifyFile(file, marks)
				if err != nil {
					return failed(err)
				}
				return a.verdict(chains, in.asJSON)
			}
			return a.observe(c.Context(), in, func(ctx context.Context, b observed) error {
				chains, err := b.VerifyLedger(ctx, marks)
				if err != nil {
					return err
				}
				return a.verdict(chains, in.asJSON)
			})
		},
	}
	in.flags(c)
	c.Flags().StringVar(&file, "file", "", "verify a ledger that was handed out")
	c.Flags().StringVar(&noted, "noted", "", "what verify --json printed before")
	return c
}

func verifyFile(name string, marks map[string][]bot.Mark) ([]bot.Chain, error) {
	file, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	return bot.VerifyExport(file, marks)
}

// readMarks reads the heads that verify --json printed once.
func readMarks(name string) (map[string][]bot.Mark, error) {
	if name == "" {
		return nil, nil
	}
	raw, err := os.ReadFile(name)
	if err != nil {
		return nil, failed(err)
	}
	var chains []bot.Chain
	if err := json.Unmarshal(raw, &chains); err != nil {
		return nil, fmt.Errorf("--noted wants what \"consent verify --json\" printed: %w", err)
	}
	marks := map[string][]bot.Mark{}
	for _, c := range chains {
		marks[c.Page] = append(marks[c.Page], bot.Mark{Seq: c.Entries, Hash: c.Head})
	}
	return marks, nil
}

// verdict prints what a verification found.
func (a *app) verdict(chains []bot.Chain, asJSON bool) error {
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
				fmt.Fprintf(a.stdout, "  entry %d %s: %s%s\n", f.Seq, f.Kind, f.Text, whose(f))
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

// whose tells what stands at the place of a finding.
func whose(f bot.Finding) string {
	if f.Topic == "" {
		return ""
	}
	contact := f.Contact
	if contact == "" {
		contact = "somebody it does not name"
	}
	where := "there stands"
	if f.Kind == "removed" {
		where = "behind it stands"
	}
	return fmt.Sprintf(" (%s %s, topic %s, of %s)", where, f.Action, f.Topic, contact)
}

func entries(n int64) string {
	if n == 1 {
		return "1 entry"
	}
	return fmt.Sprintf("%d entries", n)
}

// ledgerCommand hands out the ledger.
func (a *app) ledgerCommand() *cobra.Command {
	var in inspection
	c := &cobra.Command{
		Use:   "export",
		Short: "Write the whole ledger as JSON lines that anybody can verify",
		Long: `Writes every sealed entry of the consent ledger as a line of JSON, in order. It names
nobody: whom an entry is about and what it says of them stays encrypted. Anybody can
verify it: with "relance consent verify --file", or by bot/LEDGER.md with tools of their own.`,
		Example: "  relance consent export --dir shop > ledger.jsonl\n  relance consent verify --file ledger.jsonl",
		Args:    arguments(0, 0),
		RunE: func(c *cobra.Command, _ []string) error {
			return a.observe(c.Context(), in, func(ctx context.Context, b observed) error {
				return b.ExportLedger(ctx, a.stdout)
			})
		},
	}
	in.place(c)
	return c
}
