package cmd

import (
	"context"
	"fmt"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/relance-bot/relance/bot"
)

// inspection are the flags of verbs that look at what is stored.
type inspection struct {
	dir, database string
	asJSON        bool
}

// databaseFlag is how the flag --database is explained where a running bot is asked.
const databaseFlag = "open this database (default: the bot that runs at RELANCE_LISTEN is asked; else RELANCE_DATABASE, or sqlite:relance.db in the folder)"

// place are the flags that say where it is stored.
func (i *inspection) place(c *cobra.Command) {
	c.Flags().StringVar(&i.dir, "dir", ".", "the bot's folder")
	c.Flags().StringVar(&i.database, "database", "", databaseFlag)
}

func (i *inspection) flags(c *cobra.Command) {
	i.place(c)
	c.Flags().BoolVar(&i.asJSON, "json", false, "print JSON")
}

func (a *app) whyCommand() *cobra.Command {
	var in inspection
	var flow string
	c := &cobra.Command{
		Use:   "why [CONTACT]",
		Short: "Say why somebody got a notification, or did not",
		Long: `Says for every notification of a person what was decided, by which rule, and when the
next chance is, in the person's own time. Without CONTACT it lists the people there are.

` + contactArgument,
		Example: "  relance why messenger:1000000000000001:7 --dir shop\n  relance why messenger:1000000000000001:7 --flow monday",
		Args:    arguments(0, 1),
		RunE: func(c *cobra.Command, args []string) error {
			return a.observe(c.Context(), in, func(ctx context.Context, b observed) error {
				if len(args) == 0 {
					return a.people(ctx, b, in.asJSON)
				}
				return a.why(ctx, b, args[0], flow, in.asJSON)
			})
		},
	}
	in.flags(c)
	c.Flags().StringVar(&flow, "flow", "", "only this flow's notifications")
	return c
}

func (a *app) why(ctx context.Context, b observed, contact, flow string, asJSON bool) error {
	explanations, err := b.Why(ctx, contact, flow)
	if err != nil {
		return err
	}
	if asJSON {
		return a.printJSON(explanations)
	}
	switch {
	case len(explanations) > 0:
	case flow != "": // there may be other flows, or none of this name
		fmt.Fprintf(a.stdout, "Nothing of the flow %q has been due for this person yet.\n", flow)
		return nil
	default:
		fmt.Fprintln(a.stdout, "Nothing has been due for this person yet.")
		return nil
	}
	zone, err := a.zoneOf(ctx, b, contact)
	if err != nil {
		return err
	}
	for _, e := range explanations {
		fmt.Fprintf(a.stdout, "%s  %s\n    %s\n", e.At.In(zone).Format("Mon 2006-01-02 15:04"), e.Flow, e.Text)
	}
	fmt.Fprintf(a.stdout, "\nTimes are those of %s.\n", zone)
	return nil
}

// zoneOf is the time zone a person lives in, else the bot's.
func (a *app) zoneOf(ctx context.Context, b observed, contact string) (*time.Location, error) {
	view, err := b.Contact(ctx, contact)
	if err != nil {
		return nil, err
	}
	name := view.Timezone
	if name == "" {
		name = b.About().Timezone
	}
	return bot.Location(name)
}

// people lists who the bot knows, for those who look for an id.
func (a *app) people(ctx context.Context, b observed, asJSON bool) error {
	people, err := b.Contacts(ctx, "", 1000)
	if err != nil {
		return err
	}
	if asJSON {
		return a.printJSON(people)
	}
	if len(people) == 0 {
		fmt.Fprintln(a.stdout, "Nobody has written to this bot yet.")
		return nil
	}
	out := tabwriter.NewWriter(a.stdout, 0, 0, 2, ' ', 0)
	for _, p := range people {
		var topics []string
		for _, c := range p.Consents {
			if c.Status == bot.StatusActive {
				topics = append(topics, fmt.Sprintf("%s (%s)", c.Topic, c.Cadence))
			}
		}
		said := "agreed to nothing"
		if len(topics) > 0 {
			said = "agreed to " + strings.Join(topics, ", ")
		}
		fmt.Fprintf(out, "%s\t%s\t%s\n", p.ID, p.FirstName, said)
	}
	return out.Flush()
}
