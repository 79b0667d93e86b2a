package cmd

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/relance-bot/relance/bot"
	"github.com/relance-bot/relance/flows"
	"github.com/relance-bot/relance/storage"
)

func (a *app) campaignPreviewCommand() *cobra.Command {
	var in inspection
	var event []string
	c := &cobra.Command{
		Use:   "preview FLOW|ID",
		Short: "Say who would get a campaign, who not and why, and what they would read",
		Long: `Asks the rules about everybody of the topic, and changes nothing. FLOW is the next fire of
its schedule, or an event that has not come, with what it would hold; ID (FLOW@OCCURRENCE)
is what is left of a campaign that runs or is paused.`,
		Example: "  relance campaign preview monday\n  relance campaign preview back_in_stock --event model=Gazelle --event size=42",
		Args:    arguments(1, 1),
		RunE: func(c *cobra.Command, args []string) error {
			data, err := dataOf("--event ", event)
			if err != nil {
				return err
			}
			q := bot.PreviewQuery{Flow: args[0], Event: data}
			if strings.Contains(args[0], "@") {
				if len(data) > 0 {
					return fmt.Errorf("--event is for a FLOW that has not come: %s knows what it is about", args[0])
				}
				q = bot.PreviewQuery{Campaign: args[0]}
			}
			p, err := campaigns{a, &in}.preview(c.Context(), q, func(p bot.Preview) {
				if terminal(a.stderr) && p.Next != "" {
					fmt.Fprintf(a.stderr, "\r\x1b[K%s people looked at", grouped(p.People))
				}
			})
			if terminal(a.stderr) {
				fmt.Fprint(a.stderr, "\r\x1b[K")
			}
			if err != nil {
				return err
			}
			if in.asJSON {
				return a.printJSON(p)
			}
			a.printPreview(p)
			return nil
		},
	}
	in.flags(c)
	c.Flags().StringArrayVar(&event, "event", nil, "KEY=VALUE of the event, once for each")
	return c
}

func (a *app) printPreview(p bot.Preview) {
	name := p.Flow
	if p.Campaign != "" {
		name = p.Campaign
	}
	fmt.Fprintf(a.stdout, "%s, topic %s, as it would be on %s\n", name, p.Topic, p.At.UTC().Format("Mon 2006-01-02 15:04 UTC"))
	who := func(name string) string {
		if some := p.Examples[name]; len(some) > 0 {
			return "  such as " + strings.Join(some, ", ")
		}
		return ""
	}
	fmt.Fprintf(a.stdout, "  %s people, of whom\n", grouped(p.People))
	fmt.Fprintf(a.stdout, "  %8s would get it%s\n", grouped(p.Gets), who("sent"))
	for _, name := range p.Answers() {
		kind, rule, _ := strings.Cut(name, ":")
		fmt.Fprintf(a.stdout, "  %8s would be %s for %s%s\n", grouped(p.Rules[name]), kind, rule, who(name))
	}
	if p.Missed > 0 {
		fmt.Fprintf(a.stdout, "  %8s are not concerned%s\n", grouped(p.Missed), who("missed"))
	}
	if p.Decided > 0 {
		fmt.Fprintf(a.stdout, "  %8s have been decided about\n", grouped(p.Decided))
	}
	fmt.Fprintf(a.stdout, "It takes %s at %s.\n", lasting(p.Seconds), bot.FormatRate(p.Rate))
	for _, s := range p.Samples {
		fmt.Fprintf(a.stdout, "\n%s, as %s would read it:\n%s", s.Language, s.Contact, messageText(s.Message))
	}
}

func (a *app) campaignTestCommand() *cobra.Command {
	var in inspection
	var flow string
	var event []string
	c := &cobra.Command{
		Use:   "test CONTACT --flow FLOW",
		Short: "Send a campaign's message to one person, to see it there",
		Long: `Sends the message once, to one person who tests it: while they have written within 24 hours,
or with their consent on a lane that is open. It counts neither for their cadence nor for
figures. ` + contactArgument,
		Example: "  relance campaign test messenger:1000000000000001:7 --flow back_in_stock --event model=Gazelle --event size=42",
		Args:    arguments(1, 1),
		RunE: func(c *cobra.Command, args []string) error {
			data, err := dataOf("--event ", event)
			if err != nil {
				return err
			}
			if flow == "" {
				return fmt.Errorf("--flow is needed: whose message is to be sent")
			}
			q := bot.TrialQuery{Flow: flow, Event: data, Contact: args[0]}
			var out bot.Trial
			var idle bool
			err = campaigns{a, &in}.ask(c.Context(), http.MethodPost, "/test", q, &out, true, func(ctx context.Context, b *bot.Bot, s storage.Store) (err error) {
				if out, err = b.TryCampaign(ctx, q); err == nil {
					idle, err = nobodyRuns(ctx, s)
				}
				return err
			})
			switch {
			case err != nil:
				return err
			case in.asJSON && !out.Sent:
				_ = a.printJSON(out)
				return found()
			case in.asJSON:
				return a.printJSON(out)
			case !out.Sent:
				return &exitError{code: exitFindings, err: fmt.Errorf("not sent to %s: %s", out.Contact, out.Why)}
			}
			where := "On its way to"
			if idle {
				where = "Kept for"
			}
			fmt.Fprintf(a.stdout, "%s %s, by the lane %s:\n%s", where, out.Contact, out.Lane, messageText(*out.Message))
			if idle {
				fmt.Fprintf(a.stdout, whenOneRuns, "it goes")
			}
			return nil
		},
	}
	in.flags(c)
	c.Flags().StringVar(&flow, "flow", "", "whose message is to be sent")
	c.Flags().StringArrayVar(&event, "event", nil, "KEY=VALUE of the event, once for each")
	return c
}

// messageText is a message in a terminal.
func messageText(m flows.Message) string {
	var b strings.Builder
	line := func(indent string, parts ...string) {
		if text := strings.Join(slices.DeleteFunc(parts, func(s string) bool { return s == "" }), " — "); text != "" {
			b.WriteString(indent + strings.ReplaceAll(text, "\n", "\n"+indent) + "\n")
		}
	}
	labels := func(buttons []flows.Button, replies []flows.QuickReply) string {
		var out []string
		for _, button := range buttons {
			out = append(out, "["+button.Label+"]")
		}
		for _, reply := range replies {
			out = append(out, "["+reply.Label+"]")
		}
		return strings.Join(out, " ")
	}
	if m.Kind != flows.Text {
		line("    ", "("+string(m.Kind)+")", m.URL)
	}
	line("    ", m.Text)
	for _, card := range m.Cards {
		line("    ", card.Title, card.Subtitle)
		line("      ", labels(card.Buttons, nil))
	}
	if m.Template != nil {
		line("    ", m.Template.Name)
		for _, v := range m.Template.Values {
			line("      ", v.Text)
		}
	}
	line("    ", labels(m.Buttons, m.QuickReplies))
	return b.String()
}
