package console

import (
	"cmp"
	"context"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/relance-bot/relance/bot"
)

const campaignsPart = "/console/campaigns"

// over says that a campaign changes no more.
func over(v bot.CampaignView) bool {
	return v.State == bot.CampaignDone || v.State == bot.CampaignFailed || v.State == bot.CampaignCancelled && !v.Counted
}

// campaigns is GET /console/campaigns.
func (c *console) campaigns(ctx context.Context, _ *http.Request) (answer, error) {
	list, err := c.Bot.Campaigns(ctx, "", maxCampaigns)
	if err != nil {
		return answer{}, err
	}
	data := struct {
		List []bot.CampaignView
		Full bool
	}{list, len(list) == maxCampaigns}
	return answer{page: "campaigns", title: "Campaigns", part: campaignsPart, data: data}, nil
}

// campaign is GET /console/campaigns/show?id=.
func (c *console) campaign(ctx context.Context, r *http.Request) (answer, error) {
	v, err := c.namedCampaign(ctx, r)
	if err != nil {
		return answer{}, err
	}
	data := struct {
		V      bot.CampaignView
		Counts []tally
		Rules  []ruled
		Over   bool
	}{V: v, Counts: tallies(v), Rules: rules(v), Over: over(v)}
	return answer{page: "campaign", title: v.ID, part: campaignsPart, data: data}, nil
}

// cancel is GET /console/campaigns/cancel?id=: it asks once more.
func (c *console) cancel(ctx context.Context, r *http.Request) (answer, error) {
	v, err := c.namedCampaign(ctx, r)
	if err != nil {
		return answer{}, err
	}
	return answer{page: "cancel", title: "Cancel " + v.ID + "?", part: campaignsPart, data: v}, nil
}

func (c *console) namedCampaign(ctx context.Context, r *http.Request) (bot.CampaignView, error) {
	id, ok := id(r.URL.Query().Get("id"))
	if !ok {
		return bot.CampaignView{}, bot.ErrNoCampaign
	}
	return c.Bot.Campaign(ctx, id)
}

// steer is POST /console/campaigns/steer with id, do, why and, to throttle, rate.
func (c *console) steer(ctx context.Context, r *http.Request) (answer, error) {
	if err := form(r); err != nil {
		return answer{}, err
	}
	id, ok := id(r.PostForm.Get("id"))
	if !ok {
		return answer{}, bot.ErrNoCampaign
	}
	by := bot.Order{By: "console", Why: strings.TrimSpace(r.PostForm.Get("why"))}
	var after bot.CampaignView
	var err error
	switch r.PostForm.Get("do") {
	case "pause":
		_, after, err = c.Bot.PauseCampaign(ctx, id, by)
	case "resume":
		_, after, err = c.Bot.ResumeCampaign(ctx, id, by)
	case "cancel":
		_, after, err = c.Bot.CancelCampaign(ctx, id, by)
	case "throttle":
		var rate float64
		if rate, err = bot.ParseRate(strings.TrimSpace(r.PostForm.Get("rate"))); err == nil {
			_, after, err = c.Bot.ThrottleCampaign(ctx, id, rate, by)
		}
	default:
		return answer{}, errForm
	}
	if err != nil {
		return answer{}, err
	}
	return answer{to: campaignsPart + "/show?id=" + url.QueryEscape(after.ID)}, nil
}

// tally is how many people something became of.
type tally struct {
	Name string
	N    int
	Says string
}

// tallies are what became of everybody a campaign is about; only what there is.
func tallies(v bot.CampaignView) (out []tally) {
	for _, t := range []tally{
		{"to come", v.ToCome, "it has not come to them yet"},
		{"waiting", v.Queued, "for what came before, or for their turn"},
		{"sent", v.Sent, ""},
		{"unknown", v.Unknown, "handed over; the platform never said whether it arrived"},
		{"held", v.Held, "decided again at their next chance"},
		{"skipped", v.Skipped, ""},
		{"failed", v.Failed, ""},
		{"cancelled", v.Cancelled, "they would have got it, but for the end"},
		{"not concerned", v.Missed, "no interest of theirs, or no condition, was met"},
		{"forgotten", v.Gone, "while they waited for it"},
	} {
		if t.N != 0 {
			out = append(out, t)
		}
	}
	return out
}

// ruled is how many a rule held, skipped or failed.
type ruled struct {
	Kind, Rule string
	N          int
}

// rules are those of a campaign, the most frequent first.
func rules(v bot.CampaignView) (out []ruled) {
	for name, n := range v.Rules {
		kind, rule, _ := strings.Cut(name, ":")
		out = append(out, ruled{kind, rule, n})
	}
	slices.SortFunc(out, func(a, b ruled) int {
		return cmp.Or(cmp.Compare(b.N, a.N), cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Rule, b.Rule))
	})
	return out
}
