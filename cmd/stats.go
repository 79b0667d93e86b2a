package cmd

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/relance-bot/relance/bot"
	"github.com/relance-bot/relance/flows"
)

// asked is what relance stats is asked for.
type asked struct {
	inspection
	by, since, until, window string
	experiments              bool
}

func (a *app) statsCommand() *cobra.Command {
	var in asked
	c := &cobra.Command{
		Use:   "stats [DIR]",
		Short: "Say what came of it: opt-ins, clicks, purchases, opt-outs",
		Long: `Shows the figures of a bot: how many people were asked and said yes, what was sent,
delivered, read and opened, what people bought, and who opted out, beside the baseline
of bot.yaml. A period is that of the notifications: what came of one is counted where it
was sent, whenever it came.

With --experiments it compares the variants of each split, and of each trigger with a
holdout the people who are told with those who are held out.

What every figure means, with its formula, stands in bot/FIGURES.md.`,
		Example: "  relance stats shop\n  relance stats shop --by topic --since 2026-03-01 --until 2026-03-31\n  relance stats shop --by month --json\n  relance stats shop --experiments",
		Args:    arguments(0, 1),
		RunE: func(c *cobra.Command, args []string) error {
			in.dir = folder(args)
			return a.stats(c.Context(), in)
		},
	}
	c.Flags().StringVar(&in.database, "database", "", databaseFlag)
	c.Flags().BoolVar(&in.asJSON, "json", false, "print JSON")
	c.Flags().StringVar(&in.by, "by", "", "tell apart by topic, flow, variant, locale, day, week or month (period is month)")
	c.Flags().StringVar(&in.since, "since", "", "from the beginning of a day, 2026-03-20, in the bot's time zone")
	c.Flags().StringVar(&in.until, "until", "", "to the end of a day")
	c.Flags().StringVar(&in.window, "window", "", "how long after a message arrived a purchase counts to it (default 7d)")
	c.Flags().BoolVar(&in.experiments, "experiments", false, "compare variants, and those held out")
	c.MarkFlagsMutuallyExclusive("by", "experiments")
	return c
}

func (a *app) stats(ctx context.Context, in asked) error {
	return a.observe(ctx, in.inspection, func(ctx context.Context, b observed) error {
		q, err := in.query(b)
		if err != nil {
			return &exitError{exitUsage, err}
		}
		if in.experiments {
			list, err := b.Experiments(ctx, q)
			if err != nil {
				return unasked(err)
			}
			if in.asJSON {
				return a.printJSON(list)
			}
			return printExperiments(a.stdout, list)
		}
		stats, err := b.Stats(ctx, q)
		if err != nil {
			return unasked(err)
		}
		if in.asJSON {
			return a.printJSON(stats)
		}
		return printStats(a.stdout, b.About().Name, stats)
	})
}

// unasked tells figures that there are not from those that could not be counted.
func unasked(err error) error {
	if errors.Is(err, bot.ErrStats) {
		return &exitError{exitUsage, err}
	}
	return err
}

// query reads the flags.
func (in asked) query(b observed) (q bot.StatsQuery, err error) {
	if q.By = in.by; q.By == "period" {
		q.By = bot.ByMonth
	}
	if in.since != "" {
		if q.Since, err = b.Day(in.since, false); err != nil {
			return q, fmt.Errorf("--since wants a day like 2026-03-20")
		}
	}
	if in.until != "" {
		if q.Until, err = b.Day(in.until, true); err != nil {
			return q, fmt.Errorf("--until wants a day like 2026-03-20")
		}
	}
	if in.window != "" {
		if q.Window, err = bot.ParseWindow(in.window); err != nil {
			return q, fmt.Errorf("--window wants a span of time like 7d or 24h")
		}
	}
	return q, nil
}

