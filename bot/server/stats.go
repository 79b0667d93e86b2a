package server

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"time"

	"github.com/gofiber/fiber/v2"

	"github.com/relance-bot/relance/bot"
)

// Figures tells what came of it all. An error that wraps bot.ErrStats is the caller's.
type Figures interface {
	Stats(ctx context.Context, q bot.StatsQuery) (bot.Stats, error)
	Experiments(ctx context.Context, q bot.StatsQuery) ([]bot.Experiment, error)
	// Day reads a day or an instant as people write it.
	Day(text string, end bool) (time.Time, error)
}

const statsTimeout = 25 * time.Second // they read everybody

// stats is GET /v1/stats?by=&since=&until=&window=.
func (s *Server) stats(c *fiber.Ctx) error {
	return s.figures(c, func(ctx context.Context, q bot.StatsQuery) (any, error) { return s.bot.Stats(ctx, q) })
}

// experiments is GET /v1/stats/experiments?since=&until=&window=.
func (s *Server) experiments(c *fiber.Ctx) error {
	return s.figures(c, func(ctx context.Context, q bot.StatsQuery) (any, error) { return s.bot.Experiments(ctx, q) })
}

func (s *Server) figures(c *fiber.Ctx, count func(context.Context, bot.StatsQuery) (any, error)) error {
	query, err := url.ParseQuery(string(c.Context().URI().QueryString()))
	if err != nil {
		return refuse(http.StatusBadRequest, "bad_query", "the query cannot be read")
	}
	q := bot.StatsQuery{By: query.Get("by")}
	for name, into := range map[string]*time.Time{"since": &q.Since, "until": &q.Until} {
		if query.Get(name) == "" {
			continue
		}
		if *into, err = s.bot.Day(query.Get(name), name == "until"); err != nil {
			return refuse(http.StatusBadRequest, "bad_query", name+" wants a day like 2026-03-20, or an instant like 2026-03-20T09:00:00Z")
		}
	}
	if text := query.Get("window"); text != "" {
		if q.Window, err = bot.ParseWindow(text); err != nil {
			return refuse(http.StatusBadRequest, "bad_query", "window wants a span of time like 7d or 24h")
		}
	}
	ctx, cancel := context.WithTimeout(c.UserContext(), statsTimeout)
	defer cancel()
	out, err := count(ctx, q)
	switch {
	case errors.Is(err, bot.ErrStats):
		return refuse(http.StatusBadRequest, "bad_query", err.Error())
	case err != nil:
		return unavailable(err)
	}
	return answer(c, http.StatusOK, out)
}
