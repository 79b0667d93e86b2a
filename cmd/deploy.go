package cmd

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/relance-bot/relance/bot"
	"github.com/relance-bot/relance/flows"
	"github.com/relance-bot/relance/storage"
)

func (a *app) deployCommand() *cobra.Command {
	var plan, asJSON bool
	var database string
	c := &cobra.Command{
		Use:   "deploy --plan [DIR]",
		Short: "Say what a changed bot means for the people who are talking to it",
		Long: `Compares the bot in DIR with those that people in the database began their
conversations with, and says for every step that has changed how many stand there and
what becomes of them; then what becomes of the notifications that are held. It changes
nothing: to deploy, run the bot, or let the one that runs read its folder again
(--watch, or SIGHUP). It opens the database: the bot that runs has another program.`,
		Example: "  relance deploy --plan shop\n  relance deploy --plan new-shop --database sqlite:/srv/shop/relance.db",
		Args:    arguments(0, 1),
		RunE: func(c *cobra.Command, args []string) error {
			if !plan {
				return errors.New("deploy only plans: write 'relance deploy --plan'; 'relance run' runs what stands in the folder")
			}
			return a.inspect(c.Context(), folder(args), database, func(ctx context.Context, b *bot.Bot, _ storage.Store) error {
				return a.deployPlan(ctx, b, asJSON)
			})
		},
	}
	c.Flags().BoolVar(&plan, "plan", false, "say what would happen")
	c.Flags().StringVar(&database, "database", "", "database (default RELANCE_DATABASE, else sqlite:relance.db in DIR)")
	c.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return c
}

func (a *app) deployPlan(ctx context.Context, b *bot.Bot, asJSON bool) error {
	plan, err := b.Plan(ctx)
	if err != nil {
		return failed(err)
	}
	if asJSON {
		return a.printJSON(plan)
	}
	fmt.Fprintf(a.stdout, "%s known, %d in the middle of a flow.\n", people(plan.People), plan.Within)
	if plan.Last == plan.Program {
		fmt.Fprintln(a.stdout, "The bot in the folder is the one that was started last.")
	}
	if err := a.printSteps(plan); err != nil {
		return failed(err)
	}
	for _, list := range []struct {
		what string
		ids  []string
	}{{"Triggers that are gone", plan.Gone}, {"Triggers that are new", plan.New}} {
		if len(list.ids) > 0 {
			fmt.Fprintf(a.stdout, "\n%s: %s\n", list.what, strings.Join(list.ids, ", "))
		}
	}
	return a.printHeld(plan)
}

// printSteps prints who stands where something has changed.
func (a *app) printSteps(plan bot.DeployPlan) error {
	if len(plan.Steps) == 0 {
		if plan.Within > 0 {
			fmt.Fprintln(a.stdout, "Nobody stands in a flow that has changed.")
		}
		return nil
	}
	out := tabwriter.NewWriter(a.stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(out, "\nSTEP\tCHANGE\tPEOPLE\tWHAT BECOMES OF THEM")
	for _, s := range plan.Steps {
		change, fate := string(s.Change), string(s.Outcome)
		if s.Change == flows.Unchanged {
			change = "none"
		}
		switch s.Outcome {
		case flows.Finishes:
			fate += fmt.Sprintf(", in program %.12s", s.Program)
		case flows.Moves:
			fate += " to " + s.To + ", with the next thing they do"
		case flows.Adopted:
			fate += ": the program it began with is lost"
		case flows.Ends:
			fate += ": the program it began with is lost"
		}
		fmt.Fprintf(out, "%s\t%s\t%d\t%s\n", at(s.Flow, s.Step), change, s.People, fate)
	}
	return out.Flush()
}

// at names a step of a flow.
func at(flow, step string) string {
	if step == "" {
		return flow + ", at its end"
	}
	return flow + "#" + step
}

// printHeld prints what becomes of held notifications.
func (a *app) printHeld(plan bot.DeployPlan) error {
	if len(plan.Held) == 0 {
		return nil
	}
	out := tabwriter.NewWriter(a.stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(out, "\nHELD NOTIFICATION\tPEOPLE\tWHAT BECOMES OF IT")
	for _, h := range plan.Held {
		fate := "is made by the new " + h.Flow
		if h.Flow == "" {
			fate = "is skipped (rule=removed): its trigger is gone"
		}
		fmt.Fprintf(out, "%s\t%d\t%s\n", h.Trigger, h.People, fate)
	}
	return out.Flush()
}

// people says "1 person", "2 people".
func people(n int) string {
	if n == 1 {
		return "1 person"
	}
	return fmt.Sprintf("%d people", n)
}