// printStats prints the whole, and the groups if there are any.
func printStats(w io.Writer, name string, s bot.Stats) error {
	zone, err := bot.Location(s.Zone)
	if err != nil {
		return err
	}
	fmt.Fprintf(w, "%s, %s.\n\n", name, spell(s, zone))
	t := s.Total
	if t.Asked+t.Accepted+t.Sent+t.OptOuts+t.OtherPurchases+t.Purchases+t.ReplyClicks+len(t.Goals)+len(t.Revenue)+len(t.OtherRevenue) == 0 {
		fmt.Fprintln(w, "Nobody was asked, told or sold anything yet.")
		return nil
	}
	if s.By == "" {
		whole(s).print(w)
	} else {
		groups(s).print(w)
	}
	fmt.Fprintf(w, "\nA purchase counts to the last notification that arrived within %s before it. What every figure means: bot/FIGURES.md\n", s.Window)
	return nil
}

// spell says which time the figures are of.
func spell(s bot.Stats, zone *time.Location) string {
	const day, minute = "2 January 2006", "2 January 2006 15:04"
	begins := func(t time.Time) bool { return bot.InstantOf(t.In(zone), 0, zone).Equal(t) } // a day
	since, until := s.Since.In(zone).Format(minute), s.Until.In(zone).Format(minute)
	if begins(s.Since) {
		since = s.Since.In(zone).Format(day)
	}
	if begins(s.Until) {
		until = s.Until.Add(-1).In(zone).Format(day) // the last of those that are asked for
	}
	switch {
	case s.Since.IsZero() && s.Until.IsZero():
		return "all until " + s.At.In(zone).Format(minute) + " (" + s.Zone + ")"
	case s.Since.IsZero():
		return "until the end of " + until + " (" + s.Zone + ")"
	case s.Until.IsZero():
		return "since " + since + " (" + s.Zone + ")"
	}
	return since + " to " + until + " (" + s.Zone + ")"
}

// whole is the funnel, one figure to a line.
func whole(s bot.Stats) *grid {
	t := s.Total
	g := &grid{align: "lrlr"}
	if s.Baseline != nil {
		g.row("", "", "", "baseline")
	}
	row := func(name, value, of string, beside ...string) {
		if s.Baseline == nil || len(beside) == 0 {
			beside = []string{""}
		}
		g.row(name, value, of, beside[0])
	}
	of := func(share *float64, what string) string { return fmt.Sprintf("%7s of %s", percent(share), what) }
	var ctr, revenue string
	if s.Baseline != nil && s.Baseline.CTR > 0 {
		ctr = percent(&s.Baseline.CTR)
	}
	if s.Baseline != nil && s.Baseline.RevenuePerContact > 0 && len(t.RevenuePerPerson) == 1 { // of which currency it is nobody says
		revenue = strconv.FormatFloat(s.Baseline.RevenuePerContact, 'f', 2, 64)
	}
	row("Opt-in requests shown", bot.Grouped(t.Asked), "")
	row("  accepted", bot.Grouped(t.Accepted), of(t.AcceptedRate, "those shown"))
	row("Notifications sent", bot.Grouped(t.Sent), "")
	row("  delivered", bot.Grouped(t.Delivered), of(part(t.Delivered, t.Sent), "sent"))
	row("  read", bot.Grouped(t.Read), of(t.ReadRate, "delivered"))
	row("  clicked", bot.Grouped(t.Clicked), of(t.ClickedRate, "delivered"), ctr)
	row("  followed by an opt-out", bot.Grouped(t.OptOutsAfter), of(t.OptOutRate, "delivered"))
	row("Opt-outs", bot.Grouped(t.OptOuts), "")
	row("People reached", bot.Grouped(t.People), "")
	row("  who bought", bot.Grouped(t.Buyers), of(part(t.Buyers, t.People), "people reached"))
	row("  and again in 60 days", bot.Grouped(t.BoughtAgain), of(t.BoughtAgainRate, "those who bought"))
	row("Purchases", bot.Grouped(t.Purchases), "")
	row("  on the day of the message", bot.Grouped(t.SameDay), of(part(t.SameDay, t.Purchases), "purchases"))
	for _, m := range t.Revenue {
		row("Revenue", flows.Money(m.Amount, m.Currency, "en"), "")
	}
	for _, each := range bot.FormatMoneyPer(t.RevenuePerPerson) {
		row("  for each person reached", each, "", revenue)
	}
	for _, each := range bot.FormatMoneyPer(t.Cost) {
		row("Cost of paid messages", each, "")
	}
	for _, each := range bot.FormatMoneyPer(t.CostPerClick) {
		row("  for each one clicked", each, "")
	}
	for _, goal := range t.Goals {
		row("Goal "+goal.Name, bot.Grouped(goal.Times), "by "+count(goal.People, "person"))
	}
	if t.ReplyClicks > 0 {
		row("Links opened in conversations", bot.Grouped(t.ReplyClicks), "")
	}
	if t.OtherPurchases > 0 || len(t.OtherRevenue) > 0 {
		row("Purchases after no notification", bot.Grouped(t.OtherPurchases), strings.Join(bot.FormatMoney(t.OtherRevenue), ", "))
	}
	return g
}

