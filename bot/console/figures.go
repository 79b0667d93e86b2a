package console

import (
	"context"
	"net/http"
	"time"

	"github.com/relance-bot/relance/bot"
)

const figuresPart = "/console/figures"

// usualDays is how far back figures go if nothing is said.
const usualDays = 28

// wish is what figures are asked for, as the form has it.
type wish struct {
	By, Since, Until, Window string
	query                    bot.StatsQuery
}

// Kinds are what figures can be told apart by.
func (w wish) Kinds() []string {
	return []string{bot.ByTopic, bot.ByFlow, bot.ByVariant, bot.ByLocale, bot.ByDay, bot.ByWeek, bot.ByMonth}
}

// wished reads a form. If nothing is said it goes back so many days; 0: to the beginning.
func (c *console) wished(r *http.Request, days int) (wish, error) {
	q := r.URL.Query()
	w := wish{By: q.Get("by"), Since: q.Get("since"), Until: q.Get("until"), Window: q.Get("window")}
	if len(q) == 0 && days > 0 {
		w.By, w.Since = bot.ByTopic, c.daysAgo(days)
	}
	w.query.By = w.By
	bad := func(text string) (wish, error) {
		return w, &problem{http.StatusBadRequest, "There are no such figures", text}
	}
	var err error
	for _, day := range []struct {
		text string
		end  bool
		into *time.Time
	}{{w.Since, false, &w.query.Since}, {w.Until, true, &w.query.Until}} {
		if day.text == "" {
			continue
		}
		if *day.into, err = c.Bot.Day(day.text, day.end); err != nil {
			return bad("A day is written like 2026-03-20.")
		}
	}
	if w.Window != "" {
		if w.query.Window, err = bot.ParseWindow(w.Window); err != nil {
			return bad("A window is a span of time like 7d or 24h.")
		}
	}
	return w, nil
}

// daysAgo is a day before today.
func (c *console) daysAgo(n int) string {
	return c.Bot.Now().In(c.home()).AddDate(0, 0, -n).Format(time.DateOnly)
}

// figures is GET /console/figures?by=&since=&until=&window=.
func (c *console) figures(ctx context.Context, r *http.Request) (answer, error) {
	w, err := c.wished(r, usualDays)
	if err != nil {
		return answer{}, err
	}
	data := struct {
		Wish  wish
		Stats bot.Stats
		Cut   bool
	}{Wish: w}
	err = c.counting.alone(ctx, func() (err error) {
		data.Stats, err = c.Bot.Stats(ctx, w.query)
		return err
	})
	if err != nil {
		return answer{}, err
	}
	if data.Cut = len(data.Stats.Groups) > maxGroups; data.Cut {
		data.Stats.Groups = data.Stats.Groups[len(data.Stats.Groups)-maxGroups:]
	}
	return answer{page: "figures", title: "Figures", part: figuresPart, data: data}, nil
}

// experiments is GET /console/figures/experiments?since=&until=&window=.
func (c *console) experiments(ctx context.Context, r *http.Request) (answer, error) {
	w, err := c.wished(r, 0)
	if err != nil {
		return answer{}, err
	}
	data := struct {
		Wish wish
		List []bot.Experiment
		Cut  bool
	}{Wish: w}
	err = c.counting.alone(ctx, func() (err error) {
		data.List, err = c.Bot.Experiments(ctx, w.query)
		return err
	})
	if err != nil {
		return answer{}, err
	}
	if data.Cut = len(data.List) > maxGroups; data.Cut {
		data.List = data.List[:maxGroups]
	}
	return answer{page: "experiments", title: "Experiments", part: figuresPart, data: data}, nil
}
