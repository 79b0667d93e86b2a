package cmd

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/relance-bot/relance/bot"
	"github.com/relance-bot/relance/storage"
)

func (a *app) campaignCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "campaign",
		Short: "See, preview and steer campaigns",
		Long: `A campaign is one firing of a trigger with a topic: an event of the shop, or Monday's
newsletter in all time zones. ID is what 'relance campaign list' shows, FLOW@OCCURRENCE;
a FLOW alone is its newest campaign.

The running bot is asked at RELANCE_LISTEN; if none runs, the database is.`,
		Example: "  relance campaign list\n  relance campaign show monday --watch\n  relance campaign preview back_in_stock --event model=Gazelle --event size=42\n" +
			"  relance campaign pause monday --why \"a wrong price\"",
		Args: unknownVerb,
		RunE: showHelp,
	}
	c.AddCommand(a.campaignListCommand(), a.campaignShowCommand(), a.campaignPreviewCommand(), a.campaignTestCommand(),
		a.steerCommand("pause", "Let a campaign stand where it is", "Paused"),
		a.steerCommand("resume", "Let a paused campaign go on; it does not pause itself any more", "Resumed"),
		a.steerCommand("cancel", "End a campaign for good", "Cancelled"),
		a.throttleCommand())
	return c
}

// campaigns is what both a server and a database can be asked.
type campaigns struct {
	a  *app
	in *inspection
}

// ask asks the server, and the database if there is none; then change says that f changes
// something in it.
func (c campaigns) ask(ctx context.Context, method, path string, body, out any, change bool, f func(ctx context.Context, b *bot.Bot, s storage.Store) error) error {
	do := func(ctx context.Context, b *bot.Bot, s storage.Store) error {
		err := f(ctx, b, s)
		for _, own := range []error{bot.ErrNoCampaign, bot.ErrOver, bot.ErrOrder, bot.ErrUnknownContact} {
			if errors.Is(err, own) {
				return &exitError{code: exitFindings, err: errors.New(bot.OrderText(err))}
			}
		}
		return err
	}
	over := func(r *remote) error {
		err := r.call(ctx, method, "/v1/campaigns"+path, body, out)
		var no *refusal
		if errors.As(err, &no) {
			return &exitError{code: exitFindings, err: no}
		}
		return c.a.told(err, c.in.dir)
	}
	if change {
		return c.a.change(ctx, *c.in, over, do)
	}
	return c.a.look(ctx, *c.in, over, do)
}

func (c campaigns) list(ctx context.Context, flow string, limit int) (out []bot.CampaignView, err error) {
	query := url.Values{"limit": {strconv.Itoa(limit)}}
	if flow != "" {
		query.Set("flow", flow)
	}
	err = c.ask(ctx, http.MethodGet, "?"+query.Encode(), nil, &out, false, func(ctx context.Context, b *bot.Bot, _ storage.Store) (err error) {
		out, err = b.Campaigns(ctx, flow, limit)
		return err
	})
	return out, err
}

func (c campaigns) show(ctx context.Context, id string) (out bot.CampaignView, err error) {
	err = c.ask(ctx, http.MethodGet, "/show?"+url.Values{"id": {id}}.Encode(), nil, &out, false, func(ctx context.Context, b *bot.Bot, _ storage.Store) (err error) {
		out, err = b.Campaign(ctx, id)
		return err
	})
	return out, err
}

// steering is a change of a campaign, as the server takes it and answers it.
type steering struct {
	ID   string   `json:"id"`
	Rate *float64 `json:"rate,omitempty"`
	bot.Order
}

type steered struct {
	Before bot.CampaignView `json:"before"`
	After  bot.CampaignView `json:"after"`
}

func (c campaigns) steer(ctx context.Context, verb string, in steering) (out steered, err error) {
	err = c.ask(ctx, http.MethodPost, "/"+verb, in, &out, true, func(ctx context.Context, b *bot.Bot, _ storage.Store) (err error) {
		switch verb {
		case "pause":
			out.Before, out.After, err = b.PauseCampaign(ctx, in.ID, in.Order)
		case "resume":
			out.Before, out.After, err = b.ResumeCampaign(ctx, in.ID, in.Order)
		case "cancel":
			out.Before, out.After, err = b.CancelCampaign(ctx, in.ID, in.Order)
		default:
			out.Before, out.After, err = b.ThrottleCampaign(ctx, in.ID, *in.Rate, in.Order)
		}
		return err
	})
	return out, err
}

