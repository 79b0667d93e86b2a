package server

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"unicode/utf8"

	"github.com/gofiber/fiber/v2"

	"github.com/relance-bot/relance/bot"
)

// Campaigns shows and steers campaigns. Errors are bot.ErrNoCampaign, bot.ErrOver, and
// bot.ErrOrder with words for the caller.
type Campaigns interface {
	Campaigns(ctx context.Context, flow string, limit int) ([]bot.CampaignView, error)
	Campaign(ctx context.Context, id string) (bot.CampaignView, error)
	PauseCampaign(ctx context.Context, id string, by bot.Order) (before, after bot.CampaignView, err error)
	ResumeCampaign(ctx context.Context, id string, by bot.Order) (before, after bot.CampaignView, err error)
	CancelCampaign(ctx context.Context, id string, by bot.Order) (before, after bot.CampaignView, err error)
	ThrottleCampaign(ctx context.Context, id string, rate float64, by bot.Order) (before, after bot.CampaignView, err error)
	PreviewCampaign(ctx context.Context, q bot.PreviewQuery) (bot.Preview, error)
	TryCampaign(ctx context.Context, q bot.TrialQuery) (bot.Trial, error)
}

// maxSmallBody is how long the body of an order may be.
const maxSmallBody = 64 << 10

// campaigns is GET /v1/campaigns?flow=&limit=.
func (s *Server) campaigns(c *fiber.Ctx) error {
	query, err := url.ParseQuery(string(c.Context().URI().QueryString()))
	if err != nil {
		return refuse(http.StatusBadRequest, "bad_query", "the query cannot be read")
	}
	limit := 20
	if query.Has("limit") {
		if limit, err = strconv.Atoi(query.Get("limit")); err != nil || limit < 1 || limit > 200 {
			return refuse(http.StatusBadRequest, "bad_query", "limit is a number from 1 to 200")
		}
	}
	if query.Get("flow") != "" && !plausibleID(query.Get("flow")) {
		return refuse(http.StatusBadRequest, "bad_query", "flow is too long or not text")
	}
	return s.askCampaign(c, func(ctx context.Context) (any, error) { return s.bot.Campaigns(ctx, query.Get("flow"), limit) })
}

// campaign is GET /v1/campaigns/show?id=.
func (s *Server) campaign(c *fiber.Ctx) error {
	query, err := url.ParseQuery(string(c.Context().URI().QueryString()))
	if err != nil || !plausibleID(query.Get("id")) {
		return refuse(http.StatusBadRequest, "bad_query", "id is needed: that of a campaign, or a flow")
	}
	return s.askCampaign(c, func(ctx context.Context) (any, error) { return s.bot.Campaign(ctx, query.Get("id")) })
}

// steering is the body of what changes a campaign.
type steering struct {
	ID   string   `json:"id"`
	Rate *float64 `json:"rate"` // of throttle: messages a second; 0: the Page's own
	bot.Order
}

// steered is how a campaign stood before, and stands now.
type steered struct {
	Before bot.CampaignView `json:"before"`
	After  bot.CampaignView `json:"after"`
}

// steer is POST /v1/campaigns/pause, resume, cancel and throttle.
func (s *Server) steer(verb string) fiber.Handler {
	return func(c *fiber.Ctx) error {
		var in steering
		if err := smallBody(c, &in); err != nil {
			return err
		}
		switch {
		case !plausibleID(in.ID):
			return refuse(http.StatusBadRequest, "bad_campaign", "id is needed: that of a campaign, or a flow")
		case verb == "throttle" && in.Rate == nil:
			return refuse(http.StatusBadRequest, "bad_campaign", "rate is needed: messages a second, or 0 for the Page's own")
		}
		return s.askCampaign(c, func(ctx context.Context) (any, error) {
			var out steered
			var err error
			switch verb {
			case "pause":
				out.Before, out.After, err = s.bot.PauseCampaign(ctx, in.ID, in.Order)
			case "resume":
				out.Before, out.After, err = s.bot.ResumeCampaign(ctx, in.ID, in.Order)
			case "cancel":
				out.Before, out.After, err = s.bot.CancelCampaign(ctx, in.ID, in.Order)
			default:
				out.Before, out.After, err = s.bot.ThrottleCampaign(ctx, in.ID, *in.Rate, in.Order)
			}
			return out, err
		})
	}
}

// preview is POST /v1/campaigns/preview.
func (s *Server) preview(c *fiber.Ctx) error {
	var in bot.PreviewQuery
	if err := smallBody(c, &in); err != nil {
		return err
	}
	if in.Campaign == "" == (in.Flow == "") {
		return refuse(http.StatusBadRequest, "bad_campaign", "either campaign or flow is needed")
	}
	return s.askCampaign(c, func(ctx context.Context) (any, error) { return s.bot.PreviewCampaign(ctx, in) })
}

// try is POST /v1/campaigns/test.
func (s *Server) try(c *fiber.Ctx) error {
	var in bot.TrialQuery
	if err := smallBody(c, &in); err != nil {
		return err
	}
	if in.Flow == "" || !plausibleID(in.Contact) {
		return refuse(http.StatusBadRequest, "bad_campaign", "flow and contact are needed")
	}
	return s.askCampaign(c, func(ctx context.Context) (any, error) { return s.bot.TryCampaign(ctx, in) })
}

// smallBody reads a body of JSON.
func smallBody(c *fiber.Ctx, into any) error {
	body, err := rawBody(c.Context())
	switch {
	case err != nil:
		return err
	case len(body) > maxSmallBody:
		return refuse(http.StatusRequestEntityTooLarge, "too_large", "the body is larger than 64 KiB")
	}
	if _, deep := tooDeepBy(body, maxEventDepth); deep || !utf8.Valid(body) || json.Unmarshal(body, into) != nil {
		return refuse(http.StatusBadRequest, "bad_json", "the body is no JSON object of these names")
	}
	return nil
}

// askCampaign is ask, with the errors about campaigns.
func (s *Server) askCampaign(c *fiber.Ctx, do func(ctx context.Context) (any, error)) error {
	return s.ask(c, func(ctx context.Context) error {
		out, err := do(ctx)
		switch {
		case errors.Is(err, bot.ErrNoCampaign):
			return refuse(http.StatusNotFound, "unknown_campaign", err.Error())
		case errors.Is(err, bot.ErrOver):
			return refuse(http.StatusConflict, "over", err.Error())
		case errors.Is(err, bot.ErrOrder):
			return refuse(http.StatusUnprocessableEntity, "bad_campaign", bot.OrderText(err))
		case err != nil:
			return err
		}
		return answer(c, http.StatusOK, out)
	})
}
