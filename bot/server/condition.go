package server

import (
	"context"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/relance-bot/relance/bot"
)

// Condition tells how what is stored stands.
type Condition interface {
	Condition(ctx context.Context) (bot.Condition, error)
}

// gauges are what /metrics says of what is stored, looked up when it is asked for:
// processes that share a database all say the same.
type gauges struct {
	s                              *Server
	waiting, oldest, resting, shut *prometheus.Desc
}

func newGauges(s *Server) *gauges {
	return &gauges{
		s:       s,
		waiting: prometheus.NewDesc("relance_waiting", "What is ready and waits, at most 1,000 of each: inputs of the inbox, messages of the outbox, entries the ledger has not sealed.", []string{"part"}, nil),
		oldest:  prometheus.NewDesc("relance_waiting_seconds", "For how long the oldest of each has waited; 0 if nothing does.", []string{"part"}, nil),
		resting: prometheus.NewDesc("relance_page_resting", "1 for each Page or account that is left alone because the platform refused its messages, by reason.", []string{"page", "reason"}, nil),
		shut:    prometheus.NewDesc("relance_lane_shut", "1 for each lane that the platform has closed for a whole Page for a time.", []string{"page", "lane"}, nil),
	}
}

// Describe implements prometheus.Collector.
func (g *gauges) Describe(out chan<- *prometheus.Desc) {
	out <- g.waiting
	out <- g.oldest
	out <- g.resting
	out <- g.shut
}

// Collect implements prometheus.Collector. What cannot be looked up is left out, and the
// log says why: the other figures are told all the same.
func (g *gauges) Collect(out chan<- prometheus.Metric) {
	found, err := g.s.look(context.Background(), "condition", func(ctx context.Context) (any, error) { return g.s.bot.Condition(ctx) })
	c, ok := found.(bot.Condition)
	if err != nil || !ok {
		if n := g.s.refused.count("metrics", g.s.now()); n > 0 {
			g.s.log.Warn("metrics without what waits", "error", err, "count", n)
		}
		return
	}
	now := g.s.bot.Now()
	for _, part := range []struct {
		name  string
		count int
		since time.Time
	}{{"inbox", c.Inputs, c.InputSince}, {"outbox", c.Sends, c.SendSince}, {"ledger", c.Unsealed, c.UnsealedSince}} {
		age := 0.0
		if part.count > 0 {
			age = max(now.Sub(part.since).Seconds(), 0)
		}
		out <- prometheus.MustNewConstMetric(g.waiting, prometheus.GaugeValue, float64(part.count), part.name)
		out <- prometheus.MustNewConstMetric(g.oldest, prometheus.GaugeValue, age, part.name)
	}
	for _, p := range c.Resting {
		out <- prometheus.MustNewConstMetric(g.resting, prometheus.GaugeValue, 1, p.Page, p.Reason)
	}
	for _, l := range c.Shut {
		out <- prometheus.MustNewConstMetric(g.shut, prometheus.GaugeValue, 1, l.Page, l.Lane)
	}
}