// preview asks part for part, until everybody was looked at.
func (c campaigns) preview(ctx context.Context, q bot.PreviewQuery, progress func(bot.Preview)) (out bot.Preview, err error) {
	for first := true; first || out.Next != ""; first = false {
		var part bot.Preview
		q.After = out.Next
		err = c.ask(ctx, http.MethodPost, "/preview", q, &part, false, func(ctx context.Context, b *bot.Bot, _ storage.Store) (err error) {
			part, err = b.PreviewCampaign(ctx, q)
			return err
		})
		if err != nil {
			return out, err
		}
		if first {
			out = part
		} else {
			out.Add(part)
		}
		progress(out)
	}
	return out, nil
}

// orderFlags are by whom and why.
func (a *app) orderFlags(c *cobra.Command, o *bot.Order) {
	who, ok := a.lookup("USER")
	if !ok || who == "" {
		who = "terminal"
	}
	c.Flags().StringVar(&o.By, "by", who, "who does it, for those who ask later")
	c.Flags().StringVar(&o.Why, "why", "", "why, for those who ask later")
}

func (a *app) steerCommand(verb, short, done string) *cobra.Command {
	var in inspection
	var order bot.Order
	c := &cobra.Command{
		Use:     verb + " ID",
		Short:   short,
		Example: fmt.Sprintf("  relance campaign %s monday --why \"a wrong price\"", verb),
		Args:    arguments(1, 1),
		RunE: func(c *cobra.Command, args []string) error {
			out, err := campaigns{a, &in}.steer(c.Context(), verb, steering{ID: args[0], Order: order})
			if err != nil {
				return err
			}
			if in.asJSON {
				return a.printJSON(out)
			}
			how := fmt.Sprintf("was %s already", out.After.State)
			if out.Before.State != out.After.State {
				how = fmt.Sprintf("was %s and is %s now", out.Before.State, out.After.State)
			}
			a.saySteered(done, out, how)
			return nil
		},
	}
	in.flags(c)
	a.orderFlags(c, &order)
	return c
}

func (a *app) throttleCommand() *cobra.Command {
	var in inspection
	var order bot.Order
	c := &cobra.Command{
		Use:   "throttle ID RATE",
		Short: "Let a campaign send more slowly than the Page may",
		Long: `Lets a campaign send at most so many messages a second (5/s), minute (30/m) or hour (100/h),
from now on; off gives it the Page's own pace again. It may be changed while it runs.`,
		Example: "  relance campaign throttle monday 5/s\n  relance campaign throttle monday off",
		Args:    arguments(2, 2),
		RunE: func(c *cobra.Command, args []string) error {
			rate, err := bot.ParseRate(args[1])
			if err != nil {
				return errors.New(bot.OrderText(err))
			}
			out, err := campaigns{a, &in}.steer(c.Context(), "throttle", steering{ID: args[0], Rate: &rate, Order: order})
			if err != nil {
				return err
			}
			if in.asJSON {
				return a.printJSON(out)
			}
			a.saySteered("Throttled", out, fmt.Sprintf("was %s and is %s now", bot.FormatRate(out.Before.Rate), bot.FormatRate(out.After.Rate)))
			return nil
		},
	}
	in.flags(c)
	a.orderFlags(c, &order)
	return c
}

// saySteered says what was done to a campaign, and how it stood before and stands now.
func (a *app) saySteered(done string, out steered, how string) {
	fmt.Fprintf(a.stdout, "%s %s: %s.\nIt %s.\n", done, out.After.ID, countsLine(out.After), how)
	if out.After.Counted {
		fmt.Fprintf(a.stdout, "Whom it did not come to is being counted: see 'relance campaign show %s'.\n", quoted(out.After.ID))
	}
}

// quoted is a campaign's name as a shell takes it.
func quoted(id string) string {
	if strings.ContainsAny(id, " *#|'\"$&;()<>\\`") {
		return "'" + strings.ReplaceAll(id, "'", `'\''`) + "'"
	}
	return id
}
