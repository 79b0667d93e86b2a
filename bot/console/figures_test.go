package console

import (
	"context"
	"slices"
	"strings"
	"testing"

	"github.com/relance-bot/relance/bot"
)

// shop is a crowd that buys.
type shop struct {
	crowd
	asked bot.StatsQuery // last
	all   []bot.StatsQuery
}

func (s *shop) Stats(_ context.Context, q bot.StatsQuery) (bot.Stats, error) {
	s.asked, s.all = q, append(s.all, q)
	rate := 0.012
	return bot.Stats{At: s.now, By: bot.ByTopic, Baseline: &bot.BaselineView{CTR: 0.02, RevenuePerContact: 0.4}, Total: bot.Figures{
		OptOuts: 36, OptOutsAfter: 34, OptOutRate: &rate,
		Purchases: 300, SameDay: 211, Buyers: 241, BoughtAgain: 61, RevenuePerPerson: []bot.MoneyPer{{Currency: "EUR", Amount: 29.5}},
		Cost: []bot.MoneyPer{{Currency: "USD", Amount: 16.8}}, CostPerClick: []bot.MoneyPer{{Currency: "USD", Amount: 0.0466}},
		OtherRevenue: []bot.Money{{Currency: "EUR", Amount: -1000}}, ReplyClicks: 12,
	}}, nil
}

func (s *shop) Experiments(_ context.Context, q bot.StatsQuery) ([]bot.Experiment, error) {
	s.asked = q
	told := bot.Arm{Name: "told", People: 90, Revenue: []bot.Money{{Currency: "EUR", Amount: 9000}}, RevenuePerPerson: []bot.MoneyPer{{Currency: "EUR", Amount: 1}}}
	return []bot.Experiment{{Kind: "holdout", Name: "monday", Trigger: "cron:0 9 * * MON", Arms: []bot.Arm{told}}}, nil
}

// TestTheConsoleLacksFiguresOfTheTerminal: one looks for same-day purchases, cost and the
// baseline where one looks at figures, and money given back of no notification is some.
func TestTheConsoleLacksFiguresOfTheTerminal(t *testing.T) {
	t.Parallel()
	s := &shop{crowd: crowd{now: noon}}
	_, page, _ := look(New(Config{Bot: s}), "/console/figures")
	for _, text := range []string{
		">36<", ">34 <small>1.2 %<", ">211<", ">241<", "29.50 EUR", "16.80 USD", "0.0466 USD", "2.0 % clicked", "0.40 a person", "0, -€10.00", "Links opened in conversations: 12",
	} {
		if !strings.Contains(page, text) {
			t.Errorf("no %q in\n%s", text, page)
		}
	}
}

// TestTheConsolesExperimentsAreOfFourWeeksOnly: a holdout of two months is compared from its
// beginning, as the terminal does.
func TestTheConsolesExperimentsAreOfFourWeeksOnly(t *testing.T) {
	t.Parallel()
	s := &shop{crowd: crowd{now: noon}}
	_, page, _ := look(New(Config{Bot: s}), "/console/figures/experiments")
	if !s.asked.Since.IsZero() {
		t.Errorf("they are asked for since %s", s.asked.Since)
	}
	for _, text := range []string{"Holdout of monday, cron:0 9 * * MON", "brought €90.00, 1.00 EUR a person"} {
		if !strings.Contains(page, text) {
			t.Errorf("no %q in\n%s", text, page)
		}
	}
}

// TestTheOverviewsFourWeeksAreOthersThanThoseOfTheFigures: whoever goes on to more figures
// finds the same ones there.
func TestTheOverviewsFourWeeksAreOthersThanThoseOfTheFigures(t *testing.T) {
	t.Parallel()
	s := &shop{crowd: crowd{now: noon}}
	h := New(Config{Bot: s})
	look(h, "/console")
	overview := s.all
	look(h, "/console/figures")
	if !slices.ContainsFunc(overview, func(q bot.StatsQuery) bool { return q.Since.Equal(s.asked.Since) }) {
		t.Errorf("the overview asks for %v, the figures for %v", overview, s.asked)
	}
}
