package console

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/relance-bot/relance/bot"
)

// Backlogs older than these are told: what is younger is on its way.
const (
	waitsLong  = time.Minute
	sealsLong  = 5 * time.Minute
	manyCounts = 1000 // Condition counts no further
)

// obstacle is something that stands in the way, and what to do about it.
type obstacle struct{ Text, Hint string }

// overview is GET /console.
func (c *console) overview(ctx context.Context, _ *http.Request) (answer, error) {
	data := struct {
		Lately    recent
		UnderWay  []bot.CampaignView
		Obstacles []obstacle
		Next      []bot.Fire
	}{}
	condition, err := c.Bot.Condition(ctx)
	if err != nil {
		return answer{}, err
	}
	data.Obstacles = c.obstacles(condition)
	campaigns, err := c.Bot.Campaigns(ctx, "", maxCampaigns)
	if err != nil {
		return answer{}, err
	}
	for _, v := range campaigns {
		if !over(v) {
			data.UnderWay = append(data.UnderWay, v)
		}
	}
	if data.Next, err = c.next(ctx); err != nil {
		return answer{}, err
	}
	if data.Lately, err = c.lately(ctx); err != nil {
		return answer{}, err
	}
	return answer{page: "overview", title: c.Bot.Program().Bot.Name, part: home, data: data}, nil
}

// next are the first of the coming fires, uncounted.
func (c *console) next(ctx context.Context) ([]bot.Fire, error) {
	zones, err := c.Bot.Zones(ctx)
	if err != nil {
		return nil, err
	}
	fires, err := bot.Fires(c.Bot.Program(), known(zones), c.Bot.Now(), 1)
	return fires[:min(len(fires), maxNext)], err
}

// known leaves out the zones that this machine does not know, which have no fires.
func known(zones []string) (out []string) {
	for _, zone := range zones {
		if _, err := bot.Location(zone); err == nil {
			out = append(out, zone)
		}
	}
	return out
}

// obstacles says what stands in the way, as relance doctor does.
func (c *console) obstacles(now bot.Condition) (out []obstacle) {
	add := func(hint, text string, args ...any) { out = append(out, obstacle{fmt.Sprintf(text, args...), hint}) }
	at := sheet{Zone: c.home()}.At
	for _, p := range now.Resting {
		switch p.Reason {
		case "token":
			add("Set a good one, in .env or the file that it is read from: the bot takes it up, and what waits goes out.",
				"%s: the platform has refused the access token since %s. Everything is kept.", p.Page, at(p.Since))
		case "backoff":
			add("Wait. A lower rate: in bot.yaml keeps clear of it.", "%s: the platform has wanted fewer messages since %s.", p.Page, at(p.Since))
		default:
			add("Look at the Page's quality and its support inbox: business.facebook.com → Business Support Home.",
				"%s: the platform has not let the Page send since %s. Everything is kept.", p.Page, at(p.Since))
		}
	}
	for _, l := range now.Shut {
		code := ""
		if l.Code != "" {
			code = " (code " + l.Code + ")"
		}
		add("Look at the campaign, its budget and the account's credit in the Ads Manager. What another lane carries goes out; the rest is held.",
			"%s: the platform has closed the lane %s until %s%s.", l.Page, l.Lane, at(l.Until), code)
	}
	for _, b := range []struct {
		n         int
		one, many string
		since     time.Time
		long      time.Duration
	}{
		{now.Inputs, "message or event that came in is not handled", "messages and events that came in are not handled", now.InputSince, waitsLong},
		{now.Sends, "message that is ready has not gone", "messages that are ready have not gone", now.SendSince, waitsLong},
		{now.Unsealed, "entry of the consent ledger is not sealed", "entries of the consent ledger are not sealed", now.UnsealedSince, sealsLong},
	} {
		if b.since.IsZero() || c.Bot.Now().Sub(b.since) < b.long {
			continue
		}
		what := bot.Grouped(b.n) + " " + b.many
		switch {
		case b.n == 1:
			what = "1 " + b.one
		case b.n >= manyCounts:
			what = "At least " + what
		}
		add("The log of the bot says what it does; relance doctor looks at the rest.", "%s, the oldest since %s.", what, at(b.since))
	}
	if len(now.Unknown) > 0 {
		add("Take a newer relance: it brings the zones along.", "People live in time zones that are not known here: %s.", strings.Join(now.Unknown, ", "))
	}
	return out
}
