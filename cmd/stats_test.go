package cmd

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/relance-bot/relance/bot"
)

func rate(v float64) *float64 { return &v }

// yearOf are figures with everything in them.
func yearOf() bot.Stats {
	f := bot.Figures{
		Asked: 1200, Accepted: 840, AcceptedRate: rate(0.7),
		Sent: 12400, Delivered: 12000, Read: 9000, ReadRate: rate(0.75), Clicked: 1440, ClickedRate: rate(0.12), People: 800, OptOuts: 36, OptOutsAfter: 34, OptOutRate: rate(0.00283),
		Purchases: 300, SameDay: 210, Buyers: 240, BoughtAgain: 60, BoughtAgainRate: rate(0.25),
		Revenue: []bot.Money{{Currency: "EUR", Amount: 2359950}}, RevenuePerPerson: []bot.MoneyPer{{Currency: "EUR", Amount: 29.499375}},
		Cost: []bot.MoneyPer{{Currency: "USD", Amount: 16.8}}, CostPerClick: []bot.MoneyPer{{Currency: "USD", Amount: 0.0466}},
	}
	group := f
	group.Group, group.Cost, group.CostPerClick = "restock", nil, nil
	empty := bot.Figures{Group: "(none)", OptOuts: 2}
	f.Goals = []bot.GoalFigure{{Name: "sized", People: 1, Times: 2}}
	f.OtherPurchases, f.OtherRevenue, f.ReplyClicks = 4, []bot.Money{{Currency: "EUR", Amount: 1000}, {Currency: "JPY", Amount: 1200}}, 12
	return bot.Stats{
		At: time.Date(2026, time.April, 1, 8, 0, 0, 0, time.UTC), Zone: "Europe/Paris", Window: "7d", Total: f, Groups: []bot.Figures{empty, group},
		Baseline: &bot.BaselineView{CTR: 0.02, RevenuePerContact: 0.4},
	}
}

func printed(t *testing.T, s bot.Stats) string {
	t.Helper()
	var b strings.Builder
	if err := printStats(&b, "Foulée", s); err != nil {
		t.Fatal(err)
	}
	return "\n" + b.String()
}

