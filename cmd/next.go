package cmd

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/relance-bot/relance/bot"
	"github.com/relance-bot/relance/storage"
)

func (a *app) nextCommand() *cobra.Command {
	var zones []string
	var n int
	var from, database, contact string
	var asJSON bool
	c := &cobra.Command{
		Use:   "next [DIR]",
		Short: "List the coming fires of the bot's schedules",
		Long: `Lists the coming fires of every schedule, each in local time, in the time zones that
subscribers live in, with what daylight saving or quiet hours do to them. Of each it says
for how many people it can be at most, by who agrees to its topic now, how long that takes
at the Page's rate, and what would come too late or into the night. With --contact it
lists those of one person, and what the rules would decide by what is known now. It goes by what
stands in DIR, also beside a running bot, and by who is in the database.`,
		Example: "  relance next shop\n  relance next shop --zone America/New_York --count 10\n  relance next shop --from 2026-03-20",
		Args:    arguments(0, 1),
		RunE: func(c *cobra.Command, args []string) error {
			return a.next(c.Context(), folder(args), database, contact, zones, from, n, asJSON)
		},
	}
	c.Flags().StringSliceVar(&zones, "zone", nil, "time zones (default those of the subscribers, and the bot's)")
	c.Flags().IntVar(&n, "count", 5, "fires of each schedule and zone")
	c.Flags().StringVar(&from, "from", "", "day to begin with, 2026-03-20 (default now)")
	c.Flags().StringVar(&contact, "contact", "", "only the fires of one person, by id or FIELD=VALUE")
	c.MarkFlagsMutuallyExclusive("contact", "zone")
	c.Flags().StringVar(&database, "database", "", "database (default RELANCE_DATABASE, else sqlite:relance.db in DIR)")
	c.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return c
}

func (a *app) next(ctx context.Context, dir, database, contact string, zones []string, from string, n int, asJSON bool) error {
	if n < 1 || n > 1000 {
		return fmt.Errorf("--count goes from 1 to 1000")
	}
	folder, err := a.loadQuietly(dir)
	if err != nil {
		return err
	}
	now := time.Now()
	subscribers, err := a.subscribers(ctx, folder, database, &now)
	if err != nil {
		return err
	}
	if len(zones) == 0 {
		zones = subscribers
	}
	for _, name := range zones {
		if _, err := bot.Location(name); err != nil {
			return fmt.Errorf("--zone: %w", err)
		}
	}
	if from != "" {
		zone, err := bot.Location(folder.program.Bot.Timezone)
		if err != nil {
			return failed(err)
		}
		day, err := time.Parse(time.DateOnly, from)
		if err != nil {
			return fmt.Errorf("--from wants a day like 2026-03-20")
		}
		now = bot.InstantOf(day, 0, zone).Add(-time.Second) // a fire at midnight is one of that day's
	}
	fires, err := a.fires(ctx, folder, database, contact, zones, now, n)
	if err != nil {
		return err
	}
	if asJSON {
		return a.printJSON(fires)
	}
	if len(fires) == 0 {
		fmt.Fprintln(a.stdout, "No flow of this bot has a schedule.")
		return nil
	}
	return a.printFires(fires)
}

// fires are the coming ones, of everybody or of one person.
func (a *app) fires(ctx context.Context, folder *botFolder, database, contact string, zones []string, now time.Time, n int) (fires []bot.Fire, err error) {
	err = a.inspect(ctx, folder.dir, database, func(ctx context.Context, b *bot.Bot, _ storage.Store) (err error) {
		if contact == "" {
			fires, err = b.Forecast(ctx, zones, now, n)
		} else {
			fires, err = b.FiresFor(ctx, contact, now, n)
		}
		return err
	})
	if none := (*missingDatabase)(nil); contact == "" && errors.As(err, &none) {
		if fires, err = bot.Fires(folder.program, zones, now, n); err != nil { // nobody has agreed yet
			return nil, failed(err)
		}
	}
	return fires, err
}

// subscribers are the zones people live in, and the clock's time, from the
// database if there is one yet.
func (a *app) subscribers(ctx context.Context, folder *botFolder, database string, now *time.Time) ([]string, error) {
	zones := []string{folder.program.Bot.Timezone}
	err := a.inspect(ctx, folder.dir, database, func(ctx context.Context, b *bot.Bot, _ storage.Store) (err error) {
		*now = b.Now()
		zones, err = b.Zones(ctx)
		return err
	})
	if none := (*missingDatabase)(nil); errors.As(err, &none) {
		return zones, nil
	}
	return zones, err
}

func (a *app) printFires(fires []bot.Fire) error {
	counted := slices.ContainsFunc(fires, func(f bot.Fire) bool { return f.Load != nil })
	out := tabwriter.NewWriter(a.stdout, 0, 0, 2, ' ', 0)
	columns := "LOCAL TIME\tZONE\tUTC\tFLOW\tTOPIC\t"
	if counted {
		columns += "AT MOST\tTAKES\t"
	}
	fmt.Fprintln(out, columns+"NOTE")
	for _, f := range fires {
		zone, err := bot.Location(f.Zone)
		if err != nil {
			return failed(err)
		}
		fmt.Fprintf(out, "%s\t%s\t%s\t%s\t%s\t", f.At.In(zone).Format("Mon 2006-01-02 15:04"), f.Zone, f.At.UTC().Format("01-02 15:04"), f.Flow, f.Topic)
		notes := f.Note
		switch {
		case f.Load != nil:
			fmt.Fprintf(out, "%s\t%s\t", bot.Grouped(f.Load.People), f.Load.Takes())
			notes = inOne(notes, f.Load.Warnings)
		case counted:
			fmt.Fprint(out, "?\t?\t")
		}
		fmt.Fprintln(out, notes)
	}
	if err := out.Flush(); err != nil || !counted {
		return err
	}
	fmt.Fprint(a.stdout, "\nAT MOST is who agrees to the topic there now. Conditions, cadence and people's own quiet hours\n"+
		"make it fewer; what the shop's events start comes on top.\n")
	return nil
}

// inOne puts a note and warnings behind one another.
func inOne(note string, warnings []string) string {
	if note == "" {
		return strings.Join(warnings, "; ")
	}
	return strings.Join(append([]string{note}, warnings...), "; ")
}

// contactArgument explains how a person is named on the command line.
const contactArgument = "CONTACT is a contact id (messenger:PAGE:PERSON) or FIELD=VALUE of a unique field."