// groups are the figures of each group, one group to a line.
func groups(s bot.Stats) *grid {
	g := &grid{align: "lr"}
	spelt := func(list []bot.MoneyPer) string { return strings.Join(bot.FormatMoneyPer(list), ", ") }
	costs := len(s.Total.Cost) > 0
	head := []string{strings.ToUpper(s.By), "ASKED", "ACCEPTED", "", "SENT", "DELIVERED", "READ", "CLICKED", "", "PEOPLE", "OPT-OUTS", "PURCHASES", "SAME DAY", "BUYERS", "AGAIN", "REVENUE", "PER PERSON"}
	if costs {
		head = append(head, "COST", "PER CLICK")
	}
	g.row(head...)
	all := s.Total
	all.Group = "everything"
	for _, f := range append(slices.Clone(s.Groups), all) {
		cells := []string{
			f.Group, bot.Grouped(f.Asked), bot.Grouped(f.Accepted), percent(f.AcceptedRate), bot.Grouped(f.Sent), bot.Grouped(f.Delivered), bot.Grouped(f.Read),
			bot.Grouped(f.Clicked), percent(f.ClickedRate), bot.Grouped(f.People), bot.Grouped(f.OptOuts), bot.Grouped(f.Purchases), bot.Grouped(f.SameDay),
			bot.Grouped(f.Buyers), bot.Grouped(f.BoughtAgain),
			strings.Join(bot.FormatMoney(f.Revenue), ", "), spelt(f.RevenuePerPerson),
		}
		if costs {
			cells = append(cells, spelt(f.Cost), spelt(f.CostPerClick))
		}
		g.row(cells...)
	}
	return g
}

// printExperiments prints a table for each, and what it tells.
func printExperiments(w io.Writer, list []bot.Experiment) error {
	if len(list) == 0 {
		fmt.Fprintln(w, "No split was run and nobody was held out yet.")
		return nil
	}
	for i, e := range list {
		if i > 0 {
			fmt.Fprintln(w)
		}
		fmt.Fprintln(w, e.Title())
		g := &grid{align: "llr"}
		g.row("", "", "PEOPLE", "RATE", "LIES WITHIN", "DIFFERENCE", "LIES WITHIN")
		var says []string
		for _, arm := range e.Arms {
			g.row(arm.Name, "", bot.Grouped(arm.People), "", "", "", "")
			for _, m := range arm.Results {
				diff, within := "", ""
				if m.Diff != nil {
					diff, within = bot.FormatPoints(*m.Diff), bot.FormatPoints(m.Within.Low)+" to "+bot.FormatPoints(m.Within.High)
				}
				g.row("", m.What, bot.Grouped(m.People), percent(m.Rate), percent(&m.Range.Low)+" to "+percent(&m.Range.High), diff, within)
				if m.Says != "" {
					says = append(says, arm.Name+", "+m.What+": "+m.Says+".")
				}
			}
			if len(arm.Revenue) > 0 {
				g.row("", "revenue", strings.Join(bot.FormatMoney(arm.Revenue), ", "), "", "", "", "")
				g.row("", "  a person", strings.Join(bot.FormatMoneyPer(arm.RevenuePerPerson), ", "), "", "", "", "")
			}
		}
		g.print(w)
		for _, line := range says {
			fmt.Fprintln(w, "  "+line)
		}
	}
	fmt.Fprintln(w, "\nRates and differences lie within the ranges nineteen times in twenty. How they are counted: bot/FIGURES.md")
	return nil
}