func TestTheTablesOfFigures(t *testing.T) {
	t.Parallel()
	const foot = "\nA purchase counts to the last notification that arrived within 7d before it. What every figure means: bot/FIGURES.md\n"
	byTopic := yearOf()
	byTopic.By = bot.ByTopic
	byTopic.Since, byTopic.Until = time.Date(2026, time.February, 28, 23, 0, 0, 0, time.UTC), time.Date(2026, time.March, 31, 22, 0, 0, 0, time.UTC)
	nothing := bot.Stats{At: byTopic.At, Zone: "Europe/Paris", Window: "7d"}
	quiet := nothing
	quiet.Total = bot.Figures{OptOuts: 2, OtherRevenue: []bot.Money{{Currency: "EUR", Amount: -5990}}}
	spring := nothing
	spring.Zone, spring.Since, spring.Until = "America/Santiago", time.Date(2026, time.September, 6, 4, 0, 0, 0, time.UTC), time.Date(2026, time.September, 14, 3, 0, 0, 0, time.UTC)
	before := spring
	before.Since, before.Until = time.Time{}, spring.Since
	for name, tc := range map[string]struct {
		stats bot.Stats
		want  string
	}{
		"the whole": {yearOf(), `
Foulée, all until 1 April 2026 10:00 (Europe/Paris).

                                                                          baseline
Opt-in requests shown                 1,200
  accepted                              840   70.0 % of those shown
Notifications sent                   12,400
  delivered                          12,000   96.8 % of sent
  read                                9,000   75.0 % of delivered
  clicked                             1,440   12.0 % of delivered            2.0 %
  followed by an opt-out                 34    0.3 % of delivered
Opt-outs                                 36
People reached                          800
  who bought                            240   30.0 % of people reached
  and again in 60 days                   60   25.0 % of those who bought
Purchases                               300
  on the day of the message             210   70.0 % of purchases
Revenue                          €23,599.50
  for each person reached         29.50 EUR                                   0.40
Cost of paid messages             16.80 USD
  for each one clicked           0.0466 USD
Goal sized                                2  by 1 person
Links opened in conversations            12
Purchases after no notification           4  €10.00, ¥1,200
` + foot},
		"by topic, in the month that the clocks changed": {byTopic, `
Foulée, 1 March 2026 to 31 March 2026 (Europe/Paris).

TOPIC       ASKED  ACCEPTED            SENT  DELIVERED   READ  CLICKED          PEOPLE  OPT-OUTS  PURCHASES  SAME DAY  BUYERS  AGAIN     REVENUE  PER PERSON       COST   PER CLICK
(none)          0         0       -       0          0      0        0       -       0         2          0         0       0      0
restock     1,200       840  70.0 %  12,400     12,000  9,000    1,440  12.0 %     800        36        300       210     240     60  €23,599.50   29.50 EUR
everything  1,200       840  70.0 %  12,400     12,000  9,000    1,440  12.0 %     800        36        300       210     240     60  €23,599.50   29.50 EUR  16.80 USD  0.0466 USD
` + foot},
		"nothing yet": {nothing, `
Foulée, all until 1 April 2026 10:00 (Europe/Paris).

Nobody was asked, told or sold anything yet.
`},
		"nothing but people who stopped, and money given back": {quiet, `
Foulée, all until 1 April 2026 10:00 (Europe/Paris).

Opt-in requests shown            0
  accepted                       0        - of those shown
Notifications sent               0
  delivered                      0        - of sent
  read                           0        - of delivered
  clicked                        0        - of delivered
  followed by an opt-out         0        - of delivered
Opt-outs                         2
People reached                   0
  who bought                     0        - of people reached
  and again in 60 days           0        - of those who bought
Purchases                        0
  on the day of the message      0        - of purchases
Purchases after no notification  0  -€59.90
` + foot},
		"from the day on which the clocks leave midnight out": {spring, `
Foulée, 6 September 2026 to 13 September 2026 (America/Santiago).

Nobody was asked, told or sold anything yet.
`},
		"until that day": {before, `
Foulée, until the end of 5 September 2026 (America/Santiago).

Nobody was asked, told or sold anything yet.
`},
	} {
		if diff := cmp.Diff(tc.want, printed(t, tc.stats)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

func TestTheTableOfExperiments(t *testing.T) {
	t.Parallel()
	within := bot.Interval{Low: -0.021, High: 0.183}
	var b strings.Builder
	err := printExperiments(&b, []bot.Experiment{{Kind: "split", Name: "tone", Arms: []bot.Arm{
		{Name: "plain", People: 1200, Results: []bot.Measured{{What: "bought", People: 12, Rate: rate(0.01), Range: bot.Interval{Low: 0.006, High: 0.017}}}},
		{Name: "warm", People: 80, Results: []bot.Measured{{
			What: "bought", People: 8, Rate: rate(0.1), Range: bot.Interval{Low: 0.05, High: 0.2}, Diff: rate(0.09), Within: &within, Says: "too early to say",
		}}, Revenue: []bot.Money{{Currency: "EUR", Amount: 800}}, RevenuePerPerson: []bot.MoneyPer{{Currency: "EUR", Amount: 0.1}}},
	}}, {Kind: "holdout", Name: "monday", Trigger: "cron:0 9 * * MON"}})
	if err != nil {
		t.Fatal(err)
	}
	want := `
Split tone
                     PEOPLE    RATE      LIES WITHIN  DIFFERENCE    LIES WITHIN
plain                 1,200
       bought            12   1.0 %   0.6 % to 1.7 %
warm                     80
       bought             8  10.0 %  5.0 % to 20.0 %        +9.0  -2.1 to +18.3
       revenue        €8.00
         a person  0.10 EUR
  warm, bought: too early to say.

Holdout of monday, cron:0 9 * * MON
  PEOPLE  RATE  LIES WITHIN  DIFFERENCE  LIES WITHIN

Rates and differences lie within the ranges nineteen times in twenty. How they are counted: bot/FIGURES.md
`
	if diff := cmp.Diff(want, "\n"+b.String()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// TestFiguresThatThereAreNotAreAMistakeOfTheCaller asks for what no bot has.
func TestFiguresThatThereAreNotAreAMistakeOfTheCaller(t *testing.T) {
	t.Parallel()
	dir := makeBot(t, asking())
	if code := startBot(t, dir, nil).stop(); code != exitFine {
		t.Fatalf("the bot ends with %d", code)
	}
	for args, want := range map[string]string{
		"--by colour":                           "no such figures",
		"--since 2026-13-01":                    "--since wants a day",
		"--until tomorrow":                      "--until wants a day",
		"--json --until 9999-12-31":             "--until wants a day",
		"--window 0d":                           "--window wants a span of time",
		"--since 2026-12-31 --until 2026-01-01": "would end before they begin",
		"--experiments --since 2026-12-31 --until 2026-01-01": "would end before they begin",
	} {
		code, out := cli(t, nil, append([]string{"stats", dir}, strings.Fields(args)...)...)
		if code != exitUsage || !strings.Contains(out, want) {
			t.Errorf("stats %s exits %d: %s", args, code, out)
		}
	}
}
