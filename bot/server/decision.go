package server

import (
	"context"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/gofiber/fiber/v2"

	"github.com/relance-bot/relance/bot"
)

// decisions is GET /v1/decisions?contact=&flow=&limit=.
func (s *Server) decisions(c *fiber.Ctx) error {
	query, limit, err := listing(c, "contact", "flow")
	if err != nil {
		return err
	}
	return s.ask(c, func(ctx context.Context) error {
		views, err := s.bot.Decisions(ctx, query.Get("contact"), query.Get("flow"), limit)
		if err != nil {
			return err
		}
		list := make([]decision, 0, len(views))
		for _, v := range views {
			list = append(list, newDecision(v))
		}
		return answer(c, http.StatusOK, list)
	})
}

// listing reads the query of a list: how much of it is wanted, and names or ids that
// narrow it. What is empty narrows nothing.
func listing(c *fiber.Ctx, names ...string) (query url.Values, limit int, err error) {
	query, err = url.ParseQuery(string(c.Context().URI().QueryString()))
	if err != nil {
		return nil, 0, refuse(http.StatusBadRequest, "bad_query", "the query cannot be read")
	}
	limit = defaultListing
	if query.Has("limit") {
		limit, err = strconv.Atoi(query.Get("limit"))
		if err != nil || limit < 1 || limit > maxListing {
			return nil, 0, refuse(http.StatusBadRequest, "bad_query", "limit is a number from 1 to 1000")
		}
	}
	for _, name := range names {
		if query.Get(name) != "" && !plausibleID(query.Get(name)) {
			return nil, 0, refuse(http.StatusBadRequest, "bad_query", name+" is too long or not text")
		}
	}
	return query, limit, nil
}

// decision is one decision as the API shows it. All keys are always there; next is
// null where there is none.
type decision struct {
	Kind       string     `json:"kind"`
	Rule       string     `json:"rule"`
	Lane       string     `json:"lane"`
	At         time.Time  `json:"at"`
	Next       *time.Time `json:"next"`
	Flow       string     `json:"flow"`
	Occurrence string     `json:"occurrence"`
	Contact    string     `json:"contact"`
	Text       string     `json:"text"` // the same in words
}

func newDecision(v bot.DecisionView) decision {
	d := decision{
		Kind: v.Kind, Rule: v.Rule, Lane: v.Lane, At: v.At.UTC(), Flow: v.Flow, Occurrence: v.Occurrence, Contact: v.Contact,
		Text: v.Text,
	}
	if !v.Next.IsZero() {
		next := v.Next.UTC()
		d.Next = &next
	}
	return d
}
