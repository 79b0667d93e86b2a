package cmd

import (
	"context"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/text/language"
	"golang.org/x/text/message"

	"github.com/relance-bot/relance/bot"
)

// watchEvery is how often a campaign that is watched is looked at; one line in so many
// of those is printed where there is no terminal.
const (
	watchEvery = time.Second
	watchLines = 5
)

func (a *app) campaignListCommand() *cobra.Command {
	var in inspection
	var flow string
	var limit int
	c := &cobra.Command{
		Use:   "list",
		Short: "List the newest campaigns, and how far they are",
		Args:  arguments(0, 0),
		RunE: func(c *cobra.Command, _ []string) error {
			if limit < 1 || limit > 200 {
				return fmt.Errorf("--count goes from 1 to 200")
			}
			list, err := campaigns{a, &in}.list(c.Context(), flow, limit)
			if err != nil {
				return err
			}
			if in.asJSON {
				return a.printJSON(list)
			}
			return a.printCampaigns(list)
		},
	}
	in.flags(c)
	c.Flags().StringVar(&flow, "flow", "", "only this flow's")
	c.Flags().IntVar(&limit, "count", 20, "how many")
	return c
}

func (a *app) printCampaigns(list []bot.CampaignView) error {
	if len(list) == 0 {
		fmt.Fprintln(a.stdout, "There has been no campaign yet.")
		return nil
	}
	out := tabwriter.NewWriter(a.stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(out, "ID\tSTATE\tPEOPLE\tSENT\tUNKNOWN\tHELD\tSKIPPED\tFAILED\tCANCELLED\tTO COME\tWHY")
	for _, v := range list {
		why := v.Why
		if v.By != "" {
			why = strings.TrimSuffix(v.By+": "+v.Why, ": ")
		}
		fmt.Fprintf(out, "%s\t%s\t%d\t%d\t%d\t%d\t%d\t%d\t%d\t%d\t%s\n", v.ID, v.State, v.People, v.Sent, v.Unknown, v.Held, v.Skipped, v.Failed,
			v.Cancelled, v.ToCome+v.Queued, why)
	}
	return out.Flush()
}

func (a *app) campaignShowCommand() *cobra.Command {
	var in inspection
	var watch bool
	c := &cobra.Command{
		Use:   "show ID",
		Short: "Say how far a campaign is, and what became of everybody",
		Args:  arguments(1, 1),
		RunE: func(c *cobra.Command, args []string) error {
			from := campaigns{a, &in}
			v, err := from.show(c.Context(), args[0])
			if err == nil && watch {
				v, err = a.watchCampaign(c.Context(), from, v)
			}
			if err != nil {
				return err
			}
			if in.asJSON {
				return a.printJSON(v)
			}
			a.printCampaign(v)
			return nil
		},
	}
	in.flags(c)
	c.Flags().BoolVar(&watch, "watch", false, "show how it goes on, until it is over")
	return c
}

// watchCampaign shows how a campaign goes on, until it does not, or the user has seen
// enough: beside what is printed of it in the end.
func (a *app) watchCampaign(ctx context.Context, from campaigns, v bot.CampaignView) (bot.CampaignView, error) {
	first, begun := v, a.clock.Now()
	for n := 0; ; n++ {
		took := a.clock.Now().Sub(begun).Seconds()
		line := progressLine(v, float64(v.Settled()-first.Settled())/max(took, 1))
		over := v.State == bot.CampaignDone || v.State == bot.CampaignFailed || v.State == bot.CampaignCancelled && !v.Counted
		switch {
		case terminal(a.stderr):
			fmt.Fprintf(a.stderr, "\r\x1b[K%s", line)
		case n%watchLines == 0 || over:
			fmt.Fprintln(a.stderr, line)
		}
		if over {
			break
		}
		due, stop := a.clock.At(a.clock.Now().Add(watchEvery))
		select {
		case <-ctx.Done():
		case <-due:
		}
		stop()
		if ctx.Err() != nil {
			break
		}
		var err error
		if v, err = from.show(ctx, v.ID); err != nil {
			return v, err
		}
	}
	if terminal(a.stderr) {
		fmt.Fprintln(a.stderr)
	}
	return v, nil
}

// progressLine is a bar, with the rate that was measured and the time that is left.
func progressLine(v bot.CampaignView, rate float64) string {
	const width = 30
	share := 0.0
	if v.People > 0 {
		share = float64(v.Settled()) / float64(v.People)
	}
	full := int(share * width)
	line := fmt.Sprintf("[%s%s] %3.0f %%  %s of %s  %s", strings.Repeat("#", full), strings.Repeat(".", width-full), 100*share,
		grouped(v.Settled()), grouped(v.People), v.State)
	if v.State == bot.CampaignRunning {
		line += fmt.Sprintf("  %.1f/s", rate)
		if left := v.ToCome + v.Queued; rate > 0 && left > 0 {
			line += fmt.Sprintf("  %s left", lasting(float64(left)/rate))
		}
	}
	return line
}

func grouped(n int) string { return message.NewPrinter(language.English).Sprint(n) }

// lasting spells seconds: "40 s", "12 min", "3 h 20 min".
func lasting(seconds float64) string {
	d := time.Duration(seconds * float64(time.Second))
	switch {
	case d < 2*time.Minute:
		return fmt.Sprintf("%d s", int(d.Round(time.Second).Seconds()))
	case d < 2*time.Hour:
		return fmt.Sprintf("%d min", int(d.Round(time.Minute).Minutes()))
	}
	return fmt.Sprintf("%d h %02d min", int(d.Hours()), int(d.Minutes())%60)
}

// countsLine is what became of everybody, in words.
func countsLine(v bot.CampaignView) string {
	var parts []string
	for _, c := range []struct {
		n    int
		name string
	}{
		{v.Sent, "sent"}, {v.Unknown, "unknown"}, {v.Held, "held"}, {v.Skipped, "skipped"}, {v.Failed, "failed"}, {v.Cancelled, "cancelled"},
		{v.Missed, "not concerned"}, {v.Gone, "forgotten"}, {v.Queued, "waiting"}, {v.ToCome, "to come"},
	} {
		if c.n != 0 {
			parts = append(parts, grouped(c.n)+" "+c.name)
		}
	}
	if len(parts) == 0 {
		return "nobody"
	}
	return fmt.Sprintf("%s people: %s", grouped(v.People), strings.Join(parts, ", "))
}

func (a *app) printCampaign(v bot.CampaignView) {
	fmt.Fprintf(a.stdout, "%s  %s, topic %s, due %s\n", v.ID, v.State, v.Topic, v.At.UTC().Format("Mon 2006-01-02 15:04 UTC"))
	if v.By != "" {
		fmt.Fprintf(a.stdout, "  %s\n", strings.TrimSuffix(fmt.Sprintf("by %s, %s: %s", v.By, v.Changed.UTC().Format("Mon 2006-01-02 15:04 UTC"), v.Why), ": "))
	}
	fmt.Fprintf(a.stdout, "  %s\n", countsLine(v))
	printRules(a.stdout, v.Rules)
	fmt.Fprintf(a.stdout, "  %s accepted by the platform, %s refused by a lane, %s opted out, %s cannot be reached\n",
		grouped(v.Accepted), grouped(v.Refused), grouped(v.OptOuts), grouped(v.Blocks))
	if v.State == bot.CampaignRunning {
		fmt.Fprintf(a.stdout, "  %s at most, %s left\n", bot.FormatRate(v.Rate), lasting(v.Left))
	}
	if v.Counted {
		fmt.Fprintln(a.stdout, "  whom it did not come to is still being counted")
	}
}

// printRules lists counts by kind and rule.
func printRules(w io.Writer, rules map[string]int) {
	for _, name := range slices.Sorted(maps.Keys(rules)) {
		kind, rule, _ := strings.Cut(name, ":")
		fmt.Fprintf(w, "    %-8s %-12s %s\n", kind, rule, grouped(rules[name]))
	}
}
